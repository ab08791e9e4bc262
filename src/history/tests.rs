//! The history as who uses it sees it.

mod asked;
mod finding;
mod model;
mod recorded;
mod trouble;
mod waiting;

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Device, Ending, FileEntry, History, Order, Query, Reader, Row, TransferRecord};
use crate::model::{ContentKind, DeviceId, Digest, Direction, FileFate, FileRecord, Screening, TransferId};

/// Some second of 2026, and so many after it.
fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_790_000_000 + seconds)
}

fn device(number: u8, name: &str) -> Device {
    Device { id: Some(DeviceId::of_public_key(&[number])), name: name.to_owned() }
}

fn transfer(number: u8, seconds: u64) -> TransferRecord {
    TransferRecord {
        id: TransferId([number; 16]),
        direction: Direction::Receive,
        device: device(1, "Anna’s laptop"),
        called: "holiday and 2 more".to_owned(),
        began: at(0),
        as_of: at(seconds),
        ending: Ending::Complete,
        took: Duration::from_millis(1_500),
        bytes: 3_000_000,
        why: None,
    }
}

fn stored() -> FileFate {
    FileFate::Stored { digest: Some(Digest([7; 32])), screening: Screening::Off }
}

fn file(path: &str) -> FileEntry {
    FileEntry {
        record: FileRecord {
            path: path.to_owned(),
            at: Some(PathBuf::from("/home/anna/Downloads").join(path)),
            size: Some(1_000),
            fate: stored(),
        },
        kind: ContentKind::Picture,
    }
}

fn asking(words: &str) -> Query {
    Query { words: words.to_owned(), ..Query::default() }
}

/// All rows of an answer, page by page.
fn all(reader: &mut Reader, query: &Query, limit: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = reader.page(query, after.as_ref(), limit).unwrap();
        let is_full = page.rows.len() == limit;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return rows;
        }
        assert!(is_full, "a page that is not full goes on");
    }
}

fn names(reader: &mut Reader, query: &Query) -> Vec<String> {
    all(reader, query, 3).into_iter().map(|row| row.name).collect()
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A history with these files, all of one transfer.
fn with(paths: &[&str]) -> (tempfile::TempDir, History, Reader) {
    let home = home();
    let mut history = History::open(home.path()).unwrap();
    let files: Vec<_> = paths.iter().map(|path| file(path)).collect();
    history.record(&transfer(1, 10), &files).unwrap();
    let reader = Reader::open(home.path()).unwrap();
    (home, history, reader)
}

fn ordered(words: &str, order: Order) -> Query {
    Query { order, ..asking(words) }
}
