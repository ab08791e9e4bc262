//! Offers that wait for a person: how many there may be, and of whom.

use std::{net::SocketAddr, sync::Arc};

use super::{Actor, Running, choices::tell_room};
use crate::{
    engine::{
        command::Consent,
        report::{Caller, Question, Reply},
        transfers::desk::Desk,
        trust::places::{Door, Refusal, Stage, Standing, Who, refusal},
    },
    model::{Answer, DeviceId, TransferId},
    transfer::{Compared, Leeway, More},
    wire::limits,
};

/// What a sender is told for whom there is no place.
pub const BUSY: &str = "That device is busy with other offers. Try again in a minute.";

/// What a sender is told for whom there is no place beside what comes there.
const RECEIVING: &str =
    "That device is receiving from as many others as it can at once. Try again when some of them are done.";

/// What a sender is told whose person should first wait for the answer that is due.
pub const STILL_ASKED: &str = "An earlier offer of this device still waits for its answer there, and that device asks about one at a time: it is busy. Try again when it is answered.";

/// What a sender is told whose share is used up.
const SHARE: &str = "That device has as many transfers of this one, under way or interrupted, as one device may have there. Let some of them come to their end, or have them given up there, and send again.";

impl Actor {
    /// What is free where an offer is to go is as old as the offer, unless somebody looks again; and what comes takes
    /// room. On a disk that does not answer, one look waits, and no other is begun.
    pub(super) fn look_at_room(&mut self) {
        if self.looking_at_room.as_ref().is_some_and(|look| !look.is_finished()) {
            return;
        }
        let open = self.questions.iter().filter(|(_, reply)| !reply.is_closed());
        let asking = open.filter_map(|(id, _)| Some(Arc::clone(&self.transfers.get(id)?.desk)));
        let desks: Vec<Arc<Desk>> = asking.collect();
        let inbox = self.receives().then(|| self.settings.inbox.clone());
        let publisher = self.publisher.clone();
        let look = self.measures.spawn_blocking(move || {
            for desk in desks {
                desk.look_at_room();
            }
            if let Some(inbox) = inbox {
                tell_room(&publisher, &inbox);
            }
        });
        self.looking_at_room = Some(look);
    }

    /// True while something comes, or is to come.
    pub(super) fn receives(&self) -> bool {
        self.transfers.values().any(Running::receives)
    }

    /// Puts a question to a person, if there is a place for it.
    pub(super) fn ask(&mut self, desk: &Desk, question: Question) {
        let id = desk.id();
        self.compared.remove(&id);
        // Of a transfer that waits for its sender, nobody asks any more.
        self.questions.retain(|_, reply| !reply.is_closed());
        let (reply, show): (_, Box<dyn FnOnce()>) = match question {
            Question::Same { counts, reply } => (Reply::Same(reply), Box::new(|| desk.counted(counts))),
            Question::Offer { offer, reply } => (Reply::Offer(reply), Box::new(|| desk.show(*offer))),
            Question::More { offer, reply } => (Reply::More(reply), Box::new(|| desk.show_more(*offer))),
        };
        // Whoever offered has left already, or nobody receives any more.
        if reply.is_closed() || !self.is_receiving() {
            return;
        }
        let peer = desk.shown().peer.id;
        let is_asked_about = peer.is_some_and(|peer| self.is_asked_about(peer));
        // Of one that is trusted, some offers need a question, too.
        let is_trusted = peer.is_some_and(|peer| self.standing(peer) == Standing::Trusted);
        let places = if is_trusted { limits::MAX_WAITING } else { limits::MAX_QUESTIONS };
        if is_asked_about || self.questions.len() + self.compared.len() >= places {
            return reply.turn_away(if is_asked_about { STILL_ASKED } else { BUSY });
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
            (Some(Reply::More(reply)), Answer::Accept(_)) => drop(reply.send(More::Agreed)),
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
        let open = self.questions.iter().filter(|(_, reply)| !reply.is_closed()).map(|(id, _)| id);
        open.chain(&self.compared).any(of)
    }

    /// Why there is no place now for what this caller wants to offer, if so.
    pub(super) fn lacks_place(&self, caller: &Caller) -> Option<&'static str> {
        if caller.coded.is_some() {
            // A person has given it out, and it is used up: it must not be for nothing.
            return None;
        }
        let receives = self.transfers.values().filter(|running| running.receives());
        let there: Vec<_> = receives.filter_map(|running| self.taken(&running.desk)).collect();
        let (peer, from) = (caller.connection.peer, Some(caller.connection.address.ip()));
        let coming = Who { peer, from, standing: self.standing(peer) };
        let receiving = self.reception.as_ref().and_then(|reception| reception.receiving.as_ref());
        let door = match receiving {
            Some(receiving) if receiving.consent == Consent::All => Door::Open,
            _ => Door::Asks,
        };
        if self.is_asked_about(peer) {
            return Some(STILL_ASKED);
        }
        Some(match refusal(&there, &coming, door)? {
            Refusal::Undecided => STILL_ASKED,
            Refusal::Busy => BUSY,
            Refusal::Receiving => RECEIVING,
            Refusal::Share => SHARE,
        })
    }

    /// Whose place a transfer that receives has, and how far it has come.
    fn taken(&self, desk: &Desk) -> Option<(Who, Stage)> {
        let stage = match desk {
            desk if desk.is_unaccepted() => Stage::Undecided,
            desk if desk.is_interrupted() => Stage::Resting,
            _ => Stage::Flowing,
        };
        let shown = desk.shown().peer;
        let peer = shown.id?;
        let from = shown.address.parse().ok().map(|address: SocketAddr| address.ip());
        Some((Who { peer, from, standing: self.standing(peer) }, stage))
    }

    fn standing(&self, peer: DeviceId) -> Standing {
        Standing::of(self.devices.trust_of(peer))
    }

    /// What its offer may cost before it is answered.
    pub(super) fn leeway(&self, caller: &Caller) -> Leeway {
        if self.needs_no_question(caller) {
            return Leeway::wide();
        }
        Leeway::narrow(self.room.clone(), self.standing(caller.connection.peer).leaves())
    }

    fn needs_no_question(&self, caller: &Caller) -> bool {
        caller.coded.is_some() || self.standing(caller.connection.peer) == Standing::Trusted
    }
}
