-- Addresses outside of ASCII are compared by another rule now. These are the people whose keys the
-- service has still to make.
CREATE TABLE customers_to_fold (
    workspace_id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    PRIMARY KEY (workspace_id, customer_id)
) STRICT, WITHOUT ROWID;

INSERT INTO customers_to_fold (workspace_id, customer_id)
SELECT workspace_id, id FROM customers WHERE length(CAST(email AS BLOB)) <> length(email);

CREATE TABLE users_to_fold (
    workspace_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;

INSERT INTO users_to_fold (workspace_id, user_id)
SELECT workspace_id, id FROM users WHERE length(CAST(email AS BLOB)) <> length(email);
