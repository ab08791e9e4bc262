//! The numbers that stand in the file for words. They never change: an older Airlift’s file says them too.
//!
//! Knows them and nothing else.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{
    record::Ending,
    row::{Became, Screened},
};
use crate::model::{ContentKind, Direction, Side};

/// Something of which the file keeps a number.
pub trait Code: Copy + PartialEq + 'static {
    const NUMBERED: &'static [(Self, i64)];
    /// For a number that this version doesn’t know.
    const UNKNOWN: Self;

    fn code(self) -> i64 {
        let numbered = Self::NUMBERED.iter().find(|(value, _)| *value == self);
        numbered.map_or(0, |(_, number)| *number)
    }

    fn of_code(number: i64) -> Self {
        Self::NUMBERED.iter().find(|(_, n)| *n == number).map_or(Self::UNKNOWN, |(value, _)| *value)
    }
}

impl Code for ContentKind {
    const NUMBERED: &'static [(Self, i64)] = &[
        (Self::Other, 0),
        (Self::Picture, 1),
        (Self::Video, 2),
        (Self::Sound, 3),
        (Self::Document, 4),
        (Self::Archive, 5),
        (Self::Program, 6),
        (Self::Text, 7),
    ];
    const UNKNOWN: Self = Self::Other;
}

impl Code for Direction {
    const NUMBERED: &'static [(Self, i64)] = &[(Self::Receive, 0), (Self::Send, 1)];
    const UNKNOWN: Self = Self::Receive;
}

impl Code for Became {
    const NUMBERED: &'static [(Self, i64)] = &[
        (Self::Stored, 0),
        (Self::Already, 1),
        (Self::Held, 2),
        (Self::Infected, 3),
        (Self::Failed, 4),
        (Self::LeftOut, 5),
        (Self::Declined, 6),
        (Self::Cancelled, 7),
        (Self::Unsettled, 8),
    ];
    const UNKNOWN: Self = Self::Unsettled;
}

impl Code for Screened {
    const NUMBERED: &'static [(Self, i64)] =
        &[(Self::Off, 0), (Self::Clean, 1), (Self::NotScanned, 2), (Self::Infected, 3)];
    const UNKNOWN: Self = Self::NotScanned;
}

impl Code for Side {
    const NUMBERED: &'static [(Self, i64)] = &[(Self::Here, 0), (Self::There, 1)];
    const UNKNOWN: Self = Self::Here;
}

impl Code for Ending {
    const NUMBERED: &'static [(Self, i64)] = &[
        (Self::NotYet, 0),
        (Self::Complete, 1),
        (Self::Declined(Side::Here), 2),
        (Self::Declined(Side::There), 3),
        (Self::Cancelled(Side::Here), 4),
        (Self::Cancelled(Side::There), 5),
        (Self::Failed(Side::Here), 6),
        (Self::Failed(Side::There), 7),
    ];
    const UNKNOWN: Self = Self::NotYet;
}

/// Milliseconds since 1970, negative before.
pub fn millis(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
    }
}

/// The time of so many milliseconds since 1970; 1970 for what the system can’t hold.
pub fn time(millis: i64) -> SystemTime {
    let away = Duration::from_millis(millis.unsigned_abs());
    let time = if millis < 0 { UNIX_EPOCH.checked_sub(away) } else { UNIX_EPOCH.checked_add(away) };
    time.unwrap_or(UNIX_EPOCH)
}

/// A row’s number has its time in it, so that numbers are in the order of time: seconds since 2020, times [`SECOND`], plus
/// what is counted up within the second. Where a second is full, it goes on in the next.
pub mod id {
    use std::time::SystemTime;

    const START: i64 = 1_577_836_800;
    /// Rows of one second.
    pub const SECOND: i64 = 1 << 17;
    /// So far that no sum of numbers overflows.
    const LAST: i64 = 1 << 44;

    /// The first number of that second. What is before 2020 is taken for 2020: some device has no clock.
    pub fn first(time: SystemTime) -> i64 {
        (super::millis(time).div_euclid(1000) - START).clamp(0, LAST) * SECOND
    }

    pub fn time(id: i64) -> SystemTime {
        super::time((id.div_euclid(SECOND) + START).saturating_mul(1000))
    }
}

/// In bytes, with -1 for a size that isn’t known.
pub fn size(size: Option<u64>) -> i64 {
    size.map_or(-1, |size| i64::try_from(size).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_differ<C: Code + std::fmt::Debug>(values: &[C]) {
        for value in values {
            assert_eq!(C::of_code(value.code()), *value);
        }
        assert_eq!(C::NUMBERED.len(), values.len());
        assert_eq!(C::of_code(999), C::UNKNOWN);
    }

    #[test]
    fn every_word_is_read_back_from_its_number() {
        all_differ(&ContentKind::ALL);
        all_differ(&Became::ALL);
        all_differ(&Screened::ALL);
        all_differ(&[Direction::Send, Direction::Receive]);
        all_differ(&[Side::Here, Side::There]);
        let sided = [Ending::Declined, Ending::Cancelled, Ending::Failed];
        let sided = sided.iter().flat_map(|ending| [ending(Side::Here), ending(Side::There)]);
        all_differ(&sided.chain([Ending::NotYet, Ending::Complete]).collect::<Vec<_>>());
    }

    #[test]
    fn times_come_back_to_the_second_and_none_overflows() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let then = at(1_790_000_000) + Duration::from_millis(999);
        assert_eq!(id::time(id::first(then)), at(1_790_000_000));
        assert_eq!(id::time(id::first(then) + id::SECOND - 1), at(1_790_000_000));
        assert_eq!(id::time(id::first(UNIX_EPOCH)), at(1_577_836_800));
        assert!(id::first(at(1 << 60)) > id::first(at(1 << 33)));
        for far in [at(1 << 60), UNIX_EPOCH - Duration::from_secs(1 << 60)] {
            let _ = (time(millis(far)), id::time(id::first(far)));
        }
        assert_eq!(time(millis(then)), then);
        assert_eq!(time(-1500), UNIX_EPOCH - Duration::from_millis(1500));
        let _ = (id::time(i64::MAX), id::time(i64::MIN), time(i64::MIN));
    }
}
