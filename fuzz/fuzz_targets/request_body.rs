//! See `enlist_fuzz_targets::request_body`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| enlist_fuzz_targets::request_body::check(data));
