//! What tasks tell the actor that owns them, and what comes with it.
//!
//! Must not know what the actor does about it: tasks know this page, and not the actor.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Instant, SystemTime},
};

use tokio::sync::oneshot;

use super::{
    command::{Receiving, Remember},
    transfers::{
        anew::Anew,
        desk::Desk,
        kept::Survey,
        record::{Accepted, Found},
    },
};
use crate::{
    model::{Answer, DeviceId, Problem, Summary, Target, TransferId},
    net::{Connection, NetError},
    transfer::{Compared, IncomingOffer, More},
};

/// What tasks tell the actor.
pub enum Internal {
    /// Somebody introduced themselves and wants to make an offer.
    Arrived(Caller),
    /// A person is to be asked.
    Ask { desk: Arc<Desk>, question: Question },
    /// Somebody needs to know how offers are answered now; `None` where nobody receives.
    Terms { reply: oneshot::Sender<Option<Receiving>> },
    /// This address leads to a device.
    Reached { to: Target, peer: DeviceId, at: SocketAddr },
    /// A transfer that receives is over, and its sender may call once more: it may not know that all is
    /// stored, or try again what failed.
    Unheard(Box<Accepted>),
    /// A transfer that sends has failed, or files of it, and it can be begun anew.
    /// `noted` is told before anybody can ask for that.
    Failed { id: TransferId, anew: Box<Anew>, noted: oneshot::Sender<()> },
    /// Nobody can be heard any more.
    Deaf(io::Error),
    /// The port that was listened on last may be free by now.
    Closed,
    /// It is not over, and not tried any more by itself; what is kept of it is free again.
    Rests { desk: Arc<Desk>, record: TransferId, why: Problem, since: SystemTime },
    /// What there is of one that a person wants to go on.
    Claimed { id: TransferId, found: Found },
    /// What was left of one is gone, or why not.
    Discarded { id: TransferId, removed: Result<(), Problem> },
    /// What is left of transfers at all.
    Surveyed(Survey),
    /// Whether a folder that a person has chosen may be received into, and why not.
    Looked { choice: Choice, refused: Option<Problem> },
    /// Another machine with this one's key has called.
    Twin { address: SocketAddr, why: NetError },
}

/// What a person has chosen a folder for.
#[derive(Debug)]
pub enum Choice {
    /// All that comes.
    Inbox { chosen: PathBuf, before: PathBuf },
    /// What one device sends.
    Device { id: DeviceId, chosen: PathBuf, before: Option<PathBuf> },
}

impl Choice {
    #[must_use]
    pub fn chosen(&self) -> &Path {
        match self {
            Self::Inbox { chosen, .. } | Self::Device { chosen, .. } => chosen,
        }
    }
}

/// What a person is asked about what comes in. A reply that is dropped is a no.
pub enum Question {
    /// Whether both screens show the same code, where so much is to be offered.
    Same { counts: Summary, reply: oneshot::Sender<Compared> },
    /// Whether an offer is wanted.
    Offer { offer: Box<IncomingOffer>, reply: oneshot::Sender<Answer> },
    /// Whether what goes beyond what was agreed is wanted.
    More { offer: Box<IncomingOffer>, reply: oneshot::Sender<More> },
}

/// Where the answer to a question goes. One that is dropped is a no.
pub enum Reply {
    Same(oneshot::Sender<Compared>),
    Offer(oneshot::Sender<Answer>),
    More(oneshot::Sender<More>),
}

impl Reply {
    /// There is no place for the question.
    pub fn turn_away(self, why: &str) {
        match self {
            Self::More(reply) => drop(reply.send(More::Later)),
            other => other.decline(Some(why.to_owned())),
        }
    }

    pub fn decline(self, reason: Option<String>) {
        // Whoever asked may have gone: what was offered was withdrawn in the same moment.
        match self {
            Self::Same(reply) => drop(reply.send(Compared::Declined(reason))),
            Self::Offer(reply) => drop(reply.send(Answer::Decline(reason))),
            Self::More(reply) => drop(reply.send(More::Refused)),
        }
    }

    pub fn is_closed(&self) -> bool {
        match self {
            Self::Same(reply) => reply.is_closed(),
            Self::Offer(reply) => reply.is_closed(),
            Self::More(reply) => reply.is_closed(),
        }
    }
}

/// Somebody who wants to make an offer, or to go on with one.
pub struct Caller {
    pub connection: Box<Connection>,
    pub name: String,
    pub transfer: [u8; 16],
    /// They have shown that they know the code that was given out, and that follows from it.
    pub coded: Option<Remember>,
    pub since: Instant,
}
