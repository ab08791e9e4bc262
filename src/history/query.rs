//! What may be asked of the history. Every text is a question, none an error.

use std::time::SystemTime;

use super::row::{Became, Screened};
use crate::model::{ContentKind, DeviceId, Direction};

/// All of what it says must hold of a row; what it doesn’t say, may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// As typed. Each word, that is what stands between spaces and slashes, has to be somewhere in the name, the
    /// folders above it or the device’s name, with any case, accents and width. What is beyond the first 16 words or 200
    /// characters is not looked at.
    pub words: String,
    pub kind: Option<ContentKind>,
    pub direction: Option<Direction>,
    pub device: Option<DeviceIs>,
    pub outcome: Option<Became>,
    /// Recorded then or later, to the second.
    pub since: Option<SystemTime>,
    /// Recorded before then, to the second.
    pub until: Option<SystemTime>,
    /// More than so many bytes. A size that isn’t known is neither larger nor smaller than anything.
    pub larger: Option<u64>,
    /// Fewer than so many bytes.
    pub smaller: Option<u64>,
    pub screening: Option<Screened>,
    pub order: Order,
}

/// Which device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceIs {
    Id(DeviceId),
    /// All that are called so now, with any case, accents and width.
    Called(String),
}

/// What comes first. Within what is the same, the newest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Newest,
    /// By name, without case, accents and width; then by folder.
    Name,
    /// The largest first; what has no known size comes last.
    Size,
}
