//! The writing side of one accepted transfer: its folders, its partial files, its end.
//!
//! Knows where each entry goes and opens the folders on the way, one name at a time and never
//! through a link. How a file is written is `partial`'s, how it gets its name `store`'s.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
    ffi::OsStr,
    io::{self, ErrorKind},
    ops::Range,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use cap_fs_ext::DirExt as _;
use cap_std::fs::Dir;

use super::{
    part::{self, Left},
    partial::{Partial, Verified},
    store::{self, Stored},
};
use crate::{
    disk::{
        error::{self, DiskError},
        folders::Folders,
        inbox::{
            folder::Inbox,
            local::{Names, Origin, Top, above, ancestors, last, shown},
            plan::{Attempt, Plan},
        },
        naming::Numbering,
        notes::Notes,
        system::{attributes, sync::Disks},
    },
    model::{Conflict, Entry, EntryKind, EntryNo, FileMode, Group, RelPath, TransferId},
};

/// One accepted transfer. May be used by several threads: while one writes, another stores.
///
/// Dropped before [`Intake::finish`], with all its files, it removes the folders that it made and
/// that nothing is in. What a journal says can be relied on stays for another attempt, unless it is
/// [abandoned](Intake::abandon).
pub struct Intake {
    shared: Arc<Shared>,
    /// What earlier attempts left of files that have not been begun.
    left: Mutex<HashMap<EntryNo, Left>>,
    /// Files that seemed to be there already, and are not the same.
    differ: Mutex<HashSet<EntryNo>>,
}

/// What is left to say at the end of a transfer.
#[derive(Debug)]
pub struct Finished {
    /// Folders that could not be made.
    pub problems: Vec<(EntryNo, DiskError)>,
    /// Names that had to change after the plan, because they were taken meanwhile. Bounded.
    pub notes: Vec<String>,
}

/// What an intake shares with its files.
pub(in crate::disk) struct Shared {
    pub inbox: Inbox,
    pub plan: Plan,
    pub disks: Disks,
    /// How many finished files keep their handle; see `partial`.
    pub handles: Arc<()>,
    pub transfer: TransferId,
    /// What this transfer's partial files start with.
    pub prefix: String,
    entries: Vec<Entry>,
    folders: Folders<Folder>,
    made: Mutex<Made>,
    is_finished: AtomicBool,
    is_abandoned: AtomicBool,
}

/// An open folder and the number of the disk it is on.
pub(in crate::disk) struct Folder {
    pub dir: Dir,
    pub disk: usize,
}

/// What was made so far, by path below the inbox.
#[derive(Default)]
pub(in crate::disk) struct Made {
    folders: BTreeSet<Box<str>>,
    /// Folders in which a new folder may not last through a power cut yet.
    pub unsynced: BTreeSet<Box<str>>,
    saved: Vec<String>,
    is_saved: HashSet<String>,
    pub notes: Notes,
}

/// Whether a folder that is missing is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::disk) enum Missing {
    Make,
    Fail,
}

impl Intake {
    /// How many things at the top of the folder are listed by [`Intake::saved`].
    pub const MAX_SAVED: usize = 1000;

    /// Takes up an offer that `plan` was made for. Folders at the top are made at once, so that
    /// no other transfer can take their names.
    ///
    /// # Errors
    /// When one of those folders can't be made, or the disk is too full to go on with what is left.
    pub fn begin(
        inbox: Inbox,
        entries: Vec<Entry>,
        mut plan: Plan,
        transfer: TransferId,
    ) -> Result<Self, DiskError> {
        let fresh = std::mem::take(&mut plan.fresh);
        let mut shared = Shared {
            transfer,
            prefix: part::prefix(transfer),
            inbox,
            entries,
            plan,
            disks: Disks::default(),
            handles: Arc::new(()),
            folders: Folders::default(),
            made: Mutex::default(),
            is_finished: AtomicBool::new(false),
            is_abandoned: AtomicBool::new(false),
        };
        for offered in fresh {
            shared.make_fresh(&offered)?;
        }
        let shared = Arc::new(shared);
        let left = match shared.plan.attempt {
            Attempt::First => HashMap::new(),
            Attempt::Again => {
                shared.sync_stored()?;
                shared.find_left()?
            }
        };
        Ok(Self { shared, left: Mutex::new(left), differ: Mutex::default() })
    }

