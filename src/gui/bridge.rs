//! The window's end of the engine's seam: the snapshot, kept up to date.

use crate::{
    engine::{Events, Handle, Snapshot, Update},
    model::{Progress, TransferId},
};

pub struct Bridge {
    pub handle: Handle,
    pub snapshot: Snapshot,
    events: Events,
}

impl Bridge {
    pub fn new(handle: Handle) -> Self {
        let (snapshot, events) = handle.subscribe();
        Self { handle, snapshot, events }
    }

    /// The next change, already folded into the snapshot.
    pub fn next(&mut self) -> Option<Update> {
        let update = self.events.try_next()?;
        match &update {
            Update::Event(event) => self.snapshot.apply(event),
            Update::Resync(snapshot) => self.snapshot.clone_from(snapshot),
        }
        Some(update)
    }

    pub fn progress(&self, id: TransferId) -> Option<Progress> {
        self.handle.progress(id)
    }
}
