//! The terminal face as scripts and people meet it: real processes, real sockets, real files.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]

#[path = "cli/again.rs"]
mod again;
#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/codes.rs"]
mod codes;
#[path = "cli/counted.rs"]
mod counted;
#[path = "cli/damaged.rs"]
mod damaged;
#[path = "cli/harness.rs"]
#[allow(dead_code, reason = "the tests of faults use more of it")]
mod harness;
#[path = "cli/history.rs"]
mod history;
#[path = "cli/privacy.rs"]
mod privacy;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/texts.rs"]
mod texts;
#[path = "cli/transfers.rs"]
mod transfers;
#[path = "cli/trust.rs"]
mod trust;
#[cfg(target_os = "linux")]
#[path = "cli/window.rs"]
mod window;

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::Stdio,
};

use harness::{Device, Running, content, tree};
use serde_json::Value;

fn once() -> (Device, Device, Running, String) {
    let (here, there) = (Device::new(), Device::new());
    let (receiver, to) = there.receive(&["--accept", "all", "--once"]);
    (here, there, receiver, to)
}

#[test]
fn a_file_arrives_and_both_sides_say_verified_with_the_same_digest() {
    let (here, there, mut receiver, to) = once();
    let bytes = content(3_000_001);
    let file = here.file("film.bin", &bytes);
    let mut sender = here.send(&[&file], &to, &[]);
    let offer = receiver.wait_for("offer");
    assert_eq!((&offer["files"], &offer["bytes"]), (&1.into(), &3_000_001.into()));
    assert_eq!(offer["items"][0]["name"], "film.bin");
    assert!(offer["from"]["id"].is_string());
    receiver.wait_for("started");
    let started = sender.wait_for("started");
    for (side, id) in [(sender, &started["transfer"]), (receiver, &offer["transfer"])] {
        let (end, code) = side.end();
        assert_eq!(code, 0, "{end}");
        assert_eq!((&end["outcome"], &end["verified"]), (&"complete".into(), &true.into()));
        assert_eq!((&end["files"], &end["bytes"]), (&1.into(), &3_000_001.into()));
        assert_eq!(end["digest"], blake3::hash(&bytes).to_hex().as_str());
        assert_eq!(end["transfer"], *id);
    }
    assert_eq!(fs::read(there.inbox().join("film.bin")).unwrap(), bytes);
}

#[test]
fn the_last_progress_has_every_byte() {
    let (here, _there, mut receiver, to) = once();
    let sender = here.send(&[&here.file("film.bin", content(5_000_000))], &to, &[]);
    let mut last = None;
    let end = loop {
        let line = receiver.event().expect("it goes on until the end");
        match line["event"].as_str() {
            Some("progress") => last = Some(line),
            Some("finished") => break line,
            _ => {}
        }
    };
    assert_eq!(end["outcome"], "complete", "{end}");
    assert_eq!(last.expect("progress was told")["bytes"], 5_000_000);
    assert_eq!(sender.exit(), 0);
}

