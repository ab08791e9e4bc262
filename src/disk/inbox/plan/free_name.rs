//! The name that something gets in its folder: its own, or the first one with a number that is free.
//!
//! Knows what was given away and what is there. No name is looked at twice, however many want it.

use std::collections::HashMap;

use super::{
    fate::{Fate, Why},
    planner::{Folder, Planner},
};
use crate::{
    disk::{inbox::local::above, kind::Kind, naming::Numbering},
    model::Conflict,
};

/// The next number to try beside a name, by the name with the first number of as many digits. Names that are
/// cut to make room for a number, and differ only in what is cut, share their numbers.
#[derive(Default)]
pub struct Numbers(HashMap<u64, u32>);

pub struct Settled {
    pub name: String,
    pub fate: Fate,
    pub why: Option<Why>,
}

impl Planner<'_> {
    /// The first name that is neither given away nor, unless it may be merged with, there.
    pub fn settle(
        &mut self,
        parent: Folder,
        parent_path: &str,
        wish: &str,
        numbering: Numbering,
        conflict: Conflict,
    ) -> Settled {
        let there = self.there(parent, parent_path, wish);
        let first = self.key(parent, wish);
        let is_taken = self.taken.contains(&first);
        let found = |fate, why| Settled { name: wish.to_owned(), fate, why };
        if !is_taken {
            let settled = match (&there, conflict, numbering) {
                (None, _, _) => Some(found(Fate::New, None)),
                (Some(Kind::Folder), merging, Numbering::Folder) if merging != Conflict::KeepBoth => {
                    Some(found(Fate::Merged, None))
                }
                (Some(_), Conflict::Skip, _) => Some(found(Fate::LeftOut, Some(Why::IsThere))),
                (Some(Kind::File), Conflict::Replace, Numbering::File) => {
                    Some(found(Fate::Replaces, Some(Why::IsThere)))
                }
                (Some(_), Conflict::KeepBoth | Conflict::Replace | Conflict::Complete, _) => None,
            };
            if let Some(settled) = settled {
                self.taken.insert(first);
                return settled;
            }
        }
        let mut number = 0;
        loop {
            number = self.next_number(parent, wish, numbering, number);
            let name = self.names(parent).numbered(wish, number, numbering);
            let key = self.key(parent, &name);
            let fate = match self.there(parent, parent_path, &name) {
                None => Fate::New,
                // Where it was put before, for the same reason.
                Some(Kind::Folder) if conflict == Conflict::Complete && numbering == Numbering::Folder => {
                    Fate::Merged
                }
                Some(_) => continue,
            };
            if self.taken.insert(key) {
                let why = Some(if is_taken { Why::SameName } else { Why::IsThere });
                return Settled { name, fate, why };
            }
        }
    }

    /// True of a file that [`Planner::name`] would leave out.
    pub fn is_left_out(&self, parent: Folder, path: &str, conflict: Conflict) -> bool {
        if parent.fate == Fate::LeftOut {
            return true;
        }
        let wish = self.plan.names.wish(self.names(parent), path);
        conflict == Conflict::Skip
            && !self.taken.contains(&self.key(parent, &wish))
            && self.there(parent, above(path), &wish).is_some()
    }

    /// The first number after this one that was not tried for a name like this.
    fn next_number(&mut self, parent: Folder, wish: &str, numbering: Numbering, after: u32) -> u32 {
        let mut number = after.saturating_add(1);
        loop {
            // Numbers of as many digits leave as much of the name.
            let first = 10u32.pow(number.ilog10());
            let like = self.key(parent, &self.names(parent).numbered(wish, first, numbering));
            let next = self.numbers.0.entry(like).or_insert(first);
            number = number.max(*next);
            if number.ilog10() == first.ilog10() {
                *next = number.saturating_add(1);
                return number;
            }
        }
    }
}
