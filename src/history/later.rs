//! What was done to a file after it had come: let out of quarantine, looked into again, removed there.
//!
//! Knows one row at a time. Must not know who did it, or where the file lies.

use std::path::PathBuf;

use rusqlite::Connection;

use super::{
    error::HistoryError,
    fate::Settled,
    row::RowId,
    shown,
    writer::{History, settle, stand, step},
};
use crate::model::{Caught, Direction, FileFate, Screening, TransferId};

/// Why a row whose file was removed there has none.
const DELETED: &str = "It was deleted from quarantine.";

/// The row of a file that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    Row(RowId),
    /// By its path as it was offered.
    Received {
        transfer: TransferId,
        path: String,
    },
}

/// What was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Later {
    /// It stands there under a name of its own, and this is what the last look into it has said.
    LetIn { at: PathBuf, screening: Screening },
    /// It stands there though this was found in it: it can't be moved, for this reason.
    Stuck { at: PathBuf, found: String, why: String },
    /// It is in quarantine, for this.
    KeptApart(Caught),
    /// It was removed for good, out of quarantine.
    Deleted,
}

/// Whether a row was there to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    Changed,
    NoSuchRow,
}

impl History {
    /// Notes what was done to a file that had come; where it is listed stays. Nothing changes where no row is of it.
    ///
    /// # Errors
    /// When it can’t be written.
    pub fn later(&mut self, which: &Which, later: &Later) -> Result<Noted, HistoryError> {
        self.put_all_in(&|| true)?;
        self.run(|db| {
            step(db, |db| {
                let row = match which {
                    Which::Row(id) => shown::rows(db, [id.0].into_iter())?.pop(),
                    Which::Received { transfer, path } => {
                        shown::row_of(db, *transfer, Direction::Receive, path)?
                    }
                };
                let Some(row) = row else { return Ok(Noted::NoSuchRow) };
                note(
                    db,
                    row.id,
                    (
                        Settled {
                            became: row.became,
                            screening: row.screening,
                            digest: None,
                            side: row.side,
                            why: row.why,
                        },
                        later,
                    ),
                )?;
                Ok(Noted::Changed)
            })
        })
    }
}

/// Why something stands where it stood though something was found in it, as its row has it. `why` is a sentence.
#[must_use]
pub fn stuck(why: &str) -> String {
    format!("It stands there, because it can’t be put into quarantine: {why}")
}

fn note(db: &Connection, id: RowId, (before, later): (Settled, &Later)) -> rusqlite::Result<()> {
    let (settled, place) = match later {
        Later::LetIn { at, screening } => {
            (Settled::of(&FileFate::Stored { digest: None, screening: screening.clone() }), Some(&**at))
        }
        Later::Stuck { at, found, why } => {
            let screening = Screening::Infected(found.clone());
            let settled = Settled::of(&FileFate::Stored { digest: None, screening });
            (Settled { why: Some(stuck(why)), ..settled }, Some(&**at))
        }
        Later::KeptApart(Caught::Infected(name)) => {
            (Settled::of(&FileFate::Infected { digest: None, name: name.clone() }), None)
        }
        Later::KeptApart(Caught::Held(why)) => {
            (Settled::of(&FileFate::Held { digest: None, why: why.clone() }), None)
        }
        Later::Deleted => (Settled { why: Some(DELETED.to_owned()), ..before }, None),
    };
    settle(db, id, &settled)?;
    stand(db, id, place)?;
    db.execute("UPDATE detail SET later = 1 WHERE id = ?1", [id.0]).map(drop)
}
