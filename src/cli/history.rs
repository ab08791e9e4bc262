//! `airlift history`: what was sent and received, searched, listed and removed.
//!
//! Knows how a person names what they look for, and how much is shown. Must not know where it is kept.

mod line;
mod removing;
mod table;

use std::{collections::BTreeSet, path::Path};

pub use self::removing::{clear, remove};
use super::{
    asked::{Form, Layout, Sought},
    exit::Exit,
    json,
    render::Screen,
    words::past::{self, Emptiness},
};
use crate::{
    engine::{
        Keep, Settings,
        history::{Count, Cursor, Device, DeviceIs, HistoryError, Query, Reader, Row, is_there},
    },
    model::{DeviceId, DeviceName},
};

/// What a person is shown who has not said how much.
const SHOWN: usize = 50;
/// Rows that are in memory at once.
const PAGE: usize = 500;

/// A refusal, as a sentence.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("Nothing in the history is of a device “{0}”, and no id there begins with it.")]
    Unknown(String),
    #[error("“{text}” may be any of {count} devices. Type more of its id: {ids}.")]
    Ambiguous { text: String, count: usize, ids: String },
    #[error("“{text}” may be any of {count} names. Type it as it is: {names}.")]
    Several { text: String, count: usize, names: String },
    #[error("There is no entry {0} in the history any more, or there never was.")]
    NoEntry(String),
}

/// Lists what is looked for.
///
/// # Errors
/// When the history can't be read, or the device that was typed is none of those in it, or several.
pub fn list(
    home: &Path,
    sought: Sought,
    most: Option<usize>,
    layout: Layout,
    form: Form,
    screen: &mut Screen,
) -> anyhow::Result<Exit> {
    let mut reader = Reader::open(home)?;
    let query = settled(sought, &mut reader)?;
    match (form, layout) {
        (Form::Json, _) => {
            let show = |rows: &[Row], screen: &mut Screen| {
                // At once: there may be a million.
                let lines: Vec<u8> = rows.iter().flat_map(|row| json::text(&line::Line::of(row))).collect();
                screen.raw(&lines);
            };
            pages(&mut reader, &query, most.unwrap_or(usize::MAX), screen, show)?;
        }
        (_, Layout::Table) => {
            screen.raw(&table::heading());
            let show = |rows: &[Row], screen: &mut Screen| screen.raw(&table::lines(rows));
            pages(&mut reader, &query, most.unwrap_or(usize::MAX), screen, show)?;
        }
        // Who asks for a list wants to see it.
        (Form::Person | Form::Quiet, Layout::Lines) => {
            let show = |rows: &[Row], screen: &mut Screen| {
                for line in rows.iter().flat_map(|row| past::entry(row, is_there(row))) {
                    screen.out(&line);
                }
            };
            let shown = pages(&mut reader, &query, most.unwrap_or(SHOWN), screen, show)?;
            if form == Form::Person {
                if shown.rows == 0 {
                    screen.out(past::nothing(emptiness(home, &mut reader)?));
                } else if shown.next.is_some() {
                    screen.out(&past::more(shown.rows, reader.count(&query)?));
                }
            }
        }
    }
    Ok(Exit::Complete)
}

fn emptiness(home: &Path, reader: &mut Reader) -> Result<Emptiness, anyhow::Error> {
    Ok(match reader.count(&Query::default())? {
        Count::Exactly(0) if Settings::load(home)?.history == Keep::Off => Emptiness::SwitchedOff,
        Count::Exactly(0) => Emptiness::NothingYet,
        Count::Exactly(_) | Count::MoreThan(_) => Emptiness::NothingFits,
    })
}

/// What has gone through somebody's hands.
struct Shown {
    rows: usize,
    /// Where it would go on.
    next: Option<Cursor>,
}

/// Hands over at most so many rows, some at a time, for as long as somebody sees what comes of it.
fn pages(
    reader: &mut Reader,
    query: &Query,
    most: usize,
    screen: &mut Screen,
    mut show: impl FnMut(&[Row], &mut Screen),
) -> Result<Shown, HistoryError> {
    let mut shown = Shown { rows: 0, next: None };
    loop {
        let limit = PAGE.min(most - shown.rows);
        let page = reader.page(query, shown.next.as_ref(), limit)?;
        show(&page.rows, screen);
        shown.rows += page.rows.len();
        shown.next = page.next;
        if shown.next.is_none() || shown.rows >= most || !screen.is_read() {
            return Ok(shown);
        }
    }
}

