//! `airlift trust`, and what a receiver makes of it while it runs.

use std::{fs, path::Path};

use serde_json::Value;

use crate::harness::{Device, Running, tree};

fn id(device: &Device) -> String {
    let mut told = Running::start(&mut device.command(&["id", "--json"]));
    told.wait_for("id")["device_id"].as_str().unwrap().to_owned()
}

fn trust(device: &Device, args: &[&str]) -> Vec<Value> {
    let mut running = Running::start(&mut device.command(&[&["trust", "--json"], args].concat()));
    let lines = std::iter::from_fn(|| running.event()).collect();
    assert_eq!(running.exit(), 0, "{args:?}: {lines:?}");
    lines
}

/// A receiver without `--dir`, whose folder is in its settings.
fn receive(device: &Device, settings: &Value, args: &[&str]) -> (Running, String) {
    let mut settings = settings.clone();
    settings["inbox"] = device.inbox().to_str().unwrap().into();
    fs::create_dir_all(device.home()).unwrap();
    fs::write(device.home().join("settings.json"), settings.to_string()).unwrap();
    let base = ["receive", "--json", "--port", "0"];
    let mut receiver = Running::start(&mut device.command(&[&base, args].concat()));
    let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
    (receiver, format!("127.0.0.1:{port}"))
}

#[test]
fn who_is_trusted_listed_and_forgotten_is_said_without_an_engine_and_kept() {
    let (here, there) = (Device::new(), Device::new());
    let id = id(&there);
    assert!(trust(&here, &[]).is_empty());
    let (told, _, code) = Running::start(&mut here.command(&["trust"])).text();
    assert_eq!((told.lines().count(), code), (1, 0), "{told}");
    let added =
        trust(&here, &["add", &id.to_lowercase(), "--name", "Anna’s laptop", "--own", "--dir", "anna"]);
    assert_eq!((added.len(), &added[0]["event"], &added[0]["trust"]), (1, &"known".into(), &"own".into()));
    assert_eq!((&added[0]["id"], &added[0]["proof"]), (&id.as_str().into(), &"fingerprint".into()));
    assert!(Path::new(added[0]["folder"].as_str().unwrap()).is_absolute(), "{added:?}");
    assert_eq!(trust(&here, &["list", &id[..9]]), added);
    let (told, _, _) = Running::start(&mut here.command(&["trust", "list"])).text();
    assert!(told.contains("Anna’s laptop") && told.contains(&id) && told.contains("your own"), "{told}");
    assert_eq!(trust(&here, &["block", "anna's LAPTOP"])[0]["trust"], "blocked");
    assert_eq!(trust(&here, &["add", &id[..4]])[0]["trust"], "trusted");
    let renamed = &trust(&here, &["add", "Anna’s laptop", "--name", "Anna at work"])[0];
    assert_eq!((&renamed["name"], &renamed["proof"]), (&"Anna at work".into(), &"fingerprint".into()));
    assert_eq!(trust(&here, &["add", &id, "--name", "Anna’s laptop"])[0]["name"], "Anna’s laptop");
    assert_eq!(trust(&here, &["remove", "Anna’s laptop"])[0]["event"], "forgotten");
    assert!(trust(&here, &[]).is_empty());
    for args in [["add", "Anna"], ["remove", "Anna"], ["block", "K3QF"]] {
        let (_, wrong, code) = Running::start(&mut here.command(&[&["trust"], &args[..]].concat())).text();
        assert_eq!((code, wrong.lines().count()), (1, 1), "{wrong}");
        assert!(wrong.contains(&format!("“{}”", args[1])), "{wrong}");
    }
}

