//! Damage, full disks, other processes, crashes, and what is left of what was removed.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rusqlite::Connection;

use super::{all, asking, at, file, home, names, transfer, with};
use crate::history::{Count, Damage, HistoryError, Left, Query, Reader, RowId, base::FILE, writer::History};

fn aside(home: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(home).unwrap().map(|item| item.unwrap().path());
    let is_aside = |path: &PathBuf| path.to_string_lossy().contains(".damaged");
    // What was written last may lie beside it.
    let mut aside: Vec<_> =
        all.filter(|path| is_aside(path) && !path.to_string_lossy().ends_with("-wal")).collect();
    aside.sort();
    aside
}

/// A connection as another program has it.
fn raw(home: &Path) -> Connection {
    let db = Connection::open(home.join(FILE)).unwrap();
    db.busy_timeout(Duration::ZERO).unwrap();
    db
}

/// What is in the files of the history, that they have beside them too.
fn holds(home: &Path, words: &str) -> bool {
    let files = fs::read_dir(home).unwrap().map(|item| fs::read(item.unwrap().path()).unwrap());
    let words = words.as_bytes();
    files.into_iter().any(|bytes| bytes.windows(words.len()).any(|window| window == words))
}

#[test]
fn what_is_no_database_is_kept_aside_and_said_once() {
    let home = home();
    for (n, garbage) in
        [b"no database at all".repeat(300), [&b"SQLite format 3\0"[..], &[0x5a; 5_000]].concat()]
            .iter()
            .enumerate()
    {
        fs::write(home.path().join(FILE), garbage).unwrap();
        let mut history = History::open(home.path()).unwrap();
        let Damage { kept } = history.damage().unwrap();
        assert_eq!(fs::read(&kept).unwrap(), *garbage);
        assert_eq!(history.damage(), None);
        history.record(&transfer(1, 0), &[file("a.jpg")]).unwrap();
        assert_eq!(names(&mut Reader::open(home.path()).unwrap(), &asking("")), ["a.jpg"]);
        assert_eq!(aside(home.path()).len(), n + 1);
    }
}

#[test]
fn a_database_of_something_else_is_kept_aside() {
    let home = home();
    raw(home.path()).execute_batch("CREATE TABLE cats(name); INSERT INTO cats VALUES ('Mimi')").unwrap();
    assert!(matches!(Reader::open(home.path()), Err(HistoryError::Damaged { .. })));
    let Damage { kept } = History::open(home.path()).unwrap().damage().unwrap();
    let cats: String =
        Connection::open(kept).unwrap().query_row("SELECT name FROM cats", (), |r| r.get(0)).unwrap();
    assert_eq!(cats, "Mimi");
    assert_eq!(names(&mut Reader::open(home.path()).unwrap(), &asking("")), [""; 0]);
}

#[test]
fn one_of_a_newer_version_is_not_touched() {
    let (home, history, reader) = with(&["a.jpg"]);
    drop((history, reader));
    raw(home.path()).execute_batch("PRAGMA user_version = 99").unwrap();
    raw(home.path()).execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let before = fs::read(home.path().join(FILE)).unwrap();
    assert!(matches!(History::open(home.path()), Err(HistoryError::Newer { .. })));
    assert!(matches!(Reader::open(home.path()), Err(HistoryError::Newer { .. })));
    assert_eq!(fs::read(home.path().join(FILE)).unwrap(), before);
    assert_eq!(aside(home.path()), Vec::<PathBuf>::new());
}

/// Writes over all but the first page, which has the list of tables.
fn damage(home: &Path) {
    let path = home.join(FILE);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0x5a);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_file_is_kept_aside_when_something_is_recorded_which_is_not_lost() {
    let (home, history, reader) = with(&["a.jpg"]);
    drop((history, reader));
    damage(home.path());
    let mut history = History::open(home.path()).unwrap();
    history.record(&transfer(2, 20), &[file("b.jpg"), file("c.jpg")]).unwrap();
    assert_eq!(aside(home.path()), [history.damage().unwrap().kept]);
    let mut reader = Reader::open(home.path()).unwrap();
    assert_eq!(names(&mut reader, &asking("jpg")), ["c.jpg", "b.jpg"]);
}

