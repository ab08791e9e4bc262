//! What start-up takes, as plain data.

use std::path::PathBuf;

use crate::model::{ByteRate, DeviceName};

/// What start-up takes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder for key and settings; made when it isn't there.
    pub home: PathBuf,
    /// A name for this run alone, instead of the settings' own.
    pub device_name: Option<DeviceName>,
    /// A speed limit for this run alone, instead of the settings' own.
    pub limit: Option<ByteRate>,
    pub earlier: Earlier,
    pub multicast: Multicast,
}

/// Whether the network is told of this device, and asked for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multicast {
    /// As commands and settings have it.
    #[default]
    Allowed,
    /// Not a packet of it.
    Never,
}

/// Which transfers that an earlier run has left are gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    All,
    /// Those that receive.
    Receiving,
    /// None: they are left to another run.
    None,
    /// Those that a person then names.
    Listed,
}
