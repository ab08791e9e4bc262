//! Programs of the system that a test uses.

use std::process::{Command, Stdio};

/// Runs a command whose words have no spaces in them; its output, or what it complained about.
pub fn run(words: &str) -> Result<String, String> {
    let mut parts = words.split_whitespace();
    let output = Command::new(parts.next().unwrap()).args(parts).stdin(Stdio::null()).output();
    let output = output.map_err(|e| format!("{words}: {e}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{words}: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// A command in a network namespace, with nothing to read.
pub fn within(space: &str, command: &Command) -> Command {
    let mut there = Command::new("ip");
    there.args(["netns", "exec", space]).arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => there.env(key, value),
            None => there.env_remove(key),
        };
    }
    there.stdin(Stdio::null());
    there
}
