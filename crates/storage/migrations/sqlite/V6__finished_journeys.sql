-- A journey that led to an account is emptied when it expires, and kept as long as the journal knows who that
-- is: its links and tokens lead there. It is known by its registration and by having no profile.

DROP INDEX pending_registrations_expired;
-- What is to be deleted, or emptied.
CREATE INDEX pending_registrations_to_forget ON pending_registrations (expires_at)
    WHERE registration_id IS NULL OR profile IS NOT NULL;
-- What goes with a registration that is stripped.
CREATE INDEX pending_registrations_led_to ON pending_registrations (registration_id)
    WHERE registration_id IS NOT NULL;
