//! The power goes at every step of writing.

use std::{
    fs::{self, File},
    ops::Range,
    path::{Path, PathBuf},
};

use super::{
    chance::{Chance, Length},
    disk::{Disk, Kind, can},
    harness::tree,
    journal::claimed,
    loud::say,
    parcel::{News, Parcel, news},
    receiver::{Fault, Receiver},
};

const NEEDS: [&str; 5] = ["strace", "mkfs.ext4", "mkfs.xfs", "mount", "python3"];

/// How one case went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// The receiver was killed there.
    Yes,
    /// Everything was over before.
    No,
}

/// What the system does with a journal before the power goes: at worst it writes all of it out, and
/// nothing of what it speaks of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Journals {
    AsTheyAre,
    WrittenOut,
}

fn journals(inbox: &Path) -> Vec<PathBuf> {
    let names = tree(inbox).into_keys().filter(|path| path.extension().is_some_and(|e| e == "journal"));
    names.map(|name| inbox.join(name)).collect()
}

/// How many bytes the journals claim, and the first claim for what is not in its partial file.
fn claims(parcel: &Parcel, inbox: &Path) -> (usize, Option<Range<usize>>) {
    let (mut all, mut untrue) = (0, None);
    for journal in journals(inbox) {
        let there = fs::read(journal.with_extension("part")).unwrap_or_default();
        let wanted = parcel.tree[Path::new("film.bin")].as_ref().unwrap();
        for claim in claimed(&journal) {
            all += claim.len();
            if there.get(claim.clone()) != Some(&wanted[claim.clone()]) {
                untrue = untrue.or(Some(claim));
            }
        }
    }
    (all, untrue)
}

fn write_out(journals: &[PathBuf]) {
    for journal in journals {
        File::open(journal).unwrap().sync_all().unwrap();
    }
}

/// Sends, kills the receiver by `faults`, cuts the power, looks, and lets it go on.
fn case(kind: Kind, megabytes: usize, faults: &[Fault], written: Journals) -> Reached {
    let when = format!("{kind:?}, {faults:?}");
    let parcel = Parcel::mixed(megabytes);
    let disk = Disk::new(kind, 400);
    let (inbox, home) = (disk.inbox(), disk.home());
    let Ok(receiver) = Receiver::start(&inbox, &home, "0", faults) else { return Reached::Yes };
    let (port, address) = (receiver.port.clone(), receiver.address());
    let mut sender = parcel.send(&address, &[]);
    let (_, code) = receiver.end();
    let news = news(&mut sender);
    if written == Journals::WrittenOut {
        write_out(&journals(&inbox));
    }
    disk.cut();
    parcel.nothing_is_wrong(&inbox, &when);
    assert_eq!(claims(&parcel, &inbox).1, None, "{when}: a journal claims what is not there");
    if let News::Over(end) = &news
        && end["outcome"] == "complete"
    {
        parcel.is_there(&inbox, &format!("{when}: reported as complete"));
        return if code == Some(0) { Reached::No } else { Reached::Yes };
    }
    assert_eq!(code, None, "{when}: only a signal ends it");
    let receiver = Receiver::start(&inbox, &home, &port, &[]).unwrap_or_else(|e| panic!("{when}: {e:?}"));
    let mut sender = match news {
        // It was not even accepted.
        News::Over(_) => parcel.send(&address, &[]),
        News::Interrupted | News::Paused(_) => sender,
    };
    let end = sender.wait_for("finished");
    assert_eq!(end["outcome"], "complete", "{when}: {end}");
    assert_eq!((receiver.end().1, sender.code()), (Some(0), Some(0)), "{when}");
    disk.cut();
    parcel.is_there(&inbox, &format!("{when}: after it went on"));
    Reached::Yes
}

/// The steps of writing: a system call, and how often it is met at most.
const STEPS: [(&str, u64); 8] = [
    ("pwrite64", 120),
    ("fdatasync", 12),
    ("fsync", 12),
    ("syncfs", 6),
    ("renameat2", 12),
    ("unlinkat", 16),
    ("mkdirat", 6),
    ("fallocate", 3),
];

fn every_step(kind: Kind) {
    let test = format!("power cut at every step of writing, {kind:?}");
    if !can(&test, &NEEDS) {
        return;
    }
    let mut chance = Chance::of(&test);
    let mut cases = 0;
    for (call, most) in STEPS {
        let moments: Vec<u64> = if Length::asked() == Length::Long {
            (1..=most).collect()
        } else {
            // The first, and one of the others.
            vec![1, chance.among(2..most.div_ceil(3).max(3))]
        };
        for moment in moments {
            let fault = format!("{call}:signal=KILL:when={moment}");
            let written = chance.pick(&[Journals::AsTheyAre, Journals::WrittenOut]);
            let reached = case(kind, 20, &[fault], written);
            if reached == Reached::No {
                break;
            }
            eprintln!("{test}: {call}, {moment}");
            cases += 1;
        }
    }
    say(&test, &format!("{cases} moments"));
    assert!(cases >= STEPS.len(), "hardly any moment was met");
}

#[test]
fn on_ext4_a_power_cut_at_any_step_of_writing_costs_nothing_that_was_reported() {
    every_step(Kind::Ext4);
}

#[test]
fn on_xfs_a_power_cut_at_any_step_of_writing_costs_nothing_that_was_reported() {
    every_step(Kind::Xfs);
}

