//! First meetings: what a person says of the codes that two devices show.

use std::time::{Instant, SystemTime};

use super::{Actor, Line, Running};
use crate::{
    engine::{command::Remember, event::Event},
    model::{Answer, DeviceId, DeviceKind, DeviceName, KnownDevice, Proof, TransferId, Trust},
    transfer::Accord,
};

/// What the other device is told when its code was found to be another.
const DIFFERENT: &str =
    "The two devices showed different codes. Somebody may stand between them, so nothing was sent.";

/// What a stranger is told after that has happened too often.
pub const BARRED: &str =
    "That device meets no new devices for some minutes, because codes have differed there.";

impl Actor {
    pub(super) fn agree(&self, id: TransferId) {
        if let Some(Running { desk, line: Line::Calls { accord, .. }, .. }) = self.transfers.get(&id)
            && say(accord, Accord::Given)
        {
            desk.agree();
        }
    }

    pub(super) fn differ(&mut self, id: TransferId) {
        let Some(running) = self.transfers.get(&id) else { return };
        if running.desk.shown().meeting.is_none() {
            return;
        }
        self.mismatches.note(Instant::now());
        let peer = running.desk.shown().peer.id;
        tracing::warn!(transfer = %id, ?peer, "two persons have seen different codes");
        if let Line::Calls { accord, .. } = &running.line
            && say(accord, Accord::Refused)
        {
            return;
        }
        match self.questions.remove(&id) {
            // Whoever asked has gone: the offer was withdrawn in the same moment.
            Some(question) => drop(question.send(Answer::Decline(Some(DIFFERENT.to_owned())))),
            None => running.cancel.cancel(),
        }
    }

    /// True for a device that is not known, while none of those is to be met.
    pub(super) fn is_barred(&self, peer: DeviceId) -> bool {
        self.publisher.trust(peer) == Trust::Stranger && self.mismatches.bar_strangers(Instant::now())
    }

    /// A device is known from now on, or better than before.
    pub(super) fn met(&self, (peer, name): (DeviceId, DeviceName), proof: Proof, remember: Remember) {
        tracing::info!(%peer, %name, ?proof, ?remember, "met");
        let mut known = self.publisher.snapshot().known;
        let trust = match remember {
            Remember::Known => Trust::Known,
            Remember::Trusted => Trust::Trusted,
        };
        if let Some(device) = known.iter_mut().find(|device| device.id == peer) {
            device.proof = proof;
            if (device.trust, trust) == (Trust::Known, Trust::Trusted) {
                device.trust = trust;
            }
        } else {
            let (now, addresses) = (SystemTime::now(), Vec::new());
            let kind = DeviceKind::Unknown;
            let device = KnownDevice {
                id: peer,
                name,
                kind,
                trust,
                proof,
                folder: None,
                addresses,
                met: now,
                seen: now,
            };
            known.push(device);
        }
        self.publisher.publish(Event::Known(known));
    }
}

/// True when it was asked about, and now is not any more.
fn say(accord: &tokio::sync::watch::Sender<Accord>, word: Accord) -> bool {
    accord.send_if_modified(|accord| {
        let is_asked = *accord == Accord::Asked;
        if is_asked {
            *accord = word;
        }
        is_asked
    })
}
