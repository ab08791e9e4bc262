//! What becomes of an offer that has come whole: policy says it, or a person.

use std::{net::IpAddr, sync::Arc, time::Instant};

use tokio::sync::oneshot;

use super::{
    Incoming, Terms,
    story::{Offer, Story, lock},
};
use crate::{
    engine::{
        command::{Consent, Receiving},
        report::{Internal, Question},
        transfers::{
            desk::Desk,
            record::{self, Said},
        },
        trust::policy::{Asked, Decision, decide},
    },
    model::{Agreement, Answer, Landing, Scope, Shortfall, Summary, Transfer, Trust},
    transfer::{Compared, Host, IncomingOffer, More, Refusal},
    wire::{limits, message::Acquaintance},
};

/// Who answers in one attempt at a transfer.
struct Answering<'a> {
    incoming: &'a Incoming,
    story: &'a Story,
    /// Where it calls from.
    from: IpAddr,
    /// What was said yes to before.
    before: Option<record::Receiving>,
    terms: Option<&'a Terms>,
    /// Whether that was kept in a way that later attempts can be held to.
    is_held: bool,
    knows: Acquaintance,
}

impl Answering<'_> {
    /// How it is received, while nobody has said yes to it.
    fn undecided(&self) -> Option<&Receiving> {
        self.terms.filter(|_| self.before.is_none()).map(|terms| &terms.receiving)
    }
}

impl Host for Answering<'_> {
    fn admit(&self, summary: &Summary, short: Option<Shortfall>) -> Result<(), Refusal> {
        let Some(receiving) = self.undecided() else { return Ok(()) };
        let refusal = match self.incoming.decide(summary, short, receiving).0 {
            Decision::Answer(Answer::Accept(_)) | Decision::Ask => return Ok(()),
            Decision::Answer(Answer::Decline(reason)) => Refusal::Declined(reason),
            Decision::NoRoom(short) => Refusal::NoRoom(short),
        };
        lock(self.story).offer = Offer::Made;
        self.incoming.desk.turn_away(summary.clone());
        Err(refusal)
    }

    async fn compare(&self, counts: Summary) -> Compared {
        match self.undecided() {
            Some(receiving)
                if self.knows == Acquaintance::Stranger
                    && self.incoming.decide(&counts, None, receiving).0 == Decision::Ask =>
            {
                self.incoming.compare(counts, self.from).await
            }
            Some(_) => {
                self.incoming.desk.counted_unasked(counts);
                Compared::Same
            }
            // What was said yes to before stays what is shown.
            None => Compared::Same,
        }
    }

    async fn answer(&self, offer: IncomingOffer) -> Answer {
        lock(self.story).offer = Offer::Made;
        let (mut summary, list) = (offer.summary.clone(), offer.list.clone());
        let (answer, said) = match (&self.before, self.undecided()) {
            (Some(record), _) => (self.incoming.answer_again(record, &summary, self.is_held), record.said),
            (None, Some(receiving)) => self.incoming.answer(offer, receiving, self.from).await,
            (None, None) => (Answer::Decline(None), Said::Person),
        };
        if let Answer::Accept(landing) = &answer {
            if let Some(list) = list.filter(|_| !landing.without.is_empty()) {
                summary = list.without(&landing.without, &summary);
                let chosen = summary.clone();
                self.incoming.desk.update(|t| t.summary = chosen);
            }
            let mut shared = lock(self.story);
            shared.said = Some(said);
            shared.answered = Some((landing.clone(), summary, said));
        }
        answer
    }

    async fn more(&self, offer: IncomingOffer) -> More {
        let refused = lock(self.story).accepted.as_ref().and_then(|accepted| accepted.refused);
        if refused.is_some_and(|when| when.elapsed() < limits::MORE_AGAIN) {
            return More::Refused;
        }
        let (reply, told) = oneshot::channel();
        let asked = self.incoming.actor.send(Internal::Terms { reply }).await;
        let Some(receiving) = told.await.ok().flatten().filter(|_| asked.is_ok()) else {
            return More::Refused;
        };
        let (more, said) = self.incoming.more(offer, &receiving).await;
        let mut shared = lock(self.story);
        match more {
            More::Agreed => {
                shared.said = Some(said);
                if let Some((_, summary, whose)) = &mut shared.answered {
                    *whose = said;
                    let whole = summary.clone();
                    self.incoming.desk.update(|t| t.summary = whole);
                }
            }
            More::Refused => {
                if let Some(accepted) = &mut shared.accepted {
                    accepted.refused = Some(Instant::now());
                }
            }
            More::Later => {}
        }
        more
    }
}

