//! The real binary, as operators and people run it.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

mod canary;
mod configuration;
mod doctor;
mod encodings;
mod leaks;
mod migrating;
mod planting;
mod postgres;
mod process;
mod registrations;
mod replicas;
mod serving;
mod smtp;
mod stripe;
