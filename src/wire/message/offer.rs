//! An offer as it stands on the wire: its entries, what was left out of it, what it is for, and how much there is.
//!
//! Knows how they become the model's types. Must not know who says them, or when.

use serde::{Deserialize, Serialize};

use crate::{
    model::{
        Access, CHUNK, Entry, EntryKind, FileMode, Medium, Purpose, RelPath, Skipped, Summary, Timestamp,
    },
    wire::{Violation, limits},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawEntry {
    pub path: String,
    pub kind: RawKind,
    /// Seconds since 1970-01-01 UTC, and nanoseconds.
    pub modified: Option<(i64, u32)>,
    pub access: RawAccess,
}

/// Who may read it at the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RawAccess {
    Shared,
    /// Its owner alone: so it is at the receiver, from its first moment.
    Private,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RawKind {
    Folder,
    File {
        size: Option<u64>,
    },
    Executable {
        size: Option<u64>,
    },
    /// A file that is holes for so many chunks' length. Only for a receiver that can [`HOLES`](super::HOLES).
    Sparse {
        size: u64,
        holes: u32,
    },
    SparseExecutable {
        size: u64,
        holes: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawSkipped {
    pub links: u64,
    pub special: u64,
    pub unreadable: u64,
}

/// How much is to be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawCounts {
    pub files: u64,
    pub folders: u64,
    /// Of all files whose size is known.
    pub bytes: u64,
    /// Files whose size is not known.
    pub streams: u64,
    pub skipped: RawSkipped,
    pub purpose: RawPurpose,
}

/// What the offer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RawPurpose {
    Files,
    /// A speed test from memory to memory: the content is thrown away.
    TrialInMemory,
    /// A speed test from disk to disk: the content is removed as soon as it is durable.
    TrialOnDisk,
    /// A text, of one entry that is always the same but for its size. Only for a receiver that can [`TEXTS`](super::TEXTS).
    Text,
}

impl RawEntry {
    /// # Errors
    /// When the path is unsafe, the time is none, or there are no such holes.
    pub fn parse(self) -> Result<Entry, Violation> {
        let (kind, holes) = match self.kind {
            RawKind::Folder => (EntryKind::Folder, 0),
            RawKind::File { size } => (EntryKind::File { size, mode: FileMode::Regular }, 0),
            RawKind::Executable { size } => (EntryKind::File { size, mode: FileMode::Executable }, 0),
            RawKind::Sparse { size, holes } => (sparse(size, holes, FileMode::Regular)?, holes),
            RawKind::SparseExecutable { size, holes } => (sparse(size, holes, FileMode::Executable)?, holes),
        };
        let modified = match self.modified {
            Some((_, 1_000_000_000..)) => return Err(Violation::Garbled),
            Some((seconds, nanos)) => Some(Timestamp { seconds, nanos }),
            None => None,
        };
        let access = match self.access {
            RawAccess::Shared => Access::Shared,
            RawAccess::Private => Access::Private,
        };
        Ok(Entry { path: RelPath::parse(&self.path)?, kind, access, modified, holes })
    }
}

fn sparse(size: u64, holes: u32, mode: FileMode) -> Result<EntryKind, Violation> {
    if (1..=size / CHUNK as u64).contains(&holes.into()) {
        Ok(EntryKind::File { size: Some(size), mode })
    } else {
        Err(Violation::BadHole)
    }
}

impl From<&Entry> for RawEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            path: entry.path.as_str().to_owned(),
            kind: match (entry.kind, entry.holes) {
                (EntryKind::Folder, _) => RawKind::Folder,
                (EntryKind::File { size: Some(size), mode: FileMode::Regular }, holes @ 1..) => {
                    RawKind::Sparse { size, holes }
                }
                (EntryKind::File { size: Some(size), mode: FileMode::Executable }, holes @ 1..) => {
                    RawKind::SparseExecutable { size, holes }
                }
                (EntryKind::File { size, mode: FileMode::Regular }, _) => RawKind::File { size },
                (EntryKind::File { size, mode: FileMode::Executable }, _) => RawKind::Executable { size },
            },
            modified: entry.modified.map(|t| (t.seconds, t.nanos)),
            access: match entry.access {
                Access::Shared => RawAccess::Shared,
                Access::Private => RawAccess::Private,
            },
        }
    }
}

