//! Hosts in network namespaces of a test's own, and a switch that they hang on.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{
    loud::skipped,
    tool::{run, within},
};

/// None of them has a default route.
pub struct Hosts {
    spaces: Vec<String>,
    switch: String,
}

impl Hosts {
    /// With the addresses `10.NET.0.1`, `10.NET.0.2`… and `fd00:NET::1`, `fd00:NET::2`… on `wire`. `None`, and loudly, where
    /// this machine can't have them.
    pub fn new(test: &str, count: usize, net: u8) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = |host: String| format!("airlift-{net}-{}-{number}{host}", std::process::id());
        let hosts = Self {
            spaces: (0..count).map(|host| name(host.to_string())).collect(),
            switch: name("s".to_owned()),
        };
        match hosts.build(net) {
            Ok(()) => Some(hosts),
            Err(why) => {
                skipped(test, &format!("no network namespaces here (they need root and ip): {why}"));
                None
            }
        }
    }

    fn build(&self, net: u8) -> Result<(), String> {
        let switch = &self.switch;
        run(&format!("ip netns add {switch}"))?;
        run(&format!("ip -n {switch} link add switch type bridge"))?;
        run(&format!("ip -n {switch} link set switch up"))?;
        for (host, space) in self.spaces.iter().enumerate() {
            run(&format!("ip netns add {space}"))?;
            run(&format!("ip -n {space} link set lo up"))?;
            run(&format!("ip link add wire netns {space} type veth peer name port{host} netns {switch}"))?;
            run(&format!("ip -n {switch} link set port{host} master switch up"))?;
            self.address(host, &format!("10.{net}.0.{}/24", host + 1))?;
            self.address(host, &format!("fd00:{net}::{}/64", host + 1))?;
            run(&format!("ip -n {space} link set wire up"))?;
        }
        Ok(())
    }

    pub fn space(&self, host: usize) -> &str {
        &self.spaces[host]
    }

    pub fn switch(&self) -> &str {
        &self.switch
    }

    /// One more of its own, to be used at once.
    pub fn address(&self, host: usize, address: &str) -> Result<(), String> {
        let without_waiting = if address.contains(':') { "nodad" } else { "" };
        run(&format!("ip -n {} address add {address} dev wire {without_waiting}", self.space(host))).map(drop)
    }

    /// `ip`, on that host.
    pub fn ip(&self, host: usize, words: &str) {
        run(&format!("ip -n {} {words}", self.space(host))).unwrap();
    }

    pub fn pull_cable(&self, host: usize) {
        run(&format!("ip -n {} link set port{host} down", self.switch)).unwrap();
    }

    /// A command on that host.
    pub fn on(&self, host: usize, command: &Command) -> Command {
        within(self.space(host), command)
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for space in self.spaces.iter().chain([&self.switch]) {
            // Not there is as good.
            let _ = run(&format!("ip netns delete {space}"));
        }
    }
}
