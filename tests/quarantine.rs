//! Two terminals and a real clamd, which finds a harmless marker in some of what is sent: that never has its name, whatever
//! kills the receiver, and its person can deal with it.
//!
//! `AIRLIFT_FAULTS=long` kills at every call, and not at some.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]
#![allow(clippy::print_stderr, reason = "what a case was is shown when it fails")]
#![cfg(target_os = "linux")]

#[path = "quarantine/again.rs"]
mod again;
#[path = "support/chance.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod chance;
#[path = "clamd/daemon.rs"]
#[allow(dead_code, reason = "the tests of the scanner use more of it")]
mod daemon;
#[path = "cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the terminal face use more of it")]
mod harness;
#[path = "quarantine/killed.rs"]
mod killed;
#[path = "support/loud.rs"]
mod loud;
#[path = "quarantine/modeless.rs"]
mod modeless;
#[path = "faults_disk/receiver.rs"]
#[allow(dead_code, reason = "the tests of disks use more of it")]
mod receiver;
#[path = "faults_disk/strange.rs"]
#[allow(dead_code, reason = "the tests of disks use more of it")]
mod strange;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use daemon::{Daemon, MARKER, NAME};
use harness::{Device, Running, content, tree};
use serde_json::Value;

/// So that it says what it could not look into.
const TELLING: &str = "AlertExceedsMax yes\nAlertEncrypted yes\n";

/// Has what a device receives looked into by that clamd.
fn choose(device: &Device, clamd: &Daemon, when_unscanned: &str) {
    fs::create_dir_all(device.home()).unwrap();
    fs::set_permissions(device.home(), fs::Permissions::from_mode(0o700)).unwrap();
    let settings = serde_json::json!({ "scanner": clamd.socket(), "when_unscanned": when_unscanned });
    fs::write(device.home().join("settings.json"), settings.to_string()).unwrap();
}

/// What has its own name, by its path; none of it may have the marker.
fn named(device: &Device, when: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let is_ours = |path: &Path| path.iter().any(|name| name.to_string_lossy().starts_with(".airlift-"));
    let files = tree(&device.inbox()).into_iter().filter(|(path, _)| !is_ours(path));
    let files: BTreeMap<_, _> = files.filter_map(|(path, content)| Some((path, content?))).collect();
    for (path, content) in &files {
        let has_mark = content.windows(MARKER.len()).any(|part| part == MARKER);
        assert!(!has_mark, "{when}: {} has its name", path.display());
    }
    files
}

/// The lines that a command says as JSON, and its exit code.
fn said(device: &Device, args: &[&str]) -> (Vec<Value>, i32) {
    let mut command = device.command(&[&["quarantine", "--json"], args].concat());
    let mut running = Running::start(&mut command);
    let lines: Vec<_> = std::iter::from_fn(|| running.event()).collect();
    (lines, running.code().unwrap())
}

/// In which nobody could hide anything.
fn text(len: usize) -> String {
    "plain text, as it is written. ".chars().cycle().take(len).collect()
}

fn marked(len: usize) -> Vec<u8> {
    [content(len), MARKER.to_vec()].concat()
}

