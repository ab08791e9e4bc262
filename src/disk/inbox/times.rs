//! What a disk makes of the times that its files are given.
//!
//! Knows seconds. Must not know how that is found out, which is `probe`'s.

use crate::model::Timestamp;

/// Seconds by which the time of a file may differ from the one that it was given: some file systems count in steps
/// of two.
pub const COARSE: u64 = 2;
/// FAT keeps the time of the clock on the wall: where that has changed since, all that is there has another time, by as
/// much as zones can differ, in steps in which they do.
const STEP: u64 = 15 * 60;
const FARTHEST: u64 = 26 * 60 * 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Those between these seconds; others may be moved to the nearest of them.
    Kept { first: i64, last: i64 },
    /// A file has another time than it was given.
    Lost,
}

impl Times {
    pub const ALL: Self = Self::Kept { first: i64::MIN, last: i64::MAX };

    /// True where a file that has the one time may have been given the other.
    pub fn may_be(self, there: Timestamp, given: Timestamp) -> bool {
        match self {
            Self::Lost => true,
            Self::Kept { first, last } => [given.seconds, given.seconds.clamp(first, last)]
                .iter()
                .any(|seconds| is_near(seconds.abs_diff(there.seconds))),
        }
    }
}

/// True of a difference that a disk makes by rounding, and one of the clock by moving.
fn is_near(difference: u64) -> bool {
    let beyond = difference % STEP;
    difference <= FARTHEST + COARSE && (beyond <= COARSE || STEP - beyond <= COARSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEARS: Times = Times::Kept { first: 100_000, last: 900_000 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp { seconds, nanos: 7 }
    }

    #[test]
    fn a_time_is_known_again_to_two_seconds_and_where_the_disk_has_moved_it() {
        for (there, given, may_be) in [
            (500_000, 500_000, true),
            (499_998, 500_000, true),
            (499_997, 500_000, false),
            (100_000, -5_000_000, true),
            (900_000, i64::MAX, true),
            (900_000, 100_000, false),
            // What the probe has found out of one folder isn't so in another.
            (-5_000_000, -5_000_000, true),
        ] {
            assert_eq!(YEARS.may_be(at(there), at(given)), may_be, "{there} of {given}");
            assert!(Times::Lost.may_be(at(there), at(given)));
        }
    }

    #[test]
    fn a_time_is_known_again_after_the_clock_on_the_wall_was_moved() {
        const HOUR: i64 = 3600;
        for (moved, may_be) in [
            (HOUR, true),
            (-HOUR, true),
            (HOUR - 2, true),
            (HOUR + 2, true),
            (HOUR + 3, false),
            (HOUR - 3, false),
            (5 * HOUR + HOUR / 2, true),
            (5 * HOUR + HOUR / 4 * 3, true),
            (26 * HOUR, true),
            (-26 * HOUR, true),
            (27 * HOUR, false),
            (HOUR / 3, false),
        ] {
            assert_eq!(YEARS.may_be(at(500_000 + moved), at(500_000)), may_be, "{moved}");
        }
    }
}
