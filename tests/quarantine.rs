//! Two terminals and a real clamd, which finds a harmless marker in some of what is sent: that never has its name, whatever
//! kills the receiver, and its person can deal with it.
//!
//! `AIRLIFT_FAULTS=long` kills at every call, and not at some.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]
#![allow(clippy::print_stderr, reason = "what a case was is shown when it fails")]
#![cfg(target_os = "linux")]

#[path = "support/chance.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod chance;
#[path = "clamd/daemon.rs"]
#[allow(dead_code, reason = "the tests of the scanner use more of it")]
mod daemon;
#[path = "cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the terminal face use more of it")]
mod harness;
#[path = "support/loud.rs"]
mod loud;
#[path = "faults_disk/receiver.rs"]
#[allow(dead_code, reason = "the tests of disks use more of it")]
mod receiver;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process,
    sync::Arc,
};

use airlift::{
    engine::{
        Command, Config, Earlier, Engine, Multicast,
        history::{Query, Reader, RowId},
    },
    model::{NotScanned, QuarantineDeed, QuarantineDone, Rechecked, Screening},
};
use chance::{Chance, Length};
use daemon::{Daemon, MARKER, NAME};
use harness::{Device, Running, content, tree};
use loud::{say, skipped};
use receiver::Receiver;
use serde_json::Value;
use tokio::sync::oneshot;

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
        let note = end["notes"][0].as_str().unwrap();
        assert!(note.contains("all/3/evil.bin") && note.contains(NAME), "{note}");
    }
    assert_eq!(named(&there, "after it").len(), 199);

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
    let since = std::time::Instant::now();
    while unnamed(&there, MARKER).len() < 2 {
        assert!(since.elapsed() < std::time::Duration::from_mins(1), "they never came");
        std::thread::yield_now();
    }
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
    let (mut cases, mut dead) = (0, 0);
    for (call, most) in STEPS {
        let some = vec![chance.among(1..most / 2 + 1), chance.among(most / 2 + 1..most + 1)];
        for moment in Length::asked().choose(some, (1..=most).collect()) {
            dead += u32::from(dies(&clamd, &format!("{call}:signal=KILL:when={moment}")));
            cases += 1;
        }
    }
    say(test, &format!("{cases} cases, {dead} of them died after something was accepted"));
    assert!(dead > 0, "none died at all");
}

/// What the history says of each file that has come, by its name: what became of it, what the check said, and where it is.
fn recorded(device: &Device) -> BTreeMap<String, (String, String, Option<PathBuf>)> {
    let mut running = Running::start(&mut device.command(&["history", "--json"]));
    let rows: Vec<Value> =
        std::iter::from_fn(|| running.event()).filter(|line| line["name"].is_string()).collect();
    assert_eq!(running.code(), Some(0));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |row: Value| {
        let place = row["place"].as_str().map(PathBuf::from);
        (text(&row["name"]), (text(&row["outcome"]), text(&row["scan"]), place))
    };
    rows.into_iter().map(row).collect()
}

fn so(outcome: &str, scan: &str, place: Option<PathBuf>) -> (String, String, Option<PathBuf>) {
    (outcome.to_owned(), scan.to_owned(), place)
}

/// Looks once more into what is marked: what was said of each, by its name, the last line, and the exit code.
fn looked_again(device: &Device) -> (BTreeMap<String, String>, Value, i32) {
    let mut running = Running::start(&mut device.command(&["scan", "--marked", "--json"]));
    let mut lines: Vec<Value> = std::iter::from_fn(|| running.event()).collect();
    let sum = lines.pop().unwrap_or_default();
    let said = |line: &Value| {
        let name =
            Path::new(line["path"].as_str().unwrap()).file_name().unwrap().to_str().unwrap().to_owned();
        (name, line["result"].as_str().unwrap().to_owned())
    };
    (lines.iter().map(said).collect(), sum, running.code().unwrap())
}

