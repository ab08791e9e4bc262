//! What fuzzing has found worth keeping is replayed by every run of the tests, through the very functions
//! that were fuzzed.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::{fs, path::Path};

#[test]
fn what_fuzzing_has_found_is_still_survived() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    for (target, survive) in fuzz::TARGETS {
        // One input a line, as hexadecimal digits.
        let inputs = fs::read_to_string(corpus.join(format!("{target}.txt"))).unwrap();
        assert!(inputs.lines().count() > 5, "the corpus of {target} is missing");
        for input in inputs.lines() {
            survive(&data_encoding::HEXLOWER.decode(input.as_bytes()).unwrap());
        }
    }
}
