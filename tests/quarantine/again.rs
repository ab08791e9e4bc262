//! What was let in or kept apart is looked into once more, dealt with, and told by the history.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
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
use serde_json::Value;
use tokio::sync::oneshot;

use crate::{
    TELLING, choose,
    daemon::{Daemon, NAME, Start},
    harness::{Device, Running},
    loud::skipped,
    marked, named, said,
};

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
    looked(&mut device.command(&["scan", "--marked", "--json"]))
}

fn looked(command: &mut process::Command) -> (BTreeMap<String, String>, Value, i32) {
    let mut running = Running::start(command);
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
    clamd.start(Start::Itself);
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

/// The same as somebody who can't do what they may not; `None`, said loudly, where nobody can be that.
fn by_nobody(test: &str, device: &Device) -> Option<process::Command> {
    const NOBODY: u32 = 65534;
    let place = device.home().parent().unwrap().to_owned();
    let args = ["scan", "--marked", "--json"];
    if fs::metadata(&place).unwrap().uid() != 0 {
        return Some(device.command(&args));
    }
    let dropped = |args: &[&str]| {
        let mut command = process::Command::new("setpriv");
        let (user, program) = (format!("--reuid={NOBODY}"), env!("CARGO_BIN_EXE_airlift"));
        command.args([&user, "--clear-groups", program]).args(args).env("AIRLIFT_HOME", device.home());
        command
    };
    if !dropped(&["--version"]).output().is_ok_and(|tried| tried.status.success()) {
        skipped(test, "nobody else may run it from where it lies");
        return None;
    }
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    for folder in ["home", "in"] {
        let mut owned = process::Command::new("chown");
        owned.arg("-R").arg(NOBODY.to_string()).arg(place.join(folder));
        assert!(owned.status().unwrap().success());
    }
    Some(dropped(&args))
}

#[test]
fn what_is_found_where_nothing_can_be_moved_away_stands_there_and_is_looked_at_until_it_can() {
    let test = "found in a folder that is shut";
    let Some(mut clamd) = Daemon::started(test, TELLING) else { return };
    let (_here, there) = come_unseen(&mut clamd, "let-in", &[("evil", marked(10)), ("a", b"clean".to_vec())]);
    clamd.start(Start::Itself);
    clamd.until_well();
    let evil = there.inbox().join("more/evil");
    let Some(mut command) = by_nobody(test, &there) else { return };
    let shut = |mode| fs::set_permissions(evil.parent().unwrap(), fs::Permissions::from_mode(mode)).unwrap();
    shut(0o555);
    for (round, count) in [("first", 2), ("again", 1)] {
        let (told, sum, code) = looked(&mut command);
        assert_eq!(
            (told["evil"].as_str(), told.len(), code),
            ("infected", count, 7),
            "{round}: {told:?} {sum}"
        );
        assert_eq!(fs::metadata(&evil).unwrap().nlink(), 1, "{round}: it has one name");
        assert_eq!(said(&there, &[]), (Vec::new(), 0), "{round}: nothing is in quarantine");
        assert_eq!(recorded(&there)["evil"], so("stored", "infected", Some(evil.clone())), "{round}");
    }
    // What nobody could look into this time is what it was found to be.
    clamd.kill();
    let (told, ..) = looked(&mut command);
    assert_eq!(told["evil"], "not_scanned");
    assert_eq!(recorded(&there)["evil"], so("stored", "infected", Some(evil.clone())));
    clamd.start(Start::Itself);
    clamd.until_well();
    shut(0o755);
    let (told, ..) = looked(&mut command);
    assert_eq!(told["evil"], "infected");
    assert!(!evil.exists());
    assert_eq!(recorded(&there)["evil"], so("infected", "infected", None));
    assert_eq!(looked(&mut command).0.len(), 0);
    named(&there, "once it could be moved");
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
    clamd.start(Start::Itself);
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
    clamd.start(Start::Itself);
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
