//! How much a scanner looks into, and whether it says so when it doesn't.
//!
//! Its protocol tells none of it. Knows the numbers, their defaults and what they mean for one file. Must not know where
//! they come from, but for saying so.

use std::{path::PathBuf, time::Duration};

/// What the library behind it can't look beyond, whatever its configuration says: it counts in 31 bits. Tried out:
/// of one byte more it says nothing, unless it tells of what exceeds its limits.
const LIBRARY: u64 = i32::MAX as u64 - 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the largest file; `None`: no limit of its own.
    pub file: Option<u64>,
    /// Bytes in all that it looks into for one file, with what is inside of it.
    pub scan: Option<u64>,
    /// For one file; `None`: it never gives up.
    pub time: Option<Duration>,
    /// Of what is beyond these.
    pub exceeding: Telling,
    /// Of what is encrypted.
    pub encrypted: Telling,
    pub inside: Looking,
    pub knowledge: Knowledge,
}

/// Whether it says that it could not look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    Told,
    /// It says OK.
    Silent,
}

/// Whether it looks into archives and documents at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looking {
    Everywhere,
    /// Some sorts are switched off.
    Somewhere,
}

/// Where that is known from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// The daemon's own configuration.
    Configuration(PathBuf),
    /// A person here has said how large a file may be.
    Person,
    Assumed,
}

impl Default for Limits {
    /// The daemon's own defaults since 1.0, as where a configuration doesn't mention them.
    fn default() -> Self {
        Self {
            file: Some(100 << 20),
            scan: Some(400 << 20),
            time: Some(Duration::from_mins(2)),
            exceeding: Telling::Silent,
            encrypted: Telling::Silent,
            inside: Looking::Everywhere,
            knowledge: Knowledge::Assumed,
        }
    }
}

impl Limits {
    /// Of a scanner whose configuration can't be seen: what a person says of it, or what every one has.
    #[must_use]
    pub fn unseen(said: Option<u64>) -> Self {
        let most = said.unwrap_or(25_000_000);
        let knowledge = said.map_or(Knowledge::Assumed, |_| Knowledge::Person);
        Self { file: Some(most), scan: Some(most), knowledge, ..Self::default() }
    }

    /// Bytes of the largest file of which its word says anything.
    #[must_use]
    pub fn largest(&self) -> u64 {
        [self.file, self.scan].into_iter().flatten().fold(LIBRARY, u64::min)
    }

    /// Whether they are its own, so that a file beyond them need not be shown to it.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self.knowledge, Knowledge::Configuration(_))
    }

    /// Whether it would have said that it could not look into all of a file that may hold others.
    #[must_use]
    pub fn tells_all(&self) -> bool {
        (self.exceeding, self.encrypted, self.inside) == (Telling::Told, Telling::Told, Looking::Everywhere)
    }

    /// What to write into its configuration so that its word is worth more: none where nothing is lacking.
    #[must_use]
    pub fn advice(&self) -> Vec<&'static str> {
        let exceeding = (self.exceeding == Telling::Silent).then_some("AlertExceedsMax yes");
        let encrypted = (self.encrypted == Telling::Silent).then_some("AlertEncrypted yes");
        // As much as it looks into in all by default.
        let small = self.file.is_some_and(|most| most < 400 << 20).then_some("MaxFileSize 400M");
        [exceeding, encrypted, small].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_limit_counts_and_none_is_beyond_what_the_library_can() {
        let of = |file, scan| Limits { file, scan, ..Limits::default() }.largest();
        assert_eq!(of(Some(5), Some(7)), 5);
        assert_eq!(of(Some(7), Some(5)), 5);
        assert_eq!(of(None, Some(5)), 5);
        assert_eq!(of(None, None), LIBRARY);
        assert_eq!(of(Some(4 << 30), None), LIBRARY);
        assert_eq!(Limits::unseen(None).largest(), 25_000_000);
        assert_eq!(Limits::unseen(Some(9)).largest(), 9);
    }

    #[test]
    fn three_lines_make_a_scanner_say_more_and_no_line_is_asked_for_twice() {
        assert_eq!(Limits::default().advice().len(), 3);
        let told = Limits {
            exceeding: Telling::Told,
            encrypted: Telling::Told,
            file: Some(400 << 20),
            ..Limits::default()
        };
        assert!(told.advice().is_empty() && told.tells_all());
        for lacking in [
            Limits { exceeding: Telling::Silent, ..told.clone() },
            Limits { encrypted: Telling::Silent, ..told.clone() },
            Limits { inside: Looking::Somewhere, ..told },
        ] {
            assert!(!lacking.tells_all(), "{lacking:?}");
        }
    }
}
