//! A device that calls for the first time: the code that both show, and what is said of it.

use std::{net::IpAddr, time::Instant};

use super::{Incoming, Terms};
use crate::{
    engine::command::Consent,
    model::{Agreement, CompareCode, DeviceId, Meeting, Proof, Trust},
    wire::message::Acquaintance,
};

impl Incoming {
    /// The two devices show this code.
    pub(super) fn met(
        &self,
        code: CompareCode,
        knows: Acquaintance,
        (terms, from): (Option<&Terms>, IpAddr),
    ) {
        // Where everything is accepted nobody compares, and a guess is of no use to anybody.
        let compares = terms.is_none_or(|terms| terms.receiving.consent != Consent::All);
        if knows == Acquaintance::Known || !compares {
            return self.desk.meet(code, Agreement::NotNeeded);
        }
        self.guesses.told(Instant::now(), from);
        self.desk.meet(code, Agreement::Asked);
    }

    /// The person at the other end has seen another code than this device has shown.
    pub(super) fn differed(&self, terms: Option<&Terms>) {
        let is_compared = terms.is_none_or(|terms| terms.receiving.consent != Consent::All);
        if is_compared && self.desk.shown().meeting.is_some() {
            self.guesses.differed(Instant::now());
        }
    }

    /// A device that was met first, and that a person has said yes to, is known from now on.
    pub(super) fn agreed(&self, peer: DeviceId) {
        let shown = self.desk.shown();
        if let (Some(Meeting { here: Agreement::Given, .. }), Some(name)) = (shown.meeting, shown.peer.name) {
            self.devices.meet(peer, name, Proof::Compared, Trust::Known);
        }
    }
}
