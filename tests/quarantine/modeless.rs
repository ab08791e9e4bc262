//! A disk without modes, as sticks and cards have: what is kept apart there is as open as all of it, and has no name.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    TELLING, choose,
    daemon::{Daemon, NAME},
    harness::{Device, Running, tree},
    marked, said,
    strange::{self, Strange},
};

#[test]
fn what_a_disk_without_modes_receives_is_kept_apart_there_and_dealt_with() {
    let test = "quarantine without modes";
    if !strange::can(test) {
        return;
    }
    let Some(clamd) = Daemon::started(test, TELLING) else { return };
    for knob in ["modes=ignored", "modes=refused", "modes=ignored:777", "modes=refused:777"] {
        let disk = Strange::new(&[knob]);
        let (here, there) = (Device::new(), Device::new());
        choose(&there, &clamd, "hold");
        here.file("all/fine", "fine");
        here.file("all/evil", marked(100));
        let inbox = disk.inbox();
        let receive = ["receive", "--json", "--port", "0", "--dir", inbox.to_str().unwrap()];
        let mut command: Command = there.command(&[&receive[..], &["--accept", "all", "--once"]].concat());
        let mut receiver = Running::start(&mut command);
        let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
        let (sent, _) = here.send(&[&here.path("all")], &format!("127.0.0.1:{port}"), &[]).end();
        assert_eq!((&sent["files"], &sent["hopeless"]), (&1.into(), &1.into()), "{knob}: {sent}");
        let (told, _) = receiver.end();
        assert!(told["failures"].to_string().contains(NAME), "{knob}: {told}");
        let (lines, _) = said(&there, &[]);
        let [line] = &lines[..] else { panic!("{knob}: {lines:?}") };
        assert_eq!(line["state"], "infected", "{knob}");
        let evil = inbox.join("all/evil");
        assert!(!evil.exists(), "{knob}");
        let id = line["id"].as_str().unwrap();
        assert_eq!(said(&there, &["release", id, "--yes"]).1, 0, "{knob}");
        assert_eq!(fs::read(evil).unwrap(), marked(100), "{knob}");
        // The room itself may be left: such a disk removes what was open only some time after it was shut.
        let is_ours = |path: &PathBuf| path.to_string_lossy().contains(".airlift-");
        let left: Vec<_> =
            tree(&inbox).into_iter().filter(|(path, content)| content.is_some() && is_ours(path)).collect();
        assert_eq!(left, [], "{knob}: nothing else is left there");
    }
}
