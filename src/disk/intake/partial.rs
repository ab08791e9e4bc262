//! One file on its way: partial while it is written, verified when its digest is right.
//!
//! The types are the promise: only a [`Verified`] can be stored, only its [`Whole`] has a name to be
//! renamed. Whatever is dropped before that removes its file, unless a journal says what of it can be
//! relied on: then it stays, for another attempt. Of a speed test and of a text there is no `Whole`: nothing of
//! them can get a name.

use std::{
    fs::File,
    io,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::{Dir, Metadata, OpenOptions};

use super::{
    journal::{Groups, Journal},
    part_file::{Left, Part, Trace},
    shared::{Missing, Shared},
    sink::Sink,
};
use crate::{
    disk::{
        error::DiskError,
        inbox::local::above,
        system::{holes::Ground, identity::numbers, nameless, space},
    },
    model::{CHUNK, Digest, EntryNo, Group, Leaf, Medium, Part as Zeros, Purpose, Stopwatch, Tree, Work},
};

/// How many finished files of one transfer may keep their handle.
const MAX_HANDLES: usize = 16;

/// A file that is being written: chunk by chunk, in any order, by any number of threads.
pub struct Partial {
    // Closed before its name goes, which some systems insist on.
    sink: Sink,
    content: Mutex<Content>,
    /// `None` where nothing is recorded.
    journal: Mutex<Option<Journal>>,
    size: Option<u64>,
    part: Part,
}

/// What has come.
#[derive(Default)]
struct Content {
    tree: Tree,
    /// What an earlier attempt has left, and nothing of it has come again.
    held: Groups,
    /// What has come since the last sync, and is to be recorded after the next.
    unsynced: Vec<Group>,
    /// A sync failed. The system says so once: the next one would not.
    failed: Option<DiskError>,
}

impl Content {
    /// Bytes of all chunks that are there.
    fn bytes(&self, size: Option<u64>) -> u64 {
        self.tree.bytes() + size.map_or(0, |size| super::journal::bytes(&self.held, size))
    }
}

impl Partial {
    /// A file larger than this gets its space in advance, and keeps its handle until it is stored.
    pub const LARGE: u64 = 1 << 20;

    pub(in crate::disk) fn create(
        shared: &Arc<Shared>,
        no: EntryNo,
        left: Option<Left>,
    ) -> Result<Self, DiskError> {
        let (entry, size, _) = shared.file(no)?;
        if shared.plan.purpose == Purpose::Trial(Medium::Memory) {
            let part = Part::new(shared, no, Trace::Nothing);
            return Ok(Self::over(Sink::Nowhere, None, Groups::new(), size, part));
        }
        if shared.plan.purpose == Purpose::Text {
            let part = Part::new(shared, no, Trace::Nothing);
            let sink = Sink::of_text(size.unwrap_or_default());
            return Ok(Self::over(sink, None, Groups::new(), size, part));
        }
        if let Some(Left { file, journal, groups, part }) = left {
            let ground = match size {
                Some(size) if entry.holes > 0 => Ground::left(&file, size),
                _ => Ground::Unknown,
            };
            let sink = Sink::File(file, ground);
            return Ok(Self::over(sink, Some(journal), groups, size, part));
        }
        let (file, journal, part) = Part::create(shared, no, entry, size)?;
        let ground = match size {
            Some(size) if entry.holes > 0 => Ground::lay(&file, size),
            Some(size) if size > Self::LARGE => space::reserve(&file, size).map(|()| Ground::Unknown),
            _ => Ok(Ground::Unknown),
        };
        let ground = ground.map_err(|why| {
            // Some systems leave what they had set aside of it.
            part.spoil();
            part.failed_at(size.unwrap_or_default(), why)
        })?;
        Ok(Self::over(Sink::File(file, ground), journal, Groups::new(), size, part))
    }

    fn over(sink: Sink, journal: Option<Journal>, held: Groups, size: Option<u64>, part: Part) -> Self {
        let content = Mutex::new(Content { held, ..Content::default() });
        Self { sink, content, journal: Mutex::new(journal), size, part }
    }

    #[must_use]
    pub fn entry(&self) -> EntryNo {
        self.part.entry()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn journal(&self) -> MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that an earlier attempt has left, and that have not come again.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.size.map_or(0, |size| super::journal::bytes(&self.content().held, size))
    }

    /// Writes the next bytes of a chunk: at most [`Leaf::room`].
    ///
    /// # Errors
    /// When the bytes go beyond the offered size or the chunk, or can't be written. What came of the chunk is then void.
    pub fn write(&self, mut leaf: Leaf, data: &[u8], watch: &mut Stopwatch<'_>) -> Result<Leaf, DiskError> {
        let offset = leaf.end();
        let end = offset.checked_add(data.len() as u64).filter(|end| *end <= self.size.unwrap_or(u64::MAX));
        let Some(end) = end.filter(|_| data.len() <= leaf.room()) else {
            return Err(DiskError::Longer(self.part.shown()));
        };
        if leaf.room() == CHUNK {
            self.reclaim(leaf.number()..leaf.number() + 1)?;
        }
        // First: what is written next is then still in the processor's cache.
        leaf.update(data);
        watch.lap(Work::Check);
        if !self.sink.is_nowhere() {
            let write = || self.sink.write(data, offset);
            watch.waits(Work::Write, write).map_err(|why| self.part.failed_at(end, why))?;
        }
        Ok(leaf)
    }

    /// Takes a part of a hole, as if its zeros had been written.
    ///
    /// # Errors
    /// When any of it was taken before, or goes beyond the offered size, or what stands there can't become zeros.
    pub fn clear(&self, zeros: &Zeros, watch: &mut Stopwatch<'_>) -> Result<(), DiskError> {
        if zeros.bytes().end > self.size.unwrap_or_default() {
            return Err(DiskError::Longer(self.part.shown()));
        }
        self.reclaim(zeros.chunks())?;
        if !self.sink.is_nowhere() {
            let clear = || self.sink.clear(zeros.bytes());
            watch.waits(Work::Write, clear).map_err(|why| self.part.failed_at(zeros.bytes().end, why))?;
        }
        let hashed = zeros.hash();
        watch.lap(Work::Check);
        let group = self.part.is_recorded().then(|| hashed.group());
        let mut content = self.content();
        content.tree.add_zeros(hashed).map_err(|_| DiskError::Twice(self.part.shown()))?;
        content.unsynced.extend(group);
        Ok(())
    }

    /// Gives up the groups that these chunks are in, of those that are held: the sender has them otherwise. The journal
    /// says so before anything is written over.
    fn reclaim(&self, chunks: Range<u64>) -> Result<(), DiskError> {
        let mut content = self.content();
        while let Some(group) = content.held.range(..chunks.end).next_back().map(|(_, group)| *group)
            && group.chunks().end > chunks.start
        {
            if let Some(journal) = &mut *self.journal() {
                journal.void(&group).map_err(|why| self.part.failed(why))?;
            }
            content.held.remove(&group.first());
        }
        Ok(())
    }

    /// Takes a chunk that is whole, or ends with the file. Returns the bytes of all those taken and
    /// held.
    ///
    /// # Errors
    /// When it was taken before.
    pub fn keep(&self, leaf: Leaf) -> Result<u64, DiskError> {
        let group = (self.part.is_recorded() && leaf.room() < CHUNK).then(|| leaf.group());
        let mut content = self.content();
        content.tree.add(leaf).map_err(|_| DiskError::Twice(self.part.shown()))?;
        content.unsynced.extend(group);
        Ok(content.bytes(self.size))
    }

    /// Bytes that have come, and that the journal does not have yet; about. What a hole costs to come again counts, and
    /// not its length.
    #[must_use]
    pub fn unsynced(&self) -> u64 {
        (self.content().unsynced.len() * CHUNK) as u64
    }

    /// Makes what has come durable, and records it to last: another attempt will hold it. Others may write
    /// meanwhile.
    ///
    /// # Errors
    /// When the disk fails, now or before. What has come since the last sync is then void, also what
    /// came while that failed: it is never recorded, and the file can't be stored. What was recorded
    /// before stays true.
    pub fn sync(&self) -> Result<(), DiskError> {
        let Sink::File(file, _) = &self.sink else { return Ok(()) };
        let mut groups = {
            let mut content = self.content();
            if let Some(why) = &content.failed {
                // What the failed one was to write counts as written since then, also what came after.
                return Err(why.clone());
            }
            std::mem::take(&mut content.unsynced)
        };
        if groups.is_empty() {
            return Ok(());
        }
        if let Err(why) = self.part.shared().disks.hear(file.sync_data()) {
            let why = self.part.failed(why);
            self.content().failed = Some(why.clone());
            return Err(why);
        }
        groups.sort_unstable_by_key(Group::first);
        let mut journal = self.journal();
        let recorded = |journal: &mut Journal| journal.record(&groups).and_then(|()| journal.sync());
        if let Some(Err(problem)) = journal.as_mut().map(recorded) {
            // It is there for another attempt alone: this one goes on. What it says stays true.
            tracing::warn!(%problem, "a journal can’t be written");
        }
        Ok(())
    }

    /// Nothing of it is of use to another attempt.
    pub fn spoil(&self) {
        self.part.spoil();
    }

    /// Compares what was written with the sender's digest, and ends the writing.
    ///
    /// # Errors
    /// When content or size are not what they should be, what came as a text is none, or the disk has failed. The partial
    /// file is removed then.
    pub fn verify(self, digest: Digest) -> Result<Verified, DiskError> {
        let Self { sink, content, size, part, journal } = self;
        let journal = journal.into_inner().unwrap_or_else(PoisonError::into_inner);
        match whole(content.into_inner().unwrap_or_else(PoisonError::into_inner), size, digest, &part) {
            Ok(written) => Verified::of(sink, journal, (written, digest), part),
            Err(why) => {
                // What was recorded before a disk was full can be gone on with.
                if !why.is_full() {
                    part.spoil();
                }
                Err(why)
            }
        }
    }
}

/// The bytes of content that is what the sender has; else, what is wrong.
fn whole(content: Content, size: Option<u64>, digest: Digest, part: &Part) -> Result<u64, DiskError> {
    let Content { mut tree, held, failed, .. } = content;
    if let Some(why) = failed {
        return Err(why);
    }
    for group in held.values() {
        let added = size.map(|size| tree.add_group(group, size));
        if added != Some(Ok(())) {
            return Err(DiskError::Twice(part.shown()));
        }
    }
    let written = tree.bytes();
    if size.is_some_and(|size| written < size) {
        return Err(DiskError::Shorter(part.shown()));
    }
    if tree.digest(written) != Some(digest) {
        return Err(DiskError::Corrupt(part.shown()));
    }
    Ok(written)
}

/// Content that is whole, with the digest that the sender computed too.
pub struct Verified {
    file: Option<(File, Arc<()>)>,
    /// Keeps others away until it has its name.
    journal: Option<Journal>,
    digest: Digest,
    size: u64,
    /// Which file it is, of its disk and of itself; `None` where nobody looks into it, or that isn't known.
    made: Option<(u64, u64)>,
    part: Part,
}

/// A whole file under its partial name, to be renamed.
pub(in crate::disk) struct Whole {
    pub part: Part,
    /// Keeps others away.
    pub journal: Option<Journal>,
    pub form: Form,
    pub digest: Digest,
    pub size: u64,
}

/// How a whole file lies there until it has its own name.
pub(in crate::disk) enum Form {
    /// Under that of the partial file.
    Named(String),
    Nameless(File),
}

impl Whole {
    /// Gives it what it keeps under its own name, where it has not got that yet; `dir` is its folder.
    pub fn open_up(&self, dir: &Dir) {
        if !self.part.shared().watch.looks() {
            return;
        }
        match &self.form {
            Form::Nameless(file) => self.part.set_mode(file),
            Form::Named(name) => {
                let mut options = OpenOptions::new();
                options.read(true).follow(FollowSymlinks::No).nonblock(true);
                // What can't be opened stays as private as it is.
                if let Ok(file) = dir.open_with(name, &options) {
                    self.part.set_mode(&file.into_std());
                }
            }
        }
    }
}

impl Form {
    /// What is there; `dir` is its folder.
    pub fn metadata(&self, dir: &Dir) -> io::Result<Metadata> {
        match self {
            Self::Named(name) => dir.symlink_metadata(name),
            Self::Nameless(file) => file.metadata().map(Metadata::from_just_metadata),
        }
    }
}

impl Verified {
    fn of(
        sink: Sink,
        journal: Option<Journal>,
        content: (u64, Digest),
        part: Part,
    ) -> Result<Self, DiskError> {
        let (size, digest) = content;
        let (file, text) = sink.into_parts()?;
        if let Some(text) = text {
            part.shared().keep_text(text);
        }
        let Some(file) = file else {
            return Ok(Self { file: None, journal, digest, size, made: None, part });
        };
        // Whoever looks into it takes its time, and it is its owner's alone until that is over.
        if !part.shared().watch.looks() {
            part.set_mode(&file);
        }
        part.set_time(&file);
        let handles = part.handles();
        let made = part.shared().watch.looks().then(|| file.metadata().ok()).flatten();
        let made = made.and_then(|made| numbers(&Metadata::from_just_metadata(made)));
        // A full disk of handles would end all transfers; without one, a file is opened again.
        let is_kept = size > Partial::LARGE && Arc::strong_count(&handles) <= MAX_HANDLES;
        let file = (is_kept || part.is_nameless()).then_some((file, handles));
        Ok(Self { file, journal, digest, size, made, part })
    }

    /// True where something is open for it while it waits.
    #[must_use]
    pub fn holds_handles(&self) -> bool {
        self.file.is_some() || self.journal.is_some()
    }

    /// Makes the content durable, and lets go of the handle that it was written by, where it can be opened again.
    pub(in crate::disk) fn put_down(&mut self) -> Result<(), DiskError> {
        if self.file.is_some() && self.part.name().is_some() {
            self.sync()?;
            self.file = None;
        }
        Ok(())
    }

    /// The very file, opened once more for reading alone: a descriptor whose position is nobody's.
    pub(in crate::disk) fn open(&self) -> Result<File, DiskError> {
        let open = || match (self.part.name(), &self.file) {
            (Some(name), _) => {
                let folder = self.part.shared().folder(above(&self.path()), Missing::Fail)?;
                let mut options = OpenOptions::new();
                options.read(true).follow(FollowSymlinks::No).nonblock(true);
                folder
                    .dir
                    .open_with(name, &options)
                    .map(cap_std::fs::File::into_std)
                    .map_err(|why| self.part.failed(why))
            }
            (None, Some((file, _))) => nameless::reopen(file).map_err(|why| self.part.failed(why)),
            (None, None) => Err(DiskError::Vanished(self.part.shown())),
        };
        let file = self.part.shared().patiently(open)?;
        let there = file.metadata().map_err(|why| self.part.failed(why))?;
        let there = Metadata::from_just_metadata(there);
        // Whatever else stands under its name was not received.
        if self.made.is_some() && numbers(&there) != self.made || there.len() != self.size {
            return Err(DiskError::Vanished(self.part.shown()));
        }
        Ok(file)
    }

    /// As it is shown.
    pub(in crate::disk) fn shown(&self) -> String {
        self.part.shown()
    }

    #[must_use]
    pub fn entry(&self) -> EntryNo {
        self.part.entry()
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

    /// What is there of it; `None` of what gets no name.
    pub(in crate::disk) fn metadata(&self) -> Option<Metadata> {
        if self.part.purpose() != Purpose::Files {
            return None;
        }
        match (self.part.name(), &self.file) {
            (Some(name), _) => {
                let folder = self.part.shared().folder(above(&self.path()), Missing::Fail).ok()?;
                folder.dir.symlink_metadata(name).ok()
            }
            (None, Some((file, _))) => file.metadata().ok().map(Metadata::from_just_metadata),
            (None, None) => None,
        }
    }

    /// Where the file goes, below the inbox.
    pub(in crate::disk) fn path(&self) -> String {
        self.part.path()
    }

    /// The number of the disk it is on; `None` for what is on none.
    pub(in crate::disk) fn disk(&self) -> Option<usize> {
        self.part.disk()
    }

    /// What can be renamed; `None` of a speed test, whose content is removed now, and of a text, which is no file.
    pub(in crate::disk) fn into_whole(self) -> Option<Whole> {
        let Self { file, journal, digest, size, part, made: _ } = self;
        if part.purpose() != Purpose::Files {
            return None;
        }
        let form = match (part.name(), file) {
            // It is closed before its name goes.
            (Some(name), _) => Form::Named(name.to_owned()),
            (None, file) => Form::Nameless(file?.0),
        };
        Some(Whole { part, journal, form, digest, size })
    }

    /// Makes the content durable.
    pub(in crate::disk) fn sync(&self) -> Result<(), DiskError> {
        let synced = if let Some((file, _)) = &self.file {
            self.part.shared().disks.hear(file.sync_all())
        } else {
            let Some(name) = self.part.name() else { return Ok(()) };
            let mut options = OpenOptions::new();
            // Windows syncs only what could be written.
            options.read(true).write(cfg!(windows)).follow(FollowSymlinks::No);
            let folder = self.part.shared().folder(above(&self.part.path()), Missing::Fail)?;
            return self.part.shared().patiently(|| {
                let file = folder.dir.open_with(name, &options).map_err(|why| self.part.failed(why))?;
                self.part.shared().disks.hear(file.sync_all()).map_err(|why| self.part.failed(why))
            });
        };
        synced.map_err(|why| self.part.failed(why))
    }
}
