//! How two devices make sure who they are when they meet: pure arithmetic, no I/O.
//!
//! Knows secrets of a connection, ids and random numbers. Must not know messages, sockets or screens.

mod compare;

pub use compare::{Binding, Commitment, Initiator, Mismatch, Nonce, Responder};
