//! `airlift history remove` and `airlift history clear`: entries go for good, files stay.
//!
//! Knows who is asked before, and what they are told. Must not know how an entry is removed so that nothing of it is left.

use std::path::Path;

use serde::Serialize;

use super::{PAGE, Refusal, settled};
use crate::{
    cli::{
        ask::agrees,
        asked::{Form, Removing, Sure},
        exit::Exit,
        json,
        render::Screen,
        words::past,
    },
    engine::history::{Count, History, HistoryError, Query, Reader, Row, RowId},
};

/// Named one by one before they go.
const NAMED: usize = 5;

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    EntriesRemoved { entries: u64 },
    HistoryCleared,
}

/// Removes entries, and names them.
///
/// # Errors
/// When one that is named by its id is not there; or the history can't be read or changed.
pub fn remove(
    home: &Path,
    what: Removing,
    sure: Sure,
    form: Form,
    screen: &mut Screen,
) -> anyhow::Result<Exit> {
    let mut reader = Reader::open(home)?;
    let (count, some, going) = match what {
        Removing::Ids(ids) => {
            let rows = named(&ids, &mut reader)?;
            (Count::Exactly(rows.len() as u64), rows, Going::These(ids))
        }
        Removing::Sought(sought) => {
            let query = settled(sought, &mut reader)?;
            let some = reader.page(&query, None, NAMED)?.rows;
            (reader.count(&query)?, some, Going::All(query))
        }
    };
    if count == Count::Exactly(0) {
        match form {
            Form::Json => json::write(screen, &Line::EntriesRemoved { entries: 0 }),
            Form::Person => screen.out(past::NOTHING_TO_REMOVE),
            Form::Quiet => {}
        }
        return Ok(Exit::Complete);
    }
    let some = &some[..some.len().min(NAMED)];
    if sure == Sure::Ask && !agrees(&past::about_to_remove(count, some), screen)? {
        return Ok(Exit::Cancelled);
    }
    let mut history = History::open(home)?;
    let ids = going.ids(&mut reader)?;
    let removed = history.remove(&ids);
    if let Some(damage) = history.damage() {
        screen.err(&damage.to_string());
    }
    let entries = removed?;
    match form {
        Form::Json => json::write(screen, &Line::EntriesRemoved { entries }),
        Form::Person => {
            // Who was asked has seen them.
            let some = if sure == Sure::Ask { &[] } else { some };
            for line in past::removed(entries, some) {
                screen.out(&line);
            }
        }
        Form::Quiet => {}
    }
    Ok(Exit::Complete)
}

/// Each once.
fn named(ids: &[RowId], reader: &mut Reader) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for &id in ids {
        let row = reader.row(id)?.ok_or_else(|| Refusal::NoEntry(id.to_string()))?;
        if !rows.iter().any(|other| other.id == row.id) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// What goes.
enum Going {
    These(Vec<RowId>),
    All(Query),
}

impl Going {
    /// All of them: what is left of what is removed is wiped away once, and not after every page.
    fn ids(self, reader: &mut Reader) -> Result<Vec<RowId>, HistoryError> {
        let query = match self {
            Self::These(ids) => return Ok(ids),
            Self::All(query) => query,
        };
        let (mut after, mut ids) = (None, Vec::new());
        loop {
            let page = reader.page(&query, after.as_ref(), PAGE)?;
            ids.extend(page.rows.iter().map(|row| row.id));
            after = page.next;
            if after.is_none() {
                return Ok(ids);
            }
        }
    }
}

/// Removes everything.
///
/// # Errors
/// When the history can't be changed.
pub fn clear(home: &Path, sure: Sure, form: Form, screen: &mut Screen) -> anyhow::Result<Exit> {
    if sure == Sure::Ask {
        // One that can't be read can be cleared all the same.
        let count = Reader::open(home).and_then(|mut reader| reader.count(&Query::default())).ok();
        if !agrees(&past::about_to_clear(count), screen)? {
            return Ok(Exit::Cancelled);
        }
    }
    History::open(home)?.clear()?;
    match form {
        Form::Json => json::write(screen, &Line::HistoryCleared),
        Form::Person => screen.out(past::CLEARED),
        Form::Quiet => {}
    }
    Ok(Exit::Complete)
}
