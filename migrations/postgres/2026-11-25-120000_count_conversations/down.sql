DROP TABLE conversation_days;
DROP TABLE conversation_counts;
