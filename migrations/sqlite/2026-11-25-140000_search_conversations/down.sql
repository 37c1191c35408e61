DROP TABLE conversations_without_texts;
DROP TABLE conversation_words;
DROP TABLE conversation_texts;
