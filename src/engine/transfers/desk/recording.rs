//! What of a transfer's record goes into the history, and when.
//!
//! Knows the desk and its chronicle. Must not know how anything is written.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use super::Desk;
use crate::{
    engine::history::{Chronicle, So, Work},
    model::{FileRecord, Report, Source, TransferId, text},
    transfer::Account,
};

impl Desk {
    /// It goes on with what was begun then, and is known by that id.
    pub fn continues(&self, id: TransferId, began: SystemTime) {
        if let Some(chronicle) = &self.chronicle {
            chronicle.continues(id, began);
        }
    }

    /// What is to be sent, before it was looked through.
    pub fn picked(&self, sources: &[Source]) {
        let name = |source: &Source| match source {
            Source::Path(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
            Source::StandardInput { name } => Some(name.clone()),
            Source::Text(_) => None,
        };
        let Some(first) = sources.iter().find_map(name) else { return };
        let called = match sources.len() {
            0 | 1 => first,
            count => format!("{first} and {}", text::count(count as u64 - 1, "more", "more")),
        };
        self.update(|t| t.called = Some(called));
    }

    /// What has become of its files so far, while nothing flows.
    pub(super) fn record_so_far(&self) {
        if let Some(chronicle) = self.chronicle.as_ref().filter(|_| self.was_accepted()) {
            chronicle.hand_on(&self.shown(), self.so_far());
        }
    }

    pub(super) fn record_end(&self, report: &Report) {
        match &self.chronicle {
            Some(chronicle) if self.hearsay.is_some() && !self.was_accepted() => {
                chronicle.hand_on_hearsay(&self.shown(), So::Ended(report));
            }
            Some(chronicle) => chronicle.hand_on(&self.shown(), So::Ended(report)),
            None => {}
        }
    }

    fn so_far(&self) -> So<'static> {
        let (before, meter) = (*lock(&self.before), Arc::clone(&lock(&self.meter)));
        So::Far { bytes: meter.bytes(), took: before }
    }

    fn work(&self, chronicle: &Chronicle) -> Option<Work> {
        chronicle.work(&self.shown(), self.so_far())
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Account for Desk {
    fn file(&self, file: FileRecord) {
        if let Some(chronicle) = &self.chronicle {
            chronicle.file(file, || self.work(chronicle));
        }
    }

    fn settled_before(&self, file: FileRecord) {
        if let Some(chronicle) = &self.chronicle {
            chronicle.file_patiently(file, || self.work(chronicle));
        }
    }

    fn all_told(&self) {
        if let Some(chronicle) = &self.chronicle {
            chronicle.all_told(|| self.work(chronicle));
        }
    }

    fn has(&self, path: &str) -> bool {
        self.chronicle.as_ref().is_none_or(|chronicle| chronicle.has(path))
    }
}
