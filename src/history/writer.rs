//! Who writes: one for a process is enough, and several processes may.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    base::Base,
    code::{Code, id},
    error::{Damage, HistoryError, Trouble},
    fate::Settled,
    insert::{self, Rows},
    place,
    record::{FileEntry, TransferRecord},
    remove::{self, Wiped},
    row::{RowId, Screened},
    schema, waiting,
};

/// Files that are put into the tables as they are recorded. Where there are more, all of them wait in the file, which takes
/// a tenth of the time.
const AT_ONCE: usize = 1000;

/// Steps after which others get their turn. Who waits for the file looks ten times in a second whether it is free, and gives up
/// after a few seconds.
const IN_A_ROW: u64 = 10;
const TURN: Duration = Duration::from_millis(120);

/// What is left to be put into the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Nothing,
    More,
}

/// The writer. Not for two threads at once.
pub struct History {
    pub(super) base: Base,
    /// As [`AT_ONCE`], unless a test wants fewer.
    pub(super) at_once: usize,
}

impl History {
    /// The name of its file in the home; beside it lie others whose names begin like it.
    pub const FILE: &'static str = super::base::FILE;

    /// What is kept in `home`, which must exist. One that is damaged is kept aside ([`History::damage`]), and a new one
    /// begun.
    ///
    /// # Errors
    /// When it can’t be read or written, is locked, or is of a newer version, which is not touched then.
    pub fn open(home: &Path) -> Result<Self, HistoryError> {
        let mut history = Self { base: Base::new(home), at_once: AT_ONCE };
        let has_traces = history.run(|db| remove::has_traces(db))?;
        if has_traces && let Err(problem) = history.wipe() {
            tracing::warn!(%problem, "traces of what was removed are left in the history");
        }
        Ok(history)
    }

    /// A damaged file that has been kept aside since this was asked last.
    pub fn damage(&mut self) -> Option<Damage> {
        self.base.take_damage()
    }

    /// Records what is known of a transfer, and of some of its files; what was recorded of others of its files stays.
    /// May be called any number of times, with a file’s newest fate each time: a file whose fate or size has changed is
    /// listed anew. Without any file ever, the transfer is listed itself. More than a thousand files are written down,
    /// and put into the tables later: by whoever reads, or by [`History::put_in`].
    ///
    /// # Errors
    /// When it can’t be written: then nothing of it is. Recording all of it again loses and doubles nothing.
    pub fn record(&mut self, transfer: &TransferRecord, files: &[FileEntry]) -> Result<Left, HistoryError> {
        let at_once = self.at_once;
        self.run(|db| {
            step(db, |db| {
                if files.len() > at_once || waiting::is_any(db)? {
                    waiting::add(db, transfer, files)?;
                    return Ok(Left::More);
                }
                let known = insert::transfer(db, transfer)?;
                let mut rows = Rows::new(db, transfer, known)?;
                if files.is_empty() {
                    rows.whole()?;
                } else {
                    rows.no_whole()?;
                    files.iter().try_for_each(|file| rows.entry(file))?;
                }
                Ok(Left::Nothing)
            })
        })
    }

    /// Puts a thousand files at most of those that were recorded into the tables. Takes some 30 ms.
    ///
    /// # Errors
    /// When it can’t be written: then they still wait.
    pub fn put_in(&mut self) -> Result<Left, HistoryError> {
        let has_put_in =
            self.run(|db| if waiting::is_any(db)? { step(db, waiting::put_in) } else { Ok(false) })?;
        Ok(if has_put_in { Left::More } else { Left::Nothing })
    }

    /// The same with all of them. Takes some 30 s where a million of files wait. Others who want to write meanwhile get
    /// their turn.
    ///
    /// # Errors
    /// As [`History::put_in`]; and [`HistoryError::Interrupted`] once it is not wanted any more.
    pub(super) fn put_all_in(&mut self, is_wanted: &dyn Fn() -> bool) -> Result<(), HistoryError> {
        for steps in 1_u64.. {
            if !is_wanted() {
                return Err(HistoryError::Interrupted);
            }
            if self.put_in()? == Left::Nothing {
                break;
            }
            if steps.is_multiple_of(IN_A_ROW) {
                std::thread::park_timeout(TURN);
            }
        }
        Ok(())
    }

    /// Removes rows, so that nothing of them is left in the file. Ids that are gone are no error. How many there were.
    /// Takes two seconds beyond the removal itself where there are a million of rows.
    ///
    /// # Errors
    /// When it can’t be written. [`HistoryError::Locked`] may be said where the rows are gone, and traces of them are left
    /// in the file because somebody reads it: they go when this is called again, with any ids or none, or with the
    /// next [`History::open`].
    pub fn remove(&mut self, ids: &[RowId]) -> Result<u64, HistoryError> {
        // Else what waits would bring them back.
        self.put_all_in(&|| true)?;
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let removed = self.run(|db| remove::rows(db, &ids))?;
        self.wipe()?;
        Ok(removed)
    }

