//! One transfer that sends: from what a person named to its report, over as many connections as it
//! takes.

mod absent;
mod keeping;
mod lane;
mod meeting;
mod mending;
mod proving;
mod resting;

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::{Notify, mpsc, watch},
    task::spawn_blocking,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    anew::Offered,
    desk::Desk,
    marks::Marks,
    parcel::Parcel,
    patience::{Drought, Patience, noting},
    record::{self, Kept},
    resting::{Leaving, Rest, Wish, Wishes},
    whose,
};
use crate::{
    disk::{OffLimits, Scan, SourceError},
    engine::{
        command::Manner,
        network::routes::Routes,
        report::Internal,
        trust::{devices::Devices, guesses::Guesses},
    },
    model::{
        Accord, Agreement, DeviceId, DeviceName, Outcome, Pause, Problem, ProblemKind, Report, Side, Target,
        TransferId, Trust,
    },
    pairing::{self, Ends},
    transfer::{self, Assent, Farewell, Limiter, Notice, SendJob, Stops, Told, farewell, send},
    wire::limits,
};

pub struct Outgoing {
    pub desk: Arc<Desk>,
    pub devices: Devices,
    pub to: Target,
    pub manner: Manner,
    /// The device that has shown that it knows the code; nothing before that.
    pub proved: OnceLock<Proved>,
    /// The code is good for nothing any more: it was refused, or whoever answered has had its guess.
    pub spent: OnceLock<()>,
    /// What the person here says of the device that is met.
    pub assent: watch::Sender<Assent>,
    pub guesses: Guesses,
    /// Large packets have got lost on the way.
    pub swallowed: OnceLock<()>,
    pub us: DeviceId,
    pub parcel: Parcel,
    pub offered: Offered,
    /// What an earlier run of the program has left of it.
    pub earlier: Option<(Kept, record::Sending)>,
    pub home: PathBuf,
    /// What of it is not sent.
    pub off_limits: OffLimits,
    /// For how long an interrupted transfer is tried again.
    pub patience: Duration,
    pub name: DeviceName,
    pub routes: Routes,
    pub limiter: Arc<Limiter>,
    pub actor: mpsc::Sender<Internal>,
    /// Somebody wants the next attempt now.
    pub nudge: Arc<Notify>,
    pub wishes: Wishes,
    pub rest: Rest,
    pub cancel: CancellationToken,
    /// A person here has seen another code than the other screen shows.
    pub alarm: CancellationToken,
}

/// Who has shown that it knows the code.
pub struct Proved {
    pub id: DeviceId,
    /// Where it is: as it was typed, or where it was found.
    pub at: Target,
}

/// What an accepted transfer is known by, and what is kept of it for a later run of the program.
struct Accepted {
    record: record::Sending,
    kept: Option<Kept>,
    /// What was offered, and all that later attempts offer; `None` where a run of before did not keep it.
    listed: Option<Arc<Accord>>,
}

impl Accepted {
    /// What an earlier run has left. Blocks.
    fn of((kept, record): (Kept, record::Sending)) -> Self {
        let listed = kept.accord().map(Arc::new);
        Self { record, kept: Some(kept), listed }
    }
}

type Story = Mutex<Option<Accepted>>;

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How it ends for this task.
enum End {
    Over(Box<Report>),
    /// It is not tried any more by itself, and stays.
    Rests(Problem),
    /// The program ends, and another run goes on with it.
    Leaving,
}

/// What comes of one attempt.
enum Attempted {
    Ended(Box<Report>),
    /// What was accepted is gone from here, and the receiver knows.
    Gone(Problem),
}

