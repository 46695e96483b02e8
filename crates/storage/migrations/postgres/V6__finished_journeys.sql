-- A journey that led to an account is emptied when it expires, and kept as long as the journal knows who that
-- is: its links and tokens lead there. It is known by its registration and by having no profile.

DROP INDEX pending_registrations_expired;
-- What is to be deleted, or emptied.
CREATE INDEX IF NOT EXISTS pending_registrations_to_forget ON pending_registrations (expires_at)
    WHERE registration_id IS NULL OR profile IS NOT NULL;
-- What goes with a registration that is stripped.
CREATE INDEX IF NOT EXISTS pending_registrations_led_to ON pending_registrations (registration_id)
    WHERE registration_id IS NOT NULL;

COMMENT ON COLUMN pending_registrations.registration_id IS
    'The registration that its last step began, until another card is given after that was undone. No foreign key: it may be this row that is deleted first, or that one that is stripped.';
COMMENT ON COLUMN pending_registrations.expires_at IS
    'When it is deleted; or emptied, if its registration is under way or done.';

-- How many mails journeys have caused to an address. A row that each request changes, because two requests
-- at once do not see what the other writes elsewhere.
CREATE TABLE mails_to_addresses (
    email_normalised text NOT NULL PRIMARY KEY,
    asked_at         timestamptz[] NOT NULL,
    counts_until     timestamptz NOT NULL
);

COMMENT ON TABLE mails_to_addresses IS
    'When mails of journeys were asked for to an address, as long as that counts towards its ration.';
COMMENT ON COLUMN mails_to_addresses.email_normalised IS
    'The address, as in pending_registrations.';
COMMENT ON COLUMN mails_to_addresses.asked_at IS
    'When each was asked for; older ones than count go at the next.';
COMMENT ON COLUMN mails_to_addresses.counts_until IS
    'When it is deleted, unless another mail is asked for.';

-- What is to be deleted.
CREATE INDEX mails_to_addresses_over ON mails_to_addresses (counts_until);
