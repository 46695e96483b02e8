-- What a payment gateway keeps, as far as a sign-up can see. No card number and no security code
-- has a column here; what a raw card was is known only as a behaviour.

CREATE TABLE customers (
    id              TEXT PRIMARY KEY,
    registration_id TEXT NOT NULL,           -- the metadata; decides who may delete it
    email           TEXT,                    -- gone once the customer is deleted
    name            TEXT,                    -- gone once the customer is deleted
    created_at_ms   INTEGER NOT NULL,
    deleted_at_ms   INTEGER,                 -- final: a deleted customer is never used again
    CHECK (deleted_at_ms IS NULL OR (email IS NULL AND name IS NULL))
) STRICT;
CREATE INDEX customers_by_registration ON customers (registration_id);

CREATE TRIGGER a_deleted_customer_stays_deleted BEFORE UPDATE ON customers
WHEN OLD.deleted_at_ms IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a deleted customer stays deleted');
END;

CREATE TABLE payment_methods (
    id              TEXT PRIMARY KEY,
    registration_id TEXT,                    -- from the key of the call that made it
    customer_id     TEXT REFERENCES customers (id),  -- null until attached
    brand           TEXT NOT NULL,
    last4           TEXT NOT NULL CHECK (length(last4) = 4),
    expiry_month    INTEGER NOT NULL,
    expiry_year     INTEGER NOT NULL,
    cvc_check       TEXT NOT NULL,           -- unchecked until attached
    cvc_check_later TEXT NOT NULL,           -- what cvc_check becomes then
    behaviour       TEXT NOT NULL,           -- JSON; what becomes of it when it is used
    created_at_ms   INTEGER NOT NULL,
    detached_at_ms  INTEGER                  -- with its customer; can never be attached again
) STRICT;
CREATE INDEX payment_methods_by_customer ON payment_methods (customer_id);

CREATE TABLE subscriptions (
    id                    TEXT PRIMARY KEY,
    registration_id       TEXT NOT NULL,
    customer_id           TEXT NOT NULL REFERENCES customers (id),
    plan                  TEXT NOT NULL,
    amount_minor          INTEGER NOT NULL CHECK (amount_minor >= 0),
    currency              TEXT NOT NULL,
    status                TEXT NOT NULL CHECK (status IN ('incomplete', 'active', 'ended')),
    end_code              TEXT,              -- why it ended
    client_secret         TEXT UNIQUE,       -- what the page confirms the first payment with
    current_period_end_ms INTEGER NOT NULL,
    created_at_ms         INTEGER NOT NULL,
    CHECK ((status = 'ended') = (end_code IS NOT NULL))
) STRICT;
CREATE INDEX subscriptions_by_registration ON subscriptions (registration_id);
CREATE INDEX subscriptions_by_customer ON subscriptions (customer_id);
CREATE INDEX subscriptions_incomplete ON subscriptions (created_at_ms) WHERE status = 'incomplete';

CREATE TABLE charges (
    id              TEXT PRIMARY KEY,
    registration_id TEXT NOT NULL,
    customer_id     TEXT NOT NULL REFERENCES customers (id),
    subscription_id TEXT REFERENCES subscriptions (id),  -- null where the decline left none
    amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
    currency        TEXT NOT NULL,
    refunded_minor  INTEGER NOT NULL DEFAULT 0,
    failure_code    TEXT,                    -- null: the money was taken
    created_at_ms   INTEGER NOT NULL,
    CONSTRAINT never_more_refunded_than_taken CHECK (refunded_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT nothing_refunded_of_nothing CHECK (failure_code IS NULL OR refunded_minor = 0)
) STRICT;
CREATE INDEX charges_by_registration ON charges (registration_id);
CREATE INDEX charges_by_customer ON charges (customer_id);
-- The sandbox never renews, so one subscription is paid for once.
CREATE UNIQUE INDEX charges_first_is_taken_once ON charges (subscription_id)
WHERE failure_code IS NULL;

CREATE TABLE refunds (
    id              TEXT PRIMARY KEY,
    registration_id TEXT NOT NULL,
    charge_id       TEXT NOT NULL REFERENCES charges (id),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
    currency        TEXT NOT NULL,
    created_at_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX refunds_by_charge ON refunds (charge_id);

-- A refund and the charge it belongs to cannot disagree, and the CHECK above refuses the one too many.
CREATE TRIGGER a_refund_counts_against_its_charge AFTER INSERT ON refunds
BEGIN
    UPDATE charges SET refunded_minor = refunded_minor + NEW.amount_minor WHERE id = NEW.charge_id;
END;

CREATE TABLE idempotency_keys (
    key          TEXT PRIMARY KEY,
    fingerprint  TEXT NOT NULL,              -- SHA-256 of the operation and its parameters
    answer       TEXT NOT NULL,              -- JSON; what every repeat is told
    stored_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (stored_at_ms);
