//! What is in quarantine, and what a person does with it: to release, delete or check once more.
//!
//! Knows the rooms and their notes. Must not know who checks files: it is handed in.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _};
use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions},
};

use super::{
    Quarantine, QuarantineError,
    note::{ENDING, Note},
    rooms::{Room, open},
};
use crate::{
    disk::{
        error::{DiskError, shown},
        inbox::{
            Inbox,
            local::{above, last},
            probe,
        },
        naming::{Numbering, OURS, PROBE},
        observed::Observed,
        off_limits::OffLimits,
        places::digest_of,
        system::{modes, refusal, rename, sync},
    },
    model::{
        Access, Caught, QuarantineDone, QuarantineId, QuarantineItem, QuarantinePlace, Screening, TransferId,
    },
};

/// So many are listed: more than a person goes through.
const LISTED: usize = 10_000;

/// A note whose file is not there is of a move that has not happened yet, or that a crash has cut off. After this time it
/// is the latter.
const MOVING: Duration = Duration::from_hours(24);

const LOCK: &str = "lock";

/// Longer than it takes to read a large file, which is the longest that is done at once.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks whether it is free.
const GLANCE: Duration = Duration::from_millis(20);

impl Quarantine {
    /// What is in it, the latest first.
    ///
    /// # Errors
    /// When the home's own room can't be read.
    pub fn list(&self) -> Result<Vec<QuarantineItem>, QuarantineError> {
        let mut items = Vec::new();
        for (id, note) in self.notes()? {
            let place = match lies(&id, &note) {
                Lies::There => QuarantinePlace::Here,
                Lies::Away => QuarantinePlace::Away,
                Lies::Nowhere => {
                    self.clear(&id, &note);
                    continue;
                }
            };
            items.extend(note.item(id, place));
        }
        items.extend(self.unnoted(LISTED));
        items.sort_by(|a, b| b.since.cmp(&a.since).then_with(|| a.id.cmp(&b.id)));
        Ok(items)
    }

    /// By which transfer something came that is noted here, and its path as it was offered.
    #[must_use]
    pub fn origin(&self, id: &QuarantineId) -> Option<(TransferId, String)> {
        self.home().ok()?.note(id.as_str())?.origin()
    }

    /// What a transfer has had put here, by what is noted of it: of files that are there.
    pub(in crate::disk) fn of(&self, transfer: TransferId) -> Vec<Note> {
        let notes = self.notes().unwrap_or_default().into_iter();
        let is_its =
            |(id, note): &(QuarantineId, Note)| note.is_of(transfer) && lies(id, note) != Lies::Nowhere;
        notes.filter(is_its).map(|(_, note)| note).collect()
    }

    /// Gives a file its name in the folder that it was meant for, or the next free one. Returns where it stands, and why it was kept apart.
    ///
    /// # Errors
    /// When it is not there, is not what came any more, or can't be moved.
    pub fn release(
        &self,
        id: &QuarantineId,
        off_limits: &OffLimits,
    ) -> Result<(PathBuf, Caught), QuarantineError> {
        let _lock = self.lock()?;
        let (note, room) = self.find(id)?;
        let at = self.let_out(id, &note, &room, off_limits)?;
        Ok((at, note.why))
    }

    /// Removes a file for good, and what was noted of it.
    ///
    /// # Errors
    /// When it is not there, or can't be removed.
    pub fn delete(&self, id: &QuarantineId) -> Result<(), QuarantineError> {
        let _lock = self.lock()?;
        if self.is_unnoted(id) {
            let removed = self.delete_unnoted(id);
            return removed.map_err(|why| DiskError::of(shown(&self.folder), why).into());
        }
        let (note, room) = self.find(id)?;
        let failed = |why| DiskError::of(shown(&room.path), why);
        room.dir.remove_file(id.as_str()).map_err(failed)?;
        sync::folder(&room.dir).map_err(failed)?;
        self.forget(id, &note);
        Ok(())
    }

