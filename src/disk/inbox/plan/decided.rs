//! What was decided about an offer: where each entry goes, and which are not wanted.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use super::{ranges::is_among, room::Refused};
use crate::{
    disk::{
        inbox::{
            local::{LocalNames, Names, ancestors},
            probe::Traits,
        },
        ledger::{Ledger, Saved},
        notes::Notes,
        system::volume::Volume,
    },
    model::{
        Accord, Caught, Conflict, Digest, Effect, Entry, EntryKind, EntryNo, LeftOut, Purpose, Shortfall,
        Stood,
    },
};

/// Where every entry of an offer goes, and which are not wanted.
#[derive(Debug, Default)]
pub struct Plan {
    pub(in crate::disk) names: LocalNames,
    /// What folders make of names and times where that is not what the one that they are in does, by
    /// the path that was offered.
    pub(in crate::disk) traits: HashMap<Box<str>, Traits>,
    pub(in crate::disk) conflict: Conflict,
    pub(in crate::disk) purpose: Purpose,
    /// Offered paths of the folders that must be made anew, and not found; `""` is the one that
    /// holds everything.
    pub(in crate::disk) fresh: Vec<Box<str>>,
    pub(super) unwanted: Vec<Range<EntryNo>>,
    pub(super) stored: Vec<Range<EntryNo>>,
    pub(super) likely: Vec<Range<EntryNo>>,
    /// Files that an earlier attempt has put into quarantine: among the unwanted, ascending.
    pub(super) apart: Vec<(EntryNo, Digest, Caught)>,
    /// Files that were agreed, and would bring more than was: among the unwanted.
    pub(super) beyond: Vec<Range<EntryNo>>,
    /// Files that can't be here: among the unwanted.
    pub(super) refused: Refused,
    /// What it seems to lack of room.
    pub(super) short: Option<Shortfall>,
    /// Of files that may take the place of one that is there, which one that is.
    pub(super) targets: HashMap<EntryNo, Target>,
    pub(in crate::disk) attempt: Attempt,
    /// Folders at the top, by their names here, that an earlier attempt has made.
    pub(in crate::disk) made_earlier: HashSet<Box<str>>,
    pub(super) needs: u64,
    /// Files among the unwanted, by reason; those that are stored or beyond are not counted.
    pub(super) left_out: LeftOut,
    /// Files that were agreed, have not come, and are not offered any more.
    pub(super) gone: u64,
    pub(super) notes: Notes,
}

impl Plan {
    /// Entries left out because they are there already: sorted, and neighbours merged.
    #[must_use]
    pub fn unwanted(&self) -> &[Range<EntryNo>] {
        &self.unwanted
    }

    /// Files among the unwanted that an earlier attempt stored: sorted, and neighbours merged.
    #[must_use]
    pub fn stored(&self) -> &[Range<EntryNo>] {
        &self.stored
    }

    /// Files among the unwanted that an earlier attempt has put into quarantine, ascending.
    #[must_use]
    pub fn apart(&self) -> &[(EntryNo, Digest, Caught)] {
        &self.apart
    }

    /// Files that seem to be there already, by size and time; wanted if they are others. Sorted, merged.
    #[must_use]
    pub fn likely(&self) -> &[Range<EntryNo>] {
        &self.likely
    }

    /// Files among the unwanted that were agreed, and have grown or changed beyond that: sorted, merged.
    #[must_use]
    pub fn beyond(&self) -> &[Range<EntryNo>] {
        &self.beyond
    }

    /// Files among the unwanted that this disk can't hold, however empty it is.
    #[must_use]
    pub fn refused(&self) -> &Refused {
        &self.refused
    }

    /// Where what is wanted seems to need more room than there is: a hint, which leaves the system some.
    #[must_use]
    pub fn short(&self) -> Option<Shortfall> {
        self.short
    }

    /// True where files are left that would bring more than was agreed, and no others.
    #[must_use]
    pub fn wants_nothing_but_more(&self, entries: &[Entry]) -> bool {
        let is_wanted = |(no, entry): (EntryNo, &Entry)| {
            matches!(entry.kind, EntryKind::File { .. }) && !self.is_unwanted(no)
        };
        !self.beyond.is_empty() && !(0..).zip(entries).any(is_wanted)
    }

    /// Bytes of the wanted files whose size is known.
    #[must_use]
    pub fn needs(&self) -> u64 {
        self.needs
    }

    /// Files that are left out, and why.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Files that were agreed, have not come, and are not offered any more.
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.gone
    }

    /// What the person should know: names that are changed and why. Bounded.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        self.notes.lines()
    }

    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// What is said yes to with this plan; `key` is random.
    #[must_use]
    pub fn accord(&self, key: [u8; 32], entries: &[Entry]) -> Accord {
        let is_wanted = |no| is_among(&self.stored, no) || is_among(&self.refused.entries, no);
        let is_left_out = |no| self.is_unwanted(no) && !is_wanted(no);
        Accord::new(key, entries, |no| match (is_left_out(no), self.target(no)) {
            (true, _) => None,
            (false, Some(Target::Told(stood))) => Some(Effect::Replaces(*stood)),
            (false, _) => Some(Effect::Adds),
        })
    }

    /// What the folder of an offered path makes of names and times; `ordinary` is what the receiving folder does.
    pub(in crate::disk) fn traits_for(&self, offered: &str, ordinary: Traits) -> Traits {
        if self.traits.is_empty() {
            return ordinary;
        }
        ancestors(offered).find_map(|folder| self.traits.get(folder).copied()).unwrap_or(ordinary)
    }

    /// What a file may take the place of, where that still stands under its name.
    pub(in crate::disk) fn target(&self, no: EntryNo) -> Option<&Target> {
        self.targets.get(&no)
    }

    pub(in crate::disk) fn is_unwanted(&self, no: EntryNo) -> bool {
        is_among(&self.unwanted, no)
    }

    pub(in crate::disk) fn is_likely(&self, no: EntryNo) -> bool {
        is_among(&self.likely, no)
    }
}

/// A file that may be replaced.
#[derive(Clone, Debug)]
pub enum Target {
    /// Its person was told so.
    Told(Stood),
    /// This transfer has stored it, and it has changed at the sender since.
    Own(Saved),
}

/// What an earlier attempt has left for the next one to be held to.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub names: Names,
    /// What was said yes to; `None` where that was not kept.
    pub accord: Option<Arc<Accord>>,
    /// What has come under it.
    pub ledger: Arc<Ledger>,
    /// Where it has gone so far, if that is known.
    pub volume: Option<Volume>,
}

/// Which attempt at a transfer it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attempt {
    #[default]
    First,
    Again,
}
