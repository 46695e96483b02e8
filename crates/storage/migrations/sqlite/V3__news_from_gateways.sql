-- What gateways tell by themselves, and what of it accounts say.

-- What gateways told by themselves, each once: what is here was told before. Ids only.
CREATE TABLE gateway_events (
    -- Which gateway told it, as in billing_info.payment_gateway.
    gateway         TEXT NOT NULL,
    -- The gateway's id of it.
    event_id        TEXT NOT NULL CONSTRAINT event_id_is_short CHECK (length(event_id) <= 255),
    -- What it is about, in the gateway's words.
    kind            TEXT NOT NULL,
    -- Which registration it is about; null for what is about nothing of ours. No foreign key: it is a
    -- note, and forgotten by its own age.
    registration_id TEXT,
    -- When it was told first; also by which it is forgotten.
    received_at     TEXT NOT NULL,
    PRIMARY KEY (gateway, event_id)
) STRICT, WITHOUT ROWID;

-- What is to be forgotten.
CREATE INDEX gateway_events_received ON gateway_events (received_at);

-- Whose account a customer's is.
CREATE INDEX IF NOT EXISTS registrations_user ON registrations (user_id);

-- When it was noticed that the customer is not at the gateway any more; null while it is.
ALTER TABLE billing_info ADD COLUMN customer_deleted_at TEXT;
-- When the newest news was queued that this account was brought in line with; null before the first.
-- Older news changes nothing.
ALTER TABLE billing_info ADD COLUMN reflected_at TEXT;

-- A constraint is changed by making the table anew. No other table refers to it, so foreign keys may
-- stay on meanwhile.
CREATE TABLE subscriptions_anew (
    -- Chosen before the row exists (UUIDv7).
    id                              TEXT NOT NULL PRIMARY KEY,
    -- Who subscribed.
    user_id                         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The customer at the gateway that is charged.
    payment_gateway_customer_id     TEXT NOT NULL
        REFERENCES billing_info (payment_gateway_customer_id) ON DELETE CASCADE,
    -- The subscription at the gateway.
    payment_gateway_subscription_id TEXT NOT NULL,
    -- The plan's name in the configuration when it was bought.
    plan                            TEXT NOT NULL,
    -- Whether it is paid and runs, as the gateway told last.
    status                          TEXT NOT NULL CONSTRAINT subscriptions_status_check
        CHECK (status IN ('active', 'past_due', 'unpaid', 'paused', 'ended')),
    -- What each interval costs, in minor units of the currency.
    amount_minor                    INTEGER NOT NULL CHECK (amount_minor > 0),
    -- ISO 4217.
    currency                        TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    -- When the next charge is due.
    current_period_end              TEXT NOT NULL,
    created_at                      TEXT NOT NULL,
    updated_at                      TEXT NOT NULL,
    -- When it is going to end, where that was decided already.
    cancel_at                       TEXT,
    -- When it was noticed that it has ended; null while it runs.
    ended_at                        TEXT,
    -- What of its customer's charges was given back, in minor units of the currency.
    refunded_minor                  INTEGER NOT NULL DEFAULT 0
        CONSTRAINT refunds_are_not_negative CHECK (refunded_minor >= 0),
    CONSTRAINT one_row_per_gateway_subscription UNIQUE (payment_gateway_subscription_id)
) STRICT, WITHOUT ROWID;

INSERT INTO subscriptions_anew (
    id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan, status,
    amount_minor, currency, current_period_end, created_at, updated_at)
SELECT id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan, status,
    amount_minor, currency, current_period_end, created_at, updated_at
FROM subscriptions;

DROP TABLE subscriptions;
ALTER TABLE subscriptions_anew RENAME TO subscriptions;

-- Exactly one subscription per user that has not ended, however it stands; the customer is looked up
-- when it is deleted.
CREATE UNIQUE INDEX subscriptions_live_user ON subscriptions (user_id) WHERE status <> 'ended';
CREATE INDEX subscriptions_user ON subscriptions (user_id);
CREATE INDEX subscriptions_customer ON subscriptions (payment_gateway_customer_id);
