//! What does not arrive is said, and counted as what it is.

use std::{fs, process::Stdio};

use super::{
    harness::{Device, Running, content, tree},
    once,
};

/// The exit code of a transfer of which something was left out.
const LEFT_OUT: i32 = 6;

#[cfg(unix)]
#[test]
fn what_is_not_sent_is_said_in_one_line_and_has_an_exit_code_of_its_own() {
    use std::os::unix::fs::symlink;
    for quiet in [true, false] {
        let (here, there, receiver, to) = once();
        here.file("trip/a", "a");
        symlink("a", here.path("trip/link")).unwrap();
        symlink("nowhere", here.path("trip/dangling")).unwrap();
        drop(std::os::unix::net::UnixListener::bind(here.path("trip/socket")).unwrap());
        let mut command = here.command(&["send", "--to", &to]);
        let command = command.args(quiet.then_some("-q")).arg(here.path("trip"));
        let (out, err, code) = Running::start(command).text();
        let expected = "Left out: 2 links and 1 socket, pipe or device.\n";
        assert_eq!((err.as_str(), code), (expected, LEFT_OUT), "{out}");
        assert_eq!(out.is_empty(), quiet, "{out}");
        let (end, code) = receiver.end();
        assert_eq!((code, &end["outcome"]), (0, &"complete".into()), "it has all that it was offered");
        let skipped = serde_json::json!(
            {"links": 2, "special": 1, "unreadable": 0, "own": 0, "gone": 0, "new": 0}
        );
        assert_eq!(end["skipped"], skipped);
        assert!(tree(&there.inbox()).contains_key(std::path::Path::new("trip/a")));
    }
}

#[cfg(unix)]
#[test]
fn a_program_reads_what_was_not_sent() {
    let (here, _there, _receiver, to) = once();
    std::os::unix::fs::symlink("a", here.path("link")).unwrap();
    let (end, code) = here.send(&[&here.file("a", "a"), &here.path("link")], &to, &[]).end();
    assert_eq!((code, &end["outcome"], &end["verified"]), (LEFT_OUT, &"complete".into(), &true.into()));
    assert_eq!((&end["skipped"]["links"], &end["failed"], &end["files"]), (&1.into(), &0.into(), &1.into()));
}

#[test]
fn files_are_counted_as_files_where_folders_fail_as_well() {
    let (here, there, receiver, to) = once();
    for name in ["trip/a/one", "trip/a/two", "trip/three"] {
        here.file(name, name);
    }
    fs::create_dir_all(here.path("trip/b/c")).unwrap();
    // Where the folders are to be, files are: nothing can be made below them.
    fs::create_dir(there.inbox().join("trip")).unwrap();
    for name in ["a", "b"] {
        fs::write(there.inbox().join("trip").join(name), "in the way").unwrap();
    }
    drop(receiver);
    let (receiver, to) = {
        let _ = to;
        there.receive(&["--accept", "all", "--once", "--conflict", "skip"])
    };
    for (side, running) in [("send", here.send(&[&here.path("trip")], &to, &[])), ("receive", receiver)] {
        let (end, code) = running.end();
        assert_eq!((code, &end["outcome"]), (0, &"complete".into()), "{side}: {end}");
        assert_eq!(
            (&end["files"], &end["left_out"], &end["failed"]),
            (&1.into(), &2.into(), &0.into()),
            "{end}"
        );
    }
}

