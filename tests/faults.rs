//! Faults that a transfer must survive, with real processes: whoever is killed, whatever is cut, it
//! is whole in the end, and what was there is not sent again.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]
#![cfg(unix)]

#[path = "faults/bytes.rs"]
mod bytes;
#[path = "faults/cable.rs"]
mod cable;
#[path = "support/chance.rs"]
mod chance;
#[path = "faults/crowd.rs"]
mod crowd;
#[path = "faults/film.rs"]
mod film;
#[path = "cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the terminal face use more of it")]
mod harness;
#[path = "faults/hiccups.rs"]
mod hiccups;
#[path = "faults/kills.rs"]
mod kills;
#[path = "faults/lan.rs"]
mod lan;
#[path = "support/loud.rs"]
mod loud;
#[path = "faults/network.rs"]
mod network;
mod support;
#[path = "support/tool.rs"]
mod tool;

use std::{fs, path::Path};

use cable::Cable;
use harness::{Device, Running, content, tree};
use serde_json::Value;

const SIZE: usize = 48 << 20;
/// So that there is time to do harm.
const LIMIT: [&str; 2] = ["--limit", "25MB/s"];
/// What may be sent again after each fault.
const AGAIN: u64 = 16 << 20;

const ACCEPT: [&str; 3] = ["--accept", "all", "--once"];

/// Waits until so many bytes are stored, and returns how many are.
fn wait_for_bytes(side: &mut Running, bytes: u64) -> u64 {
    loop {
        let stored = side.wait_for("progress")["bytes"].as_u64().unwrap();
        if stored >= bytes {
            return stored;
        }
    }
}

/// A receiver on a port that another one was on, or any.
fn receive(device: &Device, port: &str, args: &[&str]) -> (Running, String) {
    let inbox = device.inbox();
    let base = ["receive", "--json", "--port", port, "--dir", inbox.to_str().unwrap()];
    let mut receiver = Running::start(&mut device.command(&[&base, args].concat()));
    let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
    (receiver, port.to_string())
}

fn ends_well(side: Running) -> Value {
    let (end, code) = side.end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    end
}

/// No more than was missing came over the network at last, but for [`AGAIN`].
fn sent_only_what_was_missing(end: &Value, stored: u64) {
    let sent = end["pipeline"]["wire_bytes"].as_u64().unwrap();
    let missing = SIZE as u64 - stored;
    assert!(sent <= missing + AGAIN, "{sent} bytes were sent for {missing} that were missing");
}

/// Nothing but the file is in the receiving folder, and it is whole.
fn is_there_alone(device: &Device, name: &str, bytes: &[u8]) {
    let there = tree(&device.inbox());
    assert_eq!(there.keys().collect::<Vec<_>>(), [Path::new(name)]);
    assert!(there[Path::new(name)].as_deref() == Some(bytes), "its content is another");
}

#[test]
fn a_receiver_that_was_killed_goes_on_where_it_was_when_it_is_started_again() {
    let (here, there) = (Device::new(), Device::new());
    let bytes = content(SIZE);
    let file = here.file("film.bin", &bytes);
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let mut sender = here.send(&[&file], &format!("127.0.0.1:{port}"), &LIMIT);
    let stored = wait_for_bytes(&mut receiver, SIZE as u64 / 2);
    receiver.signal("KILL");
    drop(receiver);
    sender.wait_for("interrupted");
    assert!(!there.inbox().join("film.bin").exists(), "half a file has the real name");
    let (receiver, _) = receive(&there, &port, &ACCEPT);
    sender.wait_for("resumed");
    sent_only_what_was_missing(&ends_well(sender), stored);
    ends_well(receiver);
    is_there_alone(&there, "film.bin", &bytes);
}

#[test]
fn a_sender_that_was_killed_goes_on_where_it_was_when_the_same_is_sent_again() {
    let (here, there) = (Device::new(), Device::new());
    let bytes = content(SIZE);
    let file = here.file("film.bin", &bytes);
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let to = format!("127.0.0.1:{port}");
    let mut sender = here.send(&[&file], &to, &LIMIT);
    let stored = wait_for_bytes(&mut sender, SIZE as u64 / 2);
    sender.signal("KILL");
    drop(sender);
    receiver.wait_for("interrupted");
    let sender = here.send(&[&file], &to, &[]);
    receiver.wait_for("resumed");
    sent_only_what_was_missing(&ends_well(sender), stored);
    ends_well(receiver);
    is_there_alone(&there, "film.bin", &bytes);
}

