//! The offer: what was picked is scanned, and told while it is found; and the person here may have to compare.

use std::sync::Arc;

use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

use super::Session;
use crate::{
    disk::{Scan, SourceError, Sources},
    identity,
    model::{Accord, Entry, Skipped, Summary},
    transfer::{Ended, Notice, TransferError, sender::machine::Order},
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
    /// Scans and sends the manifest while it is found.
    pub(super) async fn offer(&mut self, picked: Scan) -> Result<Result<Sources, Ended>, TransferError> {
        let purpose = picked.purpose();
        let (found, mut batches_found) = mpsc::channel::<Vec<Entry>>(SCANNED);
        let mut scanning = spawn_blocking(move || scan(picked, &found));
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
                        for message in batches(&batch) {
                            self.link.say(&message).await?;
                        }
                    }
                    None => break,
                },
            }
        }
        let scanned = (&mut scanning).await.map_err(|e| TransferError::Internal(e.to_string()))??;
        if scanned.sources.is_empty() {
            return Err(SourceError::NothingLeft.into());
        }
        summary.skipped = scanned.skipped;
        let skipped = scanned.skipped.into();
        self.link.say(&FromSender::Offered { skipped, purpose: purpose.into() }).await?;
        self.machine.all_offered();
        self.meter.set_total(summary.total());
        (self.observe)(Notice::Listed(scanned.listed));
        (self.observe)(Notice::Offered { summary, notes: scanned.notes });
        Ok(Ok(scanned.sources))
    }

    /// Waits until the person here has compared the codes; or how it ended before that.
    pub(super) async fn wait_for_assent(
        &mut self,
        deadline: Instant,
    ) -> Result<Option<Ended>, TransferError> {
        let agreed = {
            let agreed = self.meeting.agreed();
            tokio::pin!(agreed);
            loop {
                tokio::select! {
                    agreed = &mut agreed => break agreed,
                    message = self.link.next() => {
                        let order = self.machine.on_message(message?, |_| None)?;
                        if let Order::End(ended) = order { return Ok(Some(ended)) }
                    }
                    () = sleep_until(deadline) => break Err(TransferError::NotCompared),
                }
            }
        };
        agreed?;
        self.link.say(&FromSender::Agreed).await?;
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
