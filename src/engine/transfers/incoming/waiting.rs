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
    transfer::{self, Stayed},
    wire::message::{Ending, STAYING},
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
            self.resumed();
        }
    }

    fn resumed(&self) {
        if self.rest.reason().is_none() {
            let text = "It was paused here, and goes on when the other device calls.".to_owned();
            self.desk.interrupt(Problem { side: Side::Here, kind: ProblemKind::Resumed, text }, None);
        }
    }

    /// Tells a sender that calls that it is not to go on yet; one that can is told when that is over. The one that has
    /// come in its place, or how the transfer ends.
    pub(super) async fn put_off(
        &self,
        connection: Connection,
        why: Ending,
        again: &mut Again,
        story: &Story,
    ) -> Result<Option<Box<Connection>>, End> {
        if why != Ending::Paused || connection.can & STAYING == 0 {
            let said = transfer::put_off(connection.stream, why).await;
            return said.map_or(Ok(None), |outcome| Err(End::Over(Box::new(Report::of(outcome)))));
        }
        if let Some(pause) = self.rest.reason() {
            self.desk.rest(pause);
        }
        let mut then = Ok(None);
        let over = async {
            let (word, what) = tokio::select! {
                wanted = self.wishes.until(Wish::GoOn) => match wanted {
                    Ok(()) => {
                        self.note(story, |marks| marks.without(Side::Here));
                        self.resumed();
                        (Some(Ending::Resumed), Ok(None))
                    }
                    Err(Leaving) => (None, Err(End::Leaving)),
                },
                () = self.cancel.cancelled() => {
                    let report = Report::of(Outcome::Cancelled { by: Side::Here });
                    (Some(Ending::Cancelled), Err(End::Over(Box::new(report))))
                }
                () = self.alarm.cancelled() => {
                    (Some(Ending::Differs), Err(End::Over(Box::new(transfer::codes_differed()))))
                }
                // The sender has noticed first that this one is dead.
                Some(newer) = again.recv() => (None, Ok(Some(newer))),
            };
            then = what;
            word
        };
        match transfer::have_it_stay(connection.stream, over).await {
            Stayed::Cancelled => {
                let report = Report::of(Outcome::Cancelled { by: Side::There });
                return Err(End::Over(Box::new(report)));
            }
            Stayed::Paused => self.note(story, |marks| marks.with(Side::There)),
            Stayed::Gone => {}
        }
        then
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