impl From<Skipped> for RawSkipped {
    fn from(s: Skipped) -> Self {
        Self { links: s.links, special: s.special, unreadable: s.unreadable }
    }
}

impl RawCounts {
    /// # Errors
    /// When no offer can have so many entries, or none.
    pub fn parse(self) -> Result<Summary, Violation> {
        let Self { files, folders, bytes, streams, skipped, purpose } = self;
        let entries = files.checked_add(folders).ok_or(Violation::TooManyEntries)?;
        if entries > limits::MAX_ENTRIES.into() {
            return Err(Violation::TooManyEntries);
        }
        if entries == 0 || streams > files {
            return Err(Violation::BadCounts);
        }
        let (skipped, purpose) = (skipped.into(), purpose.into());
        if purpose == Purpose::Text && !is_of_text((files, folders, streams), bytes, skipped) {
            return Err(Violation::BadText);
        }
        Ok(Summary { files, folders, bytes, streams, skipped, purpose, ..Summary::default() })
    }
}

fn is_of_text(counts: (u64, u64, u64), bytes: u64, skipped: Skipped) -> bool {
    counts == (1, 0, 0) && (1..=limits::MAX_WORDS).contains(&bytes) && skipped == Skipped::default()
}

impl From<&Summary> for RawCounts {
    fn from(summary: &Summary) -> Self {
        let Summary { files, folders, bytes, streams, .. } = *summary;
        let (skipped, purpose) = (summary.skipped.into(), summary.purpose.into());
        Self { files, folders, bytes, streams, skipped, purpose }
    }
}

impl From<Purpose> for RawPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Files => Self::Files,
            Purpose::Trial(Medium::Memory) => Self::TrialInMemory,
            Purpose::Trial(Medium::Disk) => Self::TrialOnDisk,
            Purpose::Text => Self::Text,
        }
    }
}

impl From<RawPurpose> for Purpose {
    fn from(purpose: RawPurpose) -> Self {
        match purpose {
            RawPurpose::Files => Self::Files,
            RawPurpose::TrialInMemory => Self::Trial(Medium::Memory),
            RawPurpose::TrialOnDisk => Self::Trial(Medium::Disk),
            RawPurpose::Text => Self::Text,
        }
    }
}

impl From<RawSkipped> for Skipped {
    fn from(s: RawSkipped) -> Self {
        Self { links: s.links, special: s.special, unreadable: s.unreadable, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_no_offer_can_have_are_refused() {
        let skipped = RawSkipped { links: 0, special: 0, unreadable: 0 };
        let parse = |files, folders, streams| {
            let counts =
                RawCounts { files, folders, bytes: u64::MAX, streams, skipped, purpose: RawPurpose::Files };
            let parsed = counts.parse();
            assert!(
                parsed.as_ref().is_ok_and(|summary| RawCounts::from(summary) == counts) || parsed.is_err()
            );
            parsed.map(drop)
        };
        let most = u64::from(limits::MAX_ENTRIES);
        assert_eq!(parse(most, 0, most), Ok(()));
        assert_eq!(parse(0, most, 0), Ok(()));
        assert_eq!(parse(most, 1, 0), Err(Violation::TooManyEntries));
        assert_eq!(parse(u64::MAX, 1, 0), Err(Violation::TooManyEntries));
        assert_eq!(parse(0, 0, 0), Err(Violation::BadCounts));
        assert_eq!(parse(1, 1, 2), Err(Violation::BadCounts));
    }

    #[test]
    fn a_hostile_entry_is_refused_when_it_is_parsed() {
        let raw = |path: &str, modified| RawEntry {
            path: path.to_owned(),
            kind: RawKind::Folder,
            modified,
            access: RawAccess::Shared,
        };
        assert!(matches!(raw("../x", None).parse(), Err(Violation::UnsafePath(_))));
        assert_eq!(raw("x", Some((0, 1_000_000_000))).parse(), Err(Violation::Garbled));
        assert!(raw("x", Some((i64::MIN, 0))).parse().is_ok());
    }
}
