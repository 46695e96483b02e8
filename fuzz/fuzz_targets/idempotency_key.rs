//! See `enlist_fuzz_targets::idempotency_key`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| enlist_fuzz_targets::idempotency_key::check(data));
