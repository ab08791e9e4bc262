//! Disks that are full, read-only, dying or gone, while something is received.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::{
    disk::{Disk, Kind, can},
    harness::{Device, Running, content},
    loud::say,
    parcel::{News, Parcel, news},
    receiver::Receiver,
};

const NEEDS: [&str; 4] = ["mkfs.ext4", "mount", "python3", "strace"];
/// So that there is time to do harm.
const SLOWLY: [&str; 2] = ["--limit", "10MB/s"];

/// Fills a disk to the last byte.
fn fill(disk: &Disk) -> PathBuf {
    let path = disk.point().join("filler");
    let mut file = File::create(&path).unwrap();
    let mut size = 1 << 20;
    while size > 0 {
        match file.write(&vec![7; size]) {
            Ok(0) | Err(_) => size /= 2,
            Ok(_) => {}
        }
    }
    let _ = file.sync_all();
    path
}

/// It was no harm.
const COMPLETE: &str = "complete";

/// What the device that receives is left with.
struct After {
    receiver: Option<Receiver>,
    sender: Option<Running>,
    /// What the person there or here was told.
    told: String,
}

/// Sends slowly, does `harm` in the middle, and waits for what is said of it.
fn harmed(parcel: &Parcel, inbox: &Path, home: &Path, part: u64, harm: impl FnOnce()) -> After {
    let mut receiver = Receiver::start(inbox, home, "0", &[]).unwrap();
    let mut sender = parcel.send(&receiver.address(), &SLOWLY);
    while receiver.running().wait_for("progress")["bytes"].as_u64().unwrap() < part {}
    harm();
    match news(&mut sender) {
        News::Over(end) => {
            let (told, code) = receiver.end();
            let told = told.expect("the receiver says how it ended");
            if end["outcome"] == "complete" {
                assert_eq!(code, Some(0), "{told}");
                return After { receiver: None, sender: None, told: COMPLETE.to_owned() };
            }
            assert_eq!(code, Some(1), "{told}");
            After { receiver: None, sender: None, told: format!("{} / {}", sentence(&told), sentence(&end)) }
        }
        News::Paused(event) => {
            After { receiver: Some(receiver), sender: Some(sender), told: sentence(&event) }
        }
        News::Interrupted => {
            After { receiver: Some(receiver), sender: Some(sender), told: "interrupted".to_owned() }
        }
    }
}

fn sentence(end: &Value) -> String {
    let why = end["problem"].as_str().or(end["failures"][0]["why"].as_str()).expect("a sentence");
    assert!(why.ends_with('.'), "no sentence: {why}");
    why.to_owned()
}

/// A second attempt, after the harm was mended, completes.
fn completes(parcel: &Parcel, inbox: &Path, home: &Path, after: After, when: &str) {
    say(when, &after.told);
    let After { receiver, sender, .. } = after;
    let receiver = receiver.unwrap_or_else(|| Receiver::start(inbox, home, "0", &[]).unwrap());
    let (end, _) = sender.unwrap_or_else(|| parcel.send(&receiver.address(), &[])).end();
    assert_eq!(end["outcome"], "complete", "{when}, the second time: {end}");
    assert_eq!(receiver.end().1, Some(0), "{when}, the second time");
    parcel.is_there(inbox, &format!("{when}, the second time"));
}

#[test]
fn a_disk_that_fills_up_is_said_costs_nothing_and_is_gone_on_with_when_there_is_room() {
    let test = "disk full";
    if !can(test, &NEEDS) {
        return;
    }
    // In memory nothing is set aside for a file; for small ones, nowhere.
    let large = Parcel::file(24 << 20);
    let here = Device::new();
    (0..60).for_each(|number| drop(here.file(&format!("trip/{number}"), content(400_000 + number))));
    let small = Parcel::of(here, &["trip"]);
    for (kind, parcel) in [(Kind::Tmpfs, &large), (Kind::Tmpfs, &small), (Kind::Ext4, &small)] {
        let disk = Disk::new(kind, 64);
        let home = parcel.here.home().join("there");
        let mut filler = None;
        let after = harmed(parcel, &disk.inbox(), &home, 4 << 20, || filler = Some(fill(&disk)));
        parcel.nothing_is_wrong(&disk.inbox(), test);
        assert!(after.told.contains("full") || after.told == "interrupted", "{}", after.told);
        fs::remove_file(filler.unwrap()).unwrap();
        completes(parcel, &disk.inbox(), &home, after, &format!("{test}, {kind:?}, {}", parcel.tree.len()));
        fs::remove_dir_all(home).unwrap();
    }
}

