//! How an offer stands, and what a person did with it. Knows no more than that.

use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// To be answered.
    Open,
    /// Answered here; the engine has not yet said so.
    Answered,
    /// Gone while its dialog was open, with the reason.
    Withdrawn(String),
}

/// What a person did with an offer.
pub enum Verdict {
    Accept,
    Decline,
    /// To see what is in it, and choose.
    Look,
    /// Enough was seen of it; it waits.
    Close,
    ChangeFolder(PathBuf),
}
