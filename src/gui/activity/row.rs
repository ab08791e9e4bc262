//! One transfer in the words of its row, prepared when it changes.
//!
//! Knows a transfer, and what devices are called. Must not know how anything is painted.

use std::{
    collections::HashMap,
    time::{Instant, SystemTime},
};

use super::{
    ended::Ended,
    face::{Bar, Face, SEPARATOR, Tone},
};
use crate::{
    gui::icons,
    model::{
        DeviceId, Direction, Pause, Peer, Progress, Rest, Side, Text, Transfer, TransferId, TransferState,
        text::{self, visible},
    },
};

pub struct Row {
    pub id: TransferId,
    pub direction: Direction,
    pub title: String,
    pub names: Names,
    pub stage: Stage,
    /// Width and height when it was last painted.
    pub measured: Option<(f32, f32)>,
    /// Whether it can be let rest.
    pub can_pause: bool,
    /// Whether its details are shown.
    pub is_unfolded: bool,
    /// When it was first heard that it has ended; else when it was first heard of.
    pub at: SystemTime,
    pub speed: Speed,
    /// What has come, where that is a text.
    pub text: Option<Text>,
    /// What there is to know beyond what is said at once.
    pub details: Vec<String>,
    /// From whom or to whom.
    peer: String,
    aside: String,
    status: Option<(String, Tone)>,
    line: String,
    hint: String,
}

/// How far it is, and how fast it goes, as last heard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Speed {
    pub bytes: u64,
    /// `None` where it isn't known.
    pub total: Option<u64>,
    /// Bytes a second; 0 while nothing flows.
    pub rate: f64,
}

pub enum Stage {
    /// Nothing flows yet.
    Before,
    /// This device is the one to answer.
    Asks,
    Flowing,
    /// The link broke; when it is tried next, in the window's own time.
    Interrupted(Option<Instant>),
    Paused(Pause),
    /// Nobody goes on with it before a person says so.
    Left(Rest),
    Finished(Box<Ended>),
}

/// What is seen of a transfer on the card of its device.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    pub state: RingState,
    /// 0 to 1; `None` where it isn't known.
    pub fraction: Option<f32>,
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingState {
    Runs,
    Done,
    Failed,
}

/// What the row's buttons are called: each word with the thing it is about.
pub struct Names {
    pub cancel: String,
    pub retry: String,
    pub again: String,
    pub give_up: String,
    pub go_on: String,
    pub remove: String,
    pub answer: String,
    pub open: String,
    pub reveal: String,
    pub forget: String,
    pub pause: String,
    pub resume: String,
    pub details: String,
    pub report: String,
    pub copy: String,
    pub link: String,
    pub save: String,
    pub progress: String,
}

impl Row {
    pub fn new(transfer: &Transfer, names: &HashMap<DeviceId, String>) -> Self {
        let mut row = Self {
            id: transfer.id,
            direction: transfer.direction,
            title: String::new(),
            names: Names::of(""),
            stage: Stage::Before,
            measured: None,
            can_pause: false,
            is_unfolded: false,
            at: SystemTime::now(),
            speed: Speed::default(),
            text: None,
            details: Vec::new(),
            peer: String::new(),
            aside: String::new(),
            status: None,
            line: String::new(),
            hint: String::new(),
        };
        row.hear(transfer, names);
        row
    }

