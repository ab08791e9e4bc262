//! Whether somebody is there.

use std::io::{self, IsTerminal as _};

/// True where a person can be asked, and can answer.
pub fn at_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}
