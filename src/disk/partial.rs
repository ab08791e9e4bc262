//! One file on its way: partial while it is written, verified when its digest is right.
//!
//! The types are the promise: only a [`Verified`] can be stored, only its [`Whole`] has a name to be
//! renamed, and whatever is dropped before that removes its file. Of a speed test there is no
//! `Whole`: nothing of it can get a name.

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
use crate::model::{Digest, EntryNo, Leaf, Medium, Purpose, Stopwatch, Tree, Work};

/// A file larger than this gets its space in advance, and keeps its handle until it is stored.
const LARGE: u64 = 1 << 20;
/// How many finished files of one transfer may keep their handle.
const MAX_HANDLES: usize = 16;

/// A file that is being written: chunk by chunk, in any order, by any number of threads.
pub struct Partial {
    // Closed before its name goes, which some systems insist on.
    sink: Sink,
    tree: Mutex<Tree>,
    size: Option<u64>,
    part: Part,
}

/// Where content is written.
enum Sink {
    File(File),
    /// Nowhere: a speed test in memory.
    Memory,
}

/// What a file has here until it gets its own name. Dropping it leaves nothing behind.
pub(super) struct Part {
    shared: Arc<Shared>,
    no: EntryNo,
    trace: Trace,
}

enum Trace {
    Nothing,
    /// A partial file.
    File {
        name: String,
        /// The number of the disk it is on.
        disk: usize,
    },
}

impl Partial {
    pub(super) fn create(shared: &Arc<Shared>, no: EntryNo) -> Result<Self, DiskError> {
        let (entry, size, mode) = shared.file(no)?;
        let path = shared.local(&entry.path);
        if shared.plan.purpose == Purpose::Trial(Medium::Memory) {
            let part = Part { shared: Arc::clone(shared), no, trace: Trace::Nothing };
            return Ok(Self { sink: Sink::Memory, tree: Mutex::default(), size, part });
        }
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
        let part = Part { shared: Arc::clone(shared), no, trace: Trace::File { name, disk } };
        let file = file.into_std();
        if let Some(size) = size.filter(|size| *size > LARGE) {
            space::reserve(&file, size).map_err(|why| shared.failed(&path, why))?;
        }
        Ok(Self { sink: Sink::File(file), tree: Mutex::default(), size, part })
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
        if let Sink::File(file) = &self.sink {
            at::write_all(file, data, offset)
                .map_err(|why| self.part.shared.failed(&self.part.path(), why))?;
        }
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
        let Self { sink, tree, size, part } = self;
        let tree = tree.into_inner().unwrap_or_else(PoisonError::into_inner);
        let written = tree.bytes();
        if size.is_some_and(|size| written < size) {
            return Err(DiskError::Shorter(part.shown()));
        }
        if tree.digest(written) != Some(digest) {
            return Err(DiskError::Corrupt(part.shown()));
        }
        let Sink::File(file) = sink else {
            return Ok(Verified { file: None, digest, size: written, part });
        };
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

/// Content that is whole, with the digest that the sender computed too.
pub struct Verified {
    file: Option<(File, Arc<()>)>,
    digest: Digest,
    size: u64,
    part: Part,
}

/// A whole file under its partial name, to be renamed.
pub(super) struct Whole {
    pub part: Part,
    /// Of the partial file.
    pub name: String,
    pub digest: Digest,
    pub size: u64,
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

    /// Where the file goes, below the inbox.
    pub(super) fn path(&self) -> String {
        self.part.path()
    }

    /// The number of the disk it is on; `None` for what is on none.
    pub(super) fn disk(&self) -> Option<usize> {
        match self.part.trace {
            Trace::File { disk, .. } => Some(disk),
            Trace::Nothing => None,
        }
    }

    /// What can be renamed; `None` of a speed test, whose content is removed now.
    pub(super) fn into_whole(self) -> Option<Whole> {
        let Self { file, digest, size, part } = self;
        // Closed before its name goes.
        drop(file);
        match (&part.trace, part.shared.plan.purpose) {
            (Trace::File { name, .. }, Purpose::Files) => {
                Some(Whole { name: name.clone(), part, digest, size })
            }
            _ => None,
        }
    }

    /// Makes the content durable.
    pub(super) fn sync(&self) -> Result<(), DiskError> {
        let Trace::File { name, .. } = &self.part.trace else { return Ok(()) };
        let path = self.part.path();
        let synced = if let Some((file, _)) = &self.file {
            file.sync_all()
        } else {
            let mut options = OpenOptions::new();
            // Windows syncs only what could be written.
            options.read(true).write(cfg!(windows)).follow(FollowSymlinks::No);
            let folder = self.part.shared.folder(above(&path), Missing::Fail)?;
            folder.dir.open_with(name, &options).and_then(|file| file.sync_all())
        };
        synced.map_err(|why| self.part.shared.failed(&path, why))
    }
}

impl Part {
    fn path(&self) -> String {
        self.shared
            .entry(self.no)
            .map_or_else(String::new, |entry| self.shared.local(&entry.path).into_owned())
    }

    /// The file has its own name now.
    pub fn stored(mut self) {
        self.trace = Trace::Nothing;
    }

    fn shown(&self) -> String {
        shown(&self.path())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let Trace::File { name, .. } = &self.trace else { return };
        if let Ok(folder) = self.shared.folder(above(&self.path()), Missing::Fail) {
            // Its folder may be gone, and the file with it.
            let _ = folder.dir.remove_file(name);
        }
    }
}
