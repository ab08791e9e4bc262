//! Adding to what is there: what seems to be there is compared, and nothing that is there is touched.

use super::*;
use crate::disk::{Compared, intake::compare::Same};

const TIME: Timestamp = Timestamp { seconds: 1_700_000_000, nanos: 5 };

/// A file as it is offered, whose content is its path.
fn offered(path: &str) -> Entry {
    Entry { modified: Some(TIME), ..file(path, path.len() as u64) }
}

/// Something at the receiver, with the time of what is offered.
fn put(folder: &Path, path: &str, content: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    set_time(&path, TIME);
}

fn set_time(path: &Path, time: Timestamp) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(time.to_system_time().unwrap()).unwrap();
}

fn planned(folder: &Path, entries: &[Entry]) -> Plan {
    Inbox::open(folder, &OffLimits::default()).unwrap().plan(entries, None, Conflict::Complete).unwrap()
}

fn place(plan: &Plan, entry: &Entry) -> String {
    plan.names.path(entry.path.as_str()).into_owned()
}

fn compare(intake: &Intake, no: EntryNo, content: &str) -> Compared {
    intake.compare(no, digest(content.as_bytes()), &|| false)
}

fn same(compared: Compared) -> Same {
    let Compared::Same(same) = compared else { panic!("{compared:?}") };
    same
}

#[test]
fn a_file_of_the_same_size_is_likely_and_any_other_gets_a_place_beside() {
    let temp = temp();
    let names = ["t/same", "t/sub/same", "t/new", "t/size", "t/time", "t/coarse", "t/folder"];
    let mut entries = vec![folder("t")];
    entries.extend(names.iter().map(|name| offered(name)));
    for name in ["t/same", "t/sub/same", "t/time", "t/coarse"] {
        put(temp.path(), name, name);
    }
    put(temp.path(), "t/size", "longer than what is offered");
    set_time(&temp.path().join("t/time"), Timestamp { seconds: TIME.seconds + 60, nanos: 0 });
    set_time(&temp.path().join("t/coarse"), Timestamp { seconds: TIME.seconds + 1, nanos: 0 });
    fs::create_dir(temp.path().join("t/folder")).unwrap();
    let plan = planned(temp.path(), &entries);
    assert_eq!(plan.likely(), [1..3, 5..7]);
    assert!(plan.unwanted().is_empty());
    let places: Vec<_> = entries.iter().map(|entry| place(&plan, entry)).collect();
    let expected = ["t", "t/same", "t/sub/same", "t/new", "t/size (1)", "t/time", "t/coarse", "t/folder (1)"];
    assert_eq!(places, expected);
    let total: u64 = names.iter().map(|name| name.len() as u64).sum();
    assert_eq!(plan.needs(), total, "what seems to be there is part of the whole");
}

#[test]
fn what_is_there_needs_no_space() {
    let temp = temp();
    let huge = Entry { modified: Some(TIME), ..file("huge", 1 << 50) };
    let path = temp.path().join("huge");
    fs::File::create(&path).unwrap();
    let sparse = fs::File::options().write(true).open(&path).unwrap().set_len(1 << 50);
    if sparse.is_err() {
        return skip("the disk here holds no file of this size");
    }
    set_time(&path, TIME);
    let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    assert!(inbox.plan(std::slice::from_ref(&huge), None, Conflict::KeepBoth).is_err());
    assert_eq!(inbox.plan(&[huge], None, Conflict::Complete).unwrap().likely(), [0..1]);
}

#[test]
fn nothing_else_can_be_likely() {
    let temp = temp();
    put(temp.path(), "stream", "");
    put(temp.path(), "timeless", "");
    let mut entries = vec![stream("stream"), file("timeless", 0)];
    #[cfg(unix)]
    {
        put(temp.path(), "elsewhere", "link");
        std::os::unix::fs::symlink("elsewhere", temp.path().join("link")).unwrap();
        std::os::unix::fs::symlink(".", temp.path().join("up")).unwrap();
        entries.extend([offered("link"), folder("up"), offered("up/elsewhere")]);
    }
    let plan = planned(temp.path(), &entries);
    assert!(plan.likely().is_empty(), "{:?}", plan.likely());
    assert!(entries.iter().all(|entry| place(&plan, entry).contains("(1)")));
}

#[test]
fn one_file_that_is_there_stands_for_one_that_is_offered() {
    let temp = temp();
    put(temp.path(), "x", "x");
    put(temp.path(), "x (1)", "x");
    let entry = |path: &str| Entry { modified: Some(TIME), ..file(path, 1) };
    let entries = [entry("x"), entry("x (1)"), entry("x (2)")];
    assert_eq!(planned(temp.path(), &entries).likely(), [0..2]);
    fs::remove_file(temp.path().join("x")).unwrap();
    let plan = planned(temp.path(), &entries);
    assert_eq!(plan.likely(), [1..2], "what has a number is looked at only where the name is taken");
}

#[test]
fn what_was_stored_beside_another_is_found_there_the_next_time() {
    let temp = temp();
    fs::write(temp.path().join("note"), "another note").unwrap();
    fs::write(temp.path().join("trip"), "a file").unwrap();
    let entries = [offered("note"), folder("trip"), offered("trip/a")];
    for round in 0..3 {
        let intake = begin(temp.path(), &entries, Conflict::Complete);
        let likely: Vec<_> = intake.likely().iter().flat_map(Clone::clone).collect();
        let (mut wanted, mut there) = (0, 0);
        for (no, entry) in (0..).zip(&entries).filter(|(_, entry)| entry.kind != EntryKind::Folder) {
            let content = entry.path.as_str();
            if likely.contains(&no) {
                there += 1;
                let same = same(compare(&intake, no, content));
                assert!(intake.make_last(vec![same]).iter().all(|(_, lasts)| lasts.is_ok()));
            } else {
                wanted += 1;
                store_one(&intake, no, content.as_bytes()).unwrap();
            }
        }
        assert_eq!((wanted, there), if round == 0 { (2, 0) } else { (0, 2) });
        let _ = intake.finish();
        assert_eq!(
            listing(temp.path()),
            ["note=another note", "note (1)=note", "trip=a file", "trip (1)/", "trip (1)/a=trip/a"]
        );
    }
}