    /// Removes what was recorded before `time`, likewise.
    ///
    /// # Errors
    /// As [`History::remove`].
    pub fn forget_before(&mut self, time: SystemTime) -> Result<u64, HistoryError> {
        self.put_all_in(&|| true)?;
        let removed = self.run(|db| remove::before(db, id::first(time)))?;
        self.wipe()?;
        Ok(removed)
    }

    /// Removes everything, likewise; what was kept aside as damaged too.
    ///
    /// # Errors
    /// As [`History::remove`].
    pub fn clear(&mut self) -> Result<(), HistoryError> {
        self.run(remove::all)?;
        let wiped = self.wipe();
        // What is damaged may have been kept aside only now.
        self.base.remove_aside()?;
        self.base.take_damage();
        wiped
    }

    /// Looks through the whole file, and puts right what can be: the index of words is made anew; a file that is damaged
    /// is kept aside ([`History::damage`]), and a new one begun. Takes seconds where there is much.
    ///
    /// # Errors
    /// When it can’t be read or written.
    pub fn mend(&mut self) -> Result<(), HistoryError> {
        self.put_all_in(&|| true)?;
        let is_complete = self.run(|db| {
            db.execute("INSERT INTO search(search) VALUES ('integrity-check')", ())?;
            insert::index_is_complete(db)
        })?;
        if !is_complete {
            self.index_anew()?;
        }
        let found =
            self.run(|db| db.query_row("PRAGMA integrity_check(1)", (), |row| row.get::<_, String>(0)))?;
        if found == "ok" {
            return Ok(());
        }
        tracing::warn!(found, "the history is damaged");
        self.base.set_aside()?;
        self.base.db().map(drop)
    }

    fn wipe(&mut self) -> Result<(), HistoryError> {
        let wiped =
            self.run(|db| if remove::has_traces(db)? { remove::wipe(db) } else { Ok(Wiped::Whole) })?;
        match wiped {
            Wiped::Whole => Ok(()),
            Wiped::NotYet => Err(HistoryError::Locked),
        }
    }

    /// Does something that may be done again, and does it again once what was in its way is put right.
    pub(super) fn run<T>(
        &mut self,
        mut work: impl FnMut(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        // The index may have to be made anew, and the file be kept aside after that.
        for _ in 0..2 {
            let error = match work(self.base.db()?) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            match Trouble::of(&error) {
                Trouble::Words => self.index_anew()?,
                Trouble::Damaged => self.base.set_aside()?,
                _ => return Err(HistoryError::of(&error, self.base.path())),
            }
        }
        let path = self.base.path().to_owned();
        work(self.base.db()?).map_err(|error| HistoryError::of(&error, &path))
    }

    fn index_anew(&mut self) -> Result<(), HistoryError> {
        tracing::warn!("the history’s index of words is damaged, and made anew");
        let path = self.base.path().to_owned();
        let db = self.base.db()?;
        let emptied = index_anew(db, "INSERT INTO search(search) VALUES ('delete-all');");
        let again = emptied.or_else(|_| index_anew(db, &format!("DROP TABLE search; {}", schema::SEARCH)));
        match again {
            Err(error) if matches!(Trouble::of(&error), Trouble::Words | Trouble::Damaged) => {
                self.base.set_aside()
            }
            again => again.map_err(|error| HistoryError::of(&error, &path)),
        }
    }
}

impl Drop for History {
    /// Leaves one file that has everything, if nobody is in the way.
    fn drop(&mut self) {
        if let Some(db) = self.base.opened() {
            let _ = db.busy_timeout(std::time::Duration::ZERO);
            let _ = remove::into_file(db);
        }
    }
}

/// One transaction. What fails in it has not happened.
pub fn step<T>(
    db: &mut Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let step = Transaction::new(db, TransactionBehavior::Immediate)?;
    let done = work(&step)?;
    step.commit()?;
    Ok(done)
}

fn index_anew(db: &mut Connection, emptied: &str) -> rusqlite::Result<()> {
    step(db, |db| {
        db.execute_batch(emptied)?;
        insert::index_again(db, "id > ?1", i64::MIN)
    })
}

/// Where it is now on this device.
pub fn stand(db: &Connection, id: RowId, place: Option<&Path>) -> rusqlite::Result<()> {
    db.execute("UPDATE detail SET place = ?2 WHERE id = ?1", (id.0, place::kept(place))).map(drop)
}

/// Has a row and the index say what has become of a file.
pub fn settle(db: &Connection, id: RowId, settled: &Settled) -> rusqlite::Result<()> {
    let Settled { became, screening, digest, side, why } = settled;
    let screened = Screened::of(screening);
    let changed = "UPDATE file SET became = ?2, screened = ?3 WHERE id = ?1";
    if db.execute(changed, [id.0, became.code(), screened.code()])? == 0 {
        return Ok(());
    }
    db.execute(
        "UPDATE detail SET digest = coalesce(?2, digest), side = ?3, why = ?4, screening = ?5 WHERE id = ?1",
        (id.0, digest.map(|digest| digest.0), side.map(Code::code), why, Settled::kept(screening)),
    )?;
    insert::index_again(db, "id = ?1", id.0)
}
