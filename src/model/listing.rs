//! The entries of an offer, where several look at them at once: whoever receives them, and whoever is asked.
//!
//! Knows how they are shared, and how some of them are left out. Must not know who looks.

use std::{fmt, ops::Deref, ops::Range, sync::Arc};

use super::{Entry, EntryNo, Summary};

/// All entries of an offer, in the sender's order. Cheap to clone: however many they are, they are there once.
#[derive(Clone, PartialEq, Eq)]
pub struct Listing(Arc<Vec<Entry>>);

impl From<Vec<Entry>> for Listing {
    fn from(entries: Vec<Entry>) -> Self {
        Self(Arc::new(entries))
    }
}

impl Deref for Listing {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.0
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // They may be a million.
        write!(f, "Listing({} entries)", self.len())
    }
}

impl Listing {
    /// What is left of a whole offer that `offered` sums up, without these.
    #[must_use]
    pub fn without(&self, left_out: &LeaveOut, offered: &Summary) -> Summary {
        let mut rest = Summary { skipped: offered.skipped, purpose: offered.purpose, ..Summary::default() };
        for (no, entry) in (0..).zip(self.iter()) {
            if !left_out.has(no) {
                rest.add(entry);
            }
        }
        rest
    }
}

/// Entries of an offer that a person does not want, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaveOut(Vec<Range<EntryNo>>);

impl LeaveOut {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn has(&self, no: EntryNo) -> bool {
        let after = self.0.partition_point(|range| range.start <= no);
        after.checked_sub(1).is_some_and(|at| self.0[at].contains(&no))
    }
}

impl FromIterator<EntryNo> for LeaveOut {
    /// Of numbers in any order.
    fn from_iter<I: IntoIterator<Item = EntryNo>>(numbers: I) -> Self {
        let mut numbers: Vec<EntryNo> = numbers.into_iter().collect();
        numbers.sort_unstable();
        let mut ranges: Vec<Range<EntryNo>> = Vec::new();
        for no in numbers {
            match ranges.last_mut() {
                Some(last) if last.end > no => {}
                Some(last) if last.end == no => last.end += 1,
                _ => ranges.push(no..no + 1),
            }
        }
        Self(ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, EntryKind, FileMode, RelPath};

    #[test]
    fn what_is_left_out_is_what_was_named_and_nothing_else() {
        let out: LeaveOut = [7, 3, 4, 3, 9].into_iter().collect();
        let among: Vec<EntryNo> = (0..12).filter(|no| out.has(*no)).collect();
        assert_eq!(among, [3, 4, 7, 9]);
        assert!(LeaveOut::default().is_empty() && !LeaveOut::default().has(0));
    }

    #[test]
    fn the_rest_of_an_offer_is_summed_up_without_what_is_left_out() {
        let entry = |path: &str, kind| {
            let path = RelPath::parse(path).unwrap();
            Entry { path, kind, access: Access::Shared, modified: None, holes: 0 }
        };
        let file = |size| EntryKind::File { size: Some(size), mode: FileMode::Regular };
        let list = Listing::from(vec![
            entry("trip", EntryKind::Folder),
            entry("trip/a", file(5)),
            entry("b", file(7)),
        ]);
        let mut whole = Summary::default();
        list.iter().for_each(|entry| whole.add(entry));
        assert_eq!(list.without(&LeaveOut::default(), &whole), whole);
        let rest = list.without(&[0, 1].into_iter().collect(), &whole);
        assert_eq!((rest.files, rest.folders, rest.bytes, rest.top.len()), (1, 0, 7, 1));
    }
}
