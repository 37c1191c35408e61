-- Text is folded by script from now on: what was stored is to be folded again, which the service does
-- before it serves. Of conversations these are the ones with a word that is not of ASCII: all others have
-- the same words as before.
INSERT INTO conversations_without_texts (workspace_id, conversation_id)
SELECT DISTINCT workspace_id, conversation_id FROM conversation_texts
WHERE words GLOB '*[^ -~]*'
ON CONFLICT DO NOTHING;

-- Of customers, these and all that have two names, which are one text now.
UPDATE customers SET search_folded = NULL
WHERE octet_length(search_folded) <> length(search_folded)
    OR (first_name IS NOT NULL AND last_name IS NOT NULL);
