//! Stripe's adapter against a strict fake of Stripe, over HTTP: the contract of every gateway, and what
//! only Stripe can be asked. Every request is checked against the parameters of the official SDK.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

mod answers;
mod confirmation;
mod keys;
mod lists;
mod localstripe;
mod requests;
mod support;
#[path = "../common/time_and_chance.rs"]
mod time_and_chance;

enlist_gateways::gateway_contract!(support::Rig::fresh);
