//! A history that is damaged, or that somebody reads, while a person removes something from it.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use airlift::{
    history::{Count, Device as Other, Ending, FileEntry, History, Query, Reader, TransferRecord},
    model::{ContentKind, Direction, FileFate, FileRecord, TransferId},
};
use rusqlite::Connection;

use crate::harness::{Device, Running};

/// A home in which so many files are recorded.
fn with(files: u64) -> Device {
    let device = Device::new();
    fs::create_dir_all(device.home()).unwrap();
    let transfer = TransferRecord {
        id: TransferId([1; 16]),
        direction: Direction::Receive,
        device: Other { id: None, name: "Anna".to_owned() },
        called: "a".to_owned(),
        began: SystemTime::now(),
        as_of: SystemTime::now(),
        ending: Ending::Complete,
        took: Duration::from_secs(1),
        bytes: files,
        why: None,
    };
    let entry = |n| {
        let fate = FileFate::Already { digest: None };
        let record = FileRecord { path: format!("{n:04}.txt"), at: None, size: Some(n), fate };
        FileEntry { record, kind: ContentKind::Text }
    };
    let files: Vec<_> = (0..files).map(entry).collect();
    History::open(&device.home()).unwrap().record(&transfer, &files).unwrap();
    device
}

fn raw(home: &Path) -> Connection {
    Connection::open(home.join(History::FILE)).unwrap()
}

/// Writes over what only who removes something looks at.
fn damage(home: &Path) {
    let db = raw(home);
    let page: u32 = db
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'state'", (), |row| row.get(0))
        .unwrap();
    drop(db);
    let file = home.join(History::FILE);
    let mut bytes = fs::read(&file).unwrap();
    bytes[(page as usize - 1) * 4096..page as usize * 4096].fill(0x5a);
    fs::write(&file, bytes).unwrap();
}

fn text(device: &Device, args: &[&str]) -> (String, String, i32) {
    Running::start(&mut device.command(args)).text()
}

#[test]
fn that_a_damaged_history_is_kept_aside_is_said_once_and_not_of_one_that_was_cleared() {
    let device = with(3);
    damage(&device.home());
    let remove = ["history", "remove", "--words", "txt", "--yes"];
    let (_, wrong, code) = text(&device, &remove);
    let kept = device.home().join("history.db.damaged");
    assert!(kept.exists() && wrong.contains(kept.to_str().unwrap()), "{wrong}");
    assert_eq!((wrong.matches("The history was damaged.").count(), code), (1, 0), "{wrong}");
    let (shown, wrong, _) = text(&device, &remove);
    assert!(shown.contains("Nothing in the history fits") && wrong.is_empty(), "{wrong}");

    let device = with(3);
    damage(&device.home());
    let (_, wrong, code) = text(&device, &["history", "clear", "--yes"]);
    assert_eq!((wrong.as_str(), code), ("", 0));
    let kept = fs::read_dir(device.home()).unwrap().map(|item| item.unwrap().file_name());
    assert!(
        !kept.into_iter().any(|name| name.to_str().unwrap().contains("damaged")),
        "nothing is left of it"
    );
}

#[test]
fn all_that_fits_goes_though_somebody_reads_and_its_traces_go_after_that() {
    let device = with(1203);
    let reading = raw(&device.home());
    reading.execute_batch("BEGIN; SELECT * FROM file").unwrap();
    let (_, wrong, code) = text(&device, &["history", "remove", "--words", "txt", "--yes"]);
    assert!(code == 1 && wrong.contains("Another program uses the history just now."), "{wrong}");
    let left = Reader::open(&device.home()).unwrap().count(&Query::default()).unwrap();
    assert_eq!(left, Count::Exactly(0));
}
