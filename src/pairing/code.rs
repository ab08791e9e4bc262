//! The proof that both ends know the words that one person has told the other.
//!
//! SPAKE2 (RFC 9382's kind, as magic-wormhole uses it) makes a key of the words that only those share who
//! used the same ones, and of which nobody learns anything but whether one guess was right. The key alone is
//! not shown to anybody: each side proves that it has it, the sender first, so that whoever guesses shows
//! their guess before they learn anything. The proofs are bound to the ids of both devices, to the role, and to
//! the secret of the very connection: somebody who stands between two connections and passes everything on
//! knows neither end's key, and what they pass on fits neither.
//!
//! Each step takes what was before it: nothing can be said twice, or in another order.

use spake2::{Ed25519Group, Identity, Password, Spake2};

use super::Ends;
use crate::model::PairingCode;

/// A blinded point of the curve: what each side says first.
pub type Element = [u8; 32];

/// Shows that its side has the key.
pub type KeyProof = [u8; 32];

const CONFIRMATION: &str = "airlift 2026 code: key confirmation";

/// How the library marks whose element it is. On the wire the direction says it.
const SENDERS: u8 = b'A';
const RECEIVERS: u8 = b'B';

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// It shows nothing of what the other side knows.
    #[error("what should be a point of the curve is none")]
    NoPoint,
    #[error("the other side does not know the same words, or somebody stands in between")]
    OtherWords,
}

/// The sender, that has said its element.
pub struct Asking {
    ends: Ends,
    state: Spake2<Ed25519Group>,
    own: Element,
}

/// The sender, that has proved its key.
pub struct Proving {
    expected: blake3::Hash,
}

/// The receiver, that has said its element: from here on, whatever comes is a guess.
pub struct Answering {
    expected: blake3::Hash,
    own: blake3::Hash,
}

#[derive(Clone, Copy)]
enum Role {
    Sender,
    Receiver,
}

fn password(code: PairingCode) -> Password {
    Password::new(code.to_string())
}

fn identities(ends: &Ends) -> [Identity; 2] {
    [ends.sender, ends.receiver].map(|id| Identity::new(id.as_bytes()))
}

/// What the library made, without its mark.
fn unmarked(message: &[u8]) -> Element {
    let mut element = Element::default();
    // One byte and an element, always.
    element.copy_from_slice(&message[1..]);
    element
}

fn finish(state: Spake2<Ed25519Group>, mark: u8, theirs: &Element) -> Result<Vec<u8>, BadProof> {
    let mut message = vec![mark];
    message.extend_from_slice(theirs);
    state.finish(&message).map_err(|_| BadProof::NoPoint)
}

/// The key has the words, both ids and both elements in it already; the elements are in here once more, so
/// that this can be judged without knowing how the library makes its key.
fn proof(key: &[u8], ends: &Ends, role: Role, elements: [&Element; 2]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key(CONFIRMATION);
    hasher.update(key).update(&ends.binding);
    hasher.update(&[match role {
        Role::Sender => SENDERS,
        Role::Receiver => RECEIVERS,
    }]);
    hasher.update(ends.sender.as_bytes()).update(ends.receiver.as_bytes());
    for element in elements {
        hasher.update(element);
    }
    hasher.finalize()
}

/// Compared in constant time.
fn check(proof: &KeyProof, expected: blake3::Hash) -> Result<(), BadProof> {
    if blake3::Hash::from_bytes(*proof) == expected { Ok(()) } else { Err(BadProof::OtherWords) }
}

impl Asking {
    /// Begins at the sender, and what to say first.
    #[must_use]
    pub fn begin(code: PairingCode, ends: Ends) -> (Self, Element) {
        let [sender, receiver] = identities(&ends);
        let (state, message) = Spake2::start_a(&password(code), &sender, &receiver);
        let own = unmarked(&message);
        (Self { ends, state, own }, own)
    }

    /// What to say once the receiver has said its element.
    ///
    /// # Errors
    /// [`BadProof::NoPoint`].
    pub fn prove(self, theirs: &Element) -> Result<(Proving, KeyProof), BadProof> {
        let key = finish(self.state, RECEIVERS, theirs)?;
        let proof = |role| proof(&key, &self.ends, role, [&self.own, theirs]);
        Ok((Proving { expected: proof(Role::Receiver) }, *proof(Role::Sender).as_bytes()))
    }
}

impl Proving {
    /// Whether the receiver knows the words, too.
    ///
    /// # Errors
    /// [`BadProof::OtherWords`].
    pub fn check(self, proof: &KeyProof) -> Result<(), BadProof> {
        check(proof, self.expected)
    }
}

