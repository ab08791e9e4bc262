//! What the terminal face has to tell, and the trait of those who tell it.
//!
//! Knows the order of things in a transfer's life. Must not know how they are worded or drawn.

use std::{net::IpAddr, path::PathBuf};

use crate::{
    engine::{CodeState, DeviceCard, KeptTransfer, Snapshot},
    model::{Landing, Pause, Problem, Progress, Report, Text, Transfer, TransferState},
};

/// Something worth telling.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    Listening(&'a Listening),
    /// What has become of the code that was given out; never [`CodeState::None`].
    Code(&'a CodeState),
    /// The other device is being looked for.
    Begun(&'a Transfer),
    /// It answered; the offer is being made.
    Connected(&'a Transfer),
    /// The offer is complete and waits for the receiver’s answer.
    Offered(&'a Transfer),
    /// Both devices show a code, since one of them doesn’t know the other.
    Met(&'a Transfer),
    Started(&'a Transfer),
    Progress(&'a Transfer, &'a Progress),
    /// The link broke; it goes on by itself.
    Broken(&'a Transfer, &'a Problem),
    /// It rests, and goes on when somebody wants it or there is room.
    Paused(&'a Transfer, Pause),
    /// It goes on.
    Mended(&'a Transfer),
    /// A text has come, whole.
    Text(&'a Transfer, &'a Text),
    Finished(&'a Transfer, &'a Report),
    /// One round of a speed test is complete, after its [`News::Finished`].
    Tried(&'a Transfer, &'a Report),
    /// One of those that are listed.
    Kept(&'a KeptTransfer),
    /// What was left of it is gone.
    Removed(&'a Transfer),
    /// The first Ctrl-C was heard, and something has to be cancelled.
    Cancelling,
    /// A line for a person alone.
    Remark(&'a str),
    /// What ends the program before, or apart from, a transfer.
    Error(&'a str),
}

/// The report of a finished transfer.
#[must_use]
pub fn report(transfer: &Transfer) -> Option<&Report> {
    match &transfer.state {
        TransferState::Finished(report) => Some(report),
        _ => None,
    }
}

/// The moments of a transfer's life, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    Begun,
    Connected,
    Offered,
    Started,
    Finished,
}

impl Moment {
    pub const ALL: [Self; 5] = [Self::Begun, Self::Connected, Self::Offered, Self::Started, Self::Finished];

    #[must_use]
    pub fn of(state: &TransferState) -> Self {
        match state {
            TransferState::Connecting | TransferState::Away { .. } => Self::Begun,
            TransferState::Preparing | TransferState::Comparing => Self::Connected,
            TransferState::Waiting => Self::Offered,
            TransferState::Active | TransferState::Interrupted { .. } | TransferState::Paused(_) => {
                Self::Started
            }
            // What is left has come to an end for whoever follows it.
            TransferState::Finished(_) | TransferState::Left { .. } => Self::Finished,
        }
    }
}

/// Where and as whom this device waits for offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    pub device: DeviceCard,
    pub port: u16,
    pub addresses: Vec<IpAddr>,
    pub folder: PathBuf,
    /// Bytes free there; `None` where that isn't known.
    pub free: Option<u64>,
}

impl Listening {
    /// How it is told that a port is open.
    #[must_use]
    pub fn of(snapshot: &Snapshot, landing: &Landing, port: u16, addresses: Vec<IpAddr>) -> Self {
        let inbox = &snapshot.inbox;
        let folder = landing.folder.clone().unwrap_or_else(|| inbox.folder.clone());
        let free = inbox.free.filter(|_| folder == inbox.folder);
        Self { device: snapshot.device.clone(), port, addresses, folder, free }
    }
}

/// Tells a person or a script.
pub trait Tell {
    fn tell(&mut self, news: News<'_>);

    /// Puts a question to the person at the terminal, and leaves the screen alone until
    /// [`Tell::answered`].
    fn ask(&mut self, lines: &[String]);

    /// The question has its answer, or needs none any more.
    fn answered(&mut self);
}
