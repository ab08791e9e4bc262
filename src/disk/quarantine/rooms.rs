//! Puts a file into quarantine: the very file, moved and never copied.
//!
//! First its notes are written and synced, then it is moved, then the folders are synced. A disk lets a file be moved only
//! within itself, so the rooms are tried from the home outwards. Knows folders and names. Must not know why.

use std::{
    fs::File,
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use cap_fs_ext::{
    DirExt as _, FollowSymlinks, MetadataExt as _, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _,
};
use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions},
};

use super::{
    Quarantine,
    note::{ENDING, Facts, Note},
};
use crate::{
    disk::{
        error::{DiskError, shown},
        naming::{self, ID},
        system::{modes, nameless, rename, sync},
    },
    model::{Access, Lasting, QuarantineId},
};

/// So many files of one path of one transfer: it has changed in between each time.
const MOST_ALIKE: u32 = 1000;

/// A whole file that has no name of its own yet.
pub enum Body<'a> {
    Named { dir: &'a Dir, name: &'a str },
    Nameless(&'a File),
}

/// A folder in which files are kept apart, held open.
pub struct Room {
    pub dir: Dir,
    pub path: PathBuf,
}

/// Where a file that can't go into the home may be kept: beside where it was to go.
pub struct Beside<'a> {
    pub dir: &'a Dir,
    /// Absolute.
    pub path: PathBuf,
}

impl Quarantine {
    /// Moves a file that is whole and synced here, out of the room that it is in. `beside` are the folders that can have a
    /// hidden room, the best first.
    pub(in crate::disk) fn put(
        &self,
        body: &Body<'_>,
        facts: &Facts<'_>,
        beside: Vec<Beside<'_>>,
    ) -> Result<QuarantineId, DiskError> {
        let failed = |path: &Path, why| DiskError::of(shown(path), why);
        let home = self.home().map_err(|why| failed(&self.folder, why))?;
        let device = match body {
            Body::Named { dir, .. } => dir.dir_metadata().map(|found| found.dev()).ok(),
            Body::Nameless(file) => {
                file.metadata().ok().map(|found| cap_std::fs::Metadata::from_just_metadata(found).dev())
            }
        };
        let is_there = home.dir.dir_metadata().is_ok_and(|found| Some(found.dev()) == device);
        let mut last = None;
        if is_there {
            match put_into(&home, &home, body, facts) {
                Err(why) if is_elsewhere(&why) => {}
                put => return put.map_err(|why| failed(&home.path, why)),
            }
        }
        for Beside { dir, path } in beside {
            let room = match Room::hidden_in(dir, &path) {
                Ok(room) => room,
                Err(why) => {
                    last = Some(failed(&path, why));
                    continue;
                }
            };
            match put_into(&room, &home, body, facts) {
                Err(why) if is_elsewhere(&why) => {}
                put => return put.map_err(|why| failed(&room.path, why)),
            }
        }
        Err(last.unwrap_or_else(|| failed(&self.folder, ErrorKind::CrossesDevices.into())))
    }

    /// Opens the room in the home, and makes it where it is missing.
    ///
    /// # Errors
    /// When it can't be made or opened.
    pub fn home(&self) -> io::Result<Room> {
        modes::make_private(&self.folder)?;
        let dir = Dir::open_ambient_dir(&self.folder, ambient_authority())?;
        Ok(Room { dir, path: self.folder.to_path_buf() })
    }
}

/// Notes and moves a file into one room.
fn put_into(room: &Room, home: &Room, body: &Body<'_>, facts: &Facts<'_>) -> io::Result<QuarantineId> {
    let note = Note::of(facts, room.path.clone());
    let id = free_name(home, room, facts)?;
    let is_home = room.path == home.path;
    home.write(&id, &note)?;
    let put = (|| {
        if !is_home {
            room.write(&id, &note)?;
        }
        lock_away(body)?;
        match body {
            Body::Named { dir, name } => rename::no_clobber_into(dir, name, &room.dir, id.as_str()),
            Body::Nameless(file) => nameless::name(file, &room.dir, id.as_str()),
        }
    })();
    if put.is_err() {
        // It is where it was.
        for room in [room, home] {
            let _ = room.dir.remove_file(format!("{id}{ENDING}"));
        }
    }
    put?;
    sync::folder(&room.dir)?;
    if let Body::Named { dir, .. } = body {
        sync::folder(dir)?;
    }
    Ok(id)
}

