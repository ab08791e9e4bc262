//! A transfer that sends and rests: paused at either end, or where the receiver’s disk is full or not there.
//!
//! Knows what is noted of that, and how long the person here is waited for. Must not know when it is called again.

use std::time::Instant;

use super::{Outgoing, Story, cancelled, lock};
use crate::{
    engine::transfers::{
        marks::Marks,
        resting::{Leaving, Wish},
    },
    model::{Pause, Problem, ProblemKind, Report, Side},
    transfer,
};

impl Outgoing {
    /// Rests until the person here wants it to go on; or how it ends instead.
    pub(super) async fn wait_for_resume(&self, accepted: &Story) -> Result<Option<Box<Report>>, Leaving> {
        self.note(accepted, |marks| marks.with(Side::Here));
        self.desk.rest(Pause::Person(Side::Here));
        tokio::select! {
            wanted = self.wishes.until(Wish::GoOn) => wanted?,
            () = self.cancel.cancelled() => return Ok(Some(cancelled())),
            () = self.alarm.cancelled() => return Ok(Some(Box::new(transfer::codes_differed()))),
        }
        self.note(accepted, |marks| marks.without(Side::Here));
        match self.rest.reason() {
            Some(paused_there) => self.desk.rest(paused_there),
            None => self.desk.interrupt(resumed(), Some(Instant::now())),
        }
        Ok(None)
    }

    /// It rests there, and the connection stays until that is over.
    pub(super) fn stays(&self, accepted: &Story) {
        self.note(accepted, |marks| marks.with(Side::There));
        self.desk.rest(Pause::Person(Side::There));
    }

    /// What the last attempt has shown of that; what rests there rests for as long as nobody says
    /// otherwise.
    pub(super) fn why_it_rests(&self, accepted: &Story, why: &Problem) -> Option<Pause> {
        if self.desk.is_flowing() || why.kind == ProblemKind::Resumed {
            self.note(accepted, |marks| marks.without(Side::There));
        }
        if why.kind == ProblemKind::Paused {
            self.note(accepted, |marks| marks.with(Side::There));
        }
        match why.kind {
            ProblemKind::NoRoom => Some(Pause::NoRoom { lacks: None }),
            ProblemKind::NoDisk => Some(Pause::NoDisk),
            _ => self.rest.reason(),
        }
    }

    pub(super) fn note(&self, accepted: &Story, change: impl FnOnce(Marks) -> Marks) {
        let accepted = lock(accepted);
        self.rest.note(accepted.as_ref().and_then(|accepted| accepted.kept.as_ref()), change);
    }
}

fn resumed() -> Problem {
    let text = "It was paused here, and is to go on.".to_owned();
    Problem { side: Side::Here, kind: ProblemKind::Resumed, text }
}
