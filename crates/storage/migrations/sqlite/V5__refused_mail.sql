-- A journey ends where mail to its address is refused for good: when that was. Nothing more is sent.

ALTER TABLE pending_registrations ADD COLUMN mail_refused_at TEXT
    CONSTRAINT refused_is_unverified CHECK (mail_refused_at IS NULL OR verified_at IS NULL);
