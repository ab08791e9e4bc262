//! Devices that find each other: real processes in network namespaces of the test's own, joined by a switch.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that can’t go on has failed, and content is any bytes"
)]

#[path = "support/hosts.rs"]
mod hosts;
#[path = "support/loud.rs"]
mod loud;
#[path = "support/tool.rs"]
mod tool;

use std::{
    io::{BufRead as _, BufReader},
    ops::Deref,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use hosts::Hosts;
use serde_json::Value;
use tempfile::TempDir;
use tool::run;

/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(40);

/// Hosts on one switch, and the program on them.
struct Lan(Hosts);

impl Deref for Lan {
    type Target = Hosts;

    fn deref(&self) -> &Hosts {
        &self.0
    }
}

impl Lan {
    /// `None`, and loudly, where this machine can't have one.
    fn new(test: &str, hosts: usize) -> Option<Self> {
        Hosts::new(test, hosts, 209).map(Self)
    }

    fn plug_in(&self, host: usize) {
        run(&format!("ip -n {} link set port{host} up", self.switch())).unwrap();
    }

    fn airlift(&self, host: usize, home: &TempDir, words: &[&str]) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airlift"));
        command.args(["--json", "--home"]).arg(own(home)).args(words).env_remove("AIRLIFT_NO_DISCOVERY");
        let mut there = self.on(host, &command);
        there.stdout(Stdio::piped()).stderr(Stdio::null());
        Running::start(there)
    }
}

/// A process and the lines that it writes.
struct Running {
    child: Child,
    lines: Receiver<Value>,
    reader: Option<JoinHandle<()>>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (tell, lines) = sync_channel(10_000);
        let out: ChildStdout = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tell.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        Self { child, lines, reader: Some(reader) }
    }

    /// The first line from now on that is looked for.
    #[track_caller]
    fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE.saturating_sub(began.elapsed())) {
                Ok(line) if wanted(&line) => return line,
                Ok(line) => seen.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no {what} among {seen:#?}")
                }
            }
        }
    }

    /// Everything, once it has ended.
    fn rest(mut self) -> Vec<Value> {
        self.child.wait().unwrap();
        self.lines.iter().collect()
    }

    fn end(mut self) {
        run(&format!("kill -TERM {}", self.child.id())).unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }
}

/// Airlift's own folder in a home: what is beside it can be sent and received into.
fn own(home: &TempDir) -> PathBuf {
    let own = home.path().join("airlift");
    std::fs::create_dir_all(&own).unwrap();
    own
}

fn homes<const N: usize>() -> [TempDir; N] {
    std::array::from_fn(|_| tempfile::tempdir().unwrap())
}

fn has_route(line: &Value, host: &str) -> bool {
    let routes = line["routes"].as_array().into_iter().flatten();
    routes.clone().any(|r| r["state"] == "proved" && r["address"].as_str().unwrap().starts_with(host))
}

const RECEIVE: [&str; 5] = ["receive", "--port", "27543", "--accept", "all"];

fn receive<'a>(dir: &'a str, name: &'a str) -> Vec<&'a str> {
    [&["--device-name", name][..], &RECEIVE, &["--dir", dir]].concat()
}

#[test]
fn two_hosts_see_each_other_over_both_families_of_addresses_and_after_the_cable_was_pulled() {
    let Some(lan) = Lan::new("two hosts see each other", 2) else { return };
    let [anna, ben, inbox] = homes();
    let inbox = inbox.path().to_str().unwrap();
    let receivers =
        [lan.airlift(0, &anna, &receive(inbox, "Anna")), lan.airlift(1, &ben, &receive(inbox, "Ben"))];
    for receiver in &receivers {
        receiver.until("listening", |line| line["event"] == "listening");
    }
    let [at_anna, at_ben] = homes();
    for (host, home, name) in [(0, &at_anna, "Ben"), (1, &at_ben, "Anna")] {
        let looking = lan.airlift(host, home, &["devices", "--watch"]);
        let found = looking.until(name, |line| {
            let other = 2 - host;
            line["name"] == name
                && has_route(line, &format!("10.209.0.{other}:"))
                && has_route(line, &format!("[fd00:209::{other}]:"))
        });
        assert_eq!((&found["state"], &found["trust"]), (&"proved".into(), &"stranger".into()));
        looking.end();
        // Without waiting for anything but the answers.
        let listed = lan.airlift(host, home, &["devices"]).rest();
        assert!(listed.iter().any(|line| line["name"] == name), "{listed:?}");
    }

    let looking = lan.airlift(0, &at_anna, &["devices", "--watch"]);
    let before = looking.until("Ben", |line| line["name"] == "Ben" && line["state"] == "proved");
    lan.pull_cable(1);
    looking.until("that Ben is gone", |line| line["event"] == "device_gone" && line["id"] == before["id"]);
    lan.ip(1, "address flush dev wire");
    lan.address(1, "10.209.0.77/24").unwrap();
    lan.plug_in(1);
    let back = looking.until("Ben at another address", |line| has_route(line, "10.209.0.77:"));
    assert_eq!(back["id"], before["id"]);

    // Whoever says goodbye is gone at once.
    let [_, ben] = receivers;
    ben.end();
    looking.until("that Ben has left", |line| line["event"] == "device_gone" && line["id"] == before["id"]);
}

