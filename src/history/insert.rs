//! One transfer and its files, put into the tables or brought up to date there, and the index of words with them.
//!
//! Everything happens within the transaction of the caller. Must not know when that ends.

use rusqlite::{Connection, OptionalExtension as _, Statement, named_params};

use super::{
    code::{Code, id, millis, size},
    fate::{Settled, mark, parts},
    fold, place,
    record::{Device, Ending, FileEntry, TransferRecord},
    row::{Became, Screened},
    schema,
};
use crate::model::{ContentKind, Digest, Direction, Screening, Side};

/// What a row is chosen and ordered by.
pub struct Chosen<'a> {
    pub id: i64,
    pub text: &'a str,
    pub kind: i64,
    pub direction: i64,
    pub device: i64,
    pub became: i64,
    pub screened: i64,
}

/// The index of words, as it is written to.
pub struct Words<'a> {
    insert: Statement<'a>,
    remove: Statement<'a>,
}

impl<'a> Words<'a> {
    pub fn new(db: &'a Connection) -> rusqlite::Result<Self> {
        let insert = "INSERT INTO search(rowid, text, kind, direction, device, became, screened)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        Ok(Self { insert: db.prepare(insert)?, remove: db.prepare("DELETE FROM search WHERE rowid = ?1")? })
    }

    pub fn insert(&mut self, row: &Chosen<'_>) -> rusqlite::Result<()> {
        let &Chosen { id, text, kind, direction, device, became, screened } = row;
        let [kind, direction, device, became, screened] =
            [kind, direction, device, became, screened].map(schema::tag);
        self.insert.execute((id, text, kind, direction, device, became, screened)).map(drop)
    }

    pub fn remove(&mut self, id: i64) -> rusqlite::Result<()> {
        self.remove.execute([id]).map(drop)
    }
}

/// Has the index say what the table says of rows. `which` is a condition on `file`.
pub fn index_again(db: &Connection, which: &str, value: i64) -> rusqlite::Result<()> {
    let mut words = Words::new(db)?;
    let mut rows = db.prepare(&format!(
        "SELECT id, text, kind, direction, device, became, screened FROM file WHERE {which} ORDER BY id"
    ))?;
    let mut rows = rows.query([value])?;
    while let Some(row) = rows.next()? {
        let chosen = Chosen {
            id: row.get(0)?,
            text: row.get_ref(1)?.as_str()?,
            kind: row.get(2)?,
            direction: row.get(3)?,
            device: row.get(4)?,
            became: row.get(5)?,
            screened: row.get(6)?,
        };
        words.remove(chosen.id)?;
        words.insert(&chosen)?;
    }
    Ok(())
}

/// Whether the index knows every row: each has some direction.
pub fn index_is_complete(db: &Connection) -> rusqlite::Result<bool> {
    let any: Vec<_> = Direction::NUMBERED
        .iter()
        .filter_map(|(_, code)| schema::tag(*code))
        .map(|tag| format!("direction:\"{tag}\""))
        .collect();
    let count = |sql: &str, params: &[&str]| {
        db.query_row(sql, rusqlite::params_from_iter(params), |row| row.get::<_, i64>(0))
    };
    let rows = count("SELECT count(*) FROM file", &[])?;
    let known = count("SELECT count(*) FROM search WHERE search MATCH ?1", &[&any.join(" OR ")])?;
    Ok(rows == known && rows == count("SELECT count(*) FROM search_docsize", &[])?)
}

/// The numbers of a transfer and its device in the tables.
pub struct Known {
    pub transfer: i64,
    pub device: i64,
}

