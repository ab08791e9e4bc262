//! A network of two hosts and a switch between them, in network namespaces of the test's own: cables
//! that can be pulled, packets that vanish, connections that are reset, addresses that change.
//!
//! The sender knows the receiver by a name, which leads wherever the receiver is.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;

use crate::{
    loud::skipped,
    tool::{run, within},
};

/// What the sender calls the receiver.
pub const NAME: &str = "receiver.test";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    Sender,
    Receiver,
}

/// What the two hosts hang on.
#[derive(Clone, Copy)]
pub enum Wire {
    /// A switch, as fast as this machine.
    Switch,
    /// A way that takes its time and loses packets; the same ones for the same seed.
    Weather(Weather),
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Milliseconds there and back.
    pub round_trip: u32,
    /// Per cent of the packets, either way.
    pub loss: u32,
    /// Kilobits a second, either way.
    pub rate: Option<u32>,
    pub seed: u64,
}

pub struct Lan {
    /// Of the sender, the receiver and the switch.
    spaces: [String; 3],
    /// The last number of each host's address.
    addresses: [u8; 2],
    relay: Option<Child>,
}

impl Lan {
    /// `None`, and loudly, where this machine can't have one.
    pub fn new(test: &str, wire: Wire) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        for tool in ["ip -V", "tc -V", "nft -v", "ss -V", "python3 -V"] {
            if let Err(why) = run(tool) {
                skipped(test, &format!("{why}; scripts/fault-packages installs it"));
                return None;
            }
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = |host| format!("airlift-{}-{number}{host}", std::process::id());
        let mut lan = Self { spaces: ["a", "b", "m"].map(name), addresses: [1, 2], relay: None };
        match lan.build(wire) {
            Ok(()) => Some(lan),
            Err(why) => {
                skipped(test, &format!("no network namespaces here (they need root): {why}"));
                None
            }
        }
    }

    fn build(&mut self, wire: Wire) -> Result<(), String> {
        let [a, b, m] = self.spaces.clone();
        for space in [&a, &b, &m] {
            run(&format!("ip netns add {space}"))?;
            run(&format!("ip -n {space} link set lo up"))?;
        }
        match wire {
            Wire::Switch => {
                run(&format!("ip -n {m} link add switch type bridge"))?;
                for (space, port) in [(&a, "port-a"), (&b, "port-b")] {
                    run(&format!("ip link add wire netns {space} type veth peer name {port} netns {m}"))?;
                    run(&format!("ip -n {m} link set {port} master switch up"))?;
                }
                run(&format!("ip -n {m} link set switch up"))?;
            }
            Wire::Weather(weather) => self.relay = Some(relay(&a, &b, weather)?),
        }
        for (space, address) in [&a, &b].into_iter().zip(self.addresses) {
            run(&format!("ip -n {space} address add 10.208.0.{address}/24 dev wire"))?;
            run(&format!("ip -n {space} link set wire up"))?;
            // Duplicate addresses are looked for, for a second, before one of these can be used.
            run(&format!("ip netns exec {space} sysctl -qw net.ipv6.conf.all.disable_ipv6=1"))?;
            if let Wire::Weather(weather) = wire {
                // What most people have; it takes loss hard.
                run(&format!("ip netns exec {space} sysctl -qw net.ipv4.tcp_congestion_control=cubic"))?;
                run(&format!("ip -n {space} link set wire txqueuelen 10000"))?;
                if let Some(rate) = weather.rate {
                    let shape = format!("rate {rate}kbit burst 10kb limit 64kb");
                    run(&format!("tc -n {space} qdisc add dev wire root tbf {shape}"))?;
                }
            }
        }
        self.name_receiver()
    }

    fn space(&self, host: Host) -> &str {
        &self.spaces[host as usize]
    }

    /// The program and its arguments, on that host.
    pub fn on(&self, host: Host, command: &Command) -> Command {
        within(self.space(host), command)
    }

    /// Bytes that the sender’s host has put on its wire, with everything that packets have.
    pub fn sent(&self) -> u64 {
        let told = run(&format!("ip -n {} -s -j link show wire", self.space(Host::Sender))).unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        told[0]["stats64"]["tx"]["bytes"].as_u64().unwrap()
    }

    /// Nothing passes the switch any more, and nobody hears of it.
    pub fn swallow(&self) {
        let switch = &self.spaces[2];
        for port in ["port-a", "port-b"] {
            let chain = format!(
                "cut {port} {{ type filter hook ingress device \"{port}\" priority 0 ; policy drop ; }}"
            );
            run(&format!("ip netns exec {switch} nft add table netdev cut")).unwrap();
            let mut nft = Command::new("ip");
            nft.args(["netns", "exec", switch, "nft", &format!("add chain netdev {chain}")]);
            assert!(nft.status().unwrap().success());
        }
    }