#[test]
fn whatever_byte_of_the_header_is_damaged_what_is_recorded_after_that_is_there() {
    let (whole, history, reader) = with(&["a.jpg"]);
    drop((history, reader));
    let bytes = fs::read(whole.path().join(FILE)).unwrap();
    for at in 0..100 {
        for damage in [0x09, 0x55, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= damage;
            let home = home();
            fs::write(home.path().join(FILE), &bytes).unwrap();
            let mut history = match History::open(home.path()) {
                // Its version is told by four of them.
                Err(HistoryError::Newer { .. }) if (60..64).contains(&at) => continue,
                opened => opened.unwrap_or_else(|why| panic!("{at}: {why}")),
            };
            let recorded = history.record(&transfer(2, 20), &[file("b.jpg")]);
            assert!(recorded.is_ok(), "{at}: {recorded:?}");
            let found = names(&mut Reader::open(home.path()).unwrap(), &asking("jpg"));
            let is_kept = history.damage().is_some() && aside(home.path()).len() == 1;
            assert_eq!(found, if is_kept { vec!["b.jpg"] } else { vec!["b.jpg", "a.jpg"] }, "{at}");
        }
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_was_not_to_be_written_for_a_while_is_recorded_in_again_after_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (home, history, reader) = with(&["a.jpg"]);
    drop((history, reader));
    let path = |what: &str| home.path().join(format!("{FILE}{what}"));
    let permit =
        |what: &str, bits| fs::set_permissions(path(what), fs::Permissions::from_mode(bits)).unwrap();
    // As who could not write left it.
    for what in ["-wal", "-shm"] {
        fs::write(path(what), "").unwrap();
        permit(what, 0o400);
    }
    permit("", 0o400);
    // Its owner has said so: it is not damaged. Who may do everything writes all the same.
    let while_forbidden =
        History::open(home.path()).and_then(|mut history| history.record(&transfer(1, 10), &[file("a.jpg")]));
    assert!(matches!(while_forbidden, Ok(_) | Err(HistoryError::File { .. })), "{while_forbidden:?}");
    assert_eq!(aside(home.path()), Vec::<PathBuf>::new());
    permit("", 0o600);
    let mut history = History::open(home.path()).unwrap();
    history.record(&transfer(2, 20), &[file("b.jpg")]).unwrap();
    assert_eq!((history.damage(), aside(home.path())), (None, Vec::new()));
    assert_eq!(names(&mut Reader::open(home.path()).unwrap(), &asking("jpg")), ["b.jpg", "a.jpg"]);
    for what in ["", "-wal", "-shm"] {
        let bits = fs::metadata(path(what)).map_or(0o600, |found| found.permissions().mode() & 0o777);
        assert_eq!(bits, 0o600, "{what}");
    }
}

#[test]
fn who_reads_says_that_it_is_damaged_and_reads_on_once_it_is_mended() {
    let (home, history, reader) = with(&["a.jpg"]);
    drop((history, reader));
    damage(home.path());
    let mut reader = Reader::open(home.path()).unwrap();
    for _ in 0..2 {
        let asked = reader.page(&Query::default(), None, 9);
        assert!(matches!(asked, Err(HistoryError::Damaged { .. })), "{asked:?}");
    }
    let mut history = History::open(home.path()).unwrap();
    history.mend().unwrap();
    assert!(history.damage().is_some());
    history.record(&transfer(2, 20), &[file("b.jpg")]).unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["b.jpg"]);
    history.mend().unwrap();
    assert_eq!((history.damage(), aside(home.path()).len()), (None, 1));
}

#[test]
fn a_damaged_index_of_words_is_made_anew_and_the_rows_stay() {
    for broken in [
        "UPDATE search_data SET block = x'5a5a5a5a' WHERE id > 10",
        "DELETE FROM search_data WHERE id > 10",
        "UPDATE search_data SET block = x'00' WHERE id = 10",
        "DELETE FROM search_docsize",
    ] {
        let (home, mut history, mut reader) = with(&["写真.jpg", "b.jpg"]);
        raw(home.path()).execute_batch(broken).unwrap();
        let found = reader.page(&asking("写"), None, 9);
        let is_told = matches!(found, Err(HistoryError::Damaged { .. }));
        // Nobody can see of an index that it says too little.
        assert!(is_told || broken.contains("docsize") || broken.contains("x'00'"), "{broken}: {found:?}");
        history.mend().unwrap();
        assert_eq!(names(&mut reader, &asking("写")), ["写真.jpg"], "{broken}");
        history.record(&transfer(2, 20), &[file("写.jpg")]).unwrap();
        assert_eq!(names(&mut reader, &asking("写")), ["写.jpg", "写真.jpg"], "{broken}");
        assert_eq!((history.damage(), aside(home.path())), (None, Vec::new()), "{broken}");
    }
}

#[test]
fn who_records_on_a_damaged_index_of_words_makes_it_anew() {
    let (home, mut history, mut reader) = with(&["写真.jpg", "b.jpg"]);
    raw(home.path()).execute_batch("UPDATE search_data SET block = x'00' WHERE id = 10").unwrap();
    history.record(&transfer(2, 20), &[file("写.jpg")]).unwrap();
    assert_eq!(names(&mut reader, &asking("写")), ["写.jpg", "写真.jpg"]);
    assert_eq!(history.damage(), None);
}

