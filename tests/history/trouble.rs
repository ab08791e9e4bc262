//! The history is locked, damaged, read-only, or its disk is full: what goes over the network is as good as ever.

use std::{fs, path::Path, process::Command as Process};

use airlift::{
    engine::{Consent, history::History},
    model::Outcome,
};
use tempfile::TempDir;

use super::{
    by_path, loud,
    support::{device::Device, tree::put},
};

/// Sends a file to a receiver, and sees it arrive.
fn sends(sender: &mut Device, receiver: &mut Device, port: u16, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), name, name.as_bytes());
    let id = sender.send(port, &[folder.path().join(name)]);
    assert_eq!(sender.report(id).outcome, Outcome::Complete);
    receiver.until("the file", |state| {
        state.transfers.iter().all(airlift::model::Transfer::is_finished).then_some(())
    });
    assert_eq!(fs::read_to_string(receiver.inbox.path().join(name)).unwrap(), name);
}

fn names(home: &Path) -> Vec<String> {
    by_path(home).into_keys().collect()
}

/// Two devices, of which the receiver has something in its history.
fn met() -> (Device, Device, u16) {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::All);
    sends(&mut sender, &mut receiver, port, "first");
    let home = receiver.home().to_owned();
    receiver.until("that it is recorded", |state| {
        (state.recorded > 0 && names(&home) == ["first"]).then_some(())
    });
    (sender, receiver, port)
}

#[test]
fn a_history_that_another_program_holds_is_waited_for() {
    let (mut sender, mut receiver, port) = met();
    let file = receiver.home().join(History::FILE);
    let holder = rusqlite::Connection::open(&file).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    sends(&mut sender, &mut receiver, port, "second");
    sends(&mut sender, &mut receiver, port, "third");
    let before = receiver.state.recorded;
    holder.execute_batch("COMMIT").unwrap();
    let home = receiver.home().to_owned();
    receiver.until("that all is recorded", |state| {
        (state.recorded > before && names(&home) == ["first", "second", "third"]).then_some(())
    });
    assert_eq!(receiver.state.unrecorded, None);
}

#[test]
fn a_damaged_history_is_kept_aside_said_once_and_begun_anew() {
    let (mut sender, receiver, port) = met();
    let (home, _) = receiver.stop();
    let file = home.path().join(History::FILE);
    let damaged = b"this is no history, and was never one".repeat(1000);
    fs::write(&file, &damaged).unwrap();
    let mut receiver = Device::start_in("Ben", home);
    receiver.receive_on(port, Consent::All);
    let _ = sender.drain();
    sends(&mut sender, &mut receiver, port, "second");
    let home = receiver.home().to_owned();
    let problem = receiver.until("that it is said", |state| state.unrecorded.clone());
    assert!(problem.text.contains("damaged"), "{problem:?}");
    receiver.until("that it is recorded", |state| {
        (state.recorded > 0 && names(&home) == ["second"]).then_some(())
    });
    let is_kept = |found: &fs::DirEntry| fs::read(found.path()).is_ok_and(|bytes| bytes == damaged);
    let kept = fs::read_dir(&home).unwrap().flatten().find(is_kept).expect("it is kept aside");
    assert!(problem.text.contains(&*kept.file_name().to_string_lossy()), "{problem:?}");
    sends(&mut sender, &mut receiver, port, "third");
    let said =
        receiver.drain().into_iter().filter(|event| matches!(event, airlift::engine::Event::Unrecorded(_)));
    assert_eq!(said.count(), 0, "it is said once");
}

#[test]
fn a_history_that_can_t_be_written_costs_no_transfer_anything() {
    let (mut sender, receiver, port) = met();
    let (home, _) = receiver.stop();
    let file = home.path().join(History::FILE);
    // What stands in the way of every writer, whoever runs it.
    for beside in fs::read_dir(home.path()).unwrap().flatten() {
        if beside.file_name().to_string_lossy().starts_with(History::FILE) {
            fs::remove_file(beside.path()).unwrap();
        }
    }
    fs::create_dir(&file).unwrap();
    let mut receiver = Device::start_in("Ben", home);
    receiver.receive_on(port, Consent::All);
    sends(&mut sender, &mut receiver, port, "second");
    let problem = receiver.until("that it is said", |state| state.unrecorded.clone());
    assert!(problem.text.contains("missing in the history"), "{problem:?}");
    sends(&mut sender, &mut receiver, port, "third");
    fs::remove_dir(&file).unwrap();
    sends(&mut sender, &mut receiver, port, "fourth");
    let home = receiver.home().to_owned();
    receiver.until("that it is recorded again", |state| {
        // The third may not have been tried before.
        let is_there = state.unrecorded.is_none() && state.recorded > 0;
        let names = if is_there { names(&home) } else { Vec::new() };
        names.contains(&"fourth".to_owned()).then_some(())
    });
}

/// A disk of so many KiB that is full by the time it is asked for; `None`, and a word about it, where nothing can be mounted.
struct Small(TempDir);

impl Small {
    fn of(kilobytes: u32, test: &str) -> Option<Self> {
        let at = tempfile::tempdir().unwrap();
        let mut mount = Process::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k,mode=700"), "tmpfs"]).arg(at.path());
        if mount.output().is_ok_and(|mount| mount.status.success()) {
            return Some(Self(at));
        }
        loud::skipped(test, "nothing can be mounted here: it takes root");
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Process::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_waited_for_and_what_happened_is_recorded_once_there_is_room() {
    let Some(disk) = Small::of(16_384, "a full disk") else { return };
    let mut sender = Device::start("Anna");
    let mut receiver = Device::start_in("Ben", tempfile::tempdir_in(disk.0.path()).unwrap());
    let port = receiver.receive(Consent::All);
    sends(&mut sender, &mut receiver, port, "first");
    let home = receiver.home().to_owned();
    receiver.until("that it is recorded", |state| {
        (state.recorded > 0 && names(&home) == ["first"]).then_some(())
    });
    let ballast = disk.0.path().join("ballast");
    let fill = || {
        use std::io::Write as _;
        let mut file = fs::File::options().create(true).append(true).open(&ballast).unwrap();
        for piece in [65_536, 512] {
            while file.write_all(&vec![7; piece]).is_ok() {}
        }
    };
    fill();
    for i in 0..40 {
        sends(&mut sender, &mut receiver, port, &format!("while-full-{i:02}"));
        fill();
    }
    let problem = receiver.until("that it is said", |state| state.unrecorded.clone());
    assert!(problem.text.contains("full"), "{problem:?}");
    fs::remove_file(&ballast).unwrap();
    receiver.until("that all is recorded", |state| {
        (state.unrecorded.is_none() && names(&home).len() == 41).then_some(())
    });
    drop(receiver);
}
