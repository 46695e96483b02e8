-- The journal of registrations, the accounts that they make, and deferred work.
--
-- The same tables and the same numbers of migrations as for every database; here with native types.
-- Times are microseconds in UTC.

CREATE TABLE users (
    id                uuid NOT NULL PRIMARY KEY,
    email             text NOT NULL,
    email_normalised  text NOT NULL,
    password_hash     text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    email_verified_at timestamptz,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    CONSTRAINT one_user_per_email UNIQUE (email_normalised)
);

COMMENT ON TABLE users IS
    'Accounts. A row exists only when every part of the account exists.';
COMMENT ON COLUMN users.id IS
    'Chosen before the row exists (UUIDv7).';
COMMENT ON COLUMN users.email IS
    'As the person typed it; what is shown and written to.';
COMMENT ON COLUMN users.email_normalised IS
    'The form that decides whether two addresses are one account.';
COMMENT ON COLUMN users.password_hash IS
    'Argon2id, PHC string.';
COMMENT ON COLUMN users.email_verified_at IS
    'When the person proved to read this address; null until then.';

CREATE TABLE profiles (
    user_id       uuid NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    first_name    text NOT NULL,
    last_name     text NOT NULL,
    address       text NOT NULL,
    address_line2 text,
    city          text NOT NULL,
    state         text NOT NULL,
    zip           text NOT NULL,
    country       text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);

COMMENT ON TABLE profiles IS
    'Who the user is.';
COMMENT ON COLUMN profiles.user_id IS
    'Whose profile.';
COMMENT ON COLUMN profiles.address IS
    'Street and number.';
COMMENT ON COLUMN profiles.address_line2 IS
    'Flat, building, care of.';
COMMENT ON COLUMN profiles.state IS
    'State, province or region.';
COMMENT ON COLUMN profiles.zip IS
    'Postal code, as the country spells it.';
COMMENT ON COLUMN profiles.country IS
    'ISO 3166-1 alpha-2.';

CREATE TABLE billing_info (
    user_id                     uuid NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    card_number                 text,
    card_brand                  text,
    expiry_month                integer CHECK (expiry_month BETWEEN 1 AND 12),
    expiry_year                 integer CHECK (expiry_year BETWEEN 2000 AND 9999),
    cvv_hash                    text CONSTRAINT cvv_hash_is_never_kept CHECK (cvv_hash IS NULL),
    cvc_check                   text CHECK (cvc_check IN ('pass', 'fail', 'unavailable', 'unchecked')),
    payment_gateway             text NOT NULL,
    payment_gateway_customer_id text NOT NULL,
    payment_method_id           text,
    created_at                  timestamptz NOT NULL,
    updated_at                  timestamptz NOT NULL,
    CONSTRAINT one_user_per_customer UNIQUE (payment_gateway_customer_id),
    -- The mask and at most four characters: a whole number has no room, however it is written.
    CONSTRAINT card_number_is_masked
        CHECK (card_number LIKE '•••• %' AND length(card_number) <= 9),
    CONSTRAINT card_is_whole_or_absent CHECK (
        (card_number IS NULL) = (card_brand IS NULL)
        AND (card_number IS NULL) = (expiry_month IS NULL)
        AND (card_number IS NULL) = (expiry_year IS NULL)
        AND (card_number IS NULL) = (cvc_check IS NULL)
        AND (card_number IS NULL OR payment_method_id IS NOT NULL)
    )
);

COMMENT ON TABLE billing_info IS
    'How the user pays: the card as it may be shown, and the customer at the gateway.';
COMMENT ON COLUMN billing_info.user_id IS
    'Whose card and whose customer.';
COMMENT ON COLUMN billing_info.card_number IS
    'Masked, ''•••• 4242'': what PCI DSS 3.4.1 allows to be shown. Null for a free sign-up without a card.';
COMMENT ON COLUMN billing_info.card_brand IS
    'The payment brand as Stripe spells it: ''visa'', ''amex'', ….';
COMMENT ON COLUMN billing_info.expiry_month IS
    'The month through which the card is valid.';
COMMENT ON COLUMN billing_info.cvv_hash IS
    'Always null: PCI DSS 3.3.1 forbids to keep the code in any form once the gateway has answered.';
COMMENT ON COLUMN billing_info.cvc_check IS
    'What the gateway said of the code; the reason why nobody needs to keep it.';
