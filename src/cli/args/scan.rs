//! The words after `airlift scan`.

use std::path::PathBuf;

use clap::Args;

use super::typed::absolute;
use crate::cli::asked::Scanning;

#[derive(Args)]
pub struct Scan {
    /// Files and folders; links are not followed
    #[arg(required_unless_present = "marked", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What was received while it could not be scanned, and is marked so in the history; what is infected goes into
    /// quarantine
    #[arg(long, conflicts_with = "paths")]
    marked: bool,
}

impl Scan {
    pub fn scanning(self) -> Result<Scanning, clap::Error> {
        if self.marked {
            return Ok(Scanning::Marked);
        }
        self.paths.iter().map(|path| absolute(path)).collect::<Result<_, _>>().map(Scanning::Paths)
    }
}
