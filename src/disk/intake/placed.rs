//! Where a file has come to lie in the end.

use crate::model::{Caught, Digest, RelPath, Screening};

/// A file that has come, and is sure to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    Named(Stored),
    Apart(Apart),
}

/// A file under its final name; of a speed test, content that was as durable as that and is gone;
/// of a text, what is in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    /// Relative to the receiving folder; of a speed test or a text, as it was offered.
    pub path: RelPath,
    /// What is known of its cleanness.
    pub screening: Screening,
}

/// A file in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    pub why: Caught,
}
