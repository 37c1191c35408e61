-- How many requests a key may make, such as 600/min; NULL leaves it to the server.
ALTER TABLE api_keys ADD COLUMN rate_limit TEXT;
