//! Whose fault it is that nothing gets through, and on which machine to do something about it.

use serde_json::Value;

use crate::{
    harness::{Device, Running, content},
    room::Room,
};

/// Two hosts, and a receiver on the second one.
struct Pair {
    room: Room,
    here: Device,
    there: Device,
    receiver: Running,
}

impl Pair {
    fn new(test: &str) -> Option<Self> {
        let room = Room::new(test, 2)?;
        let (here, there) = (Device::new(), Device::new());
        here.file("letter", "x");
        let inbox = there.inbox();
        let receive = ["receive", "--json", "--port", "27543", "--accept", "all", "--dir"];
        let words = [&receive[..], &[inbox.to_str().unwrap()]].concat();
        let mut receiver = Running::start(&mut room.airlift(1, &there, &words));
        receiver.wait_for("listening");
        Some(Self { room, here, there, receiver })
    }

    fn send(&self, to: &str) -> Value {
        let letter = self.here.path("letter");
        let words = ["send", "--json", letter.to_str().unwrap(), "--to", to];
        let (end, _) = Running::start(&mut self.room.airlift(0, &self.here, &words)).end();
        end
    }

    #[track_caller]
    fn fails(&self, to: &str, with: &[&str]) {
        let end = self.send(to);
        let problem = end["problem"].as_str().unwrap_or_else(|| panic!("{to}: {end}"));
        for part in with {
            assert!(problem.contains(part), "{to}, {part}: {problem}");
        }
        assert!(!problem.contains("os error"), "{problem}");
    }
}

#[test]
fn a_firewall_there_is_named_as_what_it_is_however_it_says_no() {
    let Some(pair) = Pair::new("a firewall there is named") else { return };
    let both = ["10.211.0.2", "fd00:211::2"];
    let says = |how: &str| pair.room.firewall(1, "accept", &format!("tcp dport 27543 {how};"));
    says("reject with icmpx type admin-prohibited");
    for to in both {
        pair.fails(
            to,
            &["A firewall turns Airlift away", "the other device’s, most likely", "let that TCP port in"],
        );
    }
    says("reject with tcp reset");
    for to in both {
        pair.fails(to, &["Nobody receives at", "or a firewall there answers"]);
    }
    says("reject with icmpx type port-unreachable");
    for to in both {
        pair.fails(to, &["Nobody receives at", "or a firewall there answers"]);
    }
    says("drop");
    pair.fails("10.211.0.2", &["doesn’t answer", "its firewall"]);
    says("accept");
    assert_eq!(both.map(|to| pair.send(to)["outcome"].clone()), ["complete", "complete"]);
}

#[test]
fn a_device_that_is_off_and_a_network_that_this_one_is_not_in_are_two_things() {
    let Some(pair) = Pair::new("a device that is off") else { return };
    for off in ["10.211.0.99", "fd00:211::99"] {
        pair.fails(off, &["Nothing is to be found at", "The other device is off"]);
    }
    for elsewhere in ["192.0.2.7", "2001:db8::7"] {
        pair.fails(elsewhere, &["This device is in no network that leads to"]);
    }
    // Its own rules.
    pair.room.ip(0, "route add prohibit 192.0.2.8");
    pair.fails("192.0.2.8", &["This device is in no network"]);
    pair.room.pull_cable(0);
    pair.fails("10.211.0.2", &["This device is in no network that leads to"]);
}

#[test]
fn an_address_that_every_network_has_is_asked_for_its_network_only_where_there_are_several() {
    let Some(pair) = Pair::new("an address that every network has") else { return };
    pair.room.ip(1, "address add fe80::211:2/64 dev wire nodad");
    assert_eq!(pair.send("fe80::211:2")["outcome"], "complete");
    assert_eq!(pair.send("fe80::211:2%wire")["outcome"], "complete");
    pair.fails("fe80::211:2%eth7", &["no network interface called “eth7”", "wire"]);
    pair.room.ip(0, "link add second type veth peer name end");
    pair.room.ip(0, "link set end up");
    pair.room.ip(0, "address add fe80::211:7/64 dev second nodad");
    pair.room.ip(0, "link set second up");
    pair.fails("fe80::211:2", &["Write behind it which", "fe80::211:2%wire"]);
    assert_eq!(pair.send("fe80::211:2%wire")["outcome"], "complete");
}

#[test]
fn the_one_whose_own_cable_was_pulled_is_told_so_and_the_other_one_is_not() {
    let Some(mut pair) = Pair::new("the one whose own cable was pulled") else { return };
    let film = pair.here.file("film", content(3 << 20));
    let words = ["send", "--json", film.to_str().unwrap(), "--to", "10.211.0.2", "--limit", "100kB/s"];
    let mut sender = Running::start(&mut pair.room.airlift(0, &pair.here, &words));
    sender.wait_for("progress");
    pair.room.pull_cable(0);
    let broken = sender.wait_for("interrupted");
    assert!(broken["problem"].as_str().unwrap().contains("This device is in no network"), "{broken}");
    let broken = pair.receiver.wait_for("interrupted");
    assert!(!broken["problem"].as_str().unwrap().contains("This device"), "{broken}");
}

#[test]
fn a_way_that_swallows_large_packets_is_found_out_and_gone_with_small_ones() {
    let Some(pair) = Pair::new("a way that swallows large packets") else { return };
    pair.room.swallow_larger(1300);
    // So many that the list of them is more than a packet, too.
    let film = pair.here.file("all/film", content(3 << 20));
    for number in 0..500 {
        pair.here.file(&format!("all/one of many small files {number}"), "x");
    }
    let words = ["send", "--json", film.parent().unwrap().to_str().unwrap(), "--to", "10.211.0.2"];
    let mut sender = Running::start(&mut pair.room.airlift(0, &pair.here, &words));
    let broken = sender.wait_for("interrupted");
    assert!(broken["problem"].as_str().unwrap().contains("larger packets get lost on the way"), "{broken}");
    let (end, code) = sender.end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    assert_eq!(std::fs::read(pair.there.inbox().join("all/film")).unwrap(), content(3 << 20));
}

#[test]
fn the_doctor_reads_this_devices_firewall_and_says_what_it_turns_away() {
    let Some(room) = Room::new("the doctor reads the firewall", 1) else { return };
    let device = Device::new();
    let finding = || {
        let mut doctor = Running::start(&mut room.airlift(0, &device, &["doctor", "--json"]));
        let mut all = std::iter::from_fn(|| doctor.event());
        all.find(|line| line["about"] == "Firewall").expect("a finding")
    };
    for (policy, rules, state, part) in [
        ("accept", "", "fine", "No rule of a firewall"),
        ("drop", "ct state established,related accept; iif lo accept;", "bad", "TCP port 27543"),
        ("drop", "tcp dport { 22, 27543 } accept;", "doubtful", "UDP port 5353"),
        ("drop", "ip saddr 10.0.0.0/8 accept;", "doubtful", "some and not others"),
        (
            "drop",
            "meta l4proto { tcp, udp } th dport vmap { 27543 : accept, 5353 : accept };",
            "fine",
            "No rule",
        ),
    ] {
        room.firewall(0, policy, rules);
        let told = finding();
        assert_eq!(told["state"], state, "{rules}: {told}");
        assert!(told["text"].as_str().unwrap().contains(part), "{rules}: {told}");
    }
}
