//! What the history has of the last transfers, gathered to one entry for each.
//!
//! Knows the history's rows. Must not know what runs now.

use std::path::PathBuf;

use jiff::civil::Date;

use super::face::{Face, Tone};
use crate::{
    engine::{
        Keep, Wake,
        history::{Asked, Became, Counting, Cursor, Found, Query, Row},
    },
    gui::{
        history::{Find, Past},
        icons::{self, Icon},
        when,
    },
    model::{
        Direction, Screening, TransferId,
        text::{self, visible},
    },
};

/// Rows that are asked for at once, how often at most, and how many transfers are enough.
const PAGE: usize = 200;
const PAGES: usize = 4;
const ENOUGH: usize = 40;

pub struct Recent {
    /// `None` where the system has given no thread.
    finder: Option<Box<dyn Find>>,
    is_kept: bool,
    /// Whether what is recorded has changed since it was asked for.
    is_stale: bool,
    entries: Vec<Entry>,
    /// What comes in, page by page, until it is whole.
    coming: Vec<Entry>,
    pages: usize,
}

pub struct Entry {
    pub id: TransferId,
    pub day: Date,
    /// Where the first of it is.
    pub place: Option<PathBuf>,
    /// Whether it can be opened without harm.
    pub opens: bool,
    pub open: String,
    pub reveal: String,
    title: String,
    first: String,
    peer: String,
    time: String,
    line: String,
    icon: Icon,
    tone: Tone,
    files: u64,
    bytes: u64,
}

impl Recent {
    pub fn start(past: &dyn Past, wake: Wake) -> Self {
        let finder = past
            .finder(wake)
            .inspect_err(|problem| tracing::error!(%problem, "the system gives no thread"))
            .ok();
        Self { finder, is_kept: false, is_stale: true, entries: Vec::new(), coming: Vec::new(), pages: 0 }
    }

    /// Whether anything is recorded.
    pub fn hear(&mut self, keep: Keep) {
        let was_kept = std::mem::replace(&mut self.is_kept, keep != Keep::Off);
        self.is_stale |= self.is_kept && !was_kept;
        if !self.is_kept {
            self.entries.clear();
        }
    }

    /// It is asked for anew when it is shown.
    pub fn changed(&mut self) {
        self.is_stale = true;
    }

    /// Asks where what is known is not what is recorded any more.
    pub fn ask_if_stale(&mut self) {
        if self.is_kept && std::mem::take(&mut self.is_stale) {
            self.coming.clear();
            self.pages = 0;
            self.ask(None);
        }
    }

    fn ask(&mut self, after: Option<Cursor>) {
        if let Some(finder) = &mut self.finder {
            finder.ask(Asked { query: Query::default(), after, limit: PAGE, counting: Counting::NotCounted });
        }
    }

    /// Takes the answers that are there.
    pub fn update(&mut self) {
        let Some(answer) = self.finder.as_mut().and_then(|finder| finder.answer()) else { return };
        match answer {
            Ok(Found::Count(_)) => {}
            Ok(Found::Page(page)) => {
                self.pages += 1;
                for row in &page.rows {
                    match self.coming.last_mut().filter(|entry| entry.id == row.transfer.id) {
                        Some(entry) => entry.add(row),
                        None => self.coming.push(Entry::new(row)),
                    }
                }
                match page.next.filter(|_| self.pages < PAGES && self.coming.len() < ENOUGH) {
                    Some(next) => self.ask(Some(next)),
                    None => self.entries = std::mem::take(&mut self.coming),
                }
            }
            // The page of the history says what is wrong with it.
            Err(problem) => tracing::info!(%problem, "Activity is shown without the history"),
        }
    }

    pub fn entries(&self) -> &[Entry] {
        if self.is_kept { &self.entries } else { &[] }
    }
}

impl Entry {
    fn new(row: &Row) -> Self {
        let name = match visible(&row.name) {
            name if name.is_empty() => "(without a name)".to_owned(),
            name => name.into_owned(),
        };
        let device = match visible(&row.device.name) {
            name if name.trim().is_empty() => "a device without a name".to_owned(),
            name => name.into_owned(),
        };
        let (icon, tone) = match row.direction {
            Direction::Send => (icons::ARROW_UP, Tone::Accent),
            Direction::Receive => (icons::ARROW_DOWN, Tone::Good),
        };
        let mut entry = Self {
            id: row.transfer.id,
            day: when::day(row.when),
            place: None,
            opens: false,
            open: String::new(),
            reveal: String::new(),
            title: String::new(),
            first: name,
            peer: match row.direction {
                Direction::Send => format!("to {device}"),
                Direction::Receive => format!("from {device}"),
            },
            time: when::clock(row.when),
            line: String::new(),
            icon,
            tone,
            files: 0,
            bytes: 0,
        };
        entry.add(row);
        entry
    }

    fn add(&mut self, row: &Row) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(row.size.unwrap_or_default());
        self.title = match self.files {
            1 => self.first.clone(),
            files => format!("{} and {}", self.first, text::count(files - 1, "more", "more")),
        };
        let has_come = matches!(row.became, Became::Stored | Became::Already);
        if self.place.is_none() && has_come && row.direction == Direction::Receive {
            self.place.clone_from(&row.place);
            self.opens = !matches!(row.screening, Screening::Infected(_));
        }
        if !has_come {
            (self.icon, self.tone) = match row.became {
                Became::Failed | Became::Infected => (icons::WARNING, Tone::Bad),
                Became::Held => (icons::QUARANTINE, Tone::Warning),
                _ if self.tone == Tone::Bad => (self.icon, self.tone),
                _ => (icons::X, Tone::Plain),
            };
        }
        let what = match row.became {
            Became::Failed => Some("failed"),
            Became::Infected => Some("virus found"),
            Became::Held => Some("held"),
            Became::Declined => Some("declined"),
            Became::Cancelled => Some("cancelled"),
            Became::LeftOut => Some("left out"),
            Became::Unsettled => Some("not finished"),
            Became::Stored | Became::Already => None,
        };
        let what = what.map_or(String::new(), |what| format!(" · {what}"));
        self.line = match self.files {
            1 => format!("{}{what}", text::bytes(self.bytes)),
            files => format!("{}, {}{what}", text::count(files, "file", "files"), text::bytes(self.bytes)),
        };
        self.open = format!("Open: {}", self.title);
        self.reveal = format!("Show in folder: {}", self.title);
    }

    pub fn face(&self) -> Face<'_> {
        Face {
            icon: self.icon,
            tone: self.tone,
            title: &self.title,
            peer: &self.peer,
            aside: &self.time,
            bar: None,
            status: None,
            line: &self.line,
            hint: "",
        }
    }
}