#[test]
fn a_disk_that_can_hold_no_more_files_is_said_and_what_was_stored_stays() {
    let test = "inodes out";
    if !can(test, &NEEDS) {
        return;
    }
    let here = Device::new();
    (0..60).for_each(|number| drop(here.file(&format!("trip/{number}"), content(1000 + number))));
    let parcel = Parcel::of(here, &["trip"]);
    let disk = Disk::with(Kind::Tmpfs, 64, &["nr_inodes=40"]);
    let home = parcel.here.home().join("there");
    let receiver = Receiver::start(&disk.inbox(), &home, "0", &[]).unwrap();
    let mut sender = parcel.send(&receiver.address(), &[]);
    let News::Paused(event) = news(&mut sender) else { panic!("it waits for room") };
    let told = sentence(&event);
    parcel.nothing_is_wrong(&disk.inbox(), test);
    say(test, &told);
    disk.remount("nr_inodes=1000");
    let after = After { receiver: Some(receiver), sender: Some(sender), told };
    completes(&parcel, &disk.inbox(), &home, after, test);
}

#[test]
fn a_disk_that_takes_everything_and_fails_at_the_sync_gives_no_file_its_name() {
    let test = "late ENOSPC";
    if !can(test, &NEEDS) {
        return;
    }
    let parcel = Parcel::file(48 << 20);
    let outer = Disk::new(Kind::Tmpfs, 28);
    let inner = Disk::inside(&outer, 120);
    let home = parcel.here.home().join("there");
    let receiver = Receiver::start(&inner.inbox(), &home, "0", &[]).unwrap();
    let mut sender = parcel.send(&receiver.address(), &[]);
    let told = match news(&mut sender) {
        News::Paused(event) => sentence(&event),
        // The kernel may say no more of the outer disk than that it fails.
        News::Over(event) if sentence(&event).contains("The disk there reports an error") => sentence(&event),
        other => panic!("it waits for room: {other:?}"),
    };
    parcel.nothing_is_wrong(&inner.inbox(), test);
    receiver.kill();
    drop(sender);
    // That disk is lost; another one does.
    let (other, home) = (parcel.here.path("elsewhere"), home.with_extension("new"));
    completes(&parcel, &other, &home, After { receiver: None, sender: None, told }, test);
}

#[test]
fn a_disk_that_dies_is_said_and_the_program_lives() {
    let test = "disk dies";
    if !can(test, &NEEDS) {
        return;
    }
    for kind in [Kind::Ext4, Kind::Xfs] {
        let parcel = Parcel::mixed(24);
        let disk = Disk::new(kind, 400);
        let home = parcel.here.home().join("there");
        let after = harmed(&parcel, &disk.inbox(), &home, 4 << 20, || disk.shut_down());
        disk.give_back();
        parcel.nothing_is_wrong(&disk.inbox(), test);
        completes(&parcel, &disk.inbox(), &home, after, &format!("{test}, {kind:?}"));
        fs::remove_dir_all(home).unwrap();
    }
}

#[test]
fn a_disk_that_can_t_be_written_to_is_said_to_both_before_anything_is_sent() {
    let test = "read-only";
    if !can(test, &NEEDS) {
        return;
    }
    let parcel = Parcel::mixed(5);
    let disk = Disk::new(Kind::Ext4, 64);
    let home = parcel.here.home().join("there");
    disk.remount("ro");
    let told = match Receiver::start(&disk.inbox(), &home, "0", &[]) {
        Err(heard) => sentence(heard.iter().find(|event| event["event"] == "error").unwrap()),
        Ok(receiver) => {
            let (end, _) = parcel.send(&receiver.address(), &[]).end();
            assert_ne!(end["outcome"], "complete", "{end}");
            sentence(&receiver.end().0.unwrap())
        }
    };
    assert!(told.contains("read-only"), "{told}");
    disk.remount("rw");
    completes(&parcel, &disk.inbox(), &home, After { receiver: None, sender: None, told }, test);
}

#[test]
fn a_receiving_folder_that_is_removed_or_moved_away_is_said_and_a_second_attempt_completes() {
    for removed in [true, false] {
        let parcel = Parcel::mixed(16);
        let there = Device::new();
        let inbox = there.inbox();
        let away = there.path("moved");
        let after = harmed(&parcel, &inbox, &there.home(), 4 << 20, || {
            if removed {
                assert!(Command::new("rm").arg("-rf").arg(&inbox).status().unwrap().success());
            } else {
                fs::rename(&inbox, &away).unwrap();
            }
        });
        if !removed {
            // Whoever moves it takes along what goes into it; and nobody finds it where it was to go.
            for said in ["was moved away", "What arrived is whole", "moved” now"] {
                assert!(after.told.contains(said), "{}", after.told);
            }
            parcel.is_there(&away, "in the folder that was moved");
            continue;
        }
        completes(&parcel, &inbox, &there.home(), after, "folder removed");
    }
}
