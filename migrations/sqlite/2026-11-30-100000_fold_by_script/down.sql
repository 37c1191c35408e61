-- Text is folded as before again, which the service does before it serves.
INSERT INTO conversations_without_texts (workspace_id, conversation_id)
SELECT DISTINCT workspace_id, conversation_id FROM conversation_texts
WHERE words GLOB '*[^ -~]*'
ON CONFLICT DO NOTHING;

UPDATE customers SET search_folded = NULL
WHERE octet_length(search_folded) <> length(search_folded)
    OR (first_name IS NOT NULL AND last_name IS NOT NULL);
