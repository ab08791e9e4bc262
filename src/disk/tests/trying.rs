//! Speed tests: what is read for one, and that nothing is kept of it.

use super::*;
use crate::{
    disk::PlanError,
    model::{Medium, Purpose, Trial},
};

fn begin_trial(folder: &Path, entries: &[Entry], medium: Medium) -> Intake {
    let inbox = Inbox::open(folder, &OffLimits::default()).unwrap();
    let plan = inbox.plan_trial(entries, medium).unwrap();
    Intake::begin(inbox, entries.to_vec(), plan, ID, Watch::nobody()).unwrap()
}

fn read_all(trial: Trial, folder: &Path) -> Vec<u8> {
    let mut scan = Scan::of_trial(trial, folder).unwrap();
    assert_eq!(scan.purpose(), Purpose::Trial(trial.medium));
    let entries = scan.next_batch(10).unwrap();
    assert_eq!(entries, [file(Trial::NAME, trial.bytes)]);
    assert!(scan.next_batch(10).unwrap().is_empty());
    let sources = scan.finish();
    // Opened a second time, it starts anew.
    let _ = sources.open(0).unwrap().read(&mut [0; 100]).unwrap();
    let mut file = sources.open(0).unwrap();
    let (mut content, mut buf) = (Vec::new(), vec![0; 300_000]);
    loop {
        match file.read(&mut buf).unwrap() {
            0 => break,
            count => content.extend_from_slice(&buf[..count]),
        }
    }
    finish(file, &content).unwrap();
    content
}

#[test]
fn the_content_has_its_size_to_the_byte_and_no_order() {
    let temp = temp();
    for medium in [Medium::Memory, Medium::Disk] {
        for bytes in [1, 300_000, 9_000_001] {
            let content = read_all(Trial { medium, bytes }, temp.path());
            assert_eq!(content.len() as u64, bytes);
            let mut counts = [0_u64; 256];
            for byte in &content {
                counts[usize::from(*byte)] += 1;
            }
            assert!(bytes < 1_000 || counts.iter().all(|count| *count * 512 > bytes), "{medium:?}");
        }
        assert!(listing(temp.path()).is_empty(), "what is made for it has no name");
    }
}

#[test]
fn a_disk_that_cannot_hold_it_is_known_before_it_is_written() {
    let temp = temp();
    let too_much = Trial { medium: Medium::Disk, bytes: u64::MAX };
    let refused = Scan::of_trial(too_much, temp.path()).err();
    assert!(matches!(refused, Some(SourceError::Trial { .. })), "{refused:?}");
    let nowhere = Trial { medium: Medium::Disk, bytes: 1 };
    assert!(Scan::of_trial(nowhere, &temp.path().join("missing")).is_err());

    let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    let huge = [file("x", u64::MAX)];
    assert!(matches!(inbox.plan_trial(&huge, Medium::Disk), Err(PlanError::NoSpace(_))));
    assert!(inbox.plan_trial(&huge, Medium::Memory).is_ok(), "nothing is written");
    assert!(inbox.plan_trial(&texts(&["a", "b"]), Medium::Memory).is_err());
}

#[test]
fn what_is_verified_is_reported_and_gone() {
    for medium in [Medium::Memory, Medium::Disk] {
        let temp = temp();
        fs::write(temp.path().join("name"), "old").unwrap();
        // Large enough to be set aside in advance, and to keep its handle.
        let content = vec![7; 3_000_000];
        let mut entry = file("name", content.len() as u64);
        entry.modified = Some(Timestamp { seconds: 1, nanos: 0 });
        let intake = begin_trial(temp.path(), &[entry], medium);
        let verified = write(&intake, 0, &content).unwrap();
        let there = listing(temp.path()).len();
        assert_eq!(there, if medium == Medium::Disk { 2 } else { 1 }, "only a disk is written to");
        let mut reported = store(&intake, vec![verified]);
        let stored = reported.remove(0).1.unwrap();
        assert_eq!((stored.digest, stored.size), (digest(&content), 3_000_000));
        assert!(intake.finish().problems.is_empty());
        assert!(intake.saved().is_empty());
        assert_eq!(listing(temp.path()), ["name=old"]);
    }
}

#[test]
fn what_is_damaged_or_given_up_leaves_nothing_either() {
    for medium in [Medium::Memory, Medium::Disk] {
        let temp = temp();
        let intake = begin_trial(temp.path(), &[file("name", 4)], medium);
        let partial = intake.create(0).unwrap();
        let mut leaf = Leaf::first();
        add(&partial, &mut leaf, b"abcd").unwrap();
        assert!(matches!(add(&partial, &mut leaf, b"e"), Err(DiskError::Longer(_))));
        add(&partial, &mut leaf, b"abcd").unwrap();
        partial.keep(leaf).unwrap();
        assert!(matches!(partial.verify(digest(b"abce")), Err(DiskError::Corrupt(_))));
        assert!(matches!(intake.create(0).unwrap().verify(digest(b"")), Err(DiskError::Shorter(_))));
        drop(intake.create(0).unwrap());
        drop(write(&intake, 0, b"abcd").unwrap());
        drop(intake);
        assert!(listing(temp.path()).is_empty());
    }
}
