//! A plan for another attempt: what the first one has stored is not wanted again, and what it has
//! called by another name keeps that name.
//!
//! Knows what an earlier attempt chose, and compares it with what stands there now. Reads no content.

use cap_std::fs::Metadata;

use super::{Fate, Folder, Inbox, Kind, Plan, PlanError, Planner, above, last};
use crate::{
    disk::{attributes, local::Names},
    model::{Conflict, Entry, EntryKind},
};

/// Which attempt at a transfer it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attempt {
    #[default]
    First,
    Again,
}

/// See [`Inbox::plan_again`].
pub fn make_again(
    inbox: &Inbox,
    entries: &[Entry],
    names: &Names,
    conflict: Conflict,
) -> Result<Plan, PlanError> {
    let mut planner = Planner::new(inbox, entries, conflict)?;
    planner.plan.attempt = Attempt::Again;
    planner.plan.names = names.chosen.clone();
    if let Some(holder) = names.chosen.holder() {
        let fate = match planner.there(planner.top, "", holder) {
            Some(Kind::Folder) => Fate::Merged,
            _ => Fate::New,
        };
        planner.top = planner.new_folder(planner.top, holder, fate);
    }
    for (no, entry) in (0..).zip(entries) {
        planner.place(no, entry)?;
    }
    Ok(planner.plan)
}

/// Seconds by which the time of a stored file may differ from the one that was offered: some file
/// systems count in steps of two.
const COARSE: u64 = 2;

impl Planner<'_> {
    /// [`Fate::Stored`] of a file that stands where an earlier attempt would have stored it, with the
    /// size and time of the one that is offered.
    pub fn stored_earlier(&mut self, parent: Folder, entry: &Entry) -> Option<Fate> {
        let EntryKind::File { size: Some(size), .. } = entry.kind else { return None };
        let path = entry.path.as_str();
        let (name, there) = self.earlier(parent, path)?;
        let same_time = attributes::modified(&there)
            .zip(entry.modified)
            .is_some_and(|(there, offered)| there.seconds.abs_diff(offered.seconds) <= COARSE);
        if !matches!(Kind::of(&there), Kind::File) || there.len() != size || !same_time {
            return None;
        }
        self.taken.insert(self.key(parent, &name));
        Some(Fate::Stored)
    }

    /// The name of a folder that an earlier attempt went into.
    pub fn entered_earlier(&mut self, parent: Folder, path: &str) -> Option<String> {
        let (name, there) = self.earlier(parent, path)?;
        if !matches!(Kind::of(&there), Kind::Folder) {
            return None;
        }
        self.taken.insert(self.key(parent, &name));
        Some(name)
    }

    /// What stands under the name that an earlier attempt chose.
    fn earlier(&self, parent: Folder, path: &str) -> Option<(String, Metadata)> {
        if self.plan.attempt == Attempt::First || parent.fate == Fate::LeftOut {
            return None;
        }
        let local = self.plan.names.path(path);
        let name = last(&local);
        let there = self.look(parent, above(path), name)?;
        Some((name.to_owned(), there))
    }
}
