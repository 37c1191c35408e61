DROP INDEX api_keys_by_user;
ALTER TABLE api_keys DROP COLUMN user_id;