#[test]
fn a_device_is_sent_to_by_its_name_its_id_or_its_link() {
    let Some(lan) = Lan::new("a device is sent to by its name", 2) else { return };
    let [anna, ben, inbox] = homes();
    let receiver = lan.airlift(1, &ben, &receive(inbox.path().to_str().unwrap(), "Ben’s desk"));
    let listening = receiver.until("listening", |line| line["event"] == "listening");
    let id = listening["device_id"].as_str().unwrap();
    let link = format!("airlift://{}@10.209.0.2:27543", id.replace('-', ""));
    for (n, to) in ["Ben’s desk", "ben’s DESK", id, &link].iter().enumerate() {
        let letter = anna.path().join(format!("letter {n}"));
        std::fs::write(&letter, to).unwrap();
        let sent = lan.airlift(0, &anna, &["send", letter.to_str().unwrap(), "--to", to]).rest();
        assert_eq!(sent.last().unwrap()["outcome"], "complete", "{to}: {sent:#?}");
        assert_eq!(std::fs::read_to_string(inbox.path().join(format!("letter {n}"))).unwrap(), *to);
    }
    // What is a host’s name, too, and nobody receives there.
    receiver.end();
    let receiver = lan.airlift(1, &ben, &receive(inbox.path().to_str().unwrap(), "Localhost"));
    receiver.until("listening", |line| line["event"] == "listening");
    let letter = anna.path().join("last");
    std::fs::write(&letter, "found").unwrap();
    let sent = lan.airlift(
        0,
        &tempfile::tempdir().unwrap(),
        &["send", letter.to_str().unwrap(), "--to", "localhost"],
    );
    let sent = sent.rest();
    assert_eq!(sent.last().unwrap()["outcome"], "complete", "{sent:#?}");
    receiver.end();
    let sent = lan.airlift(0, &anna, &["send", "/etc/hostname", "--to", "localhost"]).rest();
    assert!(sent.last().unwrap()["problem"].as_str().unwrap().contains("Nobody receives at"), "{sent:#?}");
    let sent = lan.airlift(0, &anna, &["send", "/etc/hostname", "--to", "Nobody here"]).rest();
    assert!(sent.last().unwrap()["problem"].as_str().unwrap().contains("Nobody here"), "{sent:#?}");
}

#[test]
fn a_network_without_ipv4_or_a_cable_without_any_address_but_its_own_is_enough() {
    for ours in ["[fd00:209::2]:", "[fe80::"] {
        let Some(lan) = Lan::new("a network without IPv4", 2) else { return };
        for host in 0..2 {
            lan.ip(host, &format!("address del 10.209.0.{}/24 dev wire", host + 1));
            if ours == "[fe80::" {
                lan.ip(host, &format!("address del fd00:209::{}/64 dev wire", host + 1));
            }
        }
        let [anna, ben, inbox] = homes();
        let receiver = lan.airlift(1, &ben, &receive(inbox.path().to_str().unwrap(), "Ben"));
        receiver.until("listening", |line| line["event"] == "listening");
        let looking = lan.airlift(0, &anna, &["devices", "--watch"]);
        looking.until("Ben", |line| line["name"] == "Ben" && has_route(line, ours));
        looking.end();
        let letter = anna.path().join("letter");
        std::fs::write(&letter, ours).unwrap();
        let sent = lan.airlift(0, &anna, &["send", letter.to_str().unwrap(), "--to", "Ben"]).rest();
        assert_eq!(sent.last().unwrap()["outcome"], "complete", "{ours}: {sent:#?}");
        assert_eq!(std::fs::read_to_string(inbox.path().join("letter")).unwrap(), ours);
    }
}

