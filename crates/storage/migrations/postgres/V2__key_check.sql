-- Which secret key the database is used with, so that replicas whose keys differ are noticed.

CREATE TABLE secret_key_check (
    is_only_row boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (is_only_row),
    value       bytea NOT NULL CHECK (length(value) = 32),
    adopted_at  timestamptz NOT NULL
);

COMMENT ON TABLE secret_key_check IS
    'Which secret key links, codes, access tokens and idempotency keys are derived from.';
COMMENT ON COLUMN secret_key_check.is_only_row IS
    'Always true: there is one row.';
COMMENT ON COLUMN secret_key_check.value IS
    'HMAC of a fixed text under the key; tells nothing of the key.';
COMMENT ON COLUMN secret_key_check.adopted_at IS
    'Since when this key is used.';
