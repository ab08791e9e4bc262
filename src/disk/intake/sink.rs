//! Where content is put as it comes: into a file, into memory, or nowhere.
//!
//! Knows offsets and bytes. Must not know hashes, names, or whether anything is whole.

use std::{
    fs::File,
    io::{self, ErrorKind},
    ops::Range,
    sync::{Mutex, PoisonError},
};

use crate::{
    disk::{error::DiskError, system::holes::Ground},
    model::Text,
};

pub(super) enum Sink {
    File(File, Ground),
    /// Nowhere: a speed test in memory.
    Nowhere,
    /// A text, which is in memory and nowhere else: as long as it was offered.
    Text(Mutex<Box<[u8]>>),
}

impl Sink {
    /// For a text of so many bytes, of which the offer has shown that they are few.
    pub fn of_text(size: u64) -> Self {
        Self::Text(Mutex::new(vec![0; usize::try_from(size).unwrap_or_default()].into()))
    }

    /// # Errors
    /// When the disk fails, or the bytes don’t fit into a text.
    pub fn write(&self, data: &[u8], offset: u64) -> io::Result<()> {
        match self {
            Self::File(file, ground) => ground.write(file, data, offset),
            Self::Nowhere => Ok(()),
            Self::Text(room) => {
                let mut room = room.lock().unwrap_or_else(PoisonError::into_inner);
                let at = usize::try_from(offset).ok();
                let piece = at.and_then(|at| room.get_mut(at..at.checked_add(data.len())?));
                piece.ok_or(ErrorKind::InvalidInput)?.copy_from_slice(data);
                Ok(())
            }
        }
    }

    /// # Errors
    /// When the disk fails.
    pub fn clear(&self, zeros: Range<u64>) -> io::Result<()> {
        match self {
            Self::File(file, ground) => ground.clear(file, zeros),
            // What has no file has no holes: they are not offered.
            Self::Nowhere | Self::Text(_) => Ok(()),
        }
    }

    /// The file, or the text, once all is there.
    ///
    /// # Errors
    /// When what came as a text is none.
    pub fn into_parts(self) -> Result<(Option<File>, Option<Text>), DiskError> {
        Ok(match self {
            Self::File(file, _) => (Some(file), None),
            Self::Nowhere => (None, None),
            Self::Text(room) => {
                let bytes = room.into_inner().unwrap_or_else(PoisonError::into_inner);
                (None, Some(Text::parse(&bytes).map_err(|_| DiskError::NoText)?))
            }
        })
    }

    pub fn is_nowhere(&self) -> bool {
        matches!(self, Self::Nowhere)
    }
}
