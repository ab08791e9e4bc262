//! One transfer in the words of its row, prepared when it changes.

use std::{
    path::{Path, PathBuf},
    time::{Instant, SystemTime},
};

use crate::{
    gui::icons::{self, Icon},
    model::{
        Direction, Outcome, Pause, Progress, Purpose, Report, Rest, Retry, Side, Summary, Transfer,
        TransferId, TransferState,
        text::{self, visible},
    },
};

/// Between the parts of a line.
const SEPARATOR: &str = " · ";

pub struct Row {
    pub id: TransferId,
    pub direction: Direction,
    pub title: String,
    pub names: Names,
    pub body: Body,
    /// Width and height when it was last painted.
    pub measured: Option<(f32, f32)>,
    /// Whether it can be let rest.
    pub can_pause: bool,
    /// Whether the list of failed files is open.
    pub expanded: bool,
    peer: String,
    /// How far it had come when it last flowed.
    amount: String,
    /// More than one file, so that the one in hand is worth naming.
    several: bool,
}

/// What the row's buttons are called: each word with the thing it is about.
pub struct Names {
    pub cancel: String,
    pub retry: String,
    pub retry_failed: String,
    pub give_up: String,
    pub go_on: String,
    pub remove: String,
    pub answer: String,
    pub open: String,
    pub reveal: String,
    pub forget: String,
    pub pause: String,
    pub resume: String,
    pub progress: String,
}

pub enum Body {
    /// Nothing flows yet.
    Before {
        text: String,
        answer: Answerable,
    },
    Flowing {
        fraction: Option<f32>,
        percent: String,
        text: String,
        /// What limits it; empty while that can't be told.
        limit: String,
    },
    /// The link broke; `again`: when it is tried next, in the window's own time.
    Interrupted {
        why: String,
        again: Option<Instant>,
    },
    Finished(Ended),
    /// Nobody goes on with it before a person says so.
    Left {
        prospect: String,
        why: String,
        rest: Rest,
    },
    /// It rests; whoever paused it here can let it go on.
    Paused {
        text: String,
        why: Pause,
    },
}

/// Whether this device is the one to answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answerable {
    Here,
    No,
}

pub struct Ended {
    pub icon: Icon,
    pub tone: Tone,
    pub text: String,
    /// The digest, for the tooltip of the badge; `None` where there is no badge.
    pub verified: Option<String>,
    pub open: Option<PathBuf>,
    pub reveal: Option<PathBuf>,
    /// How many failed, and the lines of those that are listed.
    pub failed: Option<String>,
    pub problems: Vec<String>,
    /// What its person should know of how it was stored.
    pub notes: Vec<String>,
    pub retry: Retry,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Neutral,
    Bad,
}

/// What a person asked of a row.
pub enum Act {
    Cancel,
    Retry,
    Pause,
    Resume,
    Answer,
    Forget,
    Open(PathBuf),
    Reveal(PathBuf),
}

impl Row {
    pub fn new(transfer: &Transfer) -> Self {
        let mut row = Self {
            id: transfer.id,
            direction: transfer.direction,
            title: String::new(),
            names: Names::of(""),
            body: Body::before(String::new()),
            measured: None,
            can_pause: false,
            expanded: false,
            peer: String::new(),
            amount: String::new(),
            several: false,
        };
        row.hear(transfer);
        row
    }

