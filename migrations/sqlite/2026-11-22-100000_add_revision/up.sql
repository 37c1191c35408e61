-- Counts the changes of fields, which messages that are only counted leave alone: a change of
-- fields compares it, so that no stream of messages keeps it from coming through.
ALTER TABLE conversations ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
