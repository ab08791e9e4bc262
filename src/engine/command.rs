//! Everything that a face can ask of the engine.

use std::path::PathBuf;

use tokio::sync::oneshot;

use super::network::doctor::Finding;
use crate::{
    history::RowId,
    model::{
        Answer, DeviceId, Landing, PairingCode, Problem, QuarantineDeed, QuarantineDone, QuarantineId,
        QuarantineItem, Rechecked, Recording, Source, Summary, Target, TransferId, Trial, Trust,
    },
    settings::{AtStart, Settings},
};

#[derive(Debug)]
pub enum Command {
    /// Wait for offers, or change how. While it waits already, the port stays as it is.
    Receive(Receiving),
    /// Stop waiting for offers. Transfers that were accepted go on; offers that wait are declined.
    StopReceiving,
    /// What the window does when it starts next; kept in the settings, and changes nothing now.
    AtStart(AtStart),
    /// Send these to that device; a text by itself. `id` was made by [`Handle::new_transfer`](super::Handle::new_transfer).
    Send { id: TransferId, to: Target, sources: Vec<Source>, manner: Manner },
    /// Try how fast that device can be sent to. `id` is made as for [`Command::Send`].
    Try { id: TransferId, to: Target, trial: Trial },
    /// Write the text of this transfer, as [`Transfer::text`](crate::model::Transfer::text) has it, into the receiving folder
    /// as a file whose name ends in `.txt`, beside whatever is there. The engine wakes the face after it has replied, with
    /// where it stands.
    SaveText { id: TransferId, reply: oneshot::Sender<Result<PathBuf, Problem>> },
    /// The answer to an offer that waits. Anything else of that id ignores it.
    Answer { id: TransferId, answer: Answer },
    /// End a transfer; the other device is told. Of one that is left, what is there is removed, and it
    /// is taken off the list; so it is where nobody knows it.
    Cancel(TransferId),
    /// Try an interrupted transfer again now, go on with one that is left, or begin one anew that has failed,
    /// also before anything was offered, where its report says that this is possible; of one that is incomplete, what
    /// failed is sent. Where nobody knows it, or another process
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
    /// [`Transfer::may_pause`](crate::model::Transfer::may_pause). Anything else of that id ignores it.
    Pause(TransferId),
    /// Take up a transfer that was paused here. Anything else of that id ignores it.
    Resume(TransferId),
    /// The other device shows the code that this one shows for a transfer that sends: it may be sent.
    Agree(TransferId),
    /// The other device shows another code: the transfer ends, and whoever is at the other end is not
    /// who they should be.
    Differ(TransferId),
    /// Look for other devices on the network, or stop that. They are in the snapshot.
    Look(Looking),
    /// Change what is kept of a device.
    Device { id: DeviceId, change: DeviceChange },
    /// Give out a code, while offers are waited for; `None` takes it back. Whoever shows that they know it
    /// may send without a question, once.
    GiveCode { code: Option<PairingCode>, remember: Remember },
    /// Change what is kept of the past. The engine wakes the face after it has replied, with how many rows are gone.
    History { change: HistoryChange, reply: oneshot::Sender<Result<u64, Problem>> },
    /// Find out why devices may not see each other. The engine wakes the face after it has replied.
    Examine { reply: oneshot::Sender<Vec<Finding>> },
    /// What is in quarantine, the latest first. The engine wakes the face after it has replied.
    ListQuarantine { reply: oneshot::Sender<Result<Vec<QuarantineItem>, Problem>> },
    /// Do this with these of it, one after the other; each has its answer, in their order. The engine wakes the face
    /// after it has replied, and publishes how many are left.
    Quarantine {
        items: Vec<QuarantineId>,
        deed: QuarantineDeed,
        reply: oneshot::Sender<Vec<QuarantineAnswer>>,
    },
    /// Show these files, which were let in though nobody could look into them, to the virus scanner once more; each has
    /// its answer, in their order, and the history says the same. The engine wakes the face after it has replied.
    CheckAgain { rows: Vec<RowId>, reply: oneshot::Sender<Vec<(RowId, Rechecked)>> },
}

/// What became of one thing in quarantine, or why nothing did.
pub type QuarantineAnswer = (QuarantineId, Result<QuarantineDone, Problem>);

/// How a transfer that sends deals with the device that it meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    pub strangers: Strangers,
    pub remember: Remember,
    /// The words that whoever answers must know, and is shown to know. [`Target::Code`] has its own.
    pub code: Option<PairingCode>,
    pub absence: Absence,
}

/// What is done where the device that is meant can't be reached, and nothing was agreed yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absence {
    /// The transfer fails.
    #[default]
    Fails,
    /// A device that is known is waited for, for as long as for one that was interrupted; anything else fails. It does
    /// not outlive this run.
    Waits,
}

/// What is done about a device that was never met before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strangers {
    /// A person compares the codes that both devices show, before anything is sent.
    #[default]
    Compare,
    /// Nobody can be asked: it is sent, and it is said that nobody has compared.
    GoAhead,
}

/// Whether whoever proves a code is trusted from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remember {
    /// They are known, and their later offers are asked about.
    #[default]
    Known,
    Trusted,
}

impl From<Remember> for Trust {
    fn from(remember: Remember) -> Self {
        match remember {
            Remember::Known => Self::Known,
            Remember::Trusted => Self::Trusted,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Looking {
    On,
    #[default]
    Off,
}

/// A change of what is kept of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceChange {
    /// [`Trust::Stranger`] forgets it.
    Trust(Trust),
    /// Where what it sends goes; `None`: where everything goes.
    Folder(Option<PathBuf>),
    /// Whether the history has what comes from it and goes to it, from now on.
    Recording(Recording),
}

/// A change of what is kept of the past; never of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryChange {
    /// Ids that are gone are no error.
    Remove(Vec<RowId>),
    /// Everything.
    Clear,
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

impl PortChoice {
    /// As a person has chosen it.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        settings.port.map_or(Self::Default, Self::Exactly)
    }
}

/// Who says yes to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// As the settings have it.
    Settings,
    /// A person, for each.
    Ask,
    /// Trusted devices need no question; a person is asked about all others.
    Trusted,
    /// Trusted devices need no question, and all others are declined with this reason.
    TrustedAlone(&'static str),
    /// Everything is accepted.
    All,
    /// Nobody can be asked: everything is declined, with this reason.
    Nobody(&'static str),
}
