//! What state a kept transfer is in while nobody goes on with it, and how faces see it.
//!
//! Pure: told the record, the marks and the time. Must not know files.

use std::time::{Duration, SystemTime};

use crate::{
    engine::transfers::{
        marks::Marks,
        record::{Agreed, Missing, Record},
    },
    model::{Direction, Landing, Problem, ProblemKind, Rest, Side, Transfer, TransferState},
    settings::{GoOn, Settings},
};

/// Whether a transfer that was interrupted then is gone on with by itself, and why not.
#[must_use]
pub fn resting(
    record: &Record,
    agreed: Agreed,
    (marks, interrupted): (Marks, SystemTime),
    settings: &Settings,
) -> Option<Rest> {
    // What a person has paused waits for as long as it takes.
    let is_old = marks.pause().is_none() && is_over(interrupted, settings.patience());
    if record.missing() == Missing::Failed || is_old {
        Some(Rest::Over)
    } else {
        (settings.go_on == GoOn::Ask || agreed == Agreed::Unknown).then_some(Rest::Asks)
    }
}

/// True when that time has passed. A clock that was set back only makes it later.
pub fn is_over(since: SystemTime, limit: Duration) -> bool {
    since.elapsed().is_ok_and(|passed| passed > limit)
}

/// Why it is interrupted when a program begins.
#[must_use]
pub fn not_running() -> Problem {
    let text = "Airlift was not running.".to_owned();
    Problem { side: Side::Here, kind: ProblemKind::Link, text }
}

/// The state of one that is gone on with, as long as nothing flows.
#[must_use]
pub fn waiting(marks: Marks) -> TransferState {
    match marks.pause() {
        Some(pause) => TransferState::Paused(pause),
        None => TransferState::Interrupted { why: not_running(), again: None },
    }
}

/// Why a kept transfer is not over when a program begins.
#[must_use]
pub fn why(record: &Record) -> Problem {
    match record.missing() {
        Missing::Unsent => not_running(),
        Missing::Failed => of_files("Some of its files failed. They can be sent once more.".to_owned()),
    }
}

/// The state of one that nobody goes on with.
#[must_use]
pub fn left(why: Problem, rest: Rest, since: SystemTime, settings: &Settings) -> TransferState {
    TransferState::Left { why, rest, until: since.checked_add(settings.leftovers()).unwrap_or(since) }
}

/// A kept transfer as faces see it.
#[must_use]
pub fn shown(record: &Record, state: TransferState) -> Transfer {
    let (direction, peer, summary, folder) = match record {
        Record::Sending(sending) => (Direction::Send, &sending.peer, &sending.summary, None),
        Record::Receiving(receiving) => {
            let Landing { folder, .. } = &receiving.landing;
            (Direction::Receive, &receiving.peer, &receiving.summary, folder.clone())
        }
    };
    Transfer {
        summary: summary.clone(),
        folder,
        ..Transfer::new(record.id(), direction, peer.shown(), state)
    }
}

/// A problem with the files here.
pub fn of_files(text: String) -> Problem {
    Problem { side: Side::Here, kind: ProblemKind::Files, text }
}