pub async fn run(mut outgoing: Outgoing) {
    let accepted = Mutex::default();
    let end = Box::pin(outgoing.see_through(&accepted)).await;
    let accepted = accepted.into_inner().unwrap_or_else(PoisonError::into_inner);
    match (end, accepted) {
        (End::Rests(why), Some(Accepted { record, kept: Some(kept), .. })) => {
            let since = kept.interrupted();
            // Whoever goes on with it must find it free.
            drop(kept);
            let rests = Internal::Rests { desk: Arc::clone(&outgoing.desk), record: record.id, why, since };
            let _ = outgoing.actor.send(rests).await;
        }
        (End::Leaving, _) => {}
        (End::Rests(why), _) => {
            let report = *failed(why);
            let retry = outgoing.may_begin_anew(&report).await;
            outgoing.desk.finish(Report { retry, ..report });
        }
        (End::Over(mut report), accepted) => {
            // Nobody was there to be told.
            let untold =
                outgoing.desk.is_interrupted() && report.outcome == Outcome::Cancelled { by: Side::Here };
            let record = match accepted {
                Some(Accepted { record, kept: Some(kept), .. }) if report.is_incomplete() => {
                    report.retry = outgoing.keep_failed(&report, record, kept).await;
                    None
                }
                Some(Accepted { record, kept, .. }) => {
                    if let Some(kept) = kept {
                        kept.remove();
                    }
                    report.retry = outgoing.may_begin_anew(&report).await;
                    Some(record)
                }
                None => {
                    report.retry = outgoing.may_begin_anew(&report).await;
                    None
                }
            };
            outgoing.desk.finish(*report);
            let is_blocked = |id| outgoing.devices.trust_of(id) == Trust::Blocked;
            if let Some(record) = record.filter(|record| untold && !is_blocked(record.peer.id)) {
                give_up(&outgoing.routes, &outgoing.name, &record).await;
            }
        }
    }
}

/// Tells the receiver that a transfer was given up here, if it can be reached now.
pub async fn give_up(routes: &Routes, name: &DeviceName, record: &record::Sending) {
    let calling = timeout(limits::ENDING, routes.connect(&record.to, Some(record.peer.id)));
    if let Ok(Ok(connection)) = calling.await {
        let told = farewell(connection.stream, name, record.id, Farewell::Cancelled).await;
        tracing::info!(transfer = %record.id, ?told, "given up");
    }
}

impl Outgoing {
    /// Makes attempts until one ends it, or nobody wants to wait any longer.
    async fn see_through(&mut self, accepted: &Story) -> End {
        let (earlier, mut drought) = if let Some((kept, record)) = self.earlier.take() {
            let drought = Drought::since(Some(kept.interrupted()));
            (Some((kept, record)), drought)
        } else {
            // Somebody asks for it now, however long ago it was left, and though it was paused.
            let earlier = self.find_earlier().await;
            (earlier.inspect(|(kept, _)| kept.mark(Marks::default())), Drought::since(None))
        };
        if let Some(earlier) = earlier {
            let summary = earlier.1.summary.clone();
            self.desk.continues(earlier.1.id, earlier.1.began);
            self.desk.update(|t| t.summary = summary);
            *lock(accepted) = spawn_blocking(move || Accepted::of(earlier)).await.ok();
        }
        let mut patience = Patience::default();
        loop {
            if self.wishes.is(Wish::Pause) || self.rest.marks().has(Side::Here) {
                match self.wait_for_resume(accepted).await {
                    Ok(None) => {}
                    Ok(Some(cancelled)) => return End::Over(cancelled),
                    Err(Leaving) => return End::Leaving,
                }
            }
            let began = Instant::now();
            let note = || {
                if let Some(Accepted { kept: Some(kept), .. }) = &*lock(accepted) {
                    kept.touch();
                }
            };
            let report = match noting(Box::pin(self.attempt(accepted)), &self.desk, note).await {
                Attempted::Ended(report) => report,
                Attempted::Gone(why) => return End::Rests(why),
            };
            let Some(why) = interrupted(&report) else { return End::Over(report) };
            self.desk.flowed(report.took);
            if (why.kind, why.side) == (ProblemKind::Paused, Side::Here) {
                continue;
            }
            if lock(accepted).is_none()
                && let Some(id) = self.awaited(&why)
                && drought.lasted() <= self.patience
            {
                let pause = patience.pause(crate::identity::random::<1>()[0]);
                match self.wait_for(id, why, pause).await {
                    ControlFlow::Continue(()) => continue,
                    ControlFlow::Break(report) => return End::Over(report),
                }
            }
            let has_flowed = self.desk.is_flowing();
            let resting = self.why_it_rests(accepted, &why);
            {
                let accepted = lock(accepted);
                let Some(Accepted { kept, .. }) = &*accepted else { return End::Over(report) };
                let flowed = report.pipeline.wire_bytes > 0 || began.elapsed() > limits::LONGEST_PAUSE;
                if flowed && resting.is_none() {
                    // It flowed: another story than the last break.
                    patience.renew();
                }
                if flowed || resting.is_some() {
                    drought = Drought::since(None);
                    if let Some(kept) = kept {
                        kept.touch();
                    }
                }
            }
            if drought.lasted() > self.patience {
                return End::Rests(why);
            }
            let mut pause = patience.pause(crate::identity::random::<1>()[0]);
            tracing::info!(transfer = %self.desk.id(), why = why.text, ?pause, "interrupted");
            match resting {
                Some(resting) => {
                    pause = match why.kind {
                        // Whoever has just paused has us stay, and is called soon.
                        ProblemKind::Paused if has_flowed => limits::FIRST_PAUSE,
                        // A disk that was thought to have room, and had none, is tried more rarely.
                        _ if has_flowed => pause.max(limits::REST),
                        _ => limits::REST,
                    };
                    self.desk.rest(resting);
                }
                None if why.kind == ProblemKind::Resumed => {
                    pause = Duration::ZERO;
                    self.desk.interrupt(why, Some(Instant::now()));
                }
                None => self.desk.interrupt(why, Some(Instant::now() + pause)),
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.nudge.notified() => {}
                () = self.wishes.paused() => {}
                () = self.cancel.cancelled() => return End::Over(cancelled()),
                () = self.alarm.cancelled() => return End::Over(Box::new(transfer::codes_differed())),
            }
        }
    }

