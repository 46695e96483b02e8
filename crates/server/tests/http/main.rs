//! Every route through the real router, in this process: one module per subject.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

mod answer;
mod authentication;
mod brand;
mod concurrency;
mod declined;
mod events;
mod failures;
mod histories;
mod idempotency;
mod invalid;
mod journey_pages;
mod journeys;
mod languages;
mod levers;
mod mail_events;
mod mailbox;
mod openapi;
mod operation;
mod pages;
mod password_strength;
mod person;
mod problems;
mod refused_mail;
mod registrations;
mod resend;
mod sandbox;
mod service;
mod sign_up_page;
mod signing;
mod smtp;
mod stripe;
mod tables;
mod users;
mod verification;
