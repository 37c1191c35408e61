DROP INDEX conversations_by_external_id;
DROP INDEX conversations_external_id_key;
DELETE FROM sqlite_stat1
WHERE idx IN ('conversations_by_external_id', 'conversations_external_id_key');
ALTER TABLE conversations DROP COLUMN external_id;
ALTER TABLE conversations DROP COLUMN external_source;
