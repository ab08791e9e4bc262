//! Disks that do not answer for a while: that is said, on both sides and while it lasts, and nothing else comes of it.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    harness::{Device, Running, content},
    loud::say,
    receiver::Receiver,
    strange::{Strange, can},
};

/// Longer than a side that says nothing is waited for (`limits::SILENCE`, 10 s). What would be wrong here is that a side is
/// given up for its silence, and no word says that this has not happened: it must be outlasted, by two programs
/// whose clocks are real.
const LONG: Duration = Duration::from_secs(12);

/// Until it says that a disk has stalled, and whose.
fn stalls(side: &mut Running, whose: &str) -> Value {
    loop {
        let line = side.wait_for("progress");
        if line["stalled"] == whose {
            return line;
        }
        assert!(line["stalled"].is_null(), "it is the disk of the other side: {line}");
    }
}

/// Nothing but progress, for longer than silence is borne.
fn holds_out(side: &mut Running) {
    let events = side.events_until(Instant::now() + LONG);
    assert!(events.iter().all(|event| event["event"] == "progress"), "{events:?}");
    assert!(events.iter().any(|event| !event["stalled"].is_null()), "it has not said so for {LONG:?}");
}

#[test]
fn a_receiver_s_disk_that_stalls_is_said_to_and_is_no_trouble_of_the_network() {
    let test = "a disk that stalls";
    if !can(test) {
        return;
    }
    for knob in ["write", "fsync"] {
        let disk = Strange::new(&[]);
        let here = Device::new();
        let bytes = content(40 << 20);
        let film = here.file("film.bin", &bytes);
        let mut receiver = Receiver::start(&disk.inbox(), &disk.home(), "0", &[]).unwrap();
        let mut sender = here.send(&[&film], &receiver.address(), &["--limit", "20MB/s"]);
        while sender.wait_for("progress")["bytes"] == 0 {}
        disk.set(&[&format!("{knob}=sleep:100")]);
        let began = Instant::now();
        stalls(receiver.running(), "here");
        stalls(&mut sender, "there");
        say(test, &format!("{knob}: said on both sides after {:?}", began.elapsed()));
        holds_out(&mut sender);
        disk.set(&[&format!("{knob}=")]);
        let (end, code) = sender.end();
        assert_eq!((code, &end["outcome"]), (0, &"complete".into()), "{knob}: {end}");
        assert_eq!(receiver.end().1, Some(0), "{knob}");
        assert_eq!(fs::read(disk.inbox().join("film.bin")).unwrap(), bytes);
    }
}

#[test]
fn a_sender_s_disk_that_stalls_is_said_to_and_is_no_trouble_of_the_network() {
    if !can("a sender's disk that stalls") {
        return;
    }
    let disk = Strange::new(&[]);
    let (here, there) = (Device::new(), Device::new());
    let bytes = content(40 << 20);
    fs::write(disk.under().join("film.bin"), &bytes).unwrap();
    let (mut receiver, to) = there.receive(&["--accept", "all", "--once"]);
    let mut sender = here.send(&[&disk.point().join("film.bin")], &to, &["--limit", "20MB/s"]);
    while sender.wait_for("progress")["bytes"] == 0 {}
    disk.set(&["read=sleep:100"]);
    stalls(&mut sender, "here");
    stalls(&mut receiver, "there");
    holds_out(&mut receiver);
    disk.set(&["read="]);
    for (end, code) in [sender.end(), receiver.end()] {
        assert_eq!((code, &end["outcome"]), (0, &"complete".into()), "{end}");
    }
    assert_eq!(fs::read(there.inbox().join("film.bin")).unwrap(), bytes);
}
