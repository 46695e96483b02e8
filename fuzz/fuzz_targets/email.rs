//! See `enlist_fuzz_targets::email`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| enlist_fuzz_targets::email::check(data));
