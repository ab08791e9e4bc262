//! Moments that are chosen by chance, and can be met again: a test is a seed.

use std::{
    env,
    ops::Range,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::loud::say;

/// Replays the moments of a run that printed this number.
const SEED: &str = "AIRLIFT_FAULTS_SEED";
/// `long` makes the whole of it, which takes an hour.
const FAULTS: &str = "AIRLIFT_FAULTS";

/// Numbers that follow from a seed.
pub struct Chance(u64);

impl Chance {
    /// Of this test: with the seed that was asked for, or one of its own.
    pub fn of(test: &str) -> Self {
        let asked = env::var(SEED).ok().map(|seed| seed.parse().expect("a number in AIRLIFT_FAULTS_SEED"));
        let seed = asked.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            u64::from(now.subsec_nanos())
        });
        say(test, &format!("to meet the same moments again: {SEED}={seed}"));
        Self(seed)
    }

    /// Any number (`SplitMix64`).
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn among(&mut self, range: Range<u64>) -> u64 {
        range.start + self.number() % (range.end - range.start).max(1)
    }

    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.among(0..all.len() as u64)).unwrap()]
    }
}

/// How much of a test is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// What fits into every run.
    Quick,
    /// What the issue asks for.
    Long,
}

impl Length {
    pub fn asked() -> Self {
        match env::var(FAULTS).as_deref() {
            Ok("long") => Self::Long,
            Ok("quick") | Err(_) => Self::Quick,
            Ok(other) => panic!("{FAULTS} is quick or long, not {other}"),
        }
    }

    pub fn choose<T>(self, quick: T, long: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Long => long,
        }
    }
}
