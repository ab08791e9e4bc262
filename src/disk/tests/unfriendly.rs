//! The receiver in a hostile place: planted links, folders that go, disks that are full or shut.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, symlink},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    ID, add, begin, file, folder, listing, receive, shut::Shut, skip, store, store_one, temp, texts, write,
};
use crate::{
    disk::{
        DiskError, Inbox, OffLimits, Scan, SourceError,
        naming::{PART, prefix},
    },
    model::{CHUNK, Conflict, Entry, Leaf, Source, Timestamp},
};

#[test]
fn a_link_planted_in_place_of_a_folder_is_never_gone_through() {
    for conflict in [Conflict::KeepBoth, Conflict::Skip, Conflict::Replace] {
        let (temp, outside) = (temp(), temp());
        // A folder outside, others in the inbox, nowhere, and a plain file.
        for plant in [
            &|at: &Path| symlink(outside.path(), at).unwrap(),
            &|at: &Path| symlink("..", at).unwrap(),
            &|at: &Path| symlink("other", at).unwrap(),
            &|at: &Path| symlink("nowhere", at).unwrap(),
            &|at: &Path| fs::write(at, "file").unwrap(),
        ] as [&dyn Fn(&Path); 5]
        {
            let inbox = tempfile::tempdir_in(temp.path()).unwrap();
            let entries = [folder("top"), folder("top/sub"), file("top/sub/f", 9), file("top/g", 5)];
            let intake = begin(inbox.path(), &entries, conflict);
            fs::create_dir_all(inbox.path().join("top/other")).unwrap();
            plant(&inbox.path().join("top/sub"));
            let error = intake.create(2).err().unwrap();
            assert!(matches!(error, DiskError::InTheWay(_)) && !error.is_fatal(), "{error}");
            // The rest is not the worse for it.
            store_one(&intake, 3, b"top/g").unwrap();
            assert!(
                listing(inbox.path()).iter().all(|line| !line.contains("other/") || line.ends_with("other/"))
            );
            let finished = intake.finish();
            assert_eq!(finished.problems.len(), 1);
            assert_eq!(finished.problems[0].0, 1);
        }
        assert!(listing(outside.path()).is_empty());
    }
}

#[test]
fn a_folder_swapped_for_a_link_while_a_file_is_written_gives_nothing_away() {
    let (temp, outside) = (temp(), temp());
    let entries = texts(&["top/sub/f", "top/sub/g"]);
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    let verified = write(&intake, 0, b"top/sub/f").unwrap();
    fs::rename(temp.path().join("top/sub"), temp.path().join("moved")).unwrap();
    symlink(outside.path(), temp.path().join("top/sub")).unwrap();
    // Whether it follows the folder or fails, it never lands behind the link.
    let _ = store(&intake, vec![verified]);
    let _ = write(&intake, 1, b"top/sub/g").map(|verified| store(&intake, vec![verified]));
    let _ = intake.finish();
    drop(intake);
    assert!(listing(outside.path()).is_empty());
    assert!(listing(temp.path()).iter().all(|line| !line.contains(".airlift")));
}

/// What the partial file of an entry is called.
fn part_of(path: &str) -> String {
    format!("{}{}{PART}", prefix(ID), &blake3::hash(path.as_bytes()).to_hex()[..16])
}

#[test]
fn a_link_planted_under_a_final_or_partial_name_is_left_alone() {
    let (temp, outside) = (temp(), temp());
    let target = outside.path().join("target");
    fs::write(&target, "precious").unwrap();
    let entries = texts(&["f"]);
    for conflict in [Conflict::KeepBoth, Conflict::Skip, Conflict::Replace] {
        let inbox = tempfile::tempdir_in(temp.path()).unwrap();
        let intake = begin(inbox.path(), &entries, conflict);
        symlink(&target, inbox.path().join(part_of("f"))).unwrap();
        symlink(outside.path().join("new"), inbox.path().join("f")).unwrap();
        assert_eq!(store_one(&intake, 0, b"f").unwrap().path.as_str(), "f (1)");
        assert_eq!(listing(inbox.path()), [&format!("{}=<link>", part_of("f")), "f=<link>", "f (1)=f"]);
    }
    assert_eq!(listing(outside.path()), ["target=precious"]);
}

