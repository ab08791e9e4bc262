//! What the receiver's content stages are given, and what they tell of each file.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use crate::{
    disk::{Apart, DiskError, Intake, Stored},
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
    /// It is in quarantine.
    Apart {
        entry: EntryNo,
        apart: Apart,
    },
    Failed {
        entry: EntryNo,
        why: DiskError,
    },
    /// There is no room for it now.
    NotNow {
        entry: EntryNo,
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
        /// Below the receiving folder.
        path: String,
    },
    /// A likely file is another: its content is wanted.
    Differs {
        entry: EntryNo,
    },
}

/// Whether it waits for room when the disk is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rests {
    /// Nothing was accepted yet, or it can't be sent a second time.
    No,
    Yes,
}

/// What the stages need.
pub struct Job {
    pub intake: Arc<Intake>,
    pub meter: Arc<Meter>,
    pub limiter: Arc<Limiter>,
    /// Told of as many files together as were stored so.
    pub fates: Sender<Vec<Fate>>,
    pub rests: Rests,
}