/// Sends one small file to a disk that does without some syncs, and cuts the power when it was reported as
/// delivered. What is wrong then?
fn delivered_without(kind: Kind, faults: &[&str]) -> Option<String> {
    let parcel = Parcel::file(300_000);
    let disk = Disk::new(kind, 400);
    let faults: Vec<_> = faults.iter().map(|fault| (*fault).to_owned()).collect();
    // What the program keeps is on another disk: its syncs are not counted.
    let receiver = Receiver::start(&disk.inbox(), &parcel.here.home().join("there"), "0", &faults).unwrap();
    let (end, code) = parcel.send(&receiver.address(), &[]).end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    assert_eq!(receiver.end().1, Some(0));
    disk.cut();
    parcel.wrong_or_missing(&disk.inbox())
}

#[test]
fn without_the_sync_of_the_file_or_that_of_its_folder_a_power_cut_is_noticed_by_these_tests() {
    let test = "power cut without a sync";
    if !can(test, &NEEDS) {
        return;
    }
    for kind in [Kind::Ext4, Kind::Xfs] {
        assert_eq!(delivered_without(kind, &[]), None, "{kind:?}, with both");
        // The thread that stores syncs the file first, and then the folder.
        let file = delivered_without(kind, &["fsync:retval=0:when=1"]);
        assert!(file.as_ref().is_some_and(|wrong| wrong.contains("other content")), "{kind:?}: {file:?}");
        let folder = delivered_without(kind, &["fsync:retval=0:when=2"]);
        assert!(folder.as_ref().is_some_and(|wrong| wrong.contains("not there")), "{kind:?}: {folder:?}");
        say(
            test,
            &format!(
                "{kind:?}: without the file's: {}; without the folder's: {}",
                file.unwrap(),
                folder.unwrap()
            ),
        );
    }
}

/// Kills a receiver in the middle of a file and cuts the power. What do journals claim then?
fn journal_after(kind: Kind, faults: &[&str], written: Journals) -> (usize, Option<Range<usize>>) {
    let parcel = Parcel::mixed(48);
    let disk = Disk::new(kind, 400);
    let faults: Vec<_> = faults.iter().map(|fault| (*fault).to_owned()).collect();
    let mut receiver =
        Receiver::start(&disk.inbox(), &parcel.here.home().join("there"), "0", &faults).unwrap();
    let sender = parcel.send(&receiver.address(), &["--limit", "40MB/s"]);
    while receiver.running().wait_for("progress")["bytes"].as_u64().unwrap() < 30 << 20 {}
    receiver.kill();
    drop(sender);
    if written == Journals::WrittenOut {
        write_out(&journals(&disk.inbox()));
    }
    disk.cut();
    claims(&parcel, &disk.inbox())
}

#[test]
fn a_journal_never_speaks_of_what_is_not_on_the_disk_and_without_the_sync_before_it_it_would() {
    let test = "power cut and journal";
    if !can(test, &NEEDS) {
        return;
    }
    for kind in [Kind::Ext4, Kind::Xfs] {
        // A power cut costs about as much as a kill: what is recorded lasts.
        let (lasting, untrue) = journal_after(kind, &[], Journals::AsTheyAre);
        assert_eq!(untrue, None, "{kind:?}");
        assert!(lasting >= 8 << 20, "{kind:?}: only {lasting} bytes were recorded to last");
        let (with, untrue) = journal_after(kind, &[], Journals::WrittenOut);
        assert_eq!(untrue, None, "{kind:?}");
        assert!(with >= 8 << 20, "{kind:?}: only {with} bytes were recorded");
        let (without, untrue) = journal_after(kind, &["fdatasync:retval=0"], Journals::WrittenOut);
        assert!(untrue.is_some(), "{kind:?}: the test notices nothing; {without} bytes were recorded");
        say(
            test,
            &format!(
                "{kind:?}: {lasting} of at least 31457280 bytes recorded to last; {with} recorded and there; without the sync {untrue:?} was not there"
            ),
        );
    }
}

#[test]
fn what_an_earlier_run_gave_its_name_and_could_not_sync_is_synced_before_it_is_called_delivered() {
    let test = "power cut after a second run";
    if !can(test, &NEEDS) {
        return;
    }
    for kind in [Kind::Ext4, Kind::Xfs] {
        let parcel = Parcel::file(300_000);
        let disk = Disk::new(kind, 400);
        let (inbox, home) = (disk.inbox(), parcel.here.home().join("there"));
        // The key is made before, with its syncs.
        assert!(parcel.here.command(&["id"]).env("AIRLIFT_HOME", &home).output().unwrap().status.success());
        // Killed between the renaming and the sync of the folder.
        let receiver = Receiver::start(&inbox, &home, "0", &["fsync:signal=KILL:when=2".to_owned()]).unwrap();
        let (port, address) = (receiver.port.clone(), receiver.address());
        let sender = parcel.send(&address, &[]);
        assert_eq!(receiver.end().1, None, "it was not killed");
        parcel.is_there(&inbox, "it has its name already");
        let receiver = Receiver::start(&inbox, &home, &port, &[]).unwrap();
        let (end, code) = sender.end();
        assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
        assert_eq!(receiver.end().1, Some(0));
        disk.cut();
        parcel.is_there(&inbox, &format!("{kind:?}: reported as complete"));
    }
}
