//! What a speed test sends: bytes that nothing can make less of, from memory or from a file that is
//! made for it.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write as _},
    path::Path,
    sync::Arc,
};

use super::seen::Seen;
use crate::{
    disk::{
        error::{SourceError, shown},
        system::{space::Space, sync},
    },
    model::{Lasting, Medium, Trial},
};

/// Large enough that copying it is like copying from memory, and not from a processor's nearest
/// cache; a multiple of a chunk.
const BLOCK: usize = 4 << 20;

/// The content of a speed test.
#[derive(Debug)]
pub(in crate::disk) enum TrialContent {
    Memory {
        block: Arc<[u8]>,
        bytes: u64,
    },
    /// Of a file without a name, which goes with its last handle, however the program ends.
    Disk {
        file: File,
        seen: Seen,
    },
}

impl TrialContent {
    /// Makes it. What is read from the disk later is not in memory any more, where the system lets
    /// go of it when it is asked to.
    pub fn make(trial: Trial, folder: &Path) -> Result<Self, SourceError> {
        let Trial { medium, bytes } = trial;
        match medium {
            Medium::Memory => Ok(Self::Memory { block: noise(), bytes }),
            Medium::Disk => {
                Self::on_disk(bytes, folder).map_err(|why| SourceError::Trial { folder: shown(folder), why })
            }
        }
    }

    fn on_disk(bytes: u64, folder: &Path) -> io::Result<Self> {
        // A disk filled to the last byte breaks other programs.
        if Space::of(folder).is_some_and(|space| bytes > space.free.saturating_sub(space.reserve)) {
            return Err(ErrorKind::StorageFull.into());
        }
        let mut file = tempfile::tempfile_in(folder)?;
        let mut stream = blake3::Hasher::new().finalize_xof();
        let mut block = vec![0; BLOCK];
        let mut left = bytes;
        while left > 0 {
            let piece = usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK));
            stream.fill(&mut block[..piece]);
            file.write_all(&block[..piece])?;
            left -= piece as u64;
        }
        Lasting::of(file.sync_all())?;
        sync::forget(&file);
        let file = cap_std::fs::File::from_std(file);
        let seen = Seen::of(&file.metadata()?);
        Ok(Self::Disk { file: file.into_std(), seen })
    }

    pub fn bytes(&self) -> u64 {
        match self {
            Self::Memory { bytes, .. } => *bytes,
            Self::Disk { seen, .. } => seen.size,
        }
    }
}

/// One block of bytes without any order, always the same ones.
fn noise() -> Arc<[u8]> {
    let mut block = vec![0; BLOCK];
    blake3::Hasher::new().finalize_xof().fill(&mut block);
    block.into()
}

/// Reads the same block over and over, without end.
pub(in crate::disk) struct Noise {
    block: Arc<[u8]>,
    at: usize,
}

impl Noise {
    pub fn new(block: Arc<[u8]>) -> Self {
        Self { block, at: 0 }
    }
}

impl Read for Noise {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = (&self.block[self.at..]).read(buf)?;
        self.at = (self.at + count) % self.block.len();
        Ok(count)
    }
}
