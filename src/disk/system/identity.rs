//! Which file it is, whatever it is called: what tells one from every other on its disk.

use std::{fs, io, path::Path};

use cap_std::fs::Metadata;
use serde::{Deserialize, Serialize};

use super::attributes;
use crate::model::{Stood, Timestamp};

/// Of one file, as long as it is there. Some systems number their files anew when a disk is mounted again: that
/// two are not the same here doesn't show that they are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    device: u64,
    inode: u64,
    /// When it was made, in seconds and nanoseconds, where that is known: numbers are given out again.
    born: Option<(i64, u32)>,
}

impl Identity {
    /// `None` where a system has nothing of the sort.
    #[cfg(unix)]
    pub fn of(metadata: &Metadata) -> Option<Self> {
        use cap_std::fs::MetadataExt as _;
        let born = metadata.created().ok().map(|time| Timestamp::from(time.into_std()));
        let born = born.map(|Timestamp { seconds, nanos }| (seconds, nanos));
        // Some that have no numbers say so with this one.
        (metadata.ino() != 0).then(|| Self { device: metadata.dev(), inode: metadata.ino(), born })
    }

    #[cfg(not(unix))]
    pub fn of(_: &Metadata) -> Option<Self> {
        None
    }

    /// Of what a path leads to, through links.
    ///
    /// # Errors
    /// When nothing is there, or it can't be looked at.
    pub fn at(path: &Path) -> io::Result<Option<Self>> {
        Ok(Self::of(&Metadata::from_just_metadata(fs::metadata(path)?)))
    }

    /// True of the very same file. A disk may have another number since, but then the time must tell.
    pub fn is(self, other: Self) -> bool {
        let same_disk = self.device == other.device || self.born.is_some();
        same_disk && (self.inode, self.born) == (other.inode, other.born)
    }
}

/// What stands somewhere, to be known again.
pub fn stood(metadata: &Metadata) -> Stood {
    let identity = Identity::of(metadata).map_or(NOTHING, |Identity { device, inode, born }| {
        let (seconds, nanos) = born.unwrap_or_default();
        short(&[device, inode, seconds.cast_unsigned(), nanos.into()])
    });
    let Timestamp { seconds, nanos } =
        attributes::modified(metadata).unwrap_or(Timestamp { seconds: 0, nanos: u32::MAX });
    Stood { identity, likeness: short(&[metadata.len(), seconds.cast_unsigned(), nanos.into()]) }
}

/// True of the file that stood there, whether it was written to since or not. Where the system tells no file from
/// another, of one of the same size and time.
pub fn is_as_it_stood(there: &Metadata, Stood { identity, likeness }: Stood) -> bool {
    let now = stood(there);
    if identity == NOTHING || now.identity == NOTHING {
        return now.likeness == likeness;
    }
    now.identity == identity
}

/// Where the system tells no file from another.
const NOTHING: u32 = 0;

/// A few bits of these: they are kept for many files.
fn short(numbers: &[u64]) -> u32 {
    let mut hasher = blake3::Hasher::new();
    for number in numbers {
        hasher.update(&number.to_le_bytes());
    }
    let hash = hasher.finalize();
    u32::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[i])).max(NOTHING + 1)
}
