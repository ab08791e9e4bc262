//! More is offered than there seems to be room for: a person is asked, and after a yes what fits arrives.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]
#![cfg(target_os = "linux")]

#[path = "support/loud.rs"]
mod loud;
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command as Program,
};

use airlift::{
    engine::{Command, Consent},
    model::{Answer, Conflict, Landing, Outcome, Pause, TransferId, TransferState},
};
use loud::skipped;
use support::{
    device::Device,
    tree::{leftovers, noise, put},
};

/// A small disk in memory, until it is dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(options: &str) -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        let mounted =
            Program::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(disk.path()).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(disk);
        }
        skipped("more than there is room for", "nothing can be mounted here: it takes root");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn grow(&self, options: &str) {
        let mut mount = Program::new("mount");
        assert!(
            mount.args(["-o", &format!("remount,{options}")]).arg(self.path()).status().unwrap().success()
        );
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Program::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn state_of(device: &mut Device, id: TransferId, what: &str, is_it: impl Fn(&TransferState) -> bool) {
    device.until(what, |state| is_it(&state.transfer(id)?.state).then_some(()));
}

/// Offers a folder, and gives what the receiver's person is asked.
fn offer(
    sender: &mut Device,
    receiver: &mut Device,
    disk: &Disk,
    files: &[(&str, usize)],
) -> (TransferId, TransferId) {
    for (name, size) in files {
        put(sender.inbox.path(), &format!("tree/{name}"), &noise(*size as u64, *size));
    }
    let port = receiver.receive_as_set(0, Consent::Settings, disk.path().to_owned());
    let tree: PathBuf = sender.inbox.path().join("tree");
    let sent = sender.send(port, &[tree]);
    let asked = receiver.until("a question", |state| {
        state.transfers.iter().find(|transfer| transfer.asks()).map(|transfer| transfer.id)
    });
    (sent, asked)
}

fn accept(receiver: &Device, id: TransferId) {
    let landing = Landing { conflict: Conflict::KeepBoth, ..Landing::default() };
    receiver.tell(Command::Answer { id, answer: Answer::Accept(landing) });
}

const IS_FULL: fn(&TransferState) -> bool =
    |state| matches!(state, TransferState::Paused(Pause::NoRoom { .. }));
const IS_OVER: fn(&TransferState) -> bool = |state| matches!(state, TransferState::Finished(_));

#[test]
fn what_seems_to_have_no_room_is_asked_about_and_after_a_yes_all_that_fits_comes_before_it_rests() {
    let Some(disk) = Disk::new("size=8m") else { return };
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    // The one that doesn't fit comes first, and one that would fit alone after what was before it does not.
    let files = [("a", 30 << 20), ("b", 2 << 20), ("c", 70_000), ("d/e", 3 << 20), ("f", 0)];
    let (sent, asked) = offer(&mut sender, &mut receiver, &disk, &files);
    let short =
        receiver.state.transfer(asked).unwrap().lacks().expect("it is told that there is too little room");
    assert!(short.needed >= 35 << 20 && short.free <= 8 << 20, "{short:?}");
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0, "nothing before the yes");
    accept(&receiver, asked);
    state_of(&mut receiver, asked, "that the disk is full", IS_FULL);
    state_of(&mut sender, sent, "that the disk there is full", IS_FULL);
    assert_eq!(
        sender.state.transfer(sent).unwrap().short,
        Some(short),
        "the sender's person sees both numbers"
    );
    for (name, size) in &files[1..] {
        let there = fs::read(disk.path().join("tree").join(name));
        assert!(there.is_ok_and(|bytes| bytes == noise(*size as u64, *size)), "{name} would have fitted");
    }
    assert!(!disk.path().join("tree/a").exists());
    disk.grow("size=64m");
    state_of(&mut receiver, asked, "its end", IS_OVER);
    let report = sender.report(sent);
    assert_eq!((&report.outcome, report.files), (&Outcome::Complete, 5));
    assert!(fs::read(disk.path().join("tree/a")).unwrap() == noise(30 << 20, 30 << 20));
    assert!(leftovers(disk.path()).is_empty());
}

#[test]
fn what_has_no_room_can_go_to_another_folder_or_come_without_what_is_too_large() {
    let Some(disk) = Disk::new("size=8m") else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    for without in [false, true] {
        let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
        let (sent, asked) = offer(&mut sender, &mut receiver, &disk, &[("a", 30 << 20), ("b", 2 << 20)]);
        let shown = receiver.state.transfer(asked).unwrap();
        assert!(shown.lacks().is_some());
        let list = shown.list.as_ref().expect("what is asked about is listed");
        let large = (0..).zip(list.iter()).filter(|(_, entry)| entry.path.as_str() == "tree/a");
        let landing = if without {
            Landing { without: large.map(|(no, _)| no).collect(), ..Landing::default() }
        } else {
            Landing { folder: Some(elsewhere.path().to_owned()), ..Landing::default() }
        };
        receiver.tell(Command::Answer { id: asked, answer: Answer::Accept(landing) });
        let ends = (sender.report(sent).outcome, receiver.report(asked).outcome);
        assert_eq!(ends, (Outcome::Complete, Outcome::Complete));
        assert_eq!(receiver.state.transfer(asked).unwrap().short, None, "by then there is room");
        let there = if without { disk.path() } else { elsewhere.path() };
        assert_eq!(there.join("tree/a").exists(), !without);
        assert!(there.join("tree/b").exists());
    }
}

#[test]
fn of_what_has_room_nobody_is_told_that_it_has_none() {
    let Some(disk) = Disk::new("size=8m") else { return };
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let (sent, asked) = offer(&mut sender, &mut receiver, &disk, &[("a", 3 << 20), ("b", 100)]);
    assert_eq!(receiver.state.transfer(asked).unwrap().lacks(), None);
    accept(&receiver, asked);
    assert_eq!(sender.report(sent).outcome, Outcome::Complete);
    assert_eq!(sender.state.transfer(sent).unwrap().short, None);
}
