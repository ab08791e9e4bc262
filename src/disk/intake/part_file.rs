//! What a file has in its folder until it gets its own name: a partial file, and perhaps a journal.
//!
//! Knows their names, and that these are nobody else's: they are made of the transfer's id and of the
//! path as it was offered, so that another attempt finds them. Must not know what is written there.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::File,
    io::{self, ErrorKind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _};
use cap_std::fs::{Dir, OpenOptions};

use super::{
    journal::{self, Groups, Journal, Subject},
    outdone,
    own::{open_own, stem},
    shared::{Folder, Missing, Shared},
    touched,
};
use crate::{
    disk::{
        error::DiskError,
        inbox::local::{above, shown},
        naming::{JOURNAL, PART},
        system::{
            attributes, descriptors, file_size,
            holes::Ground,
            modes::{self, Ordinary},
            nameless, space,
        },
    },
    model::{Access, Entry, EntryKind, EntryNo, Group, Purpose},
};

/// What earlier attempts left, of so many files at most: each holds two descriptors.
const MAX_LEFT: usize = 128;

/// What a file has here until it gets its own name. Dropping it leaves nothing behind, but for what
/// another attempt can rely on.
pub(in crate::disk) struct Part {
    shared: Arc<Shared>,
    no: EntryNo,
    trace: Trace,
    is_spoilt: AtomicBool,
}

pub(in crate::disk) enum Trace {
    Nothing,
    /// It gets a name when it is whole, and has none before.
    Nameless {
        disk: usize,
    },
    File {
        /// Of the partial file, without its ending.
        stem: String,
        name: String,
        /// The number of the disk it is on.
        disk: usize,
        keeping: Keeping,
    },
}

/// How a partial file was made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Born {
    Named,
    Nameless,
}

/// Whether another attempt may go on with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::disk) enum Keeping {
    Journal,
    Nothing,
}

/// What an earlier attempt left of a file.
pub(in crate::disk) struct Left {
    pub file: File,
    pub journal: Journal,
    pub groups: Groups,
    pub part: Part,
}

impl Part {
    pub fn new(shared: &Arc<Shared>, no: EntryNo, trace: Trace) -> Self {
        Self { shared: Arc::clone(shared), no, trace, is_spoilt: AtomicBool::new(false) }
    }

