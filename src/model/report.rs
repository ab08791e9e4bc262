//! How a transfer ended: its outcome, what failed and on whose side, and what stands now at the receiver. It knows
//! nothing of a transfer that is still under way.

use std::{path::PathBuf, time::Duration};

use super::{Digest, LeftOut, Pipeline, Side, text};

/// How a transfer ended, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub outcome: Outcome,
    /// Files stored at the receiver.
    pub files: u64,
    /// Bytes of content stored at the receiver.
    pub bytes: u64,
    /// From the answer to the end.
    pub took: Duration,
    /// The content's digest, where it was one file and the two ends agree on it.
    pub digest: Option<Digest>,
    /// What now stands at the top of the receiving folder (receiving).
    pub saved: Vec<PathBuf>,
    /// What its person should know of how it was stored, beyond what was said before (receiving). Bounded.
    pub notes: Vec<String>,
    /// Files and folders that were not transferred; at most [`Report::MAX_LISTED`], all are counted below.
    pub problems: Vec<FileProblem>,
    /// How many files were not transferred though they were wanted.
    pub failed: u64,
    /// How many of the files can't go better the next time.
    pub hopeless: u64,
    /// How many folders could not be made, or made to last.
    pub failed_folders: u64,
    /// Files that were offered and not wanted.
    pub left_out: LeftOut,
    /// How many of the files were at the receiver before, and were found to be the same.
    pub already: u64,
    /// The number of the error that ended it, where it was one of the system here.
    pub error: Option<i32>,
    /// Where the time went.
    pub pipeline: Pipeline,
    /// Whether it can be tried again; where it is incomplete, what failed without the rest.
    pub retry: Retry,
}

/// Whether a transfer that failed can be begun anew with what was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retry {
    /// Nothing failed, or it would fail again, or it can't be read a second time, or it is not this device that sends.
    #[default]
    Impossible,
    Possible,
}

impl Report {
    /// How many failed files are listed one by one.
    pub const MAX_LISTED: usize = 100;

    /// A report of something that ended before it began.
    #[must_use]
    pub fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            files: 0,
            bytes: 0,
            took: Duration::ZERO,
            digest: None,
            saved: Vec::new(),
            notes: Vec::new(),
            problems: Vec::new(),
            failed: 0,
            hopeless: 0,
            failed_folders: 0,
            left_out: LeftOut::default(),
            already: 0,
            error: None,
            pipeline: Pipeline::default(),
            retry: Retry::Impossible,
        }
    }

    /// Bytes a second over all; `None` where too little was moved to speak of a rate.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        (self.bytes > 0 && seconds >= 0.001).then(|| self.bytes as f64 / seconds)
    }

    /// True when it came to its end, and some files failed.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        matches!(&self.outcome, Outcome::Failed(problem) if problem.kind == ProblemKind::Incomplete)
    }

    /// True when every byte that was wanted is stored, and both ends computed the same digests.
    #[must_use]
    pub fn verified(&self) -> bool {
        self.outcome == Outcome::Complete
    }
}

/// One file that was not transferred, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    pub path: String,
    pub side: Side,
    pub why: String,
    /// The number of the system's error, where this device has met it. It is for programs, and in no sentence.
    pub error: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All that was wanted is stored and verified.
    Complete,
    Declined {
        by: Side,
        reason: Option<String>,
    },
    Cancelled {
        by: Side,
    },
    Failed(Problem),
}

impl Outcome {
    /// The sentence for a person; `None` when all went well.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        match self {
            Self::Complete => None,
            Self::Declined { by: Side::There, reason: None } => Some("The other device declined.".to_owned()),
            Self::Declined { by: Side::There, reason: Some(reason) } => {
                Some(format!("The other device declined: {}", text::visible(reason)))
            }
            Self::Declined { by: Side::Here, reason: None } => Some("Declined here.".to_owned()),
            Self::Declined { by: Side::Here, reason: Some(reason) } => {
                Some(format!("Declined here: {reason}"))
            }
            Self::Cancelled { by: Side::Here } => Some("Cancelled here.".to_owned()),
            Self::Cancelled { by: Side::There } => Some("Cancelled by the other device.".to_owned()),
            Self::Failed(problem) => Some(problem.text.clone()),
        }
    }
}

/// A failure as a person meets it: whose side, of what sort, and one sentence or two that say
/// what happened and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub side: Side,
    pub kind: ProblemKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// Nobody answers at the address.
    Unreachable,
    /// What answers is not Airlift, or speaks no common version, or isn't receiving.
    NotReceiving,
    /// The link broke or went silent.
    Link,
    /// The peer broke the protocol.
    Protocol,
    /// Files or folders could not be read or written.
    Files,
    /// Anything else: settings, ports, this program itself.
    Other,
    /// Some files failed; the others are stored.
    Incomplete,
    /// A person has paused it.
    Paused,
    /// The receiver's disk is full.
    NoRoom,
    /// The receiver's disk is not there.
    NoDisk,
    /// Two persons, or two devices, have seen different codes.
    Alarm,
    /// Nothing is wrong: it was paused, at that side, and goes on.
    Resumed,
}
