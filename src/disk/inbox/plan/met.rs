//! What was found of the traits of folders: most have the same, so that each is kept once.
//!
//! Must not know how they are found out.

use crate::disk::inbox::probe::Traits;

/// All that were met, with the system's number of their disk.
pub struct Met(Vec<(u64, Traits)>);

impl Met {
    /// Those of the receiving folder come first, and have the number 0.
    pub fn new(device: u64, traits: Traits) -> Self {
        Self(vec![(device, traits)])
    }

    /// Those with a number that was given out here.
    pub fn of(&self, number: u32) -> (u64, Traits) {
        self.0[number as usize]
    }

    /// What was met first of a disk.
    pub fn of_disk(&self, device: u64) -> Option<Traits> {
        self.0.iter().find(|(known, _)| *known == device).map(|(_, traits)| *traits)
    }

    pub fn number(&mut self, device: u64, traits: Traits) -> u32 {
        let met = (device, traits);
        let number = self.0.iter().position(|known| *known == met).unwrap_or_else(|| {
            self.0.push(met);
            self.0.len() - 1
        });
        u32::try_from(number).unwrap_or_default()
    }
}
