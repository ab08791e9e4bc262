//! What is private stays private: the key and all that is kept beside it, and what only its owner may read.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use serde_json::json;

use crate::harness::{Device, Running, tree};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Where everybody may do everything with what is made without a thought.
fn careless(command: &Command) -> Command {
    let mut careless = Command::new("sh");
    careless
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => careless.env(name, value),
            None => careless.env_remove(name),
        };
    }
    careless
}

/// All that others may do something with, in a home and of it.
fn open_to_others(home: &Path) -> Vec<(String, u32)> {
    let inside = tree(home).into_keys().map(|path| home.join(path));
    let all = inside.chain([home.to_owned()]);
    let open =
        all.map(|path| (path.display().to_string(), mode(&path))).filter(|(_, mode)| mode & 0o077 != 0);
    open.collect()
}

#[test]
fn the_folder_that_holds_the_key_is_left_out_of_what_is_sent_and_that_is_said() {
    let (here, there) = (Device::new(), Device::new());
    here.file("letter", "hello");
    let all = here.home().parent().unwrap().to_owned();
    let (receiver, to) = there.receive(&["--accept", "all", "--once"]);
    let mut send = here.command(&["send", "--to", &to]);
    let (out, told, code) = Running::start(send.arg(&all)).text();
    // Not all that was named has come.
    assert_eq!((code, receiver.exit()), (6, 0), "{out}{told}");
    let said = [out, told].concat();
    assert!(said.contains("is Airlift’s own and is left out: this device’s key is there."), "{said}");
    let key = fs::read(here.home().join("identity.key")).unwrap();
    let arrived = tree(&there.inbox());
    assert!(arrived.keys().any(|path| path.ends_with("out/letter")), "{arrived:?}");
    assert!(arrived.keys().all(|path| !path.ends_with("home")), "{arrived:?}");
    assert!(arrived.values().all(|content| content.as_ref() != Some(&key)));
}

#[test]
fn the_key_and_what_is_kept_beside_it_cant_be_named_for_sending() {
    let here = Device::new();
    let letter = here.file("letter", "hello");
    assert_eq!(Running::start(&mut here.command(&["id"])).text().2, 0);
    symlink(here.home(), here.path("link")).unwrap();
    fs::hard_link(here.home().join("identity.key"), here.path("copy")).unwrap();
    for own in [here.home(), here.home().join("identity.key"), here.path("link/logs"), here.path("copy")] {
        // Nobody is called: what can't be sent is said before.
        let (end, code) = here.send(&[&letter, &own], "127.0.0.1:1", &[]).end();
        assert_eq!((code, &end["outcome"]), (1, &"failed".into()), "{end}");
        let why = end["problem"].as_str().unwrap_or_else(|| panic!("{end}"));
        assert!(why.contains("is Airlift’s own, or lies in its folder, and is not sent"), "{end}");
    }
}

#[test]
fn a_receiving_folder_at_above_or_inside_the_one_with_the_key_is_refused() {
    let here = Device::new();
    fs::create_dir(here.home()).unwrap();
    symlink(here.home(), here.path("link")).unwrap();
    let above = here.home().parent().unwrap().to_owned();
    for (folder, why) in [
        (here.home(), "is Airlift’s own folder, or lies in it"),
        (here.home().join("in"), "is Airlift’s own folder, or lies in it"),
        (here.path("link"), "is Airlift’s own folder, or lies in it"),
        (here.path("link/in"), "is Airlift’s own folder, or lies in it"),
        (above, "has Airlift’s own folder in it"),
    ] {
        let folder = folder.to_str().unwrap();
        let refused = |args: &[&str]| {
            let (_, told, code) = Running::start(&mut here.command(args)).text();
            assert_eq!(code, 1, "{args:?}: {told}");
            assert!(told.contains(why), "{args:?}: {told}");
        };
        refused(&["receive", "--port", "0", "--accept", "all", "--dir", folder]);
        fs::write(here.home().join("settings.json"), json!({ "inbox": folder }).to_string()).unwrap();
        refused(&["receive", "--port", "0", "--accept", "all"]);
        let (id, _, _) = Running::start(&mut Device::new().command(&["id", "--json"])).text();
        let id = serde_json::from_str::<serde_json::Value>(&id).unwrap()["device_id"].clone();
        refused(&["trust", "add", id.as_str().unwrap(), "--name", "Anna", "--dir", folder]);
    }
    assert!(!here.home().join("in").exists());
}

