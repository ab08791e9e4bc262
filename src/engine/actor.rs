//! The one loop that owns everything: tasks, tokens, questions, settings.
//!
//! It never waits for a peer, a disk or a face: whatever takes time is a task that reports back.

use std::{collections::HashMap, io, path::PathBuf, sync::Arc};

use tokio::{
    sync::{mpsc, oneshot},
    task::{AbortHandle, Id, JoinSet},
};
use tokio_util::sync::CancellationToken;

use super::{
    command::{Command, PortChoice, Receiving},
    desk::Desk,
    event::Event,
    handle::{EngineEnd, Publisher},
    incoming::{self, Incoming},
    listening,
    outgoing::{self, Outgoing},
    snapshot::{DeviceCard, InboxCard, ReceivingState},
    switchboard::Switchboard,
};
use crate::{
    disk,
    model::{
        Address, Answer, DeviceName, Direction, Outcome, Peer, Problem, ProblemKind, Report, Side, Source,
        Summary, Transfer, TransferId, TransferState,
    },
    net::{self, Connection, ListenError, Listener, Tls},
    settings::Settings,
    transfer::{self, IncomingOffer},
    wire::limits,
};

/// Reports of tasks that wait for the actor. Tasks wait for room; the actor never waits for them.
const REPORTS: usize = 64;

/// What tasks tell the actor.
pub enum Internal {
    /// Somebody introduced themselves and wants to make an offer.
    Arrived { connection: Box<Connection>, name: String, transfer: [u8; 16] },
    /// An offer is to be shown, and may be answered through `reply`.
    Ask { desk: Arc<Desk>, offer: Box<IncomingOffer>, reply: oneshot::Sender<Answer> },
    /// This address leads to a device.
    Reached(Address),
    /// Nobody can be heard any more.
    Deaf(io::Error),
}

pub struct Actor {
    home: PathBuf,
    device: DeviceCard,
    /// For this run alone, instead of the settings' own.
    name: Option<DeviceName>,
    settings: Settings,
    tls: Tls,
    publisher: Publisher,
    commands: mpsc::Receiver<Command>,
    reports: (mpsc::Sender<Internal>, mpsc::Receiver<Internal>),
    switchboard: Switchboard,
    tasks: JoinSet<()>,
    transfers: HashMap<TransferId, Running>,
    questions: HashMap<TransferId, oneshot::Sender<Answer>>,
    reception: Option<Reception>,
}

struct Running {
    task: Id,
    desk: Arc<Desk>,
    direction: Direction,
    cancel: CancellationToken,
}

/// This device waits for offers.
struct Reception {
    receiving: Receiving,
    listening: AbortHandle,
}

impl Drop for Reception {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Actor {
    pub fn new(home: PathBuf, tls: Tls, name: Option<DeviceName>, end: EngineEnd) -> Self {
        let snapshot = end.publisher.snapshot();
        Self {
            home,
            device: snapshot.device,
            name,
            settings: snapshot.settings,
            tls,
            publisher: end.publisher,
            commands: end.commands,
            reports: mpsc::channel(REPORTS),
            switchboard: Switchboard::default(),
            tasks: JoinSet::new(),
            transfers: HashMap::new(),
            questions: HashMap::new(),
            reception: None,
        }
    }

