//! Folders below the receiving one that have rules of their own: another disk is mounted there, or they alone fold
//! letters. And disks of whose rules not all is what they say.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    broken::{There, age},
    disk::run,
    harness::{Device, content, tree},
    parcel::{Parcel, contents, finished},
    strange::{Strange, can},
};

/// A receiving folder in which a folder that is there, `t/sub`, is another disk.
struct Mixed {
    place: tempfile::TempDir,
    disk: Strange,
}

impl Mixed {
    fn new(knobs: &[&str]) -> Self {
        let mixed = Self { place: tempfile::tempdir().unwrap(), disk: Strange::new(knobs) };
        fs::create_dir_all(mixed.sub()).unwrap();
        fs::create_dir(mixed.home()).unwrap();
        run("mount", &["--bind", mixed.disk.inbox().to_str().unwrap(), mixed.sub().to_str().unwrap()]);
        mixed
    }

    fn inbox(&self) -> PathBuf {
        self.place.path().join("in")
    }

    fn sub(&self) -> PathBuf {
        self.inbox().join("t/sub")
    }

    fn home(&self) -> PathBuf {
        self.place.path().join("home")
    }
}

impl Drop for Mixed {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.sub()).stderr(Stdio::null()).status();
    }
}

/// A folder `t` with these files, each with a content of its own.
fn parcel(names: &[&str]) -> Parcel {
    let here = Device::new();
    for (number, name) in (0..).zip(names) {
        age(&here.file(&format!("t/{name}"), format!("the content of {number}")), 30);
    }
    Parcel::of(here, &["t"])
}

fn has_no_trace(inbox: &Path, when: &str) {
    let all: Vec<_> = tree(inbox).into_keys().collect();
    assert!(!all.iter().any(|path| path.to_string_lossy().contains(".airlift-")), "{when}: {all:?}");
}

/// Everything arrives, under whatever name, and nothing comes twice when it is sent again.
fn arrives_once(inbox: &Path, home: &Path, parcel: &Parcel, when: &str) {
    let there = There { inbox, home, conflict: "complete" };
    there.take(parcel, when).is_complete(when);
    assert_eq!(contents(&finished(inbox)), parcel.contents(), "{when}");
    has_no_trace(inbox, when);
    let again = there.take(parcel, when);
    again.is_complete(when);
    assert_eq!(contents(&finished(inbox)), parcel.contents(), "{when}, sent again");
    let (files, already) = (&again.receiver["files"], &again.receiver["already"]);
    assert_eq!(files, already, "{when}, sent again: {}", again.receiver);
}

#[test]
fn a_folder_that_is_another_disk_has_the_rules_of_that_disk() {
    if !can("another disk below the receiving folder") {
        return;
    }
    let long = format!("sub/{}", "y".repeat(250));
    let deep = format!("sub/deep/{}", "z".repeat(200));
    let names =
        ["CON", "sub/what?", "sub/a:b", "sub/dot.", "what?", "sub/README", "sub/readme", &*long, &*deep];
    let parcel = parcel(&names);
    for knobs in [
        &["forbid=\"*:<>?|\\", "trailing=dropped", "fold=case", "times=2s,1980-2107"][..],
        &["namemax=175/189", "times=ignored"],
        &["fold=casefold", "times=10ms,1980-2107"],
        &["streams=windows", "utimens=lies"],
    ] {
        let mixed = Mixed::new(knobs);
        let when = &format!("{knobs:?}");
        arrives_once(&mixed.inbox(), &mixed.home(), &parcel, when);
        // What that disk can't hold, the receiving folder can.
        let there = mixed.inbox().join("t/what?");
        assert!(there.is_file(), "{when}: {:?}", finished(&mixed.inbox()).keys());
    }
}

#[test]
fn a_file_and_a_folder_of_one_name_arrive_where_only_a_folder_below_folds() {
    if !can("a file and a folder of one name below") {
        return;
    }
    let names = ["sub/Both", "sub/both/in", "sub/OTHER", "sub/other/in", "sub/Straße", "sub/strasse/in"];
    let mut parcel = parcel(&names);
    // So that those before it have their names when the folders are made.
    parcel.here.file("t/sub/a large", content(12 << 20));
    parcel.tree = tree(&parcel.here.path(""));
    for knob in ["fold=case:in/t/sub", "fold=casefold:in/t/sub"] {
        let disk = Strange::new(&[knob]);
        fs::create_dir_all(disk.inbox().join("t/sub")).unwrap();
        arrives_once(&disk.inbox(), &disk.home(), &parcel, knob);
    }
    let mixed = Mixed::new(&["fold=casefold"]);
    arrives_once(&mixed.inbox(), &mixed.home(), &parcel, "another disk");
}

