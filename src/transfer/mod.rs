//! One transfer between two ends.
//!
//! ```text
//!   sender                                       receiver
//!   Hello, Entries…, Offered  ── control ──▶    checks everything, asks
//!              ◀── control ──  Hello, Except…, Accept | Decline
//!   read → hash → send        ── content ──▶    receive → hash → write → sync → rename
//!              ◀── control ──  Progress…, Receipts…, Done
//!   compares digests, Bye     ── control ──▶
//! ```
//!
//! [`sending`] and [`receiving`] are the two ends as state machines without I/O. [`send()`] and
//! [`receive()`] drive them: control messages on the runtime, content on blocking stages of their
//! own ([`outflow`], [`inflow`]). Knows messages, streams and files; must not know devices'
//! addresses, settings, or anybody's screen.

mod control;
mod entry_set;
mod farewell;
mod limiter;
mod meeting;
mod meter;
mod packing;
mod receiver;
mod sender;
mod stages;
mod tally;
#[cfg(test)]
mod tests;
mod verdict;
mod wanted;
mod words;

use std::{
    io::{Read, Write},
    sync::Arc,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

pub use control::{LinkError, read_first};
pub use farewell::{Farewell, Told, farewell, given_up};
pub use limiter::Limiter;
pub use meeting::Accord;
pub use meter::Meter;
pub use receiver::{Attempt, IncomingOffer, Leeway, ReceiveJob, Room, receive};
pub use sender::{SendJob, send};

use crate::{
    disk::{DiskError, Lack, PlanError, SourceError},
    model::{CompareCode, Outcome, Problem, ProblemKind, Side, Summary},
    net::{NetError, NetworkClock},
    wire::{FromReceiver, FromSender, Violation, limits, message::Ending},
};

/// Shows that a content connection belongs to a transfer: random, made by the receiver.
pub type LaneToken = [u8; 16];

/// Ends a content connection from another thread: its reads and writes fail from then on.
pub type Stop = Box<dyn Fn() + Send + Sync>;

/// A content connection at the receiver: blocking, read on a thread of its own.
pub struct Inflow {
    pub stream: Box<dyn Read + Send>,
    pub stop: Stop,
    /// The part of the stream's time that the network takes.
    pub network: Arc<NetworkClock>,
}

/// A content connection at the sender: blocking, written on a thread of its own.
pub struct Outflow {
    pub stream: Box<dyn Write + Send>,
    pub stop: Stop,
    /// The part of the stream's time that the network takes.
    pub network: Arc<NetworkClock>,
}

/// What ends an attempt at a transfer from outside.
#[derive(Clone, Default)]
pub struct Stops {
    /// A person has cancelled the transfer.
    pub cancel: CancellationToken,
    /// A person has paused it.
    pub pause: CancellationToken,
    /// The connection is dead: the sender has opened another one.
    pub cut: CancellationToken,
}

/// What a transfer tells its owner while it goes on.
#[derive(Clone, Debug)]
pub enum Notice {
    /// What the peer calls itself.
    Named(crate::model::DeviceName),
    /// The offer is complete and waits for its answer.
    Offered { summary: Summary, notes: Vec<String> },
    /// The answer was yes: content flows.
    Accepted { notes: Vec<String> },
    /// The sender knows that everything is stored.
    Parted,
    /// Names had to change after that.
    Noted(Vec<String>),
    /// The disk here is full, and this is what must be free on it before it is worth while to go on.
    Full(Lack),
    /// One of the two does not know the other: this is the code that both show.
    Met(CompareCode),
    /// Nobody has to compare it any more.
    Agreed,
    /// The two codes can't be the same: somebody stands between the two devices.
    Differs,
}

/// How a transfer ended, before it is put into words.
#[derive(Debug)]
pub(crate) enum Ended {
    Complete,
    Declined {
        by: Side,
        reason: Option<String>,
    },
    Cancelled {
        by: Side,
    },
    Failed(TransferError),
    /// It is to go on when the person at that side wants it.
    Paused {
        by: Side,
    },
    /// It is to go on when there is room on the disk at that side.
    NoRoom {
        at: Side,
    },
}

/// Why a transfer could not go on.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error(transparent)]
    Link(LinkError),
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("The other device broke the rules of the protocol: {0}. Update both devices.")]
    Violation(#[from] Violation),
    #[error("The other device can’t go on: {}", crate::model::text::visible(.0))]
    Peer(String),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("Nobody answered at the other device. Ask its owner, and send again.")]
    NoAnswer,
    #[error("The other device began an offer and didn’t go on with it.")]
    Stalled,
    #[error("The sender opened no connection for the content. Something between the devices may block it.")]
    NoLane,
    #[error("{failed} of {wanted} files did not arrive. What arrived is whole and stays.")]
    Incomplete { failed: u64, wanted: u64, side: Side },
    #[error("Airlift itself broke down: {0}. Its log says more.")]
    Internal(String),
    #[error(
        "The two devices showed different codes. Somebody may stand between them, so nothing was sent. Try another network, or use a code that you tell each other."
    )]
    CodesDiffer,
    #[error("Nobody has compared the codes at the other device. Ask its owner, and let it be sent again.")]
    NotCompared,
}

