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
//! `sender` and `receiver` are the two ends. In each, a `session` drives: control messages on the runtime,
//! content on blocking stages of its own (`content`); and a `machine`, a state machine without I/O, decides who
//! may say what, when. What stands here at the top belongs to both, and neither end knows the other. Knows
//! messages, streams and files; must not know devices' addresses, settings, or anybody's screen.

mod account;
mod apart;
mod bottleneck;
mod control;
mod ended;
mod entry_set;
mod error;
mod farewell;
mod limiter;
mod meeting;
mod meter;
mod packing;
mod peer_words;
mod receiver;
mod sender;
mod stages;
mod tally;
mod telling;
#[cfg(test)]
mod tests;
mod unchecked;

use std::{
    io::{Read, Write},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;

pub use account::{Account, NoAccount, Wordless};
pub use control::read_first;
pub(crate) use ended::{Ended, codes_differed};
pub use error::{LinkError, TransferError};
pub use farewell::{Farewell, Stayed, Told, farewell, given_up, have_it_stay, put_off, refuse};
pub use limiter::Limiter;
pub use meeting::Assent;
pub use meter::Meter;
pub use receiver::{
    Attempt, Compared, Host, IncomingOffer, Keep, Leeway, More, ReceiveJob, Refusal, Room, receive,
};
pub use sender::{SendJob, send};

use crate::{
    disk::{Lack, Volume},
    model::{Accord, CompareCode, Shortfall, Summary, Text},
    net::NetworkClock,
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
    /// A person has seen another code than the other screen shows.
    pub alarm: CancellationToken,
}

/// What a transfer tells its owner while it goes on.
#[derive(Clone, Debug)]
pub enum Notice {
    /// What the peer calls itself.
    Named(crate::model::DeviceName),
    /// What is offered, for later attempts to be held to (sending).
    Listed(Arc<Accord>),
    /// So much is to be offered, once the codes were compared (sending).
    Counted(Summary),
    /// The offer is complete and waits for its answer.
    Offered { summary: Summary, notes: Vec<String> },
    /// The answer was yes: content flows, to a disk that seems to have too little room.
    Accepted { notes: Vec<String>, short: Option<Shortfall> },
    /// The text that was offered is here, whole (receiving).
    Text(Text),
    /// The sender knows that everything is stored.
    Parted,
    /// So many files that were accepted, and have not come, are not offered any more (receiving).
    Gone(u64),
    /// The disk here is full, and this is what must be free on it before it is worth while to go on.
    Full(Lack),
    /// It rests at the receiver, and this device is told when that is over (sending).
    Stays,
    /// This disk, to which it goes, is not there.
    Away(Volume),
    /// One of the two does not know the other: this is the code that both show.
    Met(CompareCode),
    /// Nobody has to compare it any more.
    Agreed,
    /// The way to the receiver swallows large packets (sending).
    Swallowed,
    /// The two codes are not the same, as was found out or said at the other end: somebody may stand between
    /// the two devices.
    Differs,
}
