//! Bytes ⇄ messages: everything that crosses the network, and every cap and time limit on it.
//!
//! Knows the encoding that `PROTOCOL.md` describes. Must not know sockets, files or tasks: it is
//! fed bytes and gives messages, so that every torn, late or lying byte can be tried in a test.

pub mod content;
pub mod frame;
pub mod limits;
pub mod message;

pub use message::{FromReceiver, FromSender};

/// What the two ends agree on in the TLS handshake (ALPN, RFC 7301). The number is the version of
/// everything in this module; a peer that offers no version in common is not talked to.
pub const ALPN: &[u8] = b"airlift/2";

/// The port on which Airlift waits unless that is taken. Unassigned at IANA, and below the range
/// from which systems pick ports for outgoing connections.
pub const DEFAULT_PORT: u16 = 27543;

/// How the other side broke the protocol. Its connection is closed; nothing it said is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("a message of {0} bytes, more than is allowed")]
    TooLong(u64),
    #[error("a message that can’t be understood")]
    Garbled,
    #[error("a message at the wrong time ({0})")]
    OutOfTurn(&'static str),
    #[error("more files than are allowed in one offer")]
    TooManyEntries,
    #[error("counts that no offer can have, or an offer of something else than was counted")]
    BadCounts,
    #[error("an unsafe path: {0}")]
    UnsafePath(#[from] crate::model::UnsafePath),
    #[error("a bad device name")]
    BadName(#[from] crate::model::BadDeviceName),
    #[error("an entry number that was not offered, or not wanted, or was sent before")]
    BadEntry,
    #[error("content that does not follow what was sent before it")]
    BadOffset,
    #[error("a group of chunks that its file can’t have")]
    BadGroup,
    #[error("more files at once than are allowed")]
    TooManyOpen,
    #[error("compressed content that does not hold what it should")]
    BadPacking,
    #[error("a hole that its file can’t have, or that came before")]
    BadHole,
    #[error("content that ends before all was sent")]
    EndsEarly,
    #[error("a receipt that does not match what was sent")]
    BadReceipt,
    #[error("a speed test of more than one file, or of too large a one")]
    BadTrial,
    #[error("a text of an impossible size, or with something beside it")]
    BadText,
}
