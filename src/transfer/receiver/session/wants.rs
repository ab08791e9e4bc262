//! What of an offer is not wanted, and what of the rest is here, in messages that are not too long.

use std::ops::Range;

use super::Session;
use crate::{
    model::{EntryNo, Group, Shortfall},
    transfer::{TransferError, receiver::wanted::Wants},
    wire::{
        FromReceiver, limits,
        message::{QUARANTINE, RawGroup},
    },
};

impl Session<'_> {
    /// What the sender must know before it hears yes.
    pub(super) async fn tell_wants(
        &mut self,
        wants: &Wants,
        short: Option<Shortfall>,
        held: Vec<(EntryNo, Vec<Group>)>,
    ) -> Result<(), TransferError> {
        let excepted = if self.can & QUARANTINE == 0 { &wants.not_wanted_or_apart } else { &wants.unwanted };
        self.tell_ranges(excepted, FromReceiver::Except).await?;
        self.tell_ranges(&wants.beyond, FromReceiver::Beyond).await?;
        if let Some(why) = wants.unfit {
            let unfit = |entries| FromReceiver::Unfit { entries, why: why.to_owned() };
            self.tell_ranges(&wants.refused.entries, unfit).await?;
        }
        if let Some(Shortfall { needed, free }) = short {
            self.link.say(&FromReceiver::Tight { needed, free }).await?;
        }
        self.tell_ranges(&wants.stored, FromReceiver::Stored).await?;
        self.tell_apart(wants).await?;
        self.tell_held(held).await?;
        self.tell_ranges(&wants.likely, FromReceiver::Likely).await
    }

    /// What an earlier attempt has put into quarantine, whose receipts may have been lost.
    async fn tell_apart(&mut self, wants: &Wants) -> Result<(), TransferError> {
        // To one that knows no such thing they are excepted.
        if self.can & QUARANTINE == 0 {
            return Ok(());
        }
        let mut receipts = Vec::new();
        let mut bytes = 0;
        for (no, digest, why) in &wants.apart {
            let receipt = self.receipt_of(*no, *digest, why);
            bytes += receipt.len();
            receipts.push(receipt);
            if bytes >= limits::BATCH_BYTES {
                self.link.say(&FromReceiver::Receipts(std::mem::take(&mut receipts))).await?;
                bytes = 0;
            }
        }
        if receipts.is_empty() {
            return Ok(());
        }
        self.link.say(&FromReceiver::Receipts(receipts)).await?;
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
