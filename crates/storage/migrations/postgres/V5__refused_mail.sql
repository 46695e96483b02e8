-- A journey ends where mail to its address is refused for good. The column is new and null in every row, so
-- none of them has to be looked at.

ALTER TABLE pending_registrations
    ADD COLUMN mail_refused_at timestamptz,
    ADD CONSTRAINT refused_is_unverified CHECK (mail_refused_at IS NULL OR verified_at IS NULL) NOT VALID;

COMMENT ON COLUMN pending_registrations.mail_refused_at IS
    'When mail to the address was refused for good: the journey is over, and nothing more is sent.';
