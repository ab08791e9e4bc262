//! Many at once, and clocks that can’t be trusted.

use std::{collections::BTreeSet, fs, path::Path, process::Command, time::Duration};

use crate::{
    cable::Cable,
    chance::{Chance, Length},
    film::{digest, is_complete, shoot},
    harness::{Device, Running, tree},
    loud::{say, skipped},
    receive,
};

const ACCEPT: [&str; 2] = ["--accept", "all"];
const LONG: Duration = Duration::from_mins(10);

/// The digests of everything in a folder; nothing in it is half.
fn contents(folder: &Path) -> BTreeSet<String> {
    let there = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    there
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(!name.starts_with(".airlift-"), "{name} is left over");
            digest(&path)
        })
        .collect()
}

fn ends_well(mut sender: Running, made: &str) {
    let end = sender.wait_for("finished");
    is_complete(&end, made);
    assert_eq!(sender.exit(), 0);
}

#[test]
fn two_receivers_in_one_folder_do_not_touch_each_other_s_files_even_when_one_is_killed() {
    const TEST: &str = "two in one folder";
    let mut chance = Chance::of(TEST);
    let size = 24 << 20;
    let folder = tempfile::tempdir().unwrap();
    let inbox = folder.path().to_str().unwrap();
    let receivers = [Device::new(), Device::new()];
    let start = |device: &Device, port: &str| {
        let args = ["receive", "--json", "--port", port, "--dir", inbox, "--accept", "all"];
        let mut receiver = Running::start(&mut device.command(&args)).lasting(LONG);
        let port = receiver.wait_for("listening")["port"].as_u64().unwrap().to_string();
        (receiver, port)
    };
    let [(mut first, port), (second, other)] = receivers.each_ref().map(|device| start(device, "0"));
    let senders = [Device::new(), Device::new()];
    // The same name for other bytes.
    let made = [0, 1].map(|number| shoot(&senders[number].path("film.bin"), size, number as u64));
    let [one, two] = [(0, &port), (1, &other)].map(|(number, port)| {
        let device: &Device = &senders[number];
        let to = format!("127.0.0.1:{port}");
        device.send(&[&device.path("film.bin")], &to, &["--limit", "8MB/s"]).lasting(LONG)
    });
    let moment = chance.among(1..size);
    while first.wait_for("progress")["bytes"].as_u64().unwrap() < moment {}
    first.signal("KILL");
    drop(first);
    let (first, _) = start(&receivers[0], &port);
    ends_well(one, &made[0]);
    ends_well(two, &made[1]);
    for receiver in [first, second] {
        receiver.signal("INT");
        let _ = receiver.code();
    }
    assert_eq!(contents(folder.path()), BTreeSet::from(made));
}

#[test]
fn twenty_transfers_at_once_arrive_though_the_receiver_is_killed_among_them() {
    const TEST: &str = "twenty at once";
    let mut chance = Chance::of(TEST);
    let there = Device::new();
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let senders: Vec<_> = (0..20)
        .map(|number| {
            let device = Device::new();
            let file = device.path(if number % 2 == 0 { "film.bin" } else { "other.bin" });
            let made = shoot(&file, chance.among(1..9 << 20), number);
            (device, file, made)
        })
        .collect();
    let to = format!("127.0.0.1:{port}");
    let running: Vec<_> = senders
        .iter()
        .map(|(device, file, _)| device.send(&[file], &to, &["--limit", "1MB/s"]).lasting(LONG))
        .collect();
    // All are under way, and some may be through.
    for _ in &senders {
        receiver.wait_for("started");
    }
    let moment = chance.among(0..2 << 20);
    while receiver.wait_for("progress")["bytes"].as_u64().unwrap() < moment {}
    receiver.signal("KILL");
    drop(receiver);
    let (receiver, _) = receive(&there, &port, &ACCEPT);
    let receiver = receiver.lasting(LONG);
    for (sender, (_, _, made)) in running.into_iter().zip(&senders) {
        ends_well(sender, made);
    }
    receiver.signal("INT");
    let _ = receiver.code();
    let made: BTreeSet<_> = senders.iter().map(|(_, _, made)| made.clone()).collect();
    assert_eq!(fs::read_dir(there.inbox()).unwrap().count(), senders.len());
    assert_eq!(contents(&there.inbox()), made);
    let kept = tree(&there.home().join("transfers"));
    assert!(kept.is_empty(), "{:?} is still kept", kept.keys());
}