    pub fn hear(&mut self, transfer: &Transfer) {
        let label = visible(transfer.peer.label());
        self.peer = match transfer.direction {
            Direction::Send => format!("to {label}"),
            Direction::Receive => format!("from {label}"),
        };
        if transfer.state == TransferState::Active
            && let Some(short) = transfer.short
        {
            self.peer = match transfer.direction {
                Direction::Send => format!("to {label} · its disk may be too small: {short}"),
                Direction::Receive => format!("from {label} · there may not be enough room: {short}"),
            };
        }
        self.title = match (transfer.summary.top.is_empty(), transfer.direction) {
            (false, _) => transfer.summary.title(),
            (true, Direction::Send) => format!("Sending {}", self.peer),
            (true, Direction::Receive) => format!("Receiving {}", self.peer),
        };
        self.amount = visible(&transfer.amount()).into_owned();
        self.names = Names::of(&self.title);
        self.several = transfer.summary.files > 1;
        self.measured = None;
        self.can_pause = transfer.can_pause();
        self.body = match &transfer.state {
            TransferState::Connecting => Body::before(format!("Connecting to {label}…")),
            TransferState::Preparing => Body::before(match transfer.direction {
                Direction::Send => format!("Looking through what goes to {label}…"),
                Direction::Receive => format!("{label} is making an offer…"),
            }),
            TransferState::Comparing => {
                let code = transfer.meeting.map(|meeting| format!(" · the code is {}", meeting.code));
                let (size, code) = (transfer.summary.size_line(), code.unwrap_or_default());
                Body::before(format!("First meeting: waiting until both have compared · {size}{code}"))
            }
            TransferState::Waiting if transfer.asks() => {
                let text = format!("{} · {}", self.peer, transfer.summary.size_line());
                Body::Before { text, answer: Answerable::Here }
            }
            TransferState::Waiting => {
                let code = transfer.meeting.map(|meeting| format!(" · the code is {}", meeting.code));
                let (size, code) = (transfer.summary.size_line(), code.unwrap_or_default());
                Body::before(format!("Waiting for {label} to accept · {size}{code}"))
            }
            TransferState::Active => Body::Flowing {
                fraction: None,
                percent: String::new(),
                text: format!("{} · starting…", self.peer),
                limit: String::new(),
            },
            TransferState::Interrupted { why, again } => {
                Body::Interrupted { why: visible(&why.text).into_owned(), again: *again }
            }
            TransferState::Paused(why) => {
                let sentence = why.sentence(transfer.direction, &transfer.peer);
                let text =
                    [visible(&sentence).into_owned(), self.peer.clone(), self.amount.clone()].join(SEPARATOR);
                Body::Paused { text, why: *why }
            }
            TransferState::Finished(report) => Body::Finished(self.ended(transfer, report)),
            TransferState::Left { why, rest, until } => Body::Left {
                prospect: self.left(transfer, *rest, *until),
                why: visible(&why.text).into_owned(),
                rest: *rest,
            },
        };
    }

    pub fn is_finished(&self) -> bool {
        matches!(self.body, Body::Finished(_))
    }

    /// True when nobody goes on with it.
    pub fn is_left(&self) -> bool {
        matches!(self.body, Body::Left { .. })
    }

    /// True of what another run of the program goes on with.
    pub fn rests(&self) -> bool {
        matches!(self.body, Body::Interrupted { .. } | Body::Paused { .. })
    }

    pub fn flows(&self) -> bool {
        matches!(self.body, Body::Flowing { .. })
    }

    /// True while the next attempt is waited for, second by second.
    pub fn counts_down(&self) -> bool {
        matches!(&self.body, Body::Interrupted { again: Some(again), .. } if *again > Instant::now())
    }

    /// What becomes of an interrupted transfer, when, and with whom.
    pub fn prospect(&self, again: Option<Instant>) -> String {
        [prospect(again, self.direction), self.peer.clone(), self.amount.clone()].join(SEPARATOR)
    }

    /// Shows how far it is.
    pub fn sample(&mut self, progress: &Progress) {
        let done = text::bytes(progress.bytes);
        let so_far = match progress.total {
            Some(total) => format!("{done} of {}", text::bytes(total)),
            None => done,
        };
        let mut parts = vec![self.peer.clone(), so_far, text::rate(progress.rate)];
        parts.extend(progress.time_left().map(|left| format!("{} left", text::duration(left))));
        if self.several {
            parts.extend(progress.file.as_deref().map(|file| visible(file).into_owned()));
        }
        let fraction = progress.fraction();
        // 100 % is for what is done.
        let percent = fraction.map_or(String::new(), |f| format!("{:.0} %", (f * 100.0).floor().min(99.0)));
        let limit = match (progress.checking, progress.stalled, progress.limited_by) {
            (Some(Side::Here), ..) => "Checking for viruses…".to_owned(),
            (Some(Side::There), ..) => "The other device checks for viruses…".to_owned(),
            (None, Some(Side::Here), _) => "Waiting for this device’s disk, which does not answer".to_owned(),
            (None, Some(Side::There), _) => {
                "Waiting for the other device’s disk, which does not answer".to_owned()
            }
            (None, None, Some(limit)) => format!("Limited by {}", limit.name()),
            (None, None, None) => String::new(),
        };
        self.body = Body::Flowing { fraction, percent, text: parts.join(SEPARATOR), limit };
    }

    /// What a transfer is that nobody goes on with, and until when it stays.
    fn left(&self, transfer: &Transfer, rest: Rest, until: SystemTime) -> String {
        let left = until.duration_since(SystemTime::now()).unwrap_or_default();
        let days = text::count(left.as_secs().div_ceil(86_400), "day", "days");
        let size = transfer.summary.size_line();
        match (rest, &transfer.folder) {
            (Rest::Asks, _) => format!("Interrupted, goes on when you say so · {} · {size}", self.peer),
            (Rest::Over, _) => format!("Not tried any more, removed in {days} · {} · {size}", self.peer),
            (Rest::Scraps, Some(folder)) => {
                format!("{size} in {} · removed in {days}", visible(&folder.to_string_lossy()))
            }
            (Rest::Scraps, None) => format!("Removed in {days}"),
        }
    }

