//! A receiver whose system calls fail, are cut short or kill it, as strace is told.

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::harness::Running;

/// A receiver that takes everything, once, and ends with its test together with what traces it.
pub struct Receiver {
    running: Option<Running>,
    pub port: String,
    group: u32,
}

/// What is done to its system calls: strace's own words, such as `fsync,fdatasync:error=EIO:when=2`.
/// A count is each thread's own.
pub type Fault = String;

impl Receiver {
    /// Starts one and waits until it listens.
    ///
    /// # Errors
    /// With its last words when it ends before that.
    pub fn start(inbox: &Path, home: &Path, port: &str, faults: &[Fault]) -> Result<Self, Vec<Value>> {
        Self::obeying("keep-both", inbox, home, port, faults)
    }

    /// As [`Receiver::start`], with another rule for names that are taken.
    ///
    /// # Errors
    /// The same.
    pub fn obeying(
        conflict: &str,
        inbox: &Path,
        home: &Path,
        port: &str,
        faults: &[Fault],
    ) -> Result<Self, Vec<Value>> {
        let airlift = env!("CARGO_BIN_EXE_airlift");
        let mut command = Command::new(if faults.is_empty() { airlift } else { "strace" });
        if !faults.is_empty() {
            let calls: Vec<_> = faults.iter().filter_map(|fault| fault.split(':').next()).collect();
            command.args(["-f", "-qq", "-o", "/dev/null"]);
            command.arg("-e").arg(format!("trace={}", calls.join(",")));
            for fault in faults {
                command.arg("-e").arg(format!("inject={fault}"));
            }
            command.arg(airlift);
        }
        Self::run(command, conflict, inbox, home, port)
    }

    /// As [`Receiver::start`], as another user, in words of setpriv.
    ///
    /// # Errors
    /// The same.
    pub fn by(user: &[&str], inbox: &Path, home: &Path) -> Result<Self, Vec<Value>> {
        let mut command = Command::new("setpriv");
        command.args(user).arg(env!("CARGO_BIN_EXE_airlift"));
        Self::run(command, "keep-both", inbox, home, "0")
    }

    fn run(
        mut command: Command,
        conflict: &str,
        inbox: &Path,
        home: &Path,
        port: &str,
    ) -> Result<Self, Vec<Value>> {
        let inbox = inbox.to_str().unwrap();
        command.args(["receive", "--json", "--port", port, "--dir", inbox, "--accept", "all", "--once"]);
        command.args(["--conflict", conflict]);
        command.env("AIRLIFT_HOME", home).env("AIRLIFT_NO_DISCOVERY", "1").env_remove("AIRLIFT_LOG");
        command.stdin(Stdio::null()).process_group(0);
        let mut running = Running::start(&mut command);
        let group = running.id();
        let mut heard = Vec::new();
        while let Some(event) = running.event() {
            if event["event"] == "listening" {
                let port = event["port"].to_string();
                return Ok(Self { running: Some(running), port, group });
            }
            heard.push(event);
        }
        Err(heard)
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn running(&mut self) -> &mut Running {
        self.running.as_mut().unwrap()
    }

    /// Waits for its end: what it said of the last transfer that ended, and its exit code unless a
    /// signal ended it.
    pub fn end(mut self) -> (Option<Value>, Option<i32>) {
        let mut running = self.running.take().unwrap();
        let mut finished = None;
        while let Some(event) = running.event() {
            if event["event"] == "finished" {
                finished = Some(event);
            }
        }
        (finished, running.code())
    }

    /// Has it see nothing of what happens until it is killed, as a power cut leaves nobody who could tell of it.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    pub fn kill(mut self) {
        self.end_group();
        let _ = self.running.take().unwrap().code();
    }

    fn end_group(&self) {
        self.signal("KILL");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} -{} 2>/dev/null", self.group);
        let _ = Command::new("sh").args(["-c", &kill]).status();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // After its end there is no such group, and its number is not used again so soon.
        if self.running.is_some() {
            self.end_group();
        }
    }
}
