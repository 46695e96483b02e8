//! The fake as its users meet it: over HTTP, one file per subject.

mod customers;
mod expand;
mod faults;
mod idempotency;
mod parameters;
mod refunds;
mod requests;
mod subscriptions;
mod support;
