//! The sandbox gateway: the contract of every gateway, and what only the sandbox can be asked.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

mod authentication;
mod calls;
mod cards;
mod faults;
mod faults_list;
mod home;
mod idempotency;
mod killed;
mod ledger;
mod persistence;
mod support;
#[path = "../common/time_and_chance.rs"]
mod time_and_chance;

enlist_gateways::gateway_contract!(support::Rig::fresh);
