DROP INDEX messages_external_id_key;
ALTER TABLE messages DROP COLUMN external_id;
ALTER TABLE messages DROP COLUMN external_source;