/// What is looked for, with the device that is meant.
///
/// # Errors
/// When that is none of those in the history, or several; or that can't be read.
pub fn settled(sought: Sought, reader: &mut Reader) -> anyhow::Result<Query> {
    let Sought { mut query, device } = sought;
    if let Some(text) = device {
        query.device = Some(meant(&text, reader)?);
    }
    Ok(query)
}

/// Those that are called so; else the one whose name resembles it, or whose id begins so.
fn meant(text: &str, reader: &mut Reader) -> anyhow::Result<DeviceIs> {
    if let Ok(id) = text.parse() {
        return Ok(DeviceIs::Id(id));
    }
    let called = Query { device: Some(DeviceIs::Called(text.to_owned())), ..Query::default() };
    if !reader.page(&called, None, 1)?.rows.is_empty() {
        return Ok(DeviceIs::Called(text.to_owned()));
    }
    Ok(resembling(text, &reader.devices()?)?)
}

fn resembling(text: &str, devices: &[Device]) -> Result<DeviceIs, Refusal> {
    let essence = |name: &str| DeviceName::parse(name).ok().map(|name| name.essence());
    let meant = essence(text);
    let names: BTreeSet<_> = devices
        .iter()
        .filter(|device| meant.is_some() && essence(&device.name) == meant)
        .map(|device| &device.name)
        .collect();
    let names: Vec<_> = names.into_iter().map(String::as_str).collect();
    match names[..] {
        [] => beginning(text, devices).map(DeviceIs::Id),
        [name] => Ok(DeviceIs::Called(name.to_owned())),
        _ => Err(Refusal::Several { text: text.to_owned(), count: names.len(), names: names.join(", ") }),
    }
}

fn beginning(text: &str, devices: &[Device]) -> Result<DeviceId, Refusal> {
    let digits = |text: &str| text.replace(['-', ' '], "").to_ascii_uppercase();
    let start = digits(text);
    let begins = |id: &DeviceId| !start.is_empty() && digits(&id.to_string()).starts_with(&start);
    let fitting: Vec<_> = devices.iter().filter_map(|device| device.id).filter(begins).collect();
    match fitting[..] {
        [id] => Ok(id),
        [] => Err(Refusal::Unknown(text.to_owned())),
        _ => {
            let ids: Vec<_> = fitting.iter().map(ToString::to_string).collect();
            Err(Refusal::Ambiguous { text: text.to_owned(), count: fitting.len(), ids: ids.join(", ") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_meant_however_its_signs_are_typed() {
        let device =
            |n: u8, name: &str| Device { id: Some(DeviceId::of_public_key(&[n])), name: name.to_owned() };
        let devices =
            [device(1, "Anna’s laptop"), device(2, "Anna’s laptop"), device(3, "a b"), device(4, "A-B")];
        assert_eq!(resembling("anna's LAPTOP", &devices), Ok(DeviceIs::Called("Anna’s laptop".to_owned())));
        let Err(Refusal::Several { count: 2, names, .. }) = resembling("ab", &devices) else { panic!() };
        assert_eq!(names, "A-B, a b");
        for unknown in ["Anna", "", "\u{202e}"] {
            assert_eq!(resembling(unknown, &devices), Err(Refusal::Unknown(unknown.to_owned())));
        }
    }

    #[test]
    fn a_device_is_meant_by_the_unique_beginning_of_its_id() {
        let devices: Vec<_> = (0u8..40)
            .map(|n| Device {
                id: (n > 0).then(|| DeviceId::of_public_key(&[n])),
                name: format!("Device {n}"),
            })
            .collect();
        let id = devices[7].id.unwrap();
        assert_eq!(beginning(&id.to_string()[..14].to_lowercase(), &devices), Ok(id));
        for unknown in ["", "-", "Device 0", "\u{202e}"] {
            assert_eq!(beginning(unknown, &devices), Err(Refusal::Unknown(unknown.to_owned())));
        }
        // Thirty-nine ids begin with no more than thirty-two letters.
        let is_ambiguous = |id: &DeviceId| {
            matches!(beginning(&id.to_string()[..1], &devices), Err(Refusal::Ambiguous { .. }))
        };
        assert!(devices.iter().filter_map(|device| device.id).any(|id| is_ambiguous(&id)));
    }
}
