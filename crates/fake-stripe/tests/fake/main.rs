//! The fake as its users meet it: over HTTP, one file per subject.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod browser;
mod customers;
mod expand;
mod faults;
mod idempotency;
mod objects;
mod parameters;
mod refunds;
mod requests;
mod subscriptions;
mod support;
mod webhooks;
