DROP TABLE conversation_labels;
ALTER TABLE conversations DROP COLUMN labels;
