//! The thread that writes, without the thread.

use super::*;
use crate::{
    engine::{
        Snapshot,
        cards::DeviceCard,
        handle::{EngineEnd, seam},
    },
    history::{Became, Device, Ending, Query, Reader, Row},
    model::{DeviceId, DeviceName, Digest, Direction, Screening},
    settings::Settings,
};

const ID: TransferId = TransferId([1; 16]);

fn record() -> Work {
    let transfer = TransferRecord {
        id: ID,
        direction: Direction::Receive,
        device: Device { id: None, name: "Anna".to_owned() },
        called: "a".to_owned(),
        began: SystemTime::UNIX_EPOCH,
        as_of: SystemTime::UNIX_EPOCH,
        ending: Ending::Complete,
        took: Duration::ZERO,
        bytes: 0,
        why: None,
    };
    let fate = FileFate::Infected { digest: Some(Digest([7; 32])), name: "X".to_owned() };
    let file = FileRecord { path: "a/b".to_owned(), at: None, size: Some(5), fate };
    Work::Record { transfer: Box::new(transfer), files: vec![file] }
}

fn let_in(transfer: TransferId) -> Work {
    let which = Which::Received { transfer, path: "a/b".to_owned() };
    let later = Later::LetIn { at: "/in/b".into(), screening: Screening::Infected("X".to_owned()) };
    Work::Later { which, later }
}

fn engine() -> EngineEnd {
    let id = DeviceId::of_public_key(b"x");
    let device = DeviceCard { id, name: DeviceName::parse("x").unwrap() };
    seam(Snapshot::new(device, Settings::default()), Arc::new(|| {})).1
}

/// What is written of that, one after the other, and what a face is told.
fn written(home: &Path, work: Vec<Work>) -> (Vec<Row>, Option<Problem>) {
    let end = engine();
    let queue = Arc::<Queue>::default();
    let writing = Writing::new(home, Arc::clone(&queue), &end.publisher);
    for work in work {
        queue.push(work);
    }
    queue.close();
    writing.run();
    let rows = Reader::open(home).and_then(|mut reader| reader.page(&Query::default(), None, 9));
    (rows.map(|page| page.rows).unwrap_or_default(), end.publisher.snapshot().unrecorded.clone())
}

#[test]
fn what_is_done_with_a_file_before_its_transfer_is_recorded_is_told_once_it_is() {
    for work in [vec![record(), let_in(ID)], vec![let_in(ID), record()], vec![let_in(ID), record(), record()]]
    {
        let home = tempfile::tempdir().unwrap();
        let (rows, told) = written(home.path(), work);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(
            (rows[0].became, rows[0].place.as_deref(), told),
            (Became::Stored, Some(Path::new("/in/b")), None)
        );
    }
    let home = tempfile::tempdir().unwrap();
    let (rows, _) = written(home.path(), vec![let_in(TransferId([2; 16])), record()]);
    assert_eq!((rows.len(), rows[0].became), (1, Became::Infected), "it was another one");
    let home = tempfile::tempdir().unwrap();
    assert_eq!(written(home.path(), vec![let_in(ID)]), (Vec::new(), None));
    assert!(!home.path().join(History::FILE).exists(), "of nothing, nothing is made");
}

#[test]
fn what_many_files_were_is_put_into_the_tables_once_nothing_more_comes_and_not_at_the_end() {
    let many = || {
        let Work::Record { transfer, files } = record() else { panic!() };
        let files = (0..2500).map(|n| FileRecord { path: format!("a/{n}"), ..files[0].clone() }).collect();
        Work::Record { transfer, files }
    };
    let home = tempfile::tempdir().unwrap();
    let (end, queue) = (engine(), Arc::<Queue>::default());
    queue.push(many());
    let mut writing = Writing::new(home.path(), Arc::clone(&queue), &end.publisher);
    let Some(Work::Record { transfer, files }) = writing.next() else { panic!() };
    writing.record(&transfer, files);
    assert_eq!(writing.left, Left::More);
    queue.close();
    assert!(writing.next().is_none(), "whoever ends is in a hurry");
    assert_eq!(writing.left, Left::More);
    for left in [Left::More, Left::More, Left::More, Left::Nothing] {
        writing.put_in();
        assert_eq!(writing.left, left);
    }
    assert_eq!(
        Reader::open(home.path()).unwrap().page(&Query::default(), None, 9000).unwrap().rows.len(),
        2500
    );
}