/// Declines an offer before it is made: this device can't take another now.
pub async fn refuse<S: AsyncRead + AsyncWrite>(control: S, reason: &str) {
    let decline = FromReceiver::Decline { reason: Some(reason.to_owned()) };
    control::run(control, &FromReceiver::Alive, |link: control::Link<FromSender>| async move {
        // Whoever doesn't stay to hear it needs no reason.
        let _ = link.say(&decline).await;
    })
    .await;
}

/// Tells a sender that calls again that it is not to go on yet. Returns what it has to say of that: an
/// outcome where it gives the transfer up.
pub async fn put_off<S: AsyncRead + AsyncWrite>(control: S, why: Ending) -> Option<Outcome> {
    control::run(control, &FromReceiver::Alive, |mut link: control::Link<FromSender>| async move {
        // Whoever doesn't stay to hear it finds out when it calls again.
        let _ = link.say(&FromReceiver::Ending(why)).await;
        match timeout(limits::ENDING, link.next()).await {
            Ok(Ok(FromSender::Ending(Ending::Cancelled))) => Some(Outcome::Cancelled { by: Side::There }),
            _ => None,
        }
    })
    .await
}

impl Ended {
    /// True of a broken link, which another one can mend, and of what only rests.
    fn may_go_on(&self) -> bool {
        match self {
            Self::Complete | Self::Paused { .. } | Self::NoRoom { .. } => true,
            Self::Failed(e) => e.kind() == ProblemKind::Link,
            Self::Declined { .. } | Self::Cancelled { .. } => false,
        }
    }
}

impl TransferError {
    /// True when the disk here is full.
    fn is_full(&self) -> bool {
        match self {
            Self::Disk(why) | Self::Plan(PlanError::Disk(why)) => why.is_full(),
            Self::Plan(PlanError::NoSpace { .. }) => true,
            _ => false,
        }
    }

    fn side(&self) -> Side {
        match self {
            Self::Link(_)
            | Self::Net(_)
            | Self::Violation(_)
            | Self::Peer(_)
            | Self::NoAnswer
            | Self::Stalled
            | Self::NoLane
            | Self::NotCompared
            | Self::Plan(
                PlanError::Nothing | PlanError::Twice(_) | PlanError::FileAndFolder(_) | PlanError::Absurd,
            ) => Side::There,
            Self::Source(_) | Self::Plan(_) | Self::Disk(_) | Self::Internal(_) | Self::CodesDiffer => {
                Side::Here
            }
            Self::Incomplete { side, .. } => *side,
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::Link(_) | Self::NoLane | Self::Stalled | Self::Net(_) => ProblemKind::Link,
            Self::Violation(_) => ProblemKind::Protocol,
            Self::Source(_) | Self::Plan(_) | Self::Disk(_) => ProblemKind::Files,
            Self::Incomplete { .. } => ProblemKind::Incomplete,
            Self::Peer(_) | Self::NoAnswer | Self::Internal(_) | Self::NotCompared | Self::CodesDiffer => {
                ProblemKind::Other
            }
        }
    }
}

impl From<LinkError> for TransferError {
    fn from(e: LinkError) -> Self {
        match e {
            LinkError::Violation(violation) => Self::Violation(violation),
            other => Self::Link(other),
        }
    }
}

impl From<&NetError> for Problem {
    fn from(e: &NetError) -> Self {
        let (side, kind) = match e {
            NetError::Unknown { .. }
            | NetError::Unreachable { .. }
            | NetError::NotSeen { .. }
            | NetError::Ambiguous { .. } => (Side::Here, ProblemKind::Unreachable),
            NetError::Refused { .. } | NetError::Silent { .. } => (Side::There, ProblemKind::Unreachable),
            NetError::NotAirlift { .. }
            | NetError::NoCommonVersion { .. }
            | NetError::Handshake { .. }
            | NetError::OtherDevice { .. } => (Side::There, ProblemKind::NotReceiving),
            NetError::Twin { .. } => (Side::Here, ProblemKind::Other),
        };
        Self { side, kind, text: e.to_string() }
    }
}

impl From<Ended> for Outcome {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Complete => Self::Complete,
            Ended::Declined { by, reason } => Self::Declined { by, reason },
            Ended::Cancelled { by } => Self::Cancelled { by },
            Ended::Failed(e) => {
                tracing::info!(error = %e, "transfer failed");
                Self::Failed(Problem { side: e.side(), kind: e.kind(), text: e.to_string() })
            }
            // Whoever can't wait for it tells a person this.
            Ended::Paused { by } => {
                let text = match by {
                    Side::Here => "It was paused here.",
                    Side::There => "The other device has paused it.",
                };
                Self::Failed(Problem { side: by, kind: ProblemKind::Paused, text: text.to_owned() })
            }
            Ended::NoRoom { at } => {
                let text = match at {
                    Side::Here => "The disk here is full. Free some space, and have it sent again.",
                    Side::There => "The other device’s disk is full. Free some space there, and send again.",
                };
                Self::Failed(Problem { side: at, kind: ProblemKind::NoRoom, text: text.to_owned() })
            }
        }
    }
}
