//! The short code that both screens show at a first meeting.
//!
//! The receiver commits to a random number, the sender tells its own, and then the receiver reveals the one
//! it has committed to: as in Bluetooth's numeric comparison and in ZRTP (RFC 6189, section 4.4). Somebody
//! who stands in the middle has two connections, with two secrets, and must fix all that goes into the code
//! of one side before they learn what goes into it from the other: one guess in
//! [`CompareCode::COUNT`], and none that can be made again in secret. A code made of the connection's secret
//! alone would not do: keys could be tried until it fits.

use crate::{
    identity::random,
    model::{CompareCode, DeviceId},
};

/// A secret of the connection that only its two ends know, such as a TLS exporter (RFC 8446, section 7.5).
pub type Binding = [u8; 32];

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
fn code(binding: &Binding, ids: [DeviceId; 2], nonces: [&Nonce; 2]) -> CompareCode {
    let mut hasher = blake3::Hasher::new_derive_key(CODE);
    hasher.update(binding);
    for id in ids {
        hasher.update(id.as_bytes());
    }
    for nonce in nonces {
        hasher.update(nonce);
    }
    let mut number = [0; 8];
    hasher.finalize_xof().fill(&mut number);
    // A million in 2^64: no code is noticeably likelier than another.
    CompareCode::new(u64::from_le_bytes(number))
}

/// The sender's end, once the receiver has committed itself.
pub struct Initiator {
    binding: Binding,
    sender: DeviceId,
    receiver: DeviceId,
    commitment: Commitment,
    nonce: Nonce,
}

impl Initiator {
    #[must_use]
    pub fn new(binding: Binding, us: DeviceId, receiver: DeviceId, commitment: Commitment) -> Self {
        Self { binding, sender: us, receiver, commitment, nonce: random() }
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
        if commit(&self.binding, theirs) != blake3::Hash::from_bytes(self.commitment) {
            return Err(Mismatch);
        }
        Ok(code(&self.binding, [self.sender, self.receiver], [&self.nonce, theirs]))
    }
}

/// The receiver's end.
pub struct Responder {
    binding: Binding,
    sender: DeviceId,
    receiver: DeviceId,
    nonce: Nonce,
}

impl Responder {
    #[must_use]
    pub fn new(binding: Binding, us: DeviceId, sender: DeviceId) -> Self {
        Self { binding, sender, receiver: us, nonce: random() }
    }

    /// To be told to the sender, before it tells its number.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        *commit(&self.binding, &self.nonce).as_bytes()
    }

    /// The code, and the number to reveal, now that the sender has told its own.
    #[must_use]
    pub fn finish(self, theirs: &Nonce) -> (CompareCode, Nonce) {
        (code(&self.binding, [self.sender, self.receiver], [theirs, &self.nonce]), self.nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> DeviceId {
        DeviceId::of_public_key(name.as_bytes())
    }

    #[test]
    fn both_ends_of_one_connection_show_the_same_code() {
        for _ in 0..50 {
            let binding = random();
            let ben = Responder::new(binding, id("ben"), id("anna"));
            let anna = Initiator::new(binding, id("anna"), id("ben"), ben.commitment());
            let (at_ben, revealed) = ben.finish(&anna.nonce());
            assert_eq!(anna.finish(&revealed), Ok(at_ben));
        }
    }

    #[test]
    fn a_number_that_was_not_committed_to_is_refused() {
        let binding = random();
        let ben = Responder::new(binding, id("ben"), id("anna"));
        let commitment = ben.commitment();
        let anna = || Initiator::new(binding, id("anna"), id("ben"), commitment);
        let (_, revealed) = ben.finish(&anna().nonce());
        for i in 0..32 {
            let mut other = revealed;
            other[i] ^= 1;
            assert_eq!(anna().finish(&other), Err(Mismatch));
        }
        // Nor is one that was committed to on another connection.
        let elsewhere = Initiator::new(random(), id("anna"), id("ben"), commitment);
        assert_eq!(elsewhere.finish(&revealed), Err(Mismatch));
    }

    #[test]
    fn whatever_differs_between_the_two_ends_shows_in_the_code() {
        let (binding, nonces) = (random(), [&[1; 32], &[2; 32]]);
        let ids = [id("anna"), id("ben")];
        let same = code(&binding, ids, nonces);
        for other in [
            code(&random(), ids, nonces),
            code(&binding, [id("anna"), id("mallory")], nonces),
            code(&binding, [id("mallory"), id("ben")], nonces),
            code(&binding, [ids[1], ids[0]], nonces),
            code(&binding, ids, [nonces[1], nonces[0]]),
            code(&binding, ids, [&[1; 32], &[3; 32]]),
            code(&binding, ids, [&[3; 32], &[2; 32]]),
        ] {
            assert_ne!(other, same);
        }
    }

    #[test]
    fn somebody_in_the_middle_can_t_make_the_codes_equal() {
        // Mallory answers Anna, and calls Ben, with all of one's numbers passed on to the other.
        let equal = (0..2000)
            .filter(|_| {
                let (to_anna, to_ben) = (random(), random());
                let ben = Responder::new(to_ben, id("ben"), id("mallory"));
                // To Anna, Mallory has to commit before Ben has revealed anything.
                let mallory = Responder::new(to_anna, id("mallory"), id("anna"));
                let anna = Initiator::new(to_anna, id("anna"), id("mallory"), mallory.commitment());
                let (at_ben, _) = ben.finish(&anna.nonce());
                let (_, revealed) = mallory.finish(&anna.nonce());
                anna.finish(&revealed) == Ok(at_ben)
            })
            .count();
        assert!(equal <= 1, "{equal} of 2000");
    }
}
