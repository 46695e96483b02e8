//! Several replicas of the real binary on one PostgreSQL database, behind nginx and under load: killed
//! with `kill -9` and started again, paused past their lease and continued; their database failed over
//! to a standby, restarted, its connections ended. At the end the gateway's ledger, the tables, the
//! mails and what the clients were told must agree, and nobody may have driven what another drove.
//!
//! `ENLIST_TEST_KILLS` and `ENLIST_TEST_PAUSES` say how often, `ENLIST_TEST_SEED` with which seed.

#![expect(
    clippy::print_stdout,
    reason = "what a run amounted to is for whoever started it"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

mod audit;
mod churn;
mod cluster;
mod isolation;
mod outages;
mod proxy;
#[path = "../support/mod.rs"]
mod support;
