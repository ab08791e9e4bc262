//! How transfers begin: by a person's wish, by a peer's call, or where an earlier run or connection
//! has left them.

use std::sync::Arc;

use tokio::{
    sync::{Notify, OwnedSemaphorePermit, mpsc},
    task::spawn_blocking,
};
use tokio_util::sync::CancellationToken;

use super::{Actor, Line, Running};
use crate::{
    engine::{
        desk::Desk,
        incoming::{self, Accepted, Incoming, Start},
        outgoing::{self, Outgoing, Parcel},
        record::{self, Kept, Record, Who},
        resting::{Marks, Rest, Wishes},
        start::Earlier,
    },
    model::{
        Address, DeviceName, Direction, Peer, Problem, ProblemKind, Side, Summary, Transfer, TransferId,
        TransferState,
    },
    net::Connection,
    transfer,
    wire::limits,
};

impl Actor {
    pub(super) fn send(&mut self, id: TransferId, to: Address, parcel: Parcel) {
        if self.transfers.contains_key(&id) {
            return;
        }
        let (desk, cancel) = self.open(id, Direction::Send, Peer::at(&to), TransferState::Connecting);
        // On the list from the first moment: a person asked for it.
        desk.update(|t| t.summary.purpose = parcel.purpose());
        self.begin_to_send(desk, cancel, to, parcel, None);
    }

    fn begin_to_send(
        &mut self,
        desk: Arc<Desk>,
        cancel: CancellationToken,
        to: Address,
        parcel: Parcel,
        earlier: Option<(Kept, record::Sending)>,
    ) {
        let nudge = Arc::<Notify>::default();
        let marks = earlier.as_ref().map_or_else(Marks::default, |(kept, _)| kept.marks());
        let (wish, wishes) = Wishes::new(marks);
        let outgoing = Outgoing {
            desk: Arc::clone(&desk),
            to,
            parcel,
            earlier,
            home: self.home.clone(),
            patience: self.settings.patience(),
            name: self.device_name(),
            tls: self.tls.clone(),
            limiter: Arc::clone(&self.limiters.sending),
            actor: self.reports.0.clone(),
            nudge: Arc::clone(&nudge),
            wishes,
            rest: Rest::new(marks),
            cancel: cancel.clone(),
        };
        let id = desk.id();
        let task = self.tasks.spawn(outgoing::run(outgoing));
        self.transfers.insert(id, Running { task, desk, line: Line::Calls(nudge), wish, cancel });
    }

    /// Goes on with what an earlier run has left.
    pub(super) async fn take_up(&mut self, earlier: Earlier) {
        if earlier == Earlier::None {
            return;
        }
        let home = self.home.clone();
        let found = spawn_blocking(move || Kept::all(&home)).await.unwrap_or_default();
        for (kept, record) in found {
            let why = Problem {
                side: Side::Here,
                kind: ProblemKind::Link,
                text: "Airlift was not running.".to_owned(),
            };
            match record {
                Record::Sending(sending) if earlier == Earlier::All => {
                    let record::Sending { id, peer, to, summary, .. } = sending.clone();
                    let (desk, cancel) =
                        self.open(id, Direction::Send, peer.shown(), TransferState::Connecting);
                    desk.update(|t| {
                        t.summary = summary;
                        t.state = match kept.marks().pause() {
                            Some(pause) => TransferState::Paused(pause),
                            None => TransferState::Interrupted { why, again: None },
                        };
                    });
                    let parcel = Parcel::Files(sending.sources());
                    self.begin_to_send(desk, cancel, to, parcel, Some((kept, sending)));
                }
                Record::Receiving(record) => {
                    let (who, id) = (record.peer.clone(), record.id);
                    let paused = kept.marks().pause();
                    let accepted = Accepted { record, kept: Some(kept) };
                    self.begin(Start::Earlier(Box::new(accepted), None), who, id);
                    if let Some(running) = self.transfers.get(&id) {
                        match paused {
                            Some(pause) => running.desk.rest(pause),
                            None => running.desk.interrupt(why, None),
                        }
                    }
                }
                // Another run's.
                Record::Sending(_) => {}
            }
        }
    }

