//! What the engine says of its transfers, put in order: each moment once, and progress in between.
//!
//! Knows the seam. Must not know who is told, or how. An event may be missed and a snapshot come
//! in its place: then the moments in between are made up for, so that every story is whole.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Interval, MissedTickBehavior, interval},
};

use super::news::{Moment, News, report};
use crate::{
    engine::{CodeState, Event, Events, Handle, ReceivingState, Snapshot, Update},
    model::{
        CompareCode, Direction, Outcome, Pause, Problem, ProblemKind, Progress, Report, Scope, Text,
        Transfer, TransferId, TransferState,
    },
};

/// How often progress is sampled: twice the promised five a second, since timers run late.
const SAMPLE: Duration = Duration::from_millis(100);

/// After whatever kept this device from it.
const HEARS: &str = "This device sees others again, and is seen.";

/// What happened next.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    Listening {
        port: u16,
        addresses: Vec<IpAddr>,
    },
    CannotListen(Problem),
    Transfer(Moment, Box<Transfer>),
    Progress(Box<Transfer>, Progress),
    /// The link of a transfer broke; it goes on by itself.
    Broken(Box<Transfer>, Problem),
    /// A transfer rests, and goes on when somebody wants it or there is room.
    Paused(Box<Transfer>, Pause),
    /// It goes on.
    Mended(Box<Transfer>),
    /// A text has come, whole.
    Text(Box<Transfer>, Text),
    /// A transfer has a code that both devices show.
    Met(Box<Transfer>),
    /// It was taken off the list.
    Forgotten(TransferId),
    /// What has become of the code that was given out.
    Code(CodeState),
    /// What was decided about devices holds for this run alone, or what happens is not in the history.
    Unkept(Problem),
    /// Why this device neither sees others nor is seen, or that it does and is again.
    Deaf(Option<Problem>),
    /// By the person at the terminal.
    Interrupted,
    /// The engine has ended by itself.
    Gone,
}

impl Turn {
    /// What there is to tell of it without knowing which command waits; `None` where there is nothing.
    #[must_use]
    pub fn news(&self) -> Option<News<'_>> {
        Some(match self {
            Self::Transfer(Moment::Begun, transfer) => News::Begun(transfer),
            Self::Transfer(Moment::Connected, transfer) => News::Connected(transfer),
            Self::Transfer(Moment::Offered, transfer) => News::Offered(transfer),
            Self::Transfer(Moment::Started, transfer) => News::Started(transfer),
            Self::Transfer(Moment::Finished, transfer) => News::Finished(transfer, report(transfer)?),
            Self::Progress(transfer, progress) => News::Progress(transfer, progress),
            Self::Broken(transfer, why) => News::Broken(transfer, why),
            Self::Paused(transfer, why) => News::Paused(transfer, *why),
            Self::Mended(transfer) => News::Mended(transfer),
            Self::Text(transfer, text) => News::Text(transfer, text),
            Self::Met(transfer) => News::Met(transfer),
            Self::Code(state) => News::Code(state),
            Self::Unkept(problem) | Self::Deaf(Some(problem)) => News::Error(&problem.text),
            Self::Deaf(None) => News::Remark(HEARS),
            Self::Listening { .. }
            | Self::CannotListen(_)
            | Self::Forgotten(_)
            | Self::Interrupted
            | Self::Gone => return None,
        })
    }

    /// The transfer that it is about.
    #[must_use]
    pub fn transfer(&self) -> Option<TransferId> {
        match self {
            Self::Transfer(_, transfer)
            | Self::Progress(transfer, _)
            | Self::Broken(transfer, _)
            | Self::Paused(transfer, _)
            | Self::Text(transfer, _)
            | Self::Mended(transfer)
            | Self::Met(transfer) => Some(transfer.id),
            Self::Forgotten(id) => Some(*id),
            Self::Listening { .. }
            | Self::CannotListen(_)
            | Self::Code(_)
            | Self::Unkept(_)
            | Self::Deaf(_)
            | Self::Interrupted
            | Self::Gone => None,
        }
    }

    /// The transfer whose question, if there was one, is not to be answered any more: another one may follow.
    #[must_use]
    pub fn withdraws(&self) -> Option<TransferId> {
        match self {
            Self::Transfer(Moment::Finished | Moment::Offered, transfer)
            | Self::Broken(transfer, _)
            | Self::Paused(transfer, _) => Some(transfer.id),
            _ => None,
        }
    }

    /// The transfer that has ended, and how; `None` for every other turn.
    #[must_use]
    pub fn ending(&self) -> Option<(TransferId, &Outcome)> {
        match self {
            Self::Transfer(Moment::Finished, transfer) => Some((transfer.id, &report(transfer)?.outcome)),
            _ => None,
        }
    }
}

/// One command's view of the engine.
pub struct Watch {
    handle: Handle,
    events: Events,
    snapshot: Snapshot,
    followed: HashMap<TransferId, Followed>,
    due: VecDeque<Turn>,
    tick: Interval,
    interrupts: mpsc::Receiver<()>,
}

