//! First meetings: what a person says of the codes that two devices show.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Actor, Line, Running};
use crate::{
    engine::{command::DeviceChange, report::Reply},
    identity::{Change, Heard},
    model::{DeviceId, DeviceName, TransferId, Trust},
    transfer::Assent,
};

/// What a stranger is told after that has happened too often.
pub const BARRED: &str = "That device meets no new devices for some minutes: codes differed there, or too many were left unanswered.";

/// Between two looks at what other processes have decided, while a transfer goes on.
const LOOK: Duration = Duration::from_secs(3);

pub(super) fn look() -> Interval {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look
}

impl Actor {
    pub(super) fn agree(&mut self, id: TransferId) {
        if let Some(Reply::Same(_)) = self.questions.get(&id) {
            return self.found_same(id);
        }
        if let Some(Running { desk, line: Line::Calls { assent, .. }, .. }) = self.transfers.get(&id)
            && say(assent, Assent::Given)
        {
            desk.agree();
        }
    }

    pub(super) fn differ(&mut self, id: TransferId) {
        let Some(running) = self.transfers.get(&id) else { return };
        if running.desk.shown().meeting.is_none() {
            return;
        }
        self.guesses.differed(Instant::now());
        let peer = running.desk.shown().peer.id;
        tracing::warn!(transfer = %id, ?peer, "two persons have seen different codes");
        // It ends whatever goes on, and both sides are told why, before anybody can answer.
        running.alarm.cancel();
        self.questions.remove(&id);
    }

    /// True for a device that is not known, while none of those is to be met.
    pub(super) fn is_barred(&self, peer: DeviceId, from: IpAddr) -> bool {
        self.devices.trust_of(peer) == Trust::Stranger && self.guesses.bar_strangers_at(Instant::now(), from)
    }

    /// A device has proved its id: of one that is known, what there was to learn is kept.
    pub(super) fn heard(&mut self, heard: Heard) {
        if self.devices.trust_of(heard.id) == Trust::Stranger {
            return;
        }
        self.devices.change(Change::Heard(heard));
    }

    /// A person has decided something about a device.
    pub(super) fn judge(&mut self, id: DeviceId, change: DeviceChange) {
        let change = match change {
            DeviceChange::Trust(trust) => Change::Judged { id, name: self.name_of(id), trust },
            DeviceChange::Folder(Some(folder)) => return self.choose_folder(id, folder),
            DeviceChange::Recording(recording) => Change::Recording { id, recording },
            DeviceChange::Folder(None) => Change::Folder { id, folder: None },
        };
        tracing::info!(?change, "a person has decided about a device");
        self.devices.change(change);
    }

    /// What a device calls itself, as far as anybody here has heard it.
    pub(super) fn name_of(&self, id: DeviceId) -> DeviceName {
        let shown = self.publisher.snapshot();
        let known = shown.known.into_iter().find(|known| known.id == id).map(|known| known.name);
        let met = || shown.transfers.iter().rev().find(|t| t.peer.id == Some(id))?.peer.name.clone();
        let seen = || shown.nearby.iter().find(|nearby| nearby.id == id).map(|nearby| nearby.name.clone());
        known.or_else(met).or_else(seen).unwrap_or_else(|| DeviceName::from_host_name(&id.short()))
    }

    /// Nothing goes on with a device that is blocked, whoever has decided that.
    pub(super) fn end_what_is_blocked(&self) {
        for running in self.transfers.values() {
            let peer = running.desk.shown().peer.id;
            if peer.is_some_and(|peer| self.devices.trust_of(peer) == Trust::Blocked) {
                running.cancel.cancel();
            }
        }
    }

    /// Another process may have decided something about those that transfers go on with.
    pub(super) fn look_at_devices(&mut self) {
        let devices = self.devices.clone();
        self.tasks.spawn(async move { devices.look().await });
    }

    pub(super) fn write_devices(&mut self) {
        let devices = self.devices.clone();
        self.tasks.spawn(async move { devices.write().await });
    }
}

/// True when it was asked about, and now is not any more.
fn say(assent: &tokio::sync::watch::Sender<Assent>, word: Assent) -> bool {
    assent.send_if_modified(|assent| {
        let is_asked = *assent == Assent::Asked;
        if is_asked {
            *assent = word;
        }
        is_asked
    })
}
