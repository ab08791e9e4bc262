//! What a transfer has stored is stored, once, whatever its disk makes of times and numbers.

use std::fs;

use super::{
    broken::{Break, RULES, There, age, parcel},
    chance::{Chance, Length},
    harness::{Device, tree},
    loud::say,
    parcel::{contents, finished, short},
    strange::{Strange, can},
};

/// What disks make of times: FAT, exFAT, one that ignores a time that is set alone, and one that keeps none.
const TIMES: [&[&str]; 4] = [
    &["times=2s,1980-2107", "ctime=mtime"],
    &["times=10ms,1980-2107", "ctime=mtime"],
    &["times=ignored"],
    &["utimens=lies"],
];

fn small() -> Vec<(&'static str, String)> {
    let file = |name| (name, format!("the content of {name}"));
    let mut files = ["a", "b", "deep/c", "deep/d"].map(file).to_vec();
    files.push(("empty", String::new()));
    files
}

#[test]
fn whatever_a_disk_makes_of_times_nothing_is_stored_twice() {
    let test = "disks and times";
    if !can(test) {
        return;
    }
    let mut chance = Chance::of(test);
    let mut cases = 0;
    for knobs in TIMES {
        let some = [(chance.pick(&RULES), chance.pick(&Break::ALL))];
        let all: Vec<_> = RULES.iter().flat_map(|rule| Break::ALL.map(|how| (*rule, how))).collect();
        for (conflict, how) in Length::asked().choose(some.to_vec(), all) {
            let when = &format!("{knobs:?}, {conflict}, {how:?}");
            let parcel = parcel(&small());
            let disk = Strange::new(knobs);
            let (inbox, home) = (disk.inbox(), disk.home());
            let there = There { inbox: &inbox, home: &home, conflict };
            let touched = disk.under().join("in/t/a");
            let was = || fs::metadata(&touched).unwrap().modified().unwrap();
            let mut time = None;
            let touch = || {
                time = Some(was());
                age(&touched, 30);
            };
            there.take_broken(&parcel, how, touch, when).is_complete(when);
            parcel.is_exactly_there(&inbox, when);
            // Everything has its time again, or what the disk makes of it.
            fs::File::open(&touched).unwrap().set_modified(time.unwrap()).unwrap();
            let there = There { conflict: "complete", ..there };
            let again = there.take(&parcel, when);
            again.is_complete(when);
            assert_eq!(again.receiver["already"], 6, "{when}: {}", again.receiver);
            parcel.is_exactly_there(&inbox, &format!("{when}, sent again"));
            cases += 1;
        }
    }
    say(test, &format!("{cases} cases, nothing twice"));
}

#[test]
fn a_disk_that_keeps_no_times_is_said_to_keep_none() {
    let test = "disks without times";
    if !can(test) {
        return;
    }
    for (knobs, expected) in [(TIMES[2], 0), (TIMES[3], 1)] {
        let parcel = parcel(&small());
        let disk = Strange::new(knobs);
        let (inbox, home) = (disk.inbox(), disk.home());
        let mut receiver = There { inbox: &inbox, home: &home, conflict: "keep-both" }.receive("0");
        let _sender = parcel.send(&receiver.address(), &[]);
        let offer = receiver.running().wait_for("offer");
        let said = offer["notes"].as_array().unwrap().iter();
        let said = said.filter(|note| **note == "This disk doesn't keep the times of files.");
        assert_eq!(said.count(), expected, "{knobs:?}: {offer}");
    }
}

#[test]
fn a_disk_that_numbers_its_files_anew_in_a_break_has_nothing_twice() {
    let test = "disks and numbers";
    if !can(test) {
        return;
    }
    let mut chance = Chance::of(test);
    for knobs in [["inodes=unstable"], ["inodes=counted"]] {
        let rules = Length::asked().choose(vec![chance.pick(&RULES)], RULES.to_vec());
        for conflict in rules {
            let when = &format!("{knobs:?}, {conflict}");
            let parcel = parcel(&small());
            let mut disk = Strange::new(&knobs);
            let (inbox, home) = (disk.inbox(), disk.home());
            let there = There { inbox: &inbox, home: &home, conflict };
            let again = || {
                disk.again(&knobs);
                // Counted in another order than before.
                assert!(tree(&inbox).len() > 6);
            };
            there.take_broken(&parcel, Break::Receiver, again, when).is_complete(when);
            parcel.is_exactly_there(&inbox, when);
        }
    }
}

#[test]
fn what_another_device_stores_under_a_name_in_a_break_stays_and_the_partial_file_is_used() {
    for how in Break::ALL {
        for conflict in ["keep-both", "complete"] {
            let parcel = parcel(&small());
            let there = Device::new();
            let (inbox, home) = (there.inbox(), there.home());
            let other: Vec<u8> = parcel.last().iter().map(|byte| !byte).collect();
            let plant = || {
                let path = inbox.join("t/~film");
                fs::write(&path, &other).unwrap();
                age(&path, 5);
            };
            let when = &format!("{how:?}, {conflict}");
            let ended = There { inbox: &inbox, home: &home, conflict }.take_broken(&parcel, how, plant, when);
            ended.is_complete(when);
            let all = contents(&finished(&inbox));
            assert_eq!(
                (all.get(&short(&other)), all.get(&short(parcel.last()))),
                (Some(&1), Some(&1)),
                "{when}"
            );
            // What came since the last sync, 8 MiB before at most, may come again where a receiver dies.
            let most = parcel.bytes() + (10 << 20);
            assert!(ended.carried < most, "{when}: {} bytes, {} before", ended.carried, ended.before);
        }
    }
}

#[test]
fn a_file_of_the_same_size_and_time_is_replaced_or_left_out_as_was_said_and_never_called_the_same() {
    for how in Break::ALL {
        for conflict in ["replace", "skip"] {
            let parcel = parcel(&small());
            let there = Device::new();
            let (inbox, home) = (there.inbox(), there.home());
            let old = "the content of A";
            fs::create_dir(inbox.join("t")).unwrap();
            fs::write(inbox.join("t/a"), old).unwrap();
            age(&inbox.join("t/a"), 5);
            let when = &format!("{how:?}, {conflict}");
            let there = There { inbox: &inbox, home: &home, conflict };
            let ended = there.take_broken(&parcel, how, || (), when);
            ended.is_complete(when);
            let found = fs::read_to_string(inbox.join("t/a")).unwrap();
            if conflict == "replace" {
                parcel.is_exactly_there(&inbox, when);
            } else {
                assert_eq!(found, old, "{when}");
                for end in [&ended.sender, &ended.receiver] {
                    assert_eq!((&end["left_out"], &end["files"]), (&1.into(), &5.into()), "{when}: {end}");
                }
                assert_eq!(contents(&finished(&inbox)).len(), 6, "{when}");
            }
        }
    }
}
