//! What of an offer is not wanted, and what of the rest is here, in messages that are not too long.

use std::ops::Range;

use super::Session;
use crate::{
    model::{EntryNo, Group},
    transfer::TransferError,
    wire::{FromReceiver, limits, message::RawGroup},
};

impl Session<'_> {
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