#[test]
fn one_among_two_hundred_is_kept_apart_by_a_real_scanner_and_dealt_with_at_the_terminal() {
    let Some(clamd) = Daemon::started("two hundred files and clamd", TELLING) else { return };
    let (here, there) = (Device::new(), Device::new());
    choose(&there, &clamd, "hold");
    for number in 0..199 {
        here.file(&format!("all/{}/{number}", number % 9), text(300 * number + 1));
    }
    here.file("all/3/evil.bin", marked(70_000));
    let (receiver, to) = there.receive(&["--accept", "all", "--once"]);
    let (sent, code) = here.send(&[&here.path("all")], &to, &[]).end();
    let (at_them, their_code) = receiver.end();
    for (end, code) in [(&sent, code), (&at_them, their_code)] {
        assert_eq!(
            (&end["outcome"], &end["files"], &end["failed"], code),
            (&"failed".into(), &199.into(), &1.into(), 1)
        );
        assert_eq!(end["hopeless"], 1, "{end}");
        let failure = &end["failures"][0];
        let why = failure["why"].as_str().unwrap();
        assert!(failure["path"] == "all/3/evil.bin" && why.contains(NAME), "{end}");
    }
    assert_eq!(named(&there, "after it").len(), 199);
    for device in [&here, &there] {
        let (left, _, code) = Running::start(&mut device.command(&["transfers", "--json"])).text();
        assert_eq!((&*left, code), ("", 0), "to go on would help nobody: it is over");
    }

    let (lines, code) = said(&there, &[]);
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&line["event"], &line["state"], code), (&"quarantined".into(), &"infected".into(), 0));
    assert_eq!(
        (&line["name"], &line["found"], &line["path"]),
        (&"evil.bin".into(), &NAME.into(), &"all/3/evil.bin".into())
    );
    let id = line["id"].as_str().unwrap();
    let kept = there.home().join("quarantine").join(id);
    assert_eq!(fs::read(&kept).unwrap(), marked(70_000));
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o7777, 0o600);

    // Checked once more, it is what it was.
    let (lines, code) = said(&there, &["rescan"]);
    assert_eq!(
        (&lines[0]["event"], &lines[0]["state"], code),
        (&"quarantined".into(), &"infected".into(), 0)
    );
    // Nobody is there to be warned.
    let (_, complaint, code) = Running::start(&mut there.command(&["quarantine", "release", id])).text();
    assert_eq!(code, 2, "{complaint}");
    assert!(kept.exists() && complaint.contains("--yes"), "{complaint}");
    let (lines, code) = said(&there, &["release", &id[..6], "--yes"]);
    assert_eq!((&lines[0]["event"], code), (&"quarantine_released".into(), 0));
    let saved = there.inbox().join("all/3/evil.bin");
    assert_eq!(lines[0]["saved"], saved.to_str().unwrap());
    assert_eq!(fs::read(saved).unwrap(), marked(70_000));
    assert_eq!(said(&there, &[]), (Vec::new(), 0));
}

#[test]
fn what_waits_until_it_can_be_checked_is_released_when_it_is_clean_and_deleted_when_that_is_wanted() {
    let Some(mut clamd) = Daemon::started("held, and checked later", TELLING) else { return };
    let (here, there) = (Device::new(), Device::new());
    choose(&there, &clamd, "hold");
    // It was there once.
    let (first, to) = there.receive(&["--accept", "all", "--once"]);
    assert_eq!(here.send(&[&here.file("first", "first")], &to, &[]).end().1, 0);
    assert_eq!(first.exit(), 0);
    clamd.kill();
    here.file("more/a", "clean");
    here.file("more/evil", marked(10));
    let (receiver, to) = there.receive(&["--accept", "all", "--once"]);
    let (sent, code) = here.send(&[&here.path("more")], &to, &[]).end();
    assert_eq!((&sent["outcome"], &sent["files"], code), (&"complete".into(), &2.into(), 0), "{sent}");
    assert!(sent["notes"][0].as_str().unwrap().contains("held there"), "{sent}");
    assert_eq!(receiver.exit(), 0);
    assert_eq!(named(&there, "held").len(), 1, "nothing but what was checked has its name");
    let (lines, _) = said(&there, &["list"]);
    assert!(lines.len() == 2 && lines.iter().all(|line| line["state"] == "held"), "{lines:?}");
    clamd.start(daemon::Start::Itself);
    clamd.until_well();
    let (lines, code) = said(&there, &["rescan"]);
    assert_eq!((lines.len(), code), (2, 0), "{lines:?}");
    assert_eq!(fs::read_to_string(there.inbox().join("more/a")).unwrap(), "clean");
    let (lines, _) = said(&there, &[]);
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&line["name"], &line["state"]), (&"evil".into(), &"infected".into()));
    let (lines, code) = said(&there, &["delete", line["id"].as_str().unwrap(), "--yes"]);
    assert_eq!((&lines[0]["event"], code), (&"quarantine_deleted".into(), 0));
    let left: Vec<_> = tree(&there.home().join("quarantine")).into_keys().collect();
    assert_eq!(left, [PathBuf::from("lock")], "nothing of it is left");
    named(&there, "deleted");
}