impl Answering {
    /// Answers a sender, and what to say to it. Nothing can be learnt of that without a guess.
    ///
    /// # Errors
    /// [`BadProof::NoPoint`]; then nothing may be said, and nothing was guessed.
    pub fn begin(code: PairingCode, ends: Ends, theirs: &Element) -> Result<(Self, Element), BadProof> {
        let [sender, receiver] = identities(&ends);
        let (state, message) = Spake2::start_b(&password(code), &sender, &receiver);
        let own = unmarked(&message);
        let key = finish(state, SENDERS, theirs)?;
        let proof = |role| proof(&key, &ends, role, [theirs, &own]);
        Ok((Self { expected: proof(Role::Sender), own: proof(Role::Receiver) }, own))
    }

    /// Whether the sender knows the words, and what to say to it then: never anything otherwise.
    ///
    /// # Errors
    /// [`BadProof::OtherWords`].
    pub fn check(self, proof: &KeyProof) -> Result<KeyProof, BadProof> {
        check(proof, self.expected)?;
        Ok(*self.own.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::random, model::DeviceId};

    fn id(name: &str) -> DeviceId {
        DeviceId::of_public_key(name.as_bytes())
    }

    fn code(text: &str) -> PairingCode {
        text.parse().unwrap()
    }

    fn ends() -> Ends {
        Ends { binding: random(), sender: id("anna"), receiver: id("ben") }
    }

    const WORDS: &str = "7-abandon-ability";

    /// How a run goes between two who believe this: at the receiver, and then at the sender.
    fn run(
        (anna_says, anna_sees): (&str, Ends),
        (ben_says, ben_sees): (&str, Ends),
    ) -> (Result<(), BadProof>, Result<(), BadProof>) {
        let (anna, first) = Asking::begin(code(anna_says), anna_sees);
        let (ben, second) = Answering::begin(code(ben_says), ben_sees, &first).unwrap();
        let (anna, proof) = anna.prove(&second).unwrap();
        match ben.check(&proof) {
            Ok(answer) => (Ok(()), anna.check(&answer)),
            // Nothing is said; whatever somebody else would say in its place is not believed.
            Err(why) => (Err(why), anna.check(&proof)),
        }
    }

    #[test]
    fn who_knows_the_words_is_believed_on_both_sides() {
        for _ in 0..20 {
            let ends = ends();
            assert_eq!(run((WORDS, ends), (WORDS, ends)), (Ok(()), Ok(())));
        }
    }

    #[test]
    fn other_words_are_believed_on_neither_side() {
        let ends = ends();
        let no = (Err(BadProof::OtherWords), Err(BadProof::OtherWords));
        for wrong in ["7-abandon-able", "7-ability-abandon", "8-abandon-ability", "7-zoo-zoo"] {
            assert_eq!(run((wrong, ends), (WORDS, ends)), no, "{wrong}");
            assert_eq!(run((WORDS, ends), (wrong, ends)), no, "{wrong}");
        }
    }

    #[test]
    fn the_right_words_on_two_connections_or_between_others_are_believed_on_neither_side() {
        let ends = ends();
        let no = (Err(BadProof::OtherWords), Err(BadProof::OtherWords));
        for other in [
            Ends { binding: random(), ..ends },
            Ends { sender: id("mallory"), ..ends },
            Ends { receiver: id("mallory"), ..ends },
            Ends { sender: ends.receiver, receiver: ends.sender, ..ends },
        ] {
            assert_eq!(run((WORDS, ends), (WORDS, other)), no, "{other:?}");
            assert_eq!(run((WORDS, other), (WORDS, ends)), no, "{other:?}");
        }
    }

    #[test]
    fn somebody_in_the_middle_who_passes_everything_on_is_believed_by_neither() {
        // Two connections, each with a secret of its own and Mallory at one end.
        let to_anna = Ends { receiver: id("mallory"), ..ends() };
        let to_ben = Ends { sender: id("mallory"), ..ends() };
        assert_eq!(
            run((WORDS, to_anna), (WORDS, to_ben)),
            (Err(BadProof::OtherWords), Err(BadProof::OtherWords))
        );
    }

    #[test]
    fn what_is_thrown_back_at_who_said_it_is_not_believed() {
        let ends = ends();
        // To the sender: its own element, and then its own proof.
        let (anna, first) = Asking::begin(code(WORDS), ends);
        let (anna, proof) = anna.prove(&first).unwrap();
        assert_eq!(anna.check(&proof), Err(BadProof::OtherWords));
        // To the receiver: its own element can't come before it is said, but as another run's it can.
        let (_, first) = Asking::begin(code(WORDS), ends);
        let (_, second) = Answering::begin(code(WORDS), ends, &first).unwrap();
        let (ben, _) = Answering::begin(code(WORDS), ends, &second).unwrap();
        let (anna, _) = Asking::begin(code(WORDS), ends);
        let (_, proof) = anna.prove(&second).unwrap();
        assert!(ben.check(&proof).is_err());
        // A receiver in the place of the sender: the element of the wrong role.
        let turned = Ends { sender: ends.receiver, receiver: ends.sender, ..ends };
        let (anna, first) = Asking::begin(code(WORDS), turned);
        let (ben, second) = Asking::begin(code(WORDS), ends);
        let (anna, from_anna) = anna.prove(&second).unwrap();
        let (ben, from_ben) = ben.prove(&first).unwrap();
        assert_eq!(anna.check(&from_ben), Err(BadProof::OtherWords));
        assert_eq!(ben.check(&from_anna), Err(BadProof::OtherWords));
    }

    #[test]
    fn what_was_said_in_an_earlier_run_is_not_believed_in_the_next() {
        let ends = ends();
        let (anna, first) = Asking::begin(code(WORDS), ends);
        let (ben, second) = Answering::begin(code(WORDS), ends, &first).unwrap();
        let (anna, proof) = anna.prove(&second).unwrap();
        let answer = ben.check(&proof).unwrap();
        assert_eq!(anna.check(&answer), Ok(()));
        // The sender's part again, to the same receiver on the same connection even.
        let (ben, _) = Answering::begin(code(WORDS), ends, &first).unwrap();
        assert_eq!(ben.check(&proof), Err(BadProof::OtherWords));
        // The receiver's part again.
        let (anna, _) = Asking::begin(code(WORDS), ends);
        let (anna, _) = anna.prove(&second).unwrap();
        assert_eq!(anna.check(&answer), Err(BadProof::OtherWords));
    }

    #[test]
    fn one_bit_that_is_another_is_noticed_wherever_it_is() {
        let ends = ends();
        for bit in (0..256).step_by(7) {
            let flip = |mut bytes: [u8; 32]| {
                bytes[bit / 8] ^= 1 << (bit % 8);
                bytes
            };
            let (anna, first) = Asking::begin(code(WORDS), ends);
            if let Ok((ben, second)) = Answering::begin(code(WORDS), ends, &flip(first)) {
                let (_, proof) = anna.prove(&second).unwrap();
                assert!(ben.check(&proof).is_err(), "bit {bit} of the first");
            }
            let (anna, first) = Asking::begin(code(WORDS), ends);
            let (ben, second) = Answering::begin(code(WORDS), ends, &first).unwrap();
            if let Ok((_, proof)) = anna.prove(&flip(second)) {
                assert!(ben.check(&proof).is_err(), "bit {bit} of the second");
            }
            let (anna, first) = Asking::begin(code(WORDS), ends);
            let (ben, second) = Answering::begin(code(WORDS), ends, &first).unwrap();
            let (_, proof) = anna.prove(&second).unwrap();
            assert!(ben.check(&flip(proof)).is_err(), "bit {bit} of the proof");
            let (anna, first) = Asking::begin(code(WORDS), ends);
            let (ben, second) = Answering::begin(code(WORDS), ends, &first).unwrap();
            let (anna, proof) = anna.prove(&second).unwrap();
            let answer = ben.check(&proof).unwrap();
            assert!(anna.check(&flip(answer)).is_err(), "bit {bit} of the answer");
        }
    }

    #[test]
    fn points_that_would_make_the_key_known_do_not() {
        let ends = ends();
        // The neutral element, points of small order, and what is no point at all.
        let mut small = [[0; 32]; 4];
        small[1][0] = 1;
        small[2] = [0xff; 32];
        (small[2][0], small[2][31]) = (0xec, 0x7f);
        small[3][0] = 2;
        for element in small {
            let Ok((ben, _)) = Answering::begin(code(WORDS), ends, &element) else { continue };
            for guess in [[0; 32], element, [0xff; 32]] {
                assert!(ben_check(&element, ends, &guess).is_err());
            }
            assert!(ben.check(&element).is_err());
        }
    }

    fn ben_check(element: &Element, ends: Ends, proof: &KeyProof) -> Result<KeyProof, BadProof> {
        Answering::begin(code(WORDS), ends, element)?.0.check(proof)
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]
        #[test]
        fn no_bytes_whatever_are_believed(element: [u8; 32], proof: [u8; 32]) {
            proptest::prop_assert!(ben_check(&element, ends(), &proof).is_err());
            let (anna, _) = Asking::begin(code(WORDS), ends());
            if let Ok((anna, _)) = anna.prove(&element) {
                proptest::prop_assert!(anna.check(&proof).is_err());
            }
        }
    }
}
