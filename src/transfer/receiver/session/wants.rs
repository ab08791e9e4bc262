//! What of an offer is not wanted, and what of the rest is here, in messages that are not too long.

use std::ops::Range;

use super::Session;
use crate::{
    disk::{Plan, Refused},
    model::{Entry, EntryNo, FileProblem, Group, LeftOut, Shortfall, Side},
    transfer::{
        TransferError,
        peer_words::of_disk,
        receiver::wanted::{account, bytes_of, without},
        tally::Tally,
    },
    wire::{FromReceiver, limits, message::RawGroup},
};

/// Why a file that was agreed is not wanted.
const BEYOND: &str = "It has grown or changed at the sender by more than was accepted. Have it sent again: then you are asked.";

/// What becomes of an offer, by its plan: what is not wanted, and why.
pub struct Wants {
    unwanted: Vec<Range<EntryNo>>,
    /// Files that were agreed, and would bring more than was.
    beyond: Vec<Range<EntryNo>>,
    /// Files that this disk can't hold.
    refused: Refused,
    /// Files that an earlier attempt has stored, and their bytes.
    stored: Vec<Range<EntryNo>>,
    earlier: u64,
    likely: Vec<Range<EntryNo>>,
    /// What the sender is told of what is refused.
    unfit: Option<&'static str>,
}

impl Wants {
    pub fn of(plan: &Plan, entries: &[Entry]) -> Self {
        let (stored, beyond) = (plan.stored().to_vec(), plan.beyond().to_vec());
        let (refused, likely) = (plan.refused().clone(), plan.likely().to_vec());
        let unwanted = without(&without(&without(plan.unwanted(), &stored), &beyond), &refused.entries);
        let earlier = bytes_of(entries, &stored);
        // All of them for the same reason.
        let first = refused.entries.first().and_then(|range| entries.get(range.start as usize));
        let unfit = first.map(|entry| of_disk(&refused.why(entry)));
        Self { unwanted, beyond, refused, stored, earlier, likely, unfit }
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

impl Session<'_> {
    /// What the sender must know before it hears yes.
    pub(super) async fn tell_wants(
        &mut self,
        wants: &Wants,
        short: Option<Shortfall>,
        held: Vec<(EntryNo, Vec<Group>)>,
    ) -> Result<(), TransferError> {
        self.tell_ranges(&wants.unwanted, FromReceiver::Except).await?;
        self.tell_ranges(&wants.beyond, FromReceiver::Beyond).await?;
        if let Some(why) = wants.unfit {
            let unfit = |entries| FromReceiver::Unfit { entries, why: why.to_owned() };
            self.tell_ranges(&wants.refused.entries, unfit).await?;
        }
        if let Some(Shortfall { needed, free }) = short {
            self.link.say(&FromReceiver::Tight { needed, free }).await?;
        }
        self.tell_ranges(&wants.stored, FromReceiver::Stored).await?;
        self.tell_held(held).await?;
        self.tell_ranges(&wants.likely, FromReceiver::Likely).await
    }

    pub(super) async fn tell_ranges(
        &mut self,
        ranges: &[Range<EntryNo>],
        message: impl Fn(Vec<Range<EntryNo>>) -> FromReceiver,
    ) -> Result<(), TransferError> {
        for ranges in ranges.chunks(limits::EXCEPT_RANGES) {
            self.link.say(&message(ranges.to_vec())).await?;
        }
        Ok(())
    }

    async fn tell_held(&mut self, held: Vec<(EntryNo, Vec<Group>)>) -> Result<(), TransferError> {
        for (entry, groups) in held {
            for groups in groups.chunks(limits::HELD_GROUPS) {
                let groups = groups.iter().map(RawGroup::from).collect();
                self.link.say(&FromReceiver::Held { entry, groups }).await?;
            }
        }
        Ok(())
    }
}
