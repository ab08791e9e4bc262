//! The words after `airlift scan`.

use std::path::PathBuf;

use clap::Args;

use super::typed::absolute;

#[derive(Args)]
pub struct Scan {
    /// Files and folders; links are not followed
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Scan {
    pub fn paths(self) -> Result<Vec<PathBuf>, clap::Error> {
        self.paths.iter().map(|path| absolute(path)).collect()
    }
}
