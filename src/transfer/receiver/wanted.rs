//! What of an offer is wanted, in numbers of entries.
//!
//! Knows lists of entries and ranges. Must not know files.

use std::ops::Range;

use crate::model::{Entry, EntryKind, EntryNo, Group, LeftOut};
use crate::transfer::{entry_set::EntrySet, tally::Tally};

/// The account of the files that are wanted.
pub fn account(
    entries: &[Entry],
    (unwanted, left_out): (&[Range<EntryNo>], LeftOut),
    stored: &[Range<EntryNo>],
) -> Tally {
    let mut wanted = EntrySet::default();
    for (entry, offered) in (0..).zip(entries) {
        if matches!(offered.kind, EntryKind::File { .. }) {
            wanted.insert(entry);
        }
    }
    let mut settled = |ranges: &[Range<EntryNo>]| {
        ranges.iter().flat_map(Clone::clone).filter(|&entry| wanted.remove(entry)).count() as u64
    };
    settled(unwanted);
    let stored = settled(stored);
    Tally::new(wanted, left_out, stored)
}

/// Bytes of these files.
pub fn bytes_of(entries: &[Entry], numbers: &[Range<EntryNo>]) -> u64 {
    let size = |no: EntryNo| match entries.get(no as usize)?.kind {
        EntryKind::File { size, .. } => size,
        EntryKind::Folder => None,
    };
    numbers.iter().flat_map(Clone::clone).filter_map(size).fold(0, u64::saturating_add)
}

/// These ranges without those, all of which are among them.
pub fn without(all: &[Range<EntryNo>], those: &[Range<EntryNo>]) -> Vec<Range<EntryNo>> {
    let mut rest = Vec::new();
    let mut those = those.iter().peekable();
    for range in all {
        let mut start = range.start;
        while let Some(out) = those.next_if(|out| out.start < range.end) {
            if start < out.start {
                rest.push(start..out.start);
            }
            start = out.end;
        }
        if start < range.end {
            rest.push(start..range.end);
        }
    }
    rest
}

/// Bytes of the parts of files that an earlier attempt has left.
pub fn held_bytes(held: &[(EntryNo, Vec<Group>)], kind: impl Fn(EntryNo) -> Option<EntryKind>) -> u64 {
    let bytes = |(no, groups): &(EntryNo, Vec<Group>)| -> Option<u64> {
        let EntryKind::File { size: Some(size), .. } = kind(*no)? else { return None };
        Some(groups.iter().map(|group| group.bytes(size)).map(|bytes| bytes.end - bytes.start).sum())
    };
    held.iter().filter_map(bytes).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn ranges_without_ranges_are_the_numbers_of_one_without_those_of_the_other(
            all in proptest::collection::vec(proptest::bool::ANY, 0..40),
            out in proptest::collection::vec(proptest::bool::ANY, 40),
        ) {
            let ranges = |keep: &dyn Fn(usize) -> bool| {
                let mut ranges: Vec<Range<EntryNo>> = Vec::new();
                for no in (0..all.len()).filter(|no| keep(*no)) {
                    let no = EntryNo::try_from(no).unwrap();
                    match ranges.last_mut() {
                        Some(last) if last.end == no => last.end += 1,
                        _ => ranges.push(no..no + 1),
                    }
                }
                ranges
            };
            let rest = without(&ranges(&|no| all[no]), &ranges(&|no| all[no] && out[no]));
            let numbers = |ranges: Vec<Range<EntryNo>>| ranges.into_iter().flatten().collect::<Vec<_>>();
            proptest::prop_assert_eq!(numbers(rest), numbers(ranges(&|no| all[no] && !out[no])));
        }
    }
}
