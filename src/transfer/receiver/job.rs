//! What the receiver's content stages are given, and what they tell of each file.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use crate::{
    disk::{DiskError, Intake, Stored},
    model::{Digest, EntryNo},
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
}
