//! What a receiver wants of an offer, as it has said it.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::Arc,
};

use crate::{
    model::{Caught, Digest, EntryNo, Group, Shortfall, text::visible},
    transfer::sender::{doubts::Doubts, set_aside::SetAside},
    wire::{FromReceiver, Violation, message::short},
};

/// What of an offer is wanted: everything but this.
#[derive(Debug, Default)]
pub struct Wants {
    /// Left out by the receiver; ascending.
    pub unwanted: Vec<Range<EntryNo>>,
    /// More than was agreed; ascending.
    pub beyond: Vec<Range<EntryNo>>,
    /// What can't be stored there, whatever is tried again; ascending.
    pub unfit: Vec<Range<EntryNo>>,
    /// Why, in its receiver's words.
    pub unfit_why: String,
    /// Kept apart there by an earlier attempt, as the receiver says: by their numbers, each once.
    pub apart: BTreeMap<EntryNo, (Digest, Caught)>,
    /// The disk there seems to have too little room.
    pub short: Option<Shortfall>,
    /// Stored by an earlier attempt; ascending.
    pub stored: Vec<Range<EntryNo>>,
    /// Parts of files that an earlier attempt has left, as the receiver says.
    pub held: HashMap<EntryNo, Vec<Group>>,
    /// Files that seem to be there; ascending. Sent only when they prove to be others.
    pub likely: Vec<Range<EntryNo>>,
    /// Of those, the ones that are not settled.
    pub doubts: Arc<Doubts>,
    /// Of all that is wanted, what is not to be sent any more.
    pub set_aside: Arc<SetAside>,
}

impl Wants {
    /// Takes what a receiver says of an offer of so many entries before its yes.
    pub fn hear(&mut self, message: FromReceiver, offered: EntryNo) -> Result<(), Violation> {
        match message {
            FromReceiver::Except(ranges) => extend(&mut self.unwanted, ranges, offered),
            FromReceiver::Beyond(ranges) => extend(&mut self.beyond, ranges, offered),
            FromReceiver::Stored(ranges) => extend(&mut self.stored, ranges, offered),
            FromReceiver::Likely(ranges) => extend(&mut self.likely, ranges, offered),
            FromReceiver::Receipts(receipts) => {
                for receipt in receipts {
                    let entry = receipt.entry();
                    let caught = receipt.into_caught().ok_or(Violation::BadReceipt)?;
                    if entry >= offered || self.apart.insert(entry, caught).is_some() {
                        return Err(Violation::BadReceipt);
                    }
                }
                Ok(())
            }
            FromReceiver::Unfit { entries, why } => {
                self.unfit_why = visible(&short(&why)).into_owned();
                extend(&mut self.unfit, entries, offered)
            }
            FromReceiver::Tight { needed, free } => {
                self.short = Some(Shortfall { needed, free });
                Ok(())
            }
            _ => Err(Violation::OutOfTurn("that")),
        }
    }
}

/// Adds ranges that must follow on what is there.
fn extend(
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