/// Brings what is known of a transfer up to date.
pub fn transfer(db: &Connection, record: &TransferRecord) -> rusqlite::Result<Known> {
    let device = device(db, &record.device, millis(record.as_of))?;
    let there = db
        .query_row(
            "SELECT device, peer FROM transfer WHERE key = ?1 AND direction = ?2",
            (record.id.0, record.direction.code()),
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        )
        .optional()?;
    let ended = (record.ending != Ending::NotYet).then(|| millis(record.as_of));
    let took = i64::try_from(record.took.as_millis()).unwrap_or(i64::MAX);
    let transfer = db.query_row(
        "INSERT INTO transfer(key, direction, device, peer, began, ended, ending, took, bytes, why)
         VALUES (:key, :direction, :device, :peer, :began, :ended, :ending, :took, :bytes, :why)
         ON CONFLICT(key, direction) DO UPDATE SET
            device = excluded.device, peer = excluded.peer, began = excluded.began, ended = excluded.ended,
            ending = excluded.ending, took = excluded.took, bytes = excluded.bytes, why = excluded.why
         RETURNING id",
        named_params! {
            ":key": record.id.0,
            ":direction": record.direction.code(),
            ":device": device,
            ":peer": record.device.name,
            ":began": millis(record.began),
            ":ended": ended,
            ":ending": record.ending.code(),
            ":took": took,
            ":bytes": size(Some(record.bytes)),
            ":why": record.why,
        },
        |row| row.get(0),
    )?;
    if let Some((before, _)) = there.filter(|there| *there != (device, record.device.name.clone())) {
        // It has proved who it is since, or has said how it is called.
        rename(db, transfer, device, &record.device.name)?;
        if before != device {
            forget_device(db, before)?;
        }
    }
    Ok(Known { transfer, device })
}

fn rename(db: &Connection, transfer: i64, device: i64, called: &str) -> rusqlite::Result<()> {
    let mut rows =
        db.prepare("SELECT id, name, folder FROM file JOIN detail USING (id) WHERE transfer = ?1")?;
    let rows = rows.query_map([transfer], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let mut renamed = db.prepare("UPDATE file SET device = ?2, text = ?3 WHERE id = ?1")?;
    for (id, name, folder) in rows {
        renamed.execute((id, device, fold::row(&name, &folder, called)))?;
    }
    index_again(db, "transfer = ?1", transfer)
}

fn device(db: &Connection, device: &Device, heard: i64) -> rusqlite::Result<i64> {
    let proved = device.id.map(|id| *id.as_bytes());
    let key = match &proved {
        Some(id) => id.to_vec(),
        // Longer than any id by its first byte, so that no name is one.
        None => [&[0; 21], device.name.as_bytes()].concat(),
    };
    db.query_row(
        "INSERT INTO device(key, proved, name, folded, heard) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT(key) DO UPDATE SET
            name = iif(excluded.heard >= heard, excluded.name, name),
            folded = iif(excluded.heard >= heard, excluded.folded, folded),
            heard = max(excluded.heard, heard)
         RETURNING id",
        (key, proved, &device.name, fold::fold(device.name.trim()), heard),
        |row| row.get(0),
    )
}

/// Unless some transfer is with it.
pub fn forget_device(db: &Connection, device: i64) -> rusqlite::Result<()> {
    let none_left =
        "DELETE FROM device WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM transfer WHERE device = ?1)";
    db.execute(none_left, [device]).map(drop)
}

/// What there is of a row when it is recorded again.
struct There {
    id: i64,
    settled: Settled,
    size: i64,
    kind: i64,
    /// Something was done to it after it had come.
    later: bool,
}

/// What a row is made of.
struct New<'a> {
    mark: Option<i64>,
    name: &'a str,
    folder: &'a str,
    size: i64,
    kind: ContentKind,
    place: Option<&'a std::path::Path>,
    settled: &'a Settled,
}

/// One file, as it is put into the tables.
pub struct File<'a> {
    /// As it was offered.
    pub path: &'a str,
    pub at: Option<&'a std::path::Path>,
    /// In bytes; -1 where it was never known.
    pub size: i64,
    pub kind: ContentKind,
    pub settled: &'a Settled,
}

