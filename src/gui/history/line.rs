//! One row in words, prepared when it comes.
//!
//! Knows what is said of a row. Must not know where it is painted.

use jiff::civil::Date;

use crate::{
    engine::history::{Became, Item, Row},
    gui::{
        icons::{self, Icon},
        when,
    },
    model::{
        ContentKind, Direction, Screening,
        text::{self, visible},
    },
};

pub struct Line {
    pub row: Row,
    pub day: Date,
    pub name: String,
    /// Size, device and folder.
    pub about: String,
    pub time: String,
    pub mark: Option<Mark>,
    /// All of it, for assistive technology.
    pub label: String,
}

/// What is said of a row in a word or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub word: &'static str,
    pub tone: Tone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Warning,
    Bad,
}

impl Line {
    pub fn new(row: Row) -> Self {
        let name = match visible(&row.name) {
            name if name.is_empty() => "(without a name)".to_owned(),
            name => name.into_owned(),
        };
        let mark = Mark::of(&row);
        let time = when::clock(row.when);
        let about = about(&row);
        let said = mark.map_or(String::new(), |mark| format!(", {}", mark.word.to_lowercase()));
        let label = format!("{name}, {about}, {time}{said}");
        Self { day: when::day(row.when), name, about, time, mark, label, row }
    }

    pub fn icon(&self) -> Icon {
        of_kind(self.row.kind)
    }

    /// True for what may be looked at without harm: nothing was found in it.
    pub fn is_harmless(&self) -> bool {
        matches!(self.row.became, Became::Stored | Became::Already)
            && !matches!(self.row.screening, Screening::Infected(_))
    }
}

impl Mark {
    fn of(row: &Row) -> Option<Self> {
        let mark = |word, tone| Some(Self { word, tone });
        match (row.became, &row.screening) {
            (Became::Infected, _) | (_, Screening::Infected(_)) => mark("Virus found", Tone::Bad),
            (Became::Failed, _) => mark("Failed", Tone::Bad),
            (Became::Held, _) => mark("Held", Tone::Warning),
            (Became::Stored | Became::Already, Screening::NotScanned(_)) => {
                mark("Not checked", Tone::Warning)
            }
            (Became::Already, _) => mark("Was there already", Tone::Plain),
            (Became::LeftOut, _) => mark("Left out", Tone::Plain),
            (Became::Declined, _) => mark("Declined", Tone::Plain),
            (Became::Cancelled, _) => mark("Cancelled", Tone::Plain),
            (Became::Unsettled, _) => mark("Not finished", Tone::Plain),
            (Became::Stored, _) => None,
        }
    }
}

fn about(row: &Row) -> String {
    let mut parts = Vec::new();
    if let Some(size) = row.size {
        parts.push(text::bytes(size));
    } else if row.item == Item::Transfer {
        parts.push("Transfer".to_owned());
    }
    parts.push(whom(row));
    if !row.folder.is_empty() {
        parts.push(visible(&row.folder).into_owned());
    }
    parts.join(" · ")
}

/// From whom or to whom.
pub fn whom(row: &Row) -> String {
    let name = device(row);
    match row.direction {
        Direction::Receive => format!("from {name}"),
        Direction::Send => format!("to {name}"),
    }
}

/// What the device at the other end was called.
pub fn device(row: &Row) -> String {
    match visible(&row.device.name) {
        name if name.trim().is_empty() => "a device without a name".to_owned(),
        name => name.into_owned(),
    }
}

fn of_kind(kind: ContentKind) -> Icon {
    match kind {
        ContentKind::Picture => icons::FILE_IMAGE,
        ContentKind::Video => icons::FILE_VIDEO,
        ContentKind::Sound => icons::FILE_AUDIO,
        ContentKind::Document => icons::FILE_PDF,
        ContentKind::Archive => icons::FILE_ZIP,
        ContentKind::Program => icons::TERMINAL,
        ContentKind::Text => icons::FILE_TEXT,
        ContentKind::Other => icons::FILE,
    }
}
