//! One file on its way: partial while it is written, verified when its digest is right.
//!
//! The types are the promise: only a [`Verified`] can be stored, and whatever is dropped before
//! that removes its file.

use std::{
    fs::File,
    io::ErrorKind,
    sync::{Arc, Mutex, PoisonError},
};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _};
use cap_std::fs::OpenOptions;

use super::{
    at, attributes,
    error::DiskError,
    intake::{Folder, Missing, Shared},
    local::{above, shown},
    naming::PART,
    space,
};
use crate::model::{Digest, EntryNo, Leaf, Stopwatch, Tree, Work};

/// A file larger than this gets its space in advance, and keeps its handle until it is stored.
const LARGE: u64 = 1 << 20;
/// How many finished files of one transfer may keep their handle.
const MAX_HANDLES: usize = 16;

/// A file that is being written: chunk by chunk, in any order, by any number of threads.
pub struct Partial {
    // Closed before its name goes, which some systems insist on.
    file: File,
    tree: Mutex<Tree>,
    size: Option<u64>,
    part: Part,
}

/// The name of a partial file. Dropping it removes the file.
pub(super) struct Part {
    shared: Arc<Shared>,
    no: EntryNo,
    name: String,
    /// The number of the disk it is on.
    pub disk: usize,
    is_stored: bool,
}

impl Partial {
    pub(super) fn create(shared: &Arc<Shared>, no: EntryNo) -> Result<Self, DiskError> {
        let (entry, size, mode) = shared.file(no)?;
        let path = shared.local(&entry.path);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).follow(FollowSymlinks::No);
        attributes::create_with(&mut options, mode);
        let mut name = format!("{}-{no}{PART}", shared.prefix);
        let mut attempt = 0;
        let (file, disk) = loop {
            let open = |folder: &Folder| match folder.dir.open_with(&name, &options) {
                Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(None),
                opened => opened.map(|file| Some((file, folder.disk))),
            };
            if let Some(opened) = shared.in_folder(above(&path), &path, open)? {
                break opened;
            }
            // Left behind by a crash, or another peer chose the same id: not ours to remove.
            attempt += 1;
            name = format!("{}-{no}-{attempt}{PART}", shared.prefix);
        };
        let part = Part { shared: Arc::clone(shared), no, name, disk, is_stored: false };
        let file = file.into_std();
        if let Some(size) = size.filter(|size| *size > LARGE) {
            space::reserve(&file, size).map_err(|why| shared.failed(&path, why))?;
        }
        Ok(Self { file, tree: Mutex::default(), size, part })
    }

    #[must_use]
    pub fn entry(&self) -> EntryNo {
        self.part.no
    }

    /// Writes the next bytes of a chunk: at most [`Leaf::room`].
    ///
    /// # Errors
    /// When the bytes go beyond the offered size or the chunk, or can't be written. The chunk is
    /// then as it was.
    pub fn write(&self, leaf: &mut Leaf, data: &[u8], watch: &mut Stopwatch<'_>) -> Result<(), DiskError> {
        let offset = leaf.end();
        let end = offset.checked_add(data.len() as u64).filter(|end| *end <= self.size.unwrap_or(u64::MAX));
        if end.is_none() || data.len() > leaf.room() {
            return Err(DiskError::Longer(self.part.shown()));
        }
        at::write_all(&self.file, data, offset)
            .map_err(|why| self.part.shared.failed(&self.part.path(), why))?;
        watch.lap(Work::Write);
        leaf.update(data);
        watch.lap(Work::Check);
        Ok(())
    }

    /// Takes a chunk that is whole, or ends with the file. Returns the bytes of all those taken.
    ///
    /// # Errors
    /// When it was taken before.
    pub fn keep(&self, leaf: Leaf) -> Result<u64, DiskError> {
        let mut tree = self.tree.lock().unwrap_or_else(PoisonError::into_inner);
        tree.add(leaf).map_err(|_| DiskError::Twice(self.part.shown()))?;
        Ok(tree.bytes())
    }

    /// Compares what was written with the sender's digest, and ends the writing.
    ///
    /// # Errors
    /// When content or size are not what they should be. The partial file is removed then.
    pub fn verify(self, digest: Digest) -> Result<Verified, DiskError> {
        let Self { file, tree, size, part } = self;
        let tree = tree.into_inner().unwrap_or_else(PoisonError::into_inner);
        let written = tree.bytes();
        if size.is_some_and(|size| written < size) {
            return Err(DiskError::Shorter(part.shown()));
        }
        if tree.digest(written) != Some(digest) {
            return Err(DiskError::Corrupt(part.shown()));
        }
        if let Some(time) = part.shared.entry(part.no).and_then(|entry| entry.modified) {
            // A time that this file system can't hold is not worth a failure.
            let _ = attributes::set_file_time(&file, time);
        }
        let handles = &part.shared.handles;
        // A full disk of handles would end all transfers; without one, a file is opened again.
        let file = (written > LARGE && Arc::strong_count(handles) <= MAX_HANDLES)
            .then(|| (file, Arc::clone(handles)));
        Ok(Verified { file, digest, size: written, part })
    }
}

/// A whole file under its partial name, with the digest that the sender computed too.
pub struct Verified {
    file: Option<(File, Arc<()>)>,
    digest: Digest,
    size: u64,
    pub(super) part: Part,
}

impl Verified {
    #[must_use]
    pub fn entry(&self) -> EntryNo {
        self.part.no
    }

    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// In bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Makes the content durable.
    pub(super) fn sync(&self) -> Result<(), DiskError> {
        let path = self.part.path();
        let synced = if let Some((file, _)) = &self.file {
            file.sync_all()
        } else {
            let mut options = OpenOptions::new();
            // Windows syncs only what could be written.
            options.read(true).write(cfg!(windows)).follow(FollowSymlinks::No);
            let folder = self.part.shared.folder(above(&path), Missing::Fail)?;
            folder.dir.open_with(&self.part.name, &options).and_then(|file| file.sync_all())
        };
        synced.map_err(|why| self.part.shared.failed(&path, why))
    }
}

impl Part {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the file goes, below the inbox.
    pub fn path(&self) -> String {
        self.shared
            .entry(self.no)
            .map_or_else(String::new, |entry| self.shared.local(&entry.path).into_owned())
    }

    /// The file has its own name now.
    pub fn stored(mut self) {
        self.is_stored = true;
    }

    fn shown(&self) -> String {
        shown(&self.path())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.is_stored {
            return;
        }
        if let Ok(folder) = self.shared.folder(above(&self.path()), Missing::Fail) {
            // Its folder may be gone, and the file with it.
            let _ = folder.dir.remove_file(&self.name);
        }
    }
}