#[test]
fn both_sides_killed_at_once_go_on_when_both_are_back() {
    let (here, there) = (Device::new(), Device::new());
    let bytes = content(SIZE);
    let file = here.file("film.bin", &bytes);
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let to = format!("127.0.0.1:{port}");
    let sender = here.send(&[&file], &to, &LIMIT);
    let stored = wait_for_bytes(&mut receiver, SIZE as u64 * 3 / 4);
    receiver.signal("KILL");
    sender.signal("KILL");
    drop((receiver, sender));
    // Not even asked for again: the yes was given.
    let (receiver, _) = receive(&there, &port, &["--once"]);
    let sender = here.send(&[&file], &to, &[]);
    sent_only_what_was_missing(&ends_well(sender), stored);
    ends_well(receiver);
    is_there_alone(&there, "film.bin", &bytes);
}

#[test]
fn a_cable_that_is_pulled_again_and_again_costs_time_and_little_else() {
    let (here, there) = (Device::new(), Device::new());
    let bytes = content(SIZE);
    let file = here.file("film.bin", &bytes);
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let cable = Cable::to(port.parse().unwrap());
    let mut sender = here.send(&[&file], &format!("127.0.0.1:{}", cable.port()), &LIMIT);
    let mut stored = 0;
    for share in [1, 2, 3] {
        stored = wait_for_bytes(&mut sender, SIZE as u64 * share / 4).max(stored);
        cable.pull();
        sender.wait_for("interrupted");
        receiver.wait_for("interrupted");
        cable.plug_in();
        sender.wait_for("resumed");
        receiver.wait_for("resumed");
    }
    sent_only_what_was_missing(&ends_well(sender), stored);
    ends_well(receiver);
    is_there_alone(&there, "film.bin", &bytes);
    assert!(cable.carried() <= SIZE as u64 + 3 * AGAIN, "{} bytes went through", cable.carried());
}

