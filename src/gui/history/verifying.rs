//! One file that is compared with what was recorded of it.
//!
//! Knows how that is said. Must not know how a file is read.

use crate::{
    engine::{
        Wake,
        history::{Next, Row, Verdict, Verification},
    },
    model::text::{self, visible},
};

/// From this size on it takes so long that it is said how long it may take.
const LARGE: u64 = 1_000_000_000;

#[derive(Default)]
pub enum Verifying {
    #[default]
    Not,
    /// Dropped, it looks no further.
    Reading(Verification),
    Said {
        text: String,
        is_good: bool,
    },
}

impl Verifying {
    /// Begins to read it, in the background.
    pub fn start(row: &Row, wake: Wake) -> Self {
        match Verification::start(vec![row.clone()], move || wake()) {
            Ok(reading) => Self::Reading(reading),
            Err(problem) => {
                tracing::error!(%problem, "the system gives no thread");
                let text = "It can’t be verified: the system gives Airlift no thread.".to_owned();
                Self::Said { text, is_good: false }
            }
        }
    }

    /// Takes the verdict once it is there.
    pub fn update(&mut self) {
        let Self::Reading(reading) = self else { return };
        match reading.next() {
            Next::NotYet => {}
            Next::Verified(verified) => *self = said(&verified.verdict),
            Next::Over => *self = Self::Not,
        }
    }

    /// What is said while it is read.
    pub fn said(&self, size: Option<u64>) -> String {
        match size {
            Some(size) if size >= LARGE => format!("Reading all {} of it…", text::bytes(size)),
            _ => "Reading it…".to_owned(),
        }
    }
}

fn said(verdict: &Verdict) -> Verifying {
    let (text, is_good) = match verdict {
        Verdict::Unchanged => ("Unchanged: every byte is as it was.".to_owned(), true),
        Verdict::Changed => {
            ("Changed: something else is there now, or it is being written to.".to_owned(), false)
        }
        Verdict::Gone => ("Gone: it was moved, renamed or deleted.".to_owned(), false),
        Verdict::Unreadable(why) => {
            (format!("It can’t be read: {}.", visible(why).trim_end_matches('.')), false)
        }
        Verdict::Incomparable => ("Nothing was recorded that it could be compared with.".to_owned(), false),
    };
    Verifying::Said { text, is_good }
}
