DROP TABLE conversations_without_texts;
DROP TABLE conversation_texts;
