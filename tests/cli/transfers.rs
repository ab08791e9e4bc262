//! `airlift transfers`: what it lists, goes on with, gives up and removes.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::harness::{Device, Running, content, tree};

const SIZE: usize = 24 << 20;
const LIMIT: [&str; 2] = ["--limit", "12MB/s"];

fn settings(device: &Device, patience: u32, go_on: &str) {
    fs::create_dir_all(device.home()).unwrap();
    let inbox = device.inbox();
    let text = serde_json::json!({ "patience": patience, "go_on": go_on, "inbox": inbox });
    fs::write(device.home().join("settings.json"), text.to_string()).unwrap();
}

fn transfers(device: &Device, args: &[&str]) -> Running {
    Running::start(&mut device.command(&[&["transfers", "--json"], args].concat()))
}

fn list(device: &Device) -> Vec<Value> {
    let mut list = transfers(device, &[]);
    let lines = std::iter::from_fn(|| list.event()).collect();
    assert_eq!(list.exit(), 0);
    lines
}

/// Its only kept transfer.
fn kept(device: &Device) -> Value {
    let mut lines = list(device);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = lines.remove(0);
    assert_eq!(line["event"], "kept");
    line
}

fn id(kept: &Value) -> &str {
    kept["transfer"].as_str().unwrap()
}

fn receive(device: &Device, port: &str) -> (Running, String) {
    let inbox = device.inbox();
    let args = ["receive", "--json", "--port", port, "--accept", "all", "--dir", inbox.to_str().unwrap()];
    let mut receiver = Running::start(&mut device.command(&args));
    let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
    (receiver, port.to_string())
}

/// Two devices, of which both were killed in the middle of a transfer, and the receiver's port.
fn killed() -> (Device, Device, Vec<u8>, String) {
    let (here, there) = (Device::new(), Device::new());
    settings(&here, 24, "always");
    settings(&there, 24, "always");
    let bytes = content(SIZE);
    let file = here.file("film.bin", &bytes);
    let (mut receiver, port) = receive(&there, "0");
    let sender = here.send(&[&file], &format!("127.0.0.1:{port}"), &LIMIT);
    while receiver.wait_for("progress")["bytes"].as_u64().unwrap() < SIZE as u64 / 2 {}
    receiver.signal("KILL");
    sender.signal("KILL");
    drop((receiver, sender));
    (here, there, bytes, port)
}

/// Makes everything in a folder look as if nobody had touched it for so many days.
fn age(folder: &Path, days: u64) {
    let then = SystemTime::now() - Duration::from_hours(24 * days);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
        }
    }
}

#[test]
fn who_has_nothing_interrupted_is_told_so() {
    let device = Device::new();
    assert_eq!(list(&device), Vec::<Value>::new());
    let (told, wrong, code) = Running::start(&mut device.command(&["transfers", "list"])).text();
    assert_eq!((told.lines().count(), wrong.as_str(), code), (1, "", 0), "{told}");
    for what in ["resume", "cancel", "remove"] {
        let (_, wrong, code) = Running::start(&mut device.command(&["transfers", what, "abc"])).text();
        assert_eq!(code, 1);
        assert!(wrong.contains("“abc”") && wrong.lines().count() == 1, "{wrong}");
    }
}

