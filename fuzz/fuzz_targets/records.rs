#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| airlift_fuzz::records(bytes));