/// Has files come while the scanner that was there once is not.
fn come_unseen(clamd: &mut Daemon, when_unscanned: &str, files: &[(&str, Vec<u8>)]) -> (Device, Device) {
    let (here, there) = (Device::new(), Device::new());
    choose(&there, clamd, when_unscanned);
    let (first, to) = there.receive(&["--accept", "all", "--once"]);
    assert_eq!(here.send(&[&here.file("first", "first")], &to, &[]).end().1, 0);
    assert_eq!(first.exit(), 0);
    clamd.kill();
    for (name, content) in files {
        here.file(&format!("more/{name}"), content);
    }
    let (receiver, to) = there.receive(&["--accept", "all", "--once"]);
    assert_eq!(here.send(&[&here.path("more")], &to, &[]).end().1, 0);
    assert_eq!(receiver.exit(), 0);
    (here, there)
}

#[test]
fn what_was_let_in_unseen_is_checked_once_the_scanner_is_back_and_the_history_says_what_came_of_it() {
    let Some(mut clamd) = Daemon::started("let in, and checked later", TELLING) else { return };
    let plain = |text: &str| text.as_bytes().to_vec();
    let files = [
        ("a", plain("clean")),
        ("evil", marked(10)),
        ("gone", plain("gone")),
        ("changed", plain("as it came")),
    ];
    let (_here, there) = come_unseen(&mut clamd, "let-in", &files);
    let at = |name: &str| Some(there.inbox().join("more").join(name));
    let marked_still = |name: &str| so("stored", "not-scanned", at(name));
    let rows = recorded(&there);
    assert_eq!(rows["first"], so("stored", "clean", Some(there.inbox().join("first"))));
    for name in ["a", "evil", "gone", "changed"] {
        assert_eq!(rows[name], marked_still(name), "{rows:?}");
    }
    // Nobody is there yet.
    let (told, sum, code) = looked_again(&there);
    assert!(told.len() == 4 && told.values().all(|result| result == "not_scanned"), "{told:?}");
    assert_eq!((&sum["files"], &sum["not_scanned"], code), (&4.into(), &4.into(), 6));
    assert_eq!(recorded(&there), rows);

    fs::remove_file(at("gone").unwrap()).unwrap();
    fs::write(at("changed").unwrap(), "as I like").unwrap();
    clamd.start(daemon::Start::Itself);
    clamd.until_well();
    let (told, sum, code) = looked_again(&there);
    let results = [("a", "clean"), ("changed", "changed"), ("evil", "infected"), ("gone", "gone")];
    assert_eq!(told, results.map(|(name, result)| (name.to_owned(), result.to_owned())).into());
    let counts =
        ["files", "clean", "infected", "gone", "changed", "not_scanned"].map(|count| sum[count].as_u64());
    assert_eq!((counts, code), ([2, 1, 1, 1, 1, 0].map(Some), 7), "{sum}");
    let rows = recorded(&there);
    assert_eq!(rows["a"], so("stored", "clean", at("a")));
    assert_eq!(rows["evil"], so("infected", "infected", None));
    for name in ["gone", "changed"] {
        assert_eq!(rows[name], marked_still(name));
    }
    named(&there, "checked once more");
    let (line, _) = said_one(&there);
    assert_eq!((&line["name"], &line["found"]), (&"evil".into(), &NAME.into()));
    assert_eq!(looked_again(&there).0.len(), 2, "what has been looked into is not marked any more");

    // Let out after all, it stands where it stood.
    let id = line["id"].as_str().unwrap().to_owned();
    assert_eq!(said(&there, &["release", &id, "--yes"]).1, 0);
    assert_eq!(recorded(&there)["evil"], so("stored", "infected", at("evil")));
    assert_eq!(fs::read(at("evil").unwrap()).unwrap(), marked(10));
}

