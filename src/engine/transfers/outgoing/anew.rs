//! What it takes to begin a transfer that has failed anew, also where it never began.
//!
//! Knows which ends another try can mend. Must not know who asks for one.

use tokio::sync::oneshot;

use super::{Outgoing, Parcel};
use crate::{
    engine::{command::Manner, report::Internal},
    model::{Outcome, ProblemKind, Report, Retry, Side, Source, Target, TransferId},
};

/// Whom what is sent to, and how.
pub struct Anew {
    pub to: Target,
    pub parcel: Parcel,
    pub manner: Manner,
}

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
        if is_mendable && self.parcel.can_be_sent_again() {
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
        let anew = Box::new(Anew { to: self.to().clone(), parcel: self.parcel.clone(), manner });
        let told = self.actor.send(Internal::Failed { id: self.desk.id(), anew, noted }).await;
        // Of an actor that is gone nobody will ask for it.
        if told.is_ok() && known.await.is_ok() { Retry::Possible } else { Retry::Impossible }
    }
}

impl Parcel {
    /// False of what can't be read a second time, and of what would tell nothing new.
    fn can_be_sent_again(&self) -> bool {
        match self {
            Self::Files(sources) => !sources.iter().any(|s| matches!(s, Source::StandardInput { .. })),
            Self::Text(_) => true,
            Self::Trial { .. } => false,
        }
    }
}

/// Under which id it is offered: another try at what has ended is another transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// As it is known here.
    First,
    Again(TransferId),
}

impl Offered {
    #[must_use]
    pub fn id(self, here: TransferId) -> TransferId {
        match self {
            Self::First => here,
            Self::Again(id) => id,
        }
    }
}
