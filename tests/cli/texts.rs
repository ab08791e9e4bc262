//! Texts as scripts and people send and get them, and that no file has any of their words afterwards.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::harness::{Device, Running, tree};

const MIB: usize = 1024 * 1024;

/// Words that stand nowhere else.
const WORDS: &str = "the heron waits at the weir";

/// A command that is told everything there is to log.
fn loud(mut command: Command) -> Command {
    command.env("AIRLIFT_LOG", "trace");
    command
}

fn send(device: &Device, to: &str, args: &[&str]) -> Running {
    Running::start(&mut loud(device.command(&[&["send", "--json", "--to", to], args].concat())))
}

/// Sends what standard input holds.
fn send_input(device: &Device, to: &str, input: &[u8]) -> Running {
    let mut command = loud(device.command(&["send", "--json", "--to", to, "--text", "-"]));
    let mut sender = Running::start(command.stdin(Stdio::piped()));
    let mut to = sender.input();
    // It reads no more than it needs.
    let _ = to.write_all(input);
    sender
}

/// Everything below a device's own folder: home, inbox, and what is beside them.
fn no_file_has(device: &Device, words: &[u8]) {
    let place = device.home().parent().unwrap().to_owned();
    let files = tree(&place);
    assert!(files.keys().any(|path| path.starts_with("home/logs")), "no log was looked at: {files:?}");
    for (path, content) in files {
        let has = content.is_some_and(|content| content.windows(words.len()).any(|part| part == words));
        assert!(!has, "{} has the words", path.display());
    }
}

fn receiver(device: &Device, args: &[&str]) -> (Running, String) {
    let inbox = device.inbox();
    let base = ["receive", "--json", "--port", "0", "--dir", inbox.to_str().unwrap()];
    let mut receiver = Running::start(&mut loud(device.command(&[&base, args].concat())));
    let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
    (receiver, format!("127.0.0.1:{port}"))
}

#[test]
fn a_text_is_handed_over_whole_and_no_file_of_either_side_has_a_word_of_it() {
    let (here, there) = (Device::new(), Device::new());
    let (mut receiver, to) = receiver(&there, &["--accept", "all", "--once"]);
    let text = format!("{WORDS}\n\u{1b}[2J\u{202e} and 写真 🎉\n");
    let (sent, code) = send(&here, &to, &["--text", &text]).end();
    assert_eq!((code, &sent["outcome"], &sent["verified"]), (0, &"complete".into(), &true.into()), "{sent}");
    assert_eq!((&sent["purpose"], &sent["bytes"]), (&"text".into(), &text.len().into()), "{sent}");
    let offer = receiver.wait_for("offer");
    assert_eq!((&offer["purpose"], &offer["bytes"]), (&"text".into(), &text.len().into()), "{offer}");
    assert_eq!((&offer["folder"], &offer["free"]), (&Value::Null, &Value::Null), "{offer}");
    let came = receiver.wait_for("text");
    assert_eq!((&came["text"], &came["bytes"]), (&text.as_str().into(), &text.len().into()));
    assert_eq!((&came["transfer"], came["from"]["id"].is_string()), (&offer["transfer"], true));
    let (end, code) = receiver.end();
    assert_eq!(
        (code, &end["outcome"], &end["saved"]),
        (0, &"complete".into(), &Value::Array(vec![])),
        "{end}"
    );
    for end in [&sent, &end] {
        assert_eq!(
            end["digest"],
            Value::Null,
            "whoever guesses the words could see that they are right: {end}"
        );
    }
    for device in [&here, &there] {
        no_file_has(device, WORDS.as_bytes());
        // Nor what would tell a guess from the truth.
        let digest = blake3::hash(text.as_bytes());
        no_file_has(device, digest.as_bytes());
        no_file_has(device, digest.to_hex().as_bytes());
    }
    assert!(tree(&there.inbox()).is_empty());
}

#[test]
fn the_history_has_that_a_text_came_and_how_long_it_was() {
    let (here, there) = (Device::new(), Device::new());
    let (receiver, to) = receiver(&there, &["--accept", "all", "--once"]);
    assert_eq!(send(&here, &to, &["--text", WORDS]).exit(), 0);
    assert_eq!(receiver.exit(), 0);
    for (device, way) in [(&here, "send"), (&there, "receive")] {
        let (out, _, code) = Running::start(&mut device.command(&["history", "--json"])).text();
        let entry: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
        assert_eq!((code, &entry["direction"]), (0, &way.into()), "{entry}");
        assert_eq!((&entry["name"], &entry["bytes"]), (&"text".into(), &WORDS.len().into()), "{entry}");
        assert_eq!((&entry["place"], &entry["digest"]), (&Value::Null, &Value::Null), "{entry}");
        assert_eq!(entry["outcome"], "stored", "{entry}");
    }
}