    #[must_use]
    pub fn entry(&self, no: EntryNo) -> Option<&Entry> {
        self.shared.entry(no)
    }

    /// True for a file that is not left out, nor, for all that is known, there already.
    #[must_use]
    pub fn wants(&self, no: EntryNo) -> bool {
        self.shared.file(no).is_ok() && (!self.shared.plan.is_likely(no) || self.differ().contains(&no))
    }

    /// Files that seem to be there already, ascending.
    #[must_use]
    pub fn likely(&self) -> &[Range<EntryNo>] {
        self.shared.plan.likely()
    }

    pub(in crate::disk) fn differ(&self) -> MutexGuard<'_, HashSet<EntryNo>> {
        self.differ.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::disk) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn left(&self) -> MutexGuard<'_, HashMap<EntryNo, Left>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What earlier attempts left of files that are wanted and not begun, ascending.
    #[must_use]
    pub fn held(&self) -> Vec<(EntryNo, Vec<Group>)> {
        let mut held: Vec<_> = self.left().iter().map(|(no, left)| (*no, left.held())).collect();
        held.sort_unstable_by_key(|(no, _)| *no);
        held
    }

    /// The names that were chosen, for another attempt.
    #[must_use]
    pub fn names(&self) -> Names {
        let shared = &*self.shared;
        let mut tops: Vec<Box<str>> = Vec::new();
        for (no, entry) in (0..).zip(&shared.entries) {
            let path = shared.local(&entry.path);
            let is_inside = path.contains('/') || entry.kind == EntryKind::Folder;
            let top = path.split_once('/').map_or(&*path, |(top, _)| top);
            if is_inside && !shared.plan.is_unwanted(no) && tops.last().is_none_or(|last| **last != *top) {
                tops.push(top.into());
            }
        }
        tops.sort_unstable();
        tops.dedup();
        let made = shared.made();
        let top = |name: Box<str>| {
            let is_new = made.folders.contains(&name) || shared.inbox.dir.symlink_metadata(&*name).is_err();
            Top { name, origin: if is_new { Origin::Made } else { Origin::Found } }
        };
        Names::new(shared.plan.names.clone(), tops.into_iter().map(top).collect())
    }

    /// Bytes of disk that its unfinished files have already.
    #[must_use]
    pub fn allocated(&self) -> u64 {
        self.shared.allocated()
    }

    /// Gives the transfer up: what is not whole goes when the last use of it ends.
    pub fn abandon(&self) {
        self.shared.is_abandoned.store(true, Ordering::Relaxed);
    }

    /// Opens a partial file beside where the entry goes, making the folders above it.
    ///
    /// # Errors
    /// When the entry is not wanted, its folder can't be made or entered, or there is no space.
    pub fn create(&self, no: EntryNo) -> Result<Partial, DiskError> {
        Partial::create(&self.shared, no, self.left().remove(&no))
    }

    /// Makes the content of all these files durable, gives them their names and makes those
    /// durable. Only what is reported as stored is sure to last.
    #[must_use]
    pub fn store(&self, group: Vec<Verified>) -> Vec<(EntryNo, Result<Stored, DiskError>)> {
        store::store(&self.shared, group)
    }

    /// To be called after the last file was stored: makes the folders that nothing was stored in
    /// and gives all folders that this transfer made their times.
    #[must_use]
    pub fn finish(&self) -> Finished {
        let shared = &*self.shared;
        let mut problems = Vec::new();
        let folders = || {
            (0..)
                .zip(&shared.entries)
                .filter(|(no, entry)| entry.kind == EntryKind::Folder && !shared.plan.is_unwanted(*no))
        };
        for (no, entry) in folders() {
            let path = shared.local(&entry.path);
            match shared.folder(&path, Missing::Make) {
                Ok(_) => shared.made().save(&path),
                Err(error) => problems.push((no, error)),
            }
        }
        let deepest_first = folders().collect::<Vec<_>>().into_iter().rev();
        for (_, entry) in deepest_first {
            shared.set_folder_time(entry);
        }
        let unsynced = std::mem::take(&mut shared.made().unsynced);
        let failed = store::sync_folders(shared, &unsynced);
        if !failed.is_empty() {
            let error = |entry: &Entry| failed.get(above(&shared.local(&entry.path))).cloned();
            problems.extend(folders().filter_map(|(no, entry)| Some((no, error(entry)?))));
        }
        shared.is_finished.store(true, Ordering::Relaxed);
        let notes = shared.made().notes.lines().to_vec();
        Finished { problems, notes }
    }

    /// What this transfer has put at the top of the receiving folder so far, absolute; at most
    /// [`Intake::MAX_SAVED`].
    #[must_use]
    pub fn saved(&self) -> Vec<PathBuf> {
        let shared = &*self.shared;
        let is_there = |name: &&String| shared.inbox.dir.symlink_metadata(name).is_ok();
        shared.made().saved.iter().filter(is_there).map(|name| shared.inbox.folder().join(name)).collect()
    }
}

