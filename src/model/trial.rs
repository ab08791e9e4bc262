//! What a transfer is for; and a speed test: the way of a transfer, with content that nobody keeps.

/// What a transfer is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Purpose {
    /// Files, to be stored.
    #[default]
    Files,
    /// A speed test: nothing is kept.
    Trial(Medium),
    /// A [`Text`](super::Text), to be read and written to no disk.
    Text,
}

impl Purpose {
    /// True where what comes is written to the receiver's disk, if only for a while.
    #[must_use]
    pub fn is_written(self) -> bool {
        match self {
            Self::Files | Self::Trial(Medium::Disk) => true,
            Self::Trial(Medium::Memory) | Self::Text => false,
        }
    }
}

/// What is at the two ends of a speed test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Medium {
    /// Content is made in memory and thrown away after its digest is known.
    Memory,
    /// Content is read from a disk, and written to one and made durable before it is removed.
    Disk,
}

/// A speed test, as its sender wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    pub medium: Medium,
    /// How much is sent.
    pub bytes: u64,
}

impl Trial {
    /// What its one file is offered as. No file ever has this name for its sake.
    pub const NAME: &str = "speed test";
}

impl Medium {
    /// The way from end to end: `disk → disk`.
    #[must_use]
    pub fn way(self) -> &'static str {
        match self {
            Self::Memory => "memory → memory",
            Self::Disk => "disk → disk",
        }
    }
}
