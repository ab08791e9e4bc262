//! The whole state that a face shows, and the pure fold that keeps it up to date.

use std::{net::IpAddr, path::PathBuf};

use crate::{
    model::{DeviceId, DeviceName, Problem, Transfer, TransferId},
    settings::Settings,
};

use super::event::Event;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub device: DeviceCard,
    pub settings: Settings,
    pub inbox: InboxCard,
    pub receiving: ReceivingState,
    /// In the order in which they began.
    pub transfers: Vec<Transfer>,
}

/// This device, as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCard {
    pub id: DeviceId,
    pub name: DeviceName,
}

/// The receiving folder of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxCard {
    pub folder: PathBuf,
    /// Bytes free on its disk; `None` where that can't be told.
    pub free: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceivingState {
    Off,
    On { port: u16, addresses: Vec<IpAddr> },
    Failed(Problem),
}

impl Snapshot {
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Device(device) => self.device = device.clone(),
            Event::Settings(settings) => self.settings = settings.clone(),
            Event::Inbox(inbox) => self.inbox = inbox.clone(),
            Event::Receiving(state) => self.receiving = state.clone(),
            Event::Transfer(new) => match self.transfers.iter_mut().find(|t| t.id == new.id) {
                Some(old) => old.clone_from(new),
                None => self.transfers.push((**new).clone()),
            },
            Event::Forgotten(id) => self.transfers.retain(|t| t.id != *id),
        }
    }

    #[must_use]
    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        self.transfers.iter().find(|t| t.id == id)
    }
}
