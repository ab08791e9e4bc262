//! A speed, as a person types and reads it.

use std::{fmt, num::NonZeroU64, str::FromStr};

/// Bytes a second; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteRate(NonZeroU64);

/// Why a text is no speed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no speed. Type it like 20MB/s or 500kB/s.")]
pub struct BadByteRate(String);

impl ByteRate {
    /// `None` for 0.
    #[must_use]
    pub fn new(bytes_per_second: u64) -> Option<Self> {
        NonZeroU64::new(bytes_per_second).map(Self)
    }

    #[must_use]
    pub fn bytes_per_second(self) -> u64 {
        self.0.get()
    }
}

impl FromStr for ByteRate {
    type Err = BadByteRate;

    fn from_str(text: &str) -> Result<Self, BadByteRate> {
        text.parse().ok().and_then(Self::new).ok_or_else(|| BadByteRate(text.to_owned()))
    }
}

impl fmt::Display for ByteRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}B/s", self.0)
    }
}