#[test]
fn a_code_alone_leads_two_terminals_to_each_other_and_a_wrong_one_is_spent() {
    let Some(lan) = Lan::new("a code alone leads to the receiver", 2) else { return };
    let [anna, ben, inbox] = homes();
    let letter = anna.path().join("letter");
    std::fs::write(&letter, "for whoever knows the words").unwrap();
    let letter = letter.to_str().unwrap();
    for (typed, outcome) in [("7-abandon-ability", "complete"), ("7-abandon-able", "failed")] {
        let dir = inbox.path().join(outcome);
        let words =
            ["receive", "--code", "7-abandon-ability", "--accept", "ask", "--dir", dir.to_str().unwrap()];
        let receiver = lan.airlift(1, &ben, &words);
        receiver.until("the code", |line| line["event"] == "code");
        let sent = lan.airlift(0, &anna, &["send", letter, "--code", typed]).rest();
        assert_eq!(sent.last().unwrap()["outcome"], outcome, "{sent:#?}");
        let after = receiver
            .until("what became of the code", |line| line["event"] == "code" && line["state"] != "given");
        assert_eq!(after["state"], if outcome == "complete" { "used" } else { "spent" });
        assert_eq!(dir.join("letter").exists(), outcome == "complete");
        receiver.end();
    }
}

/// Hidden devices on one host that have given out codes of the same number, with other words.
fn liars(lan: &Lan, host: usize) -> Vec<(TempDir, Running)> {
    let liar = |_| {
        let [home] = homes();
        std::fs::write(own(&home).join("settings.json"), "{\"visibility\":\"hidden\"}").unwrap();
        let inbox = home.path().join("inbox");
        let inbox = inbox.to_str().unwrap();
        let liar =
            lan.airlift(host, &home, &["receive", "--code", "7-abandon-able", "--port", "0", "--dir", inbox]);
        liar.until("the code", |line| line["event"] == "code");
        (home, liar)
    };
    (0..8).map(liar).collect()
}

#[test]
fn a_host_with_many_announcements_of_a_code_does_not_keep_the_one_that_is_meant_from_being_called() {
    let Some(lan) = Lan::new("many announcements of a code", 3) else { return };
    let [anna, ben, inbox] = homes();
    let liars = liars(&lan, 1);
    std::fs::write(own(&ben).join("settings.json"), "{\"visibility\":\"hidden\"}").unwrap();
    let words = ["receive", "--code", "7-abandon-ability", "--dir", inbox.path().to_str().unwrap()];
    let receiver = lan.airlift(2, &ben, &words);
    receiver.until("the code", |line| line["event"] == "code");
    let sent = lan.airlift(0, &anna, &["send", "/etc/hostname", "--code", "7-abandon-ability"]).rest();
    assert_eq!(sent.last().unwrap()["outcome"], "complete", "{sent:#?}");
    assert!(inbox.path().join("hostname").exists());
    drop(liars);
}

#[test]
fn no_more_than_a_few_devices_can_guess_a_code_however_many_announce_its_number() {
    let Some(lan) = Lan::new("a few devices can guess a code", 2) else { return };
    for more in 10..20 {
        lan.address(1, &format!("10.209.0.{more}/24")).unwrap();
    }
    let [anna] = homes();
    let liars = liars(&lan, 1);
    let sent = lan.airlift(0, &anna, &["send", "/etc/hostname", "--code", "7-abandon-ability"]).rest();
    assert_eq!(sent.last().unwrap()["outcome"], "failed", "{sent:#?}");
    let guessed = liars.into_iter().filter(|(_, liar)| {
        run(&format!("kill -TERM {}", liar.child.id())).unwrap();
        let mut lines = liar.lines.iter();
        lines.any(|line| line["event"] == "code" && line["state"] == "spent")
    });
    assert_eq!(guessed.count(), airlift::wire::limits::CODE_CANDIDATES);
}

