//! What is recorded, and again.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{all, asking, at, device, file, home, names, stored, transfer, with};
use crate::{
    history::{
        Became, Device, DeviceIs, Ending, FileEntry, History, Item, Later, Noted, Query, Reader, Screened,
        TransferRecord, Which, base::FILE,
    },
    model::{
        Caught, ContentKind, Digest, Direction, FileFate, FileRecord, NotScanned, Screening, Side, TransferId,
    },
};

fn failed() -> FileFate {
    FileFate::Failed { side: Side::There, why: "It was locked there.".to_owned() }
}

#[test]
fn all_that_was_recorded_is_shown() {
    let home = home();
    let mut history = History::open(home.path()).unwrap();
    let record = TransferRecord {
        ending: Ending::Failed(Side::There),
        why: Some("Some files were not transferred.".to_owned()),
        ..transfer(3, 10)
    };
    let mut one = file("holiday/day 1/写真.jpg");
    one.record.fate = FileFate::Stored {
        digest: Some(Digest([9; 32])),
        screening: Screening::NotScanned(NotScanned::Busy),
    };
    let mut other = file("b.jpg");
    (other.record.fate, other.record.at, other.record.size) = (failed(), None, None);
    history.record(&record, &[one, other]).unwrap();

    let mut reader = Reader::open(home.path()).unwrap();
    let rows = all(&mut reader, &Query::default(), 9);
    let [other, one] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((one.name.as_str(), one.folder.as_str()), ("写真.jpg", "holiday/day 1"));
    assert_eq!(one.place.as_deref(), Some(Path::new("/home/anna/Downloads/holiday/day 1/写真.jpg")));
    assert_eq!((one.size, one.kind, one.item), (Some(1_000), ContentKind::Picture, Item::File));
    assert_eq!((one.when, one.became, one.digest), (at(10), Became::Stored, Some(Digest([9; 32]))));
    assert_eq!(one.screening, Screening::NotScanned(NotScanned::Busy));
    assert_eq!((one.direction, &one.device), (Direction::Receive, &record.device));
    assert_eq!(
        (other.became, other.side, other.place.clone(), other.size),
        (Became::Failed, Some(Side::There), None, None)
    );
    assert_eq!(other.why.as_deref(), Some("It was locked there."));
    let told = &one.transfer;
    assert_eq!((told.id, told.began, told.ended), (TransferId([3; 16]), at(0), Some(at(10))));
    assert_eq!((told.ending, &told.why, told.rate()), (record.ending, &record.why, Some(2_000_000.0)));
    assert_eq!(reader.row(one.id).unwrap().as_ref(), Some(one));
    let found = reader.row_of(record.id, Direction::Receive, "holiday/day 1/写真.jpg").unwrap();
    assert_eq!(found.as_ref(), Some(one));
    assert_eq!(reader.row_of(record.id, Direction::Send, "b.jpg").unwrap(), None);
}

#[test]
fn a_file_that_failed_and_is_stored_later_is_one_row_and_the_newest() {
    let (_home, mut history, mut reader) = with(&["a.jpg", "b.jpg"]);
    let mut again = file("a.jpg");
    again.record.fate = failed();
    history.record(&transfer(1, 20), &[again.clone()]).unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["a.jpg", "b.jpg"]);
    again.record.fate = stored();
    history.record(&transfer(1, 30), &[again]).unwrap();
    let rows = all(&mut reader, &asking("a.jpg"), 9);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].became, rows[0].when), (Became::Stored, at(30)));
    let stale = Query { outcome: Some(Became::Failed), ..asking("a.jpg") };
    assert_eq!(all(&mut reader, &stale, 9), []);
}

#[test]
fn the_same_again_changes_nothing_but_what_was_not_known() {
    let (_home, mut history, mut reader) = with(&["a.jpg"]);
    let first = all(&mut reader, &Query::default(), 9);
    let mut again = file("a.jpg");
    again.record.at = None;
    again.record.fate = FileFate::Stored { digest: None, screening: Screening::Off };
    again.kind = ContentKind::Other;
    history.record(&transfer(1, 20), &[again.clone()]).unwrap();
    let second = all(&mut reader, &Query::default(), 9);
    assert_eq!(
        (first[0].id, &first[0].place, first[0].digest),
        (second[0].id, &second[0].place, second[0].digest)
    );
    assert_eq!(first[0].kind, second[0].kind);
    again.kind = ContentKind::Video;
    history.record(&transfer(1, 20), &[again]).unwrap();
    let of = |kind| Query { kind: Some(kind), ..asking("jpg") };
    assert_eq!(names(&mut reader, &of(ContentKind::Video)), ["a.jpg"]);
    assert_eq!(names(&mut reader, &of(ContentKind::Picture)), [""; 0]);
}

