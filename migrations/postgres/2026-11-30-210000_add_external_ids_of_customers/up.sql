-- The id of a customer in another system. Most have none, and take no room in the index: it finds
-- them, and keeps two from having the same one.
ALTER TABLE customers ADD COLUMN external_source TEXT;
ALTER TABLE customers ADD COLUMN external_id TEXT;

CREATE UNIQUE INDEX customers_external_id_key
    ON customers (workspace_id, external_id, external_source)
    WHERE external_id IS NOT NULL;
