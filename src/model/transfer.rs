//! One transfer as both faces see it: who, what, how far, and how it ended.

use std::{
    fmt,
    path::PathBuf,
    str::FromStr,
    time::{Duration, Instant, SystemTime},
};

use super::{
    Agreement, Bottleneck, Caution, Direction, LeaveOut, Listing, Meeting, Pause, Peer, Problem, ProblemKind,
    Purpose, Report, Side, Summary, Text,
};

/// Names a transfer on this device: 128 bits, random at the sender, derived from the sender's id
/// and its own number at the receiver.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransferId(pub [u8; 16]);

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// A text that is not a [`TransferId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not a transfer’s id. An id is 32 digits and letters from a to f.")]
pub struct BadTransferId;

impl FromStr for TransferId {
    type Err = BadTransferId;

    fn from_str(text: &str) -> Result<Self, BadTransferId> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| BadTransferId)?;
        Ok(Self(bytes.try_into().map_err(|_| BadTransferId)?))
    }
}

impl fmt::Debug for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransferId({self})")
    }
}

/// Something to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, or a folder with all that is in it.
    Path(PathBuf),
    /// Standard input to its end, as one file of this name.
    StandardInput { name: String },
    /// Words, which are written to no disk. By itself: nothing else goes with it.
    Text(Text),
}

/// What to do with an entry whose name is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conflict {
    /// Store the new one beside it: `photo (1).jpg`.
    #[default]
    KeepBoth,
    /// Leave the old one and don't fetch the new one.
    Skip,
    /// Put the new one in its place, once it is whole.
    Replace,
    /// Add what is missing to the folders that are there: what is there and the same is not sent,
    /// anything else of its name stays beside the new one.
    Complete,
}

/// Where an accepted offer goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Landing {
    /// `None`: the receiving folder of the settings.
    pub folder: Option<PathBuf>,
    /// Another name for the one thing offered, or a new folder for several.
    pub name: Option<String>,
    pub conflict: Conflict,
    /// What of it is not wanted. Of that one offer: another attempt is held to what was agreed.
    #[serde(skip)]
    pub without: LeaveOut,
}

/// A person's or a policy's answer to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Accept(Landing),
    /// With a reason that the sender is shown, if there is more to say than “no”.
    Decline(Option<String>),
}

/// A disk that seems to have less room than what is offered takes. What a disk says of its room is a hint: what fits,
/// only the disk knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Bytes that are needed.
    pub needed: u64,
    pub free: u64,
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed, free } = *self;
        let (bytes, left) = (super::text::bytes(needed), super::text::bytes(free));
        if needed > free {
            write!(f, "{bytes} are needed, and {left} are free")
        } else {
            write!(f, "{bytes} are needed, and with {left} free the disk would be full to the brim")
        }
    }
}

/// Everything that a face shows of one transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub id: TransferId,
    pub direction: Direction,
    pub peer: Peer,
    /// What is sent; empty until the scan, or the peer's offer, is complete.
    pub summary: Summary,
    /// What was picked to be sent, as a title, for as long as nobody has looked through it (sending).
    pub called: Option<String>,
    /// All that is offered, while its answer is awaited (receiving).
    pub list: Option<Listing>,
    /// The folder it goes to (receiving) .
    pub folder: Option<PathBuf>,
    /// Bytes that can still be stored there, when the offer came (receiving).
    pub free: Option<u64>,
    /// Where that seemed to be less than it takes (receiving).
    pub short: Option<Shortfall>,
    /// Files that seemed to be there already, when the offer came (receiving).
    pub already: u64,
    /// What the person should know and need not act on: names changed, links left out.
    pub notes: Vec<String>,
    /// The same where only what is missing is to come; `None` where that changes nothing, or isn't known.
    pub completing: Option<Vec<String>>,
    /// Bytes that had arrived when it last flowed; `None` where nothing has, or nobody knows.
    pub done: Option<u64>,
    /// The code that both screens show, where one of the two devices does not know the other.
    pub meeting: Option<Meeting>,
    pub caution: Option<Caution>,
    /// The words of a text: what is sent, or what has come whole. `None` of everything else, before that, and when so many
    /// have come since that this one was let go.
    pub text: Option<Text>,
    pub scope: Scope,
    pub state: TransferState,
}

/// What an offer that waits is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Whole,
    /// What goes beyond what was agreed before. Where it goes is settled.
    More,
}