    /// Makes a partial file, with a journal where it is worth while.
    pub fn create(
        shared: &Arc<Shared>,
        no: EntryNo,
        entry: &Entry,
        size: Option<u64>,
    ) -> Result<(File, Option<Journal>, Self), DiskError> {
        let path = shared.local(&entry.path);
        let own = stem(&shared.prefix, entry.path.as_str());
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).follow(FollowSymlinks::No);
        modes::create_private(&mut options);
        let long = size.filter(|size| *size > Group::WORTH);
        let mut stem = Cow::Borrowed(&own);
        let mut attempt = 0;
        let (file, disk, form) = loop {
            let name = format!("{stem}{PART}");
            let open = |folder: &Folder| {
                // What has no name can't be gone on with, and needs none taken away.
                if folder.only_grows
                    && let Ok(file) = nameless::private(&folder.dir)
                {
                    return Ok(Some((file, folder.disk, Born::Nameless)));
                }
                if attempt == 0 && long.is_some() {
                    remove_useless(&folder.dir, &own);
                }
                match folder.dir.open_with(&name, &options) {
                    Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(None),
                    opened => opened.map(|file| Some((file.into_std(), folder.disk, Born::Named))),
                }
            };
            if let Some(opened) = shared.in_folder(above(&path), &path, open)? {
                break opened;
            }
            // Left behind by a crash, or in use by another process: not ours to remove.
            attempt += 1;
            stem = Cow::Owned(format!("{own}-{attempt}"));
        };
        if form == Born::Nameless {
            return Ok((file, None, Self::new(shared, no, Trace::Nameless { disk })));
        }
        let keeping = match (shared.plan.purpose, long) {
            (Purpose::Files, Some(_)) if attempt == 0 => Keeping::Journal,
            _ => Keeping::Nothing,
        };
        let name = format!("{stem}{PART}");
        let trace = Trace::File { stem: stem.into_owned(), name, disk, keeping };
        let mut part = Self::new(shared, no, trace);
        let journal = match (keeping, size) {
            (Keeping::Journal, Some(size)) => part.begin_journal(entry, size, &Groups::new()).ok(),
            _ => None,
        };
        if let (None, Trace::File { keeping, .. }) = (&journal, &mut part.trace) {
            // Without one it is received all the same, and for this attempt alone.
            *keeping = Keeping::Nothing;
        }
        Ok((file, journal, part))
    }

    fn begin_journal(&self, entry: &Entry, size: u64, known: &Groups) -> Result<Journal, DiskError> {
        let Trace::File { stem, .. } = &self.trace else { return Err(DiskError::NotWanted(self.no)) };
        let folder = self.shared.folder(above(&self.path()), Missing::Fail)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).follow(FollowSymlinks::No);
        modes::create_private(&mut options);
        let subject = Subject { transfer: self.shared.transfer, path: entry.path.as_str(), size };
        let name = format!("{stem}{JOURNAL}");
        self.shared.patiently(|| {
            let begun = folder
                .dir
                .open_with(&name, &options)
                .and_then(|file| Journal::begin(file.into_std(), &subject, known));
            begun.map_err(|why| self.failed(why))
        })
    }

    /// What an earlier attempt left of a file; `None` when that is nothing of use, and an error when it
    /// can't be gone on with because the disk is full.
    fn find(shared: &Arc<Shared>, no: EntryNo) -> Option<Result<Left, DiskError>> {
        let (entry, size, _) = shared.file(no).ok()?;
        let size = size.filter(|size| *size > Group::WORTH)?;
        let path = shared.local(&entry.path);
        let folder = match shared.folder(above(&path), Missing::Fail) {
            Err(short @ DiskError::NoHandles) => return Some(Err(short)),
            opened => opened.ok()?,
        };
        let stem = stem(&shared.prefix, entry.path.as_str());
        let name = format!("{stem}{PART}");
        let open = |name: &str| {
            descriptors::wait_for_one(|| open_own(&folder.dir, name), descriptors::are_used_up, || ())
        };
        let file = match open(&name) {
            // It is there, and must not be taken for nothing.
            Err(why) if descriptors::are_used_up(&why) => return Some(Err(DiskError::NoHandles)),
            opened => opened.ok()?,
        };
        let subject = Subject { transfer: shared.transfer, path: entry.path.as_str(), size };
        let journal = match open(&format!("{stem}{JOURNAL}")) {
            Err(why) if descriptors::are_used_up(&why) => return Some(Err(DiskError::NoHandles)),
            opened => opened.ok()?,
        };
        let (there, written) = (file.metadata().ok()?, journal.metadata().ok()?);
        // An earlier build may have made them, or what was whole have got no name. Whoever may open a journal can lock
        // it.
        for ours in [&file, &journal] {
            let _ = modes::tighten(ours);
        }
        let (mut journal, was, groups) = Journal::open(journal, &subject).ok()??;
        let changed = touched::since(&there, &written);
        let there = there.len();
        let mut groups = journal::usable(groups, was, size, there);
        if changed {
            touched::forget_what_differs(&file, size, &mut journal, &mut groups).ok()?;
        }
        if groups.is_empty() {
            return None;
        }
        let trace = Trace::File { stem: stem.clone(), name, disk: folder.disk, keeping: Keeping::Journal };
        let part = Self::new(shared, no, trace);
        let sized = || -> Result<Journal, DiskError> {
            if there > size {
                file.set_len(size).map_err(|why| part.failed_at(size, why))?;
            } else if there < size && entry.holes > 0 {
                Ground::stretch(&file, size).map_err(|why| part.failed_at(size, why))?;
            }
            if there != size && entry.holes == 0 {
                space::reserve(&file, size).map_err(|why| part.failed_at(size, why))?;
            }
            if was == size {
                return Ok(journal);
            }
            folder.dir.remove_file(format!("{stem}{JOURNAL}")).map_err(|why| part.failed(why))?;
            part.begin_journal(entry, size, &groups)
        };
        match sized() {
            Ok(journal) => Some(Ok(Left { file, journal, groups, part })),
            Err(full) if full.is_full() => Some(Err(full)),
            Err(problem) => {
                tracing::warn!(%problem, "what is left of a file can’t be used");
                part.spoil();
                None
            }
        }
    }

    pub fn entry(&self) -> EntryNo {
        self.no
    }

    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    pub fn handles(&self) -> Arc<()> {
        Arc::clone(&self.shared.handles)
    }

    pub fn purpose(&self) -> Purpose {
        self.shared.plan.purpose
    }

    /// Of the partial file; `None` where there is none.
    pub fn name(&self) -> Option<&str> {
        match &self.trace {
            Trace::File { name, .. } => Some(name),
            Trace::Nothing | Trace::Nameless { .. } => None,
        }
    }

    pub fn disk(&self) -> Option<usize> {
        match self.trace {
            Trace::File { disk, .. } | Trace::Nameless { disk } => Some(disk),
            Trace::Nothing => None,
        }
    }

    /// True of what has no name until it gets its own.
    pub fn is_nameless(&self) -> bool {
        matches!(self.trace, Trace::Nameless { .. })
    }

    /// True when there is a journal.
    pub fn is_recorded(&self) -> bool {
        matches!(self.trace, Trace::File { keeping: Keeping::Journal, .. })
    }

    /// Where the file goes, below the inbox.
    pub fn path(&self) -> String {
        self.shared
            .entry(self.no)
            .map_or_else(String::new, |entry| self.shared.local(&entry.path).into_owned())
    }

    pub fn shown(&self) -> String {
        shown(&self.path())
    }

    pub fn failed(&self, why: io::Error) -> DiskError {
        self.shared.failed(&self.path(), why)
    }

    /// As [`Part::failed`], where the file was to become `length` long.
    pub fn failed_at(&self, length: u64, why: io::Error) -> DiskError {
        self.failed(why).at_length(length, file_size::limit())
    }

    /// Gives the partial file the time that was offered.
    pub fn set_time(&self, file: &File) {
        if let Some(time) = self.shared.entry(self.no).and_then(|entry| entry.modified) {
            // A time that this file system can't hold is not worth a failure.
            let _ = attributes::set_file_time(file, time);
        }
    }

    /// Gives the partial file what it keeps under its own name: until then it is its owner's alone.
    pub fn set_mode(&self, file: &File) {
        let Ok((entry, _, mode)) = self.shared.file(self.no) else { return };
        let ordinary = match entry.access {
            Access::Private => None,
            Access::Shared => self.ordinary(),
        };
        // Where no mode can be set there is none to keep.
        let _ = modes::settle(file, mode, ordinary);
    }

    fn ordinary(&self) -> Option<Ordinary> {
        self.shared.folder(above(&self.path()), Missing::Fail).ok()?.ordinary(&self.shared.prefix)
    }

    /// Nothing of it is of use to another attempt.
    pub fn spoil(&self) {
        self.is_spoilt.store(true, Ordering::Relaxed);
    }

    /// The file has its own name now, or is in quarantine.
    pub fn stored(mut self) {
        let Trace::File { stem, keeping, .. } = std::mem::replace(&mut self.trace, Trace::Nothing) else {
            return;
        };
        if keeping == Keeping::Journal
            && let Ok(folder) = self.shared.folder(above(&self.path()), Missing::Fail)
        {
            // One that stays is found to be of no use, and removed, by the next attempt.
            let _ = folder.dir.remove_file(format!("{stem}{JOURNAL}"));
        }
        if let Some(entry) = self.shared.entry(self.no) {
            outdone::clear_beside(&self.shared, entry, &stem);
        }
    }
}

