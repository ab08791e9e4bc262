//! Transfers that nobody goes on with by themselves: listed, taken up when a person says so, removed
//! when a person or time does.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    task::spawn_blocking,
    time::{Instant, Interval, MissedTickBehavior, interval_at, timeout},
};

use super::{Actor, Running, reception::Reception};
use crate::{
    engine::{
        command::Manner,
        config::Earlier,
        event::Event,
        history::Chronicle,
        report::Internal,
        transfers::{
            anew::Offered,
            desk::Desk,
            incoming::Start,
            kept::{self, Decided, Orphan, Survey},
            outgoing,
            parcel::Parcel,
            record::{self, Found, Kept, Record},
        },
    },
    model::{Direction, Outcome, Problem, Report, Rest, Side, Transfer, TransferId, TransferState},
    net::Listener,
    settings::GoOn,
};

/// For so long a list of what has come is handed on, of one that is given up.
const RECORDING: Duration = Duration::from_secs(10);

/// Between two looks at what has been left for too long.
const PACE: Duration = Duration::from_hours(1);

/// What stands behind a transfer that is left.
pub enum Resting {
    /// The record of that id.
    Record(TransferId),
    Orphan(Box<Orphan>),
}

/// Ticks when it is time to look again.
pub(super) fn pace() -> Interval {
    let mut pace = interval_at(Instant::now() + PACE, PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

impl Actor {
    /// Goes on with what an earlier run has left, or lists it.
    pub(super) async fn take_up(&mut self, earlier: Earlier) {
        if earlier == Earlier::None {
            return;
        }
        let home = self.home.clone();
        let finding = move || {
            let all = Kept::all(&home).into_iter();
            all.map(|(kept, record)| (kept.agreed(), kept::there(&record), kept, record)).collect::<Vec<_>>()
        };
        for (agreed, there, kept, record) in spawn_blocking(finding).await.unwrap_or_default() {
            let rest = if earlier == Earlier::Listed {
                Some(Rest::Over)
            } else {
                let since = (kept.marks(), kept.interrupted());
                kept::resting(&record, agreed, since, &self.settings)
            };
            match (rest, &record) {
                // Another run's.
                (_, Record::Sending(_)) if earlier == Earlier::Receiving => {}
                (Some(rest), _) => {
                    let state = kept::left(kept::why(&record), rest, kept.interrupted(), &self.settings);
                    self.list(&record, there, state);
                }
                (None, _) => self.go_on_with(record.id(), there, kept, record),
            }
        }
        if earlier == Earlier::All {
            self.open_door();
        }
        if earlier != Earlier::Listed {
            self.survey();
        }
    }

    /// Shows what is left; whoever goes on with it finds it free.
    fn list(&mut self, record: &Record, there: Option<u64>, state: TransferState) {
        let shown = Transfer { done: there, ..kept::shown(record, state) };
        self.left.insert(shown.id, Resting::Record(shown.id));
        self.publisher.publish(Event::Transfer(Box::new(shown)));
    }

    /// A task has ended that did not come to the end of its transfer.
    pub(super) fn rests(&mut self, desk: &Arc<Desk>, record: TransferId, why: Problem, since: SystemTime) {
        tracing::info!(transfer = %desk.id(), why = why.text, "not tried any more");
        self.left.insert(desk.id(), Resting::Record(record));
        let state = kept::left(why, Rest::Over, since, &self.settings);
        desk.leave(state);
    }

    fn go_on_with(&mut self, id: TransferId, there: Option<u64>, kept: Kept, record: Record) {
        self.left.remove(&id);
        match record {
            Record::Sending(sending) => {
                let record::Sending { peer, to, summary, .. } = sending.clone();
                let (desk, cancel) = self.open(id, Direction::Send, peer.shown(), TransferState::Connecting);
                desk.update(|t| {
                    t.summary = summary;
                    t.done = there;
                    t.state = kept::waiting(kept.marks());
                });
                let parcel = Parcel::Files(sending.sources());
                let manner = Manner::default();
                let sent = (to, parcel, manner);
                self.begin_to_send((desk, cancel), sent, Offered::First, Some((kept, sending)));
            }
            Record::Receiving(record) => {
                let (who, paused) = (record.peer.clone(), kept.marks().pause());
                self.begin(Start::Kept(Box::new(record), kept), who, id);
                if let Some(running) = self.transfers.get(&id) {
                    running.desk.came_before(there);
                    match paused {
                        Some(pause) => running.desk.rest(pause),
                        None => running.desk.interrupt(kept::not_running(), None),
                    }
                }
            }
        }
    }

    /// A person wants it to go on: now, where it is tried anyway.
    pub(super) fn retry(&mut self, id: TransferId) {
        match self.left.get(&id) {
            Some(Resting::Record(record)) => {
                let (home, record, actor) = (self.home.clone(), *record, self.reports.0.clone());
                self.tasks.spawn(async move {
                    let found = spawn_blocking(move || Kept::find(&home, record).on_its_way()).await;
                    let found = found.unwrap_or(Found::Nothing);
                    let _ = actor.send(Internal::Claimed { id, found }).await;
                });
            }
            // Of partial files alone there is nothing to go on with.
            Some(Resting::Orphan(_)) => {}
            None => self.forget_unknown(id),
        }
    }

    pub(super) fn claimed(&mut self, id: TransferId, found: Found) {
        match found {
            Found::Kept(kept, record) if !self.transfers.contains_key(&id) => {
                // Its patience begins anew, and it is paused here no more.
                kept.touch();
                kept.mark(kept.marks().without(Side::Here));
                let there = self.publisher.snapshot().transfer(id).and_then(|transfer| transfer.done);
                self.go_on_with(id, there, kept, *record);
                self.open_door();
            }
            Found::Kept(..) => {}
            Found::InUse => self.change(id, |transfer| {
                if let TransferState::Left { why, .. } = &mut transfer.state {
                    *why = kept::in_use();
                }
            }),
            Found::Nothing => self.vanish(id),
        }
    }

    /// A person does not want what is left.
    pub(super) fn discard(&mut self, id: TransferId) {
        let (home, actor) = (self.home.clone(), self.reports.0.clone());
        let (recorder, shown) = (self.recorder.clone(), self.publisher.snapshot().transfer(id).cloned());
        let removing = match self.left.get(&id) {
            Some(Resting::Record(record)) => {
                let record = *record;
                spawn_blocking(move || {
                    let came = kept::came(&home, record);
                    Ok((kept::discard(&home, record, Decided::Here)?, came))
                })
            }
            Some(Resting::Orphan(orphan)) => {
                let orphan = orphan.clone();
                spawn_blocking(move || orphan.remove().map(|()| (None, Vec::new())))
            }
            None => return self.forget_unknown(id),
        };
        let (routes, name) = (self.routes.clone(), self.device_name());
        self.tasks.spawn(async move {
            let Ok(removed) = removing.await else { return };
            let (removed, record, came) = match removed {
                Ok((record, came)) => (Ok(()), record, came),
                Err(problem) => (Err(problem), None, Vec::new()),
            };
            let _ = actor.send(Internal::Discarded { id, removed }).await;
            if let (Some(record), Some(shown)) = (&record, shown) {
                let known = (record.id(), record.began());
                let recording = spawn_blocking(move || Chronicle::give_up(recorder, known, &shown, came));
                // Whoever quits doesn't wait for what can't be written.
                let _ = timeout(RECORDING, recording).await;
            }
            if let Some(Record::Sending(record)) = record {
                outgoing::give_up(&routes, &name, &record).await;
            }
        });
    }

    pub(super) fn discarded(&mut self, id: TransferId, removed: Result<(), Problem>) {
        match removed {
            Ok(()) => self.vanish(id),
            Err(problem) => {
                self.left.remove(&id);
                self.change(id, |transfer| {
                    let report = Report::of(Outcome::Failed(problem));
                    transfer.state = TransferState::Finished(Box::new(report));
                });
            }
        }
    }

    /// Removes what has been left for too long, and finds what belongs to no transfer.
    pub(super) fn survey(&mut self) {
        let (home, settings, actor) = (self.home.clone(), self.settings.clone(), self.reports.0.clone());
        // Nobody who quits waits for it.
        self.measures.spawn(async move {
            if let Ok(survey) = spawn_blocking(move || kept::sweep(&home, &settings)).await {
                let _ = actor.send(Internal::Surveyed(survey)).await;
            }
        });
    }

    pub(super) fn surveyed(&mut self, survey: Survey) {
        let Survey { records, orphans } = survey;
        let is_there = |resting: &Resting| match resting {
            Resting::Record(record) => records.contains(record),
            Resting::Orphan(known) => orphans.iter().any(|orphan| orphan.id == known.id),
        };
        let gone: Vec<_> =
            self.left.iter().filter(|(_, resting)| !is_there(resting)).map(|(id, _)| *id).collect();
        for id in gone {
            self.vanish(id);
        }
        for orphan in orphans {
            let id = orphan.id;
            // Of a transfer that is known they are no orphans.
            let is_known =
                self.transfers.contains_key(&id) || matches!(self.left.get(&id), Some(Resting::Record(_)));
            if is_known {
                continue;
            }
            let shown = orphan.shown(&self.settings);
            self.left.insert(id, Resting::Orphan(Box::new(orphan)));
            if self.publisher.snapshot().transfer(id) != Some(&shown) {
                self.publisher.publish(Event::Transfer(Box::new(shown)));
            }
        }
    }

    /// True of one that could be gone on with.
    pub(super) fn is_left(&self, id: TransferId) -> bool {
        matches!(self.left.get(&id), Some(Resting::Record(_)))
    }

    /// True when nobody is let in for what is left before a person has said so.
    pub(super) fn is_held_back(&self) -> bool {
        self.earlier == Earlier::Listed || self.settings.go_on == GoOn::Ask
    }

    /// Lets senders of accepted transfers in, though nobody receives anything new.
    fn open_door(&mut self) {
        let waits = self.transfers.values().any(Running::receives);
        if self.reception.is_some() || !waits {
            return;
        }
        match Listener::near_default(&self.tls).and_then(|listener| Ok((listener.port()?, listener))) {
            Ok((port, listener)) => {
                let listening = self.listen(listener);
                self.reception = Some(Reception { receiving: None, port, listening });
                tracing::info!(port, "waiting for those who were accepted before");
            }
            Err(problem) => tracing::warn!(%problem, "can't wait for those who were accepted before"),
        }
    }

    fn change(&self, id: TransferId, change: impl FnOnce(&mut Transfer)) {
        if let Some(mut transfer) = self.publisher.snapshot().transfer(id).cloned() {
            change(&mut transfer);
            self.publisher.publish(Event::Transfer(Box::new(transfer)));
        }
    }

    /// It is gone, or another process has it.
    fn vanish(&mut self, id: TransferId) {
        self.left.remove(&id);
        if !self.transfers.contains_key(&id) {
            self.publisher.publish(Event::Forgotten(id));
        }
    }

    /// Whoever asks about what nobody knows is told that it is not there.
    fn forget_unknown(&self, id: TransferId) {
        if self.publisher.snapshot().transfer(id).is_none_or(Transfer::is_left) {
            self.publisher.publish(Event::Forgotten(id));
        }
    }
}
