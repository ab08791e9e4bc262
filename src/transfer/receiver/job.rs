//! What the receiver's content stages are given, and what they tell of each file.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use crate::{
    disk::{DiskError, Intake, Stored},
    model::{Accord, Arrival, Digest, EntryKind, EntryNo},
    transfer::{Limiter, Meter, TransferError},
};

/// What became of a file at this end.
#[derive(Debug)]
pub enum Fate {
    Stored {
        entry: EntryNo,
        stored: Stored,
    },
    Failed {
        entry: EntryNo,
        why: DiskError,
    },
    /// The sender could not read it whole.
    Broken {
        entry: EntryNo,
    },
    /// Nothing more can be received.
    Fatal(TransferError),
    /// A likely file was there already, and is as durable as a stored one.
    Same {
        entry: EntryNo,
        size: u64,
        digest: Digest,
    },
    /// A likely file is another: its content is wanted.
    Differs {
        entry: EntryNo,
    },
}

/// What the stages need.
pub struct Job {
    pub intake: Arc<Intake>,
    pub meter: Arc<Meter>,
    pub limiter: Arc<Limiter>,
    pub fates: Sender<Fate>,
    pub arrivals: Arc<Arrivals>,
}

/// Told of each group of files that is stored, before anybody else hears of it. Blocks.
pub type Arriving = Box<dyn Fn(&[Arrival]) + Send + Sync>;

/// Notes what is stored, under what was said yes to.
pub struct Arrivals {
    pub accord: Arc<Accord>,
    pub note: Arriving,
}

impl Arrivals {
    /// These files are stored.
    pub fn note(&self, intake: &Intake, stored: impl Iterator<Item = EntryNo>) {
        let arrival = |no| {
            let entry = intake.entry(no)?;
            let EntryKind::File { size, .. } = entry.kind else { return None };
            let (mark, size) = (self.accord.mark(entry), size.unwrap_or_default());
            Some(Arrival { mark, size, modified: entry.modified })
        };
        let arrivals: Vec<_> = stored.filter_map(arrival).collect();
        if !arrivals.is_empty() {
            (self.note)(&arrivals);
        }
    }
}