#[test]
fn a_folder_of_many_files_that_was_interrupted_costs_what_is_missing_and_keeps_its_names() {
    let (here, there) = (Device::new(), Device::new());
    for number in 0..600 {
        here.file(&format!("trip/{}/{number}", number % 7), content(50_000 + number));
    }
    // A name that is taken: the folder gets another, and keeps it.
    fs::create_dir(there.inbox().join("trip")).unwrap();
    let trip = here.path("trip");
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let to = format!("127.0.0.1:{port}");
    let mut sender = here.send(&[&trip], &to, &["--limit", "10MB/s"]);
    wait_for_bytes(&mut sender, 15_000_000);
    sender.signal("KILL");
    drop(sender);
    receiver.wait_for("interrupted");
    let end = ends_well(here.send(&[&trip], &to, &[]));
    assert_eq!(end["files"], 600, "{end}");
    assert!(end["pipeline"]["wire_bytes"].as_u64().unwrap() < 20_000_000, "{end}");
    ends_well(receiver);
    let names: Vec<_> =
        fs::read_dir(there.inbox()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(tree(&there.inbox().join("trip")).is_empty(), "another's folder was touched");
    assert!(tree(&there.inbox().join("trip (1)")) == tree(&trip), "what arrived is not what was sent");
}

/// Sends a file, is killed at three quarters of it, and sends it again after `harm`.
fn changed_between_two_attempts(harm: impl Fn(&Path)) -> (Value, Vec<u8>, Device) {
    let (here, there) = (Device::new(), Device::new());
    let file = here.file("film.bin", content(SIZE));
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let to = format!("127.0.0.1:{port}");
    let mut sender = here.send(&[&file], &to, &LIMIT);
    wait_for_bytes(&mut sender, SIZE as u64 * 3 / 4);
    sender.signal("KILL");
    drop(sender);
    receiver.wait_for("interrupted");
    harm(&file);
    let end = ends_well(here.send(&[&file], &to, &[]));
    ends_well(receiver);
    (end, fs::read(file).unwrap(), there)
}

#[test]
fn a_file_that_changed_a_little_between_two_attempts_costs_a_little() {
    let (end, bytes, there) = changed_between_two_attempts(|file| {
        let mut bytes = fs::read(file).unwrap();
        bytes[1_000_000] ^= 1;
        fs::write(file, bytes).unwrap();
    });
    is_there_alone(&there, "film.bin", &bytes);
    let sent = end["pipeline"]["wire_bytes"].as_u64().unwrap();
    // What was missing, what was in flight, and the group that has changed.
    assert!(sent <= SIZE as u64 / 4 + 2 * AGAIN, "{sent} bytes were sent");
}

#[test]
fn a_file_that_changed_altogether_arrives_as_it_is_now() {
    let (end, bytes, there) = changed_between_two_attempts(|file| {
        let other: Vec<u8> = content(SIZE + 100_000).into_iter().map(|byte| !byte).collect();
        fs::write(file, other).unwrap();
    });
    is_there_alone(&there, "film.bin", &bytes);
    assert!(end["pipeline"]["wire_bytes"].as_u64().unwrap() >= SIZE as u64, "{end}");
}

#[test]
fn a_file_that_is_gone_between_two_attempts_ends_it_with_a_sentence() {
    let (here, there) = (Device::new(), Device::new());
    let file = here.file("film.bin", content(SIZE));
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let cable = Cable::to(port.parse().unwrap());
    let mut sender = here.send(&[&file], &format!("127.0.0.1:{}", cable.port()), &LIMIT);
    wait_for_bytes(&mut sender, SIZE as u64 / 4);
    cable.pull();
    sender.wait_for("interrupted");
    fs::remove_file(file).unwrap();
    cable.plug_in();
    let (end, code) = sender.end();
    assert_ne!(code, 0);
    assert!(end["problem"].as_str().unwrap().contains("is not there"), "{end}");
    receiver.wait_for("interrupted");
}

#[test]
fn what_is_made_since_an_offer_was_accepted_does_not_come_without_a_question_and_ends_nothing() {
    let (here, there) = (Device::new(), Device::new());
    let file = here.file("trip/film.bin", content(SIZE));
    let trip = here.path("trip");
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let to = format!("127.0.0.1:{port}");
    let mut sender = here.send(&[&trip], &to, &LIMIT);
    wait_for_bytes(&mut sender, SIZE as u64 / 4);
    sender.signal("KILL");
    drop(sender);
    receiver.wait_for("interrupted");
    here.file("trip/smuggled", "nobody was asked about this");
    let (end, code) = here.send(&[&trip], &to, &[]).end();
    // What it was told to send has not come whole, which is said.
    assert_eq!((&end["outcome"], &end["files"], code), (&"complete".into(), &1.into(), 6), "{end}");
    assert_eq!(end["skipped"]["new"], 1, "{end}");
    receiver.wait_for("finished");
    let there = tree(&there.inbox());
    assert_eq!(there.keys().collect::<Vec<_>>(), [Path::new("trip"), Path::new("trip/film.bin")]);
    assert!(there[Path::new("trip/film.bin")].as_deref() == Some(&fs::read(file).unwrap()[..]));
}

#[test]
fn who_leaves_an_interrupted_transfer_can_go_on_and_who_gives_up_leaves_nothing_behind() {
    let (here, there) = (Device::new(), Device::new());
    let file = here.file("film.bin", content(SIZE));
    let (mut receiver, port) = receive(&there, "0", &ACCEPT);
    let sender = here.send(&[&file], &format!("127.0.0.1:{port}"), &LIMIT);
    wait_for_bytes(&mut receiver, SIZE as u64 / 3);
    sender.signal("KILL");
    drop(sender);
    receiver.wait_for("interrupted");
    receiver.signal("INT");
    assert_ne!(receiver.exit(), 0);
    assert_eq!(tree(&there.inbox()).len(), 2, "what has come, and its journal");
    let kept = Running::start(&mut there.command(&["transfers", "--json"])).event().unwrap();
    let id = kept["transfer"].as_str().unwrap();
    assert_eq!(Running::start(&mut there.command(&["transfers", "cancel", id])).exit(), 0);
    assert!(tree(&there.inbox()).is_empty(), "{:?}", tree(&there.inbox()).keys());
    let kept: Vec<_> = fs::read_dir(there.home().join("transfers")).unwrap().collect();
    assert!(kept.is_empty(), "{kept:?}");
}