impl Shared {
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
        self.folders.get_or_open(OsStr::new(path), || {
            let dir = if path.is_empty() {
                self.inbox.dir.try_clone()
            } else {
                self.enter(&*self.folder(above(path), missing)?, path, missing)
            };
            let opened = dir.and_then(|dir| Ok(Folder { disk: self.disks.number(&dir)?, dir }));
            opened.map_err(|why| self.failed(path, why))
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
            let folder = self.folder(path, Missing::Make)?;
            work(&folder).map_err(|why| self.failed(shown_path, why))
        };
        match attempt() {
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
                match parent.dir.create_dir(name) {
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

    /// An earlier attempt may have ended between a file's renaming and its last sync: what it stored must
    /// be sure to last before anybody hears that it is there.
    fn sync_stored(&self) -> Result<(), DiskError> {
        let mut folders = BTreeSet::new();
        for entry in self.plan.stored().iter().cloned().flatten().filter_map(|no| self.entry(no)) {
            let path = self.local(&entry.path);
            folders.extend(
                ancestors(&path)
                    .take_while(|folder| !folders.contains(*folder))
                    .map(Box::from)
                    .collect::<Vec<_>>(),
            );
        }
        store::sync_folders(self, &folders).into_values().next().map_or(Ok(()), Err)
    }

    /// Makes a folder at the top that was not there before.
    fn make_fresh(&mut self, offered: &str) -> Result<(), DiskError> {
        let planned = self.plan.names.path(offered).into_owned();
        let wish = self.plan.names.wish(self.inbox.rules, offered);
        let path =
            self.take_free(&planned, &wish, Numbering::Folder, |name| self.inbox.dir.create_dir(name))?;
        self.made().folder(path.as_str());
        if offered.is_empty() {
            self.plan.names.set_holder(path.as_str());
        } else {
            self.plan.names.set(offered, path.as_str());
        }
        Ok(())
    }

    /// Tries `take` with the planned path's name, and while that is taken with `wish` and a number.
    /// Returns the path that was free.
    pub fn take_free(
        &self,
        planned: &str,
        wish: &str,
        numbering: Numbering,
        take: impl Fn(&str) -> io::Result<()>,
    ) -> Result<RelPath, DiskError> {
        let mut name = Cow::Borrowed(last(planned));
        let mut number = 0;
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
                            Conflict::Complete => "is there with other content",
                            _ => "was taken meanwhile",
                        };
                        self.made().notes.add(format_args!("“{planned}” {why}: stored as “{path}”."));
                    }
                    return Ok(path);
                }
                Err(why) if why.kind() == ErrorKind::AlreadyExists => {
                    number += 1;
                    name = Cow::Owned(self.inbox.rules.numbered(wish, number, numbering));
                }
                Err(why) => return Err(self.failed(planned, why)),
            }
        }
    }

    fn set_folder_time(&self, entry: &Entry) {
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
        if self.saved.len() < Intake::MAX_SAVED && !self.is_saved.contains(top) {
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
