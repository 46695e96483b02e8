//! Real servers for tests: PostgreSQL, its standby, pgbouncer, nginx, localstripe, the fake of Stripe, a mail
//! server; and what Stripe's official SDK says of its parameters.
//!
//! Only ever a development dependency. Every call blocks and may be made inside and outside of tokio.
//! What goes wrong is a panic that says what was attempted and quotes the server's log. No server
//! outlives the process that started it, however that process ends.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "only tests use this, and a panic is how a test fails"
)]

mod database;
mod fake_stripe;
mod fake_time;
mod guard;
mod localstripe;
mod machine;
mod nginx;
mod pgbouncer;
mod postgres;
mod python;
mod small_disk;
mod smtp;
mod sql;

pub use database::{Database, SharedServer, test_database};
pub use fake_stripe::{FAKE_STRIPE, FakeStripe, Paused};
pub use fake_time::FakeTime;
pub use localstripe::Localstripe;
pub use machine::{find_nginx, find_pgbouncer, find_postgres};
pub use nginx::Nginx;
pub use pgbouncer::PgBouncer;
pub use postgres::{PostgresServer, PostgresServerBuilder, StopMode};
pub use python::{
    PYTHON, STRIPE_PARAMETERS, find_python, make_python, make_stripe_parameters, python,
    stripe_parameters,
};
pub use small_disk::SmallDisk;
pub use smtp::{Encryption, ReceivedMail, Refusal, SmtpServer, SmtpServerBuilder};
pub use sql::Rows;

/// If set, [`PostgresServer::shared`] uses the server with this URL and starts none.
pub const SHARED_POSTGRES_URL: &str = "ENLIST_TEST_POSTGRES_URL";