impl Transfer {
    /// One of which nothing else is known yet.
    #[must_use]
    pub fn new(id: TransferId, direction: Direction, peer: Peer, state: TransferState) -> Self {
        Self {
            id,
            direction,
            peer,
            summary: Summary::default(),
            called: None,
            list: None,
            folder: None,
            free: None,
            short: None,
            already: 0,
            notes: Vec::new(),
            completing: None,
            done: None,
            meeting: None,
            caution: None,
            text: None,
            scope: Scope::Whole,
            state,
        }
    }

    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.state, TransferState::Finished(_))
    }

    /// True when a person here is to be offered to pause it: not of what the other side has paused.
    #[must_use]
    pub fn can_pause(&self) -> bool {
        self.may_pause() && self.state != TransferState::Paused(Pause::Person(Side::There))
    }

    /// True while it was paused, and goes on: nothing is wrong with it.
    #[must_use]
    pub fn is_resuming(&self) -> bool {
        matches!(&self.state, TransferState::Interrupted { why, .. } if why.kind == ProblemKind::Resumed)
    }

    /// True when a person here can pause it. What can't be sent a second time, such as standard
    /// input, can't wait, and a speed test would measure nothing.
    #[must_use]
    pub fn may_pause(&self) -> bool {
        let is_under_way = matches!(
            self.state,
            TransferState::Active
                | TransferState::Interrupted { .. }
                | TransferState::Paused(Pause::NoRoom { .. } | Pause::NoDisk | Pause::Person(Side::There))
        );
        is_under_way && self.summary.purpose == Purpose::Files && self.summary.streams == 0
    }

    /// What an offer lacks room for, with what is free by now.
    #[must_use]
    pub fn lacks(&self) -> Option<Shortfall> {
        let Shortfall { needed, free } = self.short?;
        let now = self.free.unwrap_or(free);
        // With more than there was, it may do.
        (now <= free || now < needed).then_some(Shortfall { needed, free: now })
    }

    /// `5.00 MB of 8.20 GB`: how far it had come when it last flowed; what there is in all where nobody knows.
    #[must_use]
    pub fn amount(&self) -> String {
        match (self.done, self.summary.total()) {
            (Some(done), Some(total)) => {
                format!("{} of {}", super::text::bytes(done.min(total)), super::text::bytes(total))
            }
            (Some(done), None) => super::text::bytes(done),
            (None, _) => self.summary.size_line(),
        }
    }

    /// `312 of 400 files are here already.`; `None` of an offer of which nothing is.
    #[must_use]
    pub fn here_already(&self) -> Option<String> {
        let files = self.summary.files;
        match self.already {
            0 => None,
            already if already < files => Some(format!(
                "{already} of {} {} here already.",
                super::text::count(files, "file", "files"),
                if already == 1 { "is" } else { "are" }
            )),
            _ if files == 1 => Some("This file is here already.".to_owned()),
            _ => Some(format!("All {} are here already.", super::text::count(files, "file", "files"))),
        }
    }

    /// True when nothing flows of what was accepted, and it is gone on with.
    #[must_use]
    pub fn rests(&self) -> bool {
        matches!(self.state, TransferState::Interrupted { .. } | TransferState::Paused(_))
    }

    /// True when it is not over, and nobody goes on with it.
    #[must_use]
    pub fn is_left(&self) -> bool {
        matches!(self.state, TransferState::Left { .. })
    }

    /// True while the person here has to say whether both screens show the same code.
    #[must_use]
    pub fn compares(&self) -> bool {
        let is_asked = self.meeting.is_some_and(|meeting| meeting.here == Agreement::Asked);
        self.state == TransferState::Comparing && is_asked
    }

    /// True while an offer waits for this device's answer.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.direction == Direction::Receive && self.state == TransferState::Waiting
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// Looking for the other device and shaking hands.
    Connecting,
    /// The device that it is for is not here; it is called again then, and when it is seen.
    Away {
        why: Problem,
        again: Instant,
    },
    /// The sender scans and offers.
    Preparing,
    /// It is known how much is to be sent, and a first meeting's codes have to be found the same.
    Comparing,
    /// The offer is complete; the receiver's answer is awaited.
    Waiting,
    /// Content flows.
    Active,
    /// The link broke, and both ends look for each other to go on. `again`: when this end tries next;
    /// `None` for one that waits to be called.
    Interrupted {
        why: Problem,
        again: Option<Instant>,
    },
    Finished(Box<Report>),
    /// Interrupted, and not gone on with before a person says so.
    Left {
        why: Problem,
        rest: Rest,
        /// When what is left of it is removed by itself.
        until: SystemTime,
    },
    /// It rests, without a connection.
    Paused(Pause),
}

/// Why a transfer is not gone on with by itself, and what can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// A person wants to be asked. It can be gone on with.
    Asks,
    /// It was tried for long enough, or its files are gone. It can be gone on with.
    Over,
    /// Nothing is known of it but partial files, which can be removed.
    Scraps,
}

/// How far a transfer is. A sample: later ones replace earlier ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Bytes stored at the receiver.
    pub bytes: u64,
    /// Bytes in all; `None` while a stream is part of it.
    pub total: Option<u64>,
    /// Files stored at the receiver.
    pub files: u64,
    /// The file in hand, as the receiver's or sender's path.
    pub file: Option<String>,
    /// Bytes of the file in hand that were moved, and its size where it is known.
    pub file_bytes: u64,
    pub file_total: Option<u64>,
    /// Bytes a second over the last seconds.
    pub rate: f64,
    /// What limits it at present; `None` while that can't be told.
    pub limited_by: Option<Bottleneck>,
    /// On whose side a disk has done nothing for a while, though it is waited for.
    pub stalled: Option<Side>,
    /// On whose side files are checked for viruses, while nothing else is waited for.
    pub checking: Option<Side>,
}

impl Progress {
    /// 0 to 1; `None` while the total isn't known.
    #[must_use]
    pub fn fraction(&self) -> Option<f32> {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "for a bar")]
        self.total
            .map(|total| if total == 0 { 1.0 } else { (self.bytes as f64 / total as f64).min(1.0) as f32 })
    }

    /// Time left at the present rate; `None` where it can't be told.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let left = self.total?.saturating_sub(self.bytes) as f64;
        (self.rate >= 1.0).then(|| Duration::try_from_secs_f64(left / self.rate).ok()).flatten()
    }
}
