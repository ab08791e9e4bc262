//! Hosts in network namespaces, and a switch that they hang on.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{harness::Device, loud::skipped, tool::run};

/// Hosts with the addresses `10.211.0.1`, `10.211.0.2`… and `fd00:211::1`, `fd00:211::2`… on `wire`.
pub struct Room {
    hosts: Vec<String>,
    switch: String,
}

impl Room {
    /// `None`, and loudly, where this machine can't have one.
    pub fn new(test: &str, hosts: usize) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        for tool in ["ip -V", "nft -v", "python3 -V"] {
            if let Err(why) = run(tool) {
                skipped(test, &format!("{why}; scripts/fault-packages installs it"));
                return None;
            }
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = |host: String| format!("airlift-n{}-{number}{host}", std::process::id());
        let room = Self {
            hosts: (0..hosts).map(|host| name(host.to_string())).collect(),
            switch: name("s".to_owned()),
        };
        match room.build() {
            Ok(()) => Some(room),
            Err(why) => {
                skipped(test, &format!("no network namespaces here (they need root): {why}"));
                None
            }
        }
    }

    fn build(&self) -> Result<(), String> {
        let switch = &self.switch;
        run(&format!("ip netns add {switch}"))?;
        run(&format!("ip -n {switch} link add switch type bridge"))?;
        run(&format!("ip -n {switch} link set switch up"))?;
        for (number, host) in self.hosts.iter().enumerate() {
            run(&format!("ip netns add {host}"))?;
            run(&format!("ip -n {host} link set lo up"))?;
            run(&format!("ip link add wire netns {host} type veth peer name port{number} netns {switch}"))?;
            // As cards without offloading: each packet is one on the wire, too.
            run(&format!("ip -n {host} link set wire gso_max_segs 1"))?;
            run(&format!("ip -n {switch} link set port{number} master switch up"))?;
            let own = number + 1;
            run(&format!("ip -n {host} address add 10.211.0.{own}/24 dev wire"))?;
            run(&format!("ip -n {host} address add fd00:211::{own}/64 dev wire nodad"))?;
            run(&format!("ip -n {host} link set wire up"))?;
        }
        Ok(())
    }

    /// `ip`, on that host.
    pub fn ip(&self, host: usize, words: &str) {
        run(&format!("ip -n {} {words}", self.hosts[host])).unwrap();
    }

    pub fn pull_cable(&self, host: usize) {
        run(&format!("ip -n {} link set port{host} down", self.switch)).unwrap();
    }

    /// What a host's firewall says of what comes in: to be given without the braces around it.
    pub fn firewall(&self, host: usize, policy: &str, rules: &str) {
        let all = format!(
            "flush ruleset; table inet filter {{ chain input {{ type filter hook input priority 0; policy {policy}; {rules} }}; }}"
        );
        Self::nft(&self.hosts[host], &all);
    }

    /// Larger packets vanish in the switch, and nobody is told.
    pub fn swallow_larger(&self, bytes: u32) {
        for port in ["port0", "port1"] {
            let chain = format!(
                "table netdev {port} {{ chain in {{ type filter hook ingress device \"{port}\" priority 0; meta length > {bytes} drop; }}; }}"
            );
            Self::nft(&self.switch, &chain);
        }
    }

    fn nft(space: &str, rules: &str) {
        let done = Command::new("ip").args(["netns", "exec", space, "nft", rules]).output().unwrap();
        assert!(done.status.success(), "{rules}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// A command on that host.
    pub fn on(&self, host: usize, command: &Command) -> Command {
        let mut there = Command::new("ip");
        there.args(["netns", "exec", &self.hosts[host]]).arg(command.get_program()).args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => there.env(key, value),
                None => there.env_remove(key),
            };
        }
        there.stdin(Stdio::null());
        there
    }

    /// The program on that host, as that device.
    pub fn airlift(&self, host: usize, device: &Device, words: &[&str]) -> Command {
        self.on(host, &device.command(words))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        for space in self.hosts.iter().chain([&self.switch]) {
            // Not there is as good.
            let _ = run(&format!("ip netns delete {space}"));
        }
    }
}
