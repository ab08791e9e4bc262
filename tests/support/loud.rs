//! What is said past the test runner, which shows nothing of a test that passes: what a test found out, and
//! what it could not try, so that a green run is not taken for more than it is.

use std::io::Write as _;

pub fn say(test: &str, what: &str) {
    let _ = writeln!(std::io::stderr(), "{test}: {what}");
}

pub fn skipped(test: &str, why: &str) {
    say(test, &format!("SKIPPED: {why}"));
}