#[test]
fn a_transfer_without_files_is_listed_itself_until_one_is_known() {
    let home = home();
    let mut history = History::open(home.path()).unwrap();
    let mut reader = Reader::open(home.path()).unwrap();
    let record = TransferRecord { ending: Ending::NotYet, ..transfer(1, 0) };
    history.record(&record, &[]).unwrap();
    let became = |reader: &mut Reader| -> Vec<_> {
        all(reader, &Query::default(), 9).into_iter().map(|row| (row.item, row.became, row.name)).collect()
    };
    let called = || "holiday and 2 more".to_owned();
    assert_eq!(became(&mut reader), [(Item::Transfer, Became::Unsettled, called())]);
    history.record(&TransferRecord { ending: Ending::Declined(Side::There), ..transfer(1, 5) }, &[]).unwrap();
    assert_eq!(became(&mut reader), [(Item::Transfer, Became::Declined, called())]);
    history.record(&record, &[file("a.jpg")]).unwrap();
    assert_eq!(became(&mut reader), [(Item::File, Became::Stored, "a.jpg".to_owned())]);
    history.record(&record, &[]).unwrap();
    assert_eq!(became(&mut reader), [(Item::File, Became::Stored, "a.jpg".to_owned())]);
}

#[test]
fn whoever_proves_who_it_is_later_is_one_device_from_then_on() {
    let home = home();
    let mut history = History::open(home.path()).unwrap();
    let mut reader = Reader::open(home.path()).unwrap();
    let unknown = Device { id: None, name: "192.0.2.7:4711".to_owned() };
    history.record(&TransferRecord { device: unknown, ..transfer(1, 0) }, &[file("a.jpg")]).unwrap();
    assert_eq!(names(&mut reader, &asking("192.0.2.7")), ["a.jpg"]);
    history.record(&transfer(1, 5), &[file("b.jpg")]).unwrap();
    let anna = device(1, "Anna’s laptop");
    assert_eq!(reader.devices().unwrap(), std::slice::from_ref(&anna));
    for device in [DeviceIs::Id(anna.id.unwrap()), DeviceIs::Called("ANNA’S laptop".to_owned())] {
        assert_eq!(
            names(&mut reader, &Query { device: Some(device), ..asking("laptop jpg") }),
            ["b.jpg", "a.jpg"]
        );
    }
    assert_eq!(names(&mut reader, &asking("192.0.2.7")), [""; 0]);
}

#[test]
fn a_held_file_is_found_by_what_a_later_check_says() {
    let (_home, mut history, mut reader) = with(&["a.jpg", "b.jpg"]);
    let id = all(&mut reader, &asking("a.jpg"), 9)[0].id;
    let found = |reader: &mut Reader, outcome, screening| {
        let query = Query { outcome: Some(outcome), screening: Some(screening), ..Query::default() };
        names(reader, &query) == ["a.jpg"]
    };
    let at = || PathBuf::from("/elsewhere/a.jpg");
    let (infected, busy) = (Screening::Infected("X".to_owned()), Screening::NotScanned(NotScanned::Busy));
    let let_in = |screening: &Screening| Later::LetIn { at: at(), screening: screening.clone() };
    let stuck = Later::Stuck { at: at(), found: "X".to_owned(), why: "No.".to_owned() };
    for (later, became, screened, place) in [
        (Later::KeptApart(Caught::Held(NotScanned::Starting)), Became::Held, Screened::NotScanned, None),
        (Later::KeptApart(Caught::Infected("X".to_owned())), Became::Infected, Screened::Infected, None),
        (Later::Deleted, Became::Infected, Screened::Infected, None),
        (let_in(&infected), Became::Stored, Screened::Infected, Some(at())),
        (let_in(&busy), Became::Stored, Screened::NotScanned, Some(at())),
        (stuck, Became::Stored, Screened::Infected, Some(at())),
    ] {
        history.later(&Which::Row(id), &later).unwrap();
        let row = reader.row(id).unwrap().unwrap();
        assert_eq!((row.place, row.digest), (place, Some(Digest([7; 32]))), "{later:?}");
        assert!(found(&mut reader, became, screened), "{later:?}");
    }
}

#[test]
fn a_second_that_is_full_goes_on_in_the_next() {
    let (home, mut history, mut reader) = with(&["a.jpg"]);
    let db = Connection::open(home.path().join(FILE)).unwrap();
    db.execute_batch(
        "PRAGMA foreign_keys = OFF; UPDATE file SET id = id + 131071; UPDATE detail SET id = id + 131071;",
    )
    .unwrap();
    history.record(&transfer(2, 10), &[file("b.jpg"), file("c.jpg")]).unwrap();
    let rows = all(&mut reader, &Query::default(), 9);
    let rows: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.when)).collect();
    assert_eq!(rows, [("c.jpg", at(11)), ("b.jpg", at(11)), ("a.jpg", at(10))]);
}

