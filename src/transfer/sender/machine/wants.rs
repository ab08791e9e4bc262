//! What a receiver wants of an offer, as it has said it.

use std::{collections::HashMap, ops::Range, sync::Arc};

use crate::{
    model::{EntryNo, Group},
    transfer::sender::doubts::Doubts,
    wire::Violation,
};

/// What of an offer is wanted: everything but this.
#[derive(Debug, Default)]
pub struct Wants {
    /// Left out by the receiver; ascending.
    pub unwanted: Vec<Range<EntryNo>>,
    /// More than was agreed; ascending.
    pub beyond: Vec<Range<EntryNo>>,
    /// Stored by an earlier attempt; ascending.
    pub stored: Vec<Range<EntryNo>>,
    /// Parts of files that an earlier attempt has left, as the receiver says.
    pub held: HashMap<EntryNo, Vec<Group>>,
    /// Files that seem to be there; ascending. Sent only when they prove to be others.
    pub likely: Vec<Range<EntryNo>>,
    /// Of those, the ones that are not settled.
    pub doubts: Arc<Doubts>,
}

/// Adds ranges that must follow on what is there.
pub fn extend(
    known: &mut Vec<Range<EntryNo>>,
    ranges: Vec<Range<EntryNo>>,
    offered: EntryNo,
) -> Result<(), Violation> {
    for range in ranges {
        let after_last = known.last().is_none_or(|last| last.end < range.start);
        if range.is_empty() || range.end > offered || !after_last {
            return Err(Violation::BadEntry);
        }
        known.push(range);
    }
    Ok(())
}
