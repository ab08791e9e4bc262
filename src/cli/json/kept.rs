//! The lines of `airlift transfers`.

use std::borrow::Cow;

use serde::Serialize;

use super::fields::{Item, Of, path, seconds};
use crate::{
    engine::{KeptTransfer, User},
    model::{Rest, TransferState},
};

/// One kept transfer. Every field is in `docs/CLI.md`.
#[derive(Serialize)]
pub struct KeptLine<'a> {
    #[serde(flatten)]
    of: Of<'a>,
    state: StateLine,
    in_use: bool,
    files: u64,
    folders: u64,
    bytes: u64,
    streams: u64,
    items: Vec<Item<'a>>,
    more: u64,
    there: Option<u64>,
    folder: Option<String>,
    begun: Option<u64>,
    interrupted: u64,
    removed: Option<u64>,
    problem: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum StateLine {
    Interrupted,
    Asks,
    Left,
    Scraps,
    Paused,
}

impl<'a> From<&'a KeptTransfer> for KeptLine<'a> {
    fn from(kept: &'a KeptTransfer) -> Self {
        let KeptTransfer { transfer, began, interrupted, there, user, .. } = kept;
        let summary = &transfer.summary;
        let (state, removed, problem) = match &transfer.state {
            TransferState::Left { why, rest, until } => {
                let state = match rest {
                    Rest::Asks => StateLine::Asks,
                    Rest::Over => StateLine::Left,
                    Rest::Scraps => StateLine::Scraps,
                };
                (state, Some(seconds(*until)), Cow::Borrowed(why.text.as_str()))
            }
            TransferState::Paused(pause) => {
                (StateLine::Paused, None, pause.sentence(transfer.direction, &transfer.peer).into())
            }
            TransferState::Interrupted { why, .. } => {
                (StateLine::Interrupted, None, Cow::Borrowed(why.text.as_str()))
            }
            _ => (StateLine::Interrupted, None, Cow::Borrowed("")),
        };
        Self {
            of: Of::from(transfer),
            state,
            in_use: *user == User::Somebody,
            files: summary.files,
            folders: summary.folders,
            bytes: summary.bytes,
            streams: summary.streams,
            items: summary.top.iter().map(Item::from).collect(),
            more: summary.more,
            there: *there,
            folder: transfer.folder.as_deref().map(path),
            begun: began.map(seconds),
            interrupted: seconds(*interrupted),
            removed,
            problem,
        }
    }
}
