//! One transfer's record, and its publication: every change of it is one event.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    event::Event,
    handle::{Gauge, Publisher},
};
use crate::{
    model::{Progress, Report, Transfer, TransferId, TransferState},
    transfer::{Meter, Notice},
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
    /// Puts a new transfer on the list.
    pub fn open(transfer: Transfer, publisher: Publisher) -> Arc<Self> {
        publisher.publish(Event::Transfer(Box::new(transfer.clone())));
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
        change(&mut transfer);
        self.publisher.publish(Event::Transfer(Box::new(transfer.clone())));
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
        self.update(|t| t.state = TransferState::Finished(Box::new(report)));
    }
}
