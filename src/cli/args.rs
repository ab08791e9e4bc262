//! The command line: clap's reading of it, turned into plain data.
//!
//! Knows every word a person can type after `airlift`. Must not know what comes of it.

mod transfers;

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum, error::ErrorKind};

use super::{bench::Benching, exit::EXIT_CODES, receive::Until, send::Sending, transfers::Keeping};
use crate::{
    engine::{Config, Earlier, MAX_TRIAL, Multicast, PortChoice, default_home},
    logging::Echo,
    model::{ByteRate, Conflict, DeviceName, Landing, RelPath, Source, Target, text},
};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub config: Config,
    pub form: Form,
    pub echo: Echo,
    pub task: Task,
}

/// Whom the program speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Person,
    /// A person who wants to hear of mistakes alone.
    Quiet,
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    Window,
    Send(Sending),
    Receive(Reception),
    Bench(Benching),
    Transfers(Keeping),
    Demo,
    Id,
    Completions(clap_complete::Shell),
    Man,
}

/// How to receive, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reception {
    pub port: PortChoice,
    pub accept: Accept,
    pub until: Until,
    /// Where it goes; its `conflict` is the default until the settings are known.
    pub landing: Landing,
    /// `None`: as the settings have it.
    pub conflict: Option<Conflict>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Accept {
    /// Ask for each offer; decline where there is no terminal to ask on
    Ask,
    /// Accept every offer
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnConflict {
    /// Store the new file beside the old one, as “photo (1).jpg”
    KeepBoth,
    /// Leave the old file and don’t fetch the new one
    Skip,
    /// Put the new file in the old one’s place once it is whole
    Replace,
    /// Add to the folders that are there what is missing in them; what is there and the same isn’t sent
    Complete,
}

/// Moves files and folders between machines on the same network: fast, private, verified.
///
/// Without a command, airlift opens its window.
#[derive(Parser)]
#[command(name = "airlift", version, after_help = after_help())]
struct CommandLine {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// The folder for everything the program keeps: key, settings, logs
    #[arg(long, global = true, value_name = "DIR", env = "AIRLIFT_HOME", hide_env_values = true)]
    home: Option<PathBuf>,
    /// A name for this device, for this run alone
    #[arg(long, global = true, value_name = "NAME", value_parser = DeviceName::parse)]
    device_name: Option<DeviceName>,
    /// Don’t announce this device on the network, and don’t look for others
    #[arg(long, global = true, env = "AIRLIFT_NO_DISCOVERY", hide_env_values = true)]
    no_discovery: bool,
    /// Tell what happens as JSON, one object a line
    #[arg(long, global = true)]
    json: bool,
    /// Tell only what goes wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Show the log as well; twice for more of it
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
}

#[derive(Subcommand)]
enum Action {
    /// Send files and folders to a device that receives
    Send {
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
        limit: Option<ByteRate>,
    },
    /// Receive what other devices send
    Receive {
        /// The folder that files go to; it is made when it isn’t there
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// The port to listen on, or none; 0 lets the system choose. Otherwise it is the usual
        /// port, or the next free one
        #[arg(long, value_name = "N")]
        port: Option<u16>,
        /// Who says yes to an offer
        #[arg(long, value_enum, default_value_t = Accept::Ask)]
        accept: Accept,
        /// Exit after one transfer, however it ends
        #[arg(long)]
        once: bool,
        /// Another name for the one thing that is sent, or a new folder for several
        #[arg(long, value_name = "NAME", value_parser = one_name)]
        save_as: Option<String>,
        /// What becomes of a file whose name is taken; unless given, what the settings say
        #[arg(long, value_enum)]
        conflict: Option<OnConflict>,
        /// The most to receive in a second, such as 20MB/s or 100Mbit/s, by all transfers together;
        /// unless given, what the settings say
        #[arg(long, value_name = "SPEED")]
        limit: Option<ByteRate>,
    },
    /// Try how fast it can go: from memory to memory, then from disk to disk
    Bench {
        /// The device to send to, which must be receiving; otherwise this device tries itself
        #[arg(long, value_name = "HOST[:PORT]")]
        to: Option<Target>,
        /// How much is sent each time, such as 500MB or 4GiB
        #[arg(long, value_name = "SIZE", default_value = "1GB", value_parser = size)]
        size: u64,
    },
    /// Show the transfers that were interrupted; go on with them, or give them up
    Transfers {
        #[command(subcommand)]
        action: Option<transfers::Action>,
    },
    /// Show a transfer between two devices that both are this machine
    Demo,
    /// Show this device’s name, id and addresses
    Id,
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page
    Man,
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// When it can't be understood, or asks for help or the version: the error is the text to show.
pub fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Invocation, clap::Error> {
    let CommandLine { global, action } = CommandLine::try_parse_from(line)?;
    let form = match (global.json, global.quiet) {
        (true, _) => Form::Json,
        (false, true) => Form::Quiet,
        (false, false) => Form::Person,
    };
    let echo = match global.verbose {
        0 => Echo::Nothing,
        1 => Echo::Info,
        _ => Echo::Debug,
    };
    let home = global.home.unwrap_or_else(default_home);
    let limit = match action {
        Some(Action::Send { limit, .. } | Action::Receive { limit, .. }) => limit,
        _ => None,
    };
    let earlier = match action {
        None => Earlier::All,
        Some(Action::Receive { .. }) => Earlier::Receiving,
        Some(Action::Transfers { .. }) => Earlier::Listed,
        Some(_) => Earlier::None,
    };
    let multicast = if global.no_discovery { Multicast::Never } else { Multicast::Allowed };
    let config =
        Config { home: absolute(&home)?, device_name: global.device_name, limit, earlier, multicast };
    Ok(Invocation { config, form, echo, task: task(action)? })
}

/// The whole command, for its manual page and its completions.
#[must_use]
pub fn command() -> clap::Command {
    CommandLine::command()
}

fn task(action: Option<Action>) -> Result<Task, clap::Error> {
    Ok(match action {
        None => Task::Window,
        Some(Action::Send { paths, to, name, .. }) => {
            Task::Send(Sending { to, sources: sources(paths, name)? })
        }
        Some(Action::Receive { dir, port, accept, once, save_as, conflict, .. }) => {
            Task::Receive(Reception {
                port: port.map_or(PortChoice::Default, PortChoice::Exactly),
                accept,
                until: if once { Until::OneTransfer } else { Until::Interrupted },
                landing: Landing {
                    folder: dir.as_deref().map(absolute).transpose()?,
                    name: save_as,
                    conflict: Conflict::default(),
                },
                conflict: conflict.map(Conflict::from),
            })
        }
        Some(Action::Bench { to, size }) => Task::Bench(Benching { to, bytes: size }),
        Some(Action::Transfers { action }) => Task::Transfers(transfers::Action::keeping(action)),
        Some(Action::Demo) => Task::Demo,
        Some(Action::Id) => Task::Id,
        Some(Action::Completions { shell }) => Task::Completions(shell),
        Some(Action::Man) => Task::Man,
    })
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

fn absolute(path: &Path) -> Result<PathBuf, clap::Error> {
    std::path::absolute(path)
        .map_err(|e: io::Error| usage(&format!("{} can’t be used: {e}.", path.display())))
}

fn usage(sentence: &str) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{sentence}\n"))
}

/// Bytes for a speed test.
fn size(text: &str) -> Result<u64, String> {
    match parse_size::parse_size(text) {
        Ok(0) => Err("nothing can’t be sent".to_owned()),
        Ok(bytes @ ..=MAX_TRIAL) => Ok(bytes),
        Ok(_) | Err(parse_size::Error::PosOverflow) => Err(format!("the most is {}", text::bytes(MAX_TRIAL))),
        Err(_) => Err("it is no size: type it like 500MB or 4GiB".to_owned()),
    }
}

/// One name, with no folder in front of it.
fn one_name(text: &str) -> Result<String, String> {
    match RelPath::parse(text) {
        Ok(path) if path.parent().is_none() => Ok(text.to_owned()),
        Ok(_) => Err("it holds a “/”, and must be one name".to_owned()),
        Err(problem) => Err(problem.to_string()),
    }
}

fn after_help() -> String {
    format!("Exit codes:\n  {}", EXIT_CODES.replace('\n', "\n  "))
}

impl From<OnConflict> for Conflict {
    fn from(choice: OnConflict) -> Self {
        match choice {
            OnConflict::KeepBoth => Self::KeepBoth,
            OnConflict::Skip => Self::Skip,
            OnConflict::Replace => Self::Replace,
            OnConflict::Complete => Self::Complete,
        }
    }
}

#[cfg(test)]
mod tests;
