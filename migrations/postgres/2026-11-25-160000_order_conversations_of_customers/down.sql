DROP INDEX conversations_by_customer;
CREATE INDEX conversations_by_customer ON conversations (workspace_id, customer_id, id);