/// Gives the disk back what was set aside beyond the last byte that another attempt can rely on: it may be days
/// until that one comes.
fn give_back(dir: &Dir, stem: &str, subject: &Subject<'_>) -> io::Result<()> {
    let file = open_own(dir, &format!("{stem}{PART}"))?;
    let journal = open_own(dir, &format!("{stem}{JOURNAL}"))?;
    let (there, written) = (file.metadata()?, journal.metadata()?);
    let Some((journal, was, groups)) = Journal::open(journal, subject)? else { return Ok(()) };
    let end = groups.values().map(|group| group.bytes(was).end).max().unwrap_or_default();
    if end >= there.len() || touched::since(&there, &written) {
        return Ok(());
    }
    file.set_len(end)?;
    journal.vouch()
}

impl Drop for Part {
    fn drop(&mut self) {
        let Trace::File { stem, name, keeping, .. } = &self.trace else { return };
        let stays = *keeping == Keeping::Journal
            && !self.is_spoilt.load(Ordering::Relaxed)
            && !self.shared.is_abandoned();
        if !stays && let Ok(folder) = self.shared.folder(above(&self.path()), Missing::Fail) {
            // Its folder may be gone, and the file with it.
            let _ = folder.dir.remove_file(name);
            if *keeping == Keeping::Journal {
                let _ = folder.dir.remove_file(format!("{stem}{JOURNAL}"));
            }
        }
        if stays
            && let Ok((entry, Some(size), _)) = self.shared.file(self.no)
            && let Ok(folder) = self.shared.folder(above(&self.path()), Missing::Fail)
        {
            let subject = Subject { transfer: self.shared.transfer, path: entry.path.as_str(), size };
            if let Err(why) = give_back(&folder.dir, stem, &subject) {
                tracing::debug!(%why, "what was set aside for a file stays so");
            }
        }
    }
}

