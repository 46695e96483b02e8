-- Which secret key the database is used with, so that a key that was exchanged or lost is noticed.

CREATE TABLE secret_key_check (
    -- Always 1: there is one row.
    is_only_row INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (is_only_row = 1),
    -- HMAC of a fixed text under the key; tells nothing of the key.
    value       BLOB NOT NULL CHECK (length(value) = 32),
    -- Since when this key is used.
    adopted_at  TEXT NOT NULL
) STRICT;
