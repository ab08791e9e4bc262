//! The device that has answered a call: whether it is the one that the person here means.

use std::time::Instant;

use super::Outgoing;
use crate::{
    engine::command::Strangers,
    identity::{Change, Heard},
    model::{Caution, DeviceId, DeviceName, Problem, ProblemKind, Proof, Side, Target, TransferId, Trust},
    transfer::Assent,
};

impl Outgoing {
    /// What is to be done about the device that has answered.
    pub(super) fn assent(
        &self,
        peer: DeviceId,
        known: Option<(TransferId, DeviceId)>,
    ) -> Result<Assent, Problem> {
        let here = |text: String| Problem { side: Side::Here, kind: ProblemKind::Other, text };
        if self.devices.trust_of(peer) == Trust::Blocked {
            let text = "This device is blocked here, so nothing was sent to it. Unblock it first.";
            return Err(here(text.to_owned()));
        }
        // A link holds the id that was proved, who was accepted before is the same, and a code has shown it.
        let is_pinned = known.is_some() || self.proved.get().is_some() || matches!(self.to, Target::Link(_));
        if is_pinned || self.devices.trust_of(peer) != Trust::Stranger {
            return Ok(Assent::Known);
        }
        if self.manner.strangers == Strangers::GoAhead {
            return Ok(Assent::Unasked);
        }
        if self.guesses.bar_strangers(Instant::now()) {
            let text = "Codes have differed here, or too many were left unanswered, so this device meets no new ones for some minutes. Check the network, or use a code that you tell each other.";
            return Err(here(text.to_owned()));
        }
        Ok(Assent::Asked)
    }

    /// Shows what a person should know of a device that calls itself this; where nobody is asked about it, and
    /// neither a code nor an earlier yes of `known` has shown that it is meant, why nothing is sent.
    pub(super) fn warn(
        &self,
        (peer, name): (DeviceId, &DeviceName),
        known: Option<(TransferId, DeviceId)>,
        assent: Assent,
    ) -> Option<Problem> {
        let heard = Heard { id: peer, name: Some(name.clone()), kind: None, at: None };
        // Of a stranger, and of one with a name of another, nothing is learned.
        self.devices.change(Change::Heard(heard));
        let caution = self.devices.caution(peer, name)?;
        let Caution::OtherKey { known: other, .. } = &caution;
        let text = format!(
            "What answers there calls itself “{name}”, as a device does that is known here, but has another key: it may be somebody else. Nothing was sent. If it was set up anew, forget the old one ({}), or send with a code.",
            other.short()
        );
        self.desk.warn(Some(caution));
        let is_meant = assent == Assent::Asked || known.is_some() || self.proved.get().is_some();
        (!is_meant).then_some(Problem { side: Side::There, kind: ProblemKind::Other, text })
    }

    /// A device that was met first is known from now on.
    pub(super) fn agreed(&self, peer: DeviceId) {
        if *self.assent.borrow() == Assent::Given
            && let Some(name) = self.desk.shown().peer.name
        {
            self.devices.meet(peer, name, Proof::Compared, Trust::Known);
        }
    }
}
