//! Why what is kept of the past can't be read or written.

use std::path::PathBuf;

use crate::model::text;

#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("The history ({}) was written by a newer Airlift. Update this one, or move the file away.", path.display())]
    Newer { path: PathBuf },
    /// Another process has written to it for longer than anybody waits. Trying again may do.
    #[error("Another program uses the history just now. Try again in a moment.")]
    Locked,
    /// Nothing of what was to be written is lost to who tries again.
    #[error("The disk is full, so the history can’t be written ({}). Make room on it.", path.display())]
    Full { path: PathBuf },
    /// Said by who only reads: the next to write keeps it aside, and begins a new one.
    #[error("The history ({}) is damaged. It is kept aside the next time something is recorded.", path.display())]
    Damaged { path: PathBuf },
    /// Something newer was asked.
    #[error("The search was stopped, because something else was asked.")]
    Interrupted,
    #[error("The history can’t be read or written ({}): {}.", path.display(), text::visible(why))]
    File { path: PathBuf, why: String },
}

/// A file that was damaged, and has been kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where it lies now. What was in it is not in the history any more.
    pub kept: PathBuf,
}
