//! Offers that wait for a person: how many there may be, and of whom.

use tokio::sync::oneshot;

use super::Actor;
use crate::{
    engine::{
        command::Consent,
        report::{Caller, Question},
        transfers::desk::Desk,
    },
    model::{Answer, DeviceId, TransferId, Trust},
    transfer::{Compared, Leeway},
    wire::limits,
};

/// What a sender is told for whom there is no place.
pub const BUSY: &str = "That device is busy with other offers. Try again in a minute.";

/// What a sender is told whose person should first wait for the answer that is due.
pub const STILL_ASKED: &str = "An earlier offer of this device still waits for its answer there, and that device asks about one at a time: it is busy. Try again when it is answered.";

/// Where the answer to a question goes. One that is dropped is a no.
pub enum Reply {
    Same(oneshot::Sender<Compared>),
    Offer(oneshot::Sender<Answer>),
}

impl Reply {
    pub fn decline(self, reason: Option<String>) {
        // Whoever asked may have gone: what was offered was withdrawn in the same moment.
        match self {
            Self::Same(reply) => drop(reply.send(Compared::Declined(reason))),
            Self::Offer(reply) => drop(reply.send(Answer::Decline(reason))),
        }
    }

    fn is_closed(&self) -> bool {
        match self {
            Self::Same(reply) => reply.is_closed(),
            Self::Offer(reply) => reply.is_closed(),
        }
    }
}

impl Actor {
    /// Puts a question to a person, if there is a place for it.
    pub(super) fn ask(&mut self, desk: &Desk, question: Question) {
        let id = desk.id();
        self.compared.remove(&id);
        let (reply, show): (_, Box<dyn FnOnce()>) = match question {
            Question::Same { counts, reply } => (Reply::Same(reply), Box::new(|| desk.counted(counts))),
            Question::Offer { offer, reply } => (Reply::Offer(reply), Box::new(|| desk.show(*offer))),
        };
        // Whoever offered has left already, or nobody receives any more.
        if reply.is_closed() || !self.is_receiving() {
            return;
        }
        let is_asked_about = desk.shown().peer.id.is_some_and(|peer| self.is_asked_about(peer));
        if is_asked_about || self.questions.len() + self.compared.len() >= limits::MAX_QUESTIONS {
            return reply.decline(Some(if is_asked_about { STILL_ASKED } else { BUSY }.to_owned()));
        }
        self.questions.insert(id, reply);
        show();
    }

    /// A person has answered. What answers another question than the one that is open answers none.
    pub(super) fn answer(&mut self, id: TransferId, answer: Answer) {
        match (self.questions.remove(&id), answer) {
            (Some(question), Answer::Decline(reason)) => question.decline(reason),
            // Whoever asked may have gone: the offer was withdrawn in the same moment.
            (Some(Reply::Offer(reply)), answer) => drop(reply.send(answer)),
            (Some(same), Answer::Accept(_)) => drop(self.questions.insert(id, same)),
            (None, _) => {}
        }
    }

    /// A person has found the codes of what comes in to be the same.
    pub(super) fn found_same(&mut self, id: TransferId) {
        if let Some(Reply::Same(reply)) = self.questions.remove(&id)
            && reply.send(Compared::Same).is_ok()
        {
            self.compared.insert(id);
        }
    }

    /// True while an offer of that device waits for a person.
    pub(super) fn is_asked_about(&self, peer: DeviceId) -> bool {
        let of =
            |id: &TransferId| self.transfers.get(id).is_some_and(|r| r.desk.shown().peer.id == Some(peer));
        self.questions.keys().chain(&self.compared).any(of)
    }

    /// Why there is no place now for what this caller wants to offer, if so.
    pub(super) fn lacks_place(&self, caller: &Caller) -> Option<&'static str> {
        if caller.coded.is_some() {
            // A person has given it out, and it is used up: it must not be for nothing.
            return None;
        }
        let peer = caller.connection.peer;
        let receiving = || self.transfers.values().filter(|r| r.receives());
        // What a stranger can make us keep before anybody said yes is bounded by these.
        let undecided = || receiving().filter(|r| r.desk.is_undecided());
        let of_peer = || undecided().filter(|r| r.desk.shown().peer.id == Some(peer));
        let (all, each) = self.places_for(caller);
        if self.is_asked_about(peer) || of_peer().count() >= each {
            return Some(STILL_ASKED);
        }
        let flowing = receiving().filter(|r| !r.desk.is_interrupted()).count();
        let is_full = flowing >= limits::MAX_RECEIVING
            || undecided().count() >= all
            || receiving().count() >= limits::MAX_UNFINISHED;
        is_full.then_some(BUSY)
    }

    /// How many offers may be undecided when this one comes, in all and of this device.
    fn places_for(&self, caller: &Caller) -> (usize, usize) {
        let receiving = self.reception.as_ref().and_then(|reception| reception.receiving.as_ref());
        let asks = receiving.is_some_and(|receiving| receiving.consent != Consent::All);
        if self.needs_no_question(caller) {
            (limits::MAX_WAITING, limits::MAX_WAITING)
        } else if asks {
            (limits::MAX_QUESTIONS, 1)
        } else {
            (limits::MAX_WAITING, limits::MAX_WAITING_EACH)
        }
    }

    /// What its offer may cost before it is answered.
    pub(super) fn leeway(&self, caller: &Caller) -> Leeway {
        if self.needs_no_question(caller) { Leeway::wide() } else { Leeway::narrow(self.room.clone()) }
    }

    fn needs_no_question(&self, caller: &Caller) -> bool {
        let trust = self.devices.trust_of(caller.connection.peer);
        caller.coded.is_some() || matches!(trust, Trust::Trusted | Trust::Own)
    }
}
