//! What only its owner may read at the sender, and what is not whole yet.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::model::Group;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn private(entry: Entry) -> Entry {
    Entry { access: Access::Private, ..entry }
}

fn program(path: &str) -> Entry {
    let kind = EntryKind::File { size: Some(path.len() as u64), mode: FileMode::Executable };
    Entry { kind, ..file(path, 0) }
}

/// What a new file and a new folder of this process get.
fn ordinary() -> (u32, u32) {
    let temp = temp();
    fs::write(temp.path().join("file"), "").unwrap();
    fs::create_dir(temp.path().join("folder")).unwrap();
    (mode(&temp.path().join("file")), mode(&temp.path().join("folder")))
}

/// Every file of ours below a folder that has no name of its own yet, by its mode.
fn unfinished(folder: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), mode(&entry.path())));
    named.filter(|(name, _)| name.starts_with(".airlift-")).collect()
}

#[test]
fn what_only_its_owner_may_use_is_offered_as_private() {
    let temp = temp();
    for (bits, access) in [
        (0o600, Access::Private),
        (0o700, Access::Private),
        (0o400, Access::Private),
        (0o640, Access::Shared),
        (0o604, Access::Shared),
        (0o644, Access::Shared),
        (0o711, Access::Shared),
    ] {
        let (file, folder) = (temp.path().join(format!("f{bits:o}")), temp.path().join(format!("d{bits:o}")));
        fs::write(&file, "").unwrap();
        fs::create_dir(&folder).unwrap();
        set(&file, bits);
        // One that its owner may not enter can't be sent.
        set(&folder, bits | 0o500);
        for path in [&file, &folder] {
            assert_eq!(scan_all(&[path]).0[0].access, access, "{bits:o}");
        }
    }
}

#[test]
fn what_is_private_at_the_sender_is_private_here_from_its_first_moment() {
    let temp = temp();
    let entries = vec![
        private(folder("ssh")),
        private(file("ssh/key", 7)),
        private(program("ssh/agent")),
        folder("ssh/open"),
        file("ssh/open/config", 15),
    ];
    let at = |path: &str| temp.path().join(path);
    let (_, shared_folder) = ordinary();
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    assert_eq!(mode(&at("ssh")), 0o700, "before anything is in it");
    for (no, path) in [(1, "ssh/key"), (2, "ssh/agent")] {
        let partial = intake.create(no).unwrap();
        assert_eq!(
            unfinished(&at("ssh")).iter().map(|(_, mode)| *mode).collect::<Vec<_>>(),
            [0o600],
            "{path}"
        );
        drop(partial);
    }
    receive(&intake, &entries);
    assert!(intake.finish().problems.is_empty());
    assert_eq!((mode(&at("ssh/key")), mode(&at("ssh/agent"))), (0o600, 0o700));
    assert_eq!(mode(&at("ssh/open")), shared_folder);
    assert_eq!((mode(&at("ssh/open/config")), mode(&at("ssh"))), (ordinary().0, 0o700));
}

#[test]
fn a_private_folder_is_private_however_it_comes_to_be_made() {
    // On the way to a file, though it is offered after that; implied by what is in it; renamed; below a new one.
    let entries = vec![file("in/a/deep/x", 11), private(folder("in/a")), folder("in"), folder("in/b")];
    let temp = temp();
    fs::create_dir(temp.path().join("in")).unwrap();
    for (conflict, top) in [(Conflict::KeepBoth, "in (1)"), (Conflict::Replace, "in")] {
        let intake = begin(temp.path(), &entries, conflict);
        receive(&intake, &entries);
        assert!(intake.finish().problems.is_empty());
        let mode = |path: &str| mode(&temp.path().join(top).join(path));
        assert_eq!((mode("a"), mode("a/deep"), mode("b")), (0o700, 0o700, ordinary().1), "{top}");
    }
}

#[test]
fn what_was_there_keeps_its_mode_and_what_replaces_it_is_no_more_open() {
    let temp = temp();
    let at = |path: &str| temp.path().join(path);
    fs::create_dir(at("d")).unwrap();
    for (path, bits) in [("d/key", 0o666), ("d/open", 0o600)] {
        fs::write(at(path), "old").unwrap();
        set(&at(path), bits);
    }
    set(&at("d"), 0o755);
    let entries = vec![private(folder("d")), private(file("d/key", 5)), file("d/open", 6)];
    let intake = begin(temp.path(), &entries, Conflict::Replace);
    receive(&intake, &entries);
    assert!(intake.finish().problems.is_empty());
    assert_eq!(fs::read(at("d/key")).unwrap(), b"d/key");
    assert_eq!((mode(&at("d")), mode(&at("d/key")), mode(&at("d/open"))), (0o755, 0o600, 0o600));
}

#[test]
fn partial_files_and_journals_are_their_owners_alone_until_a_file_has_its_name() {
    let temp = temp();
    let content = vec![7; usize::try_from(Group::WORTH).unwrap() + CHUNK];
    let entries = vec![file("film", content.len() as u64), program("tool")];
    let begun = |intake: &Intake| {
        let partial = intake.create(0).unwrap();
        let mut leaf = Leaf::at(0).unwrap();
        add(&partial, &mut leaf, &content[..CHUNK]).unwrap();
        partial.keep(leaf).unwrap();
        partial.sync().unwrap();
        partial
    };
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    let (names, partial) = (intake.names(), begun(&intake));
    let there = unfinished(temp.path());
    assert_eq!(there.iter().map(|(_, mode)| *mode).collect::<Vec<_>>(), [0o600, 0o600], "{there:?}");
    drop((partial, intake));
    // As an earlier build would have left them.
    for (name, _) in &there {
        set(&temp.path().join(name), 0o644);
    }
    let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    let plan = inbox.plan_again(&entries, &earlier(&names), Conflict::KeepBoth).unwrap();
    let intake = Intake::begin(inbox, entries.clone(), plan, ID, Watch::nobody()).unwrap();
    assert_eq!(intake.held().len(), 1);
    let there = unfinished(temp.path());
    assert_eq!(there.iter().map(|(_, mode)| *mode).collect::<Vec<_>>(), [0o600, 0o600], "{there:?}");
    store_one(&intake, 0, &content).unwrap();
    store_one(&intake, 1, b"tool").unwrap();
    let (file, folder) = ordinary();
    assert_eq!((mode(&temp.path().join("film")), mode(&temp.path().join("tool"))), (file, folder));
    assert!(unfinished(temp.path()).is_empty());
}
