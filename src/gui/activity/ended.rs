//! How a transfer has ended, in a word at once and in full behind it.
//!
//! Knows reports. Must not know rows. What can be copied to be shown to others has no name in it.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use super::face::{SEPARATOR, Tone};
use crate::{
    gui::icons::{self, Icon},
    model::{
        Direction, FileProblem, Outcome, Problem, ProblemKind, Purpose, Report, Retry, Side, Summary,
        Transfer,
        text::{self, visible},
    },
};

/// From so many seconds on, a time that is rounded to seconds agrees with a rate.
const STEADY: u64 = 10;

pub struct Ended {
    pub icon: Icon,
    pub tone: Tone,
    /// What a person is told at once, where not all went well.
    pub status: Option<(String, Tone)>,
    /// The digest, for the tooltip of what says that it was verified; `None` where it was not.
    pub verified: Option<String>,
    pub open: Option<PathBuf>,
    pub reveal: Option<PathBuf>,
    pub details: Vec<String>,
    pub retry: Retry,
    /// To be copied; `None` where nothing failed.
    pub report: Option<String>,
    direction: Direction,
}

impl Ended {
    pub fn of(transfer: &Transfer, report: &Report) -> Self {
        let skipped = transfer.summary.skipped.sentence(transfer.direction);
        let (icon, tone) = match &report.outcome {
            // Not all of what was meant has come.
            Outcome::Complete if skipped.is_some() => (icons::WARNING, Tone::Plain),
            Outcome::Complete => (icons::CHECK, Tone::Good),
            Outcome::Declined { .. } => (icons::PROHIBIT, Tone::Plain),
            Outcome::Cancelled { .. } => (icons::X, Tone::Plain),
            Outcome::Failed(_) => (icons::WARNING, Tone::Bad),
        };
        let mut details = Vec::new();
        let status = match &report.outcome {
            Outcome::Failed(problem) => {
                let short = short(problem);
                let whole = visible(&problem.text).into_owned();
                let status = short.map_or_else(|| whole.clone(), str::to_owned);
                if short.is_some() {
                    details.push(whole);
                }
                Some((status, Tone::Bad))
            }
            outcome => outcome.problem().map(|sentence| (visible(&sentence).into_owned(), Tone::Plain)),
        };
        let ended = matches!(&report.outcome, Outcome::Complete) || report.is_incomplete();
        details.extend(skipped.filter(|_| ended).map(|sentence| visible(&sentence).into_owned()));
        details.extend(report.notes.iter().map(|note| visible(note).into_owned()));
        details.extend(not_transferred(report));
        details.extend(report.problems.iter().map(listed));
        let unlisted = (report.failed + report.failed_folders).saturating_sub(report.problems.len() as u64);
        if unlisted > 0 && !report.problems.is_empty() {
            details.push(format!("and {}", text::count(unlisted, "more", "more")));
        }
        let open = match &report.saved[..] {
            [] => None,
            [only] => Some(only.clone()),
            [first, ..] => first.parent().map(Path::to_owned).or_else(|| transfer.folder.clone()),
        };
        Self {
            icon,
            tone,
            status,
            verified: report.verified().then(|| match report.digest {
                Some(digest) => format!("Both devices computed the same BLAKE3 digest:\n{digest}"),
                None => "Both devices computed the same BLAKE3 digest of every file.".to_owned(),
            }),
            open,
            reveal: report.saved.first().cloned(),
            details,
            retry: report.retry,
            report: matches!(tone, Tone::Bad).then(|| nameless(transfer, report)),
            direction: transfer.direction,
        }
    }

    /// True when all that was wanted has come.
    pub fn is_over(&self) -> bool {
        self.verified.is_some()
    }

    /// What went well, in numbers; of what did not, how much there was.
    pub fn account(&self, summary: &Summary, report: &Report) -> String {
        if !self.is_over() {
            return if summary.top.is_empty() { String::new() } else { summary.size_line() };
        }
        let mut amount = text::bytes(report.bytes);
        if summary.purpose == Purpose::Files {
            amount = format!("{}, {amount}", text::count(report.files, "file", "files"));
        }
        let place = if self.direction == Direction::Send { "there" } else { "here" };
        let mut parts = Vec::new();
        if report.already == 0 {
            // What was there already took no time, and nothing of it has flowed.
            parts.push(format!("{amount} in {}", text::duration(report.took)));
            let is_steady = report.took.as_secs() >= STEADY || summary.purpose != Purpose::Files;
            parts.extend(report.rate().filter(|_| is_steady).map(text::rate));
        } else {
            parts.push(amount);
            parts.push(format!("{} {place} already", text::count(report.already, "file", "files")));
        }
        if report.left_out.total() > 0 {
            parts.push(format!("{} left out", text::count(report.left_out.total(), "file", "files")));
        }
        parts.join(SEPARATOR)
    }
}

/// What has happened, where the whole sentence says more than a person wants to know at once.
fn short(problem: &Problem) -> Option<&'static str> {
    match problem.kind {
        ProblemKind::Unreachable => Some("The other device can’t be reached."),
        ProblemKind::NotReceiving => Some("The other device is not receiving."),
        ProblemKind::Link => Some("The connection broke."),
        ProblemKind::Protocol => Some("The two devices did not understand each other."),
        ProblemKind::Files
        | ProblemKind::Other
        | ProblemKind::Incomplete
        | ProblemKind::Paused
        | ProblemKind::NoRoom
        | ProblemKind::NoDisk
        | ProblemKind::Resumed
        | ProblemKind::Alarm => None,
    }
}

fn listed(problem: &FileProblem) -> String {
    format!("{} ({}): {}", visible(&problem.path), side(problem.side), visible(&problem.why))
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Here => "here",
        Side::There => "on the other device",
    }
}

/// `2 files and 1 folder were not transferred`
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

/// What somebody who helps has to know, and nobody's name, address or path.
fn nameless(transfer: &Transfer, report: &Report) -> String {
    let Summary { files, folders, bytes, .. } = transfer.summary;
    let direction = match transfer.direction {
        Direction::Send => "sending",
        Direction::Receive => "receiving",
    };
    let mut said =
        format!("Airlift {} on {}: {direction} failed\n", env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    let mut say = |line: std::fmt::Arguments<'_>| {
        // Writing to a text can't fail.
        let _ = writeln!(said, "{line}");
    };
    say(format_args!("Offered: {files} files, {folders} folders, {bytes} bytes"));
    say(format_args!(
        "Arrived: {} files, {} bytes, in {} s",
        report.files,
        report.bytes,
        report.took.as_secs()
    ));
    say(format_args!("Failed: {} files, {} folders", report.failed, report.failed_folders));
    if let Outcome::Failed(problem) = &report.outcome {
        say(format_args!("Problem: {:?}, {}", problem.kind, side(problem.side)));
    }
    if let Some(error) = report.error {
        say(format_args!("Error number: {error}"));
    }
    for problem in &report.problems {
        let number = problem.error.map_or_else(|| "unknown".to_owned(), |error| error.to_string());
        say(format_args!("A file, {}: error number {number}", side(problem.side)));
    }
    said
}