COMMENT ON COLUMN billing_info.payment_gateway IS
    '''sandbox'', ''stripe'', ''braintree''.';
COMMENT ON COLUMN billing_info.payment_gateway_customer_id IS
    'The customer at the gateway.';
COMMENT ON COLUMN billing_info.payment_method_id IS
    'The token that stands for the card at the gateway.';

CREATE TABLE subscriptions (
    id                              uuid NOT NULL PRIMARY KEY,
    user_id                         uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    payment_gateway_customer_id     text NOT NULL
        REFERENCES billing_info (payment_gateway_customer_id) ON DELETE CASCADE,
    payment_gateway_subscription_id text NOT NULL,
    plan                            text NOT NULL,
    status                          text NOT NULL CHECK (status IN ('active', 'ended')),
    amount_minor                    bigint NOT NULL CHECK (amount_minor > 0),
    currency                        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    current_period_end              timestamptz NOT NULL,
    created_at                      timestamptz NOT NULL,
    updated_at                      timestamptz NOT NULL,
    CONSTRAINT one_row_per_gateway_subscription UNIQUE (payment_gateway_subscription_id)
);

COMMENT ON TABLE subscriptions IS
    'What the user subscribed to.';
COMMENT ON COLUMN subscriptions.id IS
    'Chosen before the row exists (UUIDv7).';
COMMENT ON COLUMN subscriptions.user_id IS
    'Who subscribed.';
COMMENT ON COLUMN subscriptions.payment_gateway_customer_id IS
    'The customer at the gateway that is charged.';
COMMENT ON COLUMN subscriptions.payment_gateway_subscription_id IS
    'The subscription at the gateway.';
COMMENT ON COLUMN subscriptions.plan IS
    'The plan''s name in the configuration when it was bought.';
COMMENT ON COLUMN subscriptions.amount_minor IS
    'What each interval costs, in minor units of the currency.';
COMMENT ON COLUMN subscriptions.currency IS
    'ISO 4217.';
COMMENT ON COLUMN subscriptions.current_period_end IS
    'When the next charge is due.';

-- Exactly one live subscription per user; the customer is looked up when it is deleted.
CREATE UNIQUE INDEX subscriptions_active_user ON subscriptions (user_id) WHERE status = 'active';
CREATE INDEX subscriptions_user ON subscriptions (user_id);
CREATE INDEX subscriptions_customer ON subscriptions (payment_gateway_customer_id);

CREATE TABLE registrations (
    id                  uuid NOT NULL PRIMARY KEY,
    user_id             uuid NOT NULL,
    status              text NOT NULL CHECK (status IN (
        'running', 'awaiting_action', 'awaiting_verification', 'undoing', 'registered', 'undone')),
    email               text,
    email_normalised    text,
    intent              jsonb NOT NULL,
    progress            jsonb NOT NULL,
    failure             jsonb,
    begun_at            timestamptz NOT NULL,
    deadline_at         timestamptz NOT NULL,
    act_by              timestamptz,
    verified_at         timestamptz,
    opened_at           timestamptz,
    rested_at           timestamptz,
    undoing_since       timestamptz,
    attempts            bigint NOT NULL CHECK (attempts >= 0),
    not_before          timestamptz,
    due_at              timestamptz,
    owner               uuid,
    lease_expires_at    timestamptz,
    generation          bigint NOT NULL CHECK (generation >= 1),
    next_seq            bigint NOT NULL CHECK (next_seq >= 1),
    mail_serial         bigint NOT NULL CHECK (mail_serial >= 0),
    last_mail_at        timestamptz,
    code_attempts       bigint NOT NULL CHECK (code_attempts >= 0),
    idempotency_key     bytea CHECK (length(idempotency_key) = 32),
    request_fingerprint bytea CHECK (length(request_fingerprint) = 32),
    stripped_at         timestamptz,
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
);

COMMENT ON TABLE registrations IS
    'The journal: one row per registration, which holds all that any later step needs.';
COMMENT ON COLUMN registrations.id IS
    'UUIDv7; in the metadata of everything that the gateway makes for this registration.';
COMMENT ON COLUMN registrations.user_id IS
    'The id that the user has, will have, or would have had: no foreign key.';
COMMENT ON COLUMN registrations.email IS
    'As typed; null once stripped.';
COMMENT ON COLUMN registrations.email_normalised IS
    'The form that is the claim; null once stripped.';
COMMENT ON COLUMN registrations.intent IS
    'What was asked for: everything that any later step needs (`Intent`); redacted once stripped.';
COMMENT ON COLUMN registrations.progress IS
    'How far each step has come, and what the gateway gave (`Progress`).';
COMMENT ON COLUMN registrations.failure IS
    'Why it is being, or was, undone (`Failure`).';
COMMENT ON COLUMN registrations.deadline_at IS
    'When going forward stops.';
COMMENT ON COLUMN registrations.act_by IS
    'Until when the person has time to act.';
COMMENT ON COLUMN registrations.verified_at IS
    'When the address was verified.';
COMMENT ON COLUMN registrations.opened_at IS
    'When the account was opened, even if it was undone since.';
COMMENT ON COLUMN registrations.rested_at IS
    'When it came to rest.';
COMMENT ON COLUMN registrations.undoing_since IS
    'Since when it is being undone.';
COMMENT ON COLUMN registrations.attempts IS
    'How often the current step was tried in vain.';
COMMENT ON COLUMN registrations.not_before IS
    'Before when the current step is not tried again.';
COMMENT ON COLUMN registrations.due_at IS
    'When it is to be claimed by whoever looks, while nobody holds it.';
COMMENT ON COLUMN registrations.owner IS
    'Who holds it: a process, by an id that is new at every start.';
COMMENT ON COLUMN registrations.lease_expires_at IS
    'Until when others keep off, by this database''s clock.';
COMMENT ON COLUMN registrations.generation IS
    'Grows whenever it changes hands; every write names it.';
COMMENT ON COLUMN registrations.next_seq IS
    'The number of the next event.';
COMMENT ON COLUMN registrations.mail_serial IS
    'Which verification mail is the newest.';
COMMENT ON COLUMN registrations.last_mail_at IS
    'When the newest mail was asked for.';
COMMENT ON COLUMN registrations.code_attempts IS
    'Codes typed since the newest mail.';
COMMENT ON COLUMN registrations.idempotency_key IS
    'HMAC of the `Idempotency-Key`; null without one, and once forgotten.';
COMMENT ON COLUMN registrations.request_fingerprint IS
    'HMAC of the request that came with the key.';
COMMENT ON COLUMN registrations.stripped_at IS
    'When personal data was taken out.';

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
    registration_id uuid NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
    seq             bigint NOT NULL CHECK (seq >= 1),
    generation      bigint NOT NULL,
    at              timestamptz NOT NULL,
    step            text,
    kind            text NOT NULL,
    detail          text,
    PRIMARY KEY (registration_id, seq)
);

COMMENT ON TABLE registration_events IS
    'What happened to a registration, in order.';
COMMENT ON COLUMN registration_events.seq IS
    'Counts from 1 within the registration. Given by the driver, moved up where another event has the number already: no event is lost, and the order is that of writing.';
COMMENT ON COLUMN registration_events.generation IS
    'Under which driver.';
COMMENT ON COLUMN registration_events.step IS
    'Concerning which step, if one in particular.';
COMMENT ON COLUMN registration_events.kind IS
    'What happened (`EventKind`).';
COMMENT ON COLUMN registration_events.detail IS
    'More, for the operator. Never card data, a password or a token.';

CREATE TABLE jobs (
    id               uuid NOT NULL PRIMARY KEY,
    kind             text NOT NULL,
    registration_id  uuid NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
    serial           bigint NOT NULL CHECK (serial >= 0),
    due_at           timestamptz NOT NULL,
    attempts         bigint NOT NULL CHECK (attempts >= 0),
    status           text NOT NULL CHECK (status IN ('queued', 'done', 'given_up')),
    owner            uuid,
    lease_expires_at timestamptz,
    generation       bigint NOT NULL CHECK (generation >= 0),
    last_error       text,
    queued_at        timestamptz NOT NULL,
    finished_at      timestamptz,
    CONSTRAINT lease_has_an_owner CHECK ((owner IS NULL) = (lease_expires_at IS NULL)),
    CONSTRAINT finished_has_a_time CHECK ((status = 'queued') = (finished_at IS NULL)),
    CONSTRAINT finished_is_not_held CHECK (status = 'queued' OR owner IS NULL)
);

COMMENT ON TABLE jobs IS
    'Deferred work, queued in the transaction that causes it.';
COMMENT ON COLUMN jobs.id IS
    'UUIDv7, chosen by whoever queues it, so that queueing twice is noticed.';
COMMENT ON COLUMN jobs.kind IS
    'What is to be done (`JobKind`).';
COMMENT ON COLUMN jobs.registration_id IS
    'For which registration.';
COMMENT ON COLUMN jobs.serial IS
    'Which mail of the registration; 0 where there is none.';
COMMENT ON COLUMN jobs.due_at IS
    'Not before.';
COMMENT ON COLUMN jobs.attempts IS
    'How often it was handed to a worker.';
COMMENT ON COLUMN jobs.owner IS
    'Which worker has it.';
COMMENT ON COLUMN jobs.lease_expires_at IS
    'Until when other workers keep off, by this database''s clock.';
COMMENT ON COLUMN jobs.generation IS
    'Grows at every claim; every write names it.';
COMMENT ON COLUMN jobs.last_error IS
    'Why it failed last; may name an address, and goes away with the job.';

CREATE INDEX jobs_due ON jobs (kind, coalesce(lease_expires_at, due_at)) WHERE status = 'queued';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