#[test]
fn what_was_interrupted_is_listed_on_both_sides_and_gone_on_with() {
    let (here, there, bytes, port) = killed();
    let (given, taken) = (kept(&here), kept(&there));
    for (line, direction) in [(&given, "send"), (&taken, "receive")] {
        assert_eq!(
            (&line["direction"], &line["state"]),
            (&direction.into(), &"interrupted".into()),
            "{line}"
        );
        assert_eq!((&line["bytes"], &line["in_use"]), (&SIZE.into(), &false.into()), "{line}");
        assert_eq!(line["items"][0]["name"], "film.bin");
        assert!(line["begun"].as_u64().unwrap() <= line["interrupted"].as_u64().unwrap(), "{line}");
    }
    let there_is = taken["there"].as_u64().unwrap();
    assert!(there_is > SIZE as u64 / 4 && there_is < SIZE as u64, "{taken}");
    assert_eq!(given["there"], Value::Null);
    let (told, _, _) = Running::start(&mut there.command(&["transfers"])).text();
    assert!(told.contains("Receiving film.bin from") && told.contains(&id(&taken)[..8]), "{told}");

    let mut receiver = transfers(&there, &["resume", id(&taken), "--port", &port]);
    receiver.wait_for("listening");
    // It is taken up a moment after somebody listens.
    assert!((0..500).any(|_| kept(&there)["in_use"] == true));
    let (_, wrong, code) = transfers(&there, &["remove", id(&taken)]).text();
    assert_eq!(code, 1, "{wrong}");
    let (end, code) = transfers(&here, &["resume", &id(&given)[..6]]).end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    let again = end["pipeline"]["wire_bytes"].as_u64().unwrap();
    assert!(again <= SIZE as u64 - there_is + (1 << 20), "{again} bytes again, {there_is} were there");
    assert_eq!(receiver.end().1, 0);
    assert!(tree(&there.inbox())[Path::new("film.bin")].as_deref() == Some(&bytes[..]));
    assert!(list(&here).is_empty() && list(&there).is_empty());
}

#[test]
fn what_the_receiver_gives_up_is_gone_and_the_sender_hears_of_it_when_it_calls() {
    let (here, there, _, port) = killed();
    let mut giving_up = transfers(&there, &["cancel", id(&kept(&there))]);
    giving_up.wait_for("removed");
    assert_eq!(giving_up.exit(), 0);
    assert!(tree(&there.inbox()).is_empty() && list(&there).is_empty());
    // It would say yes to an offer.
    let (receiver, _) = receive(&there, &port);
    let (end, code) = transfers(&here, &["resume", id(&kept(&here))]).end();
    assert_eq!((&end["outcome"], &end["side"], code), (&"cancelled".into(), &"there".into(), 4), "{end}");
    assert!(list(&here).is_empty());
    drop(receiver);
    assert!(tree(&there.inbox()).is_empty());
}

#[test]
fn what_the_sender_gives_up_is_gone_at_a_receiver_that_can_be_told() {
    let (here, there, _, port) = killed();
    let (mut receiver, _) = receive(&there, &port);
    let mut giving_up = transfers(&here, &["cancel", id(&kept(&here))]);
    giving_up.wait_for("removed");
    assert_eq!(giving_up.exit(), 0);
    let end = receiver.wait_for("finished");
    assert_eq!((&end["outcome"], &end["side"]), (&"cancelled".into(), &"there".into()), "{end}");
    drop(receiver);
    assert!(tree(&there.inbox()).is_empty() && list(&there).is_empty() && list(&here).is_empty());
}

#[test]
fn a_sender_whose_files_are_gone_says_so_on_both_sides_and_what_is_there_stays_until_they_are_back() {
    let (here, there, bytes, port) = killed();
    let away = here.path("elsewhere.bin");
    fs::rename(here.path("film.bin"), &away).unwrap();
    let (mut receiver, _) = receive(&there, &port);
    let (end, code) = transfers(&here, &["resume", id(&kept(&here))]).end();
    assert_eq!((&end["outcome"], &end["side"], code), (&"failed".into(), &"here".into(), 1), "{end}");
    assert!(end["problem"].as_str().unwrap().contains("film.bin"), "{end}");
    let end = receiver.wait_for("finished");
    assert_eq!((&end["outcome"], &end["side"]), (&"failed".into(), &"there".into()), "{end}");
    assert!(end["problem"].as_str().unwrap().contains("can’t be read there any more"), "{end}");
    let partial = tree(&there.inbox());
    assert!(!partial.is_empty(), "what was received was thrown away");
    fs::rename(away, here.path("film.bin")).unwrap();
    let (end, code) = transfers(&here, &["resume", id(&kept(&here))]).end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    drop(receiver);
    assert!(tree(&there.inbox())[Path::new("film.bin")].as_deref() == Some(&bytes[..]));
}

