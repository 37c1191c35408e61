-- Addresses outside of ASCII are compared by another rule now. These are the people whose keys the
-- service has still to make.
CREATE TABLE customers_to_fold (
    workspace_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    PRIMARY KEY (workspace_id, customer_id)
);

INSERT INTO customers_to_fold (workspace_id, customer_id)
SELECT workspace_id, id FROM customers WHERE octet_length(email) <> char_length(email);

CREATE TABLE users_to_fold (
    workspace_id UUID NOT NULL,
    user_id UUID NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);

INSERT INTO users_to_fold (workspace_id, user_id)
SELECT workspace_id, id FROM users WHERE octet_length(email) <> char_length(email);
