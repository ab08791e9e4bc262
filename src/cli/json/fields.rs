//! Small things of the model as the values of fields.
//!
//! Knows the words that `docs/CLI.md` gives to them.

use serde::Serialize;

use crate::model::{Direction, Side, Skipped};

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
        Self { links: skipped.links, special: skipped.special, unreadable: skipped.unreadable }
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
