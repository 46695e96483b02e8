-- The journal of registrations, the accounts that they make, and deferred work.
--
-- Ids are hyphenated UUIDs, times RFC 3339 in UTC with six digits of microseconds, so that they sort
-- as text; JSON is text. A later migration with the same number exists for every database.

-- "Enls": tells this file from any other SQLite database.
PRAGMA application_id = 1164864627;

CREATE TABLE users (
    -- Chosen before the row exists (UUIDv7).
    id                TEXT NOT NULL PRIMARY KEY,
    -- As the person typed it; what is shown and written to.
    email             TEXT NOT NULL,
    -- The form that decides whether two addresses are one account.
    email_normalised  TEXT NOT NULL,
    -- Argon2id, PHC string.
    password_hash     TEXT NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    -- When the person proved to read this address; null until then.
    email_verified_at TEXT,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL,
    CONSTRAINT one_user_per_email UNIQUE (email_normalised)
) STRICT, WITHOUT ROWID;

CREATE TABLE profiles (
    -- Whose profile.
    user_id       TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    first_name    TEXT NOT NULL,
    last_name     TEXT NOT NULL,
    -- Street and number.
    address       TEXT NOT NULL,
    -- Flat, building, care of.
    address_line2 TEXT,
    city          TEXT NOT NULL,
    -- State, province or region.
    state         TEXT NOT NULL,
    -- Postal code, as the country spells it.
    zip           TEXT NOT NULL,
    -- ISO 3166-1 alpha-2.
    country       TEXT NOT NULL CHECK (country GLOB '[A-Z][A-Z]'),
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE billing_info (
    -- Whose card and whose customer.
    user_id                     TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Masked, '•••• 4242': what PCI DSS 3.4.1 allows to be shown. Null for a free sign-up without a card.
    card_number                 TEXT,
    -- The payment brand as Stripe spells it: 'visa', 'amex', ….
    card_brand                  TEXT,
    -- The month through which the card is valid.
    expiry_month                INTEGER CHECK (expiry_month BETWEEN 1 AND 12),
    expiry_year                 INTEGER CHECK (expiry_year BETWEEN 2000 AND 9999),
    -- Always null: PCI DSS 3.3.1 forbids to keep the code in any form once the gateway has answered.
    cvv_hash                    TEXT CONSTRAINT cvv_hash_is_never_kept CHECK (cvv_hash IS NULL),
    -- What the gateway said of the code; the reason why nobody needs to keep it.
    cvc_check                   TEXT CHECK (cvc_check IN ('pass', 'fail', 'unavailable', 'unchecked')),
    -- 'sandbox', 'stripe', 'braintree'.
    payment_gateway             TEXT NOT NULL,
    -- The customer at the gateway.
    payment_gateway_customer_id TEXT NOT NULL,
    -- The token that stands for the card at the gateway.
    payment_method_id           TEXT,
    created_at                  TEXT NOT NULL,
    updated_at                  TEXT NOT NULL,
    CONSTRAINT one_user_per_customer UNIQUE (payment_gateway_customer_id),
    -- The mask and at most four characters: a whole number has no room, however it is written.
    CONSTRAINT card_number_is_masked
        CHECK (card_number GLOB '•••• *' AND length(card_number) <= 9),
    CONSTRAINT card_is_whole_or_absent CHECK (
        (card_number IS NULL) = (card_brand IS NULL)
        AND (card_number IS NULL) = (expiry_month IS NULL)
        AND (card_number IS NULL) = (expiry_year IS NULL)
        AND (card_number IS NULL) = (cvc_check IS NULL)
        AND (card_number IS NULL OR payment_method_id IS NOT NULL)
    )
) STRICT, WITHOUT ROWID;

CREATE TABLE subscriptions (
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
    status                          TEXT NOT NULL CHECK (status IN ('active', 'ended')),
    -- What each interval costs, in minor units of the currency.
    amount_minor                    INTEGER NOT NULL CHECK (amount_minor > 0),
    -- ISO 4217.
    currency                        TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    -- When the next charge is due.
    current_period_end              TEXT NOT NULL,
    created_at                      TEXT NOT NULL,
    updated_at                      TEXT NOT NULL,
    CONSTRAINT one_row_per_gateway_subscription UNIQUE (payment_gateway_subscription_id)
) STRICT, WITHOUT ROWID;

-- Exactly one live subscription per user; the customer is looked up when it is deleted.
CREATE UNIQUE INDEX subscriptions_active_user ON subscriptions (user_id) WHERE status = 'active';
CREATE INDEX subscriptions_user ON subscriptions (user_id);
CREATE INDEX subscriptions_customer ON subscriptions (payment_gateway_customer_id);

CREATE TABLE registrations (
    -- UUIDv7; in the metadata of everything that the gateway makes for this registration.
    id                  TEXT NOT NULL PRIMARY KEY,
    -- The id that the user has, will have, or would have had: no foreign key.
    user_id             TEXT NOT NULL,
    status              TEXT NOT NULL CHECK (status IN (
        'running', 'awaiting_action', 'awaiting_verification', 'undoing', 'registered', 'undone')),
    -- As typed, and the form that is the claim; null once stripped.
    email               TEXT,
    email_normalised    TEXT,
    -- What was asked for: everything that any later step needs (`Intent`); redacted once stripped.
    intent              TEXT NOT NULL CHECK (json_valid(intent)),
    -- How far each step has come, and what the gateway gave (`Progress`).
    progress            TEXT NOT NULL CHECK (json_valid(progress)),
    -- Why it is being, or was, undone (`Failure`).
    failure             TEXT CHECK (json_valid(failure)),
    begun_at            TEXT NOT NULL,
    -- When going forward stops.
    deadline_at         TEXT NOT NULL,
    -- Until when the person has time to act.
    act_by              TEXT,
    -- When the address was verified.
    verified_at         TEXT,
    -- When the account was opened, even if it was undone since.
    opened_at           TEXT,
    -- When it came to rest.
    rested_at           TEXT,
    -- Since when it is being undone.
    undoing_since       TEXT,
    -- How often the current step was tried in vain, and before when it is not tried again.
    attempts            INTEGER NOT NULL CHECK (attempts >= 0),
    not_before          TEXT,
    -- When it is to be claimed by whoever looks, while nobody holds it.
    due_at              TEXT,
    -- Who holds it, and until when others keep off, by this database's clock.
    owner               TEXT,
    lease_expires_at    TEXT,
    -- Grows whenever it changes hands; every write names it.
    generation          INTEGER NOT NULL CHECK (generation >= 1),
    -- The number of the next event.
    next_seq            INTEGER NOT NULL CHECK (next_seq >= 1),
    -- Which verification mail is the newest, and when it was asked for.
    mail_serial         INTEGER NOT NULL CHECK (mail_serial >= 0),
    last_mail_at        TEXT,
    -- Codes typed since the newest mail.
    code_attempts       INTEGER NOT NULL CHECK (code_attempts >= 0),
    -- HMAC of the `Idempotency-Key` and of the request that came with it; null without one, and once
    -- forgotten.
    idempotency_key     BLOB CHECK (length(idempotency_key) = 32),
    request_fingerprint BLOB CHECK (length(request_fingerprint) = 32),
    -- When personal data was taken out.
    stripped_at         TEXT,
    CONSTRAINT one_registration_per_key UNIQUE (idempotency_key),
    CONSTRAINT request_is_whole_or_absent
        CHECK ((idempotency_key IS NULL) = (request_fingerprint IS NULL)),
    CONSTRAINT rest_has_a_time
        CHECK ((status IN ('registered', 'undone')) = (rested_at IS NOT NULL)),
    CONSTRAINT undoing_has_a_reason CHECK (
        status NOT IN ('undoing', 'undone')
        OR (failure IS NOT NULL AND undoing_since IS NOT NULL)),
    CONSTRAINT registered_is_verified CHECK (
        status <> 'registered'
        OR (verified_at IS NOT NULL AND opened_at IS NOT NULL AND failure IS NULL)),
    CONSTRAINT waiting_has_an_end CHECK (
        status NOT IN ('awaiting_action', 'awaiting_verification') OR act_by IS NOT NULL),
    CONSTRAINT lease_has_an_owner CHECK ((owner IS NULL) = (lease_expires_at IS NULL)),
    -- Nothing under way is ever forgotten: it is in somebody's hands or due at some moment.
    CONSTRAINT held_or_due_or_resting CHECK (
        (rested_at IS NULL AND (lease_expires_at IS NULL) <> (due_at IS NULL))
        OR (rested_at IS NOT NULL AND lease_expires_at IS NULL AND due_at IS NULL)),
    CONSTRAINT stripped_only_at_rest CHECK (stripped_at IS NULL OR rested_at IS NOT NULL),
    CONSTRAINT email_until_stripped CHECK (
        (email IS NULL) = (stripped_at IS NOT NULL)
        AND (email_normalised IS NULL) = (stripped_at IS NOT NULL))
) STRICT;

-- The claim on the e-mail.
CREATE UNIQUE INDEX registrations_email_held ON registrations (email_normalised)
    WHERE status NOT IN ('registered', 'undone');
-- What is to be claimed next.
CREATE INDEX registrations_due ON registrations (coalesce(lease_expires_at, due_at))
    WHERE status NOT IN ('registered', 'undone');
-- The operator's list, and its search by address.
CREATE INDEX registrations_begun ON registrations (begun_at, id);
CREATE INDEX registrations_email ON registrations (email_normalised, begun_at)
    WHERE email_normalised IS NOT NULL;
-- What is to be forgotten.
CREATE INDEX registrations_to_strip ON registrations (rested_at)
    WHERE rested_at IS NOT NULL AND stripped_at IS NULL;
CREATE INDEX registrations_keys ON registrations (begun_at) WHERE idempotency_key IS NOT NULL;

CREATE TABLE registration_events (
    registration_id TEXT NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
    -- Counts from 1 within the registration. Given by the driver, moved up where another event has
    -- the number already: no event is lost, and the order is that of writing.
    seq             INTEGER NOT NULL CHECK (seq >= 1),
    -- Under which driver.
    generation      INTEGER NOT NULL,
    at              TEXT NOT NULL,
    -- Concerning which step, if one in particular.
    step            TEXT,
    -- What happened (`EventKind`).
    kind            TEXT NOT NULL,
    -- More, for the operator. Never card data, a password or a token.
    detail          TEXT,
    PRIMARY KEY (registration_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    -- UUIDv7, chosen by whoever queues it, so that queueing twice is noticed.
    id               TEXT NOT NULL PRIMARY KEY,
    -- What is to be done (`JobKind`).
    kind             TEXT NOT NULL,
    -- For which registration.
    registration_id  TEXT NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
    -- Which mail of the registration; 0 where there is none.
    serial           INTEGER NOT NULL CHECK (serial >= 0),
    -- Not before.
    due_at           TEXT NOT NULL,
    -- How often it was handed to a worker.
    attempts         INTEGER NOT NULL CHECK (attempts >= 0),
    status           TEXT NOT NULL CHECK (status IN ('queued', 'done', 'given_up')),
    -- Which worker has it, and until when others keep off.
    owner            TEXT,
    lease_expires_at TEXT,
    -- Grows at every claim; every write names it.
    generation       INTEGER NOT NULL CHECK (generation >= 0),
    -- Why it failed last; may name an address, and goes away with the job.
    last_error       TEXT,
    queued_at        TEXT NOT NULL,
    finished_at      TEXT,
    CONSTRAINT lease_has_an_owner CHECK ((owner IS NULL) = (lease_expires_at IS NULL)),
    CONSTRAINT finished_has_a_time CHECK ((status = 'queued') = (finished_at IS NULL)),
    CONSTRAINT finished_is_not_held CHECK (status = 'queued' OR owner IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_due ON jobs (kind, coalesce(lease_expires_at, due_at)) WHERE status = 'queued';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