#[test]
fn where_nothing_is_kept_nothing_is_found_until_something_is() {
    let home = home();
    let mut reader = Reader::open(home.path()).unwrap();
    assert_eq!(names(&mut reader, &asking("")), [""; 0]);
    assert!(!home.path().join(FILE).exists(), "who reads makes nothing");
    let mut history = History::open(home.path()).unwrap();
    history.record(&transfer(1, 0), &[file("a.jpg")]).unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["a.jpg"]);
}

#[test]
fn what_is_done_with_a_file_after_it_came_is_told_where_it_is_listed() {
    let (home, mut history, mut reader) = with(&["a/b.jpg", "b.jpg"]);
    let which = |path: &str| Which::Received { transfer: transfer(1, 0).id, path: path.to_owned() };
    let digest = Some(Digest([7; 32]));
    let infected = || FileFate::Infected { digest, name: "X".to_owned() };
    let caught = FileEntry {
        record: FileRecord { at: None, fate: infected(), ..file("a/b.jpg").record },
        ..file("a/b.jpg")
    };
    history.record(&transfer(1, 20), std::slice::from_ref(&caught)).unwrap();
    let id = all(&mut reader, &asking("a/b.jpg"), 9)[0].id;
    let now = |reader: &mut Reader| {
        let row = reader.row(id).unwrap().unwrap();
        (row.became, row.screening, row.place, row.why, row.digest)
    };
    let found = || Screening::Infected("X".to_owned());
    assert_eq!(now(&mut reader), (Became::Infected, found(), None, None, digest));

    let held = Later::KeptApart(Caught::Held(NotScanned::Busy));
    assert_eq!(history.later(&which("a/b.jpg"), &held).unwrap(), Noted::Changed);
    let busy = || Screening::NotScanned(NotScanned::Busy);
    assert_eq!(now(&mut reader), (Became::Held, busy(), None, None, digest));
    let at = PathBuf::from("/in/b (1).jpg");
    let let_in = Later::LetIn { at: at.clone(), screening: Screening::Clean };
    history.later(&which("a/b.jpg"), &let_in).unwrap();
    let stands = (Became::Stored, Screening::Clean, Some(at), None, digest);
    assert_eq!(now(&mut reader), stands);
    let clean = Query { screening: Some(Screened::Clean), ..Query::default() };
    assert_eq!(names(&mut reader, &clean), ["b.jpg"], "it is found by that, and the other is not");

    // What is stuck has a reason, until it isn't any more.
    let at = PathBuf::from("/in/b (1).jpg");
    let stuck = Later::Stuck { at: at.clone(), found: "X".to_owned(), why: "No.".to_owned() };
    history.later(&Which::Row(id), &stuck).unwrap();
    let (became, screening, place, why, _) = now(&mut reader);
    assert_eq!((became, screening, place), (Became::Stored, found(), Some(at)));
    assert!(why.unwrap().ends_with(": No."));
    history.later(&Which::Row(id), &let_in).unwrap();
    assert_eq!(now(&mut reader), stands);

    // Another attempt at the transfer only knows that it was kept apart once.
    history.record(&transfer(1, 30), std::slice::from_ref(&caught)).unwrap();
    assert_eq!(now(&mut reader), stands);
    let unseen = FileFate::Stored { digest, screening: Screening::NotScanned(NotScanned::Busy) };
    let as_it_came = FileEntry { record: FileRecord { fate: unseen, ..caught.record.clone() }, ..caught };
    history.record(&transfer(1, 35), &[as_it_came]).unwrap();
    assert_eq!(now(&mut reader), stands);
    // But another file under that path is another file.
    let mut other = caught;
    other.record.fate = FileFate::Infected { digest: Some(Digest([8; 32])), name: "X".to_owned() };
    history.record(&transfer(1, 40), &[other]).unwrap();
    assert_eq!(reader.row(id).unwrap(), None);
    let row = all(&mut reader, &asking("a/b.jpg"), 9).remove(0);
    assert_eq!(row.became, Became::Infected);
    assert_eq!(history.later(&Which::Row(row.id), &Later::Deleted).unwrap(), Noted::Changed);
    let row = reader.row(row.id).unwrap().unwrap();
    assert_eq!((row.became, row.screening, row.place), (Became::Infected, found(), None));
    assert!(row.why.unwrap().contains("deleted"));

    // Of what is not listed, nothing is told.
    for nobody in [which("gone.jpg"), Which::Row(id)] {
        assert_eq!(history.later(&nobody, &Later::Deleted).unwrap(), Noted::NoSuchRow);
    }
    let sent = TransferRecord { direction: Direction::Send, ..transfer(2, 0) };
    history.record(&sent, &[file("a.jpg")]).unwrap();
    let of_sent = Which::Received { transfer: sent.id, path: "a.jpg".to_owned() };
    assert_eq!(history.later(&of_sent, &Later::Deleted).unwrap(), Noted::NoSuchRow);
    drop(home);
}
