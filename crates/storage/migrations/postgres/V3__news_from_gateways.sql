-- What gateways tell by themselves, and what of it accounts say.
--
-- Tables are locked in the order in which the service's statements lock them. The indexes of large
-- tables are an operator's matter: made beforehand with CREATE INDEX CONCURRENTLY, they are found here.

CREATE TABLE gateway_events (
    gateway         text NOT NULL,
    event_id        text NOT NULL CONSTRAINT event_id_is_short CHECK (length(event_id) <= 255),
    kind            text NOT NULL,
    registration_id uuid,
    received_at     timestamptz NOT NULL,
    PRIMARY KEY (gateway, event_id)
);

COMMENT ON TABLE gateway_events IS
    'What gateways told by themselves, each once: what is here was told before. Ids only.';
COMMENT ON COLUMN gateway_events.gateway IS
    'Which gateway told it, as in billing_info.payment_gateway.';
COMMENT ON COLUMN gateway_events.event_id IS
    'The gateway''s id of it.';
COMMENT ON COLUMN gateway_events.kind IS
    'What it is about, in the gateway''s words.';
COMMENT ON COLUMN gateway_events.registration_id IS
    'Which registration it is about; null for what is about nothing of ours. No foreign key: it is a note, and forgotten by its own age.';
COMMENT ON COLUMN gateway_events.received_at IS
    'When it was told first; also by which it is forgotten.';

-- What is to be forgotten.
CREATE INDEX gateway_events_received ON gateway_events (received_at);

-- Whose account a customer's is.
CREATE INDEX IF NOT EXISTS registrations_user ON registrations (user_id);

ALTER TABLE billing_info
    ADD COLUMN customer_deleted_at timestamptz,
    ADD COLUMN reflected_at timestamptz;

COMMENT ON COLUMN billing_info.customer_deleted_at IS
    'When it was noticed that the customer is not at the gateway any more; null while it is.';
COMMENT ON COLUMN billing_info.reflected_at IS
    'When the newest news was queued that this account was brought in line with; null before the first. Older news changes nothing.';

-- Exactly one subscription per user that has not ended, however it stands.
CREATE UNIQUE INDEX IF NOT EXISTS subscriptions_live_user ON subscriptions (user_id)
    WHERE status <> 'ended';
-- Whatever that one allows, this one does.
DROP INDEX subscriptions_active_user;

-- NOT VALID spares looking at every row under the lock: those that are there kept a stricter
-- constraint, or have the default. New rows are checked.
ALTER TABLE subscriptions
    ADD COLUMN cancel_at timestamptz,
    ADD COLUMN ended_at timestamptz,
    ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT subscriptions_status_check,
    ADD CONSTRAINT subscriptions_status_check
        CHECK (status IN ('active', 'past_due', 'unpaid', 'paused', 'ended')) NOT VALID,
    ADD CONSTRAINT refunds_are_not_negative CHECK (refunded_minor >= 0) NOT VALID;

COMMENT ON COLUMN subscriptions.status IS
    'Whether it is paid and runs, as the gateway told last.';
COMMENT ON COLUMN subscriptions.cancel_at IS
    'When it is going to end, where that was decided already.';
COMMENT ON COLUMN subscriptions.ended_at IS
    'When it was noticed that it has ended; null while it runs.';
COMMENT ON COLUMN subscriptions.refunded_minor IS
    'What of its customer''s charges was given back, in minor units of the currency.';
