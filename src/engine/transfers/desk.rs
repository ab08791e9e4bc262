//! One transfer's record, and its publication: every change of it is one event.

mod recording;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{kept, record};
use crate::{
    disk,
    engine::{
        event::Event,
        handle::{Gauge, Publisher},
        history::Chronicle,
        trust::hearsay::Hearsay,
    },
    model::{
        Agreement, Caution, CompareCode, DeviceId, Direction, Meeting, Outcome, Pause, Problem, ProblemKind,
        Progress, Purpose, Report, Scope, Summary, Target, Transfer, TransferId, TransferState, text,
    },
    settings::Settings,
    transfer::{IncomingOffer, Meter, Notice},
};

impl Gauge for Meter {
    fn sample(&self) -> Progress {
        Self::sample(self)
    }
}

fn is_undecided(state: &TransferState) -> bool {
    matches!(
        state,
        TransferState::Connecting
            | TransferState::Away { .. }
            | TransferState::Preparing
            | TransferState::Comparing
            | TransferState::Waiting
    )
}

/// A step before the answer. After it, another attempt is shown as what it mends until content flows.
fn before(transfer: &mut Transfer, state: TransferState) {
    if is_undecided(&transfer.state) {
        transfer.state = state;
    }
}

pub struct Desk {
    id: TransferId,
    transfer: Mutex<Transfer>,
    publisher: Publisher,
    /// Of the present attempt.
    meter: Mutex<Arc<Meter>>,
    /// How long the attempts before that have flowed.
    before: Mutex<Duration>,
    /// Where it is a stranger's: what is told of it while nobody has said yes.
    hearsay: Option<Hearsay>,
    history: Mutex<History>,
    /// `None` where nobody records it.
    chronicle: Option<Chronicle>,
}

/// What has become of it so far.
#[derive(Clone, Copy, Default)]
struct History {
    is_listed: bool,
    was_accepted: bool,
}

impl Desk {
    /// A new transfer. It is on the list once it has been updated.
    pub fn new(
        transfer: Transfer,
        publisher: Publisher,
        hearsay: Option<Hearsay>,
        chronicle: Option<Chronicle>,
    ) -> Arc<Self> {
        let (meter, before, history) = (Mutex::default(), Mutex::default(), Mutex::default());
        let (id, transfer) = (transfer.id, Mutex::new(transfer));
        Arc::new(Self { id, transfer, publisher, meter, before, hearsay, history, chronicle })
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True once anybody has said yes to it.
    pub fn was_accepted(&self) -> bool {
        self.history().was_accepted
    }

    pub fn id(&self) -> TransferId {
        self.id
    }

    /// What this device's person has chosen.
    pub fn settings(&self) -> Settings {
        self.publisher.settings()
    }

    /// Faces see it with the next change.
    pub fn warn(&self, caution: Option<Caution>) {
        self.transfer().caution = caution;
    }

    /// True before anybody has said yes to any of it.
    pub fn is_unaccepted(&self) -> bool {
        is_undecided(&self.transfer().state) && !self.was_accepted()
    }

    /// True while nothing flows of what was accepted.
    pub fn is_interrupted(&self) -> bool {
        self.transfer().rests()
    }

    /// True while content flows.
    pub fn is_flowing(&self) -> bool {
        self.transfer().state == TransferState::Active
    }

    fn transfer(&self) -> MutexGuard<'_, Transfer> {
        self.transfer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As faces see it now.
    pub fn shown(&self) -> Transfer {
        self.transfer().clone()
    }

    /// The counters of another attempt.
    pub fn begin_attempt(&self) -> Arc<Meter> {
        let meter = Arc::<Meter>::default();
        *self.meter.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&meter);
        meter
    }

    /// The link broke; the next attempt is made at that time, or when the other device calls.
    pub fn interrupt(&self, why: Problem, again: Option<Instant>) {
        self.stop(TransferState::Interrupted { why, again });
    }

    /// So much of it is there from an earlier run. Faces see it with the next change.
    pub fn came_before(&self, there: Option<u64>) {
        self.transfer().done = there;
    }

    /// Nothing flows any more, for now. How far it has come is kept.
    fn stop(&self, state: TransferState) {
        self.publisher.hide_progress(self.id);
        let bytes = self.meter.lock().unwrap_or_else(PoisonError::into_inner).bytes();
        self.update(|t| {
            if t.state == TransferState::Active {
                // An attempt that was broken off at once has heard of none.
                t.done = t.done.max(Some(bytes));
            }
            t.state = state;
        });
        self.record_so_far();
    }

    /// How much free space there is where it is to go changes while its person thinks. Blocks.
    pub fn look_at_room(&self) {
        let shown = self.shown();
        let Some(folder) = shown.folder.as_deref().filter(|_| shown.asks() && shown.free.is_some()) else {
            return;
        };
        let free = disk::free_space(folder);
        // What reads the same is no news.
        if free.map(text::bytes) != shown.free.map(text::bytes) {
            self.update(|t| {
                if t.asks() {
                    t.free = free;
                }
            });
        }
    }

