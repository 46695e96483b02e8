//! The service with Stripe as its gateway, which the fake of it plays: one module per subject.

mod bank;
mod events;
mod pages;
mod scene;
mod sign_up;
mod switching;