#[derive(Default)]
struct Followed {
    told: Option<Moment>,
    link: Link,
    /// The code that was told last.
    met: Option<CompareCode>,
    /// Bytes of the last progress that was told.
    bytes: Option<u64>,
    words: Words,
}

/// Whether the words of a text were told.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Words {
    #[default]
    Untold,
    Told,
}

/// What was last told of a transfer's link.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Link {
    #[default]
    Whole,
    Broken,
    /// More than was accepted is asked, of so many bytes.
    Asked(u64),
    /// And why: how much a full disk lacks is no news.
    Paused(Pause),
}

impl Watch {
    /// # Panics
    /// Outside a runtime.
    #[must_use]
    pub fn new(handle: Handle, interrupts: mpsc::Receiver<()>) -> Self {
        let (snapshot, events) = handle.subscribe();
        let mut tick = interval(SAMPLE);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut watch = Self {
            handle,
            events,
            followed: HashMap::new(),
            due: VecDeque::new(),
            tick,
            interrupts,
            snapshot: snapshot.clone(),
        };
        watch.take_over(snapshot);
        watch
    }

    /// The engine's state after the last turn.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The transfers that began and have not ended.
    #[must_use]
    pub fn unfinished(&self) -> Vec<TransferId> {
        self.snapshot.transfers.iter().filter(|t| !t.is_finished() && !t.is_left()).map(|t| t.id).collect()
    }

    /// Waits for what happens next. Nothing is lost when it is dropped while it waits.
    pub async fn next(&mut self) -> Turn {
        loop {
            if let Some(turn) = self.due.pop_front() {
                return turn;
            }
            let flowing = self.followed.values().any(|f| f.told == Some(Moment::Started));
            tokio::select! {
                // Who interrupts must find all that has begun, so as to cancel it.
                biased;
                update = self.events.next() => match update {
                    None => return Turn::Gone,
                    Some(Update::Event(event)) => self.learn(event),
                    Some(Update::Resync(snapshot)) => self.take_over(*snapshot),
                },
                Some(()) = self.interrupts.recv() => return Turn::Interrupted,
                _ = self.tick.tick(), if flowing => self.sample(),
            }
        }
    }

    fn learn(&mut self, event: Event) {
        let news = match &event {
            Event::Receiving(state) => *state != self.snapshot.receiving,
            Event::Code(state) => *state != self.snapshot.code && *state != CodeState::None,
            _ => true,
        };
        self.snapshot.apply(&event);
        match event {
            Event::Transfer(transfer) => self.follow(&transfer),
            Event::Receiving(state) if news => self.listen(state),
            Event::Code(state) if news => self.due.push_back(Turn::Code(state)),
            Event::Deaf(problem) => self.due.push_back(Turn::Deaf(problem)),
            Event::Unkept(Some(problem)) | Event::Unrecorded(Some(problem)) => {
                self.due.push_back(Turn::Unkept(problem));
            }
            Event::Forgotten(id) => {
                self.followed.remove(&id);
                self.due.push_back(Turn::Forgotten(id));
            }
            Event::Receiving(_)
            | Event::Device(_)
            | Event::Settings(_)
            | Event::Inbox(_)
            | Event::Nearby(_)
            | Event::Known(_)
            | Event::Code(_)
            | Event::Unkept(None)
            | Event::Unrecorded(None)
            | Event::Recorded(_)
            // Nothing is chosen here while it runs.
            | Event::Refused(_)
            | Event::Unsaved(_)
            | Event::Quarantined(_) => {}
        }
    }

    fn take_over(&mut self, snapshot: Snapshot) {
        if self.snapshot.receiving != snapshot.receiving {
            self.listen(snapshot.receiving.clone());
        }
        if self.snapshot.code != snapshot.code && snapshot.code != CodeState::None {
            self.due.push_back(Turn::Code(snapshot.code.clone()));
        }
        if self.snapshot.unkept != snapshot.unkept {
            self.due.extend(snapshot.unkept.clone().map(Turn::Unkept));
        }
        if self.snapshot.unrecorded != snapshot.unrecorded {
            self.due.extend(snapshot.unrecorded.clone().map(Turn::Unkept));
        }
        if self.snapshot.deaf != snapshot.deaf {
            self.due.push_back(Turn::Deaf(snapshot.deaf.clone()));
        }
        self.followed.retain(|id, _| snapshot.transfer(*id).is_some());
        let gone = self.snapshot.transfers.iter().filter(|known| snapshot.transfer(known.id).is_none());
        self.due.extend(gone.map(|known| Turn::Forgotten(known.id)));
        for transfer in &snapshot.transfers {
            self.follow(transfer);
        }
        self.snapshot = snapshot;
    }

    fn listen(&mut self, state: ReceivingState) {
        match state {
            ReceivingState::Off => {}
            ReceivingState::On { port, addresses } => self.due.push_back(Turn::Listening { port, addresses }),
            ReceivingState::Failed(problem) => self.due.push_back(Turn::CannotListen(problem)),
        }
    }