    /// One connection, and what comes of it.
    async fn attempt(&self, accepted: &Story) -> Attempted {
        let known = lock(accepted).as_ref().map(|accepted| (accepted.record.id, accepted.record.peer.id));
        let listed = lock(accepted).as_ref().and_then(|accepted| accepted.listed.clone());
        let (parcel, off_limits) = (self.parcel.clone(), self.off_limits.clone());
        // What can't be sent is said before anybody is called.
        let picked = tokio::select! {
            picked = spawn_blocking(move || parcel.scan(listed, &off_limits)) => picked,
            () = self.cancel.cancelled() => return Attempted::Ended(cancelled()),
        };
        let here = |kind, text| Problem { side: Side::Here, kind, text };
        let scan = match (picked, known) {
            (Ok(Ok(scan)), _) => scan,
            (Ok(Err(gone)), Some((transfer, peer))) => return self.call_off(transfer, peer, gone).await,
            (Ok(Err(why)), None) => {
                return Attempted::Ended(failed(here(ProblemKind::Files, why.to_string())));
            }
            (Err(panic), _) => {
                return Attempted::Ended(failed(here(ProblemKind::Other, panic.to_string())));
            }
        };
        Attempted::Ended(self.attempt_with(scan, known, accepted).await)
    }

    /// Tells the receiver that what was accepted is not there any more.
    async fn call_off(&self, transfer: TransferId, peer: DeviceId, gone: SourceError) -> Attempted {
        let problem = Problem { side: Side::Here, kind: ProblemKind::Files, text: gone.to_string() };
        // Until it knows, it is called again; and what was gone may be back by then.
        let untold = Problem { kind: ProblemKind::Link, ..problem.clone() };
        let telling = async {
            match self.routes.connect(self.to(), Some(peer)).await {
                Ok(connection) => {
                    farewell(connection.stream, &self.name, transfer, Farewell::Gone(gone)).await
                }
                Err(_) => Told::No,
            }
        };
        tokio::select! {
            told = telling => match told {
                Told::Yes => Attempted::Gone(problem),
                Told::No => Attempted::Ended(failed(untold)),
            },
            () = self.cancel.cancelled() => Attempted::Ended(cancelled()),
        }
    }

