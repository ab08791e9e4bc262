//! What an offer takes on the disk, and which of its files that disk can't hold however empty it is.
//!
//! Knows sizes, and what the disk says of itself. Must not know names.

use std::ops::Range;

use super::ranges::extend;
use crate::{
    disk::{
        error::{DiskError, PlanError},
        inbox::{Inbox, local::shown},
        system::{
            file_size::{self, Largest, Whose},
            gaps::Gaps,
            space::Space,
        },
    },
    model::{Entry, EntryKind, EntryNo, Shortfall, text},
};

/// Whether a file can be on the disk at all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fits {
    Yes,
    Never,
}

/// What is reckoned with while an offer is gone through.
pub struct Room {
    space: Option<Space>,
    /// Bytes of disk that the wanted files take.
    taking: u64,
    /// Bytes of those that can't be here.
    refusing: u64,
    pub refused: Refused,
}

impl Room {
    pub fn of(inbox: &Inbox, entries: &[Entry]) -> Self {
        let size = |entry: &Entry| match entry.kind {
            EntryKind::File { size, .. } => size,
            EntryKind::Folder => None,
        };
        let mut sizes: Vec<_> =
            entries.iter().filter_map(size).filter(|size| file_size::is_large(*size)).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let largest = file_size::largest(inbox.folder(), &sizes);
        Self {
            space: Space::of(inbox.folder()),
            taking: 0,
            refusing: 0,
            refused: Refused { entries: Vec::new(), largest },
        }
    }

    /// Whether a file can be here, of whatever name.
    pub fn fits(&self, size: u64) -> Fits {
        if self.refused.largest.is_none_or(|largest| size <= largest.bytes) { Fits::Yes } else { Fits::Never }
    }

    /// Counts a file that is wanted.
    pub fn take(&mut self, entry: &Entry, size: u64) -> Result<(), PlanError> {
        let block = self.space.map_or(1, |space| space.block);
        let hollow =
            if self.space.is_some_and(|space| space.gaps == Gaps::Left) { entry.hollow() } else { 0 };
        let solid = size.saturating_sub(hollow);
        let taken = solid.checked_next_multiple_of(block).and_then(|size| self.taking.checked_add(size));
        self.taking = taken.ok_or(PlanError::Absurd)?;
        Ok(())
    }

    /// Whether all that was counted has no room, for all that is known.
    pub fn lacks(&self) -> Option<Shortfall> {
        lacks(self.space, self.taking)
    }

    /// Notes a file that can't be here.
    pub fn refuse(&mut self, no: EntryNo, size: u64) -> Result<(), PlanError> {
        // No disk has more than can be counted.
        self.refusing = self.refusing.checked_add(size).ok_or(PlanError::Absurd)?;
        extend(&mut self.refused.entries, no);
        Ok(())
    }

    /// What is said of those, all in one.
    pub fn note(&self) -> Option<String> {
        let largest = self.refused.largest?;
        let files: u64 = self.refused.entries.iter().map(|range| u64::from(range.end - range.start)).sum();
        let ends = match files {
            0 => return None,
            1 => "it does not arrive",
            _ => "they do not arrive",
        };
        let files = text::count(files, "file is", "files are");
        Some(match largest.whose {
            Whose::Disk => format!("{files} larger than a file can be on this disk: {ends}."),
            Whose::Process => format!(
                "{files} larger than {}, and Airlift was started here with that limit (ulimit -f): {ends}.",
                text::bytes(largest.bytes)
            ),
        })
    }
}

/// Whether so much has no room, for all that is known.
pub fn lacks(space: Option<Space>, needed: u64) -> Option<Shortfall> {
    let space = space?;
    let is_short = needed > space.free.saturating_sub(space.reserve) && needed > 0;
    is_short.then_some(Shortfall { needed, free: space.free })
}

/// Files that can't be here, however empty the disk is: ascending.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    pub entries: Vec<Range<EntryNo>>,
    largest: Option<Largest>,
}

impl Refused {
    /// Why one of them can't.
    #[must_use]
    pub fn why(&self, entry: &Entry) -> DiskError {
        let path = shown(entry.path.as_str());
        match self.largest {
            Some(Largest { whose: Whose::Process, bytes }) => DiskError::OverLimit { path, limit: bytes },
            _ => DiskError::TooBig(path),
        }
    }
}
