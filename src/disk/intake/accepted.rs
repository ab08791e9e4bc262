//! The writing side of one accepted transfer, from its first folder to its last name.
//!
//! Hands each part of the work to the room that does it: how a file is written is `partial`'s, how it gets its
//! name `final_names`', and what an earlier attempt has left is found by `part_file`. Must not decide names: the plan has.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    final_names, outdone,
    part_file::Left,
    partial::{Partial, Verified},
    placed::Placed,
    screened::{self, Looked, Screened},
    shared::{self, Book, Missing, Shared},
};
use crate::{
    disk::{
        error::DiskError,
        inbox::{
            folder::Inbox,
            local::{Names, Origin, Top, above, last},
            plan::{Attempt, Plan, is_as_long},
        },
        ledger::Saved,
        system::{gaps::Gaps, whereabouts::Whereabouts},
        watch::Watch,
    },
    model::{
        Caught, Digest, Entry, EntryKind, EntryNo, Group, Listing, Purpose, Screening, Text, TransferId,
    },
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
    /// Files that an earlier attempt left a part of, and that there is no room for now.
    lacking: Vec<EntryNo>,
    /// Files that seemed to be there already, and are not the same.
    differ: Mutex<HashSet<EntryNo>>,
}

/// What an earlier attempt has noted of a file; its path is below the receiving folder.
#[derive(Debug)]
pub enum Before {
    /// In bytes.
    Stored { path: Box<str>, size: u64, digest: Digest, screening: Screening },
    /// It stood there before.
    Found { path: Box<str> },
    /// It is in quarantine.
    Apart { digest: Digest, why: Caught },
}

/// What is left to say at the end of a transfer.
#[derive(Debug)]
pub struct Finished {
    /// Folders that could not be made.
    pub problems: Vec<(EntryNo, DiskError)>,
    /// Names that had to change after the plan, because they were taken meanwhile. Bounded.
    pub notes: Vec<String>,
    /// Why nobody finds what is stored where it was to go.
    pub lost: Option<DiskError>,
}

impl Intake {
    /// How many things at the top of the folder are listed by [`Intake::saved`].
    pub const MAX_SAVED: usize = shared::MAX_SAVED;

    /// Takes up an offer that `plan` was made for. Folders at the top are made at once, so that
    /// no other transfer can take their names.
    ///
    /// # Errors
    /// When one of those folders can't be made, or what is left can't be looked at.
    pub fn begin(
        inbox: Inbox,
        entries: impl Into<Listing>,
        mut plan: Plan,
        transfer: TransferId,
        watch: Watch,
    ) -> Result<Self, DiskError> {
        let fresh = std::mem::take(&mut plan.fresh);
        let mut shared = Shared::new(inbox, entries.into(), plan, transfer, watch);
        shared.make_fresh(&fresh)?;
        let shared = Arc::new(shared);
        let (left, lacking) = match shared.plan.attempt {
            Attempt::First => Default::default(),
            Attempt::Again => {
                outdone::clear_apart(&shared);
                shared.find_left()?
            }
        };
        Ok(Self { shared, left: Mutex::new(left), lacking, differ: Mutex::default() })
    }

    /// Notes in this book what is stored from now on, and what an earlier attempt has not come to note.
    ///
    /// # Errors
    /// When the disk doesn't make that last.
    pub fn keep_book(&self, book: Book) -> Result<(), DiskError> {
        self.shared.keep_book(book);
        final_names::settle(&self.shared)
    }

    /// How many entries were offered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.entries().len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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

    /// Files that an earlier attempt has stored, ascending.
    #[must_use]
    pub fn stored(&self) -> &[Range<EntryNo>] {
        self.shared.plan.stored()
    }

    /// Where a path below the receiving folder is on this device.
    #[must_use]
    pub fn place(&self, path: &str) -> PathBuf {
        self.shared.inbox.folder().join(path)
    }

    /// What was noted of a file that this transfer has stored, or put into quarantine.
    #[must_use]
    pub fn noted(&self, no: EntryNo) -> Option<Before> {
        let (entry, book) = (self.shared.entry(no)?, self.shared.book()?);
        let mark = book.accord.mark(entry);
        // What is stored again is there no more.
        if let Some((digest, why)) = book.ledger.is_caught(mark) {
            return Some(Before::Apart { digest, why });
        }
        let Saved { path, size, digest, screening, .. } = book.ledger.last(mark)?;
        Some(Before::Stored { path, size, digest, screening })
    }

