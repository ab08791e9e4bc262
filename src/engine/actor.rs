//! The one loop that owns everything: tasks, tokens, questions, settings.
//!
//! It never waits for a peer, a disk or a face: whatever takes time is a task that reports back.

mod appearance;
mod choices;
mod kept;
mod meetings;
mod quarantine;
mod questions;
mod reception;
mod texts;
mod transfers;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, mpsc, watch},
    task::{AbortHandle, Id, JoinSet},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use self::{kept::Resting, reception::Reception};
use super::{
    cards::DeviceCard,
    command::{Command, Manner, Receiving, Strangers},
    config::{Earlier, Multicast},
    event::Event,
    handle::{EngineEnd, Publisher},
    history::{self, Recorder},
    network::{
        discovering::{Discovering, View},
        routes::Routes,
        switchboard::Switchboard,
    },
    report::{Internal, Reply},
    scanner::Checks,
    transfers::{
        anew::Anew, desk::Desk, limiters::Limiters, parcel::Parcel, record::Accepted, resting::Wish,
    },
    trust::{codes::Codes, devices::Devices, guesses::Guesses, hearsay::Hearsay},
};
use crate::{
    disk::{self, OffLimits},
    identity::{Heard, Whereabouts},
    model::{
        ByteRate, DeviceName, Outcome, Problem, ProblemKind, Report, Side, Target, Transfer, TransferId,
    },
    net::{Connection, ListenError, Tls},
    settings::Settings,
    transfer::{Assent, Room},
    wire::limits,
};

/// Reports of tasks that wait for the actor. Tasks wait for room; the actor never waits for them.
const REPORTS: usize = 64;

/// Finished transfers that stay on the list: more than anybody scrolls through.
const FINISHED: usize = 200;

/// Of those, offers that nobody has said yes to: they must not push out what was accepted.
const UNACCEPTED: usize = 20;

/// Transfers that are over and are remembered until their senders call once more: as many as can be
/// cut off in their last moment at once.
const UNHEARD: usize = limits::MAX_RECEIVING;

/// What stands in the place of the settings' own until a person changes that.
pub struct ForThisRun {
    pub name: Option<DeviceName>,
    pub limit: Option<ByteRate>,
    pub multicast: Multicast,
}

/// Between two looks at how much is free where offers are to go, while somebody is asked about them.
const ROOM: Duration = Duration::from_secs(5);

pub struct Actor {
    home: PathBuf,
    /// What of it is neither sent nor received into.
    off_limits: OffLimits,
    /// Who looks into what comes.
    checks: Arc<Checks>,
    /// What is done about transfers that an earlier run has left.
    earlier: Earlier,
    device: DeviceCard,
    for_this_run: ForThisRun,
    settings: Settings,
    saving: Arc<Mutex<()>>,
    tls: Tls,
    routes: Routes,
    /// `None`: the network is neither told nor asked of devices.
    view: Option<View>,
    devices: Devices,
    /// Of what is kept of them.
    decisions: watch::Receiver<()>,
    publisher: Publisher,
    recorder: Recorder,
    commands: mpsc::Receiver<Command>,
    reports: (mpsc::Sender<Internal>, mpsc::Receiver<Internal>),
    switchboard: Switchboard,
    codes: Codes,
    guesses: Guesses,
    hearsay: Hearsay,
    /// Those on the list that came to their end, and that nobody had said yes to; at most [`UNACCEPTED`].
    unaccepted: VecDeque<TransferId>,
    limiters: Limiters,
    tasks: JoinSet<()>,
    /// Apart from the tasks: nobody who quits waits for a count.
    measures: JoinSet<()>,
    /// Looks how much is free where offers that wait for their answer are to go.
    looking_at_room: Option<AbortHandle>,
    transfers: HashMap<TransferId, Running>,
    questions: HashMap<TransferId, Reply>,
    /// Those whose codes are the same, and whose offers are still to come: each has its place among the questions.
    compared: HashSet<TransferId>,
    reception: Option<Reception>,
    /// Where this device has listened last.
    door: Option<AbortHandle>,
    /// How it is to receive once that is closed.
    awaited: Option<Receiving>,
    /// For those who wait until an offer is answered.
    queue: Arc<Semaphore>,
    /// For those who are told that there is no place.
    refusing: Arc<Semaphore>,
    /// For what devices that are not trusted offer.
    room: Room,
    /// Over, and their senders may still call; at most [`UNHEARD`].
    unheard: Vec<Accepted>,
    /// What it takes to begin finished transfers anew, while they are on the list.
    failed: HashMap<TransferId, Anew>,
    /// Those that nobody goes on with before a person says so.
    left: HashMap<TransferId, Resting>,
}

