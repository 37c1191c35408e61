-- A customer's conversations are walked along like all others, with the status before the order, and
-- counted without a look at their rows: no total is kept for customers, and the columns that are
-- filtered by most are here.
DROP INDEX conversations_by_customer;
CREATE INDEX conversations_by_customer ON conversations (workspace_id, customer_id, status, id)
    INCLUDE (priority, inbox_id, assignee_id);
