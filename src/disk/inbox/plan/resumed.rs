//! A plan for another attempt: what the first one has stored is not wanted again, and what it has
//! called by another name keeps that name.
//!
//! Knows what an earlier attempt chose, and compares it with what stands there now. Reads no content.

use cap_std::fs::Metadata;

use super::{
    already_there::looks_like,
    decided::{Attempt, Earlier, Plan},
    held::HeldTo,
    planner::{Fate, Folder, Planner},
};
use crate::{
    disk::{
        error::PlanError,
        inbox::{
            Inbox,
            local::{Origin, above, last},
        },
        kind::Kind,
        system::attributes,
    },
    model::{Conflict, Entry, text},
};

/// See [`Inbox::plan_again`].
pub fn make_again<'a>(
    inbox: &'a Inbox,
    entries: &'a [Entry],
    earlier: &'a Earlier,
    conflict: Conflict,
) -> Result<Plan, PlanError> {
    let names = &earlier.names;
    let mut planner = Planner::new(inbox, entries, conflict)?;
    planner.held = HeldTo::of(earlier);
    planner.plan.attempt = Attempt::Again;
    planner.plan.names = names.chosen.clone();
    let made = names.tops().iter().filter(|top| top.origin == Origin::Made);
    planner.plan.made_earlier = made.map(|top| top.name.clone()).collect();
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
    if let Some(gone @ 1..) = planner.held.as_ref().map(HeldTo::gone) {
        let gone = text::count(gone as u64, "file that was accepted is", "files that were accepted are");
        planner.plan.notes.add(format_args!("{gone} gone at the sender."));
    }
    Ok(planner.plan)
}

impl Planner<'_> {
    /// [`Fate::Stored`] of a file that stands where an earlier attempt would have stored it, with exactly
    /// the size and time of the one that is offered, and can be nobody else's: the attempt has made its
    /// folder, or the time has fractions of a second. Otherwise it is [`Fate::Likely`] only: two senders
    /// may offer the same name.
    pub fn stored_earlier(&mut self, parent: Folder, entry: &Entry) -> Option<Fate> {
        let (name, there) = self.earlier(parent, entry.path.as_str())?;
        if !looks_like(&there, entry) {
            return None;
        }
        self.taken.insert(self.key(parent, &name));
        let local = self.plan.names.path(entry.path.as_str());
        let is_in_own = local.split_once('/').is_some_and(|(top, _)| self.plan.made_earlier.contains(top));
        let is_exact = entry.modified.is_some_and(|offered| {
            attributes::modified(&there) == Some(offered) && (is_in_own || offered.nanos != 0)
        });
        let is_sure = is_exact && self.plan.conflict != Conflict::Complete;
        Some(if is_sure { Fate::Stored } else { Fate::Likely })
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
