//! What fuzzing asserts: one function per place where bytes of strangers are read, which panics where a
//! property does not hold. `fuzz/` hands it what libFuzzer makes up; the tests of this crate replay
//! `fuzz/corpus` and vary it a little, without a nightly compiler.

#![expect(
    clippy::expect_used,
    reason = "what must hold and does not is what these functions are there to tell"
)]

pub mod configuration;
pub mod email;
pub mod idempotency_key;
pub mod request_body;
pub mod webhook;

/// One target.
#[derive(Clone, Copy)]
pub struct Target {
    /// As its folder in `fuzz/corpus` and its program in `fuzz/fuzz_targets` are named.
    pub name: &'static str,
    /// Panics where a property does not hold.
    pub check: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "request_body",
        check: request_body::check,
    },
    Target {
        name: "email",
        check: email::check,
    },
    Target {
        name: "webhook",
        check: webhook::check,
    },
    Target {
        name: "idempotency_key",
        check: idempotency_key::check,
    },
    Target {
        name: "configuration",
        check: configuration::check,
    },
];
