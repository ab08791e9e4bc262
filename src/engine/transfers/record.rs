//! Transfers that outlive a run of the program: one small file for each in the data folder, from
//! the moment it was accepted until it is complete or given up.
//!
//! Knows what must be known to go on with one. Where they lie, and who may use them, is in [`files`].

mod files;

use std::{ffi::OsString, io, path::PathBuf, time::SystemTime};

use serde::{Deserialize, Serialize};

use crate::{
    disk::{Names, Volume},
    model::{DeviceId, DeviceName, Landing, Peer, Source, Summary, Target, TransferId},
};
pub use files::{Accepted, Agreed, FOLDER, Found, Kept, LONG, Listed, forget_beside};

/// What must be known to go on with a transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Record {
    Sending(Sending),
    Receiving(Receiving),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    /// As the receiver knows it.
    #[serde(with = "text")]
    pub id: TransferId,
    pub peer: Who,
    #[serde(with = "text")]
    pub to: Target,
    /// Absolute. Text or, where it is none, the system's own form.
    pub paths: Vec<OsString>,
    pub summary: Summary,
    /// When it was accepted.
    pub began: SystemTime,
    #[serde(default)]
    pub missing: Missing,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receiving {
    /// As it is known here.
    #[serde(with = "text")]
    pub id: TransferId,
    pub peer: Who,
    /// Where it goes; the folder is absolute.
    pub landing: Landing,
    /// What was accepted.
    pub summary: Summary,
    pub names: Names,
    /// When it was accepted.
    pub began: SystemTime,
    #[serde(default)]
    pub missing: Missing,
    #[serde(default)]
    pub said: Said,
    /// The disk that it goes to; `None` where that isn't known.
    #[serde(default)]
    pub volume: Option<Volume>,
}

/// What a yes rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// A person has said it, of this offer or of all.
    #[default]
    Person,
    /// The device is trusted: it ends with that.
    Trust,
}

/// What is missing of a transfer that is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Whatever had not come when it was interrupted: both ends go on with it by themselves.
    #[default]
    Unsent,
    /// Files that failed, though it came to its end: they are sent again when a person says so.
    Failed,
}

/// The device at the other end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Who {
    #[serde(with = "text")]
    pub id: DeviceId,
    #[serde(with = "text")]
    pub name: DeviceName,
    /// Where it was met.
    pub address: String,
}

impl Who {
    /// As faces see it.
    #[must_use]
    pub fn shown(&self) -> Peer {
        Peer { id: Some(self.id), name: Some(self.name.clone()), address: self.address.clone() }
    }
}

impl Sending {
    /// # Errors
    /// When a path can't be made absolute. `None` for what can't be read a second time.
    pub fn paths(sources: &[Source]) -> io::Result<Option<Vec<OsString>>> {
        let path = |source: &Source| match source {
            Source::Path(path) => Some(std::path::absolute(path).map(PathBuf::into_os_string)),
            Source::StandardInput { .. } | Source::Text(_) => None,
        };
        sources.iter().map(path).collect::<Option<io::Result<_>>>().transpose()
    }

    #[must_use]
    pub fn sources(&self) -> Vec<Source> {
        self.paths.iter().map(|path| Source::Path(path.into())).collect()
    }
}

impl Record {
    /// The same, with something else missing.
    fn with(mut self, now: Missing) -> Self {
        match &mut self {
            Self::Sending(Sending { missing, .. }) | Self::Receiving(Receiving { missing, .. }) => {
                *missing = now;
            }
        }
        self
    }

    /// When it was accepted.
    #[must_use]
    pub fn began(&self) -> SystemTime {
        match self {
            Self::Sending(Sending { began, .. }) | Self::Receiving(Receiving { began, .. }) => *began,
        }
    }

    pub fn missing(&self) -> Missing {
        match self {
            Self::Sending(Sending { missing, .. }) | Self::Receiving(Receiving { missing, .. }) => *missing,
        }
    }

    #[must_use]
    pub fn id(&self) -> TransferId {
        match self {
            Self::Sending(Sending { id, .. }) | Self::Receiving(Receiving { id, .. }) => *id,
        }
    }
}

/// What has a text form that it can be parsed from.
mod text {
    use std::{fmt::Display, str::FromStr};

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
