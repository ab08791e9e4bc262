//! How others on the network are to see this device, and whether it looks for them.

use tokio::sync::oneshot;

use super::Actor;
use crate::engine::{
    command::{Looking, PortChoice},
    config::Multicast,
    network::{
        device_kind,
        discovering::Appearance,
        doctor::{self, Finding},
    },
};

impl Actor {
    /// Has this device seen as it is now; to be called after whatever may have changed that.
    pub(super) fn appear(&mut self) {
        let Some(view) = &self.view else { return };
        view.appear(self.settings.visibility, self.appearance());
    }

    pub(super) fn look(&self, looking: Looking) {
        if let Some(view) = &self.view {
            view.look(looking);
        }
    }

    /// Finds out what may keep devices from seeing each other.
    pub(super) fn examine(&mut self, reply: oneshot::Sender<Vec<Finding>>) {
        let receives = self.reception.as_ref().filter(|reception| reception.receiving.is_some());
        let receives = receives.map(|reception| reception.port);
        let (visibility, inbox) = (self.settings.visibility, self.settings.inbox.clone());
        let multicast = if self.view.is_some() { Multicast::Allowed } else { Multicast::Never };
        let publisher = self.publisher.clone();
        self.measures.spawn_blocking(move || {
            let facts = doctor::gather(receives, visibility, &inbox, multicast);
            // A face that no longer wants to know has dropped its end.
            let _ = reply.send(doctor::judge(&facts));
            publisher.wake();
        });
    }

    fn appearance(&self) -> Option<Appearance> {
        let reception = self.reception.as_ref()?;
        let receiving = reception.receiving.as_ref()?;
        (receiving.port != PortChoice::Loopback).then(|| Appearance {
            port: reception.port,
            name: self.device.name.clone(),
            kind: self.settings.kind.unwrap_or_else(device_kind::of_this_device),
            channel: self.codes.channel(),
        })
    }
}