/// The only thing in quarantine, and the exit code of who asks.
fn said_one(device: &Device) -> (Value, i32) {
    let (mut lines, code) = said(device, &[]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    (lines.remove(0), code)
}

#[test]
fn what_is_done_with_what_is_in_quarantine_is_told_by_the_history_also_where_that_is_in_the_way() {
    let Some(mut clamd) = Daemon::started("quarantine and history", TELLING) else { return };
    let files = [("a", b"clean".to_vec()), ("evil", marked(10)), ("b", b"clean too".to_vec())];
    let (_here, there) = come_unseen(&mut clamd, "hold", &files);
    let at = |name: &str| Some(there.inbox().join("more").join(name));
    let rows = recorded(&there);
    for name in ["a", "evil", "b"] {
        assert_eq!(rows[name], so("held", "not-scanned", None), "{rows:?}");
    }
    let (lines, _) = said(&there, &["list"]);
    let id = |name: &str| {
        lines.iter().find(|line| line["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    clamd.start(daemon::Start::Itself);
    clamd.until_well();
    // Something of that name is there by now.
    fs::create_dir_all(there.inbox().join("more")).unwrap();
    fs::write(at("a").unwrap(), "mine").unwrap();
    assert_eq!(said(&there, &["rescan", &id("a"), &id("evil")]).1, 0);
    let rows = recorded(&there);
    assert_eq!(rows["a"], so("stored", "clean", at("a (1)")));
    assert_eq!(rows["evil"], so("infected", "infected", None));
    assert_eq!(rows["b"], so("held", "not-scanned", None));
    assert_eq!(said(&there, &["delete", &id("evil"), "--yes"]).1, 0);
    assert_eq!(recorded(&there)["evil"], so("infected", "infected", None));

    // It is done all the same, and said once.
    let history = there.home().join("history.db");
    assert!(history.exists());
    let aside = there.home().join("aside");
    fs::rename(&history, &aside).unwrap();
    fs::create_dir(&history).unwrap();
    let (_, complaint, code) =
        Running::start(&mut there.command(&["quarantine", "release", &id("b"), "--yes"])).text();
    assert_eq!(code, 0, "{complaint}");
    assert_eq!(complaint.matches("missing in the history").count(), 1, "{complaint}");
    assert_eq!(fs::read(at("b").unwrap()).unwrap(), b"clean too");
}

/// Asks an engine, and waits for its answer.
fn ask<T>(engine: &Engine, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> T {
    let (reply, answer) = oneshot::channel();
    engine.block_on(async {
        engine.handle().send(command(reply)).await.unwrap();
        answer.await.unwrap()
    })
}

#[test]
fn the_engine_of_a_window_checks_again_and_deals_with_the_quarantine_and_the_history_says_so() {
    let Some(mut clamd) = Daemon::started("a window checks again", TELLING) else { return };
    let files = [("a", b"clean".to_vec()), ("evil", marked(10))];
    let (_here, there) = come_unseen(&mut clamd, "let-in", &files);
    let at = |name: &str| there.inbox().join("more").join(name);
    let id = |name: &str| {
        let mut reader = Reader::open(&there.home()).unwrap();
        let rows = reader.page(&Query::default(), None, 10).unwrap().rows;
        rows.iter().find(|row| row.name == name).unwrap().id
    };
    let (a, evil, first) = (id("a"), id("evil"), id("first"));
    let config = Config {
        home: there.home(),
        device_name: None,
        limit: None,
        earlier: Earlier::None,
        multicast: Multicast::Never,
    };
    let engine = Engine::start(config, Arc::new(|| {})).unwrap();
    let again = |rows: Vec<RowId>| ask(&engine, |reply| Command::CheckAgain { rows, reply });
    let unseen = Rechecked::NotScanned(NotScanned::NoScanner);
    assert_eq!(again(vec![a, first]), [(a, unseen), (first, Rechecked::NotMarked)]);
    clamd.start(daemon::Start::Itself);
    clamd.until_well();
    let answers = again(vec![evil, a]);
    assert_eq!(answers, [(evil, Rechecked::Caught(NAME.to_owned())), (a, Rechecked::Clean)]);
    assert!(!at("evil").exists());
    let items = ask(&engine, |reply| Command::ListQuarantine { reply }).unwrap();
    let items: Vec<_> = items.into_iter().map(|item| item.id).collect();
    let deed = QuarantineDeed::Release;
    let answers = ask(&engine, |reply| Command::Quarantine { items, deed, reply });
    let released =
        QuarantineDone::Released { at: at("evil"), screening: Screening::Infected(NAME.to_owned()) };
    assert!(matches!(&answers[..], [(_, Ok(done))] if *done == released), "{answers:?}");
    // What was handed in is written before it ends.
    engine.stop();
    let rows = recorded(&there);
    assert_eq!(rows["a"], so("stored", "clean", Some(at("a"))));
    assert_eq!(rows["evil"], so("stored", "infected", Some(at("evil"))));
}
