//! What Airlift keeps for itself: never sent, never received into, whatever path leads to it.

use std::os::unix::fs::symlink;

use super::*;
use crate::disk::{SourceError, measure};

/// A folder with Airlift's own in it, and other things.
struct Place {
    temp: TempDir,
    off_limits: OffLimits,
}

impl Place {
    fn new() -> Self {
        let temp = temp();
        fs::create_dir_all(temp.path().join("all/home/transfers")).unwrap();
        for file in ["all/home/key", "all/home/devices.json", "all/home/transfers/one.json", "all/letter"] {
            fs::write(temp.path().join(file), "old").unwrap();
        }
        fs::create_dir(temp.path().join("beside")).unwrap();
        let parts = ["all/home", "all/home/transfers", "all/home/key", "all/home/nothing"];
        let off_limits = OffLimits::at(parts.map(|part| temp.path().join(part))).unwrap();
        Self { temp, off_limits }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.temp.path().join(path)
    }

    fn scan(&self, path: &str) -> Result<Scan, SourceError> {
        Scan::new(vec![Source::Path(self.at(path))], &self.off_limits)
    }

    fn inbox(&self, path: &str) -> Result<Inbox, DiskError> {
        Inbox::open(&self.at(path), &self.off_limits)
    }
}

#[test]
fn airlifts_own_folder_is_left_out_of_every_walk_and_that_is_said() {
    let place = Place::new();
    // Under another name, and its key under another as well.
    symlink(place.at("all"), place.at("link")).unwrap();
    fs::create_dir(place.at("beside/deep")).unwrap();
    fs::hard_link(place.at("all/home/key"), place.at("beside/deep/copy")).unwrap();
    for (picked, left) in [("all", vec!["all", "all/letter"]), ("beside", vec!["beside", "beside/deep"])] {
        let mut scan = place.scan(picked).unwrap();
        let entries = scan.next_batch(100).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), left);
        assert_eq!((scan.skipped().own, scan.skipped().total()), (1, 1));
        let [note] = &scan.notes()[..] else { panic!("{:?}", scan.notes()) };
        assert!(note.contains("this device’s key is there"), "{note}");
        let summary = measure(&place.at(picked), &place.off_limits).unwrap();
        assert_eq!((summary.files + summary.folders, summary.skipped.own), (left.len() as u64, 1));
    }
    // It is another folder that has the name now.
    fs::rename(place.at("all/home"), place.at("beside/moved")).unwrap();
    fs::create_dir(place.at("all/home")).unwrap();
    let mut scan = place.scan("all").unwrap();
    assert_eq!(scan.next_batch(100).unwrap().len(), 3);
    let mut scan = place.scan("beside").unwrap();
    assert_eq!(scan.next_batch(100).unwrap().len(), 2);
    assert_eq!(scan.skipped().own, 2);
}

#[test]
fn airlifts_own_folder_and_what_is_in_it_cant_be_named_for_sending() {
    let place = Place::new();
    symlink(place.at("all"), place.at("link")).unwrap();
    symlink(place.at("all/home/transfers"), place.at("inner")).unwrap();
    fs::hard_link(place.at("all/home/key"), place.at("beside/copy")).unwrap();
    for path in [
        "all/home",
        "all/home/key",
        "all/home/devices.json",
        "all/home/transfers",
        "all/home/transfers/one.json",
        "all/home/transfers/..",
        "link/home",
        "link/home/key",
        "inner/one.json",
        "beside/copy",
        "beside/../all/home/key",
    ] {
        let refused = place.scan(path).err().unwrap();
        assert!(matches!(refused, SourceError::Own(_)), "{path}: {refused}");
        assert!(refused.to_string().contains("this device’s key"), "{refused}");
        assert!(matches!(measure(&place.at(path), &place.off_limits), Err(SourceError::Own(_))), "{path}");
        // Beside other things, it is no less meant.
        let both = vec![Source::Path(place.at("all/letter")), Source::Path(place.at(path))];
        assert!(matches!(Scan::new(both, &place.off_limits).err(), Some(SourceError::Own(_))), "{path}");
    }
}

