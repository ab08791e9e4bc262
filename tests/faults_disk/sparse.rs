//! Files with holes on real disks: what is more than a disk has room for fits on it, and a power cut in the middle of a
//! hole costs nothing.

use std::{
    fs::{self, File},
    ops::Range,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::Path,
    process::Command,
};

use serde_json::Value;

use super::{
    disk::{Disk, Kind, can},
    harness::{Device, content},
    loud::say,
    receiver::Receiver,
};

const NEEDS: [&str; 3] = ["mkfs.ext4", "mkfs.xfs", "mount"];
const CHUNK: u64 = 256 << 10;
/// Each with as much room as it takes to make one.
const DISKS: [(Kind, u64); 2] = [(Kind::Ext4, 64), (Kind::Xfs, 320)];

fn sparse(path: &Path, size: u64, parts: &[Range<u64>]) {
    let file = File::create(path).unwrap();
    file.set_len(size).unwrap();
    for part in parts {
        let len = usize::try_from(part.end - part.start).unwrap();
        file.write_all_at(&content(len), part.start).unwrap();
    }
}

fn taken(path: &Path) -> u64 {
    fs::metadata(path).unwrap().blocks() * 512
}

fn is_the_same(there: &Path, here: &Path, when: &str) {
    let digest =
        |path| blake3::Hasher::new().update_reader(File::open(path).unwrap()).unwrap().finalize().to_hex();
    assert_eq!(digest(there), digest(here), "{when}");
    let (ours, theirs) = (taken(there), taken(here));
    assert!(ours <= theirs + CHUNK, "{when}: {ours} are taken, and {theirs} at the sender");
}

#[test]
fn a_file_of_holes_that_is_larger_than_a_disk_goes_onto_it_and_from_it() {
    let test = "larger than the disk";
    if !can(test, &NEEDS) {
        return;
    }
    let here = Device::new();
    let (path, size) = (here.path("disk.img"), (1 << 30) + 777);
    let odd = 300 * CHUNK + 5000..301 * CHUNK + 6000;
    sparse(&path, size, &[0..70_000, odd, (1 << 29)..(1 << 29) + 4096, size - 5..size]);
    for (kind, megabytes) in DISKS {
        let disk = Disk::new(kind, megabytes);
        let home = here.home().join(format!("{kind:?}"));
        let receiver = Receiver::start(&disk.inbox(), &home, "0", &[]).unwrap();
        let (end, code) = here.send(&[&path], &receiver.address(), &[]).end();
        assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{kind:?}: {end}");
        assert_eq!(receiver.end().1, Some(0));
        let there = disk.inbox().join("disk.img");
        is_the_same(&there, &path, &format!("{kind:?}"));
        say(test, &format!("{kind:?} of {megabytes} MB: {size} bytes take {}", taken(&there)));
        let back = Device::new();
        let receiver = Receiver::start(&back.inbox(), &back.home(), "0", &[]).unwrap();
        let (end, _) = here.send(&[&there], &receiver.address(), &[]).end();
        assert_eq!(end["outcome"], "complete", "{kind:?}, back: {end}");
        assert!(end["pipeline"]["wire_bytes"].as_u64().unwrap() < 10 * CHUNK, "{end}");
        assert_eq!(receiver.end().1, Some(0));
        is_the_same(&back.inbox().join("disk.img"), &path, &format!("{kind:?}, back"));
    }
}

#[test]
fn a_disk_that_fills_up_beside_holes_is_gone_on_with_when_there_is_room_for_the_rest() {
    let test = "full beside holes";
    if !can(test, &NEEDS) {
        return;
    }
    let here = Device::new();
    let (path, size) = (here.path("disk.img"), 1 << 30);
    sparse(&path, size, &[CHUNK..80 * CHUNK, size - 10 * CHUNK..size]);
    let disk = Disk::new(Kind::Ext4, 64);
    let home = here.home().join("there");
    let mut receiver = Receiver::start(&disk.inbox(), &home, "0", &[]).unwrap();
    let mut sender = here.send(&[&path], &receiver.address(), &["--limit", "10MB/s"]);
    while receiver.running().wait_for("progress")["bytes"].as_u64().unwrap() < 4 << 20 {}
    let filler = disk.point().join("filler");
    // A disk that is full takes no more than that.
    let _ = Command::new("dd").args(["if=/dev/zero", "bs=64k", &format!("of={}", filler.display())]).output();
    assert_eq!(sender.wait_for("paused")["outcome"], Value::Null);
    fs::remove_file(filler).unwrap();
    let (end, _) = sender.end();
    assert_eq!(end["outcome"], "complete", "{end}");
    assert_eq!(receiver.end().1, Some(0));
    is_the_same(&disk.inbox().join("disk.img"), &path, test);
}

#[test]
fn power_that_is_cut_in_the_middle_of_a_hole_costs_nothing_that_had_come() {
    let test = "power cut in a hole";
    if !can(test, &NEEDS) {
        return;
    }
    let here = Device::new();
    let (path, size) = (here.path("disk.img"), 6_u64 << 30);
    sparse(&path, size, &[0..20 * CHUNK, size / 2..size / 2 + 20 * CHUNK]);
    for (kind, megabytes) in DISKS {
        let disk = Disk::new(kind, megabytes);
        let home = here.home().join(format!("{kind:?}"));
        let mut receiver = Receiver::start(&disk.inbox(), &home, "0", &[]).unwrap();
        let port = receiver.port.clone();
        let sender = here.send(&[&path], &receiver.address(), &[]);
        while receiver.running().wait_for("progress")["bytes"].as_u64().unwrap() < 1 << 29 {}
        receiver.freeze();
        disk.shut_down();
        receiver.kill();
        disk.give_back();
        let receiver = Receiver::start(&disk.inbox(), &home, &port, &[]).unwrap();
        let (end, _) = sender.end();
        assert_eq!(end["outcome"], "complete", "{kind:?}: {end}");
        assert_eq!(receiver.end().1, Some(0));
        is_the_same(&disk.inbox().join("disk.img"), &path, &format!("{kind:?}"));
    }
}
