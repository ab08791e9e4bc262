//! Disks that have no sync, for files or for folders: what comes is stored, and its person is told once.

use super::{
    parcel::Parcel,
    receiver::Receiver,
    strange::{Strange, can},
};

/// As vboxsf, 9p, AFS and some of CIFS and FUSE have it. That there is no such call (ENOSYS) the kernel keeps to itself.
const KNOBS: [&[&str]; 4] = [
    &["fsync=EINVAL"],
    &["fsyncdir=EINVAL"],
    &["fsync=EOPNOTSUPP", "fsyncdir=EOPNOTSUPP"],
    &["fsync=ENOSYS", "fsyncdir=ENOSYS"],
];

const NOTE: &str = "The disk here can’t promise that what has come survives a power cut.";

#[test]
fn a_disk_without_a_sync_stores_what_comes_and_that_is_said_once() {
    if !can("disks without a sync") {
        return;
    }
    for knobs in KNOBS {
        let disk = Strange::new(knobs);
        let parcel = Parcel::mixed(6);
        // What is kept of the transfer lies there as well.
        let home = disk.point().join("home");
        let receiver = Receiver::start(&disk.inbox(), &home, "0", &[])
            .unwrap_or_else(|heard| panic!("{knobs:?}: {heard:?}"));
        let (told, code) = parcel.send(&receiver.address(), &[]).end();
        let (here, its) = receiver.end();
        let here = here.expect("a last word");
        assert_eq!((code, its), (0, Some(0)), "{knobs:?}: {told}, {here}");
        parcel.is_exactly_there(&disk.inbox(), &format!("{knobs:?}"));
        let is_seen = !knobs[0].contains("ENOSYS");
        let notes: &[&str] = if is_seen { &[NOTE] } else { &[] };
        assert_eq!(here["notes"], serde_json::json!(notes), "{knobs:?}");
    }
}

#[test]
fn on_a_disk_that_syncs_nothing_is_said_of_power_cuts() {
    if !can("a disk with a sync") {
        return;
    }
    let disk = Strange::new(&[]);
    let parcel = Parcel::mixed(1);
    let receiver = Receiver::start(&disk.inbox(), &disk.home(), "0", &[]).unwrap();
    parcel.send(&receiver.address(), &[]).end();
    let here = receiver.end().0.unwrap();
    assert_eq!((&here["outcome"], &here["notes"]), (&"complete".into(), &serde_json::json!([])));
}

#[test]
fn a_disk_that_says_yes_to_every_sync_and_writes_out_later_is_known_by_its_kind() {
    if !can("the kinds of disks that programs show") {
        return;
    }
    for kind in ["cryfs", "fuse-zip", "archivemount"] {
        let disk = Strange::new(&[&*format!("type={kind}")]);
        let parcel = Parcel::mixed(1);
        let receiver = Receiver::start(&disk.inbox(), &disk.home(), "0", &[]).unwrap();
        parcel.send(&receiver.address(), &[]).end();
        let here = receiver.end().0.unwrap();
        assert_eq!(here["notes"], serde_json::json!([NOTE]), "{kind}");
    }
}
