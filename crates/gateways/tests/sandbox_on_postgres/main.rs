//! The sandbox gateway on PostgreSQL: the contract of every gateway, the tests of the sandbox in a
//! file, and what only books that replicas share can be asked.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

#[path = "../sandbox/authentication.rs"]
mod authentication;
#[path = "../sandbox/cards.rs"]
mod cards;
#[path = "../sandbox/faults.rs"]
mod faults;
#[path = "../sandbox/faults_list.rs"]
mod faults_list;
mod home;
#[path = "../sandbox/idempotency.rs"]
mod idempotency;
#[path = "../sandbox/ledger.rs"]
mod ledger;
mod outages;
#[path = "../sandbox/persistence.rs"]
mod persistence;
mod replicas;
#[path = "../sandbox/support.rs"]
mod support;
#[path = "../common/time_and_chance.rs"]
mod time_and_chance;

enlist_gateways::gateway_contract!(support::Rig::fresh);