    pub fn let_through(&self) {
        run(&format!("ip netns exec {} nft delete table netdev cut", self.spaces[2])).unwrap();
    }

    /// Every connection of a host is reset.
    pub fn reset(&self, host: Host) {
        run(&format!("ip netns exec {} ss -K -t state established", self.space(host))).unwrap();
    }

    /// One connection of the receiver’s host is dead from now on, and others live.
    pub fn swallow_port(&self, port: u16) {
        let space = self.space(Host::Receiver);
        let rules = format!(
            "add table inet cut; \
             add chain inet cut in {{ type filter hook input priority 0; }}; \
             add chain inet cut out {{ type filter hook output priority 0; }}; \
             add rule inet cut in tcp sport {port} drop; \
             add rule inet cut out tcp dport {port} drop"
        );
        assert!(Command::new("ip").args(["netns", "exec", space, "nft", &rules]).status().unwrap().success());
    }

    /// The senders’ ports of the connections that the receiver’s host has, each with the bytes that
    /// have come over it.
    pub fn connections(&self) -> Vec<(u16, u64)> {
        let told = run(&format!("ip netns exec {} ss -Htni state established", self.space(Host::Receiver)));
        let told = told.unwrap().replace("\n\t", " ");
        let parse = |line: &str| {
            let port = line.split_whitespace().nth(3)?.rsplit(':').next()?.parse().ok()?;
            let received = line.split("bytes_received:").nth(1)?.split_whitespace().next()?;
            Some((port, received.parse().ok()?))
        };
        told.lines().filter_map(parse).collect()
    }

    /// A cable is pulled out of the switch.
    pub fn pull(&self, host: Host) {
        self.cable(host, "down");
    }

    pub fn plug_in(&self, host: Host) {
        self.cable(host, "up");
    }

    fn cable(&self, host: Host, state: &str) {
        let port = ["port-a", "port-b"][host as usize];
        run(&format!("ip -n {} link set {port} {state}", self.spaces[2])).unwrap();
    }

    /// A host has another address from now on.
    pub fn move_on(&mut self, host: Host) {
        let (space, old) = (self.space(host).to_owned(), self.addresses[host as usize]);
        let new = old + 2;
        self.addresses[host as usize] = new;
        run(&format!("ip -n {space} address del 10.208.0.{old}/24 dev wire")).unwrap();
        run(&format!("ip -n {space} address add 10.208.0.{new}/24 dev wire")).unwrap();
        self.name_receiver().unwrap();
    }

    /// `ip netns exec` shows programs this file as their own.
    fn hosts(&self) -> PathBuf {
        Path::new("/etc/netns").join(self.space(Host::Sender)).join("hosts")
    }

    fn name_receiver(&self) -> Result<(), String> {
        let hosts = self.hosts();
        fs::create_dir_all(hosts.parent().unwrap()).map_err(|e| e.to_string())?;
        // In place: a running program has the file itself.
        let line = format!("127.0.0.1 localhost\n10.208.0.{} {NAME}\n", self.addresses[1]);
        fs::write(hosts, line).map_err(|e| e.to_string())
    }

    /// Nothing gets through for that long; then everything does that was sent meanwhile.
    pub fn stall(&self) {
        run(&format!("kill -USR1 {}", self.relay.as_ref().expect("a way with weather").id())).unwrap();
    }
}

/// Starts the program that is the way between the two.
fn relay(a: &str, b: &str, weather: Weather) -> Result<Child, String> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/weather.py");
    let mut child = Command::new("python3")
        .args(["-I", program.to_str().unwrap(), a, b])
        .args([f64::from(weather.round_trip) / 2.0, weather.loss.into()].map(|n| n.to_string()))
        .arg(weather.seed.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut ready = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let read = std::io::BufRead::read_line(&mut out, &mut ready);
    if read.is_ok() && ready == "ready\n" {
        return Ok(child);
    }
    let _ = child.kill();
    let _ = child.wait();
    Err("the devices of the way between them can’t be made".into())
}

impl Drop for Lan {
    fn drop(&mut self) {
        if let Some(relay) = &mut self.relay {
            let _ = relay.kill();
            let _ = relay.wait();
        }
        for space in &self.spaces {
            let _ = run(&format!("ip netns delete {space}"));
        }
        if let Some(folder) = self.hosts().parent() {
            let _ = fs::remove_dir_all(folder);
        }
    }
}
