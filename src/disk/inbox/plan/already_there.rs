//! A plan that adds to what is there: which files seem to be there already, by their name and size,
//! and beside that by their time. Whether they are the same, their digests must show.
//!
//! Knows what stands in the folder; reads no content.

use std::borrow::Cow;

use cap_std::fs::Metadata;

use super::{
    fate::Fate,
    planner::{Folder, Planner},
};
use crate::{
    disk::{
        inbox::{Inbox, local::above, probe::Traits, times::Times},
        kind::Kind,
        naming::Numbering,
        system::attributes,
    },
    model::{Conflict, Entry, EntryKind},
};

/// Names with a number that are looked at, beside a file's own: under one of them it may have been
/// stored before. Few, so that an offer of many equal names costs no more than others.
pub const BESIDE: u32 = 8;

/// True of a file of the size of the one that is offered.
pub fn is_as_long(there: &Metadata, offered: &Entry) -> bool {
    let EntryKind::File { size: Some(size), .. } = offered.kind else { return false };
    matches!(Kind::of(there), Kind::File) && there.len() == size
}

/// True of a file with the size and, where times are kept there, the time of the one that is offered.
pub fn looks_like(times: Times, there: &Metadata, offered: &Entry) -> bool {
    let both = attributes::modified(there).zip(offered.modified);
    is_as_long(there, offered) && both.is_some_and(|(there, offered)| times.may_be(there, offered))
}

/// True of what is worth comparing under a name with this number: under its own, whatever time the disk has made of the
/// one that it was given, and beside that only what looks like it.
pub fn may_be(number: u32, times: Times, there: &Metadata, offered: &Entry) -> bool {
    let times = if number == 0 { Times::Lost } else { times };
    looks_like(times, there, offered)
}

/// What a plan that adds to what is there would say of an offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Already {
    /// Files that seem to be there.
    pub files: u64,
    /// What becomes of names; `None` where nothing is there that could change it.
    pub notes: Option<Vec<String>>,
}

/// See [`Inbox::already`].
pub fn already(inbox: &Inbox, entries: &[Entry], name: Option<&str>) -> Already {
    let count = || {
        let mut planner = Planner::new(inbox, entries, Conflict::Complete).ok()?;
        if let Some(name) = name {
            planner.save_as(entries, name).ok()?;
        }
        for (no, entry) in (0..).zip(entries) {
            planner.place(no, entry).ok()?;
        }
        let files = planner.plan.likely.iter().map(|range| u64::from(range.end - range.start)).sum();
        Some(Already { files, notes: Some(planner.plan.notes().to_vec()) })
    };
    // Of nearly every offer nothing is there, and that is known after a look or two.
    let mut tops: Vec<&str> = entries.iter().map(|entry| entry.path.top()).collect();
    tops.dedup();
    let is_there = |top: &str| {
        let wish = inbox.traits.names.storable(top);
        inbox.dir.symlink_metadata(&*wish).is_ok()
    };
    let may_be = name.map_or_else(|| tops.into_iter().any(is_there), is_there);
    // What is wrong with the offer, its own plan has said.
    if may_be { count().unwrap_or_default() } else { Already::default() }
}

impl<'a> Planner<'a> {
    /// True of a file that may be there already, under its own name or a numbered one.
    pub fn likely(&mut self, parent: Folder, entry: &'a Entry) -> bool {
        if self.plan.conflict != Conflict::Complete || parent.fate != Fate::Merged {
            return false;
        }
        let path = entry.path.as_str();
        let Traits { names, times, .. } = self.traits(parent);
        let wish = self.plan.names.wish(names, path).into_owned();
        for number in 0..=BESIDE {
            let name = match number {
                0 => Cow::Borrowed(&*wish),
                _ => Cow::Owned(names.numbered(&wish, number, Numbering::File)),
            };
            let key = self.key(parent, &name);
            let there = match self.look(parent, above(path), &name) {
                // It is another's in this offer, and was when this one was put beside that.
                None if self.taken.contains(&key) => continue,
                None => return false,
                Some(there) => there,
            };
            if may_be(number, times, &there, entry) && self.claim(&there) && self.taken.insert(key) {
                self.plan.names.set(path, &name);
                return true;
            }
        }
        false
    }
}
