//! Which file it is, whatever it is called: what tells one from every other on its disk.

use std::{fs, io, path::Path};

use cap_std::fs::Metadata;
use serde::{Deserialize, Serialize};

use super::attributes;
use crate::model::{Stood, Timestamp};

/// Of one file, as long as it is there. A number alone tells nothing: it is given out again when a file is gone, and
/// where a system counts what it looks at, whenever the disk is mounted. With the time of its making it does. Some
/// number their files anew all the same: that two are not the same here doesn't show that they are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    inode: u64,
    /// When it was made, in seconds and nanoseconds.
    born: (i64, u32),
}

impl Identity {
    /// `None` where a disk has nothing of the sort, as in most that other programs or machines show.
    #[cfg(unix)]
    pub fn of(metadata: &Metadata) -> Option<Self> {
        use cap_std::fs::MetadataExt as _;
        let Timestamp { seconds, nanos } = metadata.created().ok()?.into_std().into();
        // Some that have no numbers say so with this one.
        (metadata.ino() != 0).then(|| Self { inode: metadata.ino(), born: (seconds, nanos) })
    }

    #[cfg(not(unix))]
    pub fn of(_: &Metadata) -> Option<Self> {
        None
    }
}

/// The numbers of a disk and of what is on it: they tell everything apart while nothing is unmounted. `None` where a
/// system has nothing of the sort.
#[cfg(unix)]
pub fn numbers(metadata: &Metadata) -> Option<(u64, u64)> {
    use cap_std::fs::MetadataExt as _;
    (metadata.ino() != 0).then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
pub fn numbers(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// The same of what a path leads to, through links.
///
/// # Errors
/// When nothing is there, or it can't be looked at.
pub fn numbers_at(path: &Path) -> io::Result<Option<(u64, u64)>> {
    Ok(numbers(&Metadata::from_just_metadata(fs::metadata(path)?)))
}

/// Tells what stands in a folder apart, however its name is spelled; `None` of what has several names.
pub fn only_name(metadata: &Metadata) -> Option<(u64, u64)> {
    use cap_fs_ext::MetadataExt as _;
    numbers(metadata).filter(|_| metadata.nlink() == 1)
}

/// What stands somewhere, to be known again.
pub fn stood(metadata: &Metadata) -> Stood {
    let identity = Identity::of(metadata).map_or(NOTHING, |Identity { inode, born: (seconds, nanos) }| {
        short(&[inode, seconds.cast_unsigned(), nanos.into()])
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
