//! The device at the other end of a transfer.

use super::{DeviceId, DeviceName, Target};

/// The device at the other end, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Proved by the handshake; `None` before it.
    pub id: Option<DeviceId>,
    /// What the peer calls itself.
    pub name: Option<DeviceName>,
    /// The address that was dialled, or the one it called from.
    pub address: String,
}

impl Peer {
    /// A peer of which only what was typed is known.
    #[must_use]
    pub fn at(target: &Target) -> Self {
        Self { id: None, name: None, address: target.to_string() }
    }

    /// The best name there is for it.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name.as_ref().map_or(&self.address, DeviceName::as_str)
    }
}
