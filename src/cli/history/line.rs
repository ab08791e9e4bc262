//! An entry of the history as JSON.

use serde::Serialize;

use crate::{
    cli::json::fields::{DirectionLine, SideLine, path, seconds},
    engine::history::{Device, Ending, Item, Row, Screened},
    model::{Direction, Screening},
};

/// One line. Every field is in `docs/CLI.md`.
#[derive(Serialize)]
#[serde(tag = "event", rename = "entry")]
pub struct Line<'a> {
    id: String,
    when: u64,
    direction: DirectionLine,
    /// The sender, on the receiving side.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<DeviceLine<'a>>,
    /// The receiver, on the sending side.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<DeviceLine<'a>>,
    item: ItemLine,
    name: &'a str,
    folder: &'a str,
    place: Option<String>,
    bytes: Option<u64>,
    kind: &'static str,
    outcome: &'static str,
    side: Option<SideLine>,
    problem: Option<&'a str>,
    scan: &'static str,
    scan_problem: Option<String>,
    digest: Option<String>,
    transfer: TransferLine<'a>,
}

#[derive(Serialize)]
struct DeviceLine<'a> {
    name: &'a str,
    id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ItemLine {
    File,
    Transfer,
}

#[derive(Serialize)]
struct TransferLine<'a> {
    id: String,
    began: u64,
    ended: Option<u64>,
    outcome: &'static str,
    bytes: u64,
    seconds: f64,
    rate: Option<f64>,
    problem: Option<&'a str>,
}

impl<'a> Line<'a> {
    pub fn of(row: &'a Row) -> Self {
        let device = |direction| {
            let Device { id, name } = &row.device;
            (row.direction == direction).then(|| DeviceLine { name, id: id.map(|id| id.to_string()) })
        };
        Self {
            id: row.id.to_string(),
            when: seconds(row.when),
            direction: row.direction.into(),
            from: device(Direction::Receive),
            to: device(Direction::Send),
            item: match row.item {
                Item::File => ItemLine::File,
                Item::Transfer => ItemLine::Transfer,
            },
            name: &row.name,
            folder: &row.folder,
            place: row.place.as_deref().map(path),
            bytes: row.size,
            kind: row.kind.word(),
            outcome: row.became.word(),
            side: row.side.map(SideLine::from),
            problem: row.why.as_deref(),
            scan: Screened::of(&row.screening).word(),
            scan_problem: scan_problem(&row.screening),
            digest: row.digest.map(|digest| digest.to_string()),
            transfer: TransferLine {
                id: row.transfer.id.to_string(),
                began: seconds(row.transfer.began),
                ended: row.transfer.ended.map(seconds),
                outcome: ended(row.transfer.ending),
                bytes: row.transfer.bytes,
                seconds: row.transfer.took.as_secs_f64(),
                rate: row.transfer.rate(),
                problem: row.transfer.why.as_deref(),
            },
        }
    }
}

/// What was found, or why it was not scanned.
pub fn scan_problem(screening: &Screening) -> Option<String> {
    match screening {
        Screening::Off | Screening::Clean => None,
        Screening::NotScanned(why) => Some(why.to_string()),
        Screening::Infected(name) => Some(name.clone()),
    }
}

fn ended(ending: Ending) -> &'static str {
    match ending {
        Ending::NotYet => "not_yet",
        Ending::Complete => "complete",
        Ending::Declined(_) => "declined",
        Ending::Cancelled(_) => "cancelled",
        Ending::Failed(_) => "failed",
    }
}
