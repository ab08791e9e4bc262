//! The receiver while it writes: what arrives wrong, or not at all, leaves nothing behind.

use std::{fs, path::Path};

use super::{
    ID, add, begin, digest, file, finish, folder, listing, modified, receive, scan_all, store, store_one,
    stream, temp, texts, write,
};
use crate::{
    disk::{DiskError, Inbox, Intake, OffLimits, Watch},
    model::{Conflict, Digest, Entry, EntryKind, Leaf, Timestamp},
};

#[test]
fn a_tree_arrives_as_it_was_in_every_script_and_with_its_times() {
    let (from, to) = (temp(), temp());
    let top = from.path().join("旅行 ✈");
    fs::create_dir_all(top.join("صور/empty")).unwrap();
    fs::create_dir_all(top.join(".hidden/..dots")).unwrap();
    let mut names = vec!["写真.jpg", " space ", ".hidden/..dots/x", "صور/🎉", "-rf", "~", "%s%n", "none"];
    if cfg!(target_os = "linux") {
        names.extend(["a:b", "a\\b", "CON", "nul.txt", "a.", "a ", "x\ny", "\u{202e}", "README", "readme"]);
        names.extend(["caf\u{e9}", "cafe\u{301}", "C:\\x", "x::$DATA", "\u{1b}[2K"]);
    }
    let name_of_255 = "é".repeat(127) + "x";
    names.push(&name_of_255);
    for name in &names {
        fs::write(top.join(name), if *name == "none" { "" } else { name }).unwrap();
    }
    for (age, path) in (0..).zip(["صور/empty", "صور", "写真.jpg", "."]) {
        set_time(&top.join(path), Timestamp { seconds: 1_000_000_000 * (age - 1), nanos: 123_456_000 });
    }
    let (entries, sources) = scan_all(&[&top]);
    let intake = begin(to.path(), &entries, Conflict::KeepBoth);
    let mut group = Vec::new();
    for (no, entry) in (0..).zip(&entries) {
        assert_eq!(intake.entry(no), Some(entry));
        assert_eq!(intake.wants(no), entry.kind != EntryKind::Folder);
        if intake.wants(no) {
            let mut content = [0; 500];
            let mut source = sources.open(no).unwrap();
            let read = source.read(&mut content).unwrap();
            finish(source, &content[..read]).unwrap();
            group.push(write(&intake, no, &content[..read]).unwrap());
        }
    }
    for (_, stored) in store(&intake, group) {
        stored.unwrap();
    }
    let finished = intake.finish();
    assert_eq!(intake.saved(), [std::path::absolute(to.path()).unwrap().join("旅行 ✈")]);
    assert!(finished.problems.is_empty() && finished.notes.is_empty(), "{finished:?}");
    assert_eq!(listing(from.path()), listing(to.path()));
    for entry in &entries {
        let path = entry.path.as_str();
        assert_eq!(modified(&to.path().join(path)), modified(&from.path().join(path)), "{path}");
    }
}

fn set_time(path: &Path, time: Timestamp) {
    fs::File::open(path).unwrap().set_modified(time.to_system_time().unwrap()).unwrap();
}

#[cfg(unix)]
#[test]
fn the_executable_bit_arrives_and_no_other_beyond_a_new_files_own() {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::model::FileMode;
    let temp = temp();
    let inbox = temp.path().join("in");
    let mut entries = texts(&["plain", "tool"]);
    entries[1].kind = EntryKind::File { size: Some(4), mode: FileMode::Executable };
    let intake = begin(&inbox, &entries, Conflict::KeepBoth);
    receive(&intake, &entries);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    fs::write(temp.path().join("mine"), "").unwrap();
    let mine = mode(&temp.path().join("mine"));
    assert_eq!(mode(&inbox.join("plain")), mine);
    let tool = mode(&inbox.join("tool"));
    assert_eq!((tool & 0o666, tool & 0o7000), (mine, 0));
    assert_eq!(tool & 0o100, 0o100);
}

#[test]
fn nonsense_times_do_not_fail_a_file() {
    let temp = temp();
    for (i, seconds) in [i64::MIN, -1, 0, 1 << 40, i64::MAX].into_iter().enumerate() {
        let path = format!("d{i}/f");
        let mut entries = vec![folder(&format!("d{i}")), file(&path, 3)];
        for entry in &mut entries {
            entry.modified = Some(Timestamp { seconds, nanos: u32::MAX });
        }
        let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
        store_one(&intake, 1, b"abc").unwrap();
        assert!(intake.finish().problems.is_empty());
        assert_eq!(fs::read(temp.path().join(&path)).unwrap(), b"abc");
    }
}