/// While more than was agreed is asked, the transfer is shown as that alone; then as what it is again.
struct Whole<'a>(&'a Desk, Box<Transfer>);

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        let Self(desk, before) = self;
        desk.update(|t| {
            t.summary.clone_from(&before.summary);
            t.folder.clone_from(&before.folder);
            t.notes.clone_from(&before.notes);
            (t.free, t.short, t.already, t.scope) = (before.free, before.short, before.already, Scope::Whole);
        });
    }
}

impl Incoming {
    /// Who answers: for what was said yes to before, and whether later attempts can be held to that, the record;
    /// else those `terms`.
    pub(super) fn host<'a>(
        &'a self,
        (story, from): (&'a Story, IpAddr),
        (before, is_held): (Option<record::Receiving>, bool),
        terms: Option<&'a Terms>,
        knows: Acquaintance,
    ) -> impl Host + 'a {
        Answering { incoming: self, story, from, before, terms, is_held, knows }
    }

    /// What policy says of so much, and what is thought of its sender.
    fn decide(
        &self,
        summary: &Summary,
        short: Option<Shortfall>,
        receiving: &Receiving,
    ) -> (Decision, Trust) {
        // It may have come slowly, and a person may have decided about the device meanwhile.
        self.devices.look_at_once();
        let caution = self.desk.shown().caution;
        let trust = self.devices.trust_of(self.peer.id);
        let decision = decide(&Asked {
            trust,
            caution: caution.as_ref(),
            bytes: summary.total(),
            short,
            consent: receiving.consent,
            landing: &receiving.landing,
            settings: &self.desk.settings(),
            minute: minute(),
        });
        (decision, trust)
    }

    /// Whether what goes beyond what was agreed is wanted, and who says so.
    async fn more(&self, offer: IncomingOffer, receiving: &Receiving) -> (More, Said) {
        let (decision, trust) = self.decide(&offer.summary, None, receiving);
        match decision {
            Decision::Answer(Answer::Accept(_)) => (More::Agreed, rests_on(receiving, trust)),
            Decision::Answer(Answer::Decline(_)) | Decision::NoRoom(_) => (More::Refused, Said::Person),
            Decision::Ask => {
                let _whole = Whole(&self.desk, Box::new(self.desk.shown()));
                let (reply, said) = oneshot::channel();
                let question = Question::More { offer: Box::new(offer), reply };
                let ask = Internal::Ask { desk: Arc::clone(&self.desk), question };
                let asked = self.actor.send(ask).await;
                // A question that was dropped was answered with no.
                let said = said.await.ok().filter(|_| asked.is_ok()).unwrap_or(More::Refused);
                self.devices.look().await;
                let is_blocked = self.devices.trust_of(self.peer.id) == Trust::Blocked;
                (if is_blocked { More::Refused } else { said }, Said::Person)
            }
        }
    }

    async fn answer(&self, offer: IncomingOffer, receiving: &Receiving, from: IpAddr) -> (Answer, Said) {
        match self.decide(&offer.summary, offer.short, receiving) {
            (Decision::Answer(answer), trust) => {
                self.desk.take_down(offer);
                (answer, rests_on(receiving, trust))
            }
            // What was thought of the device has changed since it was admitted.
            (Decision::NoRoom(short), _) => (Answer::Decline(Some(short.to_string())), Said::Person),
            (Decision::Ask, _) => (self.ask(offer, receiving, from).await, Said::Person),
        }
    }

    /// Has a person compare the code.
    async fn compare(&self, counts: Summary, from: IpAddr) -> Compared {
        let (reply, compared) = oneshot::channel();
        let question = Question::Same { counts, reply };
        // The actor keeps the question before any face can see it, so that no answer comes too early.
        let ask = Internal::Ask { desk: Arc::clone(&self.desk), question };
        if self.actor.send(ask).await.is_err() {
            return Compared::Declined(None);
        }
        let compared = compared.await.unwrap_or(Compared::Declined(None));
        if compared == Compared::Same {
            self.guesses.agreed(Instant::now(), from);
            self.desk.agree();
        }
        compared
    }

    async fn ask(&self, offer: IncomingOffer, receiving: &Receiving, from: IpAddr) -> Answer {
        let (reply, answered) = oneshot::channel();
        // The actor keeps the question before any face can see it, so that no answer comes too early.
        let question = Question::Offer { offer: Box::new(offer), reply };
        let ask = Internal::Ask { desk: Arc::clone(&self.desk), question };
        if self.actor.send(ask).await.is_err() {
            return Answer::Decline(None);
        }
        // A question that was dropped was answered with no.
        let answer = answered.await.unwrap_or(Answer::Decline(None));
        let Answer::Accept(landing) = answer else { return answer };
        self.devices.look().await;
        if self.devices.trust_of(self.peer.id) == Trust::Blocked {
            return Answer::Decline(None);
        }
        // The code was before their eyes.
        if self.desk.shown().meeting.is_some_and(|meeting| meeting.here == Agreement::Asked) {
            self.guesses.agreed(Instant::now(), from);
        }
        self.desk.agree();
        let folder = landing.folder.or_else(|| receiving.landing.folder.clone());
        Answer::Accept(Landing { folder, ..landing })
    }

    /// What becomes of what was accepted before, and is offered once more.
    pub(super) fn answer_again(
        &self,
        record: &record::Receiving,
        summary: &Summary,
        is_held: bool,
    ) -> Answer {
        if record.said == Said::Trust && !self.is_trusted() {
            return Answer::Decline(Some(TAKEN_BACK.to_owned()));
        }
        if summary.purpose != record.summary.purpose {
            return Answer::Decline(Some(CHANGED.to_owned()));
        }
        // The plan holds it to what was said yes to.
        if is_held || summary.is_within(&record.summary) {
            Answer::Accept(record.landing.clone())
        } else {
            Answer::Decline(Some(CHANGED.to_owned()))
        }
    }

    /// Waits until what rests on trust alone rests on nothing any more. Without end where a person has said yes.
    pub(super) async fn is_taken_back(&self, story: &Story) {
        let mut changes = self.devices.changes();
        while changes.changed().await.is_ok() {
            if lock(story).said == Some(Said::Trust) && !self.is_trusted() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    pub(super) fn is_trusted(&self) -> bool {
        matches!(self.devices.trust_of(self.peer.id), Trust::Trusted | Trust::Own)
    }
}

/// Whose yes it is that a policy has said.
fn rests_on(receiving: &Receiving, trust: Trust) -> Said {
    if receiving.consent != Consent::All && matches!(trust, Trust::Trusted | Trust::Own) {
        Said::Trust
    } else {
        Said::Person
    }
}

/// Minutes after midnight, here and now.
fn minute() -> u16 {
    let now = jiff::ZonedDateTime::now();
    // Below 1,440.
    u16::try_from(i32::from(now.hour()) * 60 + i32::from(now.minute())).unwrap_or_default()
}

/// Why one that was accepted because its sender was trusted is not gone on with.
const TAKEN_BACK: &str =
    "That device doesn’t trust this one any more, and nobody there has accepted it. Send it anew.";

/// Why a transfer that was accepted is not gone on with.
const CHANGED: &str = "What is offered is no longer what was accepted: it has become more. Send it anew.";
