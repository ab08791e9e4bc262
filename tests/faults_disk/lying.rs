//! Disks that say nothing, or nothing true, of their room, and that fail to sync.

use super::{
    disk::{self, Disk, Kind},
    harness::Running,
    loud::say,
    parcel::Parcel,
    receiver::Receiver,
    strange::{Strange, can},
};

fn both_end(sender: Running, receiver: Receiver) -> ([serde_json::Value; 2], [Option<i32>; 2]) {
    let (told, code) = sender.end();
    let (here, its) = receiver.end();
    ([told, here.expect("a last word")], [Some(code), its])
}

#[test]
fn a_disk_that_does_not_say_what_room_it_has_takes_what_is_sent() {
    if !can("disks that don't tell their room") {
        return;
    }
    // As libfuse answers for who doesn't, and no answer at all.
    for knob in ["statfs=zero", "statfs=none", "statfs=frsize:1048576"] {
        let disk = Strange::new(&[knob]);
        let parcel = Parcel::mixed(6);
        let receiver = Receiver::start(&disk.inbox(), &disk.home(), "0", &[])
            .unwrap_or_else(|heard| panic!("{knob}: {heard:?}"));
        let (ends, codes) = both_end(parcel.send(&receiver.address(), &[]), receiver);
        assert_eq!(codes, [Some(0); 2], "{knob}: {ends:?}");
        parcel.is_exactly_there(&disk.inbox(), knob);
    }
}

#[test]
fn where_a_sync_fails_nothing_is_called_stored_and_a_second_attempt_completes() {
    if !can("disks that can't sync") {
        return;
    }
    for knob in ["fsync=EIO@1-1", "fsync=EIO@4", "fsyncdir=EIO@1-1", "fsyncdir=EIO@2"] {
        let disk = Strange::new(&[]);
        let (inbox, home) = (disk.inbox(), disk.home());
        let parcel = Parcel::mixed(6);
        let receiver = Receiver::start(&inbox, &home, "0", &[]).unwrap();
        disk.set(&[knob]);
        let (ends, codes) = both_end(parcel.send(&receiver.address(), &[]), receiver);
        for (end, code) in ends.iter().zip(codes) {
            let is_said = end["failed"] != 0 || end["problem"].is_string();
            assert!(code == Some(1) && is_said && end["verified"] == false, "{knob}: {code:?}, {end}");
        }
        parcel.nothing_is_wrong(&inbox, knob);
        disk.set(&[]);
        let receiver = Receiver::obeying("complete", &inbox, &home, "0", &[]).unwrap();
        let (ends, codes) = both_end(parcel.send(&receiver.address(), &[]), receiver);
        assert_eq!(codes, [Some(0); 2], "{knob}, the second time: {ends:?}");
        parcel.is_exactly_there(&inbox, knob);
    }
}

/// What of a transfer that was complete is not there after a power cut of the disk under a strange one.
fn missing_after_a_cut(knobs: &[&str]) -> Option<String> {
    let parcel = Parcel::mixed(6);
    let disk = Disk::new(Kind::Ext4, 400);
    let mut strange = Strange::over(&disk.point(), knobs);
    // The folders are not what the test is about.
    disk::run("sync", &["-f", disk.point().to_str().unwrap()]);
    let receiver = Receiver::start(&strange.inbox(), &strange.home(), "0", &[]).unwrap();
    let (ends, codes) = both_end(parcel.send(&receiver.address(), &[]), receiver);
    assert_eq!(codes, [Some(0); 2], "{knobs:?}: {ends:?}");
    let inbox = strange.under().join("in");
    strange.take_away();
    disk.cut();
    parcel.wrong_or_missing(&inbox)
}

#[test]
fn what_is_stored_through_a_program_lasts_through_a_power_cut_below_unless_that_lies() {
    let test = "power cut below a strange disk";
    if !can(test) || !disk::can(test, &["mkfs.ext4", "mount", "python3"]) {
        return;
    }
    // The kernel says of such a disk that all of it is synced, and does nothing: it must not be believed.
    assert_eq!(missing_after_a_cut(&[]), None);
    for lie in ["fsync=lies", "fsyncdir=lies"] {
        let missing = missing_after_a_cut(&[lie]);
        say(test, &format!("{lie}: {}", missing.expect("something that the test notices")));
    }
}