#[test]
fn what_a_crash_left_behind_is_in_nobodys_way() {
    let temp = temp();
    let part = part_of("f");
    let next = part.replace(PART, "-1.part");
    fs::write(temp.path().join(&part), "left").unwrap();
    fs::create_dir(temp.path().join(&next)).unwrap();
    let intake = begin(temp.path(), &texts(&["f"]), Conflict::KeepBoth);
    store_one(&intake, 0, b"f").unwrap();
    assert_eq!(listing(temp.path()), [format!("{next}/"), format!("{part}=left"), "f=f".to_owned()]);
}

#[test]
fn a_folder_removed_on_the_way_is_made_again() {
    let temp = temp();
    let entries = texts(&["top/sub/f", "top/sub/g", "top/h"]);
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    let lost = write(&intake, 0, b"top/sub/f").unwrap();
    fs::remove_dir_all(temp.path().join("top")).unwrap();
    let error = store(&intake, vec![lost]).remove(0).1.unwrap_err();
    assert!(matches!(error, DiskError::Vanished(_)) && !error.is_fatal(), "{error}");
    store_one(&intake, 1, b"top/sub/g").unwrap();
    store_one(&intake, 2, b"top/h").unwrap();
    assert_eq!(listing(temp.path()), ["top/", "top/h=top/h", "top/sub/", "top/sub/g=top/sub/g"]);
}

#[test]
fn a_receiving_folder_that_is_gone_ends_the_transfer() {
    let temp = temp();
    let inbox = temp.path().join("inbox");
    let entries = texts(&["f", "d/g", "h"]);
    let intake = begin(&inbox, &entries, Conflict::KeepBoth);
    let waiting = write(&intake, 0, b"f").unwrap();
    let also_waiting = write(&intake, 1, b"d/g").unwrap();
    let open = intake.create(2).unwrap();
    fs::remove_dir_all(&inbox).unwrap();
    let _ = add(&open, &mut Leaf::first(), b"h");
    drop(open);
    let stored = store(&intake, vec![waiting, also_waiting]);
    for error in [stored[0].1.as_ref().unwrap_err(), stored[1].1.as_ref().unwrap_err()] {
        assert!(matches!(error, DiskError::FolderGone(_)) && error.is_fatal(), "{error}");
    }
    let error = intake.create(2).err().unwrap();
    assert!(matches!(error, DiskError::FolderGone(_)), "{error}");
    let _ = intake.finish();
    assert!(intake.saved().is_empty());
    drop(intake);
    assert!(listing(temp.path()).is_empty());
}

#[test]
fn a_receiving_folder_that_is_shut_is_known_at_once() {
    let temp = temp();
    let Some(shut) = Shut::new(temp.path().to_owned()) else { return skip("no folder can be shut here") };
    let error = Inbox::open(temp.path(), &OffLimits::default()).err().unwrap();
    assert!(matches!(error, DiskError::NoPermission(_)), "{error}");
    let error = Inbox::open(&temp.path().join("below"), &OffLimits::default()).err().unwrap();
    assert!(matches!(error, DiskError::NoPermission(_)), "{error}");
    drop(shut);
    Inbox::open(temp.path(), &OffLimits::default()).unwrap();
}

#[test]
fn a_shut_folder_inside_costs_its_own_files_only() {
    let temp = temp();
    fs::create_dir(temp.path().join("shut")).unwrap();
    let entries = texts(&["shut/f", "open/g"]);
    let intake = begin(temp.path(), &entries, Conflict::Skip);
    let Some(_shut) = Shut::new(temp.path().join("shut")) else { return skip("no folder can be shut here") };
    let error = intake.create(0).err().unwrap();
    assert!(matches!(error, DiskError::NoPermission(_)) && !error.is_fatal(), "{error}");
    store_one(&intake, 1, b"open/g").unwrap();
}

