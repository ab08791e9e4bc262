//! One transfer that sends: from a typed address to its report, over as many connections as it
//! takes.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tokio::{
    io::AsyncWriteExt as _,
    sync::{Notify, mpsc},
    task::spawn_blocking,
};
use tokio_util::sync::CancellationToken;

use super::{
    actor::Internal,
    desk::Desk,
    patience::Patience,
    record::{self, Kept, Record, Who},
    resting::{Leaving, Marks, Rest, Wish, Wishes},
};
use crate::{
    disk::{Scan, SourceError},
    model::{
        Address, DeviceName, Outcome, Pause, Problem, ProblemKind, Purpose, Report, Side, Source, TransferId,
        Trial,
    },
    net::{self, Connection, Lane, NetError, Tls},
    transfer::{self, LaneToken, Limiter, Notice, Outflow, SendJob, Stops, send},
    wire::{FromSender, frame, limits},
};

pub struct Outgoing {
    pub desk: Arc<Desk>,
    pub to: Address,
    pub parcel: Parcel,
    /// What an earlier run of the program has left of it.
    pub earlier: Option<(Kept, record::Sending)>,
    pub home: PathBuf,
    /// For how long an interrupted transfer is tried again.
    pub patience: Duration,
    pub name: DeviceName,
    pub tls: Tls,
    pub limiter: Arc<Limiter>,
    pub actor: mpsc::Sender<Internal>,
    /// Somebody wants the next attempt now.
    pub nudge: Arc<Notify>,
    pub wishes: Wishes,
    pub rest: Rest,
    pub cancel: CancellationToken,
}

/// What is sent.
#[derive(Clone)]
pub enum Parcel {
    Files(Vec<Source>),
    Trial {
        trial: Trial,
        /// Where a file for it may be made.
        folder: PathBuf,
    },
}

impl Parcel {
    fn scan(self) -> Result<Scan, SourceError> {
        match self {
            Self::Files(sources) => Scan::new(sources),
            Self::Trial { trial, folder } => Scan::of_trial(trial, &folder),
        }
    }

    #[must_use]
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::Files(_) => Purpose::Files,
            Self::Trial { trial, .. } => Purpose::Trial(trial.medium),
        }
    }
}

/// What an accepted transfer is known by, and what is kept of it for a later run of the program.
type Accepted = (record::Sending, Option<Kept>);

type Story = Mutex<Option<Accepted>>;

pub async fn run(outgoing: Outgoing) {
    let desk = Arc::clone(&outgoing.desk);
    if let Some(report) = outgoing.see_through().await {
        desk.finish(report);
    }
}

