//! Chance that can be had again: every choice comes from a seed, which is told and can be given.

use std::{
    io::Write as _,
    ops::Range,
    time::{SystemTime, UNIX_EPOCH},
};

/// Says something past the test runner, which keeps to itself what tests print that pass.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// True when `AIRLIFT_FAULTS=long` asks for every case, and not for some of them.
pub fn is_exhaustive() -> bool {
    std::env::var("AIRLIFT_FAULTS").is_ok_and(|which| which == "long")
}

pub struct Chance(u64);

impl Chance {
    /// From `AIRLIFT_FAULTS_SEED`, else from the clock.
    pub fn new(test: &str) -> Self {
        let seed = match std::env::var("AIRLIFT_FAULTS_SEED") {
            Ok(given) => given.parse().expect("AIRLIFT_FAULTS_SEED is a number"),
            Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into(),
        };
        say(&format!("{test}: AIRLIFT_FAULTS_SEED={seed}"));
        Self(seed)
    }

    /// The next number: splitmix64.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.number() % (range.end - range.start)
    }
}
