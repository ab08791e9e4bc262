//! How transfers begin: by a person's wish, by a peer's call, or where an earlier run or connection
//! has left them.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
};

use tokio::{
    sync::{Notify, mpsc, watch},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{Actor, Line, Running};
use crate::{
    disk::{ScreenOf, SentBy, Watch},
    engine::{
        command::{Consent, Manner},
        handle::Handle,
        history::Chronicle,
        quarantine,
        report::{Caller, Internal},
        transfers::{
            anew::{Anew, Offered},
            desk::Desk,
            incoming::{self, Incoming, Start, Terms},
            marks::Marks,
            outgoing::{self, Outgoing},
            parcel::Parcel,
            record::{self, Kept, Who},
            resting::{Rest, Wishes},
        },
    },
    identity::{Heard, Whereabouts},
    model::{DeviceName, Direction, Peer, Proof, Target, Transfer, TransferId, TransferState, Trust},
    net::Connection,
    settings::GoOn,
    transfer::{self, Assent},
    wire::{self, limits},
};

impl Actor {
    pub(super) fn send(&mut self, id: TransferId, to: Target, parcel: Parcel, manner: Manner) {
        if self.transfers.contains_key(&id) {
            return;
        }
        let mut peer = Peer::at(&to);
        if let Target::Device(device) = &to {
            // Whom a person picked was shown by its name.
            peer.name = Some(self.name_of(*device));
        }
        let (desk, cancel) = self.open(id, Direction::Send, peer, TransferState::Connecting);
        // On the list from the first moment: a person asked for it.
        if let Parcel::Files(sources) = &parcel {
            desk.picked(sources);
        }
        desk.update(|t| {
            t.summary.purpose = parcel.purpose();
            if let Parcel::Text(text) = &parcel {
                t.text = Some(text.clone());
            }
        });
        self.begin_to_send((desk, cancel), (to, parcel, manner), Offered::First, None);
    }

    /// Begins a transfer anew that is on the list, and has failed. Of one of which only some files have, the receiver
    /// wants what it has not.
    pub(super) fn send_anew(&mut self, id: TransferId, anew: Anew) {
        let Some(Transfer { peer, summary, text, state, .. }) =
            self.publisher.snapshot().transfer(id).cloned()
        else {
            return;
        };
        // Its first task has said its last, and may not be swept up yet.
        self.transfers.remove(&id);
        let Anew { to, parcel, manner } = anew;
        // Of what is incomplete the receiver keeps what it has; anything else is over, and its id with it.
        let is_kept = matches!(&state, TransferState::Finished(report) if report.is_incomplete());
        let offered = if is_kept { Offered::First } else { Offered::Again(Handle::new_transfer()) };
        let known_as = (id, offered.id(id));
        let opened = self.open_as(known_as, Direction::Send, peer, TransferState::Connecting);
        if let Parcel::Files(sources) = &parcel {
            opened.0.picked(sources);
        }
        opened.0.update(|t| (t.summary, t.text) = (summary, text));
        self.begin_to_send(opened, (to, parcel, manner), offered, None);
    }

    pub(super) fn begin_to_send(
        &mut self,
        (desk, cancel): (Arc<Desk>, CancellationToken),
        (to, parcel, manner): (Target, Parcel, Manner),
        offered: Offered,
        earlier: Option<(Kept, record::Sending)>,
    ) {
        let nudge = Arc::<Notify>::default();
        let marks = earlier.as_ref().map_or_else(Marks::default, |(kept, _)| kept.marks());
        let (wish, wishes) = Wishes::new(marks);
        // Before it is known who answers, nobody is asked.
        let (assent, _) = watch::channel(Assent::Known);
        let alarm = CancellationToken::new();
        let outgoing = Outgoing {
            desk: Arc::clone(&desk),
            devices: self.devices.clone(),
            to,
            manner,
            proved: OnceLock::new(),
            spent: OnceLock::new(),
            assent: assent.clone(),
            guesses: self.guesses.clone(),
            swallowed: std::sync::OnceLock::new(),
            us: self.device.id,
            parcel,
            offered,
            earlier,
            home: self.home.clone(),
            off_limits: self.off_limits.clone(),
            patience: self.settings.patience(),
            name: self.device_name(),
            routes: self.routes.clone(),
            limiter: Arc::clone(&self.limiters.sending),
            actor: self.reports.0.clone(),
            nudge: Arc::clone(&nudge),
            wishes,
            rest: Rest::new(marks),
            cancel: cancel.clone(),
            alarm: alarm.clone(),
        };
        let id = desk.id();
        let task = self.tasks.spawn(outgoing::run(outgoing));
        self.transfers
            .insert(id, Running { task, desk, line: Line::Calls { nudge, assent }, wish, cancel, alarm });
    }

    /// Hands a connection to the transfer that it goes on with, if there is one that was accepted.
    fn go_on(&mut self, connection: Box<Connection>, id: TransferId) -> Result<(), Box<Connection>> {
        if let Some(running) = self.transfers.get(&id)
            && let Line::IsCalled(again) = &running.line
            && !running.desk.is_unaccepted()
        {
            // One that is not taken closes, and its sender calls again: a refusal would end it.
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

    pub(super) fn welcome(&mut self, caller: Caller) {
        let (peer, address) = (caller.connection.peer, caller.connection.address);
        let Ok(name) = DeviceName::parse(&caller.name) else {
            tracing::info!(%address, %peer, "turned away: a bad name");
            return;
        };
        let id = incoming::local_id(self.device.id, peer, caller.transfer);
        let likely = SocketAddr::new(address.ip(), wire::DEFAULT_PORT);
        let at = Some(Whereabouts::Called(likely));
        self.heard(Heard { id: peer, name: Some(name.clone()), kind: None, at });
        let who = Who { id: peer, name, address: address.to_string() };
        let connection = match self.go_on(caller.connection, id) {
            Ok(()) => return,
            Err(connection) => connection,
        };
        if self.is_left(id) {
            if self.is_held_back() || self.transfers.contains_key(&id) {
                // Without a word, which would be the end of it: it calls again.
                tracing::info!(%address, transfer = %id, "turned away: it has not been said to go on");
                return;
            }
            return self.begin(Start::Call(connection), who, id);
        }
        let caller = Caller { connection, ..caller };
        let no_place = self.lacks_place(&caller);
        let receiving = self.reception.as_ref().and_then(|reception| reception.receiving.clone());
        let refusal = match receiving {
            None => "That device has stopped receiving.",
            Some(_) if caller.coded.is_none() && self.is_barred(peer, address.ip()) => {
                super::meetings::BARRED
            }
            Some(_)
                if no_place.is_some()
                    && caller.since.elapsed() < limits::PLACE
                    && self.queue.available_permits() > 0 =>
            {
                return self.queue_up(caller);
            }
            Some(_) if let Some(why) = no_place => why,
            Some(_) if self.transfers.contains_key(&id) => super::questions::BUSY,
            Some(mut receiving) => {
                if receiving.landing.folder.is_none() {
                    receiving.landing.folder = self.devices.known(peer).and_then(|known| known.folder);
                }
                if let Some(remember) = caller.coded {
                    // Whoever was told the code was told to send.
                    receiving.consent = Consent::All;
                    self.devices.meet(peer, who.name.clone(), Proof::Code, remember.into());
                }
                let leeway = self.leeway(&caller);
                let start = Start::Offer(caller.connection, Terms { receiving, leeway });
                return self.begin(start, who, id);
            }
        };
        tracing::info!(%address, %peer, refusal, "turned away");
        // Of more, the connections end without a word.
        let Ok(turn) = Arc::clone(&self.refusing).try_acquire_owned() else { return };
        self.tasks.spawn(async move {
            transfer::refuse(caller.connection.stream, refusal).await;
            drop(turn);
        });
    }

    /// Has somebody come again in a moment, when an offer may have been answered.
    fn queue_up(&mut self, caller: Caller) {
        let Ok(turn) = Arc::clone(&self.queue).try_acquire_owned() else { return };
        let actor = self.reports.0.clone();
        self.tasks.spawn(async move {
            sleep(limits::PLACE_LOOK).await;
            drop(turn);
            let _ = actor.send(Internal::Arrived(caller)).await;
        });
    }

    pub(super) fn begin(&mut self, start: Start, who: Who, id: TransferId) {
        tracing::info!(transfer = %id, peer = %who.id, address = who.address, "an offer is coming");
        if !matches!(start, Start::Call(_)) {
            self.left.remove(&id);
        }
        let (desk, cancel) = self.open(id, Direction::Receive, who.shown(), TransferState::Preparing);
        desk.warn(self.devices.caution(who.id, &who.name));
        let (record, kept) = match &start {
            Start::Earlier(accepted, _) => (Some(&accepted.record), accepted.kept.as_ref()),
            Start::Kept(record, kept) => (Some(&**record), Some(kept)),
            Start::Offer(..) | Start::Call(_) => (None, None),
        };
        if let Some(record::Receiving { id, began, landing, summary, .. }) = record {
            desk.was_accepted_before();
            desk.continues(*id, *began);
            desk.update(|t| {
                t.summary = summary.clone();
                t.folder.clone_from(&landing.folder);
            });
        }
        let marks = kept.map_or_else(Marks::default, Kept::marks);
        let (wish, wishes) = Wishes::new(marks);
        let alarm = CancellationToken::new();
        let incoming = Incoming {
            desk: Arc::clone(&desk),
            devices: self.devices.clone(),
            guesses: self.guesses.clone(),
            home: self.home.clone(),
            off_limits: self.off_limits.clone(),
            watch: self.watch(SentBy { id: Some(who.id), name: who.name.to_string() }),
            peer: who,
            name: self.device_name(),
            us: self.device.id,
            transfer: id,
            inbox: self.settings.inbox.clone(),
            patience: self.settings.patience(),
            go_on: if self.is_held_back() { GoOn::Ask } else { GoOn::Always },
            limiter: Arc::clone(&self.limiters.receiving),
            room: self.room.clone(),
            switchboard: self.switchboard.clone(),
            actor: self.reports.0.clone(),
            wishes,
            rest: Rest::new(marks),
            cancel: cancel.clone(),
            alarm: alarm.clone(),
        };
        // One more than the one in use: a newer one replaces it.
        let (line, again) = mpsc::channel(1);
        let task = self.tasks.spawn(incoming::run(incoming, start, again));
        self.transfers.insert(id, Running { task, desk, line: Line::IsCalled(line), wish, cancel, alarm });
    }

    /// Who looks into what somebody sends.
    pub(super) fn watch(&self, from: SentBy) -> Watch {
        let checks = Arc::clone(&self.checks);
        let screens: ScreenOf = Arc::new(move |folder: &Path| checks.screen_of(folder));
        Watch::by(screens, self.settings.when_unscanned, quarantine::of(&self.home), from)
    }

    pub(super) fn open(
        &self,
        id: TransferId,
        direction: Direction,
        peer: Peer,
        state: TransferState,
    ) -> (Arc<Desk>, CancellationToken) {
        self.open_as((id, id), direction, peer, state)
    }

    /// One that the history knows by another id than faces do.
    fn open_as(
        &self,
        (id, recorded): (TransferId, TransferId),
        direction: Direction,
        peer: Peer,
        state: TransferState,
    ) -> (Arc<Desk>, CancellationToken) {
        let transfer = Transfer::new(id, direction, peer, state);
        let is_strangers = |id| self.devices.trust_of(id) == Trust::Stranger;
        let hearsay = transfer.peer.id.filter(|id| direction == Direction::Receive && is_strangers(*id));
        let hearsay = hearsay.map(|_| self.hearsay.clone());
        let chronicle = Chronicle::new(self.recorder.clone(), recorded);
        (Desk::new(transfer, self.publisher.clone(), hearsay, Some(chronicle)), CancellationToken::new())
    }
}
