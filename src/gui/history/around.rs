//! What the page has to know of the rest of the window: who is known, what is recorded, where it is asked for.
//!
//! Knows the engine’s snapshot. Must not know what is on the page.

use super::{keeping::Keeping, source::Past, states::Recorded};
use crate::{
    engine::{Keep, Snapshot, Wake},
    gui::settings_card::SettingsCard,
    model::{DeviceId, Recording, text},
};

pub struct Around {
    pub past: Box<dyn Past>,
    pub wake: Wake,
    /// The card that says for how long the history is kept, while it is open.
    pub settings: Option<SettingsCard<Keeping>>,
    pub known: Vec<Known>,
    /// Files in quarantine.
    pub quarantined: u64,
    /// Why what happens is not recorded.
    pub unrecorded: Option<String>,
    pub recorded: Recorded,
}

/// A device that something is kept of.
pub struct Known {
    pub id: DeviceId,
    pub name: String,
    recording: Recording,
}

impl Around {
    pub fn new(past: Box<dyn Past>, wake: Wake) -> Self {
        Self {
            past,
            wake,
            settings: None,
            known: Vec::new(),
            quarantined: 0,
            unrecorded: None,
            recorded: Recorded::Everything,
        }
    }

    pub fn hear(&mut self, snapshot: &Snapshot) {
        let known = snapshot.known.iter().map(|device| Known {
            id: device.id,
            name: text::visible(device.name.as_str()).into_owned(),
            recording: device.recording,
        });
        self.known = known.collect();
        self.quarantined = snapshot.quarantined;
        self.unrecorded =
            snapshot.unrecorded.as_ref().map(|problem| text::visible(&problem.text).into_owned());
        self.recorded = match snapshot.settings.history {
            Keep::Off => Recorded::Nothing,
            Keep::ForEver | Keep::Days(_) => Recorded::Everything,
        };
    }

    /// Whether a device can be left out from now on: something is kept of it, and it is not left out yet.
    pub fn can_leave_out(&self, device: Option<DeviceId>) -> bool {
        let known = device.and_then(|id| self.known.iter().find(|known| known.id == id));
        known.is_some_and(|known| known.recording == Recording::Usual)
    }
}
