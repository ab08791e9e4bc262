//! The words after `airlift send`.

use std::path::PathBuf;

use clap::Args;

use super::{one_name, usage};
use crate::{
    cli::send::Sending,
    model::{ByteRate, Source, Target},
};

#[derive(Args)]
pub struct Send {
    /// Files and folders; “-” is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The other device: a host name or an IP address, and the port unless it is the usual one
    #[arg(long, value_name = "HOST[:PORT]")]
    to: Target,
    /// The name that standard input arrives under
    #[arg(long = "as", value_name = "FILENAME", value_parser = one_name)]
    name: Option<String>,
    /// The most to send in a second, such as 20MB/s or 100Mbit/s; unless given, what the settings
    /// say
    #[arg(long, value_name = "SPEED")]
    pub limit: Option<ByteRate>,
}

impl Send {
    pub fn sending(self) -> Result<Sending, clap::Error> {
        Ok(Sending { to: self.to, sources: sources(self.paths, self.name)? })
    }
}

/// “-” is standard input; a file of that name is `./-`.
fn sources(paths: Vec<PathBuf>, name: Option<String>) -> Result<Vec<Source>, clap::Error> {
    let is_stream = |path: &PathBuf| path.as_os_str() == "-";
    match (paths.iter().filter(|path| is_stream(path)).count(), &name) {
        (0, None) | (1, Some(_)) => {}
        (0, Some(_)) => {
            return Err(usage("--as names standard input: give “-” as a PATH, or leave --as out."));
        }
        (1, None) => return Err(usage("Standard input needs a name to arrive under: add --as FILENAME.")),
        _ => return Err(usage("“-” is given more than once; standard input can be read only once.")),
    }
    let mut name = name;
    let source = |path| match name.take_if(|_| is_stream(&path)) {
        Some(name) => Source::StandardInput { name },
        None => Source::Path(path),
    };
    Ok(paths.into_iter().map(source).collect())
}
