//! What one accepted transfer and all its files have in common: the receiving folder, the plan, the folders
//! that are open and those that were made.
//!
//! Opens folders on the way to an entry, one name at a time and never through a link. Must not know how a file
//! is written, or gets its name.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
    ffi::OsStr,
    io::{self, ErrorKind},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use cap_fs_ext::DirExt as _;
use cap_std::fs::Dir;

use super::folder_access::FolderAccess;
use crate::{
    disk::{
        error::{self, DiskError},
        folders::Folders,
        inbox::{
            Inbox, Plan,
            local::{above, last, shown},
            probe,
        },
        ledger::Ledger,
        naming::{NameRules, Numbering, prefix},
        notes::Notes,
        system::{
            attributes, descriptors, flags,
            modes::{self, Ordinary},
            refusal, space,
            sync::Disks,
        },
        watch::{Watch, Watched},
    },
    model::{
        Access, Accord, Conflict, Entry, EntryKind, EntryNo, FileMode, Listing, Purpose, RelPath, Text,
        TransferId,
    },
};

/// How many things at the top of the folder are remembered as saved.
pub const MAX_SAVED: usize = 1000;

/// What an intake shares with its files.
pub struct Shared {
    pub inbox: Inbox,
    pub plan: Plan,
    pub disks: Disks,
    /// How many finished files keep their handle; see `partial`.
    pub handles: Arc<()>,
    pub transfer: TransferId,
    /// Who looks into what comes; of a speed test or a text, nobody.
    pub watch: Watched,
    /// What this transfer's partial files start with.
    pub prefix: String,
    book: OnceLock<Book>,
    entries: Listing,
    folders: Folders<Folder>,
    /// By the paths that they have here.
    access: FolderAccess,
    made: Mutex<Made>,
    is_finished: AtomicBool,
    is_abandoned: AtomicBool,
    text: OnceLock<Text>,
}

/// What was said yes to, and what has come under it.
#[derive(Clone, Debug)]
pub struct Book {
    pub accord: Arc<Accord>,
    pub ledger: Arc<Ledger>,
}

/// An open folder and the number of the disk it is on.
pub struct Folder {
    pub dir: Dir,
    pub disk: usize,
    /// No name in it can be changed or removed.
    pub only_grows: bool,
    ordinary: OnceLock<Option<Ordinary>>,
}

impl Folder {
    /// What a new file gets in it; `None` where that can't be tried out. What is tried has a name that starts like this.
    pub fn ordinary(&self, prefix: &str) -> Option<Ordinary> {
        *self.ordinary.get_or_init(|| {
            let tried = probe::ordinary(&self.dir, prefix);
            tried.inspect_err(|why| tracing::debug!(%why, "what a new file gets can't be found out")).ok()
        })
    }
}

/// What was made so far, by path below the inbox.
#[derive(Default)]
pub struct Made {
    pub folders: BTreeSet<Box<str>>,
    /// Folders in which a new folder may not last through a power cut yet.
    pub unsynced: BTreeSet<Box<str>>,
    pub saved: Vec<String>,
    is_saved: HashSet<String>,
    pub notes: Notes,
}

/// Whether a folder that is missing is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Make,
    Fail,
}

impl Shared {
    pub fn new(inbox: Inbox, entries: Listing, plan: Plan, transfer: TransferId, watch: Watch) -> Self {
        let watch = if plan.purpose == Purpose::Files { watch } else { Watch::nobody() };
        let watch = watch.at(inbox.folder());
        Self {
            watch,
            transfer,
            prefix: prefix(transfer),
            inbox,
            book: OnceLock::new(),
            entries,
            plan,
            disks: Disks::default(),
            handles: Arc::new(()),
            folders: Folders::default(),
            access: FolderAccess::default(),
            made: Mutex::default(),
            is_finished: AtomicBool::new(false),
            is_abandoned: AtomicBool::new(false),
            text: OnceLock::new(),
        }
    }

    /// Where what is stored is noted; `None` where nobody asks later.
    pub fn book(&self) -> Option<&Book> {
        self.book.get()
    }

    pub fn keep_book(&self, book: Book) {
        // There is one yes to each attempt.
        let _ = self.book.set(book);
    }

    /// The text that has come whole.
    pub fn text(&self) -> Option<Text> {
        self.text.get().cloned()
    }

    pub fn keep_text(&self, text: Text) {
        // An offer has one.
        let _ = self.text.set(text);
    }

    /// From now on, the folders that were made stay.
    pub fn finish(&self) {
        self.is_finished.store(true, Ordering::Relaxed);
    }

