//! What is removed, and the traces of it in the file.
//!
//! Removing has two steps: the rows go at once; then the index of words is merged, in which they would else still be, and
//! what was written last is moved into the file. That the second is missing is noted with the first, so that it is made up
//! for when the first was the last thing this process did. Pages that become free are overwritten (`secure_delete`).

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use super::insert::{Words, forget_device};

/// Rows of one transaction.
const AT_ONCE: usize = 1000;

/// Removes rows. How many there were.
pub fn rows(db: &mut Connection, ids: &[i64]) -> rusqlite::Result<u64> {
    let mut removed = 0;
    for ids in ids.chunks(AT_ONCE) {
        let step = Transaction::new(db, TransactionBehavior::Immediate)?;
        removed += some(&step, ids)?;
        step.commit()?;
    }
    Ok(removed)
}

/// Removes all with smaller numbers.
pub fn before(db: &mut Connection, first: i64) -> rusqlite::Result<u64> {
    let mut removed = 0;
    loop {
        let step = Transaction::new(db, TransactionBehavior::Immediate)?;
        let ids = {
            let mut old = step.prepare("SELECT id FROM file WHERE id < ?1 ORDER BY id LIMIT 1000")?;
            old.query_map([first], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?
        };
        if ids.is_empty() {
            return Ok(removed);
        }
        removed += some(&step, &ids)?;
        step.commit()?;
    }
}

fn some(db: &Connection, ids: &[i64]) -> rusqlite::Result<u64> {
    let mut removed = 0;
    let mut transfers = std::collections::BTreeSet::new();
    let mut words = Words::new(db)?;
    let mut whose = db.prepare("SELECT transfer FROM file WHERE id = ?1")?;
    let mut detail = db.prepare("DELETE FROM detail WHERE id = ?1")?;
    let mut file = db.prepare("DELETE FROM file WHERE id = ?1")?;
    for id in ids {
        let Some(transfer) = whose.query_row([id], |row| row.get::<_, i64>(0)).optional()? else { continue };
        transfers.insert(transfer);
        words.remove(*id)?;
        detail.execute([id])?;
        file.execute([id])?;
        removed += 1;
    }
    let mut left = db.prepare(
        "DELETE FROM transfer WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM file WHERE transfer = ?1) RETURNING device",
    )?;
    for transfer in transfers {
        if let Some(device) = left.query_row([transfer], |row| row.get(0)).optional()? {
            forget_device(db, device)?;
        }
    }
    if removed > 0 {
        db.execute("UPDATE state SET traces = traces + 1", ())?;
    }
    Ok(removed)
}

/// Removes everything.
pub fn all(db: &mut Connection) -> rusqlite::Result<()> {
    let step = Transaction::new(db, TransactionBehavior::Immediate)?;
    step.execute_batch(
        "UPDATE state SET traces = traces + 1;
         INSERT INTO search(search) VALUES ('delete-all');
         DELETE FROM waiting; DELETE FROM detail; DELETE FROM file; DELETE FROM transfer; DELETE FROM device;",
    )?;
    step.commit()
}

/// Whether something was removed of which there are traces.
pub fn has_traces(db: &Connection) -> rusqlite::Result<bool> {
    traces(db).map(|traces| traces > 0)
}

/// How often something was removed since all traces were wiped away.
fn traces(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("SELECT coalesce(max(traces), 0) FROM state", (), |row| row.get(0))
}

/// What came of wiping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wiped {
    Whole,
    /// Somebody reads what was there before.
    NotYet,
}

/// Wipes traces away. Takes two seconds for a million of rows.
pub fn wipe(db: &mut Connection) -> rusqlite::Result<Wiped> {
    let step = Transaction::new(db, TransactionBehavior::Immediate)?;
    let seen = traces(&step)?;
    step.execute("INSERT INTO search(search) VALUES ('optimize')", ())?;
    let is_empty = !step.query_row("SELECT EXISTS (SELECT 1 FROM file)", (), |row| row.get::<_, bool>(0))?;
    step.commit()?;
    if is_empty {
        // Gives the room back, and costs nothing then.
        db.execute_batch("VACUUM")?;
    }
    if into_file(db)? == Wiped::NotYet {
        return Ok(Wiped::NotYet);
    }
    none_left(db, seen)?;
    Ok(Wiped::Whole)
}

/// Notes that the traces are gone that were `seen`. What another process has removed since then has left its own.
fn none_left(db: &Connection, seen: i64) -> rusqlite::Result<()> {
    db.execute("UPDATE state SET traces = 0 WHERE traces = ?1", [seen]).map(drop)
}

/// Moves what was written last into the file itself.
pub fn into_file(db: &Connection) -> rusqlite::Result<Wiped> {
    let busy: bool = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
    Ok(if busy { Wiped::NotYet } else { Wiped::Whole })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::schema;

    #[test]
    fn traces_that_another_process_leaves_meanwhile_are_not_taken_for_those_that_are_gone() {
        let mut db = Connection::open_in_memory().unwrap();
        schema::migrate(&mut db).unwrap();
        all(&mut db).unwrap();
        let seen = traces(&db).unwrap();
        all(&mut db).unwrap();
        none_left(&db, seen).unwrap();
        assert!(has_traces(&db).unwrap());
        assert_eq!(wipe(&mut db).unwrap(), Wiped::Whole);
        assert!(!has_traces(&db).unwrap());
    }
}