#[test]
fn a_text_may_be_a_byte_or_a_mebibyte_and_whatever_else_is_said_before_anybody_is_called() {
    let (here, there) = (Device::new(), Device::new());
    let (mut receiver, to) = receiver(&there, &["--accept", "all"]);
    for size in [1, MIB] {
        let text = "x".repeat(size);
        let (end, code) = send_input(&here, &to, text.as_bytes()).end();
        assert_eq!((code, &end["bytes"]), (0, &size.into()), "{end}");
        assert!(receiver.wait_for("text")["text"] == text);
        receiver.wait_for("finished");
    }
    // Nobody is there: it would be said otherwise.
    let nobody = "127.0.0.1:1";
    for (input, why) in [
        (vec![], "The text is empty"),
        (vec![b'x'; MIB + 1], "The text is longer than 1 MiB"),
        (b"abc\xff".to_vec(), "This is no text"),
    ] {
        let mut sender = send_input(&here, nobody, &input);
        let said = sender.event().unwrap();
        assert_eq!(said["event"], "error", "{said}");
        assert!(said["problem"].as_str().unwrap().starts_with(why), "{said}");
        assert_eq!(sender.exit(), 1);
    }
    let (_, said, code) = Running::start(&mut here.command(&["send", "--to", nobody, "--text", ""])).text();
    assert!(code == 2 && said.contains("The text is empty"), "{code}: {said}");
}

#[test]
fn a_text_and_files_exclude_each_other() {
    let here = Device::new();
    let file = here.file("a", "a");
    let file = file.to_str().unwrap();
    for args in [
        &["--text", "x", file][..],
        &["--clipboard", file],
        &["--text", "x", "--clipboard"],
        &["--text", "x", "--as", "y"],
        &[],
    ] {
        let (_, said, code) =
            Running::start(&mut here.command(&[&["send", "--to", "127.0.0.1:1"], args].concat())).text();
        assert_eq!(code, 2, "{args:?}: {said}");
    }
}

#[test]
fn a_clipboard_that_can_t_be_reached_is_said_to_be_that() {
    let here = Device::new();
    let mut command = here.command(&["send", "--to", "127.0.0.1:1", "--clipboard"]);
    for display in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(display);
    }
    let (_, said, code) = Running::start(&mut command).text();
    assert_eq!(code, 1);
    assert!(said.starts_with("The clipboard can’t be reached from here"), "{said}");
}

#[test]
fn where_nobody_can_be_asked_a_text_is_declined_and_not_shown() {
    let (here, there) = (Device::new(), Device::new());
    let (mut receiver, to) = receiver(&there, &["--once"]);
    let (end, code) = send(&here, &to, &["--text", WORDS]).end();
    assert_eq!((code, &end["outcome"]), (3, &"declined".into()), "{end}");
    let mut said = Vec::new();
    loop {
        let line = receiver.event().unwrap();
        let is_last = line["event"] == "finished";
        said.push(line);
        if is_last {
            break;
        }
    }
    assert!(said.iter().all(|line| line["event"] != "text"), "{said:?}");
    assert!(!format!("{said:?}").contains("heron"), "{said:?}");
    no_file_has(&there, WORDS.as_bytes());
}

/// A receiver that tells a person, and what it has told when it has ended.
fn told(there: &Device, here: &Device, quiet: &[&str], text: &str) -> String {
    let (port, inbox) = (free_port(), there.inbox());
    let args = ["receive", "--port", &port, "--accept", "all", "--once", "--dir", inbox.to_str().unwrap()];
    let receiver = Running::start(&mut there.command(&[&args, quiet].concat()));
    let to = format!("127.0.0.1:{port}");
    // It may not listen yet.
    while send(here, &to, &["--text", text]).exit() != 0 {}
    receiver.text().0
}

fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

#[test]
fn a_person_reads_the_text_behind_a_mark_and_a_quiet_receiver_prints_nothing_else() {
    let (here, there) = (Device::new(), Device::new());
    let out = told(&there, &here, &[], "one\n\u{1b}[2Jtwo");
    assert!(out.contains("\n│ one\n│ \\u{1b}[2Jtwo\n"), "{out}");
    assert!(out.contains("Text from ") && out.contains("Received a text of 11 B."), "{out}");
    assert_eq!(told(&there, &here, &["--quiet"], "one\ntwo"), "one\ntwo\n");
    assert!(fs::read_dir(there.inbox()).unwrap().next().is_none());
    assert!(Path::new(&there.home()).join("logs").exists());
}