    /// Has a file checked once more: what is clean is released. `None` where nobody looks.
    ///
    /// # Errors
    /// As [`Quarantine::release`].
    pub fn rescan(
        &self,
        id: &QuarantineId,
        screen: &dyn Fn(&File, u64, &str) -> Screening,
        off_limits: &OffLimits,
    ) -> Result<Option<QuarantineDone>, QuarantineError> {
        let look = |room: &Room| -> Result<(File, Observed), DiskError> {
            let failed = |why| DiskError::of(shown(&room.path), why);
            let file = open(&room.dir, id.as_str()).map_err(failed)?;
            let seen = Observed::of_file(&file).map_err(failed)?;
            Ok((file, seen))
        };
        let (note, room) = self.find(id)?;
        let (file, before) = look(&room)?;
        // That takes as long as it takes, and nobody else waits for it.
        let said = screen(&file, note.size, &note.name);
        let _lock = self.lock()?;
        let (mut note, room) = self.find(id)?;
        let (_, now) = look(&room)?;
        if !now.is_same(&before) {
            return Err(QuarantineError::NotThere);
        }
        if now != before {
            return Err(QuarantineError::Changed(note.name));
        }
        drop(file);
        let why = match (said, &note.why) {
            (Screening::Clean, _) => {
                let at = self.let_out(id, &note, &room, off_limits)?;
                return Ok(Some(QuarantineDone::Released { at, screening: Screening::Clean }));
            }
            (Screening::Infected(name), _) => Caught::Infected(name),
            (Screening::NotScanned(why), Caught::Held(_)) => Caught::Held(why),
            // What was found in it once was not refuted.
            (Screening::NotScanned(_), Caught::Infected(_)) => note.why.clone(),
            (Screening::Off, _) => return Ok(None),
        };
        if why != note.why {
            note.why = why.clone();
            let home = self.home().map_err(|why| DiskError::of(shown(&self.folder), why))?;
            for room in [&room, &home] {
                room.write(id, &note).map_err(|why| DiskError::of(shown(&room.path), why))?;
            }
        }
        Ok(Some(QuarantineDone::Stays(why)))
    }

    fn notes(&self) -> Result<Vec<(QuarantineId, Note)>, QuarantineError> {
        let failed = |why| QuarantineError::from(DiskError::of(shown(&self.folder), why));
        let dir = match Dir::open_ambient_dir(&*self.folder, ambient_authority()) {
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened.map_err(failed)?,
        };
        let home = Room { dir, path: self.folder.to_path_buf() };
        let mut notes = Vec::new();
        for entry in home.dir.entries().map_err(failed)?.take(2 * LISTED) {
            let name = entry.map_err(failed)?.file_name();
            let id =
                name.to_str().and_then(|name| name.strip_suffix(ENDING)).and_then(|name| name.parse().ok());
            notes.extend(id.and_then(|id: QuarantineId| home.note(id.as_str()).map(|note| (id, note))));
        }
        Ok(notes)
    }

    /// One deed at a time, of all processes of this home.
    fn lock(&self) -> Result<File, QuarantineError> {
        let failed = |why| DiskError::of(shown(&self.folder), why);
        let home = self.home().map_err(failed)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).follow(FollowSymlinks::No);
        modes::create_private(&mut options);
        let lock = home.dir.open_with(LOCK, &options).map_err(failed)?.into_std();
        let until = Instant::now() + PATIENCE;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::WouldBlock) if Instant::now() < until => thread::park_timeout(GLANCE),
                Err(TryLockError::WouldBlock) => return Err(QuarantineError::InUse),
                Err(TryLockError::Error(why)) => return Err(failed(why).into()),
            }
        }
    }

    /// A file that is there, and the room that it lies in.
    fn find(&self, id: &QuarantineId) -> Result<(Note, Room), QuarantineError> {
        let home = self.home().map_err(|why| DiskError::of(shown(&self.folder), why))?;
        let note = home.note(id.as_str()).ok_or_else(|| {
            if self.is_unnoted(id) {
                QuarantineError::Unnoted(id.to_string())
            } else {
                QuarantineError::NotThere
            }
        })?;
        match lies(id, &note) {
            Lies::There => {}
            Lies::Away => return Err(QuarantineError::Away(shown(&note.folder))),
            Lies::Nowhere => return Err(QuarantineError::NotThere),
        }
        if note.lies == home.path {
            return Ok((note, home));
        }
        let dir = Dir::open_ambient_dir(&note.lies, ambient_authority());
        let dir = dir.map_err(|why| DiskError::of(shown(&note.lies), why))?;
        let room = Room { dir, path: note.lies.clone() };
        Ok((note, room))
    }

    fn let_out(
        &self,
        id: &QuarantineId,
        note: &Note,
        room: &Room,
        off_limits: &OffLimits,
    ) -> Result<PathBuf, QuarantineError> {
        let failed = |path: &Path, why| DiskError::of(shown(path), why);
        let inbox = Inbox::open(&note.folder, off_limits)?;
        let parent = note.folder.join(above(&note.path));
        let dir = make_way(&inbox.dir, above(&note.path)).map_err(|why| failed(&parent, why))?;
        let mut file = open(&room.dir, id.as_str()).map_err(|why| failed(&room.path, why))?;
        if !is_what_came(&mut file, note).map_err(|why| failed(&room.path, why))? {
            return Err(QuarantineError::Changed(note.name.clone()));
        }
        let name =
            take_free(&inbox, room, id, (&dir, last(&note.path))).map_err(|why| failed(&parent, why))?;
        let ordinary = match note.access() {
            Access::Private => None,
            Access::Shared => probe::ordinary(&dir, &format!("{OURS}{PROBE}")).ok(),
        };
        // It has its name: where no mode can be set there is none to keep.
        let _ = modes::settle(&file, note.mode(), ordinary);
        let _ = file.sync_all();
        // Some disks keep what is open in the room, under another name.
        drop(file);
        for (dir, path) in [(&dir, &parent), (&room.dir, &room.path)] {
            sync::folder(dir).map_err(|why| failed(path, why))?;
        }
        self.forget(id, note);
        Ok(parent.join(name))
    }

    /// Takes away what was noted of a file that is gone from here.
    fn forget(&self, id: &QuarantineId, note: &Note) {
        for folder in [&note.lies, &self.folder.to_path_buf()] {
            if let Ok(dir) = Dir::open_ambient_dir(folder, ambient_authority()) {
                let removed = dir.remove_file(format!("{id}{ENDING}")).and_then(|()| sync::folder(&dir));
                if let Err(problem) = removed
                    && problem.kind() != ErrorKind::NotFound
                {
                    tracing::warn!(%problem, "a note of what is not in quarantine any more can’t be removed");
                }
            }
        }
        // The hidden room of a receiving folder goes when it is empty.
        if *note.lies != *self.folder {
            let _ = fs::remove_dir(&note.lies);
        }
    }

    /// Takes away a note that a crash has left.
    fn clear(&self, id: &QuarantineId, note: &Note) {
        let written = fs::symlink_metadata(self.folder.join(format!("{id}{ENDING}")));
        let is_old = written
            .and_then(|note| note.modified())
            .is_ok_and(|written| SystemTime::now().duration_since(written).is_ok_and(|ago| ago > MOVING));
        if is_old {
            self.forget(id, note);
        }
    }
}