#[test]
fn after_its_patience_a_transfer_is_a_leftover_that_can_be_removed_and_nothing_else_is() {
    let (_here, there, _, port) = killed();
    fs::write(there.inbox().join("mine.part"), "mine").unwrap();
    settings(&there, 0, "always");
    let line = kept(&there);
    assert_eq!((&line["state"], &line["in_use"]), (&"left".into(), &false.into()), "{line}");
    let month = 30 * 24 * 60 * 60;
    assert_eq!(line["removed"].as_u64().unwrap(), line["interrupted"].as_u64().unwrap() + month);
    // It is left alone by who receives something else.
    let (receiver, _) = receive(&there, &port);
    drop(receiver);
    let removed = transfers(&there, &["remove", id(&line)]);
    assert_eq!(removed.exit(), 0);
    assert!(list(&there).is_empty());
    assert_eq!(tree(&there.inbox()).keys().collect::<Vec<_>>(), [Path::new("mine.part")]);
}

#[test]
fn a_leftover_goes_on_when_its_sender_calls() {
    let (here, there, bytes, port) = killed();
    settings(&there, 0, "always");
    let (mut receiver, _) = receive(&there, &port);
    let (end, code) = transfers(&here, &["resume", id(&kept(&here))]).end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    assert!(end["pipeline"]["wire_bytes"].as_u64().unwrap() < SIZE as u64 * 3 / 4, "{end}");
    receiver.wait_for("finished");
    assert!(tree(&there.inbox())[Path::new("film.bin")].as_deref() == Some(&bytes[..]));
}

#[test]
fn who_wants_to_be_asked_lets_nobody_in_before() {
    let (here, there, bytes, port) = killed();
    settings(&there, 24, "ask");
    let line = kept(&there);
    assert_eq!(line["state"], "asks", "{line}");
    let (receiver, _) = receive(&there, &port);
    let mut sender = transfers(&here, &["resume", id(&kept(&here))]);
    sender.wait_for("interrupted");
    // It is turned away without an end of it, and nothing is sent from the beginning.
    assert_eq!(kept(&there)["state"], "asks");
    drop(receiver);
    let receiver = transfers(&there, &["resume", id(&line), "--port", &port]);
    let (end, code) = sender.end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    assert_eq!(receiver.end().1, 0);
    assert!(tree(&there.inbox())[Path::new("film.bin")].as_deref() == Some(&bytes[..]));
}

#[test]
fn what_no_record_speaks_of_is_listed_and_goes_when_asked_or_when_it_is_old() {
    let (_here, there, _, _) = killed();
    let records = there.home().join("transfers");
    let mut beside = fs::read_dir(&records).unwrap().map(|item| item.unwrap().path());
    let record = beside.find(|path| path.extension().is_some_and(|ending| ending == "json")).unwrap();
    let whole = fs::read(&record).unwrap();
    let known = kept(&there);
    // Lost altogether.
    fs::remove_file(&record).unwrap();
    let line = kept(&there);
    assert_eq!((&line["state"], &line["transfer"]), (&"scraps".into(), &known["transfer"]), "{line}");
    assert_eq!(line["there"], known["there"]);
    let (_, wrong, code) = transfers(&there, &["resume", id(&line)]).text();
    assert_eq!(code, 1, "{wrong}");
    // Damaged.
    fs::write(&record, &whole[..whole.len() / 2]).unwrap();
    let (receiver, _) = receive(&there, "0");
    drop(receiver);
    assert!(record.with_extension("damaged").exists());
    assert_eq!(kept(&there)["state"], "scraps");
    assert_eq!(transfers(&there, &["remove", id(&line)]).exit(), 0);
    assert!(list(&there).is_empty() && tree(&there.inbox()).is_empty());
    assert_eq!(fs::read_dir(&records).unwrap().count(), 0);
}

#[test]
fn what_nobody_goes_on_with_is_removed_after_a_month() {
    let (_here, there, _, _) = killed();
    age(&there.home().join("transfers"), 29);
    let (receiver, _) = receive(&there, "0");
    drop(receiver);
    assert_eq!(kept(&there)["state"], "left");
    age(&there.home().join("transfers"), 31);
    let (mut receiver, _) = receive(&there, "0");
    receiver.signal("INT");
    while receiver.line().is_some() {}
    // Looked for in the background: the next run has done it at the latest.
    let gone = || list(&there).is_empty() && tree(&there.inbox()).is_empty();
    for _ in 0..50 {
        if gone() {
            return;
        }
        let (receiver, _) = receive(&there, "0");
        drop(receiver);
    }
    panic!("{:?}", list(&there));
}