#[test]
fn damaged_content_leaves_nothing() {
    let temp = temp();
    let entries = [file("top/sub/f", 5)];
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    let partial = intake.create(0).unwrap();
    let mut leaf = Leaf::first();
    add(&partial, &mut leaf, b"hellO").unwrap();
    partial.keep(leaf).unwrap();
    assert_eq!(
        listing(temp.path()),
        ["top/", "top/sub/", "top/sub/.airlift-abababababababab-b16b78b97601cebc.part=hellO"]
    );
    let error = partial.verify(digest(b"hello")).err().unwrap();
    assert!(matches!(error, DiskError::Corrupt(_)) && !error.is_fatal(), "{error}");
    assert_eq!(listing(temp.path()), ["top/", "top/sub/"]);
    // The same file can be tried again.
    store_one(&intake, 0, b"hello").unwrap();
    drop(intake);
    assert_eq!(listing(temp.path()), ["top/", "top/sub/", "top/sub/f=hello"]);
}

#[test]
fn bytes_that_come_twice_too_many_or_too_few_are_refused() {
    let temp = temp();
    let entries = [file("f", 5), folder("d"), file("empty", 0)];
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    let partial = intake.create(0).unwrap();
    assert_eq!(partial.entry(), 0);
    let mut leaf = Leaf::first();
    add(&partial, &mut leaf, b"abc").unwrap();
    assert!(matches!(add(&partial, &mut leaf, b"def"), Err(DiskError::Longer(_))));
    add(&partial, &mut leaf, b"abc").unwrap();
    assert!(matches!(add(&partial, &mut Leaf::at(1 << 40).unwrap(), b"x"), Err(DiskError::Longer(_))));
    assert_eq!(leaf.end(), 3);
    assert_eq!(partial.keep(leaf).unwrap(), 3);
    let mut again = Leaf::first();
    add(&partial, &mut again, b"x").unwrap();
    assert!(matches!(partial.keep(again), Err(DiskError::Twice(_))));
    assert!(matches!(partial.verify(digest(b"abc")), Err(DiskError::Shorter(_))));
    for (no, why) in [(1, "a folder"), (3, "no entry"), (u32::MAX, "no entry")] {
        assert!(!intake.wants(no), "{why}");
        assert!(matches!(intake.create(no), Err(DiskError::NotWanted(n)) if n == no), "{why}");
    }
    store_one(&intake, 2, b"").unwrap();
    let empty = intake.create(2).unwrap();
    assert!(matches!(add(&empty, &mut Leaf::first(), b"x"), Err(DiskError::Longer(_))));
    drop(empty);
    assert_eq!(listing(temp.path()), ["d/", "empty="]);
}

#[test]
fn a_stream_is_as_long_as_it_is() {
    let temp = temp();
    let intake = begin(temp.path(), &[stream("s"), stream("none")], Conflict::KeepBoth);
    let content = vec![7; 3_000_000];
    let stored = store_one(&intake, 0, &content).unwrap();
    assert_eq!((stored.size, stored.digest), (3_000_000, digest(&content)));
    assert_eq!(store_one(&intake, 1, b"").unwrap().size, 0);
    assert_eq!(fs::read(temp.path().join("s")).unwrap(), content);
}

#[test]
fn whatever_is_dropped_takes_its_traces_with_it() {
    let temp = temp();
    fs::create_dir(temp.path().join("old")).unwrap();
    let entries = [folder("trip"), file("trip/a/b/f", 1), file("trip/a/g", 1), file("h", 1), file("i", 1)];
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    assert_eq!(listing(temp.path()), ["old/", "trip/"]);
    let partial = intake.create(1).unwrap();
    let verified = write(&intake, 2, b"x").unwrap();
    let big = intake.create(3).unwrap();
    // A file may outlive what made it.
    drop(intake);
    assert_eq!(listing(temp.path()).iter().filter(|line| line.contains(".part=")).count(), 3);
    drop((partial, verified, big));
    assert_eq!(listing(temp.path()), ["old/"]);

    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    store_one(&intake, 2, b"x").unwrap();
    let _ = intake.create(1).unwrap();
    drop(intake);
    // What was stored stays, and the folders that hold it.
    assert_eq!(listing(temp.path()), ["old/", "trip/", "trip/a/", "trip/a/g=x"]);
}

