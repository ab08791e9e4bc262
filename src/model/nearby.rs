//! Other devices: how they are seen on the network, and what this device's person thinks of them.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration, time::SystemTime};

use super::{DeviceId, DeviceName};

/// What sort of device it says it is. For a picture beside its name; it decides nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceKind {
    Laptop,
    Desktop,
    Phone,
    Server,
    #[default]
    Unknown,
}

/// A text that names no [`DeviceKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not a kind of device. The kinds are laptop, desktop, phone and server.")]
pub struct BadDeviceKind;

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Laptop => "laptop",
            Self::Desktop => "desktop",
            Self::Phone => "phone",
            Self::Server => "server",
            Self::Unknown => "unknown",
        })
    }
}

impl FromStr for DeviceKind {
    type Err = BadDeviceKind;

    fn from_str(text: &str) -> Result<Self, BadDeviceKind> {
        [Self::Laptop, Self::Desktop, Self::Phone, Self::Server, Self::Unknown]
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or(BadDeviceKind)
    }
}

/// What this device's person thinks of another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// Never met, or forgotten.
    #[default]
    Stranger,
    /// Met before, and made sure that it is really that one.
    Known,
    /// Its offers may be accepted without asking.
    Trusted,
    /// Another device of the same person; as [`Trust::Trusted`].
    Own,
    /// It is not answered, and its offers are not shown.
    Blocked,
}

/// How it was made sure that a device is the one that its person means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// It was not.
    #[default]
    None,
    /// Its person and ours have compared a short code.
    Compared,
    /// It knew the words that were told to its person.
    Code,
    /// Its whole id was given.
    Fingerprint,
}

/// Whether what comes from a device, and goes to it, is recorded in the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recording {
    /// As of any other.
    #[default]
    Usual,
    Never,
}

/// A device that something is kept of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    pub id: DeviceId,
    /// What it called itself last.
    pub name: DeviceName,
    pub kind: DeviceKind,
    pub trust: Trust,
    pub proof: Proof,
    /// Where what it sends goes; `None`: where everything goes.
    pub folder: Option<PathBuf>,
    pub recording: Recording,
    /// Where it was reached, the last one first; at most [`KnownDevice::MAX_ADDRESSES`].
    pub addresses: Vec<SocketAddr>,
    /// When it was met first.
    pub met: SystemTime,
    /// When it was last heard of for certain.
    pub seen: SystemTime,
}

impl KnownDevice {
    /// Home, work, and a cable or two.
    pub const MAX_ADDRESSES: usize = 8;
}

/// A device that is on the network now, or says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearby {
    pub id: DeviceId,
    /// What its announcement calls it, or what it called itself when it was met.
    pub name: DeviceName,
    pub kind: DeviceKind,
    pub sighting: Sighting,
    /// The best one first; never empty.
    pub routes: Vec<Route>,
}

/// What is known of a device that was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// Announced, and not asked yet.
    Unproved,
    /// It has proved its id.
    Proved,
    /// Nothing answers where it is announced.
    Silent,
    /// What answers where it is announced is another device.
    Disproved,
}

/// Where a device can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub address: SocketAddr,
    /// The interface of this device that leads there, where that is known.
    pub interface: Option<String>,
    pub answer: RouteAnswer,
}

/// What came of the last call over a route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RouteAnswer {
    /// It was not tried yet.
    #[default]
    Untried,
    /// The device proved its id, in so much time.
    Proved(Duration),
    /// Nobody answered, or none that speaks this language.
    Silent,
    /// Another device answered.
    Other,
}