#[test]
fn that_what_was_done_can_not_be_written_is_told_once() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(History::FILE)).unwrap();
    let (_, told) = written(home.path(), vec![let_in(ID), let_in(ID)]);
    let told = told.unwrap().text;
    assert!(told.contains("missing in the history") && told.contains("done as it should"), "{told}");
}

#[test]
fn who_holds_the_history_at_the_end_is_waited_for_until_nobody_waits_any_more() {
    let home = tempfile::tempdir().unwrap();
    let (end, queue) = (engine(), Arc::<Queue>::default());
    let mut writing = Writing::new(home.path(), Arc::clone(&queue), &end.publisher);
    queue.close();
    let mut tries = 0;
    let done = writing.patiently(|_| {
        tries += 1;
        if tries < 3 { Err(HistoryError::Locked) } else { Ok(()) }
    });
    assert!(done.is_ok() && tries == 3, "{done:?} after {tries}");
    let mut tries = 0;
    let done = writing.patiently(|_| -> Result<(), _> {
        tries += 1;
        if tries == 3 {
            queue.end();
        }
        Err(HistoryError::Locked)
    });
    assert!(matches!(done, Err(HistoryError::Locked)) && tries == 3, "{done:?} after {tries}");
}

#[test]
fn what_is_missing_or_damaged_is_known_to_who_asks_at_the_end() {
    for (write, words) in
        [(b"no database at all".repeat(300), "was damaged"), (Vec::new(), "1 file is missing in the history")]
    {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(History::FILE);
        if write.is_empty() { std::fs::create_dir(file) } else { std::fs::write(file, write) }.unwrap();
        let (end, queue) = (engine(), Arc::<Queue>::default());
        queue.push(record());
        queue.close();
        Writing::new(home.path(), Arc::clone(&queue), &end.publisher).run();
        let told = queue.all_told();
        assert!(told.len() == 1 && told[0].text.contains(words), "{told:?}");
    }
}

#[test]
fn what_is_older_than_is_to_be_kept_goes_later_where_somebody_waits_for_the_end() {
    let home = tempfile::tempdir().unwrap();
    let (end, queue) = (engine(), Arc::<Queue>::default());
    let mut writing = Writing::new(home.path(), Arc::clone(&queue), &end.publisher);
    let Work::Record { transfer, files } = record() else { panic!() };
    let many = (0..2500).map(|n| FileRecord { path: format!("a/{n}"), ..files[0].clone() }).collect();
    writing.record(&transfer, many);
    queue.close();
    let rows = || Reader::open(home.path()).unwrap().page(&Query::default(), None, 9000).unwrap().rows.len();
    writing.forget(SystemTime::now());
    assert_eq!(rows(), 2500);
    let queue = Arc::<Queue>::default();
    Writing::new(home.path(), queue, &end.publisher).forget(SystemTime::now());
    assert_eq!(rows(), 0);
}

#[test]
fn what_is_missing_stays_said_though_what_waits_can_not_be_put_in() {
    let home = tempfile::tempdir().unwrap();
    let (end, queue) = (engine(), Arc::<Queue>::default());
    let mut writing = Writing::new(home.path(), queue, &end.publisher);
    let Work::Record { transfer, files } = record() else { panic!() };
    let many = (0..2500).map(|n| FileRecord { path: format!("a/{n}"), ..files[0].clone() }).collect();
    writing.record(&transfer, many);
    writing.tell_lost(7, "The disk was full.");
    writing.history = None;
    let file = home.path().join(History::FILE);
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    writing.put_in();
    assert_eq!(writing.left, Left::Nothing, "whoever reads tries again");
    let told = end.publisher.snapshot().unrecorded.clone().unwrap().text;
    assert!(told.contains("7 files are missing"), "{told}");
}
