//! One file that is compared with what was recorded of it.
//!
//! Knows how that is said. Must not know how a file is read.

use crate::{
    engine::{
        Wake,
        history::{Next, Row, Verdict, Verification},
    },
    model::text::visible,
};

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

    /// How far it has been read, from 0 to 1; `None` where nothing is read.
    pub fn fraction(&self, size: Option<u64>) -> Option<f32> {
        let Self::Reading(reading) = self else { return None };
        let size = size.filter(|size| *size > 0)?;
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a bar")]
        let fraction = (reading.read() as f64 / size as f64).clamp(0.0, 1.0) as f32;
        Some(fraction)
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
