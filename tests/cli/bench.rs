//! `airlift bench`: what it tells, and that it keeps nothing.

use std::fs;

use serde_json::Value;

use crate::harness::{Device, Running, tree};

fn start(device: &Device, args: &[&str]) -> Running {
    Running::start(&mut device.command(&[&["bench"], args].concat()))
}

fn rounds(mut bench: Running) -> (Vec<Value>, i32) {
    let lines: Vec<_> = std::iter::from_fn(|| bench.event()).collect();
    (lines.into_iter().filter(|line| line["event"] == "bench").collect(), bench.exit())
}

/// What is in the home, apart from what every command keeps there.
fn left(device: &Device) -> Vec<String> {
    let names = fs::read_dir(device.home()).unwrap().map(|item| item.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).filter(|name| name.starts_with("bench")).collect()
}

#[track_caller]
fn assert_both(rounds: &[Value], bytes: u64) {
    let trials: Vec<_> = rounds.iter().map(|round| round["trial"].as_str().unwrap()).collect();
    assert_eq!(trials, ["memory", "disk"]);
    for round in rounds {
        assert_eq!((&round["bytes"], &round["direction"]), (&bytes.into(), &"send".into()), "{round}");
        assert!(round["rate"].as_f64().unwrap() > 0.0 && round["seconds"].as_f64().unwrap() > 0.0, "{round}");
        assert!(round.get("limited_by").is_some(), "{round}");
    }
}

#[test]
fn a_device_tries_itself_and_leaves_nothing() {
    let device = Device::new();
    let (rounds, code) = rounds(start(&device, &["--json", "--size", "5MB"]));
    assert_eq!(code, 0);
    assert_both(&rounds, 5_000_000);
    assert_eq!(left(&device), Vec::<String>::new());
    let (told, wrong, code) = start(&device, &["--size", "5MB"]).text();
    assert_eq!((code, wrong.as_str()), (0, ""), "{told}");
    for part in ["with itself", "limited by", "memory → memory", "disk → disk"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn the_other_device_is_asked_twice_and_keeps_nothing() {
    let (here, there) = (Device::new(), Device::new());
    fs::write(there.inbox().join("speed test"), "mine").unwrap();
    let (mut receiver, to) = there.receive(&["--accept", "all", "--conflict", "replace"]);
    let (rounds, code) = rounds(start(&here, &["--json", "--size", "3MiB", "--to", &to]));
    assert_eq!(code, 0);
    assert_both(&rounds, 3 << 20);
    for trial in ["memory", "disk"] {
        let offer = receiver.wait_for("offer");
        assert_eq!((&offer["trial"], &offer["bytes"]), (&trial.into(), &(3 << 20).into()), "{offer}");
        let end = receiver.wait_for("finished");
        assert_eq!((&end["outcome"], &end["trial"]), (&"complete".into(), &trial.into()), "{end}");
        assert_eq!(end["saved"], Value::Array(Vec::new()));
    }
    assert_eq!(tree(&there.inbox()), [("speed test".into(), Some(b"mine".to_vec()))].into());
}

#[test]
fn without_a_yes_there_is_no_round() {
    let (here, there) = (Device::new(), Device::new());
    let (_receiver, to) = there.receive(&[]);
    let (rounds, code) = rounds(start(&here, &["--json", "--size", "1MB", "--to", &to]));
    assert_eq!((rounds.len(), code), (0, 3));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_and_leaves_nothing() {
    let device = Device::new();
    let mut bench = start(&device, &["--json", "--size", "100GB"]);
    bench.wait_for("started");
    bench.signal("INT");
    let (end, code) = bench.end();
    assert_eq!((code, &end["outcome"], &end["side"]), (4, &"cancelled".into(), &"here".into()), "{end}");
    assert_eq!(left(&device), Vec::<String>::new());
}