#[test]
fn names_that_a_disk_says_it_can_hold_and_cannot_are_changed() {
    if !can("a disk that says that names may be longer") {
        return;
    }
    let long = ["x".repeat(255), "é".repeat(100), "y".repeat(176), "z".repeat(175)];
    let parcel = parcel(&long.each_ref().map(|name| &**name));
    for (knob, kept) in [("namemax=175/189", 1), ("namemax=143", 0), ("namemax=90/255", 0)] {
        let disk = Strange::new(&[knob]);
        arrives_once(&disk.inbox(), &disk.home(), &parcel, knob);
        let names: Vec<_> = finished(&disk.inbox()).into_keys().collect();
        let same = names.iter().filter(|path| long.iter().any(|name| path.ends_with(name))).count();
        assert_eq!(same, kept, "{knob}: {names:?}");
    }
}

#[test]
fn a_colon_that_makes_a_stream_is_found_out_and_leaves_nothing() {
    if !can("a disk where a colon makes a stream") {
        return;
    }
    let parcel = parcel(&["a:b.txt", "what?", "plain", "both:", "both"]);
    let disk = Strange::new(&["streams=windows"]);
    arrives_once(&disk.inbox(), &disk.home(), &parcel, "streams");
    assert!(disk.inbox().join("t/a_b.txt").is_file());
}

#[test]
fn a_name_that_nobody_has_tried_out_is_changed_when_its_disk_refuses_it() {
    if !can("a disk that refuses a single name") {
        return;
    }
    // None of them is in the name that is tried.
    for knob in ["forbid=;", "forbid=EILSEQ:;", "forbid=ENAMETOOLONG:;"] {
        let disk = Strange::new(&[knob]);
        let parcel = parcel(&["plain", "a;b", "a_b", "deep/;", "é;"]);
        let there = There { inbox: &disk.inbox(), home: &disk.home(), conflict: "complete" };
        let ended = there.take(&parcel, knob);
        ended.is_complete(knob);
        assert_eq!(contents(&finished(&disk.inbox())), parcel.contents(), "{knob}");
        has_no_trace(&disk.inbox(), knob);
        let notes = ended.receiver["notes"].to_string();
        assert!(notes.contains("can't be a name here: stored as"), "{knob}: {notes}");
    }
}

/// In seconds.
const HOUR: u64 = 3600;

/// What was stored has the time that another zone makes of it, or that the disk has made of one that it can't keep.
#[test]
fn what_has_another_time_by_now_is_known_by_its_content_and_by_nothing_else() {
    if !can("times that have moved") {
        return;
    }
    let names = ["a", "b", "c"];
    for moved in [HOUR, 5 * HOUR + HOUR / 2, 26 * HOUR, 400 * 24 * HOUR] {
        let when = &format!("{moved} s");
        let parcel = parcel(&names);
        let disk = Strange::new(&["times=2s,1980-2107"]);
        let (inbox, home) = (disk.inbox(), disk.home());
        let there = There { inbox: &inbox, home: &home, conflict: "complete" };
        there.take(&parcel, when).is_complete(when);
        for name in names {
            let file = fs::File::options().write(true).open(disk.under().join("in/t").join(name)).unwrap();
            let time = file.metadata().unwrap().modified().unwrap();
            file.set_modified(time - std::time::Duration::from_secs(moved)).unwrap();
        }
        let again = there.take(&parcel, when);
        again.is_complete(when);
        assert_eq!(again.receiver["already"], 3, "{when}: {}", again.receiver);
        parcel.is_exactly_there(&inbox, when);
        // As long, of the very time, and something else.
        let other = "the content of X";
        let path = disk.under().join("in/t/a");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, other).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        there.take(&parcel, when).is_complete(when);
        let mut all = contents(&finished(&inbox));
        assert_eq!(all.remove(other), Some(1), "{when}");
        assert_eq!(all, parcel.contents(), "{when}");
    }
}

#[test]
fn times_that_a_disk_can_not_hold_at_all_lead_to_no_doubles() {
    if !can("times that are wrapped or made now") {
        return;
    }
    let here = Device::new();
    for (name, years) in [("of 1970", 0), ("of 2040", 70), ("of 2110", 140), ("of 2300", 330)] {
        age(&here.file(&format!("t/{name}"), name), years);
    }
    let parcel = Parcel::of(here, &["t"]);
    for knobs in
        [&["times=u32,zero=now"][..], &["times=2s,1980-2107", "ctime=mtime"], &["times=1s,1970-2038"]]
    {
        let disk = Strange::new(knobs);
        arrives_once(&disk.inbox(), &disk.home(), &parcel, &format!("{knobs:?}"));
    }
}
