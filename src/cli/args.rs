//! The command line: clap's reading of it, turned into plain data.
//!
//! Knows every word a person can type after `airlift`. Must not know what comes of it.

mod bench;
mod code;
mod history;
mod quarantine;
mod receive;
mod scan;
mod send;
#[cfg(test)]
mod tests;
mod transfers;
mod trust;
mod typed;
mod when;

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, builder::FalseyValueParser};

use self::typed::absolute;
pub use self::{
    code::Words,
    receive::{Accept, Reception},
    send::Sending,
};
use super::{
    asked::{Benching, Form, Keeping, KeptApart, LookUntil, Recalling, Scanning, Sought, Trusting},
    exit::EXIT_CODES,
};
use crate::{
    engine::{Config, Earlier, Multicast, default_home},
    logging::Echo,
    model::DeviceName,
};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub config: Config,
    pub form: Form,
    pub echo: Echo,
    pub task: Task,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    Window,
    Send(Sending),
    Receive(Reception),
    Bench(Benching),
    Transfers(Keeping),
    Trust(Trusting),
    History(Recalling),
    Verify(Sought),
    Quarantine(KeptApart),
    Devices(LookUntil),
    Doctor,
    Scan(Scanning),
    Demo,
    Id,
    Completions(clap_complete::Shell),
    Man,
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
    #[arg(
        long,
        global = true,
        env = "AIRLIFT_NO_DISCOVERY",
        hide_env_values = true,
        value_parser = FalseyValueParser::new()
    )]
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
    Send(send::Send),
    /// Receive what other devices send
    Receive(receive::Receive),
    /// Try how fast it can go: from memory to memory, then from disk to disk
    Bench(bench::Bench),
    /// Show the transfers that were interrupted; go on with them, or give them up
    Transfers {
        #[command(subcommand)]
        action: Option<transfers::Action>,
    },
    /// Show the devices that are on the network now
    Devices {
        /// Go on, and tell who comes, changes and goes, until Ctrl-C
        #[arg(long)]
        watch: bool,
    },
    /// Find out why devices may not see each other, how the virus scanner is, and what to do about it
    Doctor,
    /// Show files and folders to the virus scanner
    Scan(scan::Scan),
    /// Show the devices that are known; trust, forget or block them
    Trust {
        #[command(subcommand)]
        action: Option<trust::Action>,
    },
    /// Show what was sent and received, from whom and whereto; search it
    History(Box<history::History>),
    /// Look whether files that were sent or received are still what they were
    Verify(Box<history::Verify>),
    /// Show what is kept apart because of a virus, or until it can be checked; release or delete it
    Quarantine {
        #[command(subcommand)]
        action: Option<quarantine::Action>,
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
    let limit = match &action {
        Some(Action::Send(send::Send { limit, .. }) | Action::Receive(receive::Receive { limit, .. })) => {
            *limit
        }
        _ => None,
    };
    let earlier = match action {
        None => Earlier::All,
        Some(Action::Receive(_)) => Earlier::Receiving,
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
        Some(Action::Send(send)) => Task::Send(send.sending()?),
        Some(Action::Receive(receive)) => Task::Receive(receive.reception()?),
        Some(Action::Bench(bench)) => Task::Bench(bench.benching()),
        Some(Action::Transfers { action }) => Task::Transfers(transfers::Action::keeping(action)),
        Some(Action::Doctor) => Task::Doctor,
        Some(Action::Scan(scan)) => Task::Scan(scan.scanning()?),
        Some(Action::Devices { watch: false }) => Task::Devices(LookUntil::Answered),
        Some(Action::Devices { watch: true }) => Task::Devices(LookUntil::Interrupted),
        Some(Action::Trust { action }) => Task::Trust(trust::Action::trusting(action)?),
        Some(Action::History(history)) => Task::History(history.recalling()?),
        Some(Action::Verify(verify)) => Task::Verify(verify.sought()),
        Some(Action::Quarantine { action }) => Task::Quarantine(quarantine::Action::kept_apart(action)?),
        Some(Action::Demo) => Task::Demo,
        Some(Action::Id) => Task::Id,
        Some(Action::Completions { shell }) => Task::Completions(shell),
        Some(Action::Man) => Task::Man,
    })
}

fn after_help() -> String {
    format!("Exit codes:\n  {}", EXIT_CODES.replace('\n', "\n  "))
}
