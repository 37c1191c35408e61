-- Webhooks: URLs to which the events of a workspace are sent. The feed is the queue: position and
-- position_fingerprint are the cursor of the last event that was sent once.
--
-- failures, failing_since, resumes_at and disabled are the health of the receiver. next_retry_at is the
-- earliest time at which a delivery is to be retried. lease_holder is the process that delivers, until
-- lease_until; after a lease ends, lease_until is kept, so that webhooks are served in turn.
--
-- version counts changes of the settings, not deliveries.
CREATE TABLE webhooks (
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    -- Types and patterns, with blanks between.
    events TEXT NOT NULL,
    permissions TEXT NOT NULL,
    -- JSON: pairs of a name and a value.
    headers TEXT NOT NULL,
    max_retries INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    position_fingerprint INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    failing_since INTEGER,
    resumes_at INTEGER,
    disabled TEXT,
    next_retry_at INTEGER,
    lease_holder BLOB,
    lease_until INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT webhooks_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

-- Secrets that sign deliveries, by their age. They are stored as they are: a signature needs them.
CREATE TABLE webhook_secrets (
    workspace_id BLOB NOT NULL,
    webhook_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    secret BLOB NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (workspace_id, webhook_id, number),
    CONSTRAINT webhook_secrets_webhook_fk
        FOREIGN KEY (workspace_id, webhook_id) REFERENCES webhooks (workspace_id, id)
) STRICT, WITHOUT ROWID;

-- The log of deliveries, and those that are to be retried: they have a next_attempt_at. Neither the sent
-- nor the received content is stored.
CREATE TABLE webhook_deliveries (
    workspace_id BLOB NOT NULL,
    webhook_id BLOB NOT NULL,
    id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    status TEXT NOT NULL,
    -- JSON.
    attempts TEXT NOT NULL,
    next_attempt_at INTEGER,
    PRIMARY KEY (workspace_id, webhook_id, id),
    CONSTRAINT webhook_deliveries_webhook_fk
        FOREIGN KEY (workspace_id, webhook_id) REFERENCES webhooks (workspace_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (workspace_id, webhook_id, event_id, id);
CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (workspace_id, webhook_id, status, id);
CREATE INDEX webhook_deliveries_to_retry
    ON webhook_deliveries (workspace_id, webhook_id, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