    pub fn hear(&mut self, transfer: &Transfer, names: &HashMap<DeviceId, String>) {
        let label = label(&transfer.peer, names);
        let summary = &transfer.summary;
        self.peer = match transfer.direction {
            Direction::Send => format!("to {label}"),
            Direction::Receive => format!("from {label}"),
        };
        self.title = match (&transfer.called, transfer.direction) {
            _ if !summary.top.is_empty() => summary.title(),
            (Some(called), _) => visible(called).into_owned(),
            (None, Direction::Send) => "Sending".to_owned(),
            (None, Direction::Receive) => "Receiving".to_owned(),
        };
        self.text.clone_from(&transfer.text);
        if let Some(text) = &self.text {
            self.title = heading(text);
        }
        self.names = Names::of(&self.title);
        self.measured = None;
        self.can_pause = transfer.can_pause()
            && !matches!(transfer.state, TransferState::Paused(Pause::Person(Side::There)));
        if let Some(done) = transfer.done {
            self.speed.bytes = self.speed.bytes.max(done);
        }
        self.speed.total = summary.total().filter(|_| !summary.top.is_empty());
        self.speed.rate = 0.0;
        self.hint.clear();
        self.details.clear();
        let size = if summary.top.is_empty() { String::new() } else { summary.size_line() };
        let amount = if self.speed.bytes > 0 { self.amount() } else { size.clone() };
        let say = |sentence: String, tone| Some((sentence, tone));
        self.aside = self.percent();
        self.line = amount;
        (self.stage, self.status) = match &transfer.state {
            TransferState::Away { why, .. } => {
                self.details.push(visible(&why.text).into_owned());
                (Stage::Before, say(format!("Waits for {label}, which is not here now"), Tone::Plain))
            }
            TransferState::Connecting => (Stage::Before, say("Connecting…".to_owned(), Tone::Plain)),
            TransferState::Preparing => {
                let sentence = match transfer.direction {
                    Direction::Send => "Looking through what goes there…".to_owned(),
                    Direction::Receive => format!("{label} is making an offer…"),
                };
                (Stage::Before, say(sentence, Tone::Plain))
            }
            TransferState::Comparing => {
                let code = transfer.meeting.map(|meeting| format!(": the code is {}", meeting.code));
                let sentence =
                    format!("First meeting, waiting until both have compared{}", code.unwrap_or_default());
                (Stage::Before, say(sentence, Tone::Plain))
            }
            TransferState::Waiting if transfer.asks() => {
                (Stage::Asks, say("It waits for your answer.".to_owned(), Tone::Warning))
            }
            TransferState::Waiting => {
                let code = transfer.meeting.map(|meeting| format!(" · the code is {}", meeting.code));
                let sentence = format!("Waiting for {label} to accept{}", code.unwrap_or_default());
                (Stage::Before, say(sentence, Tone::Plain))
            }
            TransferState::Active => {
                let short = transfer.short.map(|short| match transfer.direction {
                    Direction::Send => format!("Its disk may be too small: {short}."),
                    Direction::Receive => format!("There may not be enough room: {short}."),
                });
                (Stage::Flowing, short.map(|short| (short, Tone::Warning)))
            }
            TransferState::Interrupted { why, again } => {
                self.details.push(visible(&why.text).into_owned());
                // What is waited for is told when it is painted.
                (Stage::Interrupted(*again), None)
            }
            TransferState::Paused(why) => {
                let sentence = why.sentence(transfer.direction, &transfer.peer);
                (Stage::Paused(*why), say(visible(&sentence).into_owned(), Tone::Warning))
            }
            TransferState::Left { why, rest, until } => {
                let left = until.duration_since(SystemTime::now()).unwrap_or_default();
                let days = text::count(left.as_secs().div_ceil(86_400), "day", "days");
                let sentence = match (rest, &transfer.folder) {
                    (Rest::Asks, _) => "Interrupted, goes on when you say so".to_owned(),
                    (Rest::Over, _) => format!("Not tried any more, removed in {days}"),
                    (Rest::Scraps, Some(folder)) => {
                        format!("Left in {}, removed in {days}", visible(&folder.to_string_lossy()))
                    }
                    (Rest::Scraps, None) => format!("Removed in {days}"),
                };
                self.details.push(visible(&why.text).into_owned());
                (Stage::Left(*rest), say(sentence, Tone::Warning))
            }
            TransferState::Finished(report) => {
                if !self.is_finished() {
                    self.at = SystemTime::now();
                }
                let ended = Ended::of(transfer, report);
                self.aside = crate::gui::when::clock(self.at);
                self.line = ended.account(summary, report);
                self.details.clone_from(&ended.details);
                let status = ended.status.clone();
                (Stage::Finished(Box::new(ended)), status)
            }
        };
    }

