//! Real servers for tests: PostgreSQL, its standby, pgbouncer, nginx.
