//! What a face shows of this device and of how it receives, as plain data.

use std::{net::IpAddr, path::PathBuf, time::Instant};

use crate::model::{DeviceId, DeviceName, PairingCode, Problem};

/// What became of the code that was given out last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CodeState {
    #[default]
    None,
    /// It can be used until then.
    Given { code: PairingCode, until: Instant },
    /// Somebody has shown that they know it.
    Used,
    /// Somebody has tried another one: it can't be used any more.
    Spent,
    /// Nobody has used it in time.
    Expired,
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
