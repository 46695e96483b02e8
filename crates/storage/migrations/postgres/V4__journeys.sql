-- Pending registrations: what a person has said on the journey in three steps, until its last step begins
-- a registration. They hold no address, and are deleted when they expire.

CREATE TABLE pending_registrations (
    id               uuid NOT NULL PRIMARY KEY,
    email            text NOT NULL,
    email_normalised text NOT NULL,
    language         text,
    profile          jsonb,
    card             jsonb,
    plan             text,
    verified_at      timestamptz,
    starter_proved   boolean NOT NULL,
    registration_id  uuid,
    begun_at         timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    mail_serial      bigint NOT NULL CHECK (mail_serial >= 0),
    last_mail_at     timestamptz NOT NULL,
    code_attempts    bigint NOT NULL CHECK (code_attempts >= 0),
    links_used_to    bigint NOT NULL CHECK (links_used_to >= 0),
    CONSTRAINT proved_is_verified CHECK (NOT starter_proved OR verified_at IS NOT NULL),
    CONSTRAINT verified_comes_first CHECK (
        verified_at IS NOT NULL
        OR (profile IS NULL AND card IS NULL AND plan IS NULL AND registration_id IS NULL))
);

COMMENT ON TABLE pending_registrations IS
    'What a person has said on the journey in three steps, until its last step begins a registration.';
COMMENT ON COLUMN pending_registrations.id IS
    'UUIDv7. The first registration that comes of it usually takes it over.';
COMMENT ON COLUMN pending_registrations.email IS
    'As typed.';
COMMENT ON COLUMN pending_registrations.email_normalised IS
    'The form that decides whether two addresses are one account. Not unique: a claim is made by a registration.';
COMMENT ON COLUMN pending_registrations.language IS
    'In which language mails are written (BCP 47); null: in the service''s.';
COMMENT ON COLUMN pending_registrations.profile IS
    'Names and billing address (`Profile`), once given.';
COMMENT ON COLUMN pending_registrations.card IS
    'The gateway''s token for the card, and what may be shown of it (`JourneyCard`), once given.';
COMMENT ON COLUMN pending_registrations.plan IS
    'The chosen plan''s name in the configuration.';
COMMENT ON COLUMN pending_registrations.verified_at IS
    'When the address was verified.';
COMMENT ON COLUMN pending_registrations.starter_proved IS
    'Whether whoever began it has proved to read mail there, and not only somebody who was mailed.';
COMMENT ON COLUMN pending_registrations.registration_id IS
    'The registration that its last step began, until something is corrected after that was undone. No foreign key: it may be this row that is deleted first, or that one that is stripped.';
COMMENT ON COLUMN pending_registrations.expires_at IS
    'When it is deleted.';
COMMENT ON COLUMN pending_registrations.mail_serial IS
    'Which mail is the newest; 0 where the address had too many.';
COMMENT ON COLUMN pending_registrations.last_mail_at IS
    'When the newest mail was asked for.';
COMMENT ON COLUMN pending_registrations.code_attempts IS
    'Codes typed since the newest mail.';
COMMENT ON COLUMN pending_registrations.links_used_to IS
    'The newest mail whose link was used: it and earlier ones are used up.';

-- How many mails an address was sent.
CREATE INDEX pending_registrations_email ON pending_registrations (email_normalised, begun_at);
-- What is to be deleted.
CREATE INDEX pending_registrations_expired ON pending_registrations (expires_at);

-- A job is for a registration, or for a pending one.
ALTER TABLE jobs DROP CONSTRAINT jobs_registration_id_fkey;

COMMENT ON COLUMN jobs.registration_id IS
    'For which registration, pending or begun.';
