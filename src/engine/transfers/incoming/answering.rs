//! What becomes of an offer that has come whole: policy says it, or a person.

use std::time::Instant;

use tokio::sync::oneshot;

use super::Incoming;
use crate::{
    engine::{
        command::{Consent, Receiving},
        report::Internal,
        transfers::record::{self, Said},
        trust::policy::{Asked, Decision, decide},
    },
    model::{Agreement, Answer, Landing, Summary, Trust},
    transfer::IncomingOffer,
};

impl Incoming {
    pub(super) async fn answer(&self, offer: IncomingOffer, receiving: &Receiving) -> (Answer, Said) {
        // It may have come slowly, and a person may have decided about the device meanwhile.
        self.devices.look_at_once();
        let caution = self.desk.shown().caution;
        let trust = self.devices.trust_of(self.peer.id);
        let decision = decide(&Asked {
            trust,
            caution: caution.as_ref(),
            bytes: offer.summary.total(),
            consent: receiving.consent,
            landing: &receiving.landing,
            settings: &self.desk.settings(),
            minute: minute(),
        });
        match decision {
            Decision::Answer(answer) => {
                self.desk.take_down(offer);
                let rests_on_trust =
                    receiving.consent != Consent::All && matches!(trust, Trust::Trusted | Trust::Own);
                (answer, if rests_on_trust { Said::Trust } else { Said::Person })
            }
            Decision::Ask => (self.ask(offer, receiving).await, Said::Person),
        }
    }

    async fn ask(&self, offer: IncomingOffer, receiving: &Receiving) -> Answer {
        let (reply, answered) = oneshot::channel();
        // The actor keeps the question before any face can see it, so that no answer comes too early.
        let desk = std::sync::Arc::clone(&self.desk);
        let question = Internal::Ask { desk, offer: Box::new(offer), reply };
        if self.actor.send(question).await.is_err() {
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
            self.guesses.agreed(Instant::now());
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

    pub(super) fn is_trusted(&self) -> bool {
        matches!(self.devices.trust_of(self.peer.id), Trust::Trusted | Trust::Own)
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
