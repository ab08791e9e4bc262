//! Where this device waits for others, and whether for offers or only for those it has accepted.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    task::AbortHandle,
    time::{Interval, MissedTickBehavior, interval, sleep},
};

use super::{Actor, Running};
use crate::{
    engine::{
        cards::ReceivingState,
        command::{PortChoice, Receiving, Remember},
        event::Event,
        network::listening,
        report::Internal,
        transfers::incoming,
    },
    model::{Direction, Outcome, PairingCode, Peer, Problem, ProblemKind, Report, Side, TransferState},
    net::{self, ListenError, Listener, NetError},
    wire::limits,
};

/// How often this device looks whether it has other addresses now: before a person has shown somebody the old
/// ones.
const ADDRESSES: Duration = Duration::from_secs(5);

/// When it is to be looked for other addresses.
pub(super) fn addresses() -> Interval {
    let mut addresses = interval(ADDRESSES);
    addresses.set_missed_tick_behavior(MissedTickBehavior::Delay);
    addresses
}

/// This device waits for offers.
pub struct Reception {
    /// `None` when it has stopped, and only what was accepted before is still let in.
    pub receiving: Option<Receiving>,
    pub port: u16,
    pub listening: AbortHandle,
}

impl Reception {
    /// Whether offers can be received where it listens. Where only what was accepted before is let in,
    /// nobody has been told the port.
    fn suits(&self, port: PortChoice) -> bool {
        self.receiving.is_some()
            || match port {
                PortChoice::Default => true,
                PortChoice::Exactly(port) => port == 0 || port == self.port,
                PortChoice::Loopback => false,
            }
    }
}

impl Drop for Reception {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Actor {
    pub(super) fn receive(&mut self, receiving: Receiving) {
        if let Some(reception) = &mut self.reception
            && reception.suits(receiving.port)
        {
            reception.receiving = Some(receiving);
            let state = ReceivingState::On { port: reception.port, addresses: net::local_addresses() };
            self.publisher.publish(Event::Receiving(state));
            return;
        }
        self.reception = None;
        self.codes.close();
        if self.door.as_ref().is_some_and(|door| !door.is_finished()) {
            return self.receive_later(receiving);
        }
        let listener = match receiving.port {
            PortChoice::Default => Listener::near_default(&self.tls),
            PortChoice::Exactly(port) => Listener::exactly(port, self.tls.clone()),
            PortChoice::Loopback => Listener::loopback(self.tls.clone()),
        };
        match listener.and_then(|listener| Ok((listener.port()?, listener))) {
            Ok((port, listener)) => {
                let listening = self.listen(listener);
                self.reception = Some(Reception { receiving: Some(receiving), port, listening });
                tracing::info!(port, "waiting for offers");
                let state = ReceivingState::On { port, addresses: net::local_addresses() };
                self.publisher.publish(Event::Receiving(state));
            }
            Err(e) => self.receiving_failed(&e),
        }
    }

    /// Shows where it is to be found now, if that has changed.
    pub(super) fn look_at_addresses(&self) {
        let Some(Reception { receiving: Some(receiving), port, .. }) = &self.reception else { return };
        if receiving.port == PortChoice::Loopback {
            return;
        }
        let state = ReceivingState::On { port: *port, addresses: net::local_addresses() };
        if self.publisher.snapshot().receiving != state {
            self.publisher.publish(Event::Receiving(state));
        }
    }

    /// Its own port is still being closed: it would be found taken.
    fn receive_later(&mut self, receiving: Receiving) {
        self.awaited = Some(receiving);
        let actor = self.reports.0.clone();
        self.tasks.spawn(async move {
            sleep(limits::PLACE_LOOK).await;
            let _ = actor.send(Internal::Closed).await;
        });
    }

    pub(super) fn listen(&mut self, listener: Listener) -> AbortHandle {
        let parts = listening::Parts {
            us: self.device.id,
            devices: self.devices.clone(),
            codes: self.codes.clone(),
            switchboard: self.switchboard.clone(),
            actor: self.reports.0.clone(),
        };
        let listening = self.tasks.spawn(listening::run(listener, parts));
        self.door = Some(listening.clone());
        listening
    }

    pub(super) fn is_receiving(&self) -> bool {
        self.reception.as_ref().is_some_and(|reception| reception.receiving.is_some())
    }

    pub(super) fn stop_receiving(&mut self) {
        self.awaited = None;
        // Offers that are still being made: nobody is there to answer them any more.
        for (id, running) in &self.transfers {
            let unasked = running.desk.is_unaccepted() && !self.questions.contains_key(id);
            if running.receives() && unasked {
                running.cancel.cancel();
            }
        }
        for (_, question) in self.questions.drain() {
            question.decline(Some("That device has stopped receiving.".to_owned()));
        }
        if let Some(reception) = &mut self.reception {
            reception.receiving = None;
        }
        self.codes.close();
        self.close_door();
        self.publisher.publish(Event::Receiving(ReceivingState::Off));
    }

    /// Gives out a code, or takes it back. Where nobody is let in, it would open nothing.
    pub(super) fn give_code(&self, code: Option<PairingCode>, remember: Remember) {
        match code {
            Some(code) if self.is_receiving() => self.codes.give(code, remember, Instant::now()),
            _ => self.codes.take_back(),
        }
    }

    /// Stops listening when nobody receives, and no accepted transfer may still open its content
    /// connection.
    pub(super) fn close_door(&mut self) {
        let accepted = |r: &Running| r.receives() && !r.desk.is_unaccepted();
        if !self.is_receiving() && !self.transfers.values().any(accepted) {
            self.reception = None;
        }
    }

    pub(super) fn receiving_failed(&self, e: &ListenError) {
        tracing::warn!(error = %e, "can't wait for offers");
        let problem = Problem { side: Side::Here, kind: ProblemKind::Other, text: e.to_string() };
        self.publisher.publish(Event::Receiving(ReceivingState::Failed(problem)));
    }

    /// Tells the person here that another machine has this one's key, once, however often it calls.
    pub(super) fn met_twin(&self, address: SocketAddr, why: &NetError) {
        let us = self.device.id;
        let peer = Peer { id: Some(us), name: None, address: address.ip().to_string() };
        let id = incoming::local_id(us, us, [0; 16]);
        let (desk, _) = self.open(id, Direction::Receive, peer, TransferState::Connecting);
        desk.finish(Report::of(Outcome::Failed(Problem::from(why))));
    }
}
