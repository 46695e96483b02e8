-- The tables of ../schema.sql in PostgreSQL, where every comment on a column is; the names and the rules
-- are the same, so that each statement is written once. `rowid`, which SQLite has by itself, is the order
-- in which rows were made.

CREATE TABLE schema_version (
    version bigint NOT NULL
);
INSERT INTO schema_version VALUES (0);

CREATE TABLE customers (
    rowid           bigint GENERATED ALWAYS AS IDENTITY,
    id              text PRIMARY KEY,
    registration_id text NOT NULL,
    email           text,
    name            text,
    created_at_ms   bigint NOT NULL,
    deleted_at_ms   bigint,
    CHECK (deleted_at_ms IS NULL OR (email IS NULL AND name IS NULL))
);
CREATE INDEX customers_by_registration ON customers (registration_id);

CREATE FUNCTION refuse_to_change_a_deleted_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a deleted customer stays deleted';
END
$$;
CREATE TRIGGER a_deleted_customer_stays_deleted BEFORE UPDATE ON customers
FOR EACH ROW WHEN (OLD.deleted_at_ms IS NOT NULL)
EXECUTE FUNCTION refuse_to_change_a_deleted_customer();

CREATE TABLE payment_methods (
    rowid           bigint GENERATED ALWAYS AS IDENTITY,
    id              text PRIMARY KEY,
    registration_id text,
    customer_id     text REFERENCES customers (id),
    brand           text NOT NULL,
    last4           text NOT NULL CHECK (length(last4) = 4),
    expiry_month    bigint NOT NULL,
    expiry_year     bigint NOT NULL,
    cvc_check       text NOT NULL,
    cvc_check_later text NOT NULL,
    behaviour       text NOT NULL,
    created_at_ms   bigint NOT NULL,
    detached_at_ms  bigint
);
CREATE INDEX payment_methods_by_customer ON payment_methods (customer_id);

CREATE TABLE subscriptions (
    rowid                 bigint GENERATED ALWAYS AS IDENTITY,
    id                    text PRIMARY KEY,
    registration_id       text NOT NULL,
    customer_id           text NOT NULL REFERENCES customers (id),
    plan                  text NOT NULL,
    amount_minor          bigint NOT NULL CHECK (amount_minor >= 0),
    currency              text NOT NULL,
    status                text NOT NULL CHECK (status IN ('incomplete', 'active', 'ended')),
    end_code              text,
    client_secret         text UNIQUE,
    current_period_end_ms bigint NOT NULL,
    created_at_ms         bigint NOT NULL,
    CHECK ((status = 'ended') = (end_code IS NOT NULL))
);
CREATE INDEX subscriptions_by_registration ON subscriptions (registration_id);
CREATE INDEX subscriptions_by_customer ON subscriptions (customer_id);
CREATE INDEX subscriptions_incomplete ON subscriptions (created_at_ms) WHERE status = 'incomplete';

CREATE TABLE charges (
    rowid           bigint GENERATED ALWAYS AS IDENTITY,
    id              text PRIMARY KEY,
    registration_id text NOT NULL,
    customer_id     text NOT NULL REFERENCES customers (id),
    subscription_id text REFERENCES subscriptions (id),
    amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
    currency        text NOT NULL,
    refunded_minor  bigint NOT NULL DEFAULT 0,
    failure_code    text,
    created_at_ms   bigint NOT NULL,
    CONSTRAINT never_more_refunded_than_taken CHECK (refunded_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT nothing_refunded_of_nothing CHECK (failure_code IS NULL OR refunded_minor = 0)
);
CREATE INDEX charges_by_registration ON charges (registration_id);
CREATE INDEX charges_by_customer ON charges (customer_id);
CREATE UNIQUE INDEX charges_first_is_taken_once ON charges (subscription_id)
WHERE failure_code IS NULL;

CREATE TABLE refunds (
    rowid           bigint GENERATED ALWAYS AS IDENTITY,
    id              text PRIMARY KEY,
    registration_id text NOT NULL,
    charge_id       text NOT NULL REFERENCES charges (id),
    amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
    currency        text NOT NULL,
    created_at_ms   bigint NOT NULL
);
CREATE INDEX refunds_by_charge ON refunds (charge_id);

CREATE FUNCTION count_a_refund_against_its_charge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE charges SET refunded_minor = refunded_minor + NEW.amount_minor WHERE id = NEW.charge_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER a_refund_counts_against_its_charge AFTER INSERT ON refunds
FOR EACH ROW EXECUTE FUNCTION count_a_refund_against_its_charge();

CREATE TABLE idempotency_keys (
    key          text PRIMARY KEY,
    fingerprint  text NOT NULL,
    answer       text NOT NULL,
    stored_at_ms bigint NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (stored_at_ms);

-- One row: the faults that are on, as JSON. In a SQLite sandbox they live in memory.
CREATE TABLE faults (
    list text NOT NULL
);
INSERT INTO faults VALUES ('[]');