    pub async fn run(mut self) {
        self.measure_inbox();
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Shutdown) | None => break,
                    Some(command) => self.obey(command),
                },
                Some(report) = self.reports.1.recv() => self.hear(report),
                Some(ended) = self.tasks.join_next_with_id() => self.reap(ended),
            }
        }
        self.reception = None;
        self.questions.clear();
        for running in self.transfers.values() {
            running.cancel.cancel();
        }
        // Tasks still report: their words are thrown away, so that none waits for room.
        let Self { mut tasks, reports: (_, mut words), .. } = self;
        while tokio::select! {
            ended = tasks.join_next() => ended.is_some(),
            Some(_) = words.recv() => true,
        } {}
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Receive(receiving) => self.receive(receiving),
            Command::StopReceiving => {
                self.reception = None;
                for (_, question) in self.questions.drain() {
                    // Whoever asked has gone: no answer is needed.
                    let _ = question.send(Answer::Decline(Some("This device has stopped receiving.".into())));
                }
                self.publisher.publish(Event::Receiving(ReceivingState::Off));
            }
            Command::Send { id, to, sources } => self.send(id, to, sources),
            Command::Answer { id, answer } => {
                if let Some(question) = self.questions.remove(&id) {
                    // Whoever asked has gone: the offer was withdrawn in the same moment.
                    let _ = question.send(answer);
                }
            }
            Command::Cancel(id) => {
                if let Some(running) = self.transfers.get(&id) {
                    running.cancel.cancel();
                }
            }
            Command::Forget(id) => {
                let known = self.publisher.snapshot();
                if known.transfer(id).is_some_and(Transfer::is_finished) {
                    self.publisher.publish(Event::Forgotten(id));
                }
            }
            Command::Apply(settings) => self.apply(settings),
            Command::Measure { path, reply } => {
                let publisher = self.publisher.clone();
                self.tasks.spawn_blocking(move || {
                    let measured = disk::measure(&path).map_err(|e| Problem {
                        side: Side::Here,
                        kind: ProblemKind::Files,
                        text: e.to_string(),
                    });
                    // A face that no longer wants to know has dropped its end.
                    let _ = reply.send(measured);
                    publisher.wake();
                });
            }
            // Ends the loop that calls this.
            Command::Shutdown => {}
        }
    }

    fn hear(&mut self, report: Internal) {
        match report {
            Internal::Arrived { connection, name, transfer } => self.welcome(*connection, &name, transfer),
            Internal::Ask { desk, offer, reply } => {
                self.questions.insert(desk.id(), reply);
                let IncomingOffer { summary, folder, free, notes } = *offer;
                desk.update(|t| {
                    t.summary = summary;
                    t.folder = Some(folder);
                    t.free = free;
                    t.notes = notes;
                    t.state = TransferState::Waiting;
                });
            }
            Internal::Reached(address) => {
                let mut settings = self.settings.clone();
                settings.remember(&address.to_string());
                self.apply(settings);
            }
            Internal::Deaf(e) => {
                self.reception = None;
                self.receiving_failed(&ListenError::Other(e));
            }
        }
    }

    fn reap(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let (task, broke) = match ended {
            Ok((task, ())) => (task, None),
            Err(e) => (e.id(), (!e.is_cancelled()).then_some(e)),
        };
        let id = self.transfers.iter().find(|(_, running)| running.task == task).map(|(id, _)| *id);
        let running = id.and_then(|id| {
            self.questions.remove(&id);
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
        if running.is_some_and(|running| running.direction == Direction::Receive) {
            self.measure_inbox();
        }
    }

    fn device_name(&self) -> DeviceName {
        self.name.clone().unwrap_or_else(|| self.settings.name())
    }

    fn apply(&mut self, settings: Settings) {
        if settings == self.settings {
            return;
        }
        let moved = settings.inbox != self.settings.inbox;
        self.settings = settings.clone();
        self.publisher.publish(Event::Settings(settings.clone()));
        let name = self.device_name();
        if name != self.device.name {
            self.device.name = name;
            self.publisher.publish(Event::Device(self.device.clone()));
        }
        if moved {
            self.measure_inbox();
        }
        let home = self.home.clone();
        self.tasks.spawn_blocking(move || {
            if let Err(e) = settings.save(&home) {
                tracing::error!(error = %e, "the settings could not be saved");
            }
        });
    }

    /// Finds out how much is free in the receiving folder, and says so.
    fn measure_inbox(&mut self) {
        let (folder, publisher) = (self.settings.inbox.clone(), self.publisher.clone());
        self.tasks.spawn_blocking(move || {
            let free = disk::free_space(&folder);
            publisher.publish(Event::Inbox(InboxCard { folder, free }));
        });
    }

    fn receive(&mut self, receiving: Receiving) {
        if let Some(reception) = &mut self.reception {
            reception.receiving = receiving;
            return;
        }
        let listener = match receiving.port {
            PortChoice::Default => Listener::near_default(&self.tls),
            PortChoice::Exactly(port) => Listener::exactly(port, self.tls.clone()),
            PortChoice::Loopback => Listener::loopback(self.tls.clone()),
        };
        match listener.and_then(|listener| Ok((listener.port()?, listener))) {
            Ok((port, listener)) => {
                let task = listening::run(listener, self.switchboard.clone(), self.reports.0.clone());
                let listening = self.tasks.spawn(task);
                self.reception = Some(Reception { receiving, listening });
                tracing::info!(port, "waiting for offers");
                let state = ReceivingState::On { port, addresses: net::local_addresses() };
                self.publisher.publish(Event::Receiving(state));
            }
            Err(e) => self.receiving_failed(&e),
        }
    }

    fn receiving_failed(&self, e: &ListenError) {
        tracing::warn!(error = %e, "can't wait for offers");
        let problem = Problem { side: Side::Here, kind: ProblemKind::Other, text: e.to_string() };
        self.publisher.publish(Event::Receiving(ReceivingState::Failed(problem)));
    }

    fn send(&mut self, id: TransferId, to: Address, sources: Vec<Source>) {
        if self.transfers.contains_key(&id) {
            return;
        }
        let (desk, cancel) = self.open(id, Direction::Send, Peer::at(&to), TransferState::Connecting);
        let outgoing = Outgoing {
            desk: Arc::clone(&desk),
            to,
            sources,
            name: self.device_name(),
            tls: self.tls.clone(),
            actor: self.reports.0.clone(),
            cancel: cancel.clone(),
        };
        let task = self.tasks.spawn(outgoing::run(outgoing)).id();
        self.transfers.insert(id, Running { task, desk, direction: Direction::Send, cancel });
    }

    fn welcome(&mut self, connection: Connection, name: &str, transfer: [u8; 16]) {
        let Connection { peer, address, stream } = connection;
        let Ok(name) = DeviceName::parse(name) else {
            tracing::info!(%address, %peer, "turned away: a bad name");
            return;
        };
        let id = incoming::local_id(peer, transfer);
        let receiving = self.transfers.values().filter(|r| r.direction == Direction::Receive);
        // What a stranger can make us keep before anybody said yes is bounded by these.
        let undecided = receiving.clone().filter(|r| r.desk.is_undecided()).count();
        let busy = receiving.count() >= limits::MAX_RECEIVING || undecided >= limits::MAX_WAITING;
        let reception = match &self.reception {
            Some(reception) if !busy && !self.transfers.contains_key(&id) => reception.receiving.clone(),
            _ => {
                tracing::info!(%address, %peer, "turned away: busy");
                let reason = "That device is busy with other offers. Try again in a minute.";
                self.tasks.spawn(transfer::refuse(stream, reason));
                return;
            }
        };
        tracing::info!(transfer = %id, %peer, %address, "an offer is coming");
        let who = Peer { id: Some(peer), name: Some(name), address: address.to_string() };
        let (desk, cancel) = self.open(id, Direction::Receive, who, TransferState::Preparing);
        let incoming = Incoming {
            desk: Arc::clone(&desk),
            stream,
            peer,
            name: self.device_name(),
            transfer: id,
            inbox: self.settings.inbox.clone(),
            receiving: reception,
            switchboard: self.switchboard.clone(),
            actor: self.reports.0.clone(),
            cancel: cancel.clone(),
        };
        let task = self.tasks.spawn(incoming::run(incoming)).id();
        self.transfers.insert(id, Running { task, desk, direction: Direction::Receive, cancel });
    }

    /// Puts a new transfer on the list.
    fn open(
        &self,
        id: TransferId,
        direction: Direction,
        peer: Peer,
        state: TransferState,
    ) -> (Arc<Desk>, CancellationToken) {
        let transfer = Transfer {
            id,
            direction,
            peer,
            summary: Summary::default(),
            folder: None,
            free: None,
            notes: Vec::new(),
            state,
        };
        (Desk::open(transfer, self.publisher.clone()), CancellationToken::new())
    }
}
