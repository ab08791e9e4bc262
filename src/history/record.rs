//! What is recorded: a transfer, and what became of its files.

use std::time::{Duration, SystemTime};

pub use crate::model::Direction;
use crate::model::{ContentKind, DeviceId, FileRecord, Outcome, Side, TransferId};

/// The device at the other end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Device {
    /// `None` of one that never proved who it is, a guest’s browser for example: its name is all there is.
    pub id: Option<DeviceId>,
    /// As it was called then; its address where it has no name.
    pub name: String,
}

/// A transfer as far as it is known. Recorded again, the newest is what holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRecord {
    /// With the direction, what names it for ever.
    pub id: TransferId,
    pub direction: Direction,
    pub device: Device,
    /// What it is listed by where nothing is known of any of its files: it was declined, or never began.
    pub called: String,
    pub began: SystemTime,
    /// When all this was so: its end, where it has ended. Files whose fate is new are listed under it, to the second.
    pub as_of: SystemTime,
    pub ending: Ending,
    /// How long content has flowed.
    pub took: Duration,
    /// Of content that was stored.
    pub bytes: u64,
    /// Why it ended as it did, as a sentence.
    pub why: Option<String>,
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It flows, rests, or was left.
    NotYet,
    Complete,
    Declined(Side),
    Cancelled(Side),
    /// Some of its files, or all.
    Failed(Side),
}

impl Ending {
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Complete => Self::Complete,
            Outcome::Declined { by, .. } => Self::Declined(*by),
            Outcome::Cancelled { by } => Self::Cancelled(*by),
            Outcome::Failed(problem) => Self::Failed(problem.side),
        }
    }
}

/// One file of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    pub record: FileRecord,
    pub kind: ContentKind,
}
