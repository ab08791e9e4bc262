//! Who answers.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, InterruptHandle, Transaction, TransactionBehavior};

use super::{
    base::{self, Stamp, Use},
    error::HistoryError,
    page::{Count, Cursor, Key, Page},
    plan::Plan,
    query::{Order, Query},
    record::Device,
    row::{Row, RowId},
    schema::{self, Version},
    search::{Effort, Search},
    shown, waiting,
    writer::History,
};
use crate::model::{Direction, TransferId};

/// Rows of a page at most.
const MOST: usize = 10_000;

/// Answers questions. Not for two threads at once; as many as one likes.
pub struct Reader {
    home: PathBuf,
    path: PathBuf,
    open: Option<(Connection, Stamp)>,
    pub(super) effort: Effort,
    is_wanted: Box<dyn Fn() -> bool + Send>,
}

impl Reader {
    /// Reads what is kept in `home`. Where nothing is, every answer is empty until something is.
    ///
    /// # Errors
    /// When it can’t be read, or is of a newer version.
    pub fn open(home: &Path) -> Result<Self, HistoryError> {
        Self::open_while(home, || true)
    }

    /// The same for who may not want to know any more: then every answer is that it was interrupted.
    pub(super) fn open_while(
        home: &Path,
        is_wanted: impl Fn() -> bool + Send + 'static,
    ) -> Result<Self, HistoryError> {
        let mut reader = Self {
            home: home.to_owned(),
            path: home.join(base::FILE),
            open: None,
            effort: Effort::default(),
            is_wanted: Box::new(is_wanted),
        };
        reader.db()?;
        Ok(reader)
    }

    /// At most `limit` rows (1 to 10,000) of the answer, from the beginning or after where an earlier page ended.
    ///
    /// # Errors
    /// When it can’t be read; never because of what is asked.
    pub fn page(
        &mut self,
        query: &Query,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page, HistoryError> {
        let (limit, effort) = (limit.clamp(1, MOST), self.effort);
        self.read(Page::default(), |db| {
            let plan = Plan::of(query, db)?;
            // One more tells whether there are more.
            let after = after.map(|Cursor(key)| key);
            let mut keys = Search::new(db, &plan, query.order, after, limit + 1, effort).keys()?;
            let is_all = keys.len() <= limit;
            keys.truncate(limit);
            let rows = shown::rows(db, keys.iter().map(Key::id))?;
            Ok(Page { rows, next: keys.pop().filter(|_| !is_all).map(Cursor) })
        })
    }

    /// How many rows there are, up to [`Count::MOST`].
    ///
    /// # Errors
    /// As [`Reader::page`].
    pub fn count(&mut self, query: &Query) -> Result<Count, HistoryError> {
        let effort = self.effort;
        self.read(Count::Exactly(0), |db| {
            let plan = Plan::of(query, db)?;
            let most = usize::try_from(Count::MOST).unwrap_or(usize::MAX - 1);
            let keys = Search::new(db, &plan, Order::Newest, None, most + 1, effort).keys()?.len();
            let is_all = keys <= most;
            Ok(if is_all { Count::Exactly(keys as u64) } else { Count::MoreThan(Count::MOST) })
        })
    }

    /// One row; `None` where it is gone.
    ///
    /// # Errors
    /// As [`Reader::page`].
    pub fn row(&mut self, id: RowId) -> Result<Option<Row>, HistoryError> {
        self.read(None, |db| shown::rows(db, [id.0].into_iter()).map(|mut rows| rows.pop()))
    }

    /// The row of one file, by its path as it was offered.
    ///
    /// # Errors
    /// As [`Reader::page`].
    pub fn row_of(
        &mut self,
        transfer: TransferId,
        direction: Direction,
        path: &str,
    ) -> Result<Option<Row>, HistoryError> {
        self.read(None, |db| shown::row_of(db, transfer, direction, path))
    }

    /// All devices that something is recorded of, as they were called last, the one heard of last first; at most 1,000.
    ///
    /// # Errors
    /// As [`Reader::page`].
    pub fn devices(&mut self) -> Result<Vec<Device>, HistoryError> {
        self.read(Vec::new(), shown::devices)
    }

    /// Stops what is read on another thread, as long as the file stays this one.
    pub(super) fn stopper(&mut self) -> Result<Option<InterruptHandle>, HistoryError> {
        Ok(self.db()?.map(|db| db.get_interrupt_handle()))
    }

    /// Everything that `work` reads is of one moment, and nothing stays open after it: else what is written meanwhile
    /// would pile up.
    fn read<T>(
        &mut self,
        nothing: T,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        self.put_in()?;
        let path = self.path.clone();
        let Some(db) = self.db()? else { return Ok(nothing) };
        let moment = Transaction::new(db, TransactionBehavior::Deferred);
        let done = moment.and_then(|moment| work(&moment));
        done.map_err(|error| HistoryError::of(&error, &path))
    }

    /// Has what was recorded in a hurry put into the tables. Where nothing can be written now, what is in them is the answer.
    fn put_in(&mut self) -> Result<(), HistoryError> {
        let path = self.path.clone();
        let Some(db) = self.db()? else { return Ok(()) };
        if !waiting::is_any(db).map_err(|error| HistoryError::of(&error, &path))? {
            return Ok(());
        }
        let put_in = History::open(&self.home).and_then(|mut history| {
            history.put_all_in(&*self.is_wanted)?;
            Ok(history.damage())
        });
        match put_in {
            Ok(damage) => damage.map_or(Ok(()), |damage| Err(HistoryError::BegunAnew(damage))),
            Err(why @ (HistoryError::Interrupted | HistoryError::Damaged { .. })) => Err(why),
            Err(why) => {
                tracing::info!(%why, "what was recorded last is not found yet");
                Ok(())
            }
        }
    }

    /// The connection to the file that has the name now; `None` where none is.
    fn db(&mut self) -> Result<Option<&mut Connection>, HistoryError> {
        let stamp = Stamp::of(&self.path);
        if self.open.as_ref().map(|(_, stamp)| *stamp) != stamp {
            self.open = None;
        }
        if let (None, Some(stamp)) = (&self.open, stamp) {
            self.open = Some((self.connect()?, stamp));
        }
        Ok(self.open.as_mut().map(|(db, _)| db))
    }

    fn connect(&self) -> Result<Connection, HistoryError> {
        let failed = |error: rusqlite::Error| HistoryError::of_opening(&error, &self.path);
        let version = |db: &Connection| schema::version(db).map_err(failed);
        let db = base::connection(&self.path, Use::Read).map_err(failed)?;
        match version(&db)? {
            Version::Current => return Ok(db),
            Version::Newer => return Err(HistoryError::Newer { path: self.path.clone() }),
            Version::Foreign => return Err(HistoryError::Damaged { path: self.path.clone() }),
            Version::Older => drop(db),
        }
        if let Some(damage) = History::open(&self.home)?.damage() {
            return Err(HistoryError::BegunAnew(damage));
        }
        let db = base::connection(&self.path, Use::Read).map_err(failed)?;
        match version(&db)? {
            Version::Current => Ok(db),
            _ => Err(HistoryError::Damaged { path: self.path.clone() }),
        }
    }
}
