//! A transfer that receives, between two connections: interrupted, paused, or waiting for room.
//!
//! Knows what is waited for, and for how long. Must not know what comes over a connection.

use std::time::SystemTime;

use tokio::time::sleep;

use super::{
    Again, End, Incoming, is_kept,
    story::{Story, lock},
};
use crate::{
    engine::transfers::{
        marks::Marks,
        record::Accepted,
        resting::{Leaving, Wish},
    },
    model::{Outcome, Pause, Problem, ProblemKind, Report, Side},
    net::Connection,
    transfer,
    wire::message::Ending,
};

impl Incoming {
    /// Why a sender that calls is not to go on yet, if so.
    pub(super) async fn not_yet(&self, story: &Story) -> Option<Ending> {
        let folder = lock(story).accepted.as_ref()?.record.landing.folder.clone();
        self.rest.look_at_disk(&folder.unwrap_or_else(|| self.inbox.clone())).await;
        // Whoever calls has not paused it.
        self.note(story, |marks| marks.without(Side::There));
        // So that its patience begins anew.
        is_kept(story);
        match self.rest.reason()? {
            Pause::Person(_) => Some(Ending::Paused),
            Pause::NoRoom { .. } => Some(Ending::Full),
            Pause::NoDisk => Some(Ending::Away),
        }
    }

    pub(super) fn note(&self, story: &Story, change: impl FnOnce(Marks) -> Marks) {
        let shared = lock(story);
        self.rest.note(shared.accepted.as_ref().and_then(|accepted| accepted.kept.as_ref()), change);
    }

    /// Waits for the sender to come back, for as long as it takes if the transfer rests.
    pub(super) async fn wait(&self, again: &mut Again, story: &Story) -> Result<Box<Connection>, End> {
        loop {
            let marks = self.rest.marks();
            let reason = self.rest.reason();
            if let Some(pause) = reason {
                self.desk.rest(pause);
            }
            tokio::select! {
                called = self.wait_for_call(again, story, reason) => return called,
                wanted = self.wishes.other_than(marks) => wanted.map_err(|Leaving| End::Leaving)?,
            }
            if self.wishes.is(Wish::Pause) {
                self.note(story, |marks| marks.with(Side::Here));
                continue;
            }
            self.note(story, |marks| marks.without(Side::Here));
            if self.rest.reason().is_none() {
                let text = "It was paused here, and goes on when the other device calls.".to_owned();
                self.desk.interrupt(Problem { side: Side::Here, kind: ProblemKind::Link, text }, None);
            }
        }
    }

    async fn wait_for_call(
        &self,
        again: &mut Again,
        story: &Story,
        reason: Option<Pause>,
    ) -> Result<Box<Connection>, End> {
        let since = match &lock(story).accepted {
            Some(Accepted { kept: Some(kept), .. }) => kept.interrupted(),
            _ => SystemTime::now(),
        };
        let left = self.patience.saturating_sub(since.elapsed().unwrap_or_default());
        let text = "The other device did not come back in time.";
        tokio::select! {
            Some(connection) = again.recv() => Ok(connection),
            () = self.cancel.cancelled() => {
                let report = Report::of(Outcome::Cancelled { by: Side::Here });
                Err(End::Over(Box::new(report)))
            },
            () = self.alarm.cancelled() => Err(End::Over(Box::new(transfer::codes_differed()))),
            () = sleep(left), if reason.is_none() => {
                let (side, kind) = (Side::There, ProblemKind::Link);
                Err(End::Rests(Problem { side, kind, text: text.to_owned() }, since))
            }
        }
    }
}
