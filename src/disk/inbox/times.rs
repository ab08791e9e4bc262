//! What a disk makes of the times that its files are given.
//!
//! Knows seconds. Must not know how that is found out, which is `probe`'s.

use std::ops::RangeInclusive;

use crate::model::Timestamp;

/// Seconds by which the time of a file may differ from the one that it was given: some file systems count in steps
/// of two.
pub const COARSE: u64 = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Times {
    /// Those between these seconds; others may be moved to the nearest of them.
    Kept(RangeInclusive<i64>),
    /// A file has another time than it was given.
    Lost,
}

impl Times {
    /// True where a file that has the one time may have been given the other.
    pub fn may_be(&self, there: Timestamp, given: Timestamp) -> bool {
        match self {
            Self::Lost => true,
            Self::Kept(held) => [given.seconds, given.seconds.clamp(*held.start(), *held.end())]
                .iter()
                .any(|seconds| seconds.abs_diff(there.seconds) <= COARSE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_known_again_to_two_seconds_and_where_the_disk_has_moved_it() {
        let at = |seconds| Timestamp { seconds, nanos: 7 };
        let years = Times::Kept(100..=900);
        for (there, given, may_be) in [
            (500, 500, true),
            (498, 500, true),
            (497, 500, false),
            (100, -5_000_000, true),
            (900, i64::MAX, true),
            (900, 100, false),
            // What the probe has found out of one folder isn't so in another.
            (-5_000_000, -5_000_000, true),
        ] {
            assert_eq!(years.may_be(at(there), at(given)), may_be, "{there} of {given}");
            assert!(Times::Lost.may_be(at(there), at(given)));
        }
    }
}
