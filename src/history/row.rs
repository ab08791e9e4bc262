//! What is shown of one file that came or went.

use std::{
    fmt,
    path::PathBuf,
    str::FromStr,
    time::{Duration, SystemTime},
};

pub use super::id::RowId;
use super::record::{Device, Ending};
use crate::model::{ContentKind, Digest, Direction, FileFate, Screening, Side, TransferId};

/// A row of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: RowId,
    /// When its fate was recorded, to the second (a few seconds later where very many were recorded at once).
    pub when: SystemTime,
    pub item: Item,
    /// Without folders; as it was offered, so it may hold what can’t be shown.
    pub name: String,
    /// The folders above it, below what was sent; empty at the top.
    pub folder: String,
    /// Where it is, or was, on this device.
    pub place: Option<PathBuf>,
    /// In bytes; `None` where it was never known.
    pub size: Option<u64>,
    pub kind: ContentKind,
    pub direction: Direction,
    pub device: Device,
    pub became: Became,
    pub screening: Screening,
    pub digest: Option<Digest>,
    /// By whose fault it failed.
    pub side: Option<Side>,
    /// Why it failed, as a sentence.
    pub why: Option<String>,
    pub transfer: TransferRow,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    File,
    /// A transfer of whose files nothing is known: its name is what it was called.
    Transfer,
}

/// The transfer that a row belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRow {
    pub id: TransferId,
    pub began: SystemTime,
    /// `None` of one that has not ended.
    pub ended: Option<SystemTime>,
    pub ending: Ending,
    pub took: Duration,
    pub bytes: u64,
    pub why: Option<String>,
}

impl TransferRow {
    /// Bytes a second; `None` where too little was moved to speak of a rate.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        (self.bytes > 0 && seconds >= 0.001).then(|| self.bytes as f64 / seconds)
    }
}

/// What became of it, as far as one may ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Became {
    Stored,
    /// It was there before, and is the same.
    Already,
    /// It has come, and waits until it can be scanned.
    Held,
    /// It has come, and is in quarantine.
    Infected,
    Failed,
    /// It was offered and not wanted.
    LeftOut,
    /// The whole transfer was.
    Declined,
    /// The whole transfer was.
    Cancelled,
    /// The whole transfer has not ended, and nothing is known of its files.
    Unsettled,
}

impl Became {
    pub const ALL: [Self; 9] = [
        Self::Stored,
        Self::Already,
        Self::Held,
        Self::Infected,
        Self::Failed,
        Self::LeftOut,
        Self::Declined,
        Self::Cancelled,
        Self::Unsettled,
    ];

    #[must_use]
    pub fn of(fate: &FileFate) -> Self {
        match fate {
            FileFate::Stored { .. } => Self::Stored,
            FileFate::Already { .. } => Self::Already,
            FileFate::Held { .. } => Self::Held,
            FileFate::Infected { .. } => Self::Infected,
            FileFate::Failed { .. } => Self::Failed,
            FileFate::LeftOut => Self::LeftOut,
        }
    }

    /// Of a transfer of whose files nothing is known.
    #[must_use]
    pub fn of_whole(ending: Ending) -> Self {
        match ending {
            Ending::NotYet => Self::Unsettled,
            // Without a file: empty folders.
            Ending::Complete => Self::Stored,
            Ending::Declined(_) => Self::Declined,
            Ending::Cancelled(_) => Self::Cancelled,
            Ending::Failed(_) => Self::Failed,
        }
    }

    /// As it is typed, and stands in machine-readable output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Already => "already",
            Self::Held => "held",
            Self::Infected => "infected",
            Self::Failed => "failed",
            Self::LeftOut => "left-out",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Unsettled => "unsettled",
        }
    }
}

/// What a virus check said, as far as one may ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Screened {
    Off,
    Clean,
    NotScanned,
    Infected,
}

impl Screened {
    pub const ALL: [Self; 4] = [Self::Off, Self::Clean, Self::NotScanned, Self::Infected];

    #[must_use]
    pub fn of(screening: &Screening) -> Self {
        match screening {
            Screening::Off => Self::Off,
            Screening::Clean => Self::Clean,
            Screening::NotScanned(_) => Self::NotScanned,
            Screening::Infected(_) => Self::Infected,
        }
    }

    /// As it is typed, and stands in machine-readable output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Clean => "clean",
            Self::NotScanned => "not-scanned",
            Self::Infected => "infected",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "There is no such outcome. Outcomes: stored, already, held, infected, failed, left-out, declined, cancelled, unsettled."
)]
pub struct BadBecame;

impl FromStr for Became {
    type Err = BadBecame;

    fn from_str(text: &str) -> Result<Self, BadBecame> {
        Self::ALL.into_iter().find(|became| became.word() == text).ok_or(BadBecame)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("There is no such result of a virus check. Results: off, clean, not-scanned, infected.")]
pub struct BadScreened;

impl FromStr for Screened {
    type Err = BadScreened;

    fn from_str(text: &str) -> Result<Self, BadScreened> {
        Self::ALL.into_iter().find(|screened| screened.word() == text).ok_or(BadScreened)
    }
}

impl fmt::Display for Became {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Screened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