#[test]
fn a_tree_arrives_as_it_was_with_every_name_and_nothing_more() {
    let (here, there, receiver, to) = once();
    for (name, len) in [
        ("trip/北京/长城.jpg", 70_000),
        ("trip/القاهرة/النيل.txt", 3),
        ("trip/🎉 party (1).txt", 12),
        ("trip/.hidden", 1),
        ("trip/empty", 0),
        ("trip/a/b/c/d/e/f.bin", 1_000_000),
        ("single.txt", 5),
    ] {
        here.file(name, content(len));
    }
    fs::create_dir(here.path("trip/empty folder")).unwrap();
    let sender = here.send(&[&here.path("trip"), &here.path("single.txt")], &to, &[]);
    let (end, code) = sender.end();
    assert_eq!((code, &end["verified"], &end["files"]), (0, &true.into(), &7.into()), "{end}");
    let (end, code) = receiver.end();
    assert_eq!((code, &end["verified"], &end["files"]), (0, &true.into(), &7.into()), "{end}");
    let saved: Vec<_> = end["saved"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert_eq!(saved.len(), 2, "{saved:?}");
    assert!(saved.iter().all(|path| Path::new(path).exists()), "{saved:?}");
    assert_eq!(tree(&there.inbox()), tree(&here.path("")));
}

#[test]
fn an_empty_file_is_verified_too() {
    let (here, there, receiver, to) = once();
    let (end, code) = here.send(&[&here.file("empty", "")], &to, &[]).end();
    assert_eq!((code, &end["verified"], &end["bytes"]), (0, &true.into(), &0.into()), "{end}");
    assert_eq!(receiver.end().1, 0);
    assert_eq!(tree(&there.inbox()), BTreeMap::from([("empty".into(), Some(Vec::new()))]));
}

#[test]
fn standard_input_arrives_under_the_name_it_was_given() {
    let (here, there, receiver, to) = once();
    let mut command = here.command(&["send", "-", "--as", "dump.sql", "--to", &to, "--json"]);
    let mut sender = Running::start(command.stdin(Stdio::piped()));
    let bytes = content(700_000);
    let mut input = sender.input();
    input.write_all(&bytes).unwrap();
    drop(input);
    let (end, code) = sender.end();
    assert_eq!((code, &end["verified"]), (0, &true.into()), "{end}");
    assert_eq!(receiver.end().1, 0);
    assert_eq!(fs::read(there.inbox().join("dump.sql")).unwrap(), bytes);
}

#[test]
fn without_a_terminal_to_ask_on_the_offer_is_declined_and_both_sides_know_why() {
    let (here, there) = (Device::new(), Device::new());
    let (mut receiver, to) = there.receive(&["--once"]);
    let (end, code) = here.send(&[&here.file("a", "a")], &to, &[]).end();
    assert_eq!((code, &end["outcome"], &end["side"]), (3, &"declined".into(), &"there".into()), "{end}");
    assert!(end["problem"].as_str().unwrap().contains("nobody to ask"), "{end}");
    // Nobody here has declined it: whoever was to come may still come.
    let end = receiver.wait_for("finished");
    assert_eq!((&end["outcome"], &end["side"]), (&"declined".into(), &"here".into()), "{end}");
    let (_, code) = here.send(&[&here.file("b", "b")], &to, &[]).end();
    assert_eq!(code, 3, "it still waits, and declines");
    assert!(tree(&there.inbox()).is_empty());
}

#[test]
fn whom_to_send_to_must_be_said_where_nobody_can_choose() {
    let here = Device::new();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_airlift"))
        .arg("send")
        .arg(here.file("a", "a"))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--to"));
}

#[test]
fn nobody_at_the_address_is_an_exit_code_of_its_own() {
    let here = Device::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = closed.local_addr().unwrap().to_string();
    drop(closed);
    let (end, code) = here.send(&[&here.file("a", "a")], &to, &[]).end();
    assert_eq!((code, &end["outcome"], &end["verified"]), (5, &"failed".into(), &false.into()), "{end}");
    assert!(!end["problem"].as_str().unwrap().is_empty());
}

#[test]
fn a_web_server_at_the_address_is_not_airlift() {
    let here = Device::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = server.local_addr().unwrap().to_string();
    let answering = std::thread::spawn(move || {
        let (mut caller, _) = server.accept().unwrap();
        let _ = caller.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        let _ = caller.read_to_end(&mut Vec::new());
    });
    let (end, code) = here.send(&[&here.file("a", "a")], &to, &[]).end();
    assert_eq!((code, &end["outcome"]), (5, &"failed".into()), "{end}");
    answering.join().unwrap();
}

#[test]
fn a_path_that_is_not_there_fails_with_a_sentence() {
    let (here, _there, _receiver, to) = once();
    let (end, code) = here.send(&[&here.path("nothing here")], &to, &[]).end();
    assert_eq!((code, &end["outcome"], &end["side"]), (1, &"failed".into(), &"here".into()), "{end}");
}

#[test]
fn a_port_that_is_taken_is_an_error_before_anything_else() {
    let there = Device::new();
    let taken = TcpListener::bind(("::", 0)).or_else(|_| TcpListener::bind(("0.0.0.0", 0))).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let receiver = Running::start(&mut there.command(&["receive", "--json", "--port", &port]));
    let (out, _, code) = receiver.text();
    assert_eq!(code, 1, "{out}");
    let error: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(error["event"], "error");
    assert!(error["problem"].as_str().unwrap().contains(&port), "{error}");
}

#[test]
fn save_as_gives_the_one_file_another_name() {
    let (here, there) = (Device::new(), Device::new());
    let (receiver, to) = there.receive(&["--accept", "all", "--once", "--save-as", "other.txt"]);
    assert_eq!(here.send(&[&here.file("a.txt", "a")], &to, &[]).exit(), 0);
    let (end, code) = receiver.end();
    assert_eq!(code, 0, "{end}");
    assert_eq!(tree(&there.inbox()), BTreeMap::from([("other.txt".into(), Some(b"a".to_vec()))]));
}

#[test]
fn a_name_that_is_taken_is_kept_skipped_or_replaced_as_asked() {
    for (conflict, expected) in [
        ("keep-both", vec![("a (1).txt", "new"), ("a.txt", "old")]),
        ("skip", vec![("a.txt", "old")]),
        ("replace", vec![("a.txt", "new")]),
    ] {
        let (here, there) = (Device::new(), Device::new());
        fs::write(there.inbox().join("a.txt"), "old").unwrap();
        let (receiver, to) = there.receive(&["--accept", "all", "--once", "--conflict", conflict]);
        assert_eq!(here.send(&[&here.file("a.txt", "new")], &to, &[]).exit(), 0);
        let (end, code) = receiver.end();
        assert_eq!(code, 0, "{end}");
        assert_eq!(end["left_out"], u64::from(conflict == "skip"), "{end}");
        let expected = expected.into_iter().map(|(name, text)| (name.into(), Some(text.as_bytes().to_vec())));
        assert_eq!(tree(&there.inbox()), expected.collect(), "{conflict}");
    }
}

#[test]
fn without_once_one_transfer_follows_another() {
    let (here, there) = (Device::new(), Device::new());
    let (mut receiver, to) = there.receive(&["--accept", "all"]);
    for name in ["a", "b", "c"] {
        assert_eq!(here.send(&[&here.file(name, name)], &to, &[]).exit(), 0);
        assert_eq!(receiver.wait_for("finished")["outcome"], "complete");
    }
    assert_eq!(tree(&there.inbox()).len(), 3);
}

#[test]
fn a_persons_lines_say_verified_and_show_no_terminal_escapes() {
    let (here, there) = (Device::new(), Device::new());
    let inbox = there.inbox();
    let mut receiver = Running::start(&mut there.command(&[
        "receive",
        "--once",
        "--accept",
        "all",
        "--port",
        "0",
        "--dir",
        inbox.to_str().unwrap(),
    ]));
    let to = loop {
        let line = receiver.line().expect("it says where it listens");
        if let Some((_, port)) = line.rsplit_once(':')
            && let Ok(port) = port.parse::<u16>()
        {
            break format!("127.0.0.1:{port}");
        }
    };
    // Only some systems take such a name for a file; a stream has none on the sending side.
    let name = "film\u{202e}\u{9b}2Jgpj.exe";
    let (told, wrong, code) =
        Running::start(&mut here.command(&["send", "-", "--as", name, "--to", &to])).text();
    assert_eq!(code, 0, "{told}{wrong}");
    assert!(told.contains("Sent 1 file") && told.contains("Verified by"), "{told}");
    let (there_told, wrong, code) = receiver.text();
    assert_eq!(code, 0, "{there_told}{wrong}");
    assert!(there_told.contains("Received 1 file") && there_told.contains("Verified."), "{there_told}");
    for text in [told, there_told, wrong] {
        assert!(!text.contains(['\u{202e}', '\u{9b}', '\u{1b}']), "{text:?}");
    }
}

#[test]
fn who_wants_quiet_hears_nothing_of_a_success() {
    let (here, _there, receiver, to) = once();
    let quiet = Running::start(&mut here.command(&[
        "send",
        "-q",
        "--to",
        &to,
        here.file("a", "a").to_str().unwrap(),
    ]));
    assert_eq!(quiet.text(), (String::new(), String::new(), 0));
    assert_eq!(receiver.exit(), 0);
}

#[cfg(unix)]
mod unix {
    use std::process::ChildStdin;

    use super::*;

    /// A transfer in the midst of content, of a stream that does not end by itself.
    fn endless(here: &Device, receiver: &mut Running, to: &str) -> (Running, ChildStdin) {
        let mut command = here.command(&["send", "-", "--as", "endless", "--to", to, "--json"]);
        let mut sender = Running::start(command.stdin(Stdio::piped()));
        let mut input = sender.input();
        input.write_all(&content(200_000)).unwrap();
        receiver.wait_for("started");
        sender.wait_for("started");
        (sender, input)
    }

    #[test]
    fn ctrl_c_at_the_sender_ends_it_on_both_sides_and_leaves_no_file() {
        for signal in ["INT", "TERM"] {
            let (here, there, mut receiver, to) = once();
            let (sender, _input) = endless(&here, &mut receiver, &to);
            sender.signal(signal);
            let (end, code) = sender.end();
            assert_eq!(
                (code, &end["outcome"], &end["side"]),
                (4, &"cancelled".into(), &"here".into()),
                "{end}"
            );
            let (end, code) = receiver.end();
            assert_eq!(
                (code, &end["outcome"], &end["side"]),
                (4, &"cancelled".into(), &"there".into()),
                "{end}"
            );
            assert!(!there.inbox().join("endless").exists());
        }
    }

    #[test]
    fn ctrl_c_at_the_receiver_ends_it_on_both_sides_and_leaves_no_file() {
        let (here, there) = (Device::new(), Device::new());
        let (mut receiver, to) = there.receive(&["--accept", "all"]);
        let (sender, _input) = endless(&here, &mut receiver, &to);
        receiver.signal("INT");
        let (end, code) = receiver.end();
        assert_eq!((code, &end["outcome"], &end["side"]), (4, &"cancelled".into(), &"here".into()), "{end}");
        let (end, code) = sender.end();
        assert_eq!((code, &end["outcome"], &end["side"]), (4, &"cancelled".into(), &"there".into()), "{end}");
        assert!(!there.inbox().join("endless").exists());
    }

    #[test]
    fn ctrl_c_while_nothing_comes_is_the_way_to_end_a_receiver() {
        let there = Device::new();
        for (args, expected) in [(&["--accept", "all"][..], 0), (&["--accept", "all", "--once"][..], 4)] {
            let (receiver, _) = there.receive(args);
            receiver.signal("INT");
            assert_eq!(receiver.exit(), expected, "{args:?}");
        }
    }

    #[test]
    fn a_name_with_terminal_escapes_is_shown_escaped() {
        let (here, there) = (Device::new(), Device::new());
        let (receiver, to) = there.receive(&["--accept", "all", "--once"]);
        let file = here.file("a\u{1b}[2Jb.txt", "a");
        let sender = Running::start(&mut here.command(&["send", "--to", &to, file.to_str().unwrap()]));
        let (told, wrong, code) = sender.text();
        assert_eq!(code, 0, "{wrong}");
        assert!(told.contains("a\\u{1b}[2Jb.txt") && !told.contains('\u{1b}'), "{told:?}");
        assert_eq!(receiver.end().1, 0);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let device = Device::new();
    for args in [&["man"][..], &["completions", "zsh"], &["id"], &["id", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = device.command(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(status.status.code(), Some(0), "{args:?}");
        assert!(status.stderr.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&status.stderr));
    }
}

#[test]
fn this_device_has_one_id_wherever_it_shows_it() {
    let device = Device::new();
    let id = |args: &[&str]| Running::start(&mut device.command(args));
    let shown = id(&["id", "--json", "--device-name", "Anna’s laptop"]).wait_for("id");
    assert_eq!(shown["name"], "Anna’s laptop");
    assert!(!shown["addresses"].as_array().unwrap().is_empty());
    let device_id = shown["device_id"].as_str().unwrap();
    assert!(id(&["id"]).text().0.contains(device_id), "it stays");
    let mut receiver = Running::start(&mut device.command(&["receive", "--json", "--port", "0"]));
    let listening = receiver.wait_for("listening");
    assert_eq!(listening["device_id"], device_id);
    assert!(!listening["name"].as_str().unwrap().is_empty());
}

#[test]
fn the_demo_shows_verified_results() {
    let device = Device::new();
    let (told, wrong, code) = Running::start(&mut device.command(&["demo"])).text();
    assert_eq!(code, 0, "{told}{wrong}");
    assert!(told.contains("Verified") && told.contains("verified") && told.contains("北京"), "{told}");
    assert!(!device.home().exists(), "it leaves nothing behind");
    let mut demo = Running::start(&mut device.command(&["demo", "--json"]));
    demo.wait_for("listening");
    for direction in ["send", "receive"] {
        let end = demo.wait_for("finished");
        assert_eq!((&end["direction"], &end["verified"]), (&direction.into(), &true.into()), "{end}");
    }
    assert_eq!(demo.exit(), 0);
}

#[test]
fn manual_completions_help_and_version_are_printed() {
    let device = Device::new();
    for (args, part) in [
        (&["man"][..], ".SH"),
        (&["completions", "bash"], "airlift"),
        (&["completions", "fish"], "receive"),
        (&["--help"], "cannot reach"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
    ] {
        let (out, _, code) = Running::start(&mut device.command(args)).text();
        assert_eq!(code, 0, "{args:?}");
        assert!(out.contains(part), "{args:?}: {out}");
    }
    assert!(!device.home().exists(), "nothing is kept for that");
}

#[test]
fn a_command_line_that_makes_no_sense_exits_with_2() {
    let device = Device::new();
    for args in [
        &["fly"][..],
        &["send", "-", "--to", "host"],
        &["send", "a"],
        &["send", "a", "--to", "http://host"],
        &["receive", "--port", "x"],
    ] {
        let (out, err, code) = Running::start(&mut device.command(args)).text();
        assert_eq!((out.as_str(), code), ("", 2), "{args:?}");
        assert!(err.starts_with("error:"), "{args:?}: {err}");
    }
}

#[test]
fn a_home_that_cannot_be_used_is_an_error_in_one_sentence() {
    let device = Device::new();
    let file = device.file("file", "");
    let home = file.join("home");
    let (out, _, code) =
        Running::start(&mut device.command(&["id", "--json", "--home", home.to_str().unwrap()])).text();
    assert_eq!(code, 1);
    let error: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(error["event"], "error");
    assert!(error["problem"].as_str().unwrap().contains("--home"), "{error}");
}