impl Shared {
    /// Finds what earlier attempts left of files that are wanted.
    ///
    /// Returns also those that there is no room for now, ascending.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn find_left(self: &Arc<Self>) -> Result<(HashMap<EntryNo, Left>, Vec<EntryNo>), DiskError> {
        let (mut left, mut lacking) = (HashMap::new(), Vec::new());
        for (no, found) in self.long().filter_map(|no| Some((no, Part::find(self, no)?))) {
            match found {
                Ok(found) => drop(left.insert(no, found)),
                Err(why) if why.is_full() => lacking.push(no),
                Err(why) => return Err(why),
            }
            if left.len() >= MAX_LEFT {
                break;
            }
        }
        Ok((left, lacking))
    }

    /// Bytes of disk that partial files have, of those that another attempt can go on with.
    pub fn allocated(&self) -> u64 {
        let taken = |no| {
            let (entry, ..) = self.file(no).ok()?;
            let folder = self.folder(above(&self.local(&entry.path)), Missing::Fail).ok()?;
            let name = format!("{}{PART}", stem(&self.prefix, entry.path.as_str()));
            open_own(&folder.dir, &name).ok().map(|file| space::taken(&file))
        };
        self.long().filter_map(taken).fold(0, u64::saturating_add)
    }

    /// Files that are large enough for a journal.
    fn long(&self) -> impl Iterator<Item = EntryNo> {
        let is_long = |entry: &Entry| match entry.kind {
            EntryKind::File { size: Some(size), .. } => size > Group::WORTH,
            _ => false,
        };
        (0..).zip(self.entries()).filter(move |(_, entry)| is_long(entry)).map(|(no, _)| no)
    }
}

impl Left {
    pub fn held(&self) -> Vec<Group> {
        self.groups.values().copied().collect()
    }
}

/// Makes room for a new attempt at a file that is worth a journal, where an earlier one left what is of no use and nobody
/// has it open.
fn remove_useless(dir: &Dir, stem: &str) {
    let journal = format!("{stem}{JOURNAL}");
    if open_own(dir, &journal).is_ok_and(|file| file.try_lock().is_ok()) {
        // What can't be removed is not used either.
        let _ = dir.remove_file(format!("{stem}{PART}"));
        let _ = dir.remove_file(journal);
    }
}