impl Outgoing {
    /// Makes attempts until one ends it, or nobody wants to wait any longer; `None` when it is left to
    /// another run of the program.
    async fn see_through(mut self) -> Option<Report> {
        let earlier = match self.earlier.take() {
            Some(earlier) => Some(earlier),
            // Whoever sends it again wants it to go on, though it was paused.
            None => self.find_earlier().await.inspect(|(kept, _)| kept.mark(Marks::default())),
        };
        let accepted = Mutex::new(earlier.map(|(kept, record)| (record, Some(kept))));
        let mut patience = Patience::default();
        let report = loop {
            if self.wishes.is(Wish::Pause) || self.rest.marks().has(Side::Here) {
                match self.wait_for_resume(&accepted).await {
                    Ok(None) => {}
                    Ok(Some(cancelled)) => break cancelled,
                    Err(Leaving) => return None,
                }
            }
            let began = Instant::now();
            let report = self.attempt(&accepted).await;
            let Some(why) = interrupted(&report) else { break report };
            if (why.kind, why.side) == (ProblemKind::Paused, Side::Here) {
                continue;
            }
            let has_flowed = self.desk.is_flowing();
            if has_flowed {
                self.note(&accepted, |marks| marks.without(Side::There));
            }
            if why.kind == ProblemKind::Paused {
                self.note(&accepted, |marks| marks.with(Side::There));
            }
            // What rests there rests for as long as nobody says otherwise.
            let resting = match why.kind {
                ProblemKind::NoRoom => Some(Pause::NoRoom { lacks: None }),
                _ => self.rest.reason(),
            };
            let since = {
                let accepted = accepted.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((_, kept)) = &*accepted else { break report };
                let flowed = report.bytes > 0 || began.elapsed() > limits::LONGEST_PAUSE;
                if flowed && resting.is_none() {
                    // It flowed: another story than the last break.
                    patience.renew();
                }
                if let Some(kept) = kept
                    && (flowed || resting.is_some())
                {
                    kept.touch();
                }
                kept.as_ref().map_or_else(SystemTime::now, Kept::interrupted)
            };
            if resting.is_none() && since.elapsed().is_ok_and(|waited| waited > self.patience) {
                break report;
            }
            let mut pause = patience.pause(crate::identity::random::<1>()[0]);
            tracing::info!(transfer = %self.desk.id(), why = why.text, ?pause, "interrupted");
            match resting {
                Some(resting) => {
                    // A disk that was thought to have room, and had none, is tried more rarely.
                    pause = if has_flowed { pause.max(limits::REST) } else { limits::REST };
                    self.desk.rest(resting);
                }
                None => self.desk.interrupt(why, Some(Instant::now() + pause)),
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.nudge.notified() => {}
                () = self.wishes.paused() => {}
                () = self.cancel.cancelled() => {
                    if resting.is_some() {
                        self.say_goodbye(&accepted).await;
                    }
                    break cancelled();
                }
            }
        };
        let accepted = accepted.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, Some(kept))) = accepted {
            kept.remove();
        }
        Some(report)
    }

    /// What is left of an earlier attempt to send the same to the same address: whoever says it
    /// again means that it should go on.
    async fn find_earlier(&self) -> Option<(Kept, record::Sending)> {
        let Parcel::Files(sources) = &self.parcel else { return None };
        let (home, to) = (self.home.clone(), self.to.clone());
        let paths = record::Sending::paths(sources).ok()??;
        let searching = spawn_blocking(move || {
            Kept::all(&home).into_iter().find_map(|(kept, record)| match record {
                Record::Sending(sending) if sending.to == to && sending.paths == paths => {
                    Some((kept, sending))
                }
                _ => None,
            })
        });
        searching.await.ok()?
    }

    /// One connection, and what comes of it.
    async fn attempt(&self, accepted: &Story) -> Report {
        let Self { desk, to, tls, cancel, .. } = self;
        let known = {
            let accepted = accepted.lock().unwrap_or_else(PoisonError::into_inner);
            accepted.as_ref().map(|(record, _)| (record.id, record.peer.id))
        };
        let parcel = self.parcel.clone();
        // What can't be sent is said before anybody is called.
        let picked = tokio::select! {
            picked = spawn_blocking(move || parcel.scan()) => picked.map_err(|e| e.to_string()),
            () = cancel.cancelled() => return cancelled(),
        };
        let scan = match picked.and_then(|scan| scan.map_err(|e| e.to_string())) {
            Ok(scan) => scan,
            Err(text) => return failed(Problem { side: Side::Here, kind: ProblemKind::Files, text }),
        };
        let dialled = tokio::select! {
            dialled = net::dial(to, tls) => dialled,
            () = cancel.cancelled() => return cancelled(),
        };
        let connection = match dialled {
            Ok(connection) => connection,
            Err(e) => return failed(Problem::from(&e)),
        };
        let (peer, route) = (connection.peer, connection.address);
        if known.is_some_and(|(_, id)| id != peer) {
            return failed(Problem::from(&NetError::OtherDevice { address: route.to_string() }));
        }
        tracing::info!(transfer = %desk.id(), %peer, %route, "connected");
        desk.reached(peer);
        // An actor that is gone remembers nothing.
        let _ = self.actor.send(Internal::Reached(to.clone())).await;
        let transfer = known.map_or_else(|| desk.id(), |(id, _)| id);
        let job = SendJob { transfer, name: self.name.clone(), scan, limiter: Arc::clone(&self.limiter) };
        let open_lane =
            |token| async move { open_lane(net::dial_again(route, peer, tls).await?, token).await };
        let observe = |notice| {
            let starts = matches!(notice, Notice::Accepted { .. });
            desk.notice(notice);
            if starts {
                let mut accepted = accepted.lock().unwrap_or_else(PoisonError::into_inner);
                if accepted.is_none() {
                    *accepted = self.keep(transfer);
                }
            }
        };
        let meter = desk.begin_attempt();
        let stops = Stops { cancel: cancel.clone(), ..Stops::default() };
        let pause = stops.pause.clone();
        let mut sending = Box::pin(send(connection.stream, job, open_lane, meter, &observe, stops));
        tokio::select! {
            report = &mut sending => report,
            () = self.wishes.paused() => {
                // First, so that it is paused whatever happens meanwhile.
                self.note(accepted, |marks| marks.with(Side::Here));
                pause.cancel();
                sending.await
            }
        }
    }

    /// Rests until the person here wants it to go on; or how it ends instead.
    async fn wait_for_resume(&self, accepted: &Story) -> Result<Option<Report>, Leaving> {
        self.note(accepted, |marks| marks.with(Side::Here));
        self.desk.rest(Pause::Person(Side::Here));
        tokio::select! {
            wanted = self.wishes.until(Wish::GoOn) => wanted?,
            () = self.cancel.cancelled() => {
                self.say_goodbye(accepted).await;
                return Ok(Some(cancelled()));
            }
        }
        self.note(accepted, |marks| marks.without(Side::Here));
        match self.rest.reason() {
            Some(paused_there) => self.desk.rest(paused_there),
            None => self.desk.interrupt(resumed(), Some(Instant::now())),
        }
        Ok(None)
    }

    fn note(&self, accepted: &Story, change: impl FnOnce(Marks) -> Marks) {
        let accepted = accepted.lock().unwrap_or_else(PoisonError::into_inner);
        self.rest.note(accepted.as_ref().and_then(|(_, kept)| kept.as_ref()), change);
    }

    /// Tells the receiver, which would wait for it without end, that it is given up.
    async fn say_goodbye(&self, accepted: &Story) {
        let known = {
            let accepted = accepted.lock().unwrap_or_else(PoisonError::into_inner);
            accepted.as_ref().map(|(record, _)| (record.id, record.peer.id))
        };
        let Some((id, peer)) = known else { return };
        let telling = async {
            let connection = net::dial(&self.to, &self.tls).await.ok()?;
            let hello = FromSender::Hello { name: self.name.to_string(), transfer: id.0 };
            let is_right = connection.peer == peer;
            if is_right {
                transfer::give_up(connection.stream, hello).await;
            }
            Some(())
        };
        // Whoever can't be reached now finds out when it calls, or is told by its own person.
        let _ = tokio::time::timeout(limits::ENDING, telling).await;
    }

    /// Keeps what is needed to go on with a transfer; `None` for what can't be read a second time.
    fn keep(&self, id: TransferId) -> Option<Accepted> {
        let Parcel::Files(sources) = &self.parcel else { return None };
        let paths = record::Sending::paths(sources).ok()??;
        let shown = self.desk.shown();
        let (Some(peer), Some(name)) = (shown.peer.id, shown.peer.name) else { return None };
        let peer = Who { id: peer, name, address: shown.peer.address };
        let sending = record::Sending { id, peer, to: self.to.clone(), paths, summary: shown.summary };
        let kept = Kept::create(&self.home, &Record::Sending(sending.clone()));
        // Without one it goes on for as long as this run does.
        let kept = kept.inspect_err(|problem| {
            tracing::warn!(%problem, "a transfer can't be kept for a later run");
        });
        Some((sending, kept.ok()))
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
                    | ProblemKind::NoRoom
            );
            may_go_on.then(|| problem.clone())
        }
        _ => None,
    }
}

fn resumed() -> Problem {
    let text = "It was paused here, and is to go on.".to_owned();
    Problem { side: Side::Here, kind: ProblemKind::Link, text }
}

fn failed(problem: Problem) -> Report {
    Report::of(Outcome::Failed(problem))
}

fn cancelled() -> Report {
    Report::of(Outcome::Cancelled { by: Side::Here })
}

/// Gives a new connection over to content.
async fn open_lane(mut connection: Connection, token: LaneToken) -> Result<Outflow, NetError> {
    let address = connection.address.to_string();
    let work = async {
        connection.stream.write_all(&frame::encode(&FromSender::Lane { token })).await?;
        connection.stream.flush().await?;
        let lane = Lane::new(connection)?;
        let (stop, network) = (lane.stopper()?, lane.network());
        Ok(Outflow { stream: Box::new(lane), stop: Box::new(move || stop.stop()), network })
    };
    work.await.map_err(|source| NetError::Unreachable { address, source })
}