    async fn attempt_with(
        &self,
        scan: Scan,
        known: Option<(TransferId, DeviceId)>,
        accepted: &Mutex<Option<Accepted>>,
    ) -> Box<Report> {
        let Self { desk, cancel, .. } = self;
        let reached = tokio::select! {
            reached = self.reach(known.map(|(_, id)| id)) => reached,
            () = cancel.cancelled() => return cancelled(),
        };
        let (connection, proof) = match reached {
            Ok(reached) => reached,
            Err(problem) => return failed(problem),
        };
        let (peer, route) = (connection.peer, connection.address);
        tracing::info!(transfer = %desk.id(), %peer, %route, "connected");
        desk.reached(peer);
        self.devices.look().await;
        // An actor that is gone remembers nothing.
        let _ = self.actor.send(Internal::Reached { to: self.to().clone(), peer, at: route }).await;
        let transfer = known.map_or_else(|| self.offered.id(desk.id()), |(id, _)| id);
        let assent = match self.assent(peer, known) {
            Ok(assent) => assent,
            Err(barred) => return failed(barred),
        };
        self.assent.send_replace(assent);
        let binding = match connection.exported(pairing::BINDING) {
            Ok(binding) => binding,
            Err(e) => return failed(Problem::from(&e)),
        };
        let refused = OnceLock::new();
        let admit = |name: &DeviceName| {
            self.named(peer, name, proof);
            match self.warn((peer, name), known, assent) {
                None => ControlFlow::Continue(()),
                // Named once.
                Some(problem) => {
                    let _ = refused.set(problem);
                    ControlFlow::Break(())
                }
            }
        };
        let job = SendJob {
            transfer,
            name: self.name.clone(),
            scan,
            limiter: Arc::clone(&self.limiter),
            ends: Ends { binding, sender: self.us, receiver: peer },
            assent: self.assent.subscribe(),
            admit: &admit,
            account: Arc::clone(desk) as _,
        };
        let open_lane = |token| self.open_lane((route, peer), token);
        let listed = Mutex::new(None);
        let observe = |notice| {
            match &notice {
                Notice::Met(code) if assent == Assent::Asked => desk.meet(*code, Agreement::Asked),
                Notice::Met(code) => desk.meet(*code, Agreement::NotNeeded),
                Notice::Agreed => self.agreed(peer),
                Notice::Differs => self.guesses.differed(std::time::Instant::now()),
                Notice::Stays => self.stays(accepted),
                // Once is enough.
                Notice::Swallowed => drop(self.swallowed.set(())),
                Notice::Listed(list) => {
                    self.adopt(accepted, list);
                    *lock(&listed) = Some(Arc::clone(list));
                }
                // Before anybody sees it go on: from then on a crash must not lose it.
                Notice::Accepted { .. } => {
                    let mut accepted = lock(accepted);
                    if accepted.is_none() {
                        *accepted = lock(&listed).take().and_then(|listed| self.keep(transfer, listed));
                    }
                }
                _ => {}
            }
            desk.notice(notice);
        };
        let meter = desk.begin_attempt();
        let stops = Stops { cancel: cancel.clone(), alarm: self.alarm.clone(), ..Stops::default() };
        let pause = stops.pause.clone();
        let mut sending = Box::pin(send(connection.stream, job, open_lane, meter, &observe, stops));
        let report = tokio::select! {
            report = &mut sending => Box::new(whose::told(report, route)),
            () = self.wishes.paused() => {
                // First, so that it is paused whatever happens meanwhile.
                self.note(accepted, |marks| marks.with(Side::Here));
                // However long it takes to settle what is on its way.
                self.desk.rest(Pause::Person(Side::Here));
                pause.cancel();
                Box::new((&mut sending).await)
            }
        };
        self.devices.write().await;
        refused.get().map_or(report, |problem| failed(Problem::clone(problem)))
    }
}

/// Why it is worth while to try again; `None` for what is over.
fn interrupted(report: &Report) -> Option<Problem> {
    match &report.outcome {
        Outcome::Failed(problem) => {
            let may_go_on = matches!(
                problem.kind,
                ProblemKind::Link
                    | ProblemKind::Unreachable
                    | ProblemKind::NotReceiving
                    | ProblemKind::Paused
                    | ProblemKind::Resumed
                    | ProblemKind::NoRoom
                    | ProblemKind::NoDisk
            );
            may_go_on.then(|| problem.clone())
        }
        _ => None,
    }
}

fn failed(problem: Problem) -> Box<Report> {
    Box::new(Report::of(Outcome::Failed(problem)))
}

fn cancelled() -> Box<Report> {
    Box::new(Report::of(Outcome::Cancelled { by: Side::Here }))
}
