DROP INDEX conversations_by_customer;
CREATE INDEX conversations_by_customer ON conversations (workspace_id, customer_id, id);
DELETE FROM sqlite_stat1 WHERE idx = 'conversations_by_customer';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('conversations', 'conversations_by_customer', '10000000 1000000 100 1');