#[test]
fn who_is_hidden_is_not_seen_and_who_shows_itself_to_friends_is_seen_by_them_alone() {
    let Some(lan) = Lan::new("who is hidden is not seen", 2) else { return };
    let [anna, eve, ben, inbox] = homes();
    let inbox = inbox.path().to_str().unwrap();
    let id = |host, home: &TempDir| {
        let said = lan.airlift(host, home, &["id"]).rest();
        said[0]["device_id"].as_str().unwrap().to_owned()
    };
    let (anna_id, ben_id) = (id(0, &anna), id(1, &ben));
    // They know each other; Eve knows Ben, and he doesn't know her.
    lan.airlift(0, &anna, &["trust", "add", &ben_id]).rest();
    lan.airlift(0, &eve, &["trust", "add", &ben_id]).rest();
    lan.airlift(1, &ben, &["trust", "add", &anna_id]).rest();
    for (visibility, seen_by_anna) in [("known", true), ("hidden", false)] {
        let settings = format!("{{\"visibility\":\"{visibility}\"}}");
        std::fs::write(own(&ben).join("settings.json"), settings).unwrap();
        let receiver = lan.airlift(1, &ben, &receive(inbox, "Ben"));
        receiver.until("listening", |line| line["event"] == "listening");
        for (home, sees) in [(&anna, seen_by_anna), (&eve, false)] {
            let listed = lan.airlift(0, home, &["devices"]).rest();
            assert_eq!(listed.iter().any(|line| line["id"] == *ben_id), sees, "{visibility}: {listed:?}");
        }
        receiver.end();
    }
}

#[test]
fn who_does_not_show_itself_to_everyone_calls_no_stranger_though_it_receives_nothing_itself() {
    let Some(lan) = Lan::new("who does not show itself calls no stranger", 2) else { return };
    let [anna, ben, inbox] = homes();
    let receiver = lan.airlift(1, &ben, &receive(inbox.path().to_str().unwrap(), "Ben"));
    receiver.until("listening", |line| line["event"] == "listening");
    for (visibility, state) in [("everyone", "proved"), ("known", "unproved"), ("hidden", "unproved")] {
        let settings = format!("{{\"visibility\":\"{visibility}\"}}");
        std::fs::write(own(&anna).join("settings.json"), settings).unwrap();
        let listed = lan.airlift(0, &anna, &["devices"]).rest();
        let ben = listed.iter().find(|line| line["name"] == "Ben").unwrap();
        assert_eq!(ben["state"], state, "{visibility}");
    }
}

#[test]
fn a_device_whose_address_changes_while_it_receives_shows_the_new_one() {
    let Some(lan) = Lan::new("an address changes while it is shown", 1) else { return };
    let [ben, inbox] = homes();
    let receiver = lan.airlift(0, &ben, &receive(inbox.path().to_str().unwrap(), "Ben"));
    let has = |line: &Value, host| line["addresses"].as_array().unwrap().contains(&Value::from(host));
    let before = receiver.until("listening", |line| line["event"] == "listening");
    assert!(has(&before, "10.209.0.1"));
    lan.ip(0, "address flush dev wire");
    lan.address(0, "10.209.0.77/24").unwrap();
    receiver.until("the new address alone", |line| {
        line["event"] == "listening" && has(line, "10.209.0.77") && !has(line, "10.209.0.1")
    });
}

#[test]
fn a_transfer_whose_receiver_comes_back_at_another_address_goes_on_by_itself() {
    let Some(lan) = Lan::new("a receiver comes back at another address", 2) else { return };
    let [anna, ben, inbox] = homes();
    let receiver = lan.airlift(1, &ben, &receive(inbox.path().to_str().unwrap(), "Ben"));
    receiver.until("listening", |line| line["event"] == "listening");
    let film = anna.path().join("film");
    let content: Vec<u8> = (0..30_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    std::fs::write(&film, &content).unwrap();
    let words = ["send", film.to_str().unwrap(), "--to", "10.209.0.2", "--limit", "5MB/s"];
    let sender = lan.airlift(0, &anna, &words);
    sender.until("content", |line| line["event"] == "progress" && line["bytes"].as_u64() > Some(5_000_000));
    lan.pull_cable(1);
    lan.ip(1, "address flush dev wire");
    lan.address(1, "10.209.0.88/24").unwrap();
    sender.until("the break", |line| line["event"] == "interrupted");
    lan.plug_in(1);
    sender.until("that it goes on", |line| line["event"] == "resumed");
    assert_eq!(sender.rest().last().unwrap()["outcome"], "complete");
    assert!(std::fs::read(inbox.path().join("film")).unwrap() == content);
}
