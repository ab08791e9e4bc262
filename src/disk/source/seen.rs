//! What a scan saw of a file, and whether it is still so.

use cap_std::fs::Metadata;

use crate::{
    disk::{kind::Kind, system::attributes},
    model::Timestamp,
};

/// What the scan saw of a file.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub size: u64,
    pub modified: Option<Timestamp>,
}

impl Seen {
    pub fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), modified: attributes::modified(metadata) }
    }

    /// True when nothing has changed since, as far as size and time show.
    pub fn is(self, now: &Metadata) -> bool {
        matches!(Kind::of(now), Kind::File)
            && now.len() == self.size
            && attributes::modified(now) == self.modified
    }
}
