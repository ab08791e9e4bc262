//! System calls of the receiver that fail, one after the other and each in every way.

use std::path::PathBuf;

use super::{
    chance::{Chance, Length},
    disk::can,
    harness::Device,
    loud::say,
    parcel::{News, Parcel, news},
    receiver::Receiver,
};

/// A system call, and how often a thread makes it at most.
const CALLS: [(&str, u64); 10] = [
    ("pwrite64", 60),
    ("fsync", 8),
    ("fdatasync", 6),
    ("syncfs", 4),
    ("renameat2", 8),
    ("openat2", 30),
    ("mkdirat", 3),
    ("unlinkat", 8),
    ("fallocate", 2),
    ("fstatfs", 3),
];

/// The last one writes nothing and says so.
const ERRORS: [&str; 6] =
    ["error=ENOSPC", "error=EIO", "error=EACCES", "error=EROFS", "error=EINTR", "retval=0"];

/// How a transfer with a fault in it went.
#[derive(Default)]
struct Tally {
    cases: usize,
    /// It was no obstacle, or nothing met it.
    complete: usize,
    /// It ended with a sentence.
    failed: usize,
    interrupted: usize,
}

fn case(fault: &str, tally: &mut Tally) {
    let parcel = Parcel::mixed(18);
    let there = Device::new();
    let (inbox, home): (PathBuf, PathBuf) = (there.inbox(), there.home());
    tally.cases += 1;
    eprintln!("failing system calls: {fault}");
    let mut receiver = match Receiver::start(&inbox, &home, "0", &[fault.to_owned()]) {
        Ok(receiver) => receiver,
        Err(heard) => {
            // It could not begin, and says why.
            assert!(heard.iter().any(|event| event["event"] == "error"), "{fault}: {heard:?}");
            tally.failed += 1;
            return;
        }
    };
    let (port, address) = (receiver.port.clone(), receiver.address());
    let mut sender = parcel.send(&address, &[]);
    match news(&mut sender) {
        News::Over(end) if end["outcome"] == "complete" => {
            assert_eq!(receiver.end().1, Some(0), "{fault}");
            parcel.is_there(&inbox, fault);
            tally.complete += 1;
            return;
        }
        News::Over(end) => {
            // A file that can't be written is listed, and the others arrive.
            let says = |end: &serde_json::Value| {
                end["problem"].as_str().is_some_and(|problem| problem.ends_with('.')) || end["failed"] != 0
            };
            assert!(says(&end), "{fault}: no sentence: {end}");
            let (told, code) = receiver.end();
            let told = told.unwrap_or_else(|| panic!("{fault}: the receiver says nothing"));
            assert!(says(&told) && code == Some(1), "{fault}: it ended with {code:?}: {told}");
            parcel.nothing_is_wrong(&inbox, fault);
            sender = {
                receiver = Receiver::start(&inbox, &home, &port, &[]).unwrap();
                parcel.send(&address, &[])
            };
            tally.failed += 1;
        }
        News::Interrupted | News::Paused(_) => {
            receiver.kill();
            parcel.nothing_is_wrong(&inbox, fault);
            receiver = Receiver::start(&inbox, &home, &port, &[]).unwrap();
            tally.interrupted += 1;
        }
    }
    let end = sender.wait_for("finished");
    assert_eq!(end["outcome"], "complete", "{fault}, the second time: {end}");
    assert_eq!((receiver.end().1, sender.code()), (Some(0), Some(0)), "{fault}, the second time");
    parcel.is_there(&inbox, &format!("{fault}, the second time"));
}

#[test]
fn whatever_system_call_fails_it_is_said_and_a_second_attempt_completes() {
    let test = "failing system calls";
    if !can(test, &["strace"]) {
        return;
    }
    let mut chance = Chance::of(test);
    let mut faults = Vec::new();
    for (call, most) in CALLS {
        for error in ERRORS {
            if error == "retval=0" && call != "pwrite64" {
                // The others have nothing to be short of; of a call that only says that it has done its
                // work, the power cuts are the test.
                continue;
            }
            for moment in 1..=most {
                faults.push(format!("{call}:{error}:when={moment}"));
                // A call that is interrupted for ever is none.
                if error != "error=EINTR" {
                    faults.push(format!("{call}:{error}:when={moment}+"));
                }
            }
        }
    }
    if Length::asked() == Length::Quick {
        // Rather the early ones, which every thread comes to.
        let mut some = Vec::new();
        for (call, most) in CALLS {
            for _ in 0..2 {
                let error = ERRORS[usize::try_from(chance.among(0..5)).unwrap()];
                let moment = chance.among(1..most.div_ceil(2) + 1);
                let later = if error == "error=EINTR" { 0 } else { chance.among(0..2) };
                let later = ["", "+"][usize::try_from(later).unwrap()];
                some.push(format!("{call}:{error}:when={moment}{later}"));
            }
        }
        faults = some;
    }
    let mut tally = Tally::default();
    for fault in &faults {
        case(fault, &mut tally);
    }
    let Tally { cases, complete, failed, interrupted } = tally;
    say(test, &format!("{cases} cases, {complete} complete, {failed} failed, {interrupted} interrupted"));
    assert!(failed + interrupted > 0, "no fault was met");
}
