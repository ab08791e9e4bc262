//! A device that is known, and not here: what is sent to it waits for it.
//!
//! Knows which failures mean that, and when it is called again. Must not know what is sent.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use super::{Outgoing, cancelled};
use crate::{
    engine::command::Absence,
    model::{DeviceId, Problem, ProblemKind, Report, Target, TransferState, Trust},
};

impl Outgoing {
    /// Whom it waits for, where that is why nothing could be offered yet.
    pub(super) fn awaited(&self, why: &Problem) -> Option<DeviceId> {
        let is_away = matches!(why.kind, ProblemKind::Unreachable | ProblemKind::NotReceiving);
        let id = match self.to() {
            Target::Device(id) => *id,
            Target::Link(link) => link.id,
            Target::Address(_) | Target::Name(_) | Target::Code(_) => return None,
        };
        let is_known = !matches!(self.devices.trust_of(id), Trust::Stranger | Trust::Blocked);
        (self.manner.absence == Absence::Waits && is_away && is_known).then_some(id)
    }

    /// Until it is seen, or may have come back unseen; or how it ends instead.
    pub(super) async fn wait_for(
        &self,
        id: DeviceId,
        why: Problem,
        pause: Duration,
    ) -> ControlFlow<Box<Report>> {
        let again = Instant::now() + pause;
        self.desk.update(|t| t.state = TransferState::Away { why, again });
        tokio::select! {
            () = tokio::time::sleep(pause) => ControlFlow::Continue(()),
            () = self.nudge.notified() => ControlFlow::Continue(()),
            () = self.routes.appears(id) => ControlFlow::Continue(()),
            () = self.cancel.cancelled() => ControlFlow::Break(cancelled()),
        }
    }
}