#[test]
fn a_locked_file_is_said_and_nothing_is_lost_to_who_tries_again() {
    let (home, mut history, mut reader) = with(&["a.jpg"]);
    let other = raw(home.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    history.base.db().unwrap().busy_timeout(Duration::ZERO).unwrap();
    let record = |history: &mut History| history.record(&transfer(2, 20), &[file("b.jpg")]);
    assert!(matches!(record(&mut history), Err(HistoryError::Locked)));
    assert_eq!(names(&mut reader, &asking("")), ["a.jpg"]);
    other.execute_batch("ROLLBACK").unwrap();
    record(&mut history).unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["b.jpg", "a.jpg"]);
}

#[test]
fn a_full_disk_is_said_and_nothing_is_lost_or_doubled_for_who_tries_again() {
    let (_home, mut history, mut reader) = with(&["a.jpg"]);
    let many: Vec<_> = (0..2_500).map(|n| file(&format!("some folder/{n}.jpg"))).collect();
    let pages = |history: &mut History, count: i64| {
        history.base.db().unwrap().pragma_update(None, "max_page_count", count).unwrap();
    };
    // No room for them.
    pages(&mut history, 60);
    let full = history.record(&transfer(2, 20), &many);
    assert!(matches!(full, Err(HistoryError::Full { .. })), "{full:?}");
    assert_eq!(reader.count(&asking("folder")).unwrap(), Count::Exactly(0));
    // Room for all as they are, and for the rows of a thousand, but not for those of all.
    pages(&mut history, 250);
    history.record(&transfer(2, 20), &many).unwrap();
    assert_eq!(history.put_in().unwrap(), Left::More, "no longer worth a test");
    let full = history.put_all_in(&|| true);
    assert!(matches!(full, Err(HistoryError::Full { .. })), "{full:?}");
    pages(&mut history, 1 << 30);
    history.record(&transfer(2, 20), &many).unwrap();
    assert_eq!(reader.count(&asking("folder")).unwrap(), Count::Exactly(2_500));
    assert_eq!(reader.count(&Query::default()).unwrap(), Count::Exactly(2_501));
}

#[test]
fn several_write_and_read_at_once_and_all_of_it_is_there() {
    let home = home();
    thread::scope(|scope| {
        for writer in 0..3u8 {
            let home = home.path();
            scope.spawn(move || {
                let mut history = History::open(home).unwrap();
                for n in 0..10 {
                    let name = format!("of-{writer}-{n}.jpg");
                    history.record(&transfer(writer * 10 + n, u64::from(n)), &[file(&name)]).unwrap();
                }
            });
        }
        scope.spawn(|| {
            let mut reader = Reader::open(home.path()).unwrap();
            let mut last = 0;
            while last < 30 {
                let Count::Exactly(count) = reader.count(&asking("of jpg")).unwrap() else { panic!() };
                assert!(count >= last);
                last = count;
            }
        });
    });
    let mut history = History::open(home.path()).unwrap();
    history.mend().unwrap();
    assert_eq!(history.damage(), None);
}

#[test]
fn a_file_that_was_moved_away_is_begun_anew() {
    let (home, mut history, mut reader) = with(&["a.jpg"]);
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("{FILE}{suffix}");
        let _ = fs::rename(home.path().join(&name), home.path().join(format!("old-{name}")));
    }
    assert_eq!(names(&mut reader, &asking("")), [""; 0]);
    history.record(&transfer(2, 20), &[file("b.jpg")]).unwrap();
    assert_eq!(names(&mut reader, &asking("")), ["b.jpg"]);
    assert_eq!(history.damage(), None);
}

#[test]
fn after_a_crash_at_any_moment_whole_steps_are_there() {
    let (home, mut history, reader) = with(&["first.jpg"]);
    for n in 2..6 {
        let files: Vec<_> = (0..5).map(|at| file(&format!("of{n}/{at}.jpg"))).collect();
        history.record(&transfer(n, u64::from(n)), &files).unwrap();
    }
    let written = fs::read(home.path().join(format!("{FILE}-wal"))).unwrap();
    let whole = fs::read(home.path().join(FILE)).unwrap();
    drop((history, reader));
    let mut seen = std::collections::BTreeSet::new();
    for cut in (0..=written.len()).step_by(written.len() / 40) {
        let crashed = super::home();
        fs::write(crashed.path().join(FILE), &whole).unwrap();
        fs::write(crashed.path().join(format!("{FILE}-wal")), &written[..cut]).unwrap();
        let mut history = History::open(crashed.path()).unwrap();
        history.mend().unwrap();
        assert_eq!(history.damage(), None);
        let mut reader = Reader::open(crashed.path()).unwrap();
        let found = all(&mut reader, &Query::default(), 7).len();
        assert_eq!(names(&mut reader, &asking("jpg")).len(), found);
        assert!(found == 0 || found % 5 == 1, "{found} of a step of five");
        seen.insert(found);
    }
    assert!(seen.len() > 3, "{seen:?}: no longer worth a test");
}

