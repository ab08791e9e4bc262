//! Files that are not to be sent any more, though they were wanted: they failed at the receiver, or there is no room for
//! them now.
//!
//! Shared by the session, which hears of them, and the thread that reads them. Must not know why.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::{model::EntryNo, transfer::entry_set::EntrySet};

#[derive(Debug, Default)]
pub struct SetAside {
    /// So that nobody waits for what is hardly ever so.
    is_any: AtomicBool,
    entries: Mutex<EntrySet>,
}

impl SetAside {
    fn entries(&self) -> MutexGuard<'_, EntrySet> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, new: Vec<EntryNo>) {
        if new.is_empty() {
            return;
        }
        let mut entries = self.entries();
        for entry in new {
            entries.insert(entry);
        }
        self.is_any.store(true, Ordering::Release);
    }

    pub fn has(&self, entry: EntryNo) -> bool {
        self.is_any.load(Ordering::Acquire) && self.entries().contains(entry)
    }
}