/// Puts rows of one transfer into the tables.
pub struct Rows<'a> {
    db: &'a Connection,
    record: &'a TransferRecord,
    known: Known,
    words: Words<'a>,
    find: Statement<'a>,
    file: Statement<'a>,
    detail: Statement<'a>,
    /// The last row number that was given out.
    last: Option<i64>,
}

impl<'a> Rows<'a> {
    pub fn new(db: &'a Connection, record: &'a TransferRecord, known: Known) -> rusqlite::Result<Self> {
        let find =
            "SELECT file.id, name, folder, became, screened, screening, digest, side, why, size, kind, later
            FROM file JOIN detail USING (id) WHERE transfer = ?1 AND mark = ?2";
        let file =
            "INSERT INTO file(id, text, size, kind, direction, device, became, screened, transfer, mark)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let detail = "INSERT INTO detail(id, name, folder, place, digest, side, why, screening)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let [find, file, detail] = [find, file, detail].map(|sql| db.prepare(sql));
        let words = Words::new(db)?;
        Ok(Self { db, record, known, words, find: find?, file: file?, detail: detail?, last: None })
    }

    /// A file as it is recorded.
    pub fn entry(&mut self, FileEntry { record, kind }: &FileEntry) -> rusqlite::Result<()> {
        self.file(&File {
            path: &record.path,
            at: record.at.as_deref(),
            size: size(record.size),
            kind: *kind,
            settled: &Settled::of(&record.fate),
        })
    }

    /// A file, whose newest fate this is.
    pub fn file(&mut self, file: &File<'_>) -> rusqlite::Result<()> {
        let &File { path, at, size, kind, settled } = file;
        let (name, folder) = parts(path);
        let new = New { mark: Some(mark(path)), name, folder, size, kind, place: at, settled };
        match self.there(&new)? {
            Some(there) if there.is_as(&new) || there.has_gone_on_from(&new) => self.complete(&there, &new),
            Some(there) => {
                self.remove(there.id)?;
                self.insert(&new)
            }
            None => self.insert(&new),
        }
    }