/// A folder `disk` with a file system of its own, until it is dropped.
struct Mounted {
    above: tempfile::TempDir,
    at: PathBuf,
}

impl Mounted {
    fn tmpfs(options: &str) -> Option<Self> {
        let above = temp();
        let at = above.path().join("disk");
        fs::create_dir(&at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&at).output();
        mount.is_ok_and(|mount| mount.status.success()).then_some(Self { above, at })
    }

    fn path(&self) -> &Path {
        &self.at
    }

    fn remount(&self, options: &str) {
        let mount = Command::new("mount").args(["-o", options]).arg(self.path()).status().unwrap();
        assert!(mount.success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[test]
fn a_full_disk_is_known_before_the_first_byte_or_at_the_byte_that_does_not_fit() {
    let Some(disk) = Mounted::tmpfs("size=4m") else { return skip("nothing can be mounted here") };
    let inbox = Inbox::open(disk.path(), &OffLimits::default()).unwrap();
    let short = |entries: &[Entry]| inbox.plan(entries, None, Conflict::KeepBoth).unwrap().short().is_some();
    assert!(short(&[file("f", 5 << 20)]) && !short(&[file("f", 3 << 20)]));
    // A thousand small files take a thousand blocks.
    let small: Vec<_> = (0..1024).map(|i| file(&format!("{i}"), 10)).collect();
    assert!(short(&small));

    let entries = [file("large", 3 << 20), file("small", 900_000), super::stream("s")];
    let intake = begin(disk.path(), &entries, Conflict::KeepBoth);
    fs::write(disk.path().join("other"), vec![1; 2 << 20]).unwrap();
    let error = intake.create(0).err().unwrap();
    assert!(matches!(error, DiskError::NoSpace(_)) && error.is_fatal(), "{error}");
    let stream = intake.create(2).unwrap();
    let sevens = vec![7; CHUNK / 4];
    let mut leaf = Leaf::first();
    let error = loop {
        let chunk = leaf.number();
        if let Err(error) = add(&stream, &mut leaf, &sevens) {
            leaf = Leaf::at(chunk * CHUNK as u64).unwrap();
            break error;
        }
        if leaf.room() == 0 {
            let next = Leaf::at(leaf.end()).unwrap();
            stream.keep(std::mem::replace(&mut leaf, next)).unwrap();
        }
    };
    assert!(matches!(error, DiskError::NoSpace(_)), "{error}");
    // With space again, the chunk comes anew.
    fs::remove_file(disk.path().join("other")).unwrap();
    add(&stream, &mut leaf, &sevens).unwrap();
    let whole = vec![7; usize::try_from(leaf.end()).unwrap()];
    stream.keep(leaf).unwrap();
    let stored = store(&intake, vec![stream.verify(super::digest(&whole)).unwrap()]).remove(0).1.unwrap();
    assert_eq!(fs::read(disk.path().join(stored.path.as_str())).unwrap(), whole);
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 1);
}

#[test]
fn a_disk_that_becomes_read_only_ends_the_transfer() {
    let Some(disk) = Mounted::tmpfs("size=4m") else { return skip("nothing can be mounted here") };
    let entries = texts(&["f", "d/g"]);
    let intake = begin(disk.path(), &entries, Conflict::KeepBoth);
    let waiting = write(&intake, 0, b"f").unwrap();
    disk.remount("remount,ro");
    let error = store(&intake, vec![waiting]).remove(0).1.unwrap_err();
    assert!(matches!(error, DiskError::ReadOnly(_)) && error.is_fatal(), "{error}");
    for no in [0, 1] {
        let error = intake.create(no).err().unwrap();
        assert!(matches!(error, DiskError::ReadOnly(_)), "{error}");
    }
    assert!(matches!(Inbox::open(disk.path(), &OffLimits::default()), Err(DiskError::ReadOnly(_))));
}

#[test]
fn a_disk_mounted_below_the_receiving_folder_is_synced_too() {
    let Some(disk) = Mounted::tmpfs("size=4m") else { return skip("nothing can be mounted here") };
    let paths: Vec<_> = (0..20).map(|i| format!("disk/d{}/f{i}", i % 7)).collect();
    let entries = texts(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    let intake = begin(disk.above.path(), &entries, Conflict::Skip);
    assert_eq!(receive(&intake, &entries).len(), 20);
    assert!(intake.finish().problems.is_empty());
    assert_eq!(listing(disk.path()).len(), 27);
}

#[test]
fn a_time_that_no_clock_can_show_is_stored_as_one_that_can_be_read_again() {
    // It keeps every number that it is given.
    let Some(disk) = Mounted::tmpfs("size=4m") else { return skip("nothing can be mounted here") };
    let mut entries = vec![folder("d"), file("d/f", 3), file("d/g", 3)];
    for (entry, seconds) in entries.iter_mut().zip([i64::MIN, i64::MIN, i64::MAX]) {
        entry.modified = Some(Timestamp { seconds, nanos: u32::MAX });
    }
    let intake = begin(disk.path(), &entries, Conflict::KeepBoth);
    store_one(&intake, 1, b"d/f").unwrap();
    store_one(&intake, 2, b"d/g").unwrap();
    assert!(intake.finish().problems.is_empty());
    let (found, _) = super::scan_all(&[&disk.path().join("d")]);
    let seconds: Vec<_> = found.iter().map(|entry| entry.modified.unwrap().seconds).collect();
    assert_eq!(seconds, [-62_135_596_800, -62_135_596_800, 253_402_300_799]);
}

/// Runs one test of this file as a user that permissions mean something to.
fn as_nobody(test: &str, variable: &str, value: &Path) -> Option<bool> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("disk::tests::unfriendly::{test}"), "--nocapture"])
        .env(variable, value)
        .uid(65534)
        .gid(65534)
        .output()
        .ok()?;
    #[expect(clippy::print_stderr, reason = "what the other process found is this test's to tell")]
    {
        eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    }
    Some(output.status.success())
}