#[test]
fn a_file_of_other_content_is_wanted_and_comes_beside_the_one_that_is_there() {
    let temp = temp();
    put(temp.path(), "t/f.txt", "t/f.tx!");
    let entries = [folder("t"), offered("t/f.txt")];
    let intake = begin(temp.path(), &entries, Conflict::Complete);
    assert_eq!(intake.likely(), [1..2]);
    assert!(!intake.wants(1), "not before it is known to be another");
    assert!(matches!(compare(&intake, 1, "t/f.txt"), Compared::Differs));
    assert!(intake.wants(1));
    let stored = store_one(&intake, 1, b"t/f.txt").unwrap();
    assert_eq!(stored.path.as_str(), "t/f (1).txt");
    let finished = intake.finish();
    assert_eq!(finished.notes, ["“t/f.txt” is there with other content: stored as “t/f (1).txt”."]);
    assert_eq!(listing(temp.path()), ["t/", "t/f (1).txt=t/f.txt", "t/f.txt=t/f.tx!"]);
    drop(intake);
    // The next time it is found, though the first one looks the same.
    let intake = begin(temp.path(), &entries, Conflict::Complete);
    let found = same(compare(&intake, 1, "t/f.txt"));
    assert_eq!((found.size, found.digest), (7, digest(b"t/f.txt")));
}

#[test]
fn what_changed_or_went_between_plan_and_comparison_is_wanted() {
    for change in ["gone", "grown", "other content", "a folder", "a link"] {
        let temp = temp();
        put(temp.path(), "f", "f");
        let intake = begin(temp.path(), &[offered("f")], Conflict::Complete);
        let path = temp.path().join("f");
        fs::remove_file(&path).unwrap();
        match change {
            "gone" => {}
            "grown" => put(temp.path(), "f", "ff"),
            "other content" => fs::write(&path, "g").unwrap(),
            "a folder" => fs::create_dir(&path).unwrap(),
            _ => {
                put(temp.path(), "g", "f");
                #[cfg(unix)]
                std::os::unix::fs::symlink("g", &path).unwrap();
            }
        }
        assert!(matches!(compare(&intake, 0, "f"), Compared::Differs), "{change}");
        store_one(&intake, 0, b"f").unwrap();
    }
}

#[test]
fn what_was_touched_between_plan_and_comparison_is_known_by_its_content() {
    let temp = temp();
    put(temp.path(), "f", "f");
    let intake = begin(temp.path(), &[offered("f")], Conflict::Complete);
    fs::write(temp.path().join("f"), "f").unwrap();
    assert_eq!(same(compare(&intake, 0, "f")).digest, digest(b"f"));
}

#[test]
fn a_comparison_that_nobody_waits_for_ends_and_decides_nothing() {
    let temp = temp();
    put(temp.path(), "f", "f");
    let intake = begin(temp.path(), &[offered("f")], Conflict::Complete);
    assert!(matches!(intake.compare(0, digest(b"f"), &|| true), Compared::Over));
    assert!(!intake.wants(0));
}

#[test]
fn another_attempt_takes_nothing_for_stored_that_may_have_been_there_before() {
    let temp = temp();
    put(temp.path(), "f", "F");
    let entries = [offered("f")];
    let intake = begin(temp.path(), &entries, Conflict::Complete);
    let names = intake.names();
    drop(intake);
    let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    let plan = inbox.plan_again(&entries, &earlier(&names), Conflict::Complete).unwrap();
    assert_eq!((plan.stored(), plan.likely()), (&[][..], &[0..1][..]));
}

#[test]
fn how_much_is_there_is_counted_whatever_becomes_of_taken_names() {
    let temp = temp();
    let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    let entries = [folder("t"), offered("t/a"), offered("t/b"), offered("c")];
    assert_eq!(inbox.already(&entries, None).files, 0);
    put(temp.path(), "t/a", "t/a");
    put(temp.path(), "c", "other");
    assert_eq!(inbox.already(&entries, None).files, 1);
    put(temp.path(), "elsewhere/t/a", "t/a");
    put(temp.path(), "elsewhere/c", "c");
    assert_eq!(inbox.already(&entries, Some("elsewhere")).files, 2);
    assert_eq!(inbox.already(&entries, Some("nowhere")).files, 0);
    assert_eq!(inbox.already(&entries, Some("../x")).files, 0);
    assert_eq!(inbox.already(&[], None).files, 0);
}

#[test]
fn what_becomes_of_names_is_known_for_both_before_anybody_has_chosen() {
    let temp = temp();
    let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    let entries = [folder("t"), offered("t/a"), offered("t/b")];
    assert_eq!(inbox.already(&entries, None).notes, None);
    put(temp.path(), "t/a", "t/a");
    put(temp.path(), "t/b", "another");
    let kept_both = inbox.plan(&entries, None, Conflict::KeepBoth).unwrap().notes().to_vec();
    let completed = inbox.already(&entries, None).notes.unwrap();
    assert!(kept_both.iter().any(|note| note.contains("“t (1)”")), "{kept_both:?}");
    assert!(completed.iter().all(|note| !note.contains("“t (1)”")), "{completed:?}");
    assert!(completed.iter().any(|note| note.contains("b (1)")), "{completed:?}");
}
