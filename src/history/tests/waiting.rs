//! What is recorded in a hurry, and put into the tables by whoever comes next.

use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use rusqlite::Connection;

use super::{all, asking, at, file, home, names, transfer};
use crate::{
    history::{
        Became, Count, Device, Ending, FileEntry, HistoryError, Later, Left, Noted, Query, Reader,
        TransferRecord, Which, base::FILE, writer::History,
    },
    model::{ContentKind, Digest, FileFate, FileRecord, NotScanned, Screening, Side, TransferId},
};

/// A history in which everything waits.
fn hurried(home: &std::path::Path) -> History {
    let mut history = History::open(home).unwrap();
    history.at_once = 0;
    history
}

fn raw(home: &std::path::Path) -> Connection {
    Connection::open(home.join(FILE)).unwrap()
}

fn count(home: &std::path::Path, table: &str) -> i64 {
    raw(home).query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).unwrap()
}

fn many(number: usize) -> Vec<FileEntry> {
    (0..number).map(|n| file(&format!("trip/{n:05}.jpg"))).collect()
}

#[test]
fn many_files_wait_and_few_do_not_unless_something_waits_before_them() {
    let home = home();
    let mut history = History::open(home.path()).unwrap();
    assert_eq!(history.record(&transfer(1, 1), &many(1000)).unwrap(), Left::Nothing);
    assert_eq!((count(home.path(), "waiting"), count(home.path(), "file")), (0, 1000));
    assert_eq!(history.record(&transfer(2, 2), &many(2001)).unwrap(), Left::More);
    assert_eq!(history.record(&transfer(3, 2), &[file("last.jpg")]).unwrap(), Left::More);
    assert_eq!((count(home.path(), "waiting"), count(home.path(), "file")), (4, 1000));
    for rows in [2000, 3000, 3001, 3002] {
        assert_eq!(history.put_in().unwrap(), Left::More);
        assert_eq!(count(home.path(), "file"), rows);
    }
    assert_eq!(history.put_in().unwrap(), Left::Nothing);
    assert_eq!(history.record(&transfer(3, 3), &[file("after.jpg")]).unwrap(), Left::Nothing);
    history.mend().unwrap();
    assert_eq!(history.damage(), None);
}

#[test]
fn what_waits_is_what_it_would_have_been() {
    let settled = [
        FileFate::Stored { digest: Some(Digest([1; 32])), screening: Screening::Clean },
        FileFate::Stored { digest: None, screening: Screening::NotScanned(NotScanned::TooLarge) },
        FileFate::Already { digest: Some(Digest([2; 32])) },
        FileFate::Held {
            digest: Some(Digest([3; 32])), why: NotScanned::Failed("It’s “down”.".to_owned())
        },
        FileFate::Infected { digest: None, name: "Eins.Zwei".to_owned() },
        FileFate::Failed { side: Side::There, why: "No room.".to_owned() },
        FileFate::LeftOut,
    ];
    let places = [None, Some("/in/写真.jpg".into()), Some(odd())];
    let entry = |(n, fate): (usize, FileFate)| FileEntry {
        record: FileRecord {
            path: format!("写/{n}.jpg"),
            at: places[n % 3].clone(),
            size: [None, Some(0), Some(u64::MAX >> 1)][n % 3],
            fate,
        },
        kind: ContentKind::ALL[n],
    };
    let files: Vec<_> = settled.into_iter().enumerate().map(entry).collect();
    let guest = Device { id: None, name: "Guest 写".to_owned() };
    let record = TransferRecord {
        device: guest,
        ending: Ending::Failed(Side::There),
        why: Some("It was full.".to_owned()),
        ..transfer(7, 9)
    };
    let [now, later] = [1000, 0].map(|at_once| {
        let home = home();
        let mut history = History::open(home.path()).unwrap();
        history.at_once = at_once;
        history.record(&record, &files).unwrap();
        history.record(&transfer(8, 9), &[]).unwrap();
        all(&mut Reader::open(home.path()).unwrap(), &Query::default(), 50)
    });
    assert_eq!(now.len(), 8);
    assert_eq!(now, later);
}

/// A path that is no text, where there are such.
fn odd() -> std::path::PathBuf {
    #[cfg(unix)]
    return <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(b"/in/\xff.jpg".to_vec())
        .into();
    #[cfg(not(unix))]
    return "/in/x.jpg".into();
}

#[test]
fn whoever_changes_something_changes_what_waits_too() {
    let home = home();
    let mut history = hurried(home.path());
    history.record(&transfer(1, 5), &[file("a.jpg"), file("b.jpg")]).unwrap();
    let which = Which::Received { transfer: TransferId([1; 16]), path: "a.jpg".to_owned() };
    assert_eq!(history.later(&which, &Later::Deleted).unwrap(), Noted::Changed);

    history.record(&transfer(2, 15), &[file("c.jpg")]).unwrap();
    assert_eq!(history.forget_before(at(10)).unwrap(), 2);
    let mut reader = Reader::open(home.path()).unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["c.jpg"]);

    let row = reader.page(&Query::default(), None, 1).unwrap().rows.remove(0);
    history.record(&transfer(2, 16), &[file("c.jpg"), file("d.jpg")]).unwrap();
    assert_eq!(history.remove(&[row.id]).unwrap(), 1);
    assert_eq!(names(&mut reader, &asking("")), ["d.jpg"]);
}

