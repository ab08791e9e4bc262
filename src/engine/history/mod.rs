//! What came and went, as faces search and change it, and how the account of every transfer gets there.
//!
//! A face reads with a [`Reader`], or with a [`Finder`] while somebody types; both need nothing but the home. With an
//! engine at hand it changes the history by [`Command::History`](super::Command::History), and learns of every change by
//! [`Event::Recorded`](super::Event::Recorded); without one, with a [`History`].
//!
//! [`verify`] looks whether files are still what was recorded. Must not know the tasks of transfers, or the actor.

mod chronicle;
mod queue;
mod recorder;
mod verify;
mod writing;

use std::path::Path;

pub(super) use chronicle::{Chronicle, So};
pub(super) use queue::Work;
pub(super) use recorder::{Recorder, Writer, pruning};
pub use verify::{Next, Verdict, Verification, Verified, is_there, verify};

pub use crate::history::{
    Answer, Asked, BadRowId, Became, Count, Counting, Cursor, Device, DeviceIs, Ending, Finder, Found,
    History, HistoryError, Item, Order, Page, Query, Reader, Row, RowId, Screened, Ticket, TransferRow,
    stuck,
};
pub(super) use crate::history::{Later, Which};

/// Notes what was done to a file that had come, where no engine of this process is at hand. Where nothing is recorded,
/// nothing is noted.
///
/// # Errors
/// When that can't be written, or the history was damaged and is begun anew.
pub(super) fn note_later(home: &Path, which: &Which, later: &Later) -> Result<(), HistoryError> {
    if !home.join(History::FILE).exists() {
        return Ok(());
    }
    let mut history = History::open(home)?;
    history.later(which, later)?;
    history.damage().map_or(Ok(()), |damage| Err(HistoryError::BegunAnew(damage)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TransferId;

    #[test]
    fn that_the_history_was_damaged_is_said_to_who_notes_something_in_it_once() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(History::FILE), "no history at all").unwrap();
        let which = Which::Received { transfer: TransferId([1; 16]), path: "a".to_owned() };
        let noted = || note_later(home.path(), &which, &Later::Deleted);
        assert!(matches!(noted(), Err(HistoryError::BegunAnew(_))));
        noted().unwrap();
    }
}
