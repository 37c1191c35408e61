DROP TABLE customer_tags;
DROP INDEX customers_by_status;
DROP INDEX customers_by_tier;
DROP INDEX customers_not_folded;
ALTER TABLE customers DROP COLUMN search_folded;
