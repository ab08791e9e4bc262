//! The whole state that a face shows, and the pure fold that keeps it up to date.

use super::{
    cards::{CodeState, DeviceCard, InboxCard, ReceivingState},
    event::Event,
};
use crate::{
    model::{DeviceId, KnownDevice, Nearby, Problem, Transfer, TransferId, Trust},
    settings::Settings,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub device: DeviceCard,
    pub settings: Settings,
    pub inbox: InboxCard,
    pub receiving: ReceivingState,
    /// In the order in which they began.
    pub transfers: Vec<Transfer>,
    /// Devices on the network, by name, while they are looked for.
    pub nearby: Vec<Nearby>,
    /// Devices that something is kept of, by name.
    pub known: Vec<KnownDevice>,
    pub code: CodeState,
    /// Why what was decided about devices holds for this run alone, while that is so.
    pub unkept: Option<Problem>,
    /// Why this device neither sees others nor is seen, while that is so.
    pub deaf: Option<Problem>,
    /// How often the history has been changed in this run.
    pub recorded: u64,
    /// Why what happens is not recorded, or what has become of what was, while that is news.
    pub unrecorded: Option<Problem>,
    /// Why the receiving folder that a person has chosen last is not received into, if so.
    pub refused: Option<Problem>,
    /// Why the settings of an earlier run are not in force, if so: their file could not be understood at the start.
    pub unread: Option<Problem>,
    /// Why the last change of the settings is not kept, while that is so.
    pub unsaved: Option<Problem>,
    /// How many files are in quarantine; the list is asked for.
    pub quarantined: u64,
}

impl Snapshot {
    /// Before anything has happened.
    #[must_use]
    pub fn new(device: DeviceCard, settings: Settings) -> Self {
        Self {
            device,
            inbox: InboxCard { folder: settings.inbox.clone(), free: None },
            settings,
            receiving: ReceivingState::Off,
            transfers: Vec::new(),
            nearby: Vec::new(),
            known: Vec::new(),
            code: CodeState::None,
            unkept: None,
            deaf: None,
            recorded: 0,
            unrecorded: None,
            refused: None,
            unread: None,
            unsaved: None,
            quarantined: 0,
        }
    }

    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Device(device) => self.device = device.clone(),
            Event::Settings(settings) => self.settings.clone_from(settings),
            Event::Inbox(inbox) => self.inbox = inbox.clone(),
            Event::Receiving(state) => self.receiving = state.clone(),
            Event::Transfer(new) => match self.transfers.iter_mut().find(|t| t.id == new.id) {
                Some(old) => old.clone_from(new),
                None => self.transfers.push((**new).clone()),
            },
            Event::Forgotten(id) => self.transfers.retain(|t| t.id != *id),
            Event::Nearby(nearby) => self.nearby.clone_from(nearby),
            Event::Known(known) => self.known.clone_from(known),
            Event::Code(code) => self.code = code.clone(),
            Event::Unkept(problem) => self.unkept.clone_from(problem),
            Event::Deaf(problem) => self.deaf.clone_from(problem),
            Event::Recorded(changes) => self.recorded = *changes,
            Event::Unrecorded(problem) => self.unrecorded.clone_from(problem),
            Event::Refused(problem) => self.refused.clone_from(problem),
            Event::Unsaved(problem) => self.unsaved.clone_from(problem),
            Event::Quarantined(count) => self.quarantined = *count,
        }
    }

    /// What this device's person thinks of that one.
    #[must_use]
    pub fn trust(&self, id: DeviceId) -> Trust {
        self.known.iter().find(|known| known.id == id).map_or(Trust::Stranger, |known| known.trust)
    }

    #[must_use]
    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        self.transfers.iter().find(|t| t.id == id)
    }
}
