//! What can be asked of the commands, as plain data: read by `args`, obeyed by the commands.

use std::path::PathBuf;

use crate::{
    engine::{
        PortChoice,
        history::{Query, RowId},
    },
    model::{DeviceName, Recording, Target, Trust},
};

/// Whom the program speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Person,
    /// A person who wants to hear of mistakes alone.
    Quiet,
    Json,
}

/// What `bench` is to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benching {
    /// `None`: this device itself.
    pub to: Option<Target>,
    /// How much is sent in each round.
    pub bytes: u64,
}

/// Where a text comes from that is not among the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFrom {
    StandardInput,
    Clipboard,
}

/// What `scan` is to show to the scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanning {
    /// Files and folders.
    Paths(Vec<PathBuf>),
    /// What was received while it could not be scanned, and stands where it was put.
    Marked,
}

/// What `transfers` is to do, with ids as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeping {
    List(Vec<String>),
    Resume { ids: Vec<String>, port: PortChoice },
    Cancel(Vec<String>),
    Remove(Vec<String>),
}

/// What `trust` is to do, with devices as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trusting {
    List(Vec<String>),
    Add {
        device: String,
        name: Option<DeviceName>,
        trust: Trust,
        folder: Option<PathBuf>,
    },
    Remove(Vec<String>),
    Block(Vec<String>),
    /// Whether their transfers are recorded in the history.
    Record {
        devices: Vec<String>,
        recording: Recording,
    },
}

/// What `history` is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recalling {
    List { sought: Sought, most: Option<usize>, layout: Layout },
    Remove { what: Removing, sure: Sure },
    Clear(Sure),
}

/// What `quarantine` is to do, with ids as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptApart {
    List(Vec<String>),
    Release(Vec<String>, Sure),
    Delete(Vec<String>, Sure),
    /// All where none is named.
    Rescan(Vec<String>),
}

/// What is looked for in the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Without the device.
    pub query: Query,
    /// As typed.
    pub device: Option<String>,
}

/// How a list is laid out, unless a script wants it as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Lines,
    /// Comma-separated values.
    Table,
}

/// What is removed from the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removing {
    Ids(Vec<RowId>),
    Sought(Sought),
}

/// Whether a person is asked before something is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    Ask,
    /// They have said so.
    Said,
}

/// Until when `devices` looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookUntil {
    /// Everybody has had the time to answer.
    Answered,
    /// Somebody presses Ctrl-C.
    Interrupted,
}

/// Until when `receive` waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveUntil {
    Interrupted,
    /// One transfer has ended, in whatever way.
    OneTransfer,
}
