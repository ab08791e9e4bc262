//! The end of a transfer whose files all have their fates: folders, what is left to say, and the goodbye.

use std::sync::Arc;

use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval, timeout},
};

use super::{Session, fates::of_ours, finished};
use crate::{
    disk::{Finished, Intake},
    model::{Direction, Work},
    transfer::{Ended, Notice, TransferError, peer_words::of_disk},
    wire::{FromReceiver, limits, message::Receipt},
};

impl Session<'_> {
    pub(super) async fn finish(&mut self, intake: &Arc<Intake>) -> Result<Ended, TransferError> {
        let (finish, meter) = (Arc::clone(intake), Arc::clone(&self.meter));
        let work = move || meter.clocks.waits(Work::Store, || finish.finish());
        let finishing = self.finishing.insert(spawn_blocking(work));
        // For a disk that does not answer.
        let mut loads = interval(limits::LOAD);
        loads.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let done = loop {
            tokio::select! {
                done = &mut *finishing => break done,
                _ = loads.tick() => {
                    self.link.say(&FromReceiver::Load(self.meter.load(Direction::Receive))).await?;
                }
            }
        };
        self.finishing = None;
        let Finished { problems, notes, lost } = finished(done)?;
        self.notes = notes;
        let mut receipts = Vec::new();
        for (entry, why) in problems {
            if why.is_full() {
                return Err(why.into());
            }
            self.tally.failed_folder(of_ours(intake, entry, &why));
            receipts.push(Receipt::failed(entry, of_disk(&why)));
        }
        for receipts in receipts.chunks(limits::RECEIPTS / 4) {
            self.link.say(&FromReceiver::Receipts(receipts.to_vec())).await?;
        }
        if let Some(lost) = lost {
            return Err(lost.into());
        }
        self.link.say(&FromReceiver::Progress { bytes: self.meter.bytes() }).await?;
        self.link.say(&FromReceiver::Load(self.meter.load(Direction::Receive))).await?;
        self.link.say(&FromReceiver::Done).await?;
        self.machine.done();
        // Everything is stored: a goodbye that gets lost changes nothing.
        Ok(match timeout(limits::ENDING, self.until_end()).await {
            Ok(Ok(ended @ Ended::Failed(_))) => ended,
            // It may not have heard, and will call again.
            Ok(Ok(Ended::Paused { .. })) => Ended::Complete,
            Ok(Ok(_)) => {
                (self.observe)(Notice::Parted);
                Ended::Complete
            }
            _ => Ended::Complete,
        })
    }
}
