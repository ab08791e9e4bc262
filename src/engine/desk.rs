//! One transfer's record, and its publication: every change of it is one event.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    event::Event,
    handle::{Gauge, Publisher},
};
use crate::{
    model::{Direction, Outcome, ProblemKind, Progress, Report, Transfer, TransferId, TransferState},
    transfer::{IncomingOffer, Meter, Notice},
};

impl Gauge for Meter {
    fn sample(&self) -> Progress {
        Self::sample(self)
    }
}

pub struct Desk {
    id: TransferId,
    transfer: Mutex<Transfer>,
    publisher: Publisher,
    pub meter: Arc<Meter>,
}

impl Desk {
    /// A new transfer. It is on the list once it has been updated.
    pub fn new(transfer: Transfer, publisher: Publisher) -> Arc<Self> {
        let meter = Arc::new(Meter::default());
        Arc::new(Self { id: transfer.id, transfer: Mutex::new(transfer), publisher, meter })
    }

    pub fn id(&self) -> TransferId {
        self.id
    }

    /// True before the answer to its offer.
    pub fn is_undecided(&self) -> bool {
        let transfer = self.transfer.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(transfer.state, TransferState::Active | TransferState::Finished(_))
    }

    pub fn update(&self, change: impl FnOnce(&mut Transfer)) {
        // Published under the lock, so that events come in the order of the changes.
        let mut transfer = self.transfer.lock().unwrap_or_else(PoisonError::into_inner);
        if transfer.is_finished() {
            return;
        }
        change(&mut transfer);
        self.publisher.publish(Event::Transfer(Box::new(transfer.clone())));
    }

    /// An offer that came whole, and waits for its answer.
    pub fn show(&self, offer: IncomingOffer) {
        let IncomingOffer { summary, folder, free, notes } = offer;
        self.update(|t| {
            t.summary = summary;
            t.folder = Some(folder);
            t.free = free;
            t.notes = notes;
            t.state = TransferState::Waiting;
        });
    }

    /// True for somebody who said hello and left before they had offered anything: not worth a row
    /// on anybody's list.
    fn never_was(&self, outcome: &Outcome) -> bool {
        let transfer = self.transfer.lock().unwrap_or_else(PoisonError::into_inner);
        let left = match outcome {
            Outcome::Cancelled { .. } => true,
            Outcome::Failed(problem) => problem.kind == ProblemKind::Link,
            _ => false,
        };
        left && transfer.direction == Direction::Receive && transfer.state == TransferState::Preparing
    }

    /// What the transfer itself tells.
    pub fn notice(&self, notice: Notice) {
        match notice {
            Notice::Named(name) => self.update(|t| {
                t.peer.name = Some(name);
                t.state = TransferState::Preparing;
            }),
            Notice::Offered { summary, notes } => self.update(|t| {
                t.summary = summary;
                t.notes = notes;
                t.state = TransferState::Waiting;
            }),
            Notice::Noted(notes) => self.update(|t| t.notes.extend(notes)),
            Notice::Accepted { notes } => {
                self.publisher.show_progress(self.id, Arc::clone(&self.meter) as _);
                self.update(|t| {
                    if !notes.is_empty() {
                        t.notes = notes;
                    }
                    t.state = TransferState::Active;
                });
            }
        }
    }

    pub fn finish(&self, report: Report) {
        self.publisher.hide_progress(self.id);
        let outcome = &report.outcome;
        tracing::info!(transfer = %self.id, ?outcome, files = report.files, bytes = report.bytes, "transfer ended");
        if self.never_was(outcome) {
            return;
        }
        self.update(|t| t.state = TransferState::Finished(Box::new(report)));
    }
}
