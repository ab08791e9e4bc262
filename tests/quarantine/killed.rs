//! The receiver dies while files are looked into, kept apart or named.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process};

use serde_json::Value;

use crate::{
    TELLING,
    chance::{Chance, Length},
    choose,
    daemon::{Daemon, MARKER, until},
    harness::{Device, Running, content, tree},
    loud::{say, skipped},
    marked, named,
    receiver::Receiver,
    said,
};

/// The calls between a file's last byte and the last word on it, and how often a thread makes each at most.
const STEPS: [(&str, u64); 9] = [
    ("pwrite64", 8),
    ("write", 14),
    ("fdatasync", 4),
    ("fsync", 14),
    ("syncfs", 2),
    ("renameat2", 6),
    ("renameat", 4),
    ("fchmod", 6),
    ("unlinkat", 8),
];

/// What a sender says at its end, its exit code, and whether it had to call again.
fn heard(mut sender: Running) -> (Value, i32, bool) {
    let mut was_cut = false;
    loop {
        let line = sender.event().expect("it says how it ended");
        was_cut |= line["event"] == "interrupted";
        if line["event"] == "finished" {
            return (line, sender.exit(), was_cut);
        }
    }
}

/// True when it was killed.
fn dies(clamd: &Daemon, fault: &str) -> bool {
    eprintln!("{fault}");
    let (here, there) = (Device::new(), Device::new());
    choose(&there, clamd, "let-in");
    here.file("all/a", content(1 << 20));
    here.file("all/evil", marked(1 << 20));
    here.file("all/film", marked(5 << 20));
    here.file("all/z", "last");
    let (inbox, home) = (there.inbox(), there.home());
    let Ok(receiver) = Receiver::start(&inbox, &home, "0", &[fault.to_owned()]) else { return false };
    let (port, to) = (receiver.port.clone(), receiver.address());
    let sender = here.send(&[&here.path("all")], &to, &[]);
    let is_dead = receiver.end().1.is_none();
    named(&there, fault);
    let mut again = None;
    if is_dead {
        // Before it has said yes to it, it has forgotten it.
        let args = [
            "receive",
            "--json",
            "--port",
            &port,
            "--dir",
            inbox.to_str().unwrap(),
            "--accept",
            "all",
            "--once",
        ];
        let mut receiver = Running::start(&mut there.command(&args));
        receiver.wait_for("listening");
        again = Some(receiver);
    }
    let (sent, code, was_cut) = heard(sender);
    if sent["outcome"] != "failed" || sent["failed"] != 2 {
        // It died before it had answered, and nothing was there to be gone on with.
        let is_early = !home.join("transfers").exists() || named(&there, fault).is_empty();
        assert!(is_dead && is_early && code != 0, "{fault}: {sent}");
        return false;
    }
    assert_eq!((&sent["files"], code), (&2.into(), 1), "{fault}: {sent}");
    // Where it died after its last word, nobody calls again.
    if let Some(receiver) = again.filter(|_| was_cut) {
        assert_eq!(receiver.end().1, 1, "{fault}");
    }
    let there_now: Vec<_> = named(&there, fault).into_keys().collect();
    assert_eq!(there_now, [PathBuf::from("all/a"), PathBuf::from("all/z")], "{fault}");
    let (lines, _) = said(&there, &[]);
    let mut names: Vec<_> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["evil", "film"], "{fault}: each once");
    assert_eq!(unnamed(&there, MARKER), Vec::<PathBuf>::new(), "{fault}");
    is_dead
}

/// What in the receiving folder has no name of its own, and this in it.
fn unnamed(device: &Device, content: &[u8]) -> Vec<PathBuf> {
    let has = |found: &[u8]| found.windows(content.len()).any(|part| part == content);
    let files = tree(&device.inbox()).into_iter().filter(|(_, found)| found.as_deref().is_some_and(has));
    let files = files.map(|(path, _)| path);
    files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".airlift-")).collect()
}

#[test]
fn what_a_receiver_has_left_that_died_while_a_file_was_looked_into_is_gone_when_that_is_in_quarantine() {
    let Some(clamd) = Daemon::started("killed while clamd looks", TELLING) else { return };
    let (here, there) = (Device::new(), Device::new());
    choose(&there, &clamd, "let-in");
    here.file("all/evil", marked(10));
    here.file("all/film", marked(5 << 20));
    clamd.stop();
    let (receiver, to) = there.receive(&["--accept", "all"]);
    let sender = here.send(&[&here.path("all")], &to, &[]);
    // Both are whole, and nobody answers.
    until("both files", || unnamed(&there, MARKER).len() == 2);
    for path in unnamed(&there, MARKER) {
        let mode = fs::metadata(there.inbox().join(&path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{}", path.display());
    }
    receiver.signal("KILL");
    receiver.exit_by_signal();
    clamd.go_on();
    let port = to.rsplit(':').next().unwrap();
    let inbox = there.inbox();
    let args =
        ["receive", "--json", "--port", port, "--dir", inbox.to_str().unwrap(), "--accept", "all", "--once"];
    let mut again = Running::start(&mut there.command(&args));
    again.wait_for("listening");
    let (sent, code) = sender.end();
    assert_eq!((&sent["hopeless"], code), (&2.into(), 1), "{sent}");
    assert_eq!(again.exit(), 1);
    assert_eq!(said(&there, &[]).0.len(), 2);
    let files: Vec<_> = tree(&inbox).into_iter().filter(|(_, content)| content.is_some()).collect();
    assert_eq!(files, [], "nothing is left");
}

#[test]
fn wherever_a_receiver_dies_nothing_with_the_marker_has_its_name_and_nothing_is_lost_or_there_twice() {
    let test = "killed while it keeps files apart";
    if !process::Command::new("strace").arg("-V").output().is_ok_and(|ran| ran.status.success()) {
        return skipped(test, "this machine lacks strace");
    }
    let Some(clamd) = Daemon::started(test, TELLING) else { return };
    let mut chance = Chance::of(test);
    let (mut cases, mut dead) = (0_u32, 0);
    for (call, most) in STEPS {
        let some = vec![chance.among(1..most / 2 + 1), chance.among(most / 2 + 1..most + 1)];
        for moment in Length::asked().choose(some, (1..=most).collect()) {
            dead += u32::from(dies(&clamd, &format!("{call}:signal=KILL:when={moment}")));
            cases += 1;
        }
    }
    say(test, &format!("{cases} cases, {dead} of them died after something was accepted"));
    assert!(dead * 9 >= cases, "hardly any died where it is worth a test");
}