/// Whether a file is where its note says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lies {
    There,
    /// Its disk is not.
    Away,
    /// It was never moved here, or is gone.
    Nowhere,
}

fn lies(id: &QuarantineId, note: &Note) -> Lies {
    if fs::symlink_metadata(note.lies.join(id.as_str())).is_ok_and(|there| there.is_file()) {
        return Lies::There;
    }
    let is_its_disk = note.volume.as_ref().is_none_or(|volume| volume.may_have(&note.lies));
    // Whoever has taken the receiving folder away has taken it along.
    if is_its_disk && (note.lies.is_dir() || note.folder.is_dir()) { Lies::Nowhere } else { Lies::Away }
}

/// True of the very content that came, where nobody writes to it.
fn is_what_came(file: &mut File, note: &Note) -> io::Result<bool> {
    let before = Observed::of_file(file)?;
    let found = digest_of(file, &|| false)?;
    Ok(found.is_some() && found == note.digest() && Observed::of_file(file)? == before)
}

/// Opens the folder of a path below another, one name at a time and through no link; makes what is missing.
fn make_way(top: &Dir, path: &str) -> io::Result<Dir> {
    let mut dir = top.try_clone()?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        dir = match dir.open_dir_nofollow(name) {
            Err(why) if why.kind() == ErrorKind::NotFound => {
                modes::make_folder(&dir, name, Access::Shared)?;
                sync::folder(&dir)?;
                dir.open_dir_nofollow(name)?
            }
            opened => opened?,
        };
    }
    Ok(dir)
}

/// Moves a file to a name, or the next free one. Never in the place of another.
fn take_free(inbox: &Inbox, room: &Room, id: &QuarantineId, (dir, wish): (&Dir, &str)) -> io::Result<String> {
    let mut rules = inbox.traits.names;
    let mut name = rules.storable(wish).into_owned();
    let (mut number, mut is_refused) = (0, false);
    loop {
        match rename::no_clobber_into(&room.dir, id.as_str(), dir, &name) {
            Ok(()) => return Ok(name),
            Err(why) if why.kind() == ErrorKind::AlreadyExists => {
                number += 1;
                name = rules.numbered(wish, number, Numbering::File);
            }
            Err(why) if !is_refused && refusal::is_of_name(&why) => {
                is_refused = true;
                rules = rules.strictest();
                name = rules.storable(wish).into_owned();
                number = 0;
            }
            Err(why) => return Err(why),
        }
    }
}
