-- Webhooks: URLs to which the events of a workspace are sent. The feed is the queue: position and
-- position_fingerprint are the cursor of the last event that was sent once.
--
-- failures, failing_since, resumes_at and disabled are the health of the receiver. next_retry_at is the
-- earliest time at which a delivery is to be retried. lease_holder is the process that delivers, until
-- lease_until; after a lease ends, lease_until is kept, so that webhooks are served in turn.
--
-- version counts changes of the settings, not deliveries.
CREATE TABLE webhooks (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    -- Types and patterns, with blanks between.
    events TEXT NOT NULL,
    permissions TEXT NOT NULL,
    -- JSON: pairs of a name and a value.
    headers TEXT NOT NULL,
    max_retries SMALLINT NOT NULL,
    is_active BOOLEAN NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    position BIGINT NOT NULL,
    position_fingerprint BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    failing_since TIMESTAMPTZ,
    resumes_at TIMESTAMPTZ,
    disabled TEXT,
    next_retry_at TIMESTAMPTZ,
    lease_holder UUID,
    lease_until TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT webhooks_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000
);

-- Secrets that sign deliveries, by their age. They are stored as they are: a signature needs them.
CREATE TABLE webhook_secrets (
    workspace_id UUID NOT NULL,
    webhook_id UUID NOT NULL,
    number BIGINT NOT NULL,
    secret BYTEA NOT NULL,
    expires_at TIMESTAMPTZ,
    PRIMARY KEY (workspace_id, webhook_id, number),
    CONSTRAINT webhook_secrets_webhook_fk
        FOREIGN KEY (workspace_id, webhook_id) REFERENCES webhooks (workspace_id, id)
);

-- The log of deliveries, and those that are to be retried: they have a next_attempt_at. Neither the sent
-- nor the received content is stored.
CREATE TABLE webhook_deliveries (
    workspace_id UUID NOT NULL,
    webhook_id UUID NOT NULL,
    id UUID NOT NULL,
    event_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    status TEXT NOT NULL,
    -- JSON.
    attempts TEXT NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    PRIMARY KEY (workspace_id, webhook_id, id),
    CONSTRAINT webhook_deliveries_webhook_fk
        FOREIGN KEY (workspace_id, webhook_id) REFERENCES webhooks (workspace_id, id)
);

CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (workspace_id, webhook_id, event_id, id);
CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (workspace_id, webhook_id, status, id);
CREATE INDEX webhook_deliveries_to_retry
    ON webhook_deliveries (workspace_id, webhook_id, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