#[test]
fn what_only_its_owner_may_read_arrives_so_whatever_the_umask() {
    let (here, there) = (Device::new(), Device::new());
    for (name, bits) in [("ssh/key", 0o600), ("ssh/tool", 0o700), ("ssh/known", 0o644)] {
        set(&here.file(name, name), bits);
    }
    set(&here.path("ssh"), 0o700);
    fs::create_dir(here.path("ssh/empty")).unwrap();
    set(&here.path("ssh/empty"), 0o700);
    let inbox = there.inbox();
    let args =
        ["receive", "--json", "--port", "0", "--accept", "all", "--once", "--dir", inbox.to_str().unwrap()];
    let mut receiver = Running::start(&mut careless(&there.command(&args)));
    let to = format!("127.0.0.1:{}", receiver.wait_for("listening")["port"]);
    let (end, code) = here.send(&[&here.path("ssh")], &to, &[]).end();
    assert_eq!((code, receiver.exit()), (0, 0), "{end}");
    let mode = |path: &str| mode(&there.inbox().join(path));
    let modes = ["ssh", "ssh/empty", "ssh/key", "ssh/tool", "ssh/known"].map(mode);
    assert_eq!(modes.map(|mode| format!("{mode:o}")), ["700", "700", "600", "700", "666"]);
    let open = open_to_others(&there.home());
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn what_an_earlier_build_has_left_open_in_airlifts_own_folder_is_open_no_more() {
    let here = Device::new();
    assert_eq!(Running::start(&mut here.command(&["id"])).text().2, 0);
    let home = here.home();
    for folder in ["transfers", "given-up"] {
        fs::create_dir_all(home.join(folder)).unwrap();
    }
    for file in [
        "devices.json",
        "devices.lock",
        "settings.json",
        "transfers/x.paused",
        "given-up/y",
        "transfers/x.accord",
    ] {
        fs::write(home.join(file), "{}").unwrap();
    }
    // What a link leads to is not Airlift’s.
    fs::create_dir(here.path("others")).unwrap();
    set(&here.file("others/file", ""), 0o644);
    symlink(here.path("others/file"), home.join("transfers/link")).unwrap();
    fs::remove_file(home.join("devices.json")).unwrap();
    for path in tree(&home).keys().filter(|path| !path.ends_with("link")) {
        let path = home.join(path);
        set(&path, if path.is_dir() { 0o755 } else { 0o644 });
    }
    set(&home, 0o755);
    assert_eq!(Running::start(&mut here.command(&["trust"])).text().2, 0);
    fs::remove_file(home.join("transfers/link")).unwrap();
    let open = open_to_others(&home);
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(mode(&here.path("others/file")), 0o644);
}

#[test]
fn a_folder_that_others_may_write_to_is_no_home_and_nothing_is_written_there() {
    for mode in [0o1777, 0o1770] {
        let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        // Somebody has prepared it.
        symlink(elsewhere.path(), place.path().join("logs")).unwrap();
        fs::set_permissions(elsewhere.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
        let device = Device::new();
        for words in [&["id"][..], &["receive", "--port", "0"]] {
            let done = device.command(words).env("AIRLIFT_HOME", place.path()).output().unwrap();
            let said = String::from_utf8(done.stderr).unwrap();
            assert!(!done.status.success() && said.contains("others may write to it"), "{said}");
        }
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
        assert_eq!(fs::metadata(elsewhere.path()).unwrap().permissions().mode() & 0o777, 0o755);
    }
}
