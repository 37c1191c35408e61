DROP TABLE key_uses;
ALTER TABLE api_keys DROP COLUMN version;
