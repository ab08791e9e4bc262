//! Hosts with cards without offloading, what their firewalls say, and a switch that swallows.

use std::{ops::Deref, process::Command};

use crate::{harness::Device, hosts::Hosts, loud::skipped, tool::run};

/// Hosts with the addresses `10.211.0.1`, `10.211.0.2`… and `fd00:211::1`, `fd00:211::2`… on `wire`.
pub struct Room(Hosts);

impl Deref for Room {
    type Target = Hosts;

    fn deref(&self) -> &Hosts {
        &self.0
    }
}

impl Room {
    /// `None`, and loudly, where this machine can't have one.
    pub fn new(test: &str, count: usize) -> Option<Self> {
        for tool in ["ip -V", "nft -v", "python3 -V"] {
            if let Err(why) = run(tool) {
                skipped(test, &format!("{why}; scripts/fault-packages installs it"));
                return None;
            }
        }
        let hosts = Hosts::new(test, count, 211)?;
        for host in 0..count {
            // Each packet is one on the wire, too.
            hosts.ip(host, "link set wire gso_max_segs 1");
        }
        Some(Self(hosts))
    }

    /// What a host's firewall says of what comes in: to be given without the braces around it.
    pub fn firewall(&self, host: usize, policy: &str, rules: &str) {
        let all = format!(
            "flush ruleset; table inet filter {{ chain input {{ type filter hook input priority 0; policy {policy}; {rules} }}; }}"
        );
        Self::nft(self.space(host), &all);
    }

    /// Larger packets vanish in the switch, and nobody is told.
    pub fn swallow_larger(&self, bytes: u32) {
        for port in ["port0", "port1"] {
            let chain = format!(
                "table netdev {port} {{ chain in {{ type filter hook ingress device \"{port}\" priority 0; meta length > {bytes} drop; }}; }}"
            );
            Self::nft(self.switch(), &chain);
        }
    }

    fn nft(space: &str, rules: &str) {
        let done = Command::new("ip").args(["netns", "exec", space, "nft", rules]).output().unwrap();
        assert!(done.status.success(), "{rules}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// The program on that host, as that device.
    pub fn airlift(&self, host: usize, device: &Device, words: &[&str]) -> Command {
        self.on(host, &device.command(words))
    }
}
