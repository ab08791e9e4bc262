//! Whether a transfer that has ended can be begun anew, also where it never began.
//!
//! Knows which ends another try can mend. Must not know who asks for one.

use tokio::sync::oneshot;

use super::Outgoing;
use crate::{
    engine::{command::Manner, report::Internal, transfers::anew::Anew},
    model::{Outcome, ProblemKind, Report, Retry, Side},
};

impl Outgoing {
    /// Has the actor keep what another try takes, if one may mend what has ended like this, and no part of it is kept.
    pub(super) async fn may_begin_anew(&self, report: &Report) -> Retry {
        let is_mendable = match &report.outcome {
            // Of those, what failed is kept, or would fail again.
            Outcome::Failed(_) if report.is_incomplete() => false,
            // Who says so should look before anything else.
            Outcome::Failed(problem) => problem.kind != ProblemKind::Alarm,
            Outcome::Declined { by, .. } | Outcome::Cancelled { by } => *by == Side::There,
            Outcome::Complete => false,
        };
        if is_mendable && !self.is_spent() && self.parcel.can_be_sent_again() {
            self.keep_for_another_try().await
        } else {
            Retry::Impossible
        }
    }

    pub(super) async fn keep_for_another_try(&self) -> Retry {
        let (noted, known) = oneshot::channel();
        // A code that was proved is spent, and has shown who is meant.
        let code = self.manner.code.filter(|_| self.proved.get().is_none());
        let manner = Manner { code, ..self.manner };
        let anew = Box::new(Anew { to: self.meant(), parcel: self.parcel.clone(), manner });
        let told = self.actor.send(Internal::Failed { id: self.desk.id(), anew, noted }).await;
        // Of an actor that is gone nobody will ask for it.
        if told.is_ok() && known.await.is_ok() { Retry::Possible } else { Retry::Impossible }
    }
}
