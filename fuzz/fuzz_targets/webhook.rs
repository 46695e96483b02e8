//! See `enlist_fuzz_targets::webhook`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| enlist_fuzz_targets::webhook::check(data));
