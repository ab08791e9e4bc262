//! How much of what was offered is wanted, in bytes.

use std::ops::Range;

use crate::{
    disk::Sources,
    model::{EntryKind, EntryNo},
};

/// Bytes of what is wanted; `None` while a stream is part of it.
pub fn wanted_bytes(sources: &Sources, unwanted: &[Range<EntryNo>]) -> Option<u64> {
    let mut unwanted = unwanted.iter().flat_map(Clone::clone).peekable();
    let count = EntryNo::try_from(sources.len()).unwrap_or(EntryNo::MAX);
    let mut total: u64 = 0;
    for entry in 0..count {
        if unwanted.next_if_eq(&entry).is_none()
            && let Some(EntryKind::File { size, .. }) = sources.entry(entry).map(|offered| offered.kind)
        {
            total = total.saturating_add(size?);
        }
    }
    Some(total)
}

/// Bytes of these files.
pub fn bytes_of(sources: &Sources, entries: &[Range<EntryNo>]) -> u64 {
    let size = |entry| match sources.entry(entry)?.kind {
        EntryKind::File { size, .. } => size,
        EntryKind::Folder => None,
    };
    entries.iter().flat_map(Clone::clone).filter_map(size).fold(0, u64::saturating_add)
}