    /// What is not whole goes when the last use of it ends.
    pub fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Relaxed);
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
    }

    pub fn entry(&self, no: EntryNo) -> Option<&Entry> {
        self.entries.get(no as usize)
    }

    /// A wanted file: its path, size and mode.
    pub fn file(&self, no: EntryNo) -> Result<(&Entry, Option<u64>, FileMode), DiskError> {
        match self.entry(no) {
            Some(entry @ Entry { kind: EntryKind::File { size, mode }, .. })
                if !self.plan.is_unwanted(no) =>
            {
                Ok((entry, *size, *mode))
            }
            _ => Err(DiskError::NotWanted(no)),
        }
    }

    /// Where an entry goes, below the inbox.
    pub fn local<'s>(&'s self, path: &'s RelPath) -> Cow<'s, str> {
        self.plan.names.path(path.as_str())
    }

    pub fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The open folder of a path below the inbox; of `""`, the inbox itself.
    pub fn folder(&self, path: &str, missing: Missing) -> Result<Arc<Folder>, DiskError> {
        self.patiently(|| self.open_folder(path, missing))
    }

    /// Waits where the system has no handle for it: other transfers let go of theirs, and this one of those that it
    /// only has at hand.
    pub fn patiently<T>(&self, work: impl Fn() -> Result<T, DiskError>) -> Result<T, DiskError> {
        let is_short = |why: &DiskError| matches!(why, DiskError::NoHandles);
        descriptors::wait_for_one(work, is_short, || self.folders.forget_all())
    }

    fn open_folder(&self, path: &str, missing: Missing) -> Result<Arc<Folder>, DiskError> {
        self.folders.get_or_open(OsStr::new(path), || {
            let dir = if path.is_empty() {
                self.inbox.dir.try_clone()
            } else {
                self.enter(&*self.open_folder(above(path), missing)?, path, missing)
            };
            let opened = dir.and_then(|dir| Ok((dir.dir_metadata()?, self.disks.number(&dir)?, dir)));
            let (found, disk, dir) = opened.map_err(|why| self.failed(path, why))?;
            if self.inbox.off_limits.is(&self.inbox.folder().join(path), &found) {
                return Err(DiskError::Own(shown(path)));
            }
            let only_grows = flags::only_grows(&dir);
            Ok(Folder { dir, disk, only_grows, ordinary: OnceLock::new() })
        })
    }

    /// Runs `work` in a folder, and once more from the top if the folder that was open is gone.
    pub fn in_folder<T>(
        &self,
        path: &str,
        shown_path: &str,
        work: impl Fn(&Folder) -> io::Result<T>,
    ) -> Result<T, DiskError> {
        let attempt = || {
            let folder = self.open_folder(path, Missing::Make)?;
            work(&folder).map_err(|why| self.failed(shown_path, why))
        };
        match self.patiently(attempt) {
            Err(DiskError::Vanished(_)) => {
                self.folders.forget_all();
                attempt()
            }
            result => result,
        }
    }

    /// An error of the system, told as what it means for this transfer.
    pub fn failed(&self, path: &str, why: io::Error) -> DiskError {
        let inbox = || error::shown(self.inbox.folder());
        let what = if path.is_empty() { inbox() } else { shown(path) };
        if space::is_full(self.inbox.folder(), &why) {
            return DiskError::NoSpace(inbox());
        }
        match DiskError::of(what, why) {
            DiskError::NoSpace(_) => DiskError::NoSpace(inbox()),
            DiskError::ReadOnly(_) => DiskError::ReadOnly(inbox()),
            DiskError::Vanished(_) if self.inbox.is_gone() => DiskError::FolderGone(inbox()),
            error => error,
        }
    }

    fn enter(&self, parent: &Folder, path: &str, missing: Missing) -> io::Result<Dir> {
        let name = last(path);
        match parent.dir.open_dir_nofollow(name) {
            Err(why) if why.kind() == ErrorKind::NotFound && missing == Missing::Make => {
                match modes::make_folder(&parent.dir, name, self.access.at(path)) {
                    Ok(()) => self.made().folder(path),
                    Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
                    Err(why) => return Err(why),
                }
                parent.dir.open_dir_nofollow(name)
            }
            // Systems differ in what they call a link that was not followed.
            Err(why) => match parent.dir.symlink_metadata(name) {
                Ok(metadata) if !metadata.is_dir() => Err(ErrorKind::NotADirectory.into()),
                _ => Err(why),
            },
            opened => opened,
        }
    }

    /// Makes folders at the top that were not there before.
    pub fn make_fresh(&mut self, offered: &[Box<str>]) -> Result<(), DiskError> {
        let access = FolderAccess::of(&self.entries, |path| Cow::Borrowed(path.as_str()));
        for offered in offered {
            self.make_top(offered, access.at(offered))?;
        }
        self.access = FolderAccess::of(&self.entries, |path| self.plan.names.path(path.as_str()));
        Ok(())
    }

    fn make_top(&mut self, offered: &str, access: Access) -> Result<(), DiskError> {
        let make = |name: &str| modes::make_folder(&self.inbox.dir, name, access);
        let path = self.take_free(offered, Numbering::Folder, make)?;
        self.made().folder(path.as_str());
        if offered.is_empty() {
            self.plan.names.set_holder(path.as_str());
        } else {
            self.plan.names.set(offered, path.as_str());
        }
        Ok(())
    }

    /// What the folder of an offered path makes of names.
    pub fn names_for(&self, offered: &str) -> NameRules {
        self.plan.traits_for(offered, self.inbox.traits).names
    }

    /// Tries `take` with the planned name of an offered path; while that is taken, with a number; and if no such name
    /// can be, with one that any disk can hold. Returns the path that it got.
    pub fn take_free(
        &self,
        offered: &str,
        numbering: Numbering,
        take: impl Fn(&str) -> io::Result<()>,
    ) -> Result<RelPath, DiskError> {
        let mut rules = self.names_for(offered);
        let planned = &*self.plan.names.path(offered);
        let mut wish = self.plan.names.wish(rules, offered);
        let mut name = Cow::Borrowed(last(planned));
        let (mut number, mut is_refused) = (0, false);
        loop {
            let path = match above(planned) {
                "" => RelPath::parse(&name),
                parent => RelPath::parse(&format!("{parent}/{name}")),
            };
            // The plan has measured its paths; only a number can make one too long.
            let path = path.map_err(|_| DiskError::NameRefused(shown(planned)))?;
            match take(&name) {
                Ok(()) => {
                    if path.as_str() != planned {
                        let planned = shown(planned);
                        let why = match self.plan.conflict {
                            _ if is_refused => "can't be a name here",
                            Conflict::Complete => "is there with other content",
                            _ => "was taken meanwhile",
                        };
                        self.made().notes.add(format_args!("“{planned}” {why}: stored as “{path}”."));
                    }
                    return Ok(path);
                }
                Err(why) if why.kind() == ErrorKind::AlreadyExists => {
                    number += 1;
                    name = Cow::Owned(rules.numbered(&wish, number, numbering));
                }
                // Nobody has tried out this very name.
                Err(why) if !is_refused && refusal::is_of_name(&why) => {
                    is_refused = true;
                    rules = rules.strictest();
                    wish = Cow::Owned(rules.storable(&wish).into_owned());
                    name.clone_from(&wish);
                    number = 0;
                }
                Err(why) => return Err(self.failed(planned, why)),
            }
        }
    }

    pub fn set_folder_time(&self, entry: &Entry) {
        let path = self.local(&entry.path);
        let top = path.split_once('/').map_or(&*path, |(top, _)| top);
        let is_ours = self.made().folders.contains(&*path) || self.plan.made_earlier.contains(top);
        let (Some(time), true) = (entry.modified, is_ours) else { return };
        // A time that this file system can't hold is not worth a failure.
        if let Ok(parent) = self.folder(above(&path), Missing::Fail) {
            let _ = attributes::set_folder_time(&parent.dir, last(&path), time);
        }
    }
}

impl Made {
    fn folder(&mut self, path: &str) {
        self.folders.insert(path.into());
        self.unsynced.insert(above(path).into());
    }

    /// Records that something stands at `path`.
    pub fn save(&mut self, path: &str) {
        let top = path.split_once('/').map_or(path, |(top, _)| top);
        if self.saved.len() < MAX_SAVED && !self.is_saved.contains(top) {
            self.saved.push(top.to_owned());
            self.is_saved.insert(top.to_owned());
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.is_finished.load(Ordering::Relaxed) {
            return;
        }
        let made = std::mem::take(&mut self.made().folders);
        // In reverse order, a folder comes after what is in it.
        for path in made.iter().rev() {
            if let Ok(parent) = self.folder(above(path), Missing::Fail) {
                // Where something is in it, it stays.
                let _ = parent.dir.remove_dir(last(path));
            }
        }
    }
}