/// True where a file can't be moved to, because it is on another disk, or looks like one.
fn is_elsewhere(why: &io::Error) -> bool {
    why.kind() == ErrorKind::CrossesDevices
}

/// Opens a file for reading, through no link, and waits for nobody.
pub fn open(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    let file = dir.open_with(name, &options)?.into_std();
    if file.metadata()?.is_file() { Ok(file) } else { Err(ErrorKind::InvalidInput.into()) }
}

/// Has a file be its owner's alone, and no program.
fn lock_away(body: &Body<'_>) -> io::Result<()> {
    let opened = match body {
        Body::Named { dir, name } => Some(open(dir, name)?),
        Body::Nameless(_) => None,
    };
    let file = match (body, &opened) {
        (Body::Nameless(file), _) => file,
        (_, Some(file)) => file,
        (Body::Named { .. }, None) => return Ok(()),
    };
    modes::lock_away(file)?;
    match file.sync_all() {
        // Not every system syncs what was opened for reading alone.
        Err(why) if why.kind() == ErrorKind::PermissionDenied => Ok(()),
        synced => Lasting::of(synced).map(drop),
    }
}

/// A name that says nothing: of the transfer and the path in it, so that the same file gets the same one.
fn free_name(home: &Room, room: &Room, facts: &Facts<'_>) -> io::Result<QuarantineId> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&facts.transfer.0).update(facts.offered.as_bytes());
    let stem = hasher.finalize().to_hex()[..2 * ID].to_owned();
    for number in 0..MOST_ALIKE {
        let name = if number == 0 { stem.clone() } else { format!("{stem}-{number}") };
        let is_free = |room: &Room| room.dir.symlink_metadata(&name).is_err();
        // A note without a file is of an attempt that broke off, unless its file is elsewhere.
        let is_ours = match home.note(&name) {
            None => true,
            Some(note) => note.lies == room.path,
        };
        if is_free(home) && is_free(room) && is_ours {
            return name.parse().map_err(io::Error::other);
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

impl Room {
    /// The hidden one in a folder; made where it is missing. Another user's is not used.
    pub fn hidden_in(dir: &Dir, path: &Path) -> io::Result<Self> {
        let name = naming::quarantine();
        match modes::make_folder(dir, &name, Access::Private) {
            Ok(()) => sync::folder(dir)?,
            Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
            Err(why) => return Err(why),
        }
        let inside = dir.open_dir_nofollow(&name)?;
        modes::keep_ours(&inside)?;
        Ok(Self { dir: inside, path: path.join(name) })
    }

    /// Writes a note, to last, in the place of any that is there.
    pub fn write(&self, id: &QuarantineId, note: &Note) -> io::Result<()> {
        let name = format!("{id}{ENDING}");
        let new = format!("{id}.new");
        let _ = self.dir.remove_file(&new);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).follow(FollowSymlinks::No);
        modes::create_private(&mut options);
        let mut file = self.dir.open_with(&new, &options)?;
        file.write_all(&note.written()?)?;
        Lasting::of(file.sync_all())?;
        drop(file);
        rename::replace(&self.dir, &new, &name)?;
        sync::folder(&self.dir)
    }

    /// What is noted under a name.
    pub fn note(&self, name: &str) -> Option<Note> {
        let file = open(&self.dir, &format!("{name}{ENDING}")).ok()?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, super::note::LONGEST), &mut bytes).ok()?;
        Note::read(&bytes)
    }
}
