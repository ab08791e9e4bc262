//! What is recorded of many files at once, as it waits in the file to be put into the tables: whoever records is in a
//! hurry, and whoever reads or has nothing else to do is not.
//!
//! Knows one table, and what is kept in it. What waits there was recorded before anything that is recorded after it, and is
//! put in before anybody reads or changes what is in the other tables. Must not know when that is.

use std::{ffi::OsString, path::Path, time::Duration};

use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};

use super::{
    code::{Code, millis, size, time},
    fate::Settled,
    insert::{self, File, Rows},
    record::{Device, Ending, FileEntry, TransferRecord},
    row::{Became, Screened},
};
use crate::model::{ContentKind, DeviceId, Digest, Direction, Side, TransferId};

/// Files of one row.
const AT_ONCE: usize = 1000;

/// One row. Words stand in it as numbers, as they do in the tables. It is never changed either: what is to be kept in another
/// form needs a table of its own.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    id: [u8; 16],
    direction: i64,
    device: Option<[u8; DeviceId::LEN]>,
    name: &'a str,
    called: &'a str,
    began: i64,
    as_of: i64,
    ending: i64,
    took: u64,
    bytes: u64,
    why: Option<&'a str>,
    #[serde(borrow)]
    files: Vec<KeptFile<'a>>,
}

#[derive(Serialize, Deserialize)]
struct KeptFile<'a> {
    path: &'a str,
    at: Option<OsString>,
    size: Option<u64>,
    kind: i64,
    became: i64,
    screened: i64,
    screening: Option<String>,
    digest: Option<[u8; 32]>,
    side: Option<i64>,
    why: Option<String>,
}

/// Whether anything waits. What is recorded after it has to wait, too.
pub fn is_any(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM waiting)", (), |row| row.get(0))
}

/// Has it wait.
pub fn add(db: &Connection, transfer: &TransferRecord, files: &[FileEntry]) -> rusqlite::Result<()> {
    let mut row = db.prepare("INSERT INTO waiting(record) VALUES (?1)")?;
    let mut add = |files: &[FileEntry]| {
        let record = postcard::to_stdvec(&kept(transfer, files))
            .map_err(|why| rusqlite::Error::ToSqlConversionFailure(Box::new(why)))?;
        row.execute([record]).map(drop)
    };
    if files.is_empty() {
        return add(files);
    }
    files.chunks(AT_ONCE).try_for_each(add)
}

/// Puts the oldest row into the tables. False where there is none.
pub fn put_in(db: &Connection) -> rusqlite::Result<bool> {
    let oldest = db.query_row("SELECT id, record FROM waiting ORDER BY id LIMIT 1", (), |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
    });
    let Some((id, record)) = oldest.optional()? else { return Ok(false) };
    match postcard::from_bytes::<Kept<'_>>(&record) {
        Ok(kept) => kept.record(db)?,
        // The file is what it was, or its pages would not be read: nobody can say more of it.
        Err(why) => {
            tracing::warn!(%why, "some of what waited in the history can't be read, and is let go of");
        }
    }
    db.execute("DELETE FROM waiting WHERE id = ?1", [id])?;
    Ok(true)
}

fn kept<'a>(transfer: &'a TransferRecord, files: &'a [FileEntry]) -> Kept<'a> {
    Kept {
        id: transfer.id.0,
        direction: transfer.direction.code(),
        device: transfer.device.id.map(|id| *id.as_bytes()),
        name: &transfer.device.name,
        called: &transfer.called,
        began: millis(transfer.began),
        as_of: millis(transfer.as_of),
        ending: transfer.ending.code(),
        took: u64::try_from(transfer.took.as_millis()).unwrap_or(u64::MAX),
        bytes: transfer.bytes,
        why: transfer.why.as_deref(),
        files: files.iter().map(KeptFile::of).collect(),
    }
}

impl<'a> KeptFile<'a> {
    fn of(FileEntry { record, kind }: &'a FileEntry) -> Self {
        let Settled { became, screening, digest, side, why } = Settled::of(&record.fate);
        Self {
            path: &record.path,
            at: record.at.as_ref().map(|at| at.clone().into_os_string()),
            size: record.size,
            kind: kind.code(),
            became: became.code(),
            screened: Screened::of(&screening).code(),
            screening: Settled::kept(&screening),
            digest: digest.map(|digest| digest.0),
            side: side.map(Code::code),
            why,
        }
    }

    fn settled(&self) -> Settled {
        Settled {
            became: Became::of_code(self.became),
            screening: Settled::read(self.screened, self.screening.as_deref()),
            digest: self.digest.map(Digest),
            side: self.side.map(Side::of_code),
            why: self.why.clone(),
        }
    }
}

impl Kept<'_> {
    fn record(&self, db: &Connection) -> rusqlite::Result<()> {
        let transfer = TransferRecord {
            id: TransferId(self.id),
            direction: Direction::of_code(self.direction),
            device: Device { id: self.device.map(DeviceId::from_bytes), name: self.name.to_owned() },
            called: self.called.to_owned(),
            began: time(self.began),
            as_of: time(self.as_of),
            ending: Ending::of_code(self.ending),
            took: Duration::from_millis(self.took),
            bytes: self.bytes,
            why: self.why.map(str::to_owned),
        };
        let known = insert::transfer(db, &transfer)?;
        let mut rows = Rows::new(db, &transfer, known)?;
        if self.files.is_empty() {
            return rows.whole();
        }
        rows.no_whole()?;
        self.files.iter().try_for_each(|file| {
            rows.file(&File {
                path: file.path,
                at: file.at.as_deref().map(Path::new),
                size: size(file.size),
                kind: ContentKind::of_code(file.kind),
                settled: &file.settled(),
            })
        })
    }
}