    /// What is known of a file that an [earlier attempt](Self::stored) has stored, as that has noted it.
    #[must_use]
    pub fn stored_before(&self, no: EntryNo) -> Option<Before> {
        if let stored @ Some(_) = self.noted(no) {
            return stored;
        }
        let shared = &*self.shared;
        let entry = shared.entry(no)?;
        // It was found there, and where is not noted: most probably under its own name.
        let path = shared.local(&entry.path);
        let folder = shared.folder(above(&path), Missing::Fail).ok()?;
        let there = folder.dir.symlink_metadata(last(&path)).ok()?;
        is_as_long(&there, entry).then(|| Before::Found { path: path.into() })
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

    /// Nothing more is begun of what earlier attempts have left: another one may take it up.
    pub fn let_go(&self) {
        self.left().clear();
    }

    /// The names that were chosen, for another attempt.
    #[must_use]
    pub fn names(&self) -> Names {
        let shared = &*self.shared;
        let mut tops: Vec<Box<str>> = Vec::new();
        for (no, entry) in (0..).zip(shared.entries()) {
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

    /// Bytes of each file that need no room here, because they are holes.
    pub fn holes(&self) -> impl Iterator<Item = (EntryNo, u64)> {
        let gaps = Gaps::at(self.shared.inbox.folder());
        let of = (0..).zip(self.shared.entries()).map(|(no, entry)| (no, entry.hollow()));
        of.filter(move |(_, bytes)| gaps == Gaps::Left && *bytes > 0)
    }

    /// Files that an earlier attempt left a part of, and that there is no room for now; ascending.
    #[must_use]
    pub fn lacking(&self) -> Vec<EntryNo> {
        self.lacking.clone()
    }

    /// What is said of a disk without room.
    #[must_use]
    pub fn is_full(&self) -> DiskError {
        self.shared.failed("", std::io::ErrorKind::StorageFull.into())
    }

    /// True where a text comes, and no files.
    #[must_use]
    pub fn is_of_text(&self) -> bool {
        self.shared.plan.purpose == Purpose::Text
    }

    /// The text that has come, once it is whole and its digest is right; `None` where files come.
    #[must_use]
    pub fn text(&self) -> Option<Text> {
        self.shared.text()
    }

    /// Gives the transfer up: nothing more of it gets a name, and what has none goes when the last use of it ends.
    pub fn abandon(&self) {
        self.shared.abandon();
    }

    /// Opens a partial file beside where the entry goes, making the folders above it.
    ///
    /// # Errors
    /// When the entry is not wanted, its folder can't be made or entered, or there is no space.
    pub fn create(&self, no: EntryNo) -> Result<Partial, DiskError> {
        if self.lacking.binary_search(&no).is_ok() {
            return Err(self.is_full());
        }
        Partial::create(&self.shared, no, self.left().remove(&no))
    }

    /// True where somebody looks into each file before it gets its name, which takes its time.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.shared.watch.looks()
    }

    /// Has a verified file looked into, by whoever does that here. `is_over` says that nobody waits for it any more.
    pub fn screen(&self, file: Verified, is_over: &dyn Fn() -> bool) -> Looked {
        screened::screen(&self.shared, file, is_over)
    }

    /// Makes the content of all these files durable, gives them their names and makes those
    /// durable. Only what is reported as stored is sure to last.
    #[must_use]
    pub fn store(&self, group: Vec<Screened>) -> Vec<(EntryNo, Result<Placed, DiskError>)> {
        final_names::store(&self.shared, group)
    }

    /// To be called after the last file was stored: makes the folders that nothing was stored in
    /// and gives all folders that this transfer made their times.
    #[must_use]
    pub fn finish(&self) -> Finished {
        let shared = &*self.shared;
        let mut problems = Vec::new();
        let folders = || {
            (0..)
                .zip(shared.entries())
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
        let failed = final_names::sync_folders(shared, &unsynced);
        if !failed.is_empty() {
            let error = |entry: &Entry| failed.get(above(&shared.local(&entry.path))).cloned();
            // Of each no more than one thing is said.
            let told: HashSet<_> = problems.iter().map(|(no, _)| *no).collect();
            let unsure = folders().filter(|(no, _)| !told.contains(no));
            problems.extend(unsure.filter_map(|(no, entry)| Some((no, error(entry)?))));
        }
        shared.finish();
        if shared.disks.is_unsure() {
            let note = "The disk here can’t promise that what has come survives a power cut.";
            shared.made().notes.add(note);
        }
        let notes = shared.made().notes.lines().to_vec();
        // What is on no disk is looked for on none.
        let lost = shared.inbox.lost().filter(|_| shared.plan.purpose.is_written());
        Finished { problems, notes, lost }
    }

    /// What this transfer has put at the top of the receiving folder so far, absolute; at most
    /// [`Intake::MAX_SAVED`].
    #[must_use]
    pub fn saved(&self) -> Vec<PathBuf> {
        let inbox = &self.shared.inbox;
        let folder = match inbox.whereabouts() {
            Whereabouts::Here => inbox.folder().to_owned(),
            Whereabouts::Elsewhere(Some(folder)) => folder,
            Whereabouts::Elsewhere(None) | Whereabouts::Removed => return Vec::new(),
        };
        let is_there = |name: &&String| inbox.dir.symlink_metadata(name).is_ok();
        self.shared.made().saved.iter().filter(is_there).map(|name| folder.join(name)).collect()
    }
}
