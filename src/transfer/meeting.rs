//! The first words between two ends, from which both make the code that their persons can compare.
//!
//! Knows what each side says of the other, and what has to wait for a person. Must not know how a code is
//! shown, nor what is remembered of a device.

use tokio::sync::watch;

use super::{LinkError, TransferError};
use crate::{
    model::{CompareCode, Side},
    pairing::{Commitment, Ends, Initiator, Mismatch, Nonce, Responder},
    wire::{
        FromReceiver, FromSender, Violation,
        message::{Acquaintance, CAN, Stance},
    },
};

/// What the sender's side has to say about the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assent {
    /// It is known here who that is.
    Known,
    /// It is not known, and nobody can be asked.
    Unasked,
    /// A person is asked whether the codes are the same. Nothing but counts is told before.
    Asked,
    /// They are.
    Given,
}

impl Assent {
    fn stance(self) -> Stance {
        match self {
            Self::Known => Stance::Knows,
            Self::Unasked => Stance::GoesAhead,
            Self::Asked | Self::Given => Stance::Compares,
        }
    }
}

/// Whose word is still awaited, where the codes are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Both,
    Here,
    There,
    Nothing,
}

impl Due {
    pub fn awaits(self, side: Side) -> bool {
        self == Self::Both || self == if side == Side::Here { Self::Here } else { Self::There }
    }

    /// Once that side has found the codes to be the same.
    pub fn after(self, side: Side) -> Self {
        match (self, side) {
            (Self::Both, Side::Here) => Self::There,
            (Self::Both, Side::There) => Self::Here,
            (Self::Here, Side::Here) | (Self::There, Side::There) => Self::Nothing,
            (due, _) => due,
        }
    }
}

/// The sender's part in it.
pub(super) struct Calling {
    ends: Ends,
    assent: watch::Receiver<Assent>,
    stance: Stance,
    receiver: Acquaintance,
    revealing: Option<Initiator>,
}

impl Calling {
    pub fn new(ends: Ends, assent: watch::Receiver<Assent>) -> Self {
        let stance = assent.borrow().stance();
        Self { ends, assent, stance, receiver: Acquaintance::Known, revealing: None }
    }

    /// What is said once the receiver has greeted.
    pub fn answer(&mut self, commitment: Commitment, knows: Acquaintance) -> FromSender {
        let initiator = Initiator::new(self.ends, commitment);
        let nonce = initiator.nonce();
        self.receiver = knows;
        self.revealing = Some(initiator);
        FromSender::Nonce { nonce, stance: self.stance }
    }

    /// The code, where there is somebody to compare it.
    pub fn revealed(&mut self, nonce: &Nonce) -> Result<Option<CompareCode>, TransferError> {
        let initiator = self.revealing.take().ok_or(Violation::OutOfTurn("nonce"))?;
        // No honest device reveals another number: it was passed on from another connection.
        let code = initiator.finish(nonce).map_err(|Mismatch| TransferError::CodesDiffer)?;
        Ok(worth_showing(self.stance, self.receiver).then_some(code))
    }

    pub fn compares(&self) -> bool {
        self.stance == Stance::Compares
    }

    /// Whether the receiver has revealed its number, so that there is a code.
    pub fn has_code(&self) -> bool {
        self.revealing.is_none()
    }

    /// Waits for the word of the person here. Forever, if nobody gives one.
    pub fn agreed(&self) -> impl Future<Output = Result<(), TransferError>> + use<> {
        let mut assent = self.assent.clone();
        async move {
            match assent.wait_for(|assent| *assent != Assent::Asked).await.as_deref() {
                Ok(_) => Ok(()),
                // Whoever could have said it is gone, and takes this task with them.
                Err(_) => Err(LinkError::Closed.into()),
            }
        }
    }
}

/// The receiver's part in it.
pub(super) struct Called {
    knows: Acquaintance,
    stance: Stance,
    hiding: Option<Responder>,
    heard: Option<(CompareCode, Nonce)>,
}

impl Called {
    /// With what is said to a sender that has greeted.
    pub fn new(ends: Ends, knows: Acquaintance, name: String) -> (Self, FromReceiver) {
        let responder = Responder::new(ends);
        let commitment = responder.commitment();
        let hello = FromReceiver::Hello { name, commitment, knows, can: CAN };
        (Self { knows, stance: Stance::Knows, hiding: Some(responder), heard: None }, hello)
    }

    /// The sender has told its number.
    pub fn hear(&mut self, nonce: &Nonce, stance: Stance) -> Result<(), Violation> {
        let responder = self.hiding.take().ok_or(Violation::OutOfTurn("nonce"))?;
        self.heard = Some(responder.finish(nonce));
        self.stance = stance;
        Ok(())
    }

    /// True when the code must not be known to the sender before a person here can see it: whoever hears
    /// it, and leaves unseen, could try until it is the one that they need.
    pub fn keeps_it(&self) -> bool {
        self.knows == Acquaintance::Stranger
    }

    /// What is said to the sender's number, once; and the code, where there is somebody to compare it.
    pub fn reveal(&mut self) -> Option<(FromReceiver, Option<CompareCode>)> {
        let (code, nonce) = self.heard.take()?;
        Some((FromReceiver::Nonce(nonce), worth_showing(self.stance, self.knows).then_some(code)))
    }
}

/// Whether one of the two does not know the other.
fn worth_showing(sender: Stance, receiver: Acquaintance) -> bool {
    sender != Stance::Knows || receiver != Acquaintance::Known
}
