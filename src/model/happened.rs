//! What became of each file of a transfer, for whoever keeps account of it.
//!
//! Knows one file at a time. Must not know where the account is kept.

use std::path::PathBuf;

use super::{Digest, NotScanned, Screening, Side};

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFate {
    /// It stands at the receiver under its name.
    Stored { digest: Option<Digest>, screening: Screening },
    /// It stood at the receiver before, and is the same.
    Already { digest: Option<Digest> },
    /// It has come, and waits at the receiver until it can be scanned.
    Held { digest: Option<Digest>, why: NotScanned },
    /// It has come, and is in the receiver's quarantine: what was found in it.
    Infected { digest: Option<Digest>, name: String },
    /// It was not transferred, by whose fault and why, as a sentence.
    Failed { side: Side, why: String },
    /// It was offered and not wanted.
    LeftOut,
}

/// One file of a transfer, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// As it was offered, below what was sent: the same at both ends.
    pub path: String,
    /// Where it is on this device: what was read, or what now stands there. `None` where it is nowhere.
    pub at: Option<PathBuf>,
    /// In bytes; `None` where it was never known.
    pub size: Option<u64>,
    pub fate: FileFate,
}