#[test]
fn nothing_is_left_of_what_was_removed() {
    let (home, mut history, mut reader) = with(&["Secretname.jpg", "b.jpg", "c.jpg"]);
    assert!(holds(home.path(), "Secretname"), "it is worth a test no more");
    let secret = reader.page(&asking("secretname"), None, 9).unwrap().rows[0].id;
    assert_eq!(history.remove(&[secret, RowId(1)]).unwrap(), 1);
    for words in ["Secretname", "secretname", "cretnam"] {
        assert!(!holds(home.path(), words), "{words}");
    }
    assert!(holds(home.path(), "b.jpg") && holds(home.path(), "Anna’s laptop"));
    assert_eq!(names(&mut reader, &asking("")), ["c.jpg", "b.jpg"]);
    history.mend().unwrap();
    assert_eq!(history.damage(), None);

    fs::write(home.path().join(format!("{FILE}.damaged")), "Secretname").unwrap();
    history.clear().unwrap();
    for words in ["Secretname", "b.jpg", "Anna", "anna", "laptop", "Downloads"] {
        assert!(!holds(home.path(), words), "{words}");
    }
    assert_eq!(names(&mut reader, &asking("")), [""; 0]);
    assert_eq!(reader.devices().unwrap(), []);
    assert!(fs::metadata(home.path().join(FILE)).unwrap().len() < 200_000);
}

#[test]
fn nothing_is_left_of_what_is_found_to_be_damaged_while_everything_is_removed() {
    let (home, history, reader) = with(&["Secretname.jpg"]);
    drop((history, reader));
    let mut history = History::open(home.path()).unwrap();
    damage(home.path());
    fs::write(home.path().join(format!("{FILE}.damaged-7")), "Secretname").unwrap();
    history.clear().unwrap();
    assert_eq!((aside(home.path()), history.damage()), (Vec::new(), None));
    assert!(!holds(home.path(), "Secretname"));
}

#[test]
fn what_is_forgotten_after_a_time_leaves_nothing_either() {
    let (home, mut history, mut reader) = with(&["Secretname.jpg"]);
    history.record(&transfer(2, 500), &[file("new.jpg")]).unwrap();
    assert_eq!(history.forget_before(at(10)).unwrap(), 0);
    assert_eq!(history.forget_before(at(11)).unwrap(), 1);
    assert!(!holds(home.path(), "Secretname") && !holds(home.path(), "secretname"));
    assert_eq!(names(&mut reader, &asking("")), ["new.jpg"]);
}

#[test]
fn traces_that_somebody_still_reads_go_with_the_next_try() {
    let (home, mut history, mut reader) = with(&["Secretname.jpg", "b.jpg"]);
    let secret = reader.page(&asking("secretname"), None, 9).unwrap().rows[0].id;
    let other = raw(home.path());
    other.execute_batch("BEGIN; SELECT * FROM file").unwrap();
    history.base.db().unwrap().busy_timeout(Duration::ZERO).unwrap();
    assert!(matches!(history.remove(&[secret]), Err(HistoryError::Locked)));
    assert_eq!(names(&mut reader, &asking("")), ["b.jpg"]);
    assert!(holds(home.path(), "Secretname"), "it is worth a test no more");
    drop(other);
    drop(history);
    drop(History::open(home.path()).unwrap());
    assert!(!holds(home.path(), "Secretname") && !holds(home.path(), "secretname"));
}

#[cfg(unix)]
#[test]
fn all_of_it_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = home();
    fs::write(home.path().join(FILE), "").unwrap();
    fs::set_permissions(home.path().join(FILE), fs::Permissions::from_mode(0o664)).unwrap();
    let mut history = History::open(home.path()).unwrap();
    history.record(&transfer(1, 0), &[file("a.jpg")]).unwrap();
    let mut seen = 0;
    for item in fs::read_dir(home.path()).unwrap() {
        let item = item.unwrap();
        assert_eq!(item.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", item.file_name());
        seen += 1;
    }
    assert!(seen >= 4, "{seen} files");
}
