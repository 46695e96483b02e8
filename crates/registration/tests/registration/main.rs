//! The heart under fire: the engine with the real SQLite store and the real sandbox gateway, both in
//! memory, in one thread, on a simulated clock.
//!
//! `world` is the stage: time, the two ports wrapped so that any call can be stopped, refused, lost or
//! held up, and the people who sign up. `checks` says what may be left afterwards. `matrix` generates
//! the cells, `planted` proves that they are sharp.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

mod answers;
mod beginnings;
mod checks;
mod concurrency;
mod counting;
mod doubts;
mod elsewhere;
mod matrix;
mod planted;
mod records;
mod settling;
mod waiting;
mod world;
