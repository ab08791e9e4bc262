//! Who stays when more is announced than is kept: a liar must keep out nobody.

use super::{Directory, Seen};
use crate::{
    model::{DeviceId, KnownDevice, RouteAnswer},
    wire::limits,
};

impl Directory {
    /// Whether there is room for one more announcement, perhaps in the place of one that nobody has proved:
    /// to claim a known id is no proof.
    pub(super) fn make_room(&mut self, id: Option<DeviceId>, known: &[KnownDevice]) -> bool {
        let of_this = self.seen.values().filter(|seen| id.is_some() && seen.id() == id).count();
        let goes = if of_this >= limits::MAX_SIGHTINGS_OF_ONE {
            self.goes_for_its_like(id)
        } else if self.seen.len() < limits::MAX_SIGHTINGS {
            return true;
        } else if id.is_some_and(|id| known.iter().any(|known| known.id == id)) {
            let unproved = self.seen.iter().filter(|(_, seen)| !self.is_proved(seen));
            unproved.map(|(instance, _)| instance.clone()).next()
        } else {
            None
        };
        goes.is_some_and(|instance| self.seen.remove(&instance).is_some())
    }

    /// Which of those that claim the same id makes room: the oldest that is not proved, or else the oldest, so
    /// that what is contradicted is known to be.
    fn goes_for_its_like(&self, id: Option<DeviceId>) -> Option<String> {
        let of_this = self.seen.iter().filter(|(_, seen)| seen.id() == id);
        let oldest = of_this.min_by_key(|(_, seen)| (self.is_proved(seen), seen.since));
        oldest.map(|(instance, _)| instance.clone())
    }

    /// Whether the device has answered where this says that it is.
    pub(super) fn is_proved(&self, seen: &Seen) -> bool {
        let Some(id) = seen.id() else { return false };
        seen.places.iter().any(|place| matches!(self.answer(id, place.address), RouteAnswer::Proved(_)))
    }
}