struct Running {
    task: AbortHandle,
    desk: Arc<Desk>,
    line: Line,
    wish: watch::Sender<Wish>,
    cancel: CancellationToken,
    /// A person has seen another code than the other screen shows.
    alarm: CancellationToken,
}

/// How a transfer comes to another connection when one has broken.
enum Line {
    /// It calls; sooner, when it is nudged.
    Calls { nudge: Arc<Notify>, assent: watch::Sender<Assent> },
    /// It is called.
    IsCalled(mpsc::Sender<Box<Connection>>),
}

impl Running {
    fn receives(&self) -> bool {
        matches!(self.line, Line::IsCalled(_))
    }

    fn is_paused(&self) -> bool {
        *self.wish.borrow() == Wish::Pause
    }
}

impl Actor {
    pub fn new(
        (home, off_limits): (PathBuf, OffLimits),
        tls: Tls,
        (devices, recorder): (Devices, Recorder),
        for_this_run: ForThisRun,
        end: EngineEnd,
    ) -> Self {
        let snapshot = end.publisher.snapshot();
        let mut tasks = JoinSet::new();
        let view = (for_this_run.multicast == Multicast::Allowed).then(|| {
            let (us, publisher) = (snapshot.device.id, end.publisher.clone());
            let (view, discovering) = Discovering::new(us, tls.clone(), devices.clone(), publisher);
            tasks.spawn(discovering.run());
            view
        });
        let limit = for_this_run.limit.or(snapshot.settings.limit);
        Self {
            checks: Arc::new(Checks::new(&home, &snapshot.settings)),
            home,
            off_limits,
            earlier: Earlier::None,
            device: snapshot.device,
            for_this_run,
            settings: snapshot.settings,
            saving: Arc::default(),
            routes: Routes::new(tls.clone(), devices.clone(), view.clone()),
            view,
            tls,
            decisions: devices.changes(),
            devices,
            codes: Codes::new(end.publisher.clone()),
            publisher: end.publisher,
            recorder,
            commands: end.commands,
            reports: mpsc::channel(REPORTS),
            switchboard: Switchboard::default(),
            guesses: Guesses::default(),
            hearsay: Hearsay::default(),
            unaccepted: VecDeque::new(),
            limiters: Limiters::new(limit),
            tasks,
            measures: JoinSet::new(),
            looking_at_room: None,
            transfers: HashMap::new(),
            questions: HashMap::new(),
            compared: HashSet::new(),
            reception: None,
            door: None,
            awaited: None,
            queue: Arc::new(Semaphore::new(limits::MAX_QUEUE)),
            refusing: Arc::new(Semaphore::new(limits::MAX_REFUSING)),
            room: Room::new(limits::MAX_UNACCEPTED),
            unheard: Vec::new(),
            failed: HashMap::new(),
            left: HashMap::new(),
        }
    }

