-- Pending registrations: what a person has said on the journey in three steps, until its last step begins
-- a registration. They hold no address, and are deleted when they expire.

CREATE TABLE pending_registrations (
    -- UUIDv7. The first registration that comes of it usually takes it over.
    id               TEXT NOT NULL PRIMARY KEY,
    -- As typed, and the form that decides whether two addresses are one account. Not unique: a claim is
    -- made by a registration.
    email            TEXT NOT NULL,
    email_normalised TEXT NOT NULL,
    -- In which language mails are written (BCP 47); null: in the service's.
    language         TEXT,
    -- Names and billing address (`Profile`), once given.
    profile          TEXT CHECK (json_valid(profile)),
    -- The gateway's token for the card, and what may be shown of it (`JourneyCard`), once given.
    card             TEXT CHECK (json_valid(card)),
    -- The chosen plan's name in the configuration.
    plan             TEXT,
    -- When the address was verified.
    verified_at      TEXT,
    -- Whether whoever began it has proved to read mail there, and not only somebody who was mailed.
    starter_proved   INTEGER NOT NULL CHECK (starter_proved IN (0, 1)),
    -- The registration that its last step began, until something is corrected after that was undone. No
    -- foreign key: it may be this row that is deleted first, or that one that is stripped.
    registration_id  TEXT,
    begun_at         TEXT NOT NULL,
    -- When it is deleted.
    expires_at       TEXT NOT NULL,
    -- Which mail is the newest; 0 where the address had too many. And when it was asked for.
    mail_serial      INTEGER NOT NULL CHECK (mail_serial >= 0),
    last_mail_at     TEXT NOT NULL,
    -- Codes typed since the newest mail.
    code_attempts    INTEGER NOT NULL CHECK (code_attempts >= 0),
    -- The newest mail whose link was used: it and earlier ones are used up.
    links_used_to    INTEGER NOT NULL CHECK (links_used_to >= 0),
    CONSTRAINT proved_is_verified CHECK (starter_proved = 0 OR verified_at IS NOT NULL),
    CONSTRAINT verified_comes_first CHECK (
        verified_at IS NOT NULL
        OR (profile IS NULL AND card IS NULL AND plan IS NULL AND registration_id IS NULL))
) STRICT, WITHOUT ROWID;

-- How many mails an address was sent.
CREATE INDEX pending_registrations_email ON pending_registrations (email_normalised, begun_at);
-- What is to be deleted.
CREATE INDEX pending_registrations_expired ON pending_registrations (expires_at);

-- A job is for a registration, or for a pending one: that is why it has no foreign key any more. The table
-- is made anew; no other refers to it, so foreign keys may stay on meanwhile.
CREATE TABLE jobs_anew (
    -- UUIDv7, chosen by whoever queues it, so that queueing twice is noticed.
    id               TEXT NOT NULL PRIMARY KEY,
    -- What is to be done (`JobKind`).
    kind             TEXT NOT NULL,
    -- For which registration, pending or begun.
    registration_id  TEXT NOT NULL,
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

INSERT INTO jobs_anew (
    id, kind, registration_id, serial, due_at, attempts, status, owner, lease_expires_at, generation,
    last_error, queued_at, finished_at)
SELECT id, kind, registration_id, serial, due_at, attempts, status, owner, lease_expires_at, generation,
    last_error, queued_at, finished_at
FROM jobs;

DROP TABLE jobs;
ALTER TABLE jobs_anew RENAME TO jobs;

CREATE INDEX jobs_due ON jobs (kind, coalesce(lease_expires_at, due_at)) WHERE status = 'queued';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
