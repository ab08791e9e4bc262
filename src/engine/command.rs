//! Everything that a face can ask of the engine.

use std::path::PathBuf;

use tokio::sync::oneshot;

use crate::{
    model::{Address, Answer, Landing, Problem, Source, Summary, TransferId, Trial},
    settings::Settings,
};

#[derive(Debug)]
pub enum Command {
    /// Wait for offers, or change how. While it waits already, the port stays as it is.
    Receive(Receiving),
    /// Stop waiting for offers. Transfers that were accepted go on; offers that wait are declined.
    StopReceiving,
    /// Send these to that address. `id` was made by [`Handle::new_transfer`](super::Handle::new_transfer).
    Send { id: TransferId, to: Address, sources: Vec<Source> },
    /// Try how fast that address can be sent to. `id` is made as for [`Command::Send`].
    Try { id: TransferId, to: Address, trial: Trial },
    /// The answer to an offer that waits. Anything else of that id ignores it.
    Answer { id: TransferId, answer: Answer },
    /// End a transfer; the other device is told. Of one that is left, what is there is removed, and it
    /// is taken off the list; so it is where nobody knows it.
    Cancel(TransferId),
    /// Try an interrupted transfer again now, go on with one that is left, or send once more what failed of
    /// a finished one, where its report says that this is possible. Where nobody knows it, or another process
    /// has taken it, it is taken off the list. Anything else of that id ignores it.
    Retry(TransferId),
    /// Take a finished transfer off the list.
    Forget(TransferId),
    /// Change the settings; they are saved.
    Apply(Settings),
    /// Count what a path holds, for a list of things to send. The engine wakes the face after it
    /// has replied.
    Measure { path: PathBuf, reply: oneshot::Sender<Result<Summary, Problem>> },
    /// End every transfer (telling the other devices) and the engine with it.
    Shutdown,
    /// Let a transfer rest, without a connection, until [`Command::Resume`]; see
    /// [`Transfer::can_pause`](crate::model::Transfer::can_pause). Anything else of that id ignores it.
    Pause(TransferId),
    /// Take up a transfer that was paused here. Anything else of that id ignores it.
    Resume(TransferId),
}

/// How offers are received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiving {
    pub port: PortChoice,
    pub consent: Consent,
    /// Where offers go unless the answer says otherwise.
    pub landing: Landing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortChoice {
    /// Airlift's own port, or the next free one where that is taken.
    Default,
    /// This port or none; 0 lets the system choose.
    Exactly(u16),
    /// Any free port, for this machine alone.
    Loopback,
}

/// Who says yes to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// A person, for each.
    Ask,
    /// Everything is accepted.
    All,
    /// Nobody can be asked: everything is declined, with this reason.
    Nobody(&'static str),
}
