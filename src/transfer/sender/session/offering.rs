//! The offer: what was picked is scanned, and told while it is found, or once two persons have compared codes.

use std::{future::ready, pin::pin, sync::Arc};

use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::Session;
use crate::{
    disk::{Scan, SourceError, Sources},
    identity,
    model::{Accord, Entry, Side, Skipped, Summary},
    transfer::{Ended, Notice, TransferError, meeting::Due, sender::machine::Order},
    wire::{FromSender, limits, message::batches},
};

/// Batches of the manifest that were scanned and not yet sent.
const SCANNED: usize = 4;

/// What the scan found, beside the entries.
struct Scanned {
    sources: Sources,
    skipped: Skipped,
    notes: Vec<String>,
    listed: Arc<Accord>,
}

impl Session<'_> {
    /// Scans and offers what is found, while it is found; or, where the codes are compared, tells how much it is,
    /// and offers it when they are the same.
    pub(super) async fn offer(&mut self, picked: Scan) -> Result<Result<Sources, Ended>, TransferError> {
        let purpose = picked.purpose();
        let compares = self.meeting.compares();
        let (found, mut batches_found) = mpsc::channel::<Vec<Entry>>(SCANNED);
        let mut scanning = spawn_blocking(move || scan(picked, &found));
        let mut counting = interval(limits::COUNTING);
        counting.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut summary, mut size) = (Summary { purpose, ..Summary::default() }, 0);
        loop {
            tokio::select! {
                order = self.hear() => if let Order::End(ended) = order? { return Ok(Err(ended)) },
                batch = batches_found.recv() => match batch {
                    Some(batch) => {
                        for entry in &batch {
                            size += entry.path.as_str().len() as u64;
                            summary.add(entry);
                            self.machine.offered(entry.kind);
                        }
                        let entries = summary.files + summary.folders;
                        if entries > limits::MAX_ENTRIES.into() || size > limits::MAX_MANIFEST {
                            return Err(SourceError::TooMany.into());
                        }
                        for message in batches(&batch).filter(|_| !compares) {
                            self.link.say(&message).await?;
                        }
                    }
                    None => break,
                },
                _ = counting.tick(), if compares => self.link.say(&FromSender::Counting).await?,
            }
        }
        let scanned = (&mut scanning).await.map_err(|e| TransferError::Internal(e.to_string()))??;
        if scanned.sources.is_empty() {
            return Err(SourceError::NothingLeft.into());
        }
        summary.skipped = scanned.skipped;
        if compares {
            let ended = match self.meet(&summary).await? {
                None => self.tell(scanned.sources.entries()).await?,
                ended => ended,
            };
            if let Some(ended) = ended {
                return Ok(Err(ended));
            }
        }
        let skipped = scanned.skipped.into();
        self.link.say(&FromSender::Offered { skipped, purpose: purpose.into() }).await?;
        self.machine.all_offered();
        self.meter.set_total(summary.total());
        (self.observe)(Notice::Listed(scanned.listed));
        (self.observe)(Notice::Offered { summary, notes: scanned.notes });
        Ok(Ok(scanned.sources))
    }

    /// Tells how much there is, and waits until the codes are the same for both sides; or how it ended before
    /// that.
    async fn meet(&mut self, summary: &Summary) -> Result<Option<Ended>, TransferError> {
        self.link.say(&FromSender::Counts(summary.into())).await?;
        self.machine.counted();
        (self.observe)(Notice::Counted(summary.counts()));
        let deadline = Instant::now() + limits::ANSWER;
        let mut agreed = pin!(self.meeting.agreed());
        let mut due = Due::Both;
        while due != Due::Nothing {
            tokio::select! {
                order = self.hear() => match order? {
                    Order::End(ended) => return Ok(Some(ended)),
                    Order::Same => due = due.after(Side::There),
                    _ => {}
                },
                word = &mut agreed, if due.awaits(Side::Here) && self.meeting.has_code() => {
                    word?;
                    self.link.say(&FromSender::Agreed).await?;
                    due = due.after(Side::Here);
                }
                () = sleep_until(deadline) => {
                    let side = if due.awaits(Side::Here) { Side::Here } else { Side::There };
                    return Err(TransferError::NotCompared { side });
                }
            }
        }
        (self.observe)(Notice::Agreed);
        Ok(None)
    }

    /// Offers what was counted; or how it ended before that.
    async fn tell(&mut self, entries: &[Entry]) -> Result<Option<Ended>, TransferError> {
        for message in batches(entries) {
            tokio::select! {
                // What has come is heard first.
                biased;
                order = self.hear() => if let Order::End(ended) = order? { return Ok(Some(ended)) },
                () = ready(()) => {}
            }
            self.link.say(&message).await?;
        }
        Ok(None)
    }
}

fn scan(mut scan: Scan, found: &mpsc::Sender<Vec<Entry>>) -> Result<Scanned, SourceError> {
    loop {
        let batch = scan.next_batch(limits::BATCH_ENTRIES)?;
        // Nobody listens any more: the transfer is over.
        if batch.is_empty() || found.blocking_send(batch).is_err() {
            break;
        }
    }
    let (skipped, notes) = (scan.skipped(), scan.notes());
    let sources = scan.finish();
    let listed = Arc::new(sources.listed(identity::random()));
    Ok(Scanned { sources, skipped, notes, listed })
}
