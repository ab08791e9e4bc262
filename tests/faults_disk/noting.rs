//! A receiver that dies at any moment between noting what it is about to store and noting that it has.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::{
    broken::age,
    cable::Cable,
    chance::{Chance, Length},
    disk,
    harness::{Device, content, tree},
    loud::say,
    parcel::{News, Parcel, finished, news},
    receiver::Receiver,
    strange::{Strange, can},
};

/// As large as can be told from what is said beside them.
const LARGE: usize = 1 << 20;
/// What is said beside content, at most, until a transfer is complete.
const TALK: u64 = 256 << 10;

/// The calls between a file's last byte and the last word on it, and how often a thread makes each at most.
const STEPS: [(&str, u64); 6] =
    [("pwrite64", 8), ("fdatasync", 3), ("fsync", 5), ("syncfs", 2), ("renameat2", 4), ("unlinkat", 6)];

/// Files that are stored together, or by themselves.
fn files(count: usize) -> Parcel {
    let here = Device::new();
    let names: Vec<_> = (0..count).map(|number| format!("f{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let mut bytes = content(LARGE);
        bytes[0] = u8::try_from(number).unwrap();
        age(&here.file(name, bytes), 0);
    }
    Parcel::of(here, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Whether a file can be told by its number after a break.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Stay,
    AreNew,
}

/// What has names of its own, by number.
fn named(inbox: &Path) -> BTreeMap<PathBuf, u64> {
    let number = |path: PathBuf| Some((path.clone(), fs::metadata(inbox.join(path)).ok()?.ino()));
    finished(inbox).into_keys().filter_map(number).collect()
}

/// True when it was killed with something under its name.
fn dies(count: usize, fault: &str, (inbox, home): (&Path, &Path), then: impl FnOnce() -> Numbers) -> bool {
    eprintln!("{count} files, {fault}");
    let parcel = files(count);
    let Ok(receiver) = Receiver::start(inbox, home, "0", &[fault.to_owned()]) else { return false };
    let port = receiver.port.clone();
    let cable = Cable::to(port.parse().unwrap());
    let mut sender = parcel.send(&format!("127.0.0.1:{}", cable.port()), &[]);
    let (_, code) = receiver.end();
    let before = match (news(&mut sender), code) {
        (News::Interrupted, None) => named(inbox),
        // It was over before, or not begun.
        (News::Over(_), _) => return false,
        (other, code) => panic!("{fault}: {other:?}, {code:?}"),
    };
    let carried = cable.carried();
    let numbers = then();
    let receiver = Receiver::start(inbox, home, &port, &[]).unwrap();
    let (end, code) = sender.end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{fault}: {end}");
    assert_eq!(receiver.end().1, Some(0), "{fault}");
    parcel.is_exactly_there(inbox, fault);
    let after = named(inbox);
    let is_same = before.iter().all(|(path, number)| after[path] == *number);
    assert!(is_same || numbers == Numbers::AreNew, "{fault}: stored again: {before:?}");
    let missing = ((count - before.len()) * LARGE) as u64;
    let again = cable.carried() - carried;
    assert!(again < missing + TALK, "{fault}: {again} bytes came for {missing} that were missing");
    !before.is_empty()
}

#[test]
fn wherever_a_receiver_dies_what_has_its_name_is_not_sent_again_and_the_rest_is() {
    let test = "killed while it notes";
    if !disk::can(test, &["strace"]) {
        return;
    }
    let mut chance = Chance::of(test);
    let (mut cases, mut with_names) = (0, 0);
    for count in [1, 4] {
        for (call, most) in STEPS {
            // Those that are made for the last file are the last ones.
            let some = vec![chance.among(1..most / 2 + 1), chance.among(most / 2 + 1..most + 1)];
            for moment in Length::asked().choose(some, (1..=most).collect()) {
                let there = Device::new();
                let place = (&*there.inbox(), &*there.home());
                let fault = format!("{call}:signal=KILL:when={moment}");
                with_names += usize::from(dies(count, &fault, place, || Numbers::Stay));
                cases += 1;
            }
        }
    }
    say(test, &format!("{cases} cases, {with_names} with something under its name"));
    assert!(with_names > 0, "none died late enough");
}

/// Names are made with a link there, as where nothing else is to be had.
#[test]
fn wherever_a_receiver_dies_nothing_is_stored_twice_where_a_disk_numbers_its_files_anew() {
    let test = "killed while it notes, files numbered anew";
    if !can(test) || !disk::can(test, &["strace"]) {
        return;
    }
    let mut chance = Chance::of(test);
    let (mut cases, mut with_names) = (0, 0);
    // A time that is set to 0 is now, so that it tells nothing, either.
    for numbers in [["inodes=unstable", "times=zero=now"], ["inodes=counted", "times=zero=now"]] {
        for (call, most) in [("linkat", 4), ("unlinkat", 10), ("fsync", 5)] {
            for moment in Length::asked().choose(vec![chance.among(1..most + 1)], (1..=most).collect()) {
                let mut disk = Strange::new(&numbers);
                let (inbox, home) = (disk.inbox(), disk.home());
                let fault = format!("{call}:signal=KILL:when={moment}");
                with_names += usize::from(dies(4, &fault, (&inbox, &home), || {
                    disk.again(&numbers);
                    Numbers::AreNew
                }));
                cases += 1;
            }
        }
    }
    say(test, &format!("{cases} cases, {with_names} with something under its name"));
}

#[test]
fn a_number_that_another_file_has_since_the_disk_was_mounted_again_is_not_taken_for_the_file_that_had_it() {
    let test = "numbers that are given out again";
    if !can(test) || !disk::can(test, &["strace"]) {
        return;
    }
    let knobs = ["inodes=counted"];
    let (parcel, mut disk) = (files(1), Strange::new(&knobs));
    let (inbox, home) = (disk.inbox(), disk.home());
    let receiver = Receiver::start(&inbox, &home, "0", &["linkat:signal=KILL:when=1".to_owned()]).unwrap();
    let port = receiver.port.clone();
    let mut sender = parcel.send(&receiver.address(), &[]);
    assert!(matches!((news(&mut sender), receiver.end().1), (News::Interrupted, None)));
    let partial =
        tree(&inbox).into_keys().find(|path| path.extension().is_some_and(|end| end == "part")).unwrap();
    let number = |path: &Path| fs::metadata(path).unwrap().ino();
    let had = number(&inbox.join(partial));
    disk.again(&knobs);
    // They are counted as they are looked at.
    let look = |name: &str, bytes: &[u8]| {
        fs::write(disk.under().join("in").join(name), bytes).unwrap();
        number(&inbox.join(name))
    };
    while look("other", b"") + 1 < had {
        fs::rename(disk.under().join("in/other"), disk.under().join("other")).unwrap();
        assert!(fs::metadata(inbox.join("other")).is_err());
    }
    let other = vec![7; LARGE];
    assert_eq!(look("f0", &other), had, "no other file has its number");
    let receiver = Receiver::start(&inbox, &home, &port, &[]).unwrap();
    let (end, code) = sender.end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    assert_eq!(receiver.end().1, Some(0));
    let there = finished(&inbox);
    let content = |name: &str| there.get(Path::new(name)).cloned().flatten();
    assert_eq!(content("f0").as_ref(), Some(&other));
    assert!(
        content("f0 (1)") == parcel.tree[Path::new("f0")],
        "the other is taken for it: {:?}",
        there.keys()
    );
}
