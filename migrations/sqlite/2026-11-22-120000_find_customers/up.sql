-- The names, the e-mail address, the telephone number and the company, folded by the service and
-- with a unit separator between. NULL until the service has folded what was there before.
ALTER TABLE customers ADD COLUMN search_folded TEXT;

CREATE INDEX customers_not_folded ON customers (workspace_id, id) WHERE search_folded IS NULL;

CREATE INDEX customers_by_tier ON customers (workspace_id, tier, id);
CREATE INDEX customers_by_status ON customers (workspace_id, status, id);

-- The tags one by one, by which customers are found.
CREATE TABLE customer_tags (
    workspace_id BLOB NOT NULL,
    tag TEXT NOT NULL,
    customer_id BLOB NOT NULL,
    PRIMARY KEY (workspace_id, tag, customer_id),
    CONSTRAINT customer_tags_customer_fk
        FOREIGN KEY (workspace_id, customer_id) REFERENCES customers (workspace_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX customer_tags_by_customer ON customer_tags (workspace_id, customer_id);

INSERT INTO customer_tags (workspace_id, tag, customer_id)
SELECT customers.workspace_id, tag.value, customers.id
FROM customers, json_each(customers.tags) AS tag;
