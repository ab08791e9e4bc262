//! One transfer that receives: from a peer's hello to its report, over as many connections as it
//! takes.

mod answering;
mod keeping;
mod meeting;
mod story;
mod waiting;

use std::{
    io,
    path::PathBuf,
    pin::pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

use self::{
    keeping::keep,
    story::{Heard, Offer, Story, lock},
};
use super::{
    desk::Desk,
    given_up, kept,
    marks::Marks,
    patience::noting,
    record::{self, Accepted, Agreed, Found, Kept, Missing, Record, Who},
    resting::{Rest, Wishes},
    whose,
};
use crate::{
    disk::{self, EmptyFolders, Names, OffLimits, Watch},
    engine::{
        command::Receiving,
        network::switchboard::Switchboard,
        report::Internal,
        trust::{devices::Devices, guesses::Guesses, places::Standing},
    },
    model::{
        Accord, DeviceId, DeviceName, Landing, Outcome, Pause, Problem, ProblemKind, Report, Side,
        TransferId, Trust,
    },
    net::Connection,
    pairing::{self, Ends},
    settings::GoOn,
    transfer::{self, Attempt, Leeway, Limiter, Notice, ReceiveJob, Room, Stops, receive},
    wire::message::Acquaintance,
};

/// What every attempt at a transfer needs.
pub struct Incoming {
    pub desk: Arc<Desk>,
    pub devices: Devices,
    pub guesses: Guesses,
    pub home: PathBuf,
    /// What of it is not received into.
    pub off_limits: OffLimits,
    /// Who looks into what comes.
    pub watch: Watch,
    pub peer: Who,
    /// This device's.
    pub name: DeviceName,
    pub us: DeviceId,
    /// As it is known here.
    pub transfer: TransferId,
    pub inbox: PathBuf,
    /// For how long an interrupted transfer is waited for.
    pub patience: Duration,
    /// What is done about a transfer that an earlier run has left.
    pub go_on: GoOn,
    pub limiter: Arc<Limiter>,
    /// For what devices that are not trusted offer.
    pub room: Room,
    pub switchboard: Switchboard,
    pub actor: mpsc::Sender<Internal>,
    pub wishes: Wishes,
    pub rest: Rest,
    pub cancel: CancellationToken,
    /// A person here has seen another code than the other screen shows.
    pub alarm: CancellationToken,
}

/// What holds for an offer that nobody has answered yet.
pub struct Terms {
    pub receiving: Receiving,
    pub leeway: Leeway,
}

/// How it begins.
pub enum Start {
    /// With an offer that nobody has answered yet.
    Offer(Box<Connection>, Terms),
    /// By the call of one who has been accepted before.
    Call(Box<Connection>),
    /// Where an earlier connection has left it; the next one may not be there yet.
    Earlier(Box<Accepted>, Option<Box<Connection>>),
    /// Where an earlier run has left it.
    Kept(Box<record::Receiving>, Kept),
}

/// Further connections of the same peer for the same transfer.
pub type Again = mpsc::Receiver<Box<Connection>>;

/// The id under which an incoming transfer is known here. Peers choose their ids themselves: none
/// can choose another's, nor one of ours, nor one that another device knows it by.
#[must_use]
pub fn local_id(us: DeviceId, peer: DeviceId, theirs: [u8; 16]) -> TransferId {
    let mut hasher = blake3::Hasher::new_derive_key("airlift 2026 incoming transfer");
    hasher.update(us.as_bytes()).update(peer.as_bytes()).update(&theirs);
    let mut id = [0; 16];
    hasher.finalize_xof().fill(&mut id);
    TransferId(id)
}

pub async fn run(incoming: Incoming, start: Start, again: Again) {
    let end = match incoming.recall(start).await {
        Ok(start) => Box::pin(incoming.see_through(start, again)).await,
        Err(report) => End::Over(report),
    };
    match end {
        End::Over(report) => incoming.desk.finish(*report),
        End::Rests(why, since) => {
            let rests =
                Internal::Rests { desk: Arc::clone(&incoming.desk), record: incoming.transfer, why, since };
            let _ = incoming.actor.send(rests).await;
        }
        End::Leaving => {}
    }
}

/// How it ends for this task.
enum End {
    Over(Box<Report>),
    /// It is not waited for any more, and what is there stays. When it was interrupted.
    Rests(Problem, SystemTime),
    /// The program ends, and another run goes on with it.
    Leaving,
}

impl Incoming {
    /// Finds what an earlier run has kept of it, though it calls as if for the first time.
    async fn recall(&self, start: Start) -> Result<Start, Box<Report>> {
        let (connection, terms) = match start {
            Start::Offer(connection, terms) => (connection, Some(terms)),
            Start::Call(connection) => (connection, None),
            Start::Earlier(..) => return Ok(start),
            Start::Kept(record, kept) => return earlier(*record, kept, None).await,
        };
        let (home, id) = (self.home.clone(), self.transfer);
        let looking =
            spawn_blocking(move || (Kept::find(&home, id).on_its_way(), given_up::is_noted(&home, id)));
        let (found, is_given_up) = looking.await.unwrap_or((Found::Nothing, false));
        match (found, terms) {
            (Found::Nothing, _) if is_given_up => {
                transfer::given_up(connection.stream).await;
                Err(Box::new(Report::of(Outcome::Cancelled { by: Side::Here })))
            }
            (Found::Nothing, Some(terms)) => Ok(Start::Offer(connection, terms)),
            (Found::Kept(kept, record), _) if kept.agreed() == Agreed::Known => match *record {
                Record::Receiving(record) if self.go_on == GoOn::Always && !kept.marks().has(Side::Here) => {
                    // Whoever calls has not paused it.
                    kept.mark(Marks::default());
                    self.desk.take_up(&record);
                    earlier(record, kept, Some(connection)).await
                }
                // Its person has to say so first.
                _ => Err(silence()),
            },
            // Its person has to say so first; or another process has it.
            (Found::Kept(..) | Found::InUse | Found::Nothing, _) => Err(silence()),
        }
    }

    /// Receives over one connection after the other until one ends it, or nobody wants to wait any
    /// longer.
    async fn see_through(&self, start: Start, mut again: Again) -> End {
        let story = Story::default();
        let (mut next, terms) = match start {
            Start::Offer(connection, terms) => (Some(connection), Some(terms)),
            Start::Earlier(accepted, connection) => {
                lock(&story).accepted = Some(*accepted);
                (connection, None)
            }
            Start::Call(connection) => (Some(connection), None),
            // Recalled before.
            Start::Kept(..) => (None, None),
        };
        let end = loop {
            let connection = match next.take() {
                Some(connection) => connection,
                None => match self.wait(&mut again, &story).await {
                    Ok(connection) => connection,
                    Err(end) => break end,
                },
            };
            if let Some(why) = self.not_yet(&story).await {
                match self.put_off(*connection, why, &mut again, &story).await {
                    Ok(newer) => next = newer,
                    Err(end) => break end,
                }
                continue;
            }
            lock(&story).offer = Offer::None;
            let report;
            let attempt = self.attempt(*connection, &mut again, terms.as_ref(), &story);
            let note = || touch(&story);
            (report, next) = Box::pin(noting(attempt, &self.desk, note)).await;
            match &report.outcome {
                Outcome::Failed(why) if goes_on(why.kind) && is_kept(&story) => {
                    tracing::info!(transfer = %self.transfer, why = why.text, "interrupted");
                    self.desk.flowed(report.took);
                    match (why.kind, why.side) {
                        (ProblemKind::Paused, Side::There) => {
                            self.note(&story, |marks| marks.with(Side::There));
                        }
                        (ProblemKind::Link, _) if next.is_none() && self.rest.reason().is_none() => {
                            self.desk.interrupt(why.clone(), None);
                        }
                        (ProblemKind::NoDisk, _) if self.rest.reason().is_none() => {
                            self.desk.rest(Pause::NoDisk);
                        }
                        // The one here is noted already, and what a full disk lacks, too.
                        _ => {}
                    }
                }
                // The sender can't offer it again: what is there may be of use when it can.
                Outcome::Failed(why) if is_called_off(why, &story) => {
                    break End::Rests(why.clone(), SystemTime::now());
                }
                _ => break End::Over(Box::new(report)),
            }
        };
        match end {
            End::Over(report) => {
                self.part(&story, &report).await;
                End::Over(report)
            }
            End::Rests(why, since) => {
                let accepted = lock(&story).accepted.take();
                if accepted.as_ref().is_some_and(|accepted| accepted.kept.is_some()) {
                    // Let go of, so that whoever goes on with it finds it free.
                    return End::Rests(why, since);
                }
                let report = Box::new(Report::of(Outcome::Failed(why)));
                lock(&story).accepted = accepted;
                self.part(&story, &report).await;
                End::Over(report)
            }
            End::Leaving => End::Leaving,
        }
    }

    /// One connection, what comes of it, and the one that has come in its place.
    async fn attempt(
        &self,
        connection: Connection,
        again: &mut Again,
        terms: Option<&Terms>,
        story: &Story,
    ) -> (Report, Option<Box<Connection>>) {
        let (peer, at, from) = (connection.peer, connection.address, connection.address.ip());
        let can = connection.can;
        let (before, earlier) = {
            let shared = lock(story);
            let accepted = shared.accepted.as_ref();
            (accepted.map(|accepted| accepted.record.clone()), accepted.map(Accepted::earlier))
        };
        let is_held = earlier.as_ref().is_some_and(|earlier| earlier.accord.is_some());
        let landing = match (&before, terms) {
            (Some(record), _) => record.landing.clone(),
            (None, Some(terms)) => terms.receiving.landing.clone(),
            (None, None) => Landing::default(),
        };
        let keep = {
            let (story, home, peer, id) =
                (Arc::clone(story), self.home.clone(), self.peer.clone(), self.transfer);
            let inbox = self.inbox.clone();
            move |names: &Names, accord: &Arc<Accord>| keep(&story, &home, &inbox, (peer, id), names, accord)
        };
        let knows = match self.devices.trust_of(peer) {
            Trust::Stranger if before.is_none() => Acquaintance::Stranger,
            _ => Acquaintance::Known,
        };
        let binding = match connection.exported(pairing::BINDING) {
            Ok(binding) => binding,
            Err(e) => return (Report::of(Outcome::Failed(Problem::from(&e))), None),
        };
        let job = ReceiveJob {
            transfer: self.transfer,
            name: self.name.clone(),
            inbox: self.inbox.clone(),
            off_limits: self.off_limits.clone(),
            landing,
            limiter: Arc::clone(&self.limiter),
            attempt: earlier.map_or(Attempt::First, |earlier| Attempt::Again(Box::new(earlier))),
            leeway: match terms {
                Some(terms) if before.is_none() => terms.leeway.clone(),
                _ if self.is_trusted() => Leeway::wide(),
                _ => {
                    let standing = Standing::of(self.devices.trust_of(peer));
                    Leeway::again(self.room.clone(), standing.leaves())
                }
            },
            ends: Ends { binding, sender: peer, receiver: self.us },
            knows,
            keep: Box::new(keep),
            account: Arc::clone(&self.desk) as _,
            can,
            watch: self.watch.clone(),
        };
        let host = self.host((story, from), (before, is_held), terms, knows);
        let lanes = |token| self.switchboard.expect(token, peer);
        let observe = |notice| match notice {
            Notice::Parted => lock(story).end = Heard::Yes,
            Notice::Full(lack) => self.rest.fill(lack),
            Notice::Away(volume) => self.rest.miss(volume),
            Notice::Met(code) => self.met(code, knows, (terms, from)),
            Notice::Differs => self.differed(terms),
            Notice::Agreed => {
                self.agreed(peer);
                self.desk.notice(Notice::Agreed);
            }
            other => self.desk.notice(other),
        };
        let meter = self.desk.begin_attempt();
        let cut = CancellationToken::new();
        let pause = CancellationToken::new();
        let (cancel, alarm) = (self.cancel.clone(), self.alarm.clone());
        let stops = Stops { cancel, pause: pause.clone(), cut: cut.clone(), alarm };
        let mut receiving = pin!(receive(connection.stream, job, &host, lanes, meter, &observe, stops));
        tokio::select! {
            report = &mut receiving => (whose::told(report, at), None),
            Some(newer) = again.recv() => {
                // The sender has noticed first that the old connection is dead.
                cut.cancel();
                (receiving.await, Some(newer))
            }
            () = self.is_taken_back(story) => {
                self.cancel.cancel();
                (receiving.await, None)
            }
            () = self.wishes.paused() => {
                // First, so that it is paused whatever happens meanwhile.
                self.note(story, |marks| marks.with(Side::Here));
                // However long it takes to put down what has come.
                self.desk.rest(Pause::Person(Side::Here));
                pause.cancel();
                (receiving.await, None)
            }
        }
    }

    /// Clears away what is kept of a transfer that is over.
    async fn part(&self, story: &Story, report: &Report) {
        let (accepted, end) = {
            let mut shared = lock(story);
            (shared.accepted.take(), shared.end)
        };
        let Some(accepted) = accepted else { return };
        let is_complete = report.outcome == Outcome::Complete;
        // What is left of what failed would fail again.
        let is_over =
            is_complete || report.is_incomplete() && report.failed + report.failed_folders <= report.hopeless;
        if is_over && end == Heard::No {
            if !is_complete {
                sweep(&accepted.record, EmptyFolders::Stay).await;
            }
            if let Some(kept) = &accepted.kept {
                kept.mark(Marks::default());
            }
            // The sender may not know, and call again: it is told then.
            let _ = self.actor.send(Internal::Unheard(Box::new(accepted))).await;
            return;
        }
        if report.is_incomplete() && !is_over {
            if report.failed == report.hopeless {
                sweep(&accepted.record, EmptyFolders::Stay).await;
            }
            return self.keep_failed(accepted).await;
        }
        let Accepted { record, kept, .. } = accepted;
        // After its end was reached, empty folders are what was sent.
        let empty = if report.files > 0 || is_over { EmptyFolders::Stay } else { EmptyFolders::Go };
        // No connection was there to say so: the sender hears of it when it calls.
        let is_untold = self.desk.is_interrupted() && report.outcome == Outcome::Cancelled { by: Side::Here };
        let home = self.home.clone();
        sweep(&record, empty).await;
        let removing = spawn_blocking(move || {
            if let Some(kept) = kept {
                if is_untold {
                    given_up::note(&home, record.id);
                }
                kept.remove();
            }
        });
        let _ = removing.await;
    }

    /// Keeps what is needed to receive what failed, should the sender try that again.
    async fn keep_failed(&self, accepted: Accepted) {
        let Accepted { mut record, kept, accord, ledger, refused } = accepted;
        record.missing = Missing::Failed;
        let new = Record::Receiving(record.clone());
        let keeping = spawn_blocking(move || kept.map(|kept| kept.replace(&new)).transpose());
        let kept = keeping.await.unwrap_or_else(|broke| Err(io::Error::other(broke)));
        let kept = kept.inspect_err(|problem| tracing::warn!(%problem, "what failed can’t be kept"));
        let accepted = Accepted { record, kept: kept.ok().flatten(), accord, ledger, refused };
        // An actor that is gone will not be called.
        let _ = self.actor.send(Internal::Unheard(Box::new(accepted))).await;
    }
}

/// Removes what a transfer has left of files that nobody goes on with.
async fn sweep(record: &record::Receiving, empty: EmptyFolders) {
    let folder = record.landing.folder.clone().unwrap_or_default();
    let (id, names) = (record.id, record.names.clone());
    let discarding = spawn_blocking(move || {
        if let Err(problem) = disk::discard(&folder, id, &names, empty) {
            tracing::warn!(%problem, "what is left of a transfer can’t be removed");
        }
    });
    let _ = discarding.await;
}

/// Goes on with what is kept of an earlier run.
async fn earlier(
    record: record::Receiving,
    kept: Kept,
    connection: Option<Box<Connection>>,
) -> Result<Start, Box<Report>> {
    let accepted = spawn_blocking(move || Accepted::of(record, kept)).await.map_err(|_| silence())?;
    Ok(Start::Earlier(Box::new(accepted), connection))
}

/// True of what doesn't end a transfer that was accepted.
fn goes_on(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::Link | ProblemKind::Paused | ProblemKind::NoRoom | ProblemKind::NoDisk)
}

/// True when it can be gone on with; its patience begins anew.
fn is_kept(story: &Story) -> bool {
    touch(story);
    lock(story).accepted.is_some()
}

fn touch(story: &Story) {
    if let Some(Accepted { kept: Some(kept), .. }) = &lock(story).accepted {
        kept.touch();
    }
}

/// Nothing is said to the sender, which would end it there: it calls again.
fn silence() -> Box<Report> {
    let silent = Problem { kind: ProblemKind::Link, ..kept::in_use() };
    Box::new(Report::of(Outcome::Failed(silent)))
}

/// True when the sender has said, before it offered anything, that what was accepted can't be.
fn is_called_off(why: &Problem, story: &Story) -> bool {
    let shared = lock(story);
    // Or, before it was looked at, that the folder here can't be.
    let is_off =
        matches!((why.side, why.kind), (Side::There, ProblemKind::Other) | (Side::Here, ProblemKind::Files));
    shared.accepted.is_some() && shared.offer == Offer::None && is_off
}
