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
