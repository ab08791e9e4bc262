//! Codes, as two persons at two terminals use them.

use std::{io::Write as _, process::Stdio, thread};

use serde_json::Value;

use super::harness::{Device, Running};

/// A receiver that shows a code, and nobody who could answer a question.
fn giving(device: &Device, args: &[&str]) -> (Running, String, String) {
    let (mut receiver, to) = device.receive(&[&["--code"], args].concat());
    let given = receiver.wait_for("code");
    assert_eq!(given["state"], "given");
    assert!((1..=300).contains(&given["seconds"].as_u64().unwrap()));
    let code = given["code"].as_str().unwrap().to_owned();
    (receiver, to, code)
}

/// Another code of the same number.
fn wrong(code: &str) -> String {
    let (number, words) = code.split_once('-').unwrap();
    let other = if words == "zoo-zoo" { "zoo-zone" } else { "zoo-zoo" };
    format!("{number}-{other}")
}

fn sentence(end: &Value) -> &str {
    end["problem"].as_str().unwrap()
}

#[test]
fn the_right_code_is_accepted_without_a_question_and_both_know_each_other_then() {
    let (here, there) = (Device::new(), Device::new());
    let (mut receiver, to, code) = giving(&there, &["--once"]);
    let file = here.file("letter", "for you alone");
    let (end, exit) = here.send(&[&file], &to, &["--code", &code]).end();
    assert_eq!((exit, &end["outcome"]), (0, &"complete".into()), "{end}");
    assert_eq!(receiver.wait_for("code")["state"], "used");
    let (end, exit) = receiver.end();
    assert_eq!((exit, &end["outcome"]), (0, &"complete".into()), "{end}");
    assert_eq!(std::fs::read(there.inbox().join("letter")).unwrap(), b"for you alone");
}

#[test]
fn a_wrong_code_is_said_on_both_sides_sends_nothing_and_spends_the_code() {
    let (here, there) = (Device::new(), Device::new());
    let (mut receiver, to, code) = giving(&there, &[]);
    let file = here.file("letter", "for you alone");
    let (end, exit) = here.send(&[&file], &to, &["--code", &wrong(&code)]).end();
    assert_eq!((exit, &end["outcome"]), (1, &"failed".into()), "{end}");
    assert!(sentence(&end).contains("The code is wrong"), "{end}");
    assert_eq!(receiver.wait_for("code")["state"], "spent");
    // The right one comes too late, and says why.
    let (end, exit) = here.send(&[&file], &to, &["--code", &code]).end();
    assert_eq!(exit, 1);
    assert!(sentence(&end).contains("somebody has tried a wrong one"), "{end}");
    assert_eq!(std::fs::read_dir(there.inbox()).unwrap().count(), 0);
}

#[test]
fn whoever_waits_for_one_transfer_by_a_code_waits_no_longer_than_for_the_code() {
    let (here, there) = (Device::new(), Device::new());
    let (receiver, to, code) = giving(&there, &["--once"]);
    let (_, exit) = here.send(&[&here.file("a", "a")], &to, &["--code", &wrong(&code)]).end();
    assert_eq!((exit, receiver.exit()), (1, 1));
}

#[test]
fn a_code_opens_one_door_once() {
    let (here, other, there) = (Device::new(), Device::new(), Device::new());
    let (mut receiver, to, code) = giving(&there, &[]);
    assert_eq!(here.send(&[&here.file("a", "a")], &to, &["--code", &code]).exit(), 0);
    receiver.wait_for("finished");
    let (end, exit) = other.send(&[&other.file("b", "b")], &to, &["--code", &code]).end();
    assert_eq!(exit, 1);
    assert!(sentence(&end).contains("used already"), "{end}");
    // Nor does it open the door to whoever comes without it.
    let (end, exit) = other.send(&[&other.file("b", "b")], &to, &[]).end();
    assert_eq!((exit, &end["outcome"]), (3, &"declined".into()), "{end}");
}

#[test]
fn of_two_who_come_at_once_with_the_right_code_one_is_let_in() {
    let there = Device::new();
    let (mut receiver, to, code) = giving(&there, &[]);
    let exits: Vec<_> = (0..2)
        .map(|i| {
            let (to, code) = (to.clone(), code.clone());
            thread::spawn(move || {
                let here = Device::new();
                here.send(&[&here.file(&format!("file {i}"), "x")], &to, &["--code", &code]).exit()
            })
        })
        .collect();
    let mut exits: Vec<_> = exits.into_iter().map(|sender| sender.join().unwrap()).collect();
    exits.sort_unstable();
    assert_eq!(exits, [0, 1]);
    assert_eq!(receiver.wait_for("code")["state"], "used");
    assert_eq!(receiver.wait_for("finished")["outcome"], "complete");
    assert_eq!(std::fs::read_dir(there.inbox()).unwrap().count(), 1);
}

#[test]
fn a_code_is_typed_when_it_is_asked_for_or_given_in_the_environment() {
    let (here, there) = (Device::new(), Device::new());
    let file = here.file("letter", "for you alone");
    let path = file.to_str().unwrap();
    for round in 0..2 {
        let (mut receiver, to, code) = giving(&there, &["--once", "--conflict", "replace"]);
        let mut command = here.command(&["send", "--json", path, "--to", &to]);
        let sender = if round == 0 {
            let mut sender = Running::start(command.arg("--code").stdin(Stdio::piped()));
            // As people type.
            writeln!(sender.input(), " {}", code.to_uppercase().replace('-', " ")).unwrap();
            sender
        } else {
            Running::start(command.env("AIRLIFT_CODE", &code))
        };
        let (end, exit) = sender.end();
        assert_eq!((exit, &end["outcome"]), (0, &"complete".into()), "{end}");
        assert_eq!(receiver.wait_for("code")["state"], "used");
        assert_eq!(receiver.exit(), 0);
    }
    let (_, complaints, exit) = {
        let mut sender = Running::start(here.command(&["send", path, "--code"]).stdin(Stdio::piped()));
        writeln!(sender.input(), "no code at all").unwrap();
        sender.text()
    };
    assert_eq!(exit, 1);
    assert!(complaints.contains("This is not a code."), "{complaints}");
}

#[test]
fn without_discovery_a_code_alone_leads_nowhere_and_says_so() {
    let here = Device::new();
    let file = here.file("a", "a");
    let line = ["send", "--json", "--no-discovery", file.to_str().unwrap(), "--code", "7-lamp-orbit"];
    let (end, exit) = Running::start(&mut here.command(&line)).end();
    assert_eq!(exit, 5);
    assert!(sentence(&end).contains("number 7"), "{end}");
}
