//! A plan for another attempt: what the first one has stored is not wanted again, and what it has
//! called by another name keeps that name.
//!
//! Knows what an earlier attempt chose and noted, and compares it with what stands there now. Reads no content.

use cap_std::fs::Metadata;

use super::{
    already_there::looks_like,
    decided::{Attempt, Earlier, Plan, Target},
    fate::Fate,
    held::HeldTo,
    planner::{Folder, Planner},
};
use crate::{
    disk::{
        error::PlanError,
        inbox::{
            Inbox,
            local::{Origin, above, last},
        },
        kind::Kind,
        ledger::Saved,
        system::identity::Identity,
    },
    model::{Coming, Conflict, Entry, EntryNo},
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
    earlier.ledger.resolve(|saved| planner.has_its_name(saved));
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
        let top = planner.new_folder(planner.top, holder, fate);
        planner.top = planner.tried(top, "");
    }
    for (no, entry) in (0..).zip(entries) {
        planner.place(no, entry)?;
    }
    planner.plan.gone = planner.held.as_ref().map_or(0, HeldTo::gone) as u64;
    Ok(planner.done())
}

impl Planner<'_> {
    /// True of a file that the ledger doesn't call stored, where something stands in its place whose content must tell.
    pub fn left_earlier(&mut self, parent: Folder, entry: &Entry) -> bool {
        let path = entry.path.as_str();
        let intended = self.held.as_ref().and_then(|held| held.intended(entry));
        if let Some((saved, Coming::Unchanged)) = intended
            && let Some((saved, there)) = self.stands(parent, path, saved)
        {
            let is_free = self.claim(&there);
            if is_free {
                self.take_name(parent, path, last(&saved.path));
            }
            return is_free;
        }
        let Some((name, there)) = self.earlier(parent, path) else { return false };
        let is_like = looks_like(self.traits(parent).times, &there, entry) && self.claim(&there);
        if is_like {
            self.taken.insert(self.key(parent, &name));
        }
        is_like
    }

    /// Has a file that has changed at the sender since it was stored, or was about to be, take the place of what was. True
    /// where that may still stand there: whether it is what was stored is seen when its name is given.
    pub fn renews(&mut self, no: EntryNo, parent: Folder, entry: &Entry) -> bool {
        let path = entry.path.as_str();
        let Some(held) = &self.held else { return false };
        let intended = || held.intended(entry).filter(|(_, coming)| *coming == Coming::Changed);
        let before = held.last(entry).or_else(|| intended().map(|(saved, _)| saved));
        let Some((saved, there)) = before.and_then(|saved| self.stands(parent, path, saved)) else {
            return false;
        };
        self.claim(&there);
        self.take_name(parent, path, last(&saved.path));
        self.plan.targets.insert(no, Target::Own(saved));
        true
    }

    /// What was saved, and what stands under that name now, if that is a file of that size.
    fn stands(&self, parent: Folder, path: &str, saved: Saved) -> Option<(Saved, Metadata)> {
        let is_here = above(&saved.path) == self.plan.names.path(above(path));
        let there = self.look(parent, above(path), last(&saved.path)).filter(|_| is_here)?;
        (matches!(Kind::of(&there), Kind::File) && there.len() == saved.size).then_some((saved, there))
    }

    /// True where the very file that was about to get its name has it.
    fn has_its_name(&self, saved: &Saved) -> bool {
        let name = last(&saved.path);
        let there = match above(&saved.path) {
            "" => self.inbox.dir.symlink_metadata(name),
            parent => self.open(parent).and_then(|dir| dir.symlink_metadata(name)),
        };
        let is_very = |there: &Metadata| saved.identity.is_some() && Identity::of(there) == saved.identity;
        there.is_ok_and(|there| is_very(&there) && there.len() == saved.size)
    }

    fn take_name(&mut self, parent: Folder, path: &str, name: &str) {
        self.taken.insert(self.key(parent, name));
        self.plan.names.set(path, name);
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
