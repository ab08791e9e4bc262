//! Files that were let in though nobody could look into them, shown to the virus scanner once more where they stand.
//!
//! Knows rows of the history, and what follows from what is said. Must not know transfers, or who asks. Blocks.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

use super::{
    history::{self, Became, Cursor, HistoryError, Item, Later, Query, Reader, Row, Screened, Which},
    quarantine,
    scanner::Checks,
};
use crate::{
    disk::{Again, LetIn, SentBy},
    model::{Caught, Direction, Problem, ProblemKind, Rechecked, Screening, Side},
    settings::Settings,
};

/// Those of a home that are marked, for a face that has no engine: each is looked into as it is asked for.
pub struct Recheck {
    home: PathBuf,
    checks: Checks,
    reader: Reader,
    rows: VecDeque<Row>,
    /// What was not read of the lists, and from where on.
    left: VecDeque<(Query, Option<Cursor>)>,
    unrecorded: Option<Problem>,
}

/// Rows that are read at once.
const PAGE: usize = 200;

impl Recheck {
    /// # Errors
    /// When the history can't be read.
    pub fn of(home: &Path, settings: &Settings) -> Result<Self, HistoryError> {
        let reader = Reader::open(home)?;
        let checks = Checks::new(home, settings);
        let (home, rows) = (home.to_owned(), VecDeque::new());
        // In this order: what is stuck from now on is no news the same day.
        let left = [Screened::Infected, Screened::NotScanned].map(|said| (marked(said), None)).into();
        Ok(Self { home, checks, reader, rows, left, unrecorded: None })
    }

    /// The next one, the latest first, and what came of it; `None` after the last.
    ///
    /// # Errors
    /// When the history can't be read.
    pub fn look(&mut self) -> Result<Option<(Row, Rechecked)>, HistoryError> {
        let Some(row) = self.row()? else { return Ok(None) };
        let mut note = |which: Which, later: Later| {
            if let Err(why) = history::note_later(&self.home, &which, &later) {
                self.unrecorded.get_or_insert(Problem {
                    side: Side::Here,
                    kind: ProblemKind::Files,
                    text: format!("What the virus scanner has said is missing in the history: {why}"),
                });
            }
        };
        let rechecked = recheck(&self.home, &self.checks, &row, &|| false, &mut note);
        Ok(rechecked.map(|rechecked| (row, rechecked)))
    }

    /// What is missing in the history since this was asked last.
    pub fn unrecorded(&mut self) -> Option<Problem> {
        self.unrecorded.take()
    }

    fn row(&mut self) -> Result<Option<Row>, HistoryError> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Ok(Some(row));
            }
            let Some((query, after)) = self.left.pop_front() else { return Ok(None) };
            let page = self.reader.page(&query, after.as_ref(), PAGE)?;
            if page.next.is_some() {
                self.left.push_front((query, page.next));
            }
            self.rows = page.rows.into_iter().filter(is_marked).collect();
        }
    }
}

/// Asks for those of which this was said, and which may be marked.
fn marked(said: Screened) -> Query {
    Query {
        direction: Some(Direction::Receive),
        outcome: Some(Became::Stored),
        screening: Some(said),
        ..Query::default()
    }
}

/// Whether a row is of a file that was let in, and that nobody could look into, or that something was found in and that
/// can't be moved from there.
#[must_use]
pub fn is_marked(row: &Row) -> bool {
    row.item == Item::File
        && row.direction == Direction::Receive
        && row.became == Became::Stored
        && match row.screening {
            Screening::NotScanned(_) => true,
            Screening::Infected(_) => row.why.is_some(),
            Screening::Off | Screening::Clean => false,
        }
}

/// Looks into one of them; `None` once `is_over` says that nobody waits for it any more. `note` is told what the history is
/// to say of it.
pub(super) fn recheck(
    home: &Path,
    checks: &Checks,
    row: &Row,
    is_over: &dyn Fn() -> bool,
    note: &mut dyn FnMut(Which, Later),
) -> Option<Rechecked> {
    let (true, Some(at), Some(size), Some(digest)) = (is_marked(row), &row.place, row.size, row.digest)
    else {
        return Some(Rechecked::NotMarked);
    };
    let offered =
        if row.folder.is_empty() { row.name.clone() } else { format!("{}/{}", row.folder, row.name) };
    let file = LetIn {
        at: at.clone(),
        size,
        digest,
        transfer: row.transfer.id,
        offered,
        from: SentBy { id: row.device.id, name: row.device.name.clone() },
    };
    let stands = |screening| Later::LetIn { at: at.clone(), screening };
    let (later, rechecked) = match quarantine::of(home).look_again(&file, checks.scanner(), is_over) {
        Ok(Again::Stands(Screening::Clean)) => (Some(stands(Screening::Clean)), Rechecked::Clean),
        Ok(Again::Stands(Screening::NotScanned(why))) => {
            // What was found in it once was not refuted.
            let is_news = !matches!(row.screening, Screening::Infected(_));
            (is_news.then(|| stands(Screening::NotScanned(why.clone()))), Rechecked::NotScanned(why))
        }
        Ok(Again::Stands(Screening::Off | Screening::Infected(_))) => (None, Rechecked::Nobody),
        Ok(Again::Caught(found, _)) => {
            (Some(Later::KeptApart(Caught::Infected(found.clone()))), Rechecked::Caught(found))
        }
        Ok(Again::Stuck(found, why)) => {
            let why = why.to_string();
            let later = Later::Stuck { at: at.clone(), found: found.clone(), why: why.clone() };
            (Some(later), Rechecked::Stuck { found, why })
        }
        Ok(Again::Gone) => (None, Rechecked::Gone),
        Ok(Again::Changed) => (None, Rechecked::Changed),
        Ok(Again::Over) => return None,
        Err(why) => (None, Rechecked::Unreadable(why.to_string())),
    };
    if let Some(later) = later {
        note(Which::Row(row.id), later);
    }
    Some(rechecked)
}
