//! What of an offer is wanted, in numbers of entries.
//!
//! Knows plans, lists of entries and ranges. Must not know files, or how the sender is told.

use std::ops::Range;

use crate::{
    disk::{Plan, Refused},
    model::{Caught, Digest, Entry, EntryKind, EntryNo, FileProblem, Group, LeftOut, Side},
    transfer::{entry_set::EntrySet, peer_words::of_disk, tally::Tally},
};

/// Why a file that was agreed is not wanted.
const BEYOND: &str = "It has grown or changed at the sender by more than was accepted. Have it sent again: then you are asked.";

/// What becomes of an offer, by its plan: what is not wanted, and why.
pub struct Wants {
    pub unwanted: Vec<Range<EntryNo>>,
    /// These, and what is in quarantine.
    pub not_wanted_or_apart: Vec<Range<EntryNo>>,
    /// Files that were agreed, and would bring more than was.
    pub beyond: Vec<Range<EntryNo>>,
    /// Files that this disk can't hold.
    pub refused: Refused,
    /// Files that an earlier attempt has stored, and their bytes.
    pub stored: Vec<Range<EntryNo>>,
    earlier: u64,
    pub likely: Vec<Range<EntryNo>>,
    /// Files that an earlier attempt has put into quarantine, ascending.
    pub apart: Vec<(EntryNo, Digest, Caught)>,
    /// What the sender is told of what is refused.
    pub unfit: Option<&'static str>,
}

impl Wants {
    pub fn of(plan: &Plan, entries: &[Entry]) -> Self {
        let (stored, beyond) = (plan.stored().to_vec(), plan.beyond().to_vec());
        let (refused, likely) = (plan.refused().clone(), plan.likely().to_vec());
        let apart = plan.apart().to_vec();
        let kept_apart: Vec<_> = apart.iter().map(|(no, ..)| *no..*no + 1).collect();
        let not_wanted_or_apart =
            without(&without(&without(plan.unwanted(), &stored), &beyond), &refused.entries);
        let unwanted = without(&not_wanted_or_apart, &kept_apart);
        let earlier = bytes_of(entries, &stored);
        // All of them for the same reason.
        let first = refused.entries.first().and_then(|range| entries.get(range.start as usize));
        let unfit = first.map(|entry| of_disk(&refused.why(entry)));
        Self { unwanted, not_wanted_or_apart, beyond, refused, stored, earlier, likely, apart, unfit }
    }

    /// Bytes of what an earlier attempt has stored.
    pub fn earlier(&self) -> u64 {
        self.earlier
    }

    /// The account of what is wanted, with what has failed already.
    pub fn account(&self, entries: &[Entry], left_out: LeftOut) -> Tally {
        let mut tally = account(entries, (&self.unwanted, left_out), &self.stored);
        for (no, entry) in among(entries, &self.beyond) {
            let (path, why) = (entry.path.to_string(), BEYOND.to_owned());
            tally.failed(no, FileProblem { path, side: Side::There, why, error: None });
        }
        for (no, entry) in among(entries, &self.refused.entries) {
            let (path, why) = (entry.path.to_string(), self.refused.why(entry).to_string());
            tally.failed_for_good(no, FileProblem { path, side: Side::Here, why, error: None });
        }
        for (no, digest, why) in &self.apart {
            let Some(entry) = entries.get(*no as usize) else { continue };
            let EntryKind::File { size, .. } = entry.kind else { continue };
            tally.apart(*no, (entry.path.as_str(), size, *digest), why, Side::Here);
        }
        tally.add_earlier(self.earlier);
        tally
    }
}

/// The entries with these numbers.
fn among<'a>(
    entries: &'a [Entry],
    ranges: &'a [Range<EntryNo>],
) -> impl Iterator<Item = (EntryNo, &'a Entry)> {
    ranges.iter().flat_map(Clone::clone).filter_map(|no| Some((no, entries.get(no as usize)?)))
}

/// The account of the files that are wanted.
fn account(
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
fn bytes_of(entries: &[Entry], numbers: &[Range<EntryNo>]) -> u64 {
    let size = |no: EntryNo| match entries.get(no as usize)?.kind {
        EntryKind::File { size, .. } => size,
        EntryKind::Folder => None,
    };
    numbers.iter().flat_map(Clone::clone).filter_map(size).fold(0, u64::saturating_add)
}

/// These ranges without those, all of which are among them.
fn without(all: &[Range<EntryNo>], those: &[Range<EntryNo>]) -> Vec<Range<EntryNo>> {
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