#[test]
fn what_is_left_out_is_not_called_there_where_something_else_stands_in_its_way() {
    let (here, there) = (Device::new(), Device::new());
    for name in ["trip/a/one", "trip/a/two", "trip/three", "trip/four"] {
        here.file(name, name);
    }
    fs::create_dir(there.inbox().join("trip")).unwrap();
    fs::write(there.inbox().join("trip/a"), "in the way").unwrap();
    fs::write(there.inbox().join("trip/three"), "there").unwrap();
    let inbox = there.inbox();
    let listening = ["receive", "--port", "0", "--accept", "all", "--once", "--conflict", "skip", "--dir"];
    let mut receiver = Running::start(there.command(&listening).arg(inbox));
    let to = loop {
        let line = receiver.line().expect("it listens");
        if let Some((_, port)) = line.rsplit_once(':').filter(|_| line.contains("--to")) {
            break format!("127.0.0.1:{port}");
        }
    };
    let (end, code) = here.send(&[&here.path("trip")], &to, &[]).end();
    assert_eq!((code, &end["left_out"]), (0, &3.into()), "{end}");
    let (out, _, code) = receiver.text();
    assert_eq!(code, 0, "{out}");
    for sentence in [
        "1 file was left out: there is something of that name here.",
        "2 files were left out: something else stands in the place of the folder for it.",
    ] {
        assert!(out.contains(sentence), "{out}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_system_makes_up_arrives_with_what_is_in_it_and_an_empty_file_stays_empty() {
    let (here, there, receiver, to) = once();
    let empty = here.file("empty", "");
    let paths =
        ["/proc/version", "/proc/cpuinfo", "/sys/devices/system/cpu/possible"].map(std::path::Path::new);
    let (end, code) = here.send(&[paths[0], paths[1], paths[2], &empty], &to, &[]).end();
    assert_eq!((code, &end["files"]), (0, &4.into()), "{end}");
    assert_eq!(receiver.end().1, 0);
    for path in [paths[0], paths[2]] {
        let arrived = fs::read(there.inbox().join(path.file_name().unwrap())).unwrap();
        assert_eq!(arrived, fs::read(path).unwrap());
    }
    // The clocks of processors change.
    assert!(fs::metadata(there.inbox().join("cpuinfo")).unwrap().len() > 0);
    assert_eq!(fs::metadata(there.inbox().join("empty")).unwrap().len(), 0);
}

#[cfg(unix)]
#[test]
fn standard_input_that_can_never_be_read_is_said_to_be_so() {
    let here = Device::new();
    let send = || here.command(&["send", "-", "--as", "x", "--to", "127.0.0.1:1"]);
    let folder = fs::File::open(here.path("")).unwrap();
    let (_, err, code) = Running::start(send().stdin(folder)).text();
    assert!(err.contains("Standard input is a folder"), "{err}");
    assert_eq!(code, 1);
    let program = env!("CARGO_BIN_EXE_airlift");
    let line = format!("exec {program} send - --as x --to 127.0.0.1:1 <&-");
    let mut shell = std::process::Command::new("sh");
    let shell = shell.args(["-c", &line]).env("AIRLIFT_HOME", here.home()).env("AIRLIFT_NO_DISCOVERY", "1");
    let (_, err, code) = Running::start(shell).text();
    assert!(err.contains("Standard input is closed"), "{err}");
    assert_eq!(code, 1);
    // Empty is not closed.
    let (_, err, code) = Running::start(send().stdin(Stdio::null())).text();
    assert!(!err.contains("Standard input"), "{err}");
    assert_eq!(code, 5, "{err}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_nothing_can_be_received_into_is_said_before_anything_is_waited_for() {
    let there = Device::new();
    let file = there.file("file", "x");
    let dangling = there.path("dangling");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    for (folder, sentence) in [
        (file.clone(), "is not a folder"),
        (dangling, "is not a folder"),
        (file.join("below"), "is not a folder"),
        ("/proc/nothing".into(), ""),
    ] {
        let mut command = there.command(&["receive", "--port", "0", "--accept", "all", "--dir"]);
        let (out, err, code) = Running::start(command.arg(&folder)).text();
        assert_eq!((code, out.as_str()), (1, ""), "{}: {err}", folder.display());
        assert!(err.contains(sentence) && !err.contains("os error"), "{}: {err}", folder.display());
    }
}

#[cfg(unix)]
#[test]
fn a_receiving_folder_that_is_moved_away_midway_is_no_success_and_where_its_files_are_is_said() {
    let (here, there, mut receiver, to) = once();
    let bytes = content(8_000_000);
    let file = here.file("film", &bytes);
    let mut sender = here.send(&[&file], &to, &["--limit", "4MB/s"]);
    receiver.wait_for("started");
    sender.wait_for("started");
    let moved = there.path("moved");
    fs::rename(there.inbox(), &moved).unwrap();
    let (end, code) = receiver.end();
    assert_eq!((code, &end["outcome"], &end["side"]), (1, &"failed".into(), &"here".into()), "{end}");
    let problem = end["problem"].as_str().unwrap();
    assert!(problem.contains("was moved away") && problem.contains("whole"), "{problem}");
    let saved = end["saved"].as_array().unwrap();
    if cfg!(target_os = "linux") {
        assert_eq!(saved.len(), 1, "{end}");
        assert_eq!(fs::read(saved[0].as_str().unwrap()).unwrap(), bytes);
    }
    let (end, code) = sender.end();
    assert_eq!((code, &end["outcome"], &end["side"]), (1, &"failed".into(), &"there".into()), "{end}");
    assert!(end["problem"].as_str().unwrap().contains("moved away"), "{end}");
    assert_eq!(fs::read(moved.join("film")).unwrap(), bytes);
}

#[cfg(unix)]
#[test]
fn a_transfer_that_goes_on_with_nothing_of_what_was_accepted_is_no_plain_success() {
    let (here, there) = (Device::new(), Device::new());
    for name in ["trip/a", "trip/b", "trip/c"] {
        here.file(name, content(4_000_000));
    }
    let (mut receiver, to) = there.receive(&["--accept", "all", "--once"]);
    let mut sender = here.send(&[&here.path("trip")], &to, &["--limit", "1MB/s"]);
    while sender.wait_for("progress")["bytes"] == 0 {}
    sender.signal("KILL");
    sender.exit_by_signal();
    receiver.wait_for("interrupted");
    for name in ["trip/a", "trip/b", "trip/c"] {
        fs::remove_file(here.path(name)).unwrap();
    }
    here.file("trip/another", "that nobody has agreed to");
    let (end, code) = here.send(&[&here.path("trip")], &to, &[]).end();
    assert_eq!((code, &end["outcome"], &end["files"]), (LEFT_OUT, &"complete".into(), &0.into()), "{end}");
    assert_eq!((&end["skipped"]["gone"], &end["skipped"]["new"]), (&3.into(), &1.into()), "{end}");
    let (end, code) = receiver.end();
    assert_eq!((code, &end["outcome"], &end["files"]), (LEFT_OUT, &"complete".into(), &0.into()), "{end}");
    assert_eq!(end["skipped"]["gone"], 3, "{end}");
}
