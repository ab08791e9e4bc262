//! Folders that are put into and not looked into: not to be listed, with names that nobody may change or remove, others'.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::Path,
    process::Command,
};

use super::{
    broken::age,
    disk::{self, Disk, Kind, run},
    harness::{Device, tree},
    loud::skipped,
    parcel::{Parcel, contents, finished},
    receiver::Receiver,
    strange::{Strange, can},
};

/// Somebody who owns nothing.
const NOBODY: u32 = 65534;

fn parcel() -> Parcel {
    let here = Device::new();
    here.file("top.txt", "top");
    here.file("t/a", "a");
    here.file("t/large", "large".repeat(700_000));
    fs::create_dir_all(here.path("t/empty")).unwrap();
    fs::create_dir(here.path("e")).unwrap();
    Parcel::of(here, &["top.txt", "t", "e"])
}

fn is_complete(parcel: &Parcel, receiver: Receiver, inbox: &Path, when: &str) {
    let (told, code) = parcel.send(&receiver.address(), &[]).end();
    let (here, its) = receiver.end();
    assert_eq!((code, its), (0, Some(0)), "{when}: {told} {here:?}");
    parcel.is_exactly_there(inbox, when);
    let all: Vec<_> = tree(inbox).into_keys().collect();
    assert!(!all.iter().any(|path| path.to_string_lossy().contains(".airlift-")), "{when}: {all:?}");
}

