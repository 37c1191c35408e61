ALTER TABLE users DROP COLUMN erasing;
ALTER TABLE customers DROP COLUMN erasing;
DROP TABLE erasures;