    pub fn is_finished(&self) -> bool {
        matches!(self.stage, Stage::Finished(_))
    }

    /// True when nobody goes on with it.
    pub fn is_left(&self) -> bool {
        matches!(self.stage, Stage::Left(_))
    }

    /// True while it would be cut off if the program ended; another run goes on with what rests.
    pub fn runs(&self) -> bool {
        matches!(self.stage, Stage::Before | Stage::Asks | Stage::Flowing)
    }

    pub fn flows(&self) -> bool {
        matches!(self.stage, Stage::Flowing)
    }

    pub fn asks(&self) -> bool {
        matches!(self.stage, Stage::Asks)
    }

    /// True while the next attempt is waited for, second by second.
    pub fn counts_down(&self) -> bool {
        matches!(&self.stage, Stage::Interrupted(Some(again)) if *again > Instant::now())
    }

    fn fraction(&self) -> Option<f32> {
        let progress = Progress { bytes: self.speed.bytes, total: self.speed.total, ..Progress::default() };
        self.speed.total.filter(|total| *total > 0).and_then(|_| progress.fraction())
    }

    fn percent(&self) -> String {
        match self.fraction() {
            // 100 % is for what is done.
            Some(fraction) if self.speed.bytes > 0 => {
                format!("{:.0} %", (fraction * 100.0).floor().min(99.0))
            }
            _ => String::new(),
        }
    }

    /// `1.05 of 2.10 GB`
    fn amount(&self) -> String {
        let done = text::bytes(self.speed.bytes);
        let Some(total) = self.speed.total.map(text::bytes) else { return done };
        match (done.rsplit_once(' '), total.rsplit_once(' ')) {
            (Some((number, unit)), Some((_, same))) if unit == same => format!("{number} of {total}"),
            _ => format!("{done} of {total}"),
        }
    }

    /// Shows how far it is.
    pub fn sample(&mut self, progress: &Progress) {
        self.speed = Speed { bytes: progress.bytes, total: progress.total, rate: progress.rate };
        let left = progress.time_left().map(|left| format!("{} left", text::duration(left)));
        self.aside = Some(self.percent())
            .filter(|percent| !percent.is_empty())
            .into_iter()
            .chain(left)
            .collect::<Vec<_>>()
            .join(SEPARATOR);
        let told = match (progress.checking, progress.stalled) {
            (Some(Side::Here), _) => Some("Checking for viruses…"),
            (Some(Side::There), _) => Some("The other device checks for viruses…"),
            (None, Some(Side::Here)) => Some("Waiting for this device’s disk, which does not answer"),
            (None, Some(Side::There)) => Some("Waiting for the other device’s disk, which does not answer"),
            (None, None) => None,
        };
        self.line = match told {
            Some(told) => told.to_owned(),
            None => [self.amount(), text::rate(progress.rate)].join(SEPARATOR),
        };
        let limit = progress.limited_by.map(|limit| format!("Limited by {}", limit.name()));
        let file = progress.file.as_deref().map(|file| visible(file).into_owned());
        self.hint = limit.into_iter().chain(file).collect::<Vec<_>>().join("\n");
    }

