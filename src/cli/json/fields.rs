//! Small things of the model as the values of fields.
//!
//! Knows the words that `docs/CLI.md` gives to them.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Serialize;

use crate::model::{
    DeviceName, Direction, EntryKind, Medium, Peer, Purpose, Side, Skipped, TopItem, Transfer,
};

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectionLine {
    Send,
    Receive,
}

#[derive(Serialize)]
pub struct SkippedLine {
    links: u64,
    special: u64,
    unreadable: u64,
    own: u64,
    gone: u64,
    new: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SideLine {
    Here,
    There,
}

/// Why a transfer rests.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonLine {
    Person,
    NoRoom,
    NoDisk,
}

impl From<Direction> for DirectionLine {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Send => Self::Send,
            Direction::Receive => Self::Receive,
        }
    }
}

impl From<Skipped> for SkippedLine {
    fn from(skipped: Skipped) -> Self {
        let Skipped { links, special, unreadable, own, gone, new } = skipped;
        Self { links, special, unreadable, own, gone, new }
    }
}

impl From<Side> for SideLine {
    fn from(side: Side) -> Self {
        match side {
            Side::Here => Self::Here,
            Side::There => Self::There,
        }
    }
}

/// What is at the two ends of a speed test.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialLine {
    Memory,
    Disk,
}

/// What a transfer is for.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PurposeLine {
    Files,
    Text,
    SpeedTest,
}

impl From<Purpose> for PurposeLine {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Files => Self::Files,
            Purpose::Text => Self::Text,
            Purpose::Trial(_) => Self::SpeedTest,
        }
    }
}

/// Which transfer a line is of.
#[derive(Serialize)]
pub struct Of<'a> {
    transfer: String,
    direction: DirectionLine,
    /// The sender, on the receiving side.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<PeerLine<'a>>,
    /// The receiver, on the sending side.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<PeerLine<'a>>,
}

#[derive(Serialize)]
pub struct PeerLine<'a> {
    name: Option<&'a str>,
    id: Option<String>,
    address: &'a str,
}

#[derive(Serialize)]
pub struct Item<'a> {
    name: &'a str,
    kind: KindLine,
    bytes: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum KindLine {
    File,
    Folder,
}

impl TrialLine {
    pub fn of(purpose: Purpose) -> Option<Self> {
        match purpose {
            Purpose::Files | Purpose::Text => None,
            Purpose::Trial(Medium::Memory) => Some(Self::Memory),
            Purpose::Trial(Medium::Disk) => Some(Self::Disk),
        }
    }
}

impl<'a> From<&'a Transfer> for Of<'a> {
    fn from(t: &'a Transfer) -> Self {
        let peer = Some(PeerLine::from(&t.peer));
        let (from, to) = match t.direction {
            Direction::Send => (None, peer),
            Direction::Receive => (peer, None),
        };
        Self { transfer: t.id.to_string(), direction: t.direction.into(), from, to }
    }
}

impl<'a> From<&'a Peer> for PeerLine<'a> {
    fn from(peer: &'a Peer) -> Self {
        Self {
            name: peer.name.as_ref().map(DeviceName::as_str),
            id: peer.id.map(|id| id.to_string()),
            address: &peer.address,
        }
    }
}

impl<'a> From<&'a TopItem> for Item<'a> {
    fn from(item: &'a TopItem) -> Self {
        let (kind, bytes) = match item.kind {
            EntryKind::Folder => (KindLine::Folder, None),
            EntryKind::File { size, .. } => (KindLine::File, size),
        };
        Self { name: &item.name, kind, bytes }
    }
}

/// Since 1970-01-01 UTC; zero of what was before.
pub fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// JSON has no bytes: what is no Unicode in a path is shown as U+FFFD.
pub fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
