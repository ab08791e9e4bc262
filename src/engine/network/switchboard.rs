//! Leads content connections to the transfers that wait for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc;

use crate::{
    model::DeviceId,
    net::{Connection, Lane},
    transfer::{Inflow, LaneToken},
    wire::limits,
};

#[derive(Clone, Default)]
pub struct Switchboard {
    expected: Arc<Mutex<HashMap<LaneToken, Expected>>>,
}

struct Expected {
    peer: DeviceId,
    lanes: mpsc::Sender<Inflow>,
}

impl Switchboard {
    /// Content connections of this peer that show the token come out of the channel. Dropping it
    /// ends the expectation.
    pub fn expect(&self, token: LaneToken, peer: DeviceId) -> mpsc::Receiver<Inflow> {
        let (lanes, arriving) = mpsc::channel(limits::MAX_LANES);
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        expected.retain(|_, other| !other.lanes.is_closed());
        expected.insert(token, Expected { peer, lanes });
        arriving
    }

    /// Hands a connection over. One that nobody expects is closed.
    pub fn connect(&self, token: LaneToken, connection: Connection) {
        let (peer, address) = (connection.peer, connection.address);
        let waiting = {
            let expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
            match expected.get(&token) {
                Some(waiting) if waiting.peer == peer => Some(waiting.lanes.clone()),
                _ => None,
            }
        };
        let Some(lanes) = waiting else {
            tracing::warn!(%peer, %address, "a content connection that nobody expects");
            return;
        };
        let lane = Lane::new(connection).and_then(|lane| {
            let (stop, network) = (lane.stopper()?, lane.network());
            Ok(Inflow { stream: Box::new(lane), stop: Box::new(move || stop.stop()), network })
        });
        match lane {
            // Full or closed: the transfer has its connections, or is over.
            Ok(lane) => drop(lanes.try_send(lane)),
            Err(e) => tracing::warn!(%address, error = %e, "a content connection could not be used"),
        }
    }
}