#[test]
fn a_folder_that_somebody_may_not_list_takes_what_they_receive() {
    let test = "folders that may not be listed";
    if !disk::can(test, &["setpriv"]) {
        return;
    }
    let airlift = env!("CARGO_BIN_EXE_airlift");
    let reuid = format!("--reuid={NOBODY}");
    let tried =
        Command::new("setpriv").args([&reuid, "--clear-groups", airlift, "--version"]).output().unwrap();
    if !tried.status.success() {
        skipped(test, "nobody may run it from where it lies");
        return;
    }
    for (owner, mode) in [(0, 0o733), (0, 0o1733), (0, 0o1777), (NOBODY, 0o300), (NOBODY, 0o1300)] {
        let when = &format!("{mode:o} of {owner}");
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let [inbox, home] = ["in", "home"].map(|name| place.path().join(name));
        for (folder, owner, mode) in [(&inbox, owner, mode), (&home, NOBODY, 0o700)] {
            fs::create_dir(folder).unwrap();
            chown(folder, Some(owner), None).unwrap();
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
        let receiver = Receiver::by(&[&reuid, "--clear-groups"], &inbox, &home).unwrap();
        is_complete(&parcel(), receiver, &inbox, when);
    }
}

#[test]
fn a_folder_in_which_no_name_is_changed_or_removed_takes_what_comes() {
    let test = "folders that only grow";
    if !disk::can(test, &["mkfs.ext4", "mount", "chattr"]) {
        return;
    }
    let disk = Disk::new(Kind::Ext4, 200);
    let inbox = disk.inbox();
    let append = |sign: &str| run("chattr", &[&format!("{sign}a"), inbox.to_str().unwrap()]);
    append("+");
    let parcel = parcel();
    is_complete(&parcel, Receiver::start(&inbox, &disk.home(), "0", &[]).unwrap(), &inbox, "first");
    // What is there stays what it was.
    for conflict in ["replace", "complete", "keep-both"] {
        let receiver = Receiver::obeying(conflict, &inbox, &disk.home(), "0", &[]).unwrap();
        let (told, code) = parcel.send(&receiver.address(), &[]).end();
        assert_eq!((code, receiver.end().1), (0, Some(0)), "{conflict}: {told}");
        assert!(contents(&finished(&inbox)).keys().eq(parcel.contents().keys()), "{conflict}");
        parcel.is_there(&inbox, conflict);
    }
    append("-");
    let all: Vec<_> = tree(&inbox).into_keys().collect();
    assert!(!all.iter().any(|path| path.to_string_lossy().contains(".airlift-")), "{all:?}");
}

#[test]
fn where_nothing_may_be_removed_what_comes_has_its_name_all_the_same() {
    if !can("a disk that removes nothing") {
        return;
    }
    let disk = Strange::new(&["unlink=EPERM", "rename=EPERM"]);
    let parcel = parcel();
    let receiver = Receiver::start(&disk.inbox(), &disk.home(), "0", &[]).unwrap();
    let (told, code) = parcel.send(&receiver.address(), &[]).end();
    let (here, its) = receiver.end();
    assert_eq!((code, its), (0, Some(0)), "{told} {here:?}");
    parcel.is_exactly_there(&disk.inbox(), "without removing");
    // Not one more than had to be made to find that out.
    let probes = || fs::read_dir(disk.inbox()).unwrap().flatten().map(|entry| entry.file_name());
    let probes = probes().filter(|name| name.to_string_lossy().starts_with(".airlift-probe-")).count();
    assert!(probes <= 2, "{probes}");
}

#[test]
fn a_folder_that_is_not_stored_is_told_once() {
    if !can("folders that fail twice") {
        return;
    }
    // The second one is not made, and that the first one was doesn't last.
    for knobs in [&["mkdir=EACCES@2", "fsyncdir=EIO"][..], &["mkdir=EACCES"], &["fsyncdir=EIO"]] {
        let disk = Strange::new(&[]);
        let here = Device::new();
        for name in ["e1", "e2", "e3"] {
            fs::create_dir(here.path(name)).unwrap();
        }
        let parcel = Parcel::of(here, &["e1", "e2", "e3"]);
        let receiver = Receiver::obeying("complete", &disk.inbox(), &disk.home(), "0", &[]).unwrap();
        disk.set(knobs);
        let (told, code) = parcel.send(&receiver.address(), &[]).end();
        let (here, its) = receiver.end();
        let here = here.unwrap();
        assert_eq!((code, its), (1, Some(1)), "{knobs:?}: {told}");
        for end in [&told, &here] {
            let problem = end["problem"].as_str().unwrap();
            assert!(end["failed"].as_u64().is_some_and(|failed| failed <= 3), "{knobs:?}: {end}");
            assert!(!problem.contains("protocol") && !problem.contains("twice"), "{knobs:?}: {problem}");
            assert!(!end["failures"].as_array().unwrap().is_empty(), "{knobs:?}: {end}");
        }
    }
}

#[test]
fn a_trial_file_that_a_kill_has_left_goes_with_the_next_who_looks_through_the_folder() {
    if !can("trial files that were left") {
        return;
    }
    // So that it can be made to look old.
    let disk = Strange::new(&["ctime=mtime"]);
    let here = Device::new();
    here.file("home/settings.json", serde_json::json!({ "inbox": disk.inbox() }).to_string());
    let [old, new, long, mine] =
        ["-é", "", ":x", "-mine"].map(|end| disk.under().join(format!("in/.airlift-probe-00aabb11{end}")));
    for path in [&old, &new, &long] {
        fs::write(path, "").unwrap();
    }
    fs::write(&mine, "what somebody wrote").unwrap();
    for path in [&old, &long, &mine] {
        age(path, 30);
    }
    let home = here.path("home");
    let done = here.command(&["transfers"]).env("AIRLIFT_HOME", home).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let there = [&old, &new, &long, &mine].map(|path| path.exists());
    assert_eq!(there, [false, true, false, true], "only what is empty and old goes");
}

#[test]
fn where_the_system_lets_nothing_be_renamed_a_second_link_does_it() {
    let test = "a refused rename";
    if !disk::can(test, &["strace"]) {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let [inbox, home] = ["in", "home"].map(|name| place.path().join(name));
    // Its key gets its name in the same way.
    Receiver::start(&inbox, &home, "0", &[]).unwrap().kill();
    for refusal in ["EPERM", "EACCES"] {
        let fault = format!("renameat2:error={refusal}");
        let receiver = Receiver::start(&inbox, &home, "0", &[fault]).unwrap();
        is_complete(&parcel(), receiver, &inbox, refusal);
        fs::remove_dir_all(&inbox).unwrap();
    }
}
