//! How two devices make sure who they are when they meet: pure arithmetic, no I/O.
//!
//! Knows secrets of a connection, ids, random numbers and words. Must not know messages, sockets or screens.

mod code;
mod compare;
mod given;

/// The label of the secret of a connection that all of this is bound to (RFC 5705, section 4).
pub const BINDING: &str = "EXPORTER-airlift-meeting";

pub use code::{Answering, Asking, BadProof, Element, Ends, KeyProof, Proving};
pub use compare::{Binding, Commitment, Initiator, Mismatch, Nonce, Responder};
pub use given::{Given, NotOpen, State, Tried};
