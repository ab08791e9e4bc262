//! Checks a whole offer against itself and the receiving folder, and decides every name.
//!
//! Knows entries, names and what is in the folder; asks nobody, and writes nothing but what is needed to try a folder
//! that is there. The work and the memory it takes grow with the number of entries, whatever they are.

mod alike;
mod already_there;
mod decided;
mod fate;
mod free_name;
mod held;
mod met;
mod planner;
mod ranges;
mod resumed;
mod room;
mod traits;

use super::{folder::Inbox, times::Times};
use crate::{
    disk::{error::PlanError, system::space::Space},
    model::{Conflict, Entry, EntryKind, LeaveOut, Medium, Purpose},
};
use planner::Planner;

pub use already_there::Already;
pub(in crate::disk) use already_there::{BESIDE, is_as_long, may_be};
pub use decided::{Attempt, Earlier, Plan, Target};
pub use room::Refused;

impl Inbox {
    /// Checks a whole offer and decides where each entry goes. Of what is offered nothing is written.
    ///
    /// `name`: another name for the one thing offered, or a new folder for several.
    ///
    /// # Errors
    /// When the offer contradicts itself, or `name` is no name.
    pub fn plan(&self, entries: &[Entry], name: Option<&str>, conflict: Conflict) -> Result<Plan, PlanError> {
        make(self, entries, name, conflict, None)
    }

    /// As [`Inbox::plan`], where a person does not want all of it. What is in a folder that is left out is left out with it.
    ///
    /// # Errors
    /// As [`Inbox::plan`].
    pub fn plan_without(
        &self,
        entries: &[Entry],
        name: Option<&str>,
        conflict: Conflict,
        without: &LeaveOut,
    ) -> Result<Plan, PlanError> {
        make(self, entries, name, conflict, Some(without).filter(|without| !without.is_empty()))
    }

    /// Files of an offer that seem to be there already, by name and size: what a plan with
    /// [`Conflict::Complete`] would not want as long as their digests agree; and what it would say.
    #[must_use]
    pub fn already(&self, entries: &[Entry], name: Option<&str>) -> Already {
        already_there::already(self, entries, name)
    }

    /// As [`Inbox::plan`], for another attempt at a transfer. What an earlier one stored is not wanted again,
    /// what it left has its space already, and what nobody has said yes to is left out.
    ///
    /// # Errors
    /// As [`Inbox::plan`].
    pub fn plan_again(
        &self,
        entries: &[Entry],
        earlier: &Earlier,
        conflict: Conflict,
    ) -> Result<Plan, PlanError> {
        resumed::make_again(self, entries, earlier, conflict)
    }

    /// Checks a speed test, whose content is not kept: no name of the offer is used.
    ///
    /// # Errors
    /// When the offer is not one file of a known size, or that is larger than the free space and is
    /// to be written.
    pub fn plan_trial(&self, entries: &[Entry], medium: Medium) -> Result<Plan, PlanError> {
        of_trial(self, entries, medium)
    }

    /// Checks a text, which goes nowhere on this disk.
    ///
    /// # Errors
    /// When the offer is not one entry of a known size.
    pub fn plan_text(&self, entries: &[Entry]) -> Result<Plan, PlanError> {
        of_text(entries)
    }
}

/// See [`Inbox::plan`].
fn make<'a>(
    inbox: &'a Inbox,
    entries: &'a [Entry],
    name: Option<&str>,
    conflict: Conflict,
    without: Option<&'a LeaveOut>,
) -> Result<Plan, PlanError> {
    let mut planner = Planner::new(inbox, entries, conflict)?;
    planner.without = without;
    if let Some(name) = name {
        planner.save_as(entries, name)?;
    }
    for (no, entry) in (0..).zip(entries) {
        planner.place(no, entry)?;
    }
    let all = planner.plan.traits.values().chain([&inbox.traits]);
    let is_lost = all.into_iter().any(|traits| traits.times == Times::Lost);
    if is_lost && entries.iter().any(|entry| entry.modified.is_some()) {
        planner.plan.notes.add("This disk doesn't keep the times of files.");
    }
    let short = planner.room.lacks();
    Ok(Plan { short, ..planner.done() })
}

/// See [`Inbox::plan_trial`].
fn of_trial(inbox: &Inbox, entries: &[Entry], medium: Medium) -> Result<Plan, PlanError> {
    let [Entry { kind: EntryKind::File { size: Some(size), .. }, .. }] = entries else {
        return Err(PlanError::Absurd);
    };
    if medium == Medium::Disk
        && let Some(short) = room::lacks(Space::of(inbox.folder()), *size)
    {
        return Err(PlanError::NoSpace(short));
    }
    Ok(Plan { needs: *size, purpose: Purpose::Trial(medium), ..Plan::default() })
}

/// See [`Inbox::plan_text`].
fn of_text(entries: &[Entry]) -> Result<Plan, PlanError> {
    let [Entry { kind: EntryKind::File { size: Some(size), .. }, .. }] = entries else {
        return Err(PlanError::Absurd);
    };
    Ok(Plan { needs: *size, purpose: Purpose::Text, ..Plan::default() })
}
