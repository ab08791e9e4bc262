//! The port of multicast DNS, where somebody has it who shares it with nobody.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{
    harness::{Device, Running},
    room::Room,
};

/// A program that has the port for itself, in both families of addresses.
struct Miser(Child);

impl Miser {
    fn on(room: &Room, host: usize) -> Self {
        const PROGRAM: &str = "import socket, time\n\
            s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\n\
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)\n\
            s.bind(('::', 5353))\n\
            print('has it', flush=True)\n\
            time.sleep(3600)\n";
        let mut command = Command::new("python3");
        command.args(["-I", "-c", PROGRAM]);
        let mut miser = room.on(host, &command).stdout(Stdio::piped()).spawn().unwrap();
        let mut told = String::new();
        BufReader::new(miser.stdout.take().unwrap()).read_line(&mut told).unwrap();
        assert_eq!(told, "has it\n");
        Self(miser)
    }
}

impl Drop for Miser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// As that device, with the network.
fn airlift(room: &Room, host: usize, device: &Device, words: &[&str]) -> Running {
    let mut command = device.command(words);
    command.env_remove("AIRLIFT_NO_DISCOVERY");
    let mut there = room.on(host, &command);
    there.env_remove("AIRLIFT_NO_DISCOVERY");
    Running::start(&mut there)
}

#[track_caller]
fn until(side: &mut Running, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let line = side.event().expect("it goes on");
        if wanted(&line) {
            return line;
        }
    }
}

fn names_the_miser(line: &Value) -> bool {
    let text = line["problem"].as_str().or(line["text"].as_str()).unwrap_or_default();
    text.contains("UDP port 5353") && text.contains("“python3") && text.contains("neither sees others")
}

#[test]
fn a_port_that_is_shared_with_nobody_is_told_by_name_and_had_as_soon_as_it_is_free() {
    let Some(room) = Room::new("a port that is shared with nobody", 2) else { return };
    let (anna, ben) = (Device::new(), Device::new());
    let miser = Miser::on(&room, 1);
    let mut doctor = airlift(&room, 1, &ben, &["doctor", "--json"]);
    let told = until(&mut doctor, |line| line["about"] == "Seeing each other");
    assert!(told["state"] == "bad" && names_the_miser(&told), "{told}");
    assert_eq!(doctor.exit(), 1);

    let mut devices = airlift(&room, 1, &ben, &["devices", "--json"]);
    until(&mut devices, |line| line["event"] == "error" && names_the_miser(line));
    let inbox = ben.inbox();
    let receive = ["receive", "--json", "--port", "27543", "--device-name", "Ben", "--dir"];
    let mut receiver = airlift(&room, 1, &ben, &[&receive[..], &[inbox.to_str().unwrap()]].concat());
    until(&mut receiver, |line| line["event"] == "error" && names_the_miser(line));
    let mut looking = airlift(&room, 0, &anna, &["devices", "--json", "--watch"]);
    drop(miser);
    until(&mut looking, |line| line["name"] == "Ben" && line["state"] == "proved");
}
