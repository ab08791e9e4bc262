//! How others on the network are to see this device, and whether it looks for them.

use super::Actor;
use crate::engine::{
    command::PortChoice,
    discovering::{Appearance, Order},
    kind,
};

impl Actor {
    /// Has this device seen as it is now; to be called after whatever may have changed that.
    pub(super) fn appear(&mut self) {
        let Some(view) = &self.view else { return };
        let wanted = self.appearance();
        // Where there is no room for it, it is given with the next change.
        if wanted != self.appearance && view.order(Order::Appear(wanted.clone())) {
            self.appearance = wanted;
        }
        let (wanted, ordered) = self.looking;
        if wanted != ordered && view.order(Order::Look(wanted)) {
            self.looking.1 = wanted;
        }
    }

    fn appearance(&self) -> Option<Appearance> {
        let reception = self.reception.as_ref()?;
        let receiving = reception.receiving.as_ref()?;
        (receiving.port != PortChoice::Loopback).then(|| Appearance {
            port: reception.port,
            name: self.device.name.clone(),
            kind: self.settings.kind.unwrap_or_else(kind::of_this_device),
            visibility: self.settings.visibility,
            channel: self.codes.channel(),
        })
    }
}