#[test]
fn nothing_is_left_of_what_waited_when_everything_is_removed() {
    let home = home();
    let mut history = hurried(home.path());
    history.record(&transfer(1, 5), &[file("Secretname.jpg")]).unwrap();
    let holds = |words: &str| {
        let files = fs::read_dir(home.path()).unwrap().map(|item| fs::read(item.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(words.len()).any(|window| window == words.as_bytes()))
    };
    assert!(holds("Secretname"), "no longer worth a test");
    history.clear().unwrap();
    assert!(!holds("Secretname"));
    assert_eq!((count(home.path(), "waiting"), count(home.path(), "file")), (0, 0));
    // What was put in is not left where it waited, either.
    history.record(&transfer(1, 5), &[file("Secretname.jpg")]).unwrap();
    history.put_all_in(&|| true).unwrap();
    let row = Reader::open(home.path()).unwrap().page(&Query::default(), None, 1).unwrap().rows.remove(0);
    history.remove(&[row.id]).unwrap();
    assert!(!holds("Secretname"));
}

#[test]
fn several_put_in_at_once_what_several_record_and_each_file_is_there_once() {
    const EACH: u32 = 40;
    let home = home();
    drop(hurried(home.path()));
    thread::scope(|scope| {
        for number in 1..3u8 {
            let home = home.path();
            scope.spawn(move || {
                let mut history = hurried(home);
                for n in 0..EACH {
                    let name = format!("of-{number}-{n}.jpg");
                    history.record(&transfer(number, n.into()), &[file(&name)]).unwrap();
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                let mut reader = Reader::open(home.path()).unwrap();
                while reader.count(&asking("of jpg")).unwrap() != Count::Exactly(u64::from(2 * EACH)) {}
            });
        }
    });
    assert_eq!(count(home.path(), "file"), i64::from(2 * EACH));
    let mut history = History::open(home.path()).unwrap();
    history.mend().unwrap();
    assert_eq!(history.damage(), None);
}

#[test]
fn who_reads_while_somebody_else_writes_is_answered_with_what_is_in_the_tables() {
    let home = home();
    let mut history = hurried(home.path());
    history.record(&transfer(1, 1), &[file("a.jpg")]).unwrap();
    history.put_all_in(&|| true).unwrap();
    history.record(&transfer(2, 2), &[file("b.jpg")]).unwrap();
    let mut reader = Reader::open(home.path()).unwrap();
    let other = raw(home.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["a.jpg"]);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["b.jpg", "a.jpg"]);
}

#[test]
fn what_can_not_be_read_of_what_waits_is_let_go_of_and_the_rest_is_there() {
    let home = home();
    let mut history = hurried(home.path());
    for number in 1..4u8 {
        history.record(&transfer(number, u64::from(number)), &[file(&format!("{number}.jpg"))]).unwrap();
    }
    for garbage in [&b""[..], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
        raw(home.path()).execute("INSERT INTO waiting(record) VALUES (?1)", [garbage]).unwrap();
    }
    raw(home.path()).execute("UPDATE waiting SET record = substr(record, 1, 60) WHERE id = 2", ()).unwrap();
    let mut reader = Reader::open(home.path()).unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["3.jpg", "1.jpg"]);
    assert_eq!(count(home.path(), "waiting"), 0);
    assert_eq!(reader.page(&Query::default(), None, 1).unwrap().rows[0].became, Became::Stored);
}

#[test]
fn who_does_not_want_to_know_any_more_is_stopped_and_what_was_put_in_until_then_stays() {
    let home = home();
    let mut history = hurried(home.path());
    for number in 1..6u8 {
        history.record(&transfer(number, u64::from(number)), &[file(&format!("{number}.jpg"))]).unwrap();
    }
    let asked = AtomicU32::new(0);
    let is_wanted = move || asked.fetch_add(1, Ordering::Relaxed) < 2;
    let mut reader = Reader::open_while(home.path(), is_wanted).unwrap();
    let stopped = reader.page(&Query::default(), None, 9);
    assert!(matches!(stopped, Err(HistoryError::Interrupted)), "{stopped:?}");
    assert_eq!((count(home.path(), "waiting"), count(home.path(), "file")), (3, 2));
    let mut reader = Reader::open(home.path()).unwrap();
    assert_eq!(names(&mut reader, &asking("")).len(), 5);
}

#[test]
fn who_may_not_write_reads_what_is_in_the_tables() {
    let home = home();
    let mut history = hurried(home.path());
    history.record(&transfer(1, 1), &[file("a.jpg")]).unwrap();
    history.put_all_in(&|| true).unwrap();
    history.record(&transfer(2, 2), &[file("b.jpg")]).unwrap();
    // A folder in its place: nobody can take it.
    fs::remove_file(home.path().join("history.lock")).unwrap();
    fs::create_dir(home.path().join("history.lock")).unwrap();
    let mut reader = Reader::open(home.path()).unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["a.jpg"]);
}