    fn ended(&self, transfer: &Transfer, report: &Report) -> Ended {
        let (icon, tone) = match &report.outcome {
            // Not all of what was meant has come.
            Outcome::Complete if transfer.summary.skipped.sentence(transfer.direction).is_some() => {
                (icons::WARNING, Tone::Neutral)
            }
            Outcome::Complete => (icons::CHECK, Tone::Good),
            Outcome::Declined { .. } => (icons::PROHIBIT, Tone::Neutral),
            Outcome::Cancelled { .. } => (icons::X, Tone::Neutral),
            Outcome::Failed(_) => (icons::WARNING, Tone::Bad),
        };
        let skipped = transfer.summary.skipped;
        let text = match report.outcome.problem() {
            Some(sentence) => {
                let not_all = report.is_incomplete().then(|| skipped.sentence(self.direction)).flatten();
                let sentences: Vec<_> = std::iter::once(sentence).chain(not_all).collect();
                visible(&sentences.join(" ")).into_owned()
            }
            None => self.account(&transfer.summary, report),
        };
        let saved = report.saved.first();
        let open = match &report.saved[..] {
            [] => None,
            [only] => Some(only.clone()),
            [first, ..] => first.parent().map(Path::to_owned).or_else(|| transfer.folder.clone()),
        };
        let problem = |p: &crate::model::FileProblem| {
            let side = match p.side {
                Side::Here => "here",
                Side::There => "on the other device",
            };
            format!("{} ({side}): {}", visible(&p.path), visible(&p.why))
        };
        let mut problems: Vec<String> = report.problems.iter().map(problem).collect();
        let unlisted = (report.failed + report.failed_folders).saturating_sub(problems.len() as u64);
        if unlisted > 0 && !problems.is_empty() {
            problems.push(format!("and {}", text::count(unlisted, "more", "more")));
        }
        Ended {
            icon,
            tone,
            text,
            verified: report.verified().then(|| match report.digest {
                Some(digest) => format!("Both devices computed the same BLAKE3 digest:\n{digest}"),
                None => "Both devices computed the same BLAKE3 digest of every file.".to_owned(),
            }),
            open,
            reveal: saved.cloned(),
            failed: not_transferred(report),
            problems,
            notes: report.notes.iter().map(|note| visible(note).into_owned()).collect(),
            retry: report.retry,
        }
    }

    /// What went well, in numbers.
    fn account(&self, Summary { purpose, skipped, .. }: &Summary, report: &Report) -> String {
        let mut amount = text::bytes(report.bytes);
        if *purpose == Purpose::Files {
            amount = format!("{}, {amount}", text::count(report.files, "file", "files"));
        }
        let mut parts = vec![self.peer.clone(), format!("{amount} in {}", text::duration(report.took))];
        parts.extend(report.rate().map(text::rate));
        if report.already > 0 {
            let place = if self.direction == Direction::Send { "there" } else { "here" };
            parts.push(format!("{} {place} already", text::count(report.already, "file", "files")));
        }
        if report.left_out.total() > 0 {
            parts.push(format!("{} left out", text::count(report.left_out.total(), "file", "files")));
        }
        if let Some(listed) = skipped.listed(self.direction) {
            parts.push(format!("left out: {listed}"));
        }
        parts.join(SEPARATOR)
    }
}

/// `2 files and 1 folder were not transferred`.
fn not_transferred(report: &Report) -> Option<String> {
    let files = (report.failed > 0).then(|| text::count(report.failed, "file", "files"));
    let folders =
        (report.failed_folders > 0).then(|| text::count(report.failed_folders, "folder", "folders"));
    let all = report.failed + report.failed_folders;
    let listed: Vec<_> = files.into_iter().chain(folders).collect();
    (all > 0).then(|| {
        format!("{} {} not transferred", listed.join(" and "), if all == 1 { "was" } else { "were" })
    })
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

impl Body {
    fn before(text: String) -> Self {
        Self::Before { text, answer: Answerable::No }
    }
}

impl Names {
    fn of(title: &str) -> Self {
        Self {
            cancel: format!("Cancel: {title}"),
            retry: format!("Try now: {title}"),
            retry_failed: format!("Retry what failed: {title}"),
            give_up: format!("Give up: {title}"),
            go_on: format!("Go on: {title}"),
            remove: format!("Remove: {title}"),
            answer: format!("Answer: {title}"),
            open: format!("Open: {title}"),
            reveal: format!("Show in folder: {title}"),
            forget: format!("Remove from list: {title}"),
            pause: format!("Pause: {title}"),
            resume: format!("Resume: {title}"),
            progress: format!("Progress: {title}"),
        }
    }
}