    /// It was accepted before, by an earlier task.
    pub fn was_accepted_before(&self) {
        self.history().was_accepted = true;
    }

    /// As an earlier run has left it.
    pub fn take_up(&self, record: &record::Receiving) {
        self.update(|t| {
            t.summary.clone_from(&record.summary);
            t.folder.clone_from(&record.landing.folder);
            t.state = TransferState::Interrupted { why: kept::not_running(), again: None };
        });
    }

    /// Nobody goes on with it before a person says so.
    pub fn leave(&self, left: TransferState) {
        self.stop(left);
    }

    /// An attempt that did not end it has taken so long.
    pub fn flowed(&self, took: Duration) {
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) += took;
    }

    /// It rests, until somebody lets it go on or there is room.
    pub fn rest(&self, why: Pause) {
        if self.transfer().state == TransferState::Paused(why) {
            return;
        }
        self.stop(TransferState::Paused(why));
    }

    /// The other device has answered.
    pub fn reached(&self, peer: DeviceId) {
        self.update(|t| {
            t.peer.id = Some(peer);
            before(t, TransferState::Preparing);
        });
    }

    /// It is there that the device of a code was found.
    pub fn found(&self, at: &Target) {
        if let Target::Link(link) = at {
            self.update(|t| t.peer.address = link.address.to_string());
        }
    }

    pub fn update(&self, change: impl FnOnce(&mut Transfer)) {
        // Published under the lock, so that events come in the order of the changes.
        let mut transfer = self.transfer();
        if transfer.is_finished() {
            return;
        }
        change(&mut transfer);
        if !transfer.asks() {
            transfer.list = None;
        }
        let mut history = self.history();
        history.is_listed = true;
        history.was_accepted |= !is_undecided(&transfer.state) && !transfer.is_finished();
        drop(history);
        self.publisher.publish(Event::Transfer(Box::new(transfer.clone())));
    }

    /// Both screens show this code.
    pub fn meet(&self, code: CompareCode, here: Agreement) {
        let meeting = Some(Meeting { code, here });
        if self.transfer().direction == Direction::Send {
            self.update(|t| t.meeting = meeting);
        } else {
            // Whoever has said hello and offered nothing yet is on nobody's list.
            self.transfer().meeting = meeting;
        }
    }

    /// The person here has compared the codes.
    pub fn agree(&self) {
        let asked = matches!(self.transfer().meeting, Some(Meeting { here: Agreement::Asked, .. }));
        if asked {
            self.update(|t| {
                if let Some(meeting) = &mut t.meeting {
                    meeting.here = Agreement::Given;
                }
            });
        }
    }

    /// So much is to be sent, and the codes are compared.
    pub fn counted(&self, counts: Summary) {
        self.update(|t| {
            t.summary = counts;
            before(t, TransferState::Comparing);
        });
    }

    /// As [`Desk::counted`], where nobody here is asked. Of strangers, not all of it is told.
    pub fn counted_unasked(&self, counts: Summary) {
        if self.is_too_much() {
            self.transfer().summary = counts;
        } else {
            self.counted(counts);
        }
    }

    /// So much was to be sent, and nobody is asked about it. Faces see it with its end.
    pub fn turn_away(&self, summary: Summary) {
        self.transfer().summary = summary;
    }

    /// An offer that came whole, and waits for its answer.
    pub fn show(&self, offer: IncomingOffer) {
        self.note(offer, TransferState::Waiting);
    }

    /// What of an offer goes beyond what was agreed, and waits for its answer.
    pub fn show_more(&self, offer: IncomingOffer) {
        self.transfer().scope = Scope::More;
        self.note(offer, TransferState::Waiting);
    }

    /// An offer that came whole, and that nobody is asked about: no face must put it to a person.
    pub fn take_down(&self, offer: IncomingOffer) {
        self.note(offer, TransferState::Preparing);
    }

    fn note(&self, offer: IncomingOffer, state: TransferState) {
        let IncomingOffer { summary, list, folder, free, short, already, notes, completing } = offer;
        self.update(|t| {
            t.summary = summary;
            // Only whoever is asked has a use for it.
            t.list = list.filter(|_| state == TransferState::Waiting);
            // A text goes into none.
            let is_text = t.summary.purpose == Purpose::Text;
            (t.folder, t.free) = if is_text { (None, None) } else { (Some(folder), free) };
            t.short = short;
            t.already = already;
            t.notes = notes;
            t.completing = completing;
            t.state = state;
        });
    }

    /// True for somebody who said hello and left before they had offered anything: not worth a row
    /// on anybody's list.
    fn never_was(&self, outcome: &Outcome) -> bool {
        let transfer = self.transfer();
        let left = match outcome {
            // Declined: there was no place for another question.
            Outcome::Cancelled { .. } | Outcome::Declined { .. } => true,
            Outcome::Failed(problem) => matches!(problem.kind, ProblemKind::Link | ProblemKind::Paused),
            Outcome::Complete => false,
        };
        left && transfer.direction == Direction::Receive
            && transfer.state == TransferState::Preparing
            // What was offered is noted with the offer.
            && transfer.summary == Summary::default()
    }

    /// True when a person has been told enough of strangers lately, and knows nothing of this one.
    fn is_too_much(&self) -> bool {
        let History { is_listed, was_accepted } = *self.history();
        !is_listed && !was_accepted && self.hearsay.as_ref().is_some_and(|h| !h.may_be_told(Instant::now()))
    }

    /// What the transfer itself tells.
    pub fn notice(&self, notice: Notice) {
        match notice {
            Notice::Named(name) => self.update(|t| {
                t.peer.name = Some(name);
                before(t, TransferState::Preparing);
            }),
            Notice::Offered { summary, notes } => self.update(|t| {
                t.summary = summary;
                t.notes = notes;
                before(t, TransferState::Waiting);
            }),
            Notice::Parted
            | Notice::Full(_)
            | Notice::Away(_)
            | Notice::Stays
            | Notice::Met(_)
            | Notice::Differs
            | Notice::Swallowed
            | Notice::Listed(_) => {}
            Notice::Text(text) => self.update(|t| t.text = Some(text)),
            Notice::Counted(counts) => self.counted(counts),
            Notice::Agreed => {
                if self.transfer().meeting.is_some() {
                    self.update(|t| {
                        t.meeting = None;
                        before(t, TransferState::Preparing);
                    });
                }
            }
            Notice::Gone(files) => {
                if self.transfer().summary.skipped.gone != files {
                    self.update(|t| t.summary.skipped.gone = files);
                }
            }
            Notice::Accepted { notes, short } => {
                let meter = Arc::clone(&self.meter.lock().unwrap_or_else(PoisonError::into_inner));
                self.publisher.show_progress(self.id, meter as _);
                self.update(|t| {
                    if !notes.is_empty() {
                        t.notes = notes;
                    }
                    t.short = short;
                    t.state = TransferState::Active;
                });
            }
        }
    }

    pub fn finish(&self, report: Report) {
        let before = *self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let report = Report { took: report.took + before, ..report };
        self.publisher.hide_progress(self.id);
        let outcome = &report.outcome;
        tracing::info!(transfer = %self.id, ?outcome, files = report.files, bytes = report.bytes, "transfer ended");
        if self.never_was(outcome) || self.is_too_much() {
            return;
        }
        self.record_end(&report);
        self.update(|t| {
            t.meeting = None;
            t.state = TransferState::Finished(Box::new(report));
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        engine::{DeviceCard, Snapshot, seam},
        model::{DeviceName, Peer, Side},
    };

    fn desk(folder: Option<&std::path::Path>, state: TransferState) -> (Arc<Desk>, crate::engine::Events) {
        let name = DeviceName::parse("Test").unwrap();
        let card = DeviceCard { id: DeviceId::of_public_key(b"test"), name };
        let (handle, end) = seam(Snapshot::new(card, Settings::default()), Arc::new(|| {}));
        let transfer = Transfer {
            folder: folder.map(std::path::Path::to_owned),
            free: Some(1),
            ..Transfer::new(TransferId([1; 16]), Direction::Receive, Peer::default(), state)
        };
        (Desk::new(transfer, end.publisher.clone(), None, None), handle.subscribe().1)
    }

    #[test]
    fn how_far_it_has_come_is_kept_when_it_rests_and_when_an_attempt_is_broken_off_at_once() {
        let (desk, _events) = desk(None, TransferState::Active);
        desk.begin_attempt().add_bytes(700);
        desk.rest(Pause::Person(Side::Here));
        assert_eq!(desk.shown().done, Some(700));
        for state in [TransferState::Active, TransferState::Preparing] {
            desk.begin_attempt();
            desk.update(|t| t.state = state);
            desk.interrupt(kept::not_running(), None);
            assert_eq!(desk.shown().done, Some(700));
        }
    }

    #[test]
    fn what_is_free_is_news_only_while_somebody_is_asked_and_only_when_it_reads_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let (waits, mut events) = desk(Some(folder.path()), TransferState::Waiting);
        waits.look_at_room();
        let free = waits.shown().free;
        assert_ne!(free, Some(1));
        assert!(events.try_next().is_some());
        let told = |free: Option<u64>| free.map(text::bytes);
        waits.look_at_room();
        assert_eq!(events.try_next().is_some(), told(waits.shown().free) != told(free));
        let (flows, mut events) = desk(Some(folder.path()), TransferState::Active);
        flows.look_at_room();
        assert!(events.try_next().is_none());
    }
}
