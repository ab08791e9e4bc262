//! Why a transfer rests that nobody has given up.

use super::{Direction, Peer, Side, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// A person at this side wants it so, until they say otherwise.
    Person(Side),
    /// The receiver's disk is full; it goes on by itself when there is room. `lacks`: bytes that must
    /// become free; `None` where that isn't known, as at the sender.
    NoRoom { lacks: Option<u64> },
    /// The disk that the receiver has put it on so far is not there, or its folder can't be written to; it goes on by
    /// itself when it can.
    NoDisk,
}

impl Pause {
    /// What a person is told; `peer` is the other device of a transfer in this direction. What a peer
    /// calls itself is as it came.
    #[must_use]
    pub fn sentence(self, direction: Direction, peer: &Peer) -> String {
        let label = peer.label();
        match (self, direction) {
            (Self::Person(Side::Here), _) => "Paused here.".to_owned(),
            (Self::Person(Side::There), _) => format!("Paused by {label}."),
            (Self::NoRoom { .. }, Direction::Send) => {
                format!("The disk of {label} is full. It goes on by itself when there is room.")
            }
            (Self::NoRoom { lacks: Some(bytes @ 1..) }, Direction::Receive) => format!(
                "The disk here is full: {} more are needed. Free some space, and it goes on by itself.",
                text::bytes(bytes)
            ),
            (Self::NoRoom { .. }, Direction::Receive) => {
                "The disk here is full. Free some space, and it goes on by itself.".to_owned()
            }
            (Self::NoDisk, Direction::Send) => {
                format!(
                    "{label} can’t write to where this goes now: the disk is not connected, or read-only. It goes on by itself when that is over."
                )
            }
            (Self::NoDisk, Direction::Receive) => {
                "Where this goes can’t be written to now: the disk is not connected, or read-only. When that is over, it goes on by itself."
                    .to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_says_whose_it_is_and_what_ends_it() {
        let peer = Peer { address: "10.0.0.7".to_owned(), ..Peer::default() };
        let said = |pause: Pause, direction| pause.sentence(direction, &peer);
        assert_eq!(said(Pause::Person(Side::There), Direction::Receive), "Paused by 10.0.0.7.");
        let full = Pause::NoRoom { lacks: Some(1_200_000_000) };
        assert!(said(full, Direction::Receive).contains("here is full: 1.20 GB more"));
        assert!(said(full, Direction::Send).contains("of 10.0.0.7 is full"));
        for lacks in [None, Some(0)] {
            assert!(!said(Pause::NoRoom { lacks }, Direction::Receive).contains("0 B"));
        }
    }
}