    pub async fn run(mut self, earlier: Earlier) {
        self.earlier = earlier;
        self.measure_inbox();
        self.count_quarantine();
        self.take_up(earlier).await;
        let mut pace = kept::pace();
        let mut pruning = history::pruning();
        let mut look = meetings::look();
        let mut room = interval(ROOM);
        room.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut addresses = reception::addresses();
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Shutdown) | None => break,
                    Some(command) => self.obey(command),
                },
                Some(report) = self.reports.1.recv() => self.hear(report),
                Some(ended) = self.tasks.join_next_with_id() => self.reap(ended),
                Some(_) = self.measures.join_next() => {}
                () = self.codes.changed() => {}
                () = self.devices.due() => self.write_devices(),
                Ok(()) = self.decisions.changed() => self.end_what_is_blocked(),
                _ = look.tick(), if !self.transfers.is_empty() => self.look_at_devices(),
                _ = room.tick(), if self.receives() => self.look_at_room(),
                _ = addresses.tick(), if self.is_receiving() => self.look_at_addresses(),
                _ = pruning.tick() => self.recorder.forget(self.settings.history),
                _ = pace.tick(), if earlier == Earlier::All => self.survey(),
            }
            self.appear();
        }
        self.reception = None;
        // What a person has paused puts down what has come, and ends by itself.
        self.transfers.retain(|_, running| !running.is_paused());
        for running in self.transfers.values() {
            if running.desk.is_interrupted() {
                // Nobody gave it up: another run goes on with it.
                running.task.abort();
            } else {
                running.cancel.cancel();
            }
        }
        // Tasks still report: their words are thrown away, so that none waits for room.
        let Self { mut tasks, reports: (_, mut words), view, routes, devices, .. } = self;
        // Whoever asks the network ends when nobody is left to give it orders.
        drop((view, routes));
        while tokio::select! {
            ended = tasks.join_next() => ended.is_some(),
            Some(_) = words.recv() => true,
        } {}
        // What they have learned last.
        devices.write().await;
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Receive(receiving) => self.receive(receiving),
            Command::StopReceiving => self.stop_receiving(),
            Command::AtStart(at_start) => self.apply(Settings { at_start, ..self.settings.clone() }),
            Command::Send { id, to, sources, manner } => self.send(id, to, sources.into(), manner),
            Command::Try { id, to, trial } => {
                let folder = self.home.clone();
                let manner = Manner { strangers: Strangers::GoAhead, ..Manner::default() };
                self.send(id, to, Parcel::Trial { trial, folder }, manner);
            }
            Command::Answer { id, answer } => self.answer(id, answer),
            Command::Cancel(id) => match self.transfers.get(&id) {
                Some(running) => running.cancel.cancel(),
                None => self.discard(id),
            },
            Command::Retry(id) => {
                // Before its row says that it has ended, its task still writes there.
                let known = self.publisher.snapshot();
                if known.transfer(id).is_some_and(Transfer::is_finished)
                    && let Some(anew) = self.failed.remove(&id)
                {
                    return self.send_anew(id, anew);
                }
                match self.transfers.get(&id) {
                    Some(Running { line: Line::Calls { nudge, .. }, .. }) => nudge.notify_one(),
                    Some(_) => {}
                    None => self.retry(id),
                }
            }
            Command::Pause(id) => {
                if let Some(running) = self.transfers.get(&id)
                    && running.desk.shown().may_pause()
                {
                    running.wish.send_replace(Wish::Pause);
                }
            }
            Command::Resume(id) => {
                if let Some(running) = self.transfers.get(&id) {
                    running.wish.send_replace(Wish::GoOn);
                }
            }
            Command::Forget(id) => {
                let known = self.publisher.snapshot();
                if known.transfer(id).is_some_and(Transfer::is_finished) {
                    self.publisher.publish(Event::Forgotten(id));
                    self.failed.remove(&id);
                }
            }
            Command::Apply(settings) => self.apply(settings),
            Command::Measure { path, reply } => {
                let (off_limits, publisher) = (self.off_limits.clone(), self.publisher.clone());
                self.measures.spawn_blocking(move || {
                    let measured = disk::measure(&path, &off_limits).map_err(|e| Problem {
                        side: Side::Here,
                        kind: ProblemKind::Files,
                        text: e.to_string(),
                    });
                    // A face that no longer wants to know has dropped its end.
                    let _ = reply.send(measured);
                    publisher.wake();
                });
            }
            Command::Device { id, change } => self.judge(id, change),
            Command::Agree(id) => self.agree(id),
            Command::Differ(id) => self.differ(id),
            Command::GiveCode { code, remember } => self.give_code(code, remember),
            Command::Look(looking) => self.look(looking),
            Command::Examine { reply } => self.examine(reply),
            Command::ListQuarantine { reply } => self.list_quarantine(reply),
            Command::Quarantine { items, deed, reply } => self.deal_with_quarantine(items, deed, reply),
            Command::SaveText { id, reply } => self.save_text(id, reply),
            Command::CheckAgain { rows, reply } => self.check_again(rows, reply),
            Command::History { change, reply } => self.change_history(change, reply),
            // Ends the loop that calls this.
            Command::Shutdown => {}
        }
    }

    fn hear(&mut self, report: Internal) {
        match report {
            Internal::Arrived(caller) => self.welcome(caller),
            Internal::Ask { desk, question } => self.ask(&desk, question),
            Internal::Terms { reply } => {
                let reception = self.reception.as_ref();
                // A transfer that is over needs no answer.
                let _ = reply.send(reception.and_then(|reception| reception.receiving.clone()));
            }
            Internal::Reached { to, peer, at } => {
                tracing::debug!(%peer, %at, "reached");
                self.heard(Heard { id: peer, name: None, kind: None, at: Some(Whereabouts::Answered(at)) });
                if let Target::Address(address) = to {
                    let mut settings = self.settings.clone();
                    settings.remember(&address.to_string());
                    self.apply(settings);
                }
            }
            Internal::Unheard(accepted) => {
                self.remember(*accepted);
            }
            Internal::Failed { id, anew, noted } => {
                self.failed.insert(id, *anew);
                // A task that is gone has shown nothing that could be retried.
                let _ = noted.send(());
            }
            Internal::Closed => {
                if let Some(receiving) = self.awaited.take() {
                    self.receive(receiving);
                }
            }
            Internal::Deaf(e) => {
                self.reception = None;
                self.codes.close();
                self.receiving_failed(&ListenError::Other(e));
            }
            Internal::Looked { choice, refused } => self.looked(choice, refused),
            Internal::Twin { address, why } => self.met_twin(address, &why),
            Internal::Rests { desk, record, why, since } => self.rests(&desk, record, why, since),
            Internal::Claimed { id, found } => self.claimed(id, found),
            Internal::Discarded { id, removed } => self.discarded(id, removed),
            Internal::Surveyed(survey) => self.surveyed(survey),
        }
    }

    fn remember(&mut self, accepted: Accepted) {
        self.unheard.push(accepted);
        if self.unheard.len() > UNHEARD {
            // The oldest of whoever has the most, so that one device can't have all others forgotten.
            let count = |id| self.unheard.iter().filter(|other| other.record.peer.id == id).count();
            let most = self.unheard.iter().map(|other| count(other.record.peer.id)).max();
            let oldest = self.unheard.iter().position(|other| Some(count(other.record.peer.id)) == most);
            if let Some(kept) = oldest.and_then(|at| self.unheard.remove(at).kept) {
                kept.remove();
            }
        }
    }

    fn reap(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let (task, broke) = match ended {
            Ok((task, ())) => (task, None),
            Err(e) => (e.id(), (!e.is_cancelled()).then_some(e)),
        };
        let id = self.transfers.iter().find(|(_, running)| running.task.id() == task).map(|(id, _)| *id);
        let running = id.and_then(|id| {
            self.questions.remove(&id);
            self.compared.remove(&id);
            self.transfers.remove(&id)
        });
        if let Some(e) = broke {
            tracing::error!(error = %e, "a task broke down");
            if let Some(running) = &running {
                let text = "Airlift itself broke down during this transfer. Its log says more.".to_owned();
                let problem = Problem { side: Side::Here, kind: ProblemKind::Other, text };
                running.desk.finish(Report::of(Outcome::Failed(problem)));
            }
        }
        if let (Some(id), Some(running)) = (id, &running)
            && running.desk.shown().is_finished()
        {
            self.left.remove(&id);
        }
        if let (Some(id), Some(running)) = (id, &running)
            && running.receives()
        {
            // What was offered before under the same id is another story.
            self.unaccepted.retain(|other| *other != id);
            if !running.desk.was_accepted() {
                self.forget_unaccepted(id);
            }
        }
        if running.is_some_and(|running| running.receives()) {
            self.close_door();
            self.measure_inbox();
            self.count_quarantine();
        }
        self.forget_the_oldest();
        self.let_go_of_texts();
    }

    /// Of offers that nobody has said yes to, the list keeps the latest few.
    fn forget_unaccepted(&mut self, latest: TransferId) {
        let known = self.publisher.snapshot();
        if known.transfer(latest).is_none() {
            return;
        }
        self.unaccepted.push_back(latest);
        if self.unaccepted.len() > UNACCEPTED
            && let Some(oldest) = self.unaccepted.pop_front()
            && known.transfer(oldest).is_some_and(Transfer::is_finished)
        {
            self.publisher.publish(Event::Forgotten(oldest));
        }
    }

    /// Keeps the list of finished transfers from growing for ever.
    fn forget_the_oldest(&mut self) {
        let known = self.publisher.snapshot().transfers;
        let finished: Vec<_> = known.iter().filter(|t| t.is_finished()).map(|t| t.id).collect();
        for id in finished.iter().rev().skip(FINISHED) {
            self.publisher.publish(Event::Forgotten(*id));
            self.failed.remove(id);
        }
    }

    fn device_name(&self) -> DeviceName {
        self.for_this_run.name.clone().unwrap_or_else(|| self.settings.name())
    }
}
