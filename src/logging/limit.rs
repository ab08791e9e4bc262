//! The filter that holds every source to its allowance, before anything of a line is formatted.
//!
//! Knows what the log is asked to write. Must not know where lines go.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::SyncSender},
    time::Instant,
};

use tracing::{Event, Metadata, level_filters::LevelFilter};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::layer::{Context, Filter};

use super::{
    allowance::{Allowances, Answer, LeftOut, Source},
    fields,
};
use crate::model::text;

/// Bytes of a line that stand for all that are like it.
const EXAMPLE: usize = 300;

/// What wakes up whoever tells what was left out.
#[derive(Debug)]
pub enum Bell {
    LeftOut,
    /// The log ends: what is still to be told is told now.
    End,
}

/// The allowances of one place that lines go to. Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Limit {
    allowances: Arc<Mutex<Allowances>>,
    bell: SyncSender<Bell>,
}

impl Limit {
    /// Rings the bell when something is left out after a time without.
    pub fn new(bell: SyncSender<Bell>) -> Self {
        Self { allowances: Arc::default(), bell }
    }

    /// Takes what has been left out since this was last asked.
    pub fn left_out(&self) -> Vec<LeftOut> {
        self.lock().left_out()
    }

    fn may(&self, event: &Event<'_>, now: Instant) -> bool {
        // What libraries log by way of `log` seems to come from one place until it is asked again.
        let normal = event.normalized_metadata();
        let from = normal.as_ref().unwrap_or_else(|| event.metadata());
        let source = Source { level: *from.level(), target: from.target().to_owned(), line: from.line() };
        let answer = self.lock().ask(&source, now);
        if answer == Answer::LeaveOutFirst {
            // Not under the lock: whatever is formatted here may log by itself.
            let said = fields::shown(|visitor| event.record(visitor), EXAMPLE);
            self.lock().remember(&source, format!("{}: {said}", text::visible(&source.target)));
            // It rings already, or nobody is there to hear it.
            let _ = self.bell.try_send(Bell::LeftOut);
        }
        answer == Answer::Log
    }

    fn lock(&self) -> MutexGuard<'_, Allowances> {
        self.allowances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Filter<S> for Limit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        self.may(event, Instant::now())
    }

    /// Without it, whatever is combined with this has none either, and every call is looked at.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }
}
