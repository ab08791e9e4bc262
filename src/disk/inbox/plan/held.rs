//! What another attempt is held to: the accord, and what its ledger says has come under it.
//!
//! Says what may come, and how. Must not know names, nor what is in the folder.

use super::decided::Earlier;
use crate::{
    disk::ledger::{Ledger, Saved},
    model::{Accord, Caught, Coming, Digest, Effect, Entry, EntryKind},
};

/// What another attempt is held to.
pub struct HeldTo<'a> {
    accord: &'a Accord,
    ledger: &'a Ledger,
    /// Bytes that may still come beyond it.
    slack: u64,
    /// Files that were agreed, have not come, and were not offered this time.
    gone: usize,
}

impl<'a> HeldTo<'a> {
    /// `None` where nothing was kept of what was said yes to.
    pub fn of(earlier: &'a Earlier) -> Option<Self> {
        let (accord, ledger) = (earlier.accord.as_deref()?, &*earlier.ledger);
        let (slack, gone) = ledger.arrived(|arrived| (accord.slack(arrived), accord.missing(arrived)));
        Some(Self { accord, ledger, slack, gone })
    }

    /// Files that were agreed, and neither have come nor are offered any more, once all were gone through.
    pub fn gone(&self) -> usize {
        self.gone
    }

    /// True of what nobody has said yes to. To be asked once of each entry.
    pub fn is_new(&mut self, entry: &Entry) -> bool {
        let is_new = !self.accord.has(entry);
        let mark = self.accord.mark(entry);
        let is_file = matches!(entry.kind, EntryKind::File { .. });
        if !is_new && is_file && self.ledger.arrived(|arrived| self.accord.awaits(mark, arrived)) {
            self.gone = self.gone.saturating_sub(1);
        }
        is_new
    }

    /// Whether this transfer has stored a file, and as it is offered now.
    pub fn coming(&self, entry: &Entry) -> Coming {
        let mark = self.accord.mark(entry);
        self.ledger.arrived(|arrived| arrived.coming(mark, entry))
    }

    /// Why this transfer has put a file into quarantine, if that is where it is.
    pub fn caught(&self, entry: &Entry) -> Option<(Digest, Caught)> {
        self.ledger.is_caught(self.accord.mark(entry))
    }

    /// What a file may do that is wanted; `None` where more would come of it than was agreed.
    pub fn hold(&mut self, entry: &Entry) -> Option<Effect> {
        self.ledger.arrived(|arrived| self.accord.hold(entry, arrived, &mut self.slack))
    }

    /// What was about to get its name when an attempt ended, and is not known to have it; and whether the entry is still
    /// as it was then.
    pub fn intended(&self, entry: &Entry) -> Option<(Saved, Coming)> {
        self.ledger.intended(self.accord.mark(entry), entry)
    }

    /// What was stored last of a file that has changed since.
    pub fn last(&self, entry: &Entry) -> Option<Saved> {
        self.ledger.last(self.accord.mark(entry))
    }
}
