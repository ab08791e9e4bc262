//! The device that has answered a call: whether it is the one that the person here means.

use std::time::Instant;

use super::Outgoing;
use crate::{
    engine::{
        actor::Internal,
        command::{Remember, Strangers},
    },
    model::{DeviceId, Problem, ProblemKind, Proof, Side, Target, TransferId, Trust},
    transfer::Accord,
};

impl Outgoing {
    /// What is to be done about the device that has answered.
    pub(super) fn accord(
        &self,
        peer: DeviceId,
        known: Option<(TransferId, DeviceId)>,
    ) -> Result<Accord, Problem> {
        // A link holds the id that was proved, who was accepted before is the same, and a code has shown it.
        let is_pinned = known.is_some() || self.proved.get().is_some() || matches!(self.to, Target::Link(_));
        if is_pinned || self.desk.trust(peer) != Trust::Stranger {
            return Ok(Accord::Known);
        }
        if self.manner.strangers == Strangers::GoAhead {
            return Ok(Accord::Unasked);
        }
        if self.mismatches.bar_strangers(Instant::now()) {
            let text = "Codes have differed three times, so this device meets no new ones for ten minutes. Check the network, or use a code that you tell each other.";
            return Err(Problem { side: Side::Here, kind: ProblemKind::Other, text: text.to_owned() });
        }
        Ok(Accord::Asked)
    }

    /// A device that was met first is known from now on.
    pub(super) fn agreed(&self, peer: DeviceId) {
        if *self.accord.borrow() == Accord::Given
            && let Some(name) = self.desk.shown().peer.name
        {
            // Full: then it is asked about again.
            let _ = self.actor.try_send(Internal::Met {
                peer,
                name,
                proof: Proof::Compared,
                remember: Remember::Known,
            });
        }
    }
}
