//! What has come under an accord: of each file how often, how much, and how it was offered last.
//!
//! Knows marks, sizes and times. Must not know what was agreed, nor where anything stands.

use std::collections::{HashMap, hash_map::Entry as Entered};

use super::{Entry, EntryKind, Timestamp};

/// Of an entry, in the place of its path and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark(pub u64);

/// A file that was stored under an accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub mark: Mark,
    /// In bytes.
    pub size: u64,
    /// As it was offered.
    pub modified: Option<Timestamp>,
}

/// What has come under an accord so far, over all attempts.
#[derive(Clone, Debug, Default)]
pub struct Arrived(HashMap<Mark, Came>);

/// What has come of one entry.
#[derive(Clone, Copy, Debug)]
struct Came {
    times: u32,
    /// The size of what was stored first.
    first: u64,
    /// Bytes of what was stored after that.
    again: u64,
    last: Arrival,
}

/// Whether a file that is offered has come before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coming {
    First,
    /// It came as it is offered now, by its size and time.
    Unchanged,
    /// It came otherwise than it is offered now.
    Changed,
}

impl Arrived {
    /// Bytes that a file counts when it comes once more: an empty one takes its name, and work, too.
    #[must_use]
    pub fn counted(size: u64) -> u64 {
        size.max(4096)
    }

    /// Another file was stored.
    pub fn add(&mut self, arrival: Arrival) {
        match self.0.entry(arrival.mark) {
            Entered::Occupied(mut came) => {
                let came = came.get_mut();
                came.times = came.times.saturating_add(1);
                came.again = came.again.saturating_add(Self::counted(arrival.size));
                came.last = arrival;
            }
            Entered::Vacant(new) => {
                new.insert(Came { times: 1, first: arrival.size, again: 0, last: arrival });
            }
        }
    }

    /// How often an entry was stored.
    #[must_use]
    pub fn times(&self, mark: Mark) -> u32 {
        self.0.get(&mark).map_or(0, |came| came.times)
    }

    /// Bytes that have come of an entry: at first, and after that.
    #[must_use]
    pub fn bytes(&self, mark: Mark) -> (u64, u64) {
        self.0.get(&mark).map_or((0, 0), |came| (came.first, came.again))
    }

    /// Whether this entry was stored, and as it is now.
    #[must_use]
    pub fn coming(&self, mark: Mark, entry: &Entry) -> Coming {
        let EntryKind::File { size: Some(size), .. } = entry.kind else { return Coming::First };
        match self.0.get(&mark) {
            None => Coming::First,
            Some(came) if (came.last.size, came.last.modified) == (size, entry.modified) => Coming::Unchanged,
            Some(_) => Coming::Changed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, FileMode, RelPath};

    #[test]
    fn what_has_come_is_known_by_its_size_and_time() {
        let (mark, modified) = (Mark(7), Some(Timestamp { seconds: 1, nanos: 2 }));
        let entry = |size, modified| Entry {
            path: RelPath::parse("a").unwrap(),
            kind: EntryKind::File { size: Some(size), mode: FileMode::Regular },
            access: Access::Shared,
            modified,
            holes: 0,
        };
        let mut arrived = Arrived::default();
        assert_eq!(arrived.coming(mark, &entry(400, modified)), Coming::First);
        arrived.add(Arrival { mark, size: 400, modified });
        for (entry, coming) in [
            (entry(400, modified), Coming::Unchanged),
            (entry(401, modified), Coming::Changed),
            (entry(400, None), Coming::Changed),
        ] {
            assert_eq!(arrived.coming(mark, &entry), coming, "{entry:?}");
        }
    }
}
