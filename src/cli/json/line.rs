//! One line for each piece of news that is of use to a script.

use std::net::IpAddr;

use serde::Serialize;

use super::{
    code::CodeLine,
    fields::{DirectionLine, Item, Of, PurposeLine, ReasonLine, SideLine, SkippedLine, TrialLine, path},
    kept::KeptLine,
    meeting::{CompareLine, MeetingLine},
    pipeline::{BottleneckLine, PipelineLine},
};
use crate::{
    cli::news::{Listening, News},
    model::{Direction, Outcome, Pause, Progress, Report, Side, Summary, Transfer, TransferState},
};

/// One line. Every field is in `docs/CLI.md`.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Line<'a> {
    Id {
        name: &'a str,
        device_id: String,
        addresses: &'a [IpAddr],
    },
    Listening {
        port: u16,
        addresses: &'a [IpAddr],
        device_id: String,
        name: &'a str,
        folder: String,
        free: Option<u64>,
    },
    Offer {
        #[serde(flatten)]
        of: Of<'a>,
        files: u64,
        folders: u64,
        bytes: u64,
        streams: u64,
        items: Vec<Item<'a>>,
        trial: Option<TrialLine>,
        purpose: PurposeLine,
        more: u64,
        skipped: SkippedLine,
        notes: &'a [String],
        folder: Option<String>,
        free: Option<u64>,
        needed: Option<u64>,
        already: u64,
        #[serde(flatten)]
        compare: CompareLine,
    },
    Started {
        #[serde(flatten)]
        of: Of<'a>,
        total: Option<u64>,
        folder: Option<String>,
        needed: Option<u64>,
        free: Option<u64>,
    },
    Interrupted {
        #[serde(flatten)]
        of: Of<'a>,
        problem: &'a str,
    },
    Resumed {
        #[serde(flatten)]
        of: Of<'a>,
    },
    Paused {
        #[serde(flatten)]
        of: Of<'a>,
        reason: ReasonLine,
        side: SideLine,
        problem: String,
    },
    Progress {
        transfer: String,
        direction: DirectionLine,
        bytes: u64,
        total: Option<u64>,
        files: u64,
        file: Option<&'a str>,
        file_bytes: u64,
        file_total: Option<u64>,
        rate: f64,
        limited_by: Option<BottleneckLine>,
        stalled: Option<SideLine>,
        checking: Option<SideLine>,
    },
    /// A text that has come.
    Text {
        #[serde(flatten)]
        of: Of<'a>,
        bytes: u64,
        text: &'a str,
    },
    Finished {
        #[serde(flatten)]
        of: Of<'a>,
        trial: Option<TrialLine>,
        purpose: PurposeLine,
        outcome: OutcomeLine,
        side: Option<SideLine>,
        files: u64,
        bytes: u64,
        seconds: f64,
        verified: bool,
        digest: Option<String>,
        saved: Vec<String>,
        notes: &'a [String],
        left_out: u64,
        skipped: SkippedLine,
        already: u64,
        failed: u64,
        hopeless: u64,
        failed_folders: u64,
        failures: Vec<Failure<'a>>,
        problem: Option<String>,
        error: Option<i32>,
        pipeline: Box<PipelineLine>,
    },
    /// One round of a speed test.
    Bench {
        #[serde(flatten)]
        of: Of<'a>,
        trial: Option<TrialLine>,
        bytes: u64,
        seconds: f64,
        rate: Option<f64>,
        limited_by: Option<BottleneckLine>,
    },
    Error {
        problem: &'a str,
    },
    Code(CodeLine),
    Meeting(Box<MeetingLine<'a>>),
    Kept(Box<KeptLine<'a>>),
    Removed {
        #[serde(flatten)]
        of: Of<'a>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeLine {
    Complete,
    Declined,
    Cancelled,
    Failed,
}

#[derive(Serialize)]
pub struct Failure<'a> {
    path: &'a str,
    side: SideLine,
    why: &'a str,
    error: Option<i32>,
}

impl<'a> Line<'a> {
    /// `None` for what is of no use to a script.
    pub fn of(news: News<'a>) -> Option<Self> {
        Some(match news {
            News::Listening(listening) => Self::listening(listening),
            News::Offered(t) => Self::offer(t, &t.summary),
            // Else the offer has it.
            News::Met(t) if t.direction == Direction::Send || t.state == TransferState::Comparing => {
                Self::Meeting(Box::new(MeetingLine::of(t)?))
            }
            News::Started(t) => Self::Started {
                of: Of::from(t),
                total: t.summary.total(),
                folder: t.folder.as_deref().map(path),
                needed: t.short.map(|short| short.needed),
                free: t.short.map(|short| short.free),
            },
            News::Progress(t, progress) => Self::progress(t, progress),
            News::Broken(t, why) => Self::Interrupted { of: Of::from(t), problem: &why.text },
            News::Paused(t, why) => Self::paused(t, why),
            News::Mended(t) => Self::Resumed { of: Of::from(t) },
            News::Text(t, text) => Self::Text { of: Of::from(t), bytes: text.bytes(), text: text.as_str() },
            News::Finished(t, report) => Self::finished(t, report),
            News::Tried(t, report) => Self::Bench {
                of: Of::from(t),
                trial: TrialLine::of(t.summary.purpose),
                bytes: report.bytes,
                seconds: report.took.as_secs_f64(),
                rate: report.rate(),
                limited_by: report.pipeline.limited_by.map(BottleneckLine::from),
            },
            News::Code(state) => Self::Code(CodeLine::of(state)?),
            News::Error(problem) => Self::Error { problem },
            News::Kept(kept) => Self::Kept(Box::new(kept.into())),
            News::Removed(t) => Self::Removed { of: Of::from(t) },
            News::Begun(_) | News::Connected(_) | News::Cancelling | News::Met(_) | News::Remark(_) => {
                return None;
            }
        })
    }

    fn listening(listening: &'a Listening) -> Self {
        Self::Listening {
            port: listening.port,
            addresses: &listening.addresses,
            device_id: listening.device.id.to_string(),
            name: listening.device.name.as_str(),
            folder: path(&listening.folder),
            free: listening.free,
        }
    }

    fn offer(t: &'a Transfer, summary: &'a Summary) -> Self {
        Self::Offer {
            of: Of::from(t),
            files: summary.files,
            folders: summary.folders,
            bytes: summary.bytes,
            streams: summary.streams,
            items: summary.top.iter().map(Item::from).collect(),
            trial: TrialLine::of(summary.purpose),
            purpose: summary.purpose.into(),
            more: summary.more,
            skipped: summary.skipped.into(),
            notes: &t.notes,
            folder: t.folder.as_deref().map(path),
            free: t.free,
            needed: t.lacks().map(|short| short.needed),
            already: t.already,
            compare: t.into(),
        }
    }

    fn progress(t: &Transfer, progress: &'a Progress) -> Self {
        Self::Progress {
            transfer: t.id.to_string(),
            direction: t.direction.into(),
            bytes: progress.bytes,
            total: progress.total,
            files: progress.files,
            file: progress.file.as_deref(),
            file_bytes: progress.file_bytes,
            file_total: progress.file_total,
            rate: progress.rate,
            limited_by: progress.limited_by.map(BottleneckLine::from),
            stalled: progress.stalled.map(SideLine::from),
            checking: progress.checking.map(SideLine::from),
        }
    }

    fn paused(t: &'a Transfer, why: Pause) -> Self {
        let (reason, side) = match (why, t.direction) {
            (Pause::Person(side), _) => (ReasonLine::Person, side),
            (Pause::NoRoom { .. }, Direction::Send) => (ReasonLine::NoRoom, Side::There),
            (Pause::NoRoom { .. }, Direction::Receive) => (ReasonLine::NoRoom, Side::Here),
            (Pause::NoDisk, Direction::Send) => (ReasonLine::NoDisk, Side::There),
            (Pause::NoDisk, Direction::Receive) => (ReasonLine::NoDisk, Side::Here),
        };
        let problem = why.sentence(t.direction, &t.peer);
        Self::Paused { of: Of::from(t), reason, side: side.into(), problem }
    }

    fn finished(t: &'a Transfer, report: &'a Report) -> Self {
        let (outcome, side) = match &report.outcome {
            Outcome::Complete => (OutcomeLine::Complete, None),
            Outcome::Declined { by, .. } => (OutcomeLine::Declined, Some(*by)),
            Outcome::Cancelled { by } => (OutcomeLine::Cancelled, Some(*by)),
            Outcome::Failed(problem) => (OutcomeLine::Failed, Some(problem.side)),
        };
        Self::Finished {
            of: Of::from(t),
            trial: TrialLine::of(t.summary.purpose),
            purpose: t.summary.purpose.into(),
            outcome,
            side: side.map(SideLine::from),
            files: report.files,
            bytes: report.bytes,
            seconds: report.took.as_secs_f64(),
            verified: report.verified(),
            digest: report.digest.map(|digest| digest.to_string()),
            saved: report.saved.iter().map(|saved| path(saved)).collect(),
            notes: &report.notes,
            left_out: report.left_out.total(),
            skipped: t.summary.skipped.into(),
            already: report.already,
            failed: report.failed,
            hopeless: report.hopeless,
            failed_folders: report.failed_folders,
            failures: report
                .problems
                .iter()
                .map(|file| Failure {
                    path: &file.path,
                    side: file.side.into(),
                    why: &file.why,
                    error: file.error,
                })
                .collect(),
            problem: report.outcome.problem(),
            error: report.error,
            pipeline: Box::new(report.pipeline.into()),
        }
    }
}
