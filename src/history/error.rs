//! Why what is kept of the past can't be read or written.

use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

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
    /// Said by who only reads. [`History::mend`](super::History::mend) puts that right.
    #[error("The history ({}) is damaged.", path.display())]
    Damaged { path: PathBuf },
    /// What was to be read or changed is not in the history any more.
    #[error("{0}")]
    BegunAnew(Damage),
    /// Something newer was asked.
    #[error("The search was stopped, because something else was asked.")]
    Interrupted,
    #[error("The history can’t be read or written ({}): {}.", path.display(), text::visible(why))]
    File { path: PathBuf, why: String },
}

/// A file that was damaged, and has been kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "The history was damaged. What was in it is kept as “{}”, and a new one was begun. Your files are not touched.",
    text::visible(&kept.to_string_lossy())
)]
pub struct Damage {
    /// Where it lies now. What was in it is not in the history any more.
    pub kept: PathBuf,
}

/// What follows from an error of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Only the index of words can't be relied on. It is made anew from the rows.
    Words,
    /// The file itself can't.
    Damaged,
    Locked,
    Full,
    Interrupted,
    Other,
}

impl Trouble {
    pub fn of(error: &rusqlite::Error) -> Self {
        let Some(failure) = error.sqlite_error() else { return Self::Other };
        match (failure.code, failure.extended_code) {
            // “database disk image is malformed”, of the index alone.
            (_, ffi::SQLITE_CORRUPT_VTAB)
            // Nothing of ours is written twice: it is the index that has lost count of its parts.
            | (ErrorCode::ConstraintViolation, _) => Self::Words,
            (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => Self::Damaged,
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Self::Locked,
            // What is shared between processes needs room too.
            (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => Self::Full,
            (ErrorCode::OperationInterrupted, _) => Self::Interrupted,
            _ => Self::Other,
        }
    }

    /// The same of one while the file is opened, where nothing is asked that a whole file does not have: an error without
    /// a name is of what stands in its header then.
    pub fn of_opening(error: &rusqlite::Error) -> Self {
        let failure = match error {
            rusqlite::Error::SqlInputError { error, .. } => Some(error),
            other => other.sqlite_error(),
        };
        match failure {
            Some(failure) if failure.extended_code == ffi::SQLITE_ERROR => Self::Damaged,
            _ => Self::of(error),
        }
    }
}

impl HistoryError {
    pub(super) fn of(error: &rusqlite::Error, path: &Path) -> Self {
        Self::by(Trouble::of(error), error, path)
    }

    /// As [`Trouble::of_opening`] has it.
    pub(super) fn of_opening(error: &rusqlite::Error, path: &Path) -> Self {
        Self::by(Trouble::of_opening(error), error, path)
    }

    fn by(trouble: Trouble, error: &rusqlite::Error, path: &Path) -> Self {
        let path = path.to_owned();
        match trouble {
            Trouble::Words | Trouble::Damaged => Self::Damaged { path },
            Trouble::Locked => Self::Locked,
            Trouble::Full => Self::Full { path },
            Trouble::Interrupted => Self::Interrupted,
            Trouble::Other => Self::File { path, why: error.to_string() },
        }
    }

    pub(super) fn io(error: &std::io::Error, path: &Path) -> Self {
        let path = path.to_owned();
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::File { path, why: text::reason(error) },
        }
    }
}
