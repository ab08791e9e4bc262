//! How two devices make sure who they are when they meet: pure arithmetic, no I/O.
//!
//! Knows secrets of a connection, ids, random numbers and words. Must not know messages, sockets or screens.

mod code;
mod compare;
mod given;

pub use code::{Answering, Asking, BadProof, Element, KeyProof, Proving};
pub use compare::{Commitment, Initiator, Mismatch, Nonce, Responder};
pub use given::{Given, NotOpen, State, Tried};

use std::fmt;

use crate::model::DeviceId;

/// A secret of the connection that only its two ends know: a TLS exporter (RFC 8446, section 7.5).
pub type Binding = [u8; 32];

/// The label of that secret (RFC 5705, section 4).
pub const BINDING: &str = "EXPORTER-airlift-meeting";

/// The two ends of the connection on which devices meet. All that is shown and proved is bound to them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    pub binding: Binding,
    pub sender: DeviceId,
    pub receiver: DeviceId,
}

impl fmt::Debug for Ends {
    /// Without the secret: it must not get into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ends({} → {})", self.sender, self.receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i6_the_secret_of_a_connection_is_not_shown() {
        let id = DeviceId::of_public_key(b"anna");
        let [one, other] = [[7; 32], [8; 32]].map(|binding| Ends { binding, sender: id, receiver: id });
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
}
