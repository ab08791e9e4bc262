//! Rows as they are shown, read by their numbers.
//!
//! Knows the tables that have what is shown. Must not know why those rows.

use rusqlite::{Connection, OptionalExtension as _};

use super::{
    code::{Code as _, id, time},
    fate::{Settled, mark, parts},
    place,
    record::{Device, Ending},
    row::{Became, Item, Row, RowId, TransferRow},
};
use crate::model::{ContentKind, DeviceId, Digest, Direction, Side, TransferId};

const COLUMNS: &str = "
    SELECT file.id, mark, detail.name, folder, place, size, kind, file.direction, proved, peer, became, screened,
        screening, digest, side, detail.why, transfer.key, began, ended, ending, took, bytes, transfer.why
    FROM file
    JOIN detail ON detail.id = file.id
    JOIN transfer ON transfer.id = file.transfer
    JOIN device ON device.id = file.device";

/// Those that are there, in the order they are asked for.
pub fn rows(db: &Connection, ids: impl Iterator<Item = i64>) -> rusqlite::Result<Vec<Row>> {
    let mut one = db.prepare(&format!("{COLUMNS} WHERE file.id = ?1"))?;
    let mut rows = Vec::new();
    for id in ids {
        rows.extend(one.query_row([id], read).optional()?);
    }
    Ok(rows)
}

/// The row of one file.
pub fn row_of(
    db: &Connection,
    transfer: TransferId,
    direction: Direction,
    path: &str,
) -> rusqlite::Result<Option<Row>> {
    let mut some = db.prepare(&format!(
        "{COLUMNS} WHERE transfer.key = ?1 AND transfer.direction = ?2 AND mark = ?3 AND detail.name = ?4 AND folder = ?5"
    ))?;
    let (name, folder) = parts(path);
    some.query_row((transfer.0, direction.code(), mark(path), name, folder), read).optional()
}

/// Devices, the one heard of last first.
pub fn devices(db: &Connection) -> rusqlite::Result<Vec<Device>> {
    let mut all = db.prepare("SELECT proved, name FROM device ORDER BY heard DESC, id DESC LIMIT 1000")?;
    let found = all.query_map((), |row| Ok(Device { id: device_id(row.get(0)?), name: row.get(1)? }))?;
    found.collect()
}

fn device_id(proved: Option<[u8; DeviceId::LEN]>) -> Option<DeviceId> {
    proved.map(DeviceId::from_bytes)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let number: i64 = row.get(0)?;
    let bytes = |column| row.get::<_, i64>(column).map(|bytes| u64::try_from(bytes).ok());
    let millis = |column| row.get::<_, i64>(column);
    Ok(Row {
        id: RowId(number),
        when: id::time(number),
        item: if row.get::<_, Option<i64>>(1)?.is_some() { Item::File } else { Item::Transfer },
        name: row.get(2)?,
        folder: row.get(3)?,
        place: place::read(row.get_ref(4)?),
        size: bytes(5)?,
        kind: ContentKind::of_code(row.get(6)?),
        direction: Direction::of_code(row.get(7)?),
        device: Device { id: device_id(row.get(8)?), name: row.get(9)? },
        became: Became::of_code(row.get(10)?),
        screening: Settled::read(row.get(11)?, row.get::<_, Option<String>>(12)?.as_deref()),
        digest: row.get::<_, Option<[u8; 32]>>(13)?.map(Digest),
        side: row.get::<_, Option<i64>>(14)?.map(Side::of_code),
        why: row.get(15)?,
        transfer: TransferRow {
            id: TransferId(row.get(16)?),
            began: time(millis(17)?),
            ended: row.get::<_, Option<i64>>(18)?.map(time),
            ending: Ending::of_code(row.get(19)?),
            took: std::time::Duration::from_millis(u64::try_from(millis(20)?).unwrap_or(0)),
            bytes: bytes(21)?.unwrap_or(0),
            why: row.get(22)?,
        },
    })
}