#[test]
fn nothing_is_received_into_a_folder_at_above_or_inside_airlifts_own() {
    let place = Place::new();
    symlink(place.at("all/home"), place.at("link")).unwrap();
    symlink(place.at("all"), place.at("up")).unwrap();
    let before = listing(place.temp.path());
    for inside in [
        "all/home",
        "all/home/transfers",
        "all/home/new",
        "all/home/new/deep",
        "link",
        "link/transfers",
        "link/new",
        "up/home",
        "beside/../all/home",
        "all/home/transfers/..",
        "beside/not there/../../all/home/new",
    ] {
        let refused = place.inbox(inside).err().unwrap();
        assert!(matches!(refused, DiskError::Own(_)), "{inside}: {refused}");
        assert!(place.off_limits.admits(&place.at(inside)).is_err());
    }
    for above in ["", "all", "up", "all/home/..", "link/..", "/"] {
        let refused = place.inbox(above).err().unwrap();
        assert!(matches!(refused, DiskError::AboveOwn(_)), "{above}: {refused}");
        assert!(place.off_limits.admits(&place.at(above)).is_err());
    }
    assert_eq!(listing(place.temp.path()), before, "nothing was made to find that out");
    for beside in ["beside", "beside/new", "all/home-2", "all/letters/new"] {
        place.inbox(beside).unwrap();
        place.off_limits.admits(&place.at(beside)).unwrap();
    }
    // Only once the first folder is made does this path lead there.
    let refused = place.inbox("gone/../all/home").err().unwrap();
    assert!(matches!(refused, DiskError::Own(_)), "{refused}");
}

#[test]
fn what_comes_never_goes_into_airlifts_own_folder_though_that_has_come_into_the_receiving_one() {
    let place = Place::new();
    let entries =
        [folder("home"), file("home/devices.json", 5), file("home/transfers/x", 5), file("free", 5)];
    let inbox = place.inbox("beside").unwrap();
    fs::rename(place.at("all/home"), place.at("beside/home")).unwrap();
    let plan = inbox.plan(&entries, None, Conflict::Replace).unwrap();
    let intake = Intake::begin(inbox, entries.to_vec(), plan, ID, Watch::nobody()).unwrap();
    for no in [1, 2] {
        let refused = store_one(&intake, no, b"12345").unwrap_err();
        assert!(matches!(refused, DiskError::Own(_)) && !refused.is_fatal(), "{refused}");
    }
    store_one(&intake, 3, b"12345").unwrap();
    let problems = intake.finish().problems;
    assert!(matches!(problems[..], [(0, DiskError::Own(_))]), "{problems:?}");
    assert_eq!(fs::read(place.at("beside/home/devices.json")).unwrap(), b"old");
    assert!(!place.at("beside/home/transfers/x").exists());
}

#[test]
fn a_mount_leads_around_none_of_that() {
    use std::process::Command;
    struct Bound(PathBuf);
    impl Drop for Bound {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg("-l").arg(&self.0).status();
            let _ = fs::remove_dir(&self.0);
        }
    }
    let place = Place::new();
    for (from, to) in [("all/home", "beside/a"), ("all/home/transfers", "beside/b"), ("all", "beside/c")] {
        fs::create_dir(place.at(to)).unwrap();
        let mounted = Command::new("mount").arg("--bind").arg(place.at(from)).arg(place.at(to)).output();
        if !mounted.is_ok_and(|mounted| mounted.status.success()) {
            return skip("nothing can be mounted here");
        }
        let _bound = Bound(place.at(to));
        let mut scan = place.scan("beside").unwrap();
        let entries = scan.next_batch(100).unwrap();
        let inside = if from == "all" { 3 } else { 1 };
        assert_eq!((entries.len(), scan.skipped().own), (inside, 1), "{from}");
        if from == "all" {
            assert!(matches!(place.inbox(to), Err(DiskError::AboveOwn(_))));
            assert!(matches!(place.inbox("beside/c/home"), Err(DiskError::Own(_))));
            assert!(matches!(place.scan("beside/c/home/key"), Err(SourceError::Own(_))));
        } else {
            assert!(matches!(place.inbox(to), Err(DiskError::Own(_))));
            assert!(matches!(place.scan(to), Err(SourceError::Own(_))));
        }
    }
}