    /// The row as it is painted now. `waits` keeps what is told of an interrupted one.
    pub fn face<'a>(&'a self, waits: &'a mut String) -> Face<'a> {
        let status = match &self.stage {
            Stage::Interrupted(again) => {
                *waits = prospect(*again, self.direction);
                Some((waits.as_str(), Tone::Warning))
            }
            _ => self.status.as_ref().map(|(sentence, tone)| (sentence.as_str(), *tone)),
        };
        let (icon, tone) = match (&self.stage, self.direction) {
            (Stage::Finished(ended), _) => (ended.icon, ended.tone),
            (Stage::Interrupted(_) | Stage::Paused(_) | Stage::Left(_), Direction::Send) => {
                (icons::ARROW_UP, Tone::Warning)
            }
            (Stage::Interrupted(_) | Stage::Paused(_) | Stage::Left(_), Direction::Receive) => {
                (icons::ARROW_DOWN, Tone::Warning)
            }
            (_, Direction::Send) => (icons::ARROW_UP, Tone::Accent),
            (_, Direction::Receive) => (icons::ARROW_DOWN, Tone::Good),
        };
        let fraction = match &self.stage {
            Stage::Flowing => self.fraction(),
            _ => Some(self.fraction().unwrap_or(0.0)),
        };
        let bar = match &self.stage {
            Stage::Finished(ended) if ended.is_over() => None,
            _ => Some(Bar { fraction, name: &self.names.progress }),
        };
        Face {
            icon,
            tone,
            title: &self.title,
            peer: &self.peer,
            aside: &self.aside,
            bar,
            status,
            line: &self.line,
            hint: &self.hint,
        }
    }

    /// What the card of its device shows of it.
    pub fn ring(&self) -> Ring {
        let (state, words) = match &self.stage {
            Stage::Finished(ended) if ended.tone == Tone::Bad => (RingState::Failed, "Did not arrive"),
            Stage::Finished(ended) if ended.is_over() => (RingState::Done, "Sent"),
            Stage::Finished(_) => (RingState::Failed, "Not sent"),
            Stage::Before | Stage::Asks => (RingState::Runs, "Waiting…"),
            Stage::Flowing => (RingState::Runs, self.aside.as_str()),
            Stage::Interrupted(_) => (RingState::Runs, "Interrupted"),
            Stage::Paused(_) => (RingState::Runs, "Paused"),
            Stage::Left(_) => (RingState::Failed, "Interrupted"),
        };
        let words = if words.is_empty() { "Sending…" } else { words };
        Ring { state, fraction: self.fraction(), words: words.to_owned() }
    }
}

/// The beginning of a text, in quotes.
fn heading(text: &Text) -> String {
    /// Characters of it that stand for it.
    const TITLE: usize = 60;
    let line = text.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
    format!("“{}”", visible(&line.chars().take(TITLE).collect::<String>()))
}

/// The best name there is for it: its own, or what it is called elsewhere; else what was typed.
fn label(peer: &Peer, names: &HashMap<DeviceId, String>) -> String {
    let elsewhere = || {
        let id = peer.id.or_else(|| peer.address.parse().ok())?;
        names.get(&id).cloned()
    };
    match &peer.name {
        Some(name) => visible(name.as_str()).into_owned(),
        None => elsewhere().unwrap_or_else(|| visible(&peer.address).into_owned()),
    }
}

/// What becomes of an interrupted transfer, and when.
fn prospect(again: Option<Instant>, direction: Direction) -> String {
    let left = again.map(|again| again.saturating_duration_since(Instant::now()).as_secs_f32().ceil());
    match (left, direction) {
        (Some(seconds), _) if seconds >= 1.0 => format!("Interrupted, trying again in {seconds:.0} s"),
        (Some(_), _) | (None, Direction::Send) => "Interrupted, trying again…".to_owned(),
        (None, Direction::Receive) => "Interrupted, goes on when the other device is back".to_owned(),
    }
}

impl Names {
    fn of(title: &str) -> Self {
        Self {
            cancel: format!("Cancel: {title}"),
            retry: format!("Try now: {title}"),
            again: format!("Try again: {title}"),
            give_up: format!("Give up: {title}"),
            go_on: format!("Go on: {title}"),
            remove: format!("Remove: {title}"),
            answer: format!("Answer: {title}"),
            open: format!("Open: {title}"),
            reveal: format!("Show in folder: {title}"),
            forget: format!("Remove from list: {title}"),
            pause: format!("Pause: {title}"),
            resume: format!("Resume: {title}"),
            details: format!("Details: {title}"),
            report: format!("Copy report: {title}"),
            copy: format!("Copy: {title}"),
            link: format!("Open link: {title}"),
            save: format!("Save as .txt: {title}"),
            progress: format!("Progress: {title}"),
        }
    }
}
