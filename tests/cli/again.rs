//! The same sent again, by other processes: what is there costs nothing, and what failed is all that
//! is sent.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::harness::{Device, Running, content, tree};

/// Some thousand files to send.
fn forest(device: &Device) -> std::path::PathBuf {
    for i in 0..2_000 {
        device.file(&format!("forest/{}/{i}.txt", i % 40), content(1 + i % 300));
    }
    device.file("forest/film.bin", content(2_000_000));
    device.path("forest")
}

fn complete(sender: Running, receiver: &mut Running) -> Value {
    let (end, code) = sender.end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    let there = receiver.wait_for("finished");
    assert_eq!(there["outcome"], "complete", "{there}");
    assert_eq!(there["already"], end["already"]);
    end
}

#[test]
fn a_folder_sent_a_second_time_costs_next_to_nothing_and_what_changed_is_sent() {
    let (here, there) = (Device::new(), Device::new());
    let source = forest(&here);
    let (mut receiver, to) = there.receive(&["--accept", "all", "--conflict", "complete"]);
    let first = complete(here.send(&[&source], &to, &[]), &mut receiver);
    assert_eq!((&first["files"], &first["already"]), (&2_001.into(), &0.into()));
    let second = complete(here.send(&[&source], &to, &[]), &mut receiver);
    assert_eq!((&second["files"], &second["already"]), (&2_001.into(), &2_001.into()));
    assert_eq!(second["bytes"], first["bytes"]);
    let wire = second["pipeline"]["wire_bytes"].as_u64().unwrap();
    assert!(wire < 1_000, "{wire} bytes of content");
    assert_eq!(tree(&there.inbox().join("forest")), tree(&source));
    // One byte, of the same size and time, of one file among them.
    let changed = source.join("7/7.txt");
    let time = fs::metadata(&changed).unwrap().modified().unwrap();
    let mut bytes = content(8);
    bytes[0] ^= 1;
    fs::write(&changed, &bytes).unwrap();
    fs::File::options().write(true).open(&changed).unwrap().set_modified(time).unwrap();
    let third = complete(here.send(&[&source], &to, &[]), &mut receiver);
    assert_eq!(third["already"], 2_000);
    let wire = third["pipeline"]["wire_bytes"].as_u64().unwrap();
    assert!(wire < 1_000, "{wire} bytes of content");
    let arrived = there.inbox().join("forest/7");
    assert_eq!(fs::read(arrived.join("7.txt")).unwrap(), content(8), "what was there stays");
    assert_eq!(fs::read(arrived.join("7 (1).txt")).unwrap(), bytes);
}

#[test]
fn an_offer_says_how_much_of_it_is_here_already_whatever_becomes_of_it() {
    let (here, there) = (Device::new(), Device::new());
    let source = here.path("t");
    here.file("t/a", "a");
    here.file("t/b", "b");
    for conflict in ["keep-both", "skip", "replace"] {
        let (mut receiver, to) = there.receive(&["--accept", "all", "--once", "--conflict", conflict]);
        let sender = here.send(&[&source], &to, &[]);
        let already = receiver.wait_for("offer")["already"].as_u64();
        assert_eq!(already, Some(if conflict == "keep-both" { 0 } else { 2 }));
        assert_eq!((sender.exit(), receiver.exit()), (0, 0));
    }
}

/// Sends the tree, and changes its last file while the first one flows.
fn send_what_changes(here: &Device, to: &str) {
    here.file("t/a.bin", content(6_000_000));
    here.file("t/z.txt", "before");
    let mut sender = here.send(&[&here.path("t")], to, &["--limit", "2MB/s"]);
    sender.wait_for("started");
    let changed = here.file("t/z.txt", "after it was offered");
    let late = SystemTime::now() + Duration::from_secs(3);
    fs::File::options().write(true).open(changed).unwrap().set_modified(late).unwrap();
    let (end, code) = sender.end();
    assert_eq!((&end["outcome"], code), (&"failed".into(), 1), "{end}");
    assert_eq!((&end["files"], &end["failed"]), (&1.into(), &1.into()), "{end}");
    assert_eq!(end["failures"][0]["path"], "t/z.txt");
}

fn check_the_rest(end: &Value, arrived: &Path, sent: &Path) {
    assert_eq!((&end["files"], &end["failed"]), (&2.into(), &0.into()), "{end}");
    let wire = end["pipeline"]["wire_bytes"].as_u64().unwrap();
    assert!(wire < 1_000, "{wire} bytes for twenty that were missing");
    assert_eq!(tree(arrived), tree(sent));
}

#[test]
fn the_same_command_sends_what_failed_and_nothing_else() {
    let (here, there) = (Device::new(), Device::new());
    let (mut receiver, to) = there.receive(&["--accept", "all"]);
    send_what_changes(&here, &to);
    assert_eq!(receiver.wait_for("finished")["failed"], 1);
    let end = complete(here.send(&[&here.path("t")], &to, &[]), &mut receiver);
    check_the_rest(&end, &there.inbox().join("t"), &here.path("t"));
    assert_eq!(fs::read_dir(there.inbox()).unwrap().count(), 1, "no second folder");
    // It is over: the same command begins anew.
    let end = complete(here.send(&[&here.path("t")], &to, &[]), &mut receiver);
    assert_eq!(end["files"], 2);
    assert_eq!(tree(&there.inbox().join("t (1)")), tree(&here.path("t")));
}

#[test]
fn a_receiver_that_was_started_anew_gets_what_failed() {
    let (here, there) = (Device::new(), Device::new());
    let (mut receiver, to) = there.receive(&["--accept", "all"]);
    send_what_changes(&here, &to);
    assert_eq!(receiver.wait_for("finished")["failed"], 1);
    receiver.signal("KILL");
    receiver.exit_by_signal();
    let port = to.rsplit(':').next().unwrap().to_owned();
    let inbox = there.inbox();
    let args = ["receive", "--json", "--port", &port, "--dir", inbox.to_str().unwrap(), "--accept", "all"];
    let mut receiver = Running::start(&mut there.command(&args));
    receiver.wait_for("listening");
    let end = complete(here.send(&[&here.path("t")], &to, &[]), &mut receiver);
    check_the_rest(&end, &there.inbox().join("t"), &here.path("t"));
}

#[test]
fn a_person_is_told_how_to_send_what_failed() {
    let (here, there) = (Device::new(), Device::new());
    let (_receiver, to) = there.receive(&["--accept", "all"]);
    here.file("t/a.bin", content(6_000_000));
    here.file("t/z.txt", "before");
    let source = here.path("t");
    let args = ["send", "--to", &to, "--limit", "2MB/s", source.to_str().unwrap()];
    let mut sender = Running::start(&mut here.command(&args));
    while !sender.line().expect("it begins").starts_with("Sending") {}
    fs::remove_file(source.join("z.txt")).unwrap();
    let (_, complaints, code) = sender.text();
    assert_eq!(code, 1);
    assert!(complaints.contains("t/z.txt: "), "{complaints}");
    assert!(complaints.contains("same command once more to send what failed"), "{complaints}");
}