    /// Hands a connection to the transfer that it goes on with, if there is one that was accepted.
    fn go_on(&mut self, connection: Box<Connection>, id: TransferId) -> Result<(), Box<Connection>> {
        if let Some(running) = self.transfers.get(&id)
            && let Line::IsCalled(again) = &running.line
            && !running.desk.is_undecided()
        {
            // Full, or over in this moment: the connection closes, and its sender calls again.
            let _ = again.try_send(connection);
            return Ok(());
        }
        let Some(known) = self.unheard.iter().position(|accepted| accepted.record.id == id) else {
            return Err(connection);
        };
        let accepted = self.unheard.remove(known);
        let who = accepted.record.peer.clone();
        self.begin(Start::Earlier(Box::new(accepted), Some(connection)), who, id);
        Ok(())
    }

    pub(super) fn welcome(
        &mut self,
        connection: Connection,
        name: &str,
        transfer: [u8; 16],
        place: OwnedSemaphorePermit,
    ) {
        let (peer, address) = (connection.peer, connection.address);
        let Ok(name) = DeviceName::parse(name) else {
            tracing::info!(%address, %peer, "turned away: a bad name");
            return;
        };
        let id = incoming::local_id(self.device.id, peer, transfer);
        let who = Who { id: peer, name, address: address.to_string() };
        let connection = match self.go_on(Box::new(connection), id) {
            Ok(()) => return,
            Err(connection) => connection,
        };
        let receiving = self.transfers.values().filter(|r| r.receives());
        // What a stranger can make us keep before anybody said yes is bounded by these.
        let undecided = receiving.clone().filter(|r| r.desk.is_undecided()).count();
        let flowing = receiving.clone().filter(|r| !r.desk.is_interrupted()).count();
        let busy = flowing >= limits::MAX_RECEIVING
            || undecided >= limits::MAX_WAITING
            || receiving.count() >= limits::MAX_UNFINISHED;
        let receiving = self.reception.as_ref().and_then(|reception| reception.receiving.clone());
        let refusal = match receiving {
            None => "That device has stopped receiving.",
            Some(_) if busy || self.transfers.contains_key(&id) => {
                "That device is busy with other offers. Try again in a minute."
            }
            Some(receiving) => {
                let start = Start::Offer(connection, receiving);
                return self.begin(start, who, id);
            }
        };
        tracing::info!(%address, %peer, refusal, "turned away");
        let stream = connection.stream;
        self.tasks.spawn(async move {
            transfer::refuse(stream, refusal).await;
            // Only now may the next stranger come in their place.
            drop(place);
        });
    }

    fn begin(&mut self, start: Start, who: Who, id: TransferId) {
        tracing::info!(transfer = %id, peer = %who.id, address = who.address, "an offer is coming");
        let (desk, cancel) = self.open(id, Direction::Receive, who.shown(), TransferState::Preparing);
        if let Start::Earlier(accepted, _) = &start {
            let record::Receiving { landing, summary, .. } = &accepted.record;
            desk.update(|t| {
                t.summary = summary.clone();
                t.folder.clone_from(&landing.folder);
            });
        }
        let kept = match &start {
            Start::Earlier(accepted, _) => accepted.kept.as_ref(),
            Start::Offer(..) => None,
        };
        let marks = kept.map_or_else(Marks::default, Kept::marks);
        let (wish, wishes) = Wishes::new(marks);
        let incoming = Incoming {
            desk: Arc::clone(&desk),
            home: self.home.clone(),
            peer: who,
            name: self.device_name(),
            transfer: id,
            inbox: self.settings.inbox.clone(),
            patience: self.settings.patience(),
            limiter: Arc::clone(&self.limiters.receiving),
            switchboard: self.switchboard.clone(),
            actor: self.reports.0.clone(),
            wishes,
            rest: Rest::new(marks),
            cancel: cancel.clone(),
        };
        // One more than the one in use: a newer one replaces it.
        let (line, again) = mpsc::channel(1);
        let task = self.tasks.spawn(incoming::run(incoming, start, again));
        self.transfers.insert(id, Running { task, desk, line: Line::IsCalled(line), wish, cancel });
    }

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
        (Desk::new(transfer, self.publisher.clone()), CancellationToken::new())
    }
}