    fn follow(&mut self, transfer: &Transfer) {
        if let TransferState::Left { why, .. } = &transfer.state {
            // Whoever follows it has waited for long enough; of others nothing was told.
            if self.followed.get(&transfer.id).is_some_and(|followed| followed.told.is_some()) {
                let end = Report::of(Outcome::Failed(why.clone()));
                let state = TransferState::Finished(Box::new(end));
                self.follow(&Transfer { state, ..transfer.clone() });
            }
            // If it goes on, that is another story.
            self.followed.remove(&transfer.id);
            return;
        }
        let followed = self.followed.entry(transfer.id).or_default();
        let now = Moment::of(&transfer.state);
        let whole = report(transfer).filter(|report| report.outcome == Outcome::Complete);
        for moment in Moment::ALL {
            let due = match moment {
                Moment::Begun | Moment::Connected | Moment::Finished => now == moment,
                // The summary is empty until the offer is complete.
                Moment::Offered => {
                    now == moment
                        || now == Moment::Started
                        || whole.is_some()
                        || now == Moment::Finished && transfer.summary.files + transfer.summary.folders > 0
                }
                Moment::Started => now == moment || whole.is_some(),
            };
            if !due || followed.told >= Some(moment) {
                continue;
            }
            followed.told = Some(moment);
            if let (Moment::Finished, Some(report)) = (moment, whole)
                && followed.bytes != Some(report.bytes)
            {
                self.due.push_back(Turn::Progress(Box::new(transfer.clone()), at_the_end(report)));
            }
            if moment == Moment::Finished {
                self.due.extend(text_that_came(transfer, &mut followed.words));
            }
            self.due.push_back(Turn::Transfer(moment, Box::new(transfer.clone())));
        }
        if now == Moment::Started {
            self.due.extend(text_that_came(transfer, &mut followed.words));
        }
        // A code may be there before anybody is to compare it.
        let is_shown = !matches!(transfer.state, TransferState::Connecting | TransferState::Preparing);
        let code = transfer.meeting.filter(|_| is_shown).map(|meeting| meeting.code);
        if code.is_some() && followed.met != code && !transfer.is_finished() {
            followed.met = code;
            self.due.push_back(Turn::Met(Box::new(transfer.clone())));
        }
        match (&transfer.state, followed.link) {
            (TransferState::Paused(why), told) => {
                let why = match why {
                    Pause::NoRoom { .. } => Pause::NoRoom { lacks: None },
                    other @ (Pause::Person(_) | Pause::NoDisk) => *other,
                };
                if told != Link::Paused(why) {
                    followed.link = Link::Paused(why);
                    self.due.push_back(Turn::Paused(Box::new(transfer.clone()), why));
                }
            }
            // Of what was accepted before, more is asked.
            (TransferState::Waiting, told)
                if transfer.scope == Scope::More && told != Link::Asked(transfer.summary.bytes) =>
            {
                followed.link = Link::Asked(transfer.summary.bytes);
                self.due.push_back(Turn::Transfer(Moment::Offered, Box::new(transfer.clone())));
            }
            (TransferState::Interrupted { why, .. }, Link::Whole | Link::Paused(_) | Link::Asked(_))
                if why.kind != ProblemKind::Resumed =>
            {
                followed.link = Link::Broken;
                self.due.push_back(Turn::Broken(Box::new(transfer.clone()), why.clone()));
            }
            (TransferState::Active, Link::Broken | Link::Paused(_) | Link::Asked(_)) => {
                followed.link = Link::Whole;
                self.due.push_back(Turn::Mended(Box::new(transfer.clone())));
            }
            _ => {}
        }
    }

    fn sample(&mut self) {
        for transfer in &self.snapshot.transfers {
            let Some(followed) = self.followed.get_mut(&transfer.id) else { continue };
            if followed.told == Some(Moment::Started)
                && let Some(progress) = self.handle.progress(transfer.id)
            {
                followed.bytes = Some(progress.bytes);
                self.due.push_back(Turn::Progress(Box::new(transfer.clone()), progress));
            }
        }
    }
}

fn text_that_came(transfer: &Transfer, words: &mut Words) -> Option<Turn> {
    let text = transfer.text.clone().filter(|_| transfer.direction == Direction::Receive)?;
    let before = std::mem::replace(words, Words::Told);
    (before == Words::Untold).then(|| Turn::Text(Box::new(transfer.clone()), text))
}

/// The progress of a transfer that is whole. The last sample is older than the last byte, and who
/// counts bytes may rely on seeing them all.
fn at_the_end(report: &Report) -> Progress {
    let seconds = report.took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = if seconds > 0.0 { report.bytes as f64 / seconds } else { 0.0 };
    Progress {
        bytes: report.bytes,
        total: Some(report.bytes),
        files: report.files,
        file: None,
        file_bytes: 0,
        file_total: None,
        rate,
        limited_by: report.pipeline.limited_by,
        stalled: None,
        checking: None,
    }
}

#[cfg(test)]
mod tests;