#[test]
fn what_is_decided_while_a_receiver_runs_holds_from_the_next_offer_on() {
    let (here, there) = (Device::new(), Device::new());
    let id = id(&here);
    let (mut receiver, to) = receive(&there, &serde_json::json!({}), &["--accept", "trusted"]);
    let send = |name: &str| here.send(&[&here.file(name, name)], &to, &[]).end();
    let (end, code) = send("stranger");
    assert_eq!((&end["outcome"], code), (&"declined".into(), 3), "{end}");
    assert!(end["problem"].as_str().unwrap().contains("nobody to ask"), "{end}");
    assert_eq!(receiver.wait_for("finished")["outcome"], "declined");

    trust(&there, &["add", &id]);
    let (end, code) = send("trusted");
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    assert_eq!(receiver.wait_for("finished")["outcome"], "complete");
    assert_eq!(trust(&there, &[])[0]["addresses"].as_array().unwrap().len(), 1);

    trust(&there, &["block", &id[..9]]);
    let (end, code) = send("blocked");
    assert_eq!(end["outcome"], "failed", "{end}");
    assert_ne!(code, 0);
    // Whatever it heard does not say why.
    assert!(!end["problem"].as_str().unwrap().contains("block"), "{end}");

    trust(&there, &["add", &id[..9]]);
    let (end, _) = send("again");
    assert_eq!(end["outcome"], "complete", "{end}");
    // The blocked one left nothing at all: the next that is told is the next.
    let offer = receiver.wait_for("offer");
    assert_eq!(offer["items"][0]["name"], "again", "{offer}");
    assert_eq!(tree(&there.inbox()).len(), 2);
}

#[test]
fn without_a_word_about_it_the_settings_decide_and_a_device_has_a_folder_of_its_own() {
    let (here, there) = (Device::new(), Device::new());
    let own = there.path("from anna");
    trust(&there, &["add", &id(&here), "--dir", own.to_str().unwrap()]);
    let send = |to: &str| here.send(&[&here.file("a.txt", "a")], to, &[]).end().0;
    let (receiver, to) = receive(&there, &serde_json::json!({ "accept": "ask" }), &[]);
    assert_eq!(send(&to)["outcome"], "declined");
    drop(receiver);
    let (receiver, to) = receive(&there, &serde_json::json!({ "ask_above": 1 }), &[]);
    assert_eq!(send(&to)["outcome"], "declined", "it is too large to go unasked");
    drop(receiver);
    let (mut receiver, to) = receive(&there, &serde_json::json!({}), &[]);
    assert_eq!(send(&to)["outcome"], "complete");
    let offer = receiver.wait_for("offer");
    assert_eq!(offer["folder"], own.to_str().unwrap(), "{offer}");
    drop(receiver);
    assert_eq!((tree(&own).len(), tree(&there.inbox()).len()), (1, 0));
    // A folder that is named now is meant now.
    let (_receiver, to) = there.receive(&["--accept", "trusted"]);
    assert_eq!(send(&to)["outcome"], "complete");
    assert_eq!((tree(&own).len(), tree(&there.inbox()).len()), (1, 1));
}

#[test]
fn a_known_name_with_another_key_is_a_warning_on_both_sides_and_never_accepted_by_itself() {
    let (here, there) = (Device::new(), Device::new());
    let old = "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA";
    // Trusted, too: but not by that name.
    trust(&there, &["add", old, "--name", "Anna’s laptop"]);
    trust(&there, &["add", &id(&here), "--name", "Somebody"]);
    let (mut receiver, to) = receive(&there, &serde_json::json!({}), &["--device-name", "Studio"]);
    let file = here.file("a.txt", "a");
    let (end, code) = here.send(&[&file], &to, &["--device-name", "ANNA'S  laptop"]).end();
    assert_eq!((&end["outcome"], code), (&"declined".into(), 3), "{end}");
    let offer = receiver.wait_for("offer");
    assert_eq!(
        offer["caution"],
        serde_json::json!({ "kind": "other_key", "name": "Anna’s laptop", "known": old }),
        "{offer}"
    );
    // Its own name is still good for it.
    let (end, _) = here.send(&[&file], &to, &["--device-name", "somebody"]).end();
    assert_eq!(end["outcome"], "complete", "{end}");

    let unknown = Device::new();
    trust(&unknown, &["add", old, "--name", "Studio"]);
    let (end, code) = unknown.send(&[&file], &to, &[]).end();
    assert_eq!((&end["outcome"], code), (&"failed".into(), 1), "{end}");
    assert!(end["problem"].as_str().unwrap().contains("another key"), "{end}");
    assert_eq!(tree(&there.inbox()).len(), 1);
}

#[test]
fn nothing_is_sent_to_a_device_that_is_blocked_here() {
    let (here, there) = (Device::new(), Device::new());
    let (_receiver, to) = there.receive(&["--accept", "all"]);
    trust(&here, &["block", &id(&there)]);
    let (end, _) = here.send(&[&here.file("a.txt", "a")], &to, &[]).end();
    assert_eq!(end["outcome"], "failed", "{end}");
    assert!(end["problem"].as_str().unwrap().contains("blocked here"), "{end}");
    assert!(tree(&there.inbox()).is_empty());
}
