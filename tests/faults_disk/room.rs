//! Disks that say odd things of their room, and of how large a file may be.

use std::fs::File;

use super::{
    harness::{Device, Running, content},
    parcel::Parcel,
    receiver::Receiver,
    strange::{Strange, can},
};

fn both_complete(sender: Running, receiver: Receiver, when: &str) {
    let (told, code) = sender.end();
    let (here, its) = receiver.end();
    assert_eq!((code, its), (0, Some(0)), "{when}: {told}, {here:?}");
}

#[test]
fn what_a_disk_likes_to_be_sent_at_once_is_not_what_a_small_file_takes() {
    if !can("disks of networks") {
        return;
    }
    // As NFS says it. Free is a fifth of what so many such blocks would be.
    let disk = Strange::new(&["statfs=frsize:1048576,free:104857600"]);
    let here = Device::new();
    (0..500).for_each(|nth| drop(here.file(&format!("notes/{nth}"), "ten bytes.")));
    let parcel = Parcel::of(here, &["notes"]);
    let receiver = Receiver::start(&disk.inbox(), &disk.home(), "0", &[]).unwrap();
    both_complete(parcel.send(&receiver.address(), &[]), receiver, "small files");
    parcel.is_exactly_there(&disk.inbox(), "small files");
}

fn is_full(side: &mut Running, whose: &str) {
    let paused = side.wait_for("paused");
    assert_eq!((&paused["reason"], &paused["side"]), (&"no_room".into(), &whose.into()), "{paused}");
}

#[test]
fn a_disk_that_has_other_words_for_being_full_is_full_and_goes_on_when_it_is_not() {
    if !can("disks that are full by another name") {
        return;
    }
    // As sshfs says it, by its age; and one that knows the word, and says for ever that it has no place for a file.
    for (full, free) in [
        (&["write=EIO", "statfs=free:0"][..], &[][..]),
        (&["write=EPERM", "statfs=free:0"], &[]),
        (&["write=ENOSPC", "statfs=nofiles"], &["statfs=nofiles"]),
    ] {
        let when = format!("{full:?}");
        let disk = Strange::new(&[]);
        let parcel = Parcel::file(24 << 20);
        let mut receiver = Receiver::start(&disk.inbox(), &disk.home(), "0", &[]).unwrap();
        let mut sender = parcel.send(&receiver.address(), &["--limit", "12MB/s"]);
        while receiver.running().wait_for("progress")["bytes"].as_u64().unwrap() < 4 << 20 {}
        disk.set(full);
        is_full(receiver.running(), "here");
        is_full(&mut sender, "there");
        disk.set(free);
        both_complete(sender, receiver, &when);
        parcel.is_exactly_there(&disk.inbox(), &when);
    }
}

#[test]
fn an_ill_disk_with_room_is_not_called_full() {
    if !can("an ill disk") {
        return;
    }
    let disk = Strange::new(&["write=EIO"]);
    let parcel = Parcel::file(2 << 20);
    let receiver = Receiver::start(&disk.inbox(), &disk.home(), "0", &[]).unwrap();
    let (told, code) = parcel.send(&receiver.address(), &[]).end();
    receiver.end();
    assert_eq!((code, &told["outcome"]), (1, &"failed".into()), "{told}");
    assert!(told["problem"].as_str().unwrap().contains("error"), "{told}");
}

/// Sends a small file and one that the disk can't hold, to a receiver that takes everything. What the two say at the end.
/// The large one begins with so much noise, which nothing makes shorter on its way, and the rest of it is a hole.
fn too_large(disk: &Strange, noise: usize, size: u64, args: &[&str]) -> [serde_json::Value; 2] {
    let here = Device::new();
    let small = here.file("small", content(30_000));
    let large = here.file("large", content(noise));
    File::options().write(true).open(&large).unwrap().set_len(size).unwrap();
    let receiver = Receiver::start(&disk.inbox(), &disk.home(), "0", &[]).unwrap();
    let (told, code) = here.send(&[&large, &small], &receiver.address(), args).end();
    let (end, its) = receiver.end();
    assert_eq!((code, its), (1, Some(1)), "{told}");
    assert_eq!(std::fs::read(disk.inbox().join("small")).unwrap(), content(30_000));
    assert_eq!(std::fs::read_dir(disk.inbox()).unwrap().count(), 1, "nothing else is left there");
    [told, end.unwrap()]
}

#[test]
fn a_file_that_a_disk_can_t_hold_is_known_before_anything_of_it_is_sent_and_the_others_come() {
    if !can("disks with a largest file") {
        return;
    }
    let disk = Strange::new(&["largest=2500000000", "type=mergerfs"]);
    for (side, end) in ["there", "here"].into_iter().zip(too_large(&disk, 16 << 20, 3 << 30, &[])) {
        assert_eq!(
            (&end["failed"], &end["hopeless"], &end["files"]),
            (&1.into(), &1.into(), &1.into()),
            "{end}"
        );
        let failure = &end["failures"][0];
        assert_eq!((&failure["path"], &failure["side"]), (&"large".into(), &side.into()), "{end}");
        assert!(failure["why"].as_str().unwrap().contains("larger than a file can be on"), "{end}");
        let sent = end["pipeline"]["wire_bytes"].as_u64().unwrap();
        assert!(sent < 1 << 20, "{sent} bytes were sent for nothing");
    }
}

#[test]
fn a_file_that_fails_on_its_way_is_not_sent_to_its_end() {
    if !can("disks with a small largest file") {
        return;
    }
    let disk = Strange::new(&["largest=1000000"]);
    let size = 128 << 20;
    // So slow that its receiver's word comes long before its end.
    let [told, _] = too_large(&disk, size, size as u64, &["--limit", "16MB/s"]);
    assert_eq!((&told["failed"], &told["hopeless"]), (&1.into(), &1.into()), "{told}");
    let moved = told["pipeline"]["wire_bytes"].as_u64().unwrap();
    assert!(moved < size as u64 / 2, "{moved} bytes were sent for nothing");
}
