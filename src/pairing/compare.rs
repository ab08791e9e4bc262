//! The short code that both screens show at a first meeting.
//!
//! The receiver commits to a random number, the sender tells its own, and then the receiver reveals the one
//! it has committed to: as in Bluetooth's numeric comparison and in ZRTP (RFC 6189, section 4.4). Somebody
//! who stands in the middle has two connections, with two secrets, and must fix all that goes into the code
//! of one side before they learn what goes into it from the other: one guess in
//! [`CompareCode::COUNT`], and none that can be made again in secret, as long as the receiver reveals its
//! number only when its person sees the code. A code made of the connection's secret
//! alone would not do: keys could be tried until it fits.

use super::{Binding, Ends};
use crate::{identity::random, model::CompareCode};

/// A random number of one side.
pub type Nonce = [u8; 32];

/// What fixes a nonce, and doesn't tell it.
pub type Commitment = [u8; 32];

const COMMITMENT: &str = "airlift 2026 first meeting: commitment";
const CODE: &str = "airlift 2026 first meeting: code";

/// The receiver has revealed another number than it had committed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number that is not the one it had committed to")]
pub struct Mismatch;

fn commit(binding: &Binding, nonce: &Nonce) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key(COMMITMENT);
    hasher.update(binding).update(nonce);
    hasher.finalize()
}

/// Both ids are in it, so that nobody can pass on a code of a connection with somebody else.
fn code(ends: &Ends, [senders, receivers]: [&Nonce; 2]) -> CompareCode {
    let mut hasher = blake3::Hasher::new_derive_key(CODE);
    hasher.update(&ends.binding);
    hasher.update(ends.sender.as_bytes()).update(ends.receiver.as_bytes());
    hasher.update(senders).update(receivers);
    let mut number = [0; 8];
    hasher.finalize_xof().fill(&mut number);
    // A million in 2^64: no code is noticeably likelier than another.
    CompareCode::new(u64::from_le_bytes(number))
}

/// The sender's end, once the receiver has committed itself.
pub struct Initiator {
    ends: Ends,
    commitment: Commitment,
    nonce: Nonce,
}

impl Initiator {
    #[must_use]
    pub fn new(ends: Ends, commitment: Commitment) -> Self {
        Self { ends, commitment, nonce: random() }
    }

    /// To be told to the receiver.
    #[must_use]
    pub fn nonce(&self) -> Nonce {
        self.nonce
    }

    /// The code, now that the receiver has revealed its number.
    ///
    /// # Errors
    /// When it is not the one it had committed to.
    pub fn finish(self, theirs: &Nonce) -> Result<CompareCode, Mismatch> {
        // Compared in constant time.
        if commit(&self.ends.binding, theirs) != blake3::Hash::from_bytes(self.commitment) {
            return Err(Mismatch);
        }
        Ok(code(&self.ends, [&self.nonce, theirs]))
    }
}

/// The receiver's end.
pub struct Responder {
    ends: Ends,
    nonce: Nonce,
}

impl Responder {
    #[must_use]
    pub fn new(ends: Ends) -> Self {
        Self { ends, nonce: random() }
    }

    /// To be told to the sender, before it tells its number.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        *commit(&self.ends.binding, &self.nonce).as_bytes()
    }

    /// The code, and the number to reveal, now that the sender has told its own.
    #[must_use]
    pub fn finish(self, theirs: &Nonce) -> (CompareCode, Nonce) {
        (code(&self.ends, [theirs, &self.nonce]), self.nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DeviceId;

    fn id(name: &str) -> DeviceId {
        DeviceId::of_public_key(name.as_bytes())
    }

    fn ends() -> Ends {
        Ends { binding: random(), sender: id("anna"), receiver: id("ben") }
    }

    #[test]
    fn both_ends_of_one_connection_show_the_same_code() {
        for _ in 0..50 {
            let ends = ends();
            let ben = Responder::new(ends);
            let anna = Initiator::new(ends, ben.commitment());
            let (at_ben, revealed) = ben.finish(&anna.nonce());
            assert_eq!(anna.finish(&revealed), Ok(at_ben));
        }
    }

    #[test]
    fn a_number_that_was_not_committed_to_is_refused() {
        let ends = ends();
        let ben = Responder::new(ends);
        let commitment = ben.commitment();
        let anna = || Initiator::new(ends, commitment);
        let (_, revealed) = ben.finish(&anna().nonce());
        for i in 0..32 {
            let mut other = revealed;
            other[i] ^= 1;
            assert_eq!(anna().finish(&other), Err(Mismatch));
        }
        // Nor is one that was committed to on another connection.
        let elsewhere = Initiator::new(Ends { binding: random(), ..ends }, commitment);
        assert_eq!(elsewhere.finish(&revealed), Err(Mismatch));
    }

    #[test]
    fn whatever_differs_between_the_two_ends_shows_in_the_code() {
        let (ends, nonces) = (ends(), [&[1; 32], &[2; 32]]);
        let same = code(&ends, nonces);
        for other in [
            code(&Ends { binding: random(), ..ends }, nonces),
            code(&Ends { receiver: id("mallory"), ..ends }, nonces),
            code(&Ends { sender: id("mallory"), ..ends }, nonces),
            code(&Ends { sender: ends.receiver, receiver: ends.sender, ..ends }, nonces),
            code(&ends, [nonces[1], nonces[0]]),
            code(&ends, [&[1; 32], &[3; 32]]),
            code(&ends, [&[3; 32], &[2; 32]]),
        ] {
            assert_ne!(other, same);
        }
    }

    #[test]
    fn somebody_in_the_middle_can_t_make_the_codes_equal() {
        // Mallory answers Anna, and calls Ben, with all of one's numbers passed on to the other.
        let equal = (0..2000)
            .filter(|_| {
                let to_anna = Ends { receiver: id("mallory"), ..ends() };
                let to_ben = Ends { sender: id("mallory"), ..ends() };
                let ben = Responder::new(to_ben);
                // To Anna, Mallory has to commit before Ben has revealed anything.
                let mallory = Responder::new(to_anna);
                let anna = Initiator::new(to_anna, mallory.commitment());
                let (at_ben, _) = ben.finish(&anna.nonce());
                let (_, revealed) = mallory.finish(&anna.nonce());
                anna.finish(&revealed) == Ok(at_ben)
            })
            .count();
        assert!(equal <= 1, "{equal} of 2000");
    }
}