/// The clock of one process, which can be set while it runs.
struct Clock<'a> {
    library: &'a str,
    file: tempfile::NamedTempFile,
}

impl Clock<'_> {
    fn set(&self, days: i64) {
        // In place, and at once: it is read again at every look at the clock.
        fs::write(self.file.path(), format!("{days:+}d\n")).unwrap();
    }

    fn wear(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.file.path())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
    }
}

fn clock_library() -> Option<&'static str> {
    const PLACES: [&str; 3] = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib64/faketime/libfaketimeMT.so.1",
    ];
    PLACES.into_iter().find(|place| Path::new(place).exists())
}

#[test]
fn a_clock_that_jumps_by_years_changes_nothing() {
    const TEST: &str = "clocks";
    const YEARS: i64 = 3652;
    let Some(library) = clock_library() else {
        return skipped(TEST, "libfaketime is missing; scripts/fault-packages installs it");
    };
    let size: u64 = Length::asked().choose(32 << 20, 256 << 20);
    let clocks = [0, 1].map(|_| Clock { library, file: tempfile::NamedTempFile::new().unwrap() });
    let (here, there) = (Device::new(), Device::new());
    let file = here.path("film.bin");
    let made = shoot(&file, size, 3);
    let set = |days: [i64; 2]| clocks.iter().zip(days).for_each(|(clock, days)| clock.set(days));
    set([0, 0]);
    let receiving = |port: &str| {
        let inbox = there.inbox();
        let dir = inbox.to_str().unwrap();
        let args = ["receive", "--json", "--port", port, "--dir", dir, "--accept", "all"];
        let mut command = there.command(&args);
        clocks[1].wear(&mut command);
        let mut receiver = Running::start(&mut command).lasting(LONG);
        let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
        (receiver, port.to_string())
    };
    let (mut receiver, port) = receiving("0");
    let cable = Cable::to(port.parse().unwrap());
    let to = format!("127.0.0.1:{}", cable.port());
    let sending = || {
        let mut command =
            here.command(&["send", "--json", "--limit", "12MB/s", "--to", &to, file.to_str().unwrap()]);
        clocks[0].wear(&mut command);
        Running::start(&mut command).lasting(LONG)
    };
    let mut sender = sending();
    let stored = |sender: &mut Running, share: u64| {
        while sender.wait_for("progress")["bytes"].as_u64().unwrap() < size * share / 8 {}
    };
    // While it flows.
    for (share, days) in [(1, [YEARS, -YEARS]), (2, [-YEARS, YEARS]), (3, [0, 0])] {
        stored(&mut sender, share);
        set(days);
    }
    // While it is interrupted: neither has waited for years.
    for (share, days) in [(4, [YEARS, -YEARS]), (5, [-YEARS, YEARS])] {
        stored(&mut sender, share);
        cable.pull();
        sender.wait_for("interrupted");
        receiver.wait_for("interrupted");
        set(days);
        // An attempt that fails, and one after it: the first was not the last.
        cable.wait_for_knocks(2);
        cable.plug_in();
        sender.wait_for("resumed");
        receiver.wait_for("resumed");
        set([0, 0]);
    }
    // Between two runs, back to before it all began.
    stored(&mut sender, 6);
    receiver.signal("KILL");
    sender.signal("KILL");
    drop((receiver, sender));
    set([-YEARS, -YEARS]);
    let (receiver, _) = receiving(&port);
    ends_well(sending(), &made);
    receiver.signal("INT");
    let _ = receiver.code();
    assert_eq!(contents(&there.inbox()), BTreeSet::from([made]));
    let carried = cable.carried();
    say(TEST, &format!("{carried} bytes carried for {size}"));
    assert!(carried <= size + 3 * (16 << 20), "{carried} bytes were carried");
}
