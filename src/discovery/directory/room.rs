//! Who stays when more is announced than is kept: a liar must keep out nobody.

use std::collections::HashSet;

use super::{Directory, Seen};
use crate::{
    model::{DeviceId, KnownDevice, RouteAnswer},
    wire::limits,
};

/// How much speaks for an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// The device didn't answer where it was called.
    Vain,
    /// It was not called yet.
    Claimed,
    /// As before, and it is said to be one that is known.
    ClaimedByKnown,
    /// It has answered.
    Proved,
    ProvedByKnown,
}

impl Directory {
    /// Whether there is room for one more announcement, perhaps in the place of one for which less speaks.
    pub(super) fn make_room(&mut self, newcomer: Option<DeviceId>, known: &[KnownDevice]) -> bool {
        let goes = match newcomer {
            None => {
                let nameless = || self.seen.iter().filter(|(_, seen)| seen.who.is_none());
                if nameless().count() < limits::MAX_SIGHTINGS_OF_CODES {
                    return true;
                }
                nameless().min_by_key(|(_, seen)| seen.since)
            }
            Some(id) => {
                let of_this = || self.seen.iter().filter(|(_, seen)| seen.id() == newcomer);
                let named = || self.seen.iter().filter(|(_, seen)| seen.who.is_some());
                if of_this().count() >= limits::MAX_SIGHTINGS_OF_ONE {
                    // At last even one that is proved, so that what is contradicted is known to be.
                    of_this().min_by_key(|(_, seen)| (self.is_proved(seen), seen.since))
                } else if named().count() < limits::MAX_SIGHTINGS {
                    return true;
                } else {
                    let known: HashSet<_> = known.iter().map(|known| known.id).collect();
                    let worth = |seen: &Seen| self.worth(seen, &known);
                    // To claim a known id is no proof.
                    let most = if known.contains(&id) { Worth::Proved } else { Worth::Claimed };
                    named()
                        .filter(|(_, seen)| worth(seen) <= most)
                        .min_by_key(|(_, seen)| (worth(seen), seen.since))
                }
            }
        };
        let goes = goes.map(|(instance, _)| instance.clone());
        goes.is_some_and(|instance| self.seen.remove(&instance).is_some())
    }

    fn worth(&self, seen: &Seen, known: &HashSet<DeviceId>) -> Worth {
        let is_known = seen.id().is_some_and(|id| known.contains(&id));
        let has_failed = |address| {
            let answer = seen.id().map(|id| self.answer(id, address));
            matches!(answer, Some(RouteAnswer::Silent | RouteAnswer::Other))
        };
        match (self.is_proved(seen), is_known) {
            (true, true) => Worth::ProvedByKnown,
            (true, false) => Worth::Proved,
            (false, _) if self.places(seen).all(|place| has_failed(place.address)) => Worth::Vain,
            (false, true) => Worth::ClaimedByKnown,
            (false, false) => Worth::Claimed,
        }
    }

    /// Whether the device has answered where this says that it is.
    pub(super) fn is_proved(&self, seen: &Seen) -> bool {
        let Some(id) = seen.id() else { return false };
        seen.places.iter().any(|place| matches!(self.answer(id, place.address), RouteAnswer::Proved(_)))
    }
}