#[test]
fn empty_folders_are_made_at_the_end_and_those_that_were_there_keep_their_time() {
    let temp = temp();
    fs::create_dir_all(temp.path().join("there/old")).unwrap();
    let mut entries = vec![folder("there"), folder("there/new"), folder("there/old"), folder("e/e/e")];
    for entry in &mut entries {
        entry.modified = Some(Timestamp { seconds: 1_000_000_000, nanos: 0 });
    }
    let before = modified(&temp.path().join("there/old"));
    let intake = begin(temp.path(), &entries, Conflict::Skip);
    let finished = intake.finish();
    assert!(finished.problems.is_empty());
    assert_eq!(intake.saved(), [temp.path().join("there"), temp.path().join("e")]);
    assert_eq!(listing(temp.path()), ["e/", "e/e/", "e/e/e/", "there/", "there/new/", "there/old/"]);
    assert_eq!(modified(&temp.path().join("there/old")), before);
    for new in ["there/new", "e/e/e"] {
        assert_eq!(modified(&temp.path().join(new)).seconds, 1_000_000_000, "{new}");
    }
}

#[test]
fn what_is_left_out_is_neither_wanted_nor_made() {
    let temp = temp();
    fs::write(temp.path().join("trip"), "mine").unwrap();
    let entries = [folder("trip"), file("trip/a", 6), folder("trip/empty"), file("other", 5)];
    let intake = begin(temp.path(), &entries, Conflict::Skip);
    assert_eq!([0, 1, 2, 3].map(|no| intake.wants(no)), [false, false, false, true]);
    assert!(matches!(intake.create(1), Err(DiskError::NotWanted(1))));
    receive(&intake, &entries);
    let _ = intake.finish();
    assert_eq!(intake.saved(), [temp.path().join("other")]);
    assert_eq!(listing(temp.path()), ["other=other", "trip=mine"]);
}

#[test]
fn save_as_puts_everything_where_the_person_said() {
    let temp = temp();
    let entries = texts(&["a.txt", "d/b.txt"]);
    for _ in 0..2 {
        let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
        let plan = inbox.plan(&entries, Some("all"), Conflict::KeepBoth).unwrap();
        let intake = Intake::begin(inbox, entries.clone(), plan, ID, Watch::nobody()).unwrap();
        let stored = receive(&intake, &entries);
        let top = stored[0].path.top().to_owned();
        assert_eq!(stored[1].path.as_str(), format!("{top}/d/b.txt"));
        let _ = intake.finish();
        assert_eq!(intake.saved(), [temp.path().join(top)]);
    }
    assert_eq!(
        listing(temp.path()),
        [
            "all/",
            "all/a.txt=a.txt",
            "all/d/",
            "all/d/b.txt=d/b.txt",
            "all (1)/",
            "all (1)/a.txt=a.txt",
            "all (1)/d/",
            "all (1)/d/b.txt=d/b.txt"
        ]
    );
}

#[test]
fn a_receiving_folder_is_made_or_refused_before_anybody_is_asked() {
    let temp = temp();
    let inbox = Inbox::open(&temp.path().join("new/and/deep"), &OffLimits::default()).unwrap();
    assert!(inbox.folder().is_absolute() && inbox.free().unwrap() > 0);
    assert_eq!(listing(temp.path()), ["new/", "new/and/", "new/and/deep/"]);
    fs::write(temp.path().join("file"), "").unwrap();
    for bad in ["file", "file/below"] {
        let error = Inbox::open(&temp.path().join(bad), &OffLimits::default()).err().unwrap();
        assert!(matches!(error, DiskError::NotAFolder(_)) && error.is_fatal(), "{bad}: {error}");
    }
    let error = Inbox::open(Path::new("/proc/airlift"), &OffLimits::default()).err();
    assert!(cfg!(not(target_os = "linux")) || error.is_some());
}

#[test]
fn a_wrong_digest_can_not_be_stored_by_any_content() {
    let temp = temp();
    let intake = begin(temp.path(), &[file("f", 0)], Conflict::KeepBoth);
    for wrong in [Digest([0; 32]), digest(b"x")] {
        assert!(matches!(intake.create(0).unwrap().verify(wrong), Err(DiskError::Corrupt(_))));
    }
    assert!(listing(temp.path()).is_empty());
}

#[test]
fn every_sentence_is_fit_for_a_terminal() {
    let temp = temp();
    let entries: Vec<Entry> = vec![file("a\u{1b}[2K/\u{202e}f", 1)];
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    let error = intake.create(0).unwrap().verify(digest(b"")).err().unwrap().to_string();
    assert!(error.contains("a\\u{1b}[2K/\\u{202e}f"), "{error}");
}
