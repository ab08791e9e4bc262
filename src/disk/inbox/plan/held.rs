//! What another attempt is held to: the accord, and what has come under it.
//!
//! Says what may come, and how. Must not know names, nor what is in the folder.

use super::decided::Earlier;
use crate::model::{Accord, Arrived, Came, Effect, Entry, EntryKind};

/// What another attempt is held to.
pub struct HeldTo<'a> {
    accord: &'a Accord,
    arrived: &'a Arrived,
    /// Bytes that may still come beyond it.
    slack: u64,
    /// Files that were agreed, have not come, and were not offered this time.
    gone: usize,
}

impl<'a> HeldTo<'a> {
    /// `None` where nothing was kept of what was said yes to.
    pub fn of(earlier: &'a Earlier) -> Option<Self> {
        let (accord, arrived) = (earlier.accord.as_deref()?, &earlier.arrived);
        Some(Self { accord, arrived, slack: accord.slack(arrived), gone: accord.missing(arrived) })
    }

    /// Files that were agreed, and neither have come nor are offered any more, once all were gone through.
    pub fn gone(&self) -> usize {
        self.gone
    }

    /// True of what nobody has said yes to. To be asked once of each entry.
    pub fn is_new(&mut self, entry: &Entry) -> bool {
        let is_new = !self.accord.has(entry);
        if !is_new && matches!(entry.kind, EntryKind::File { .. }) && self.came(entry) == Came::Never {
            self.gone = self.gone.saturating_sub(1);
        }
        is_new
    }

    /// Whether this transfer has stored a file, and as it is offered now.
    pub fn came(&self, entry: &Entry) -> Came {
        self.arrived.came(self.accord.mark(entry), entry)
    }

    /// What a file may do that is wanted; `None` where more would come of it than was agreed.
    pub fn hold(&mut self, entry: &Entry) -> Option<Effect> {
        self.accord.hold(entry, self.arrived, &mut self.slack)
    }
}