    /// The transfer itself, where it has no files.
    pub fn whole(&mut self) -> rusqlite::Result<()> {
        let of_it = "SELECT id, mark IS NULL, became, (SELECT name FROM detail WHERE detail.id = file.id)
            FROM file WHERE transfer = ?1 ORDER BY mark LIMIT 1";
        let became = Became::of_whole(self.record.ending);
        let there = self.db.query_row(of_it, [self.known.transfer], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, bool>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, String>(3)?,
            ))
        });
        match there.optional()? {
            Some((_, false, ..)) => return Ok(()),
            Some((_, true, same, name)) if same == became.code() && name == self.record.called => {
                return Ok(());
            }
            Some((id, true, ..)) => self.remove(id)?,
            None => {}
        }
        let settled = Settled { became, screening: Screening::Off, digest: None, side: None, why: None };
        self.insert(&New {
            mark: None,
            name: &self.record.called,
            folder: "",
            size: size(None),
            kind: ContentKind::Other,
            place: None,
            settled: &settled,
        })
    }

    /// Takes away what stood for its files while none was known.
    pub fn no_whole(&mut self) -> rusqlite::Result<()> {
        let whole = "SELECT id FROM file WHERE transfer = ?1 AND mark IS NULL";
        let there = self.db.query_row(whole, [self.known.transfer], |row| row.get(0)).optional()?;
        there.map_or(Ok(()), |id| self.remove(id))
    }

    fn there(&mut self, new: &New<'_>) -> rusqlite::Result<Option<There>> {
        let mut rows = self.find.query((self.known.transfer, new.mark))?;
        while let Some(row) = rows.next()? {
            if row.get_ref(1)?.as_str()? == new.name && row.get_ref(2)?.as_str()? == new.folder {
                let kept = row.get_ref(5)?.as_str_or_null()?;
                let side = row.get::<_, Option<i64>>(7)?;
                return Ok(Some(There {
                    id: row.get(0)?,
                    settled: Settled {
                        became: Became::of_code(row.get(3)?),
                        screening: Settled::read(row.get(4)?, kept),
                        digest: row.get::<_, Option<[u8; 32]>>(6)?.map(Digest),
                        side: side.map(Side::of_code),
                        why: row.get(8)?,
                    },
                    size: row.get(9)?,
                    kind: row.get(10)?,
                    later: row.get(11)?,
                }));
            }
        }
        Ok(None)
    }

    /// The same again, of which more may be known.
    fn complete(&mut self, there: &There, new: &New<'_>) -> rusqlite::Result<()> {
        if new.place.is_some() || new.settled.digest != there.settled.digest {
            let more =
                "UPDATE detail SET place = coalesce(?2, place), digest = coalesce(?3, digest) WHERE id = ?1";
            self.db.execute(more, (there.id, place::kept(new.place), new.settled.digest.map(|d| d.0)))?;
        }
        let kind = new.kind.code();
        if new.kind != ContentKind::Other && kind != there.kind {
            self.db.execute("UPDATE file SET kind = ?2 WHERE id = ?1", [there.id, kind])?;
            index_again(self.db, "id = ?1", there.id)?;
        }
        Ok(())
    }

    fn insert(&mut self, new: &New<'_>) -> rusqlite::Result<()> {
        let id = self.number()?;
        let text = fold::row(new.name, new.folder, &self.record.device.name);
        let chosen = Chosen {
            id,
            text: &text,
            kind: new.kind.code(),
            direction: self.record.direction.code(),
            device: self.known.device,
            became: new.settled.became.code(),
            screened: Screened::of(&new.settled.screening).code(),
        };
        let Chosen { kind, direction, device, became, screened, .. } = chosen;
        let transfer = self.known.transfer;
        self.file
            .execute((id, &text, new.size, kind, direction, device, became, screened, transfer, new.mark))?;
        let Settled { screening, digest, side, why, .. } = new.settled;
        self.detail.execute((
            id,
            new.name,
            new.folder,
            place::kept(new.place),
            digest.map(|digest| digest.0),
            side.map(Code::code),
            why,
            Settled::kept(screening),
        ))?;
        self.words.insert(&chosen)
    }

    fn remove(&mut self, id: i64) -> rusqlite::Result<()> {
        self.words.remove(id)?;
        self.db.execute("DELETE FROM detail WHERE id = ?1", [id])?;
        self.db.execute("DELETE FROM file WHERE id = ?1", [id])?;
        Ok(())
    }

    /// The next free row number of the transfer’s second.
    fn number(&mut self) -> rusqlite::Result<i64> {
        let mut second = match self.last {
            // What comes after it in its second was free when it was looked for.
            Some(last) if (last + 1) % id::SECOND != 0 => {
                self.last = Some(last + 1);
                return Ok(last + 1);
            }
            Some(last) => last + 1,
            None => id::first(self.record.as_of),
        };
        loop {
            let next = schema::next_second(second);
            let newest = "SELECT max(id) FROM file WHERE id >= ?1 AND id < ?2";
            let newest: Option<i64> = self.db.query_row(newest, [second, next], |row| row.get(0))?;
            let free = newest.map_or(second, |newest| newest + 1);
            if free < next {
                self.last = Some(free);
                return Ok(free);
            }
            second = next;
        }
    }
}

impl There {
    /// True when what was done with that very file since it came is known already: another attempt only knows how it came.
    fn has_gone_on_from(&self, new: &New<'_>) -> bool {
        self.later
            && matches!(new.settled.became, Became::Stored | Became::Held | Became::Infected)
            && self.settled.digest.is_some()
            && self.settled.digest == new.settled.digest
    }

    /// True when nothing has become of it since.
    fn is_as(&self, new: &New<'_>) -> bool {
        let digest = new.settled.digest.or(self.settled.digest);
        let settled = Settled { digest, ..new.settled.clone() };
        // What is known first now, is no change.
        let known = Settled { digest: self.settled.digest.or(digest), ..self.settled.clone() };
        settled == known && self.size == new.size
    }
}