#[test]
fn what_may_not_be_read_is_counted_below_and_refused_at_the_top() {
    const VARIABLE: &str = "AIRLIFT_TEST_UNREADABLE";
    if let Some(top) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        let mut scan = Scan::new(vec![Source::Path(top.clone())], &OffLimits::default()).unwrap();
        let entries = scan.next_batch(100).unwrap();
        let paths: Vec<_> = entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["top", "top/file", "top/shut-file"]);
        assert_eq!(scan.skipped().unreadable, 1);
        let sources = scan.finish();
        sources.open(1).unwrap();
        assert!(matches!(sources.open(2), Err(SourceError::NoPermission(_))));
        let refused = Scan::new(vec![Source::Path(top.join("shut"))], &OffLimits::default());
        assert!(matches!(refused, Err(SourceError::NoPermission(_))));
        return;
    }
    let temp = temp();
    let top = temp.path().join("top");
    fs::create_dir_all(top.join("shut/in")).unwrap();
    for name in ["file", "shut-file"] {
        fs::write(top.join(name), "x").unwrap();
    }
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    // The way there may be searched but not read.
    set(temp.path(), 0o711);
    set(&top, 0o755);
    for shut in ["shut", "shut-file"] {
        set(&top.join(shut), 0o000);
    }
    match as_nobody("what_may_not_be_read_is_counted_below_and_refused_at_the_top", VARIABLE, &top) {
        Some(passed) => assert!(passed),
        None => skip("this user can't run a test as another"),
    }
    set(&top.join("shut"), 0o755);
}
