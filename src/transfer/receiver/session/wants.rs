//! What of an offer is not wanted, and what of the rest is here, in messages that are not too long.

use std::ops::Range;

use super::Session;
use crate::{
    disk::Refused,
    model::{Entry, EntryNo, FileProblem, Group, Shortfall, Side},
    transfer::{TransferError, peer_words::of_disk},
    wire::{FromReceiver, limits, message::RawGroup},
};

/// Why a file that was agreed is not wanted.
const BEYOND: &str = "It has grown or changed at the sender by more than was accepted. Have it sent again: then you are asked.";

impl Session<'_> {
    /// Files that were agreed, and would bring more than was, have failed.
    pub(super) fn fail_beyond(&mut self, entries: &[Entry], beyond: &[Range<EntryNo>]) {
        for no in beyond.iter().flat_map(Clone::clone) {
            let path = entries.get(no as usize).map_or_else(String::new, |entry| entry.path.to_string());
            self.tally
                .failed(no, FileProblem { path, side: Side::There, why: BEYOND.to_owned(), error: None });
        }
    }

    /// Files that this disk can't hold have failed. What the sender is told of them.
    pub(super) fn fail_refused(&mut self, entries: &[Entry], refused: &Refused) -> Option<&'static str> {
        let mut told = None;
        for no in refused.entries.iter().flat_map(Clone::clone) {
            let Some(entry) = entries.get(no as usize) else { continue };
            let (why, path) = (refused.why(entry), entry.path.to_string());
            told = Some(of_disk(&why));
            self.tally.failed_for_good(
                no,
                FileProblem { path, side: Side::Here, why: why.to_string(), error: None },
            );
        }
        told
    }

    /// What the disk here can't hold, why, and what it seems to lack.
    pub(super) async fn tell_of_the_disk(
        &mut self,
        refused: &Refused,
        why: Option<&str>,
        short: Option<Shortfall>,
    ) -> Result<(), TransferError> {
        if let Some(why) = why {
            let unfit = |entries| FromReceiver::Unfit { entries, why: why.to_owned() };
            self.tell_ranges(&refused.entries, unfit).await?;
        }
        if let Some(Shortfall { needed, free }) = short {
            self.link.say(&FromReceiver::Tight { needed, free }).await?;
        }
        Ok(())
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

    pub(super) async fn tell_held(&mut self, held: Vec<(EntryNo, Vec<Group>)>) -> Result<(), TransferError> {
        for (entry, groups) in held {
            for groups in groups.chunks(limits::HELD_GROUPS) {
                let groups = groups.iter().map(RawGroup::from).collect();
                self.link.say(&FromReceiver::Held { entry, groups }).await?;
            }
        }
        Ok(())
    }
}
