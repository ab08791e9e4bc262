//! The folder that a transfer is received into, held open.
//!
//! Everything the receiver does starts at this one handle: what its path leads to later, and what
//! stands beside it, is out of reach.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cap_fs_ext::MetadataExt as _;
use cap_std::{ambient_authority, fs::Dir};

use super::probe::{self, Traits};
use crate::disk::{
    error::{DiskError, shown},
    off_limits::OffLimits,
    system::{descriptors, space, sync, whereabouts::Whereabouts},
};

/// A receiving folder that can be written to; or one that nothing is to be written to.
pub struct Inbox {
    folder: PathBuf,
    pub(in crate::disk) dir: Dir,
    pub(in crate::disk) traits: Traits,
    pub(in crate::disk) off_limits: OffLimits,
}

impl Inbox {
    /// Opens the folder, makes it if it is missing, and tries whether it can be written to and
    /// what names and times it can hold.
    ///
    /// # Errors
    /// When it can't be made, opened or written to, or may not be received into because of what is Airlift's own.
    pub fn open(folder: &Path, off_limits: &OffLimits) -> Result<Self, DiskError> {
        let failed = |why: io::Error| match why.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                DiskError::NotAFolder(shown(folder))
            }
            io::ErrorKind::NotFound => DiskError::FolderGone(shown(folder)),
            _ if space::is_full(folder, &why) => DiskError::NoSpace(shown(folder)),
            _ => DiskError::of(shown(folder), why),
        };
        let absolute = std::path::absolute(folder).map_err(failed)?;
        off_limits.admits(&absolute)?;
        let open = || {
            make_folder(&absolute)?;
            let dir = Dir::open_ambient_dir(&absolute, ambient_authority())?;
            let traits = probe::traits(&dir)?;
            Ok((dir, traits))
        };
        let opened = descriptors::wait_for_one(open, descriptors::are_used_up, || ());
        let (dir, traits) = opened.map_err(failed)?;
        // What was not there may be somewhere else than its path had said.
        off_limits.admits(&absolute)?;
        Ok(Self { folder: absolute, dir, traits, off_limits: off_limits.clone() })
    }

    /// The folder for what leaves nothing on any disk: whether it is there, and can be written to, does not matter.
    /// Makes nothing and tries nothing; what it holds open is the nearest that is there.
    ///
    /// # Errors
    /// When its path means nothing, or nothing above it can be opened either.
    pub fn untouched(folder: &Path) -> Result<Self, DiskError> {
        let failed = |why: io::Error| DiskError::of(shown(folder), why);
        let absolute = std::path::absolute(folder).map_err(failed)?;
        let elsewhere = std::env::temp_dir();
        let nearest = || {
            let mut places = absolute.ancestors().chain([&*elsewhere]);
            let open = |place: &Path| Dir::open_ambient_dir(place, ambient_authority());
            places.find_map(|place| open(place).ok()).map_or_else(|| open(&absolute), Ok)
        };
        let dir = descriptors::wait_for_one(nearest, descriptors::are_used_up, || ()).map_err(failed)?;
        let traits = probe::untried(&dir);
        Ok(Self { folder: absolute, dir, traits, off_limits: OffLimits::default() })
    }

    /// Why nothing can ever be received into a folder as it stands. Makes none, and takes a disk that is full, read-only
    /// or not there for one that is waited for.
    ///
    /// # Errors
    /// When nothing can.
    pub fn could_open(folder: &Path, off_limits: &OffLimits) -> Result<(), DiskError> {
        let is_link = || fs::symlink_metadata(folder).is_ok();
        let could = match fs::metadata(folder) {
            Ok(_) => Self::open(folder, off_limits).map(drop),
            Err(why) if why.kind() == io::ErrorKind::NotADirectory || is_link() => {
                Err(DiskError::NotAFolder(shown(folder)))
            }
            Err(_) => {
                off_limits.admits(&std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()))?;
                space::is_writable(folder).map_err(|why| DiskError::of(shown(folder), why))
            }
        };
        match could {
            Err(why) if why.is_full() || matches!(why, DiskError::ReadOnly(_)) => Ok(()),
            could => could,
        }
    }

    /// Its absolute path, as it was opened.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bytes that can still be stored in it; `None` where the system doesn't say.
    #[must_use]
    pub fn free(&self) -> Option<u64> {
        space::free_space(&self.folder)
    }

    /// Whether its path still leads to it, and where it is if not.
    pub(in crate::disk) fn whereabouts(&self) -> Whereabouts {
        Whereabouts::of(&self.dir, &self.folder)
    }

    /// Why nobody finds by its path what was stored in it, if so.
    pub(in crate::disk) fn lost(&self) -> Option<DiskError> {
        let from = shown(&self.folder);
        match self.whereabouts() {
            Whereabouts::Here => None,
            Whereabouts::Elsewhere(now) => Some(DiskError::Moved { from, now: now.as_deref().map(shown) }),
            Whereabouts::Removed => Some(DiskError::FolderGone(from)),
        }
    }

    /// The system's number of its disk.
    pub(in crate::disk) fn device(&self) -> u64 {
        self.dir.dir_metadata().map_or(0, |there| there.dev())
    }

    /// True when its path leads nowhere any more.
    pub(in crate::disk) fn is_gone(&self) -> bool {
        fs::metadata(&self.folder).is_err_and(|why| why.kind() == io::ErrorKind::NotFound)
    }
}

/// Makes an absolute folder and those above it, where they are missing, to last through a power cut like
/// the files in it.
///
/// # Errors
/// When one can't be made or synced.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let missing = folder.ancestors().take_while(|path| !path.exists()).count();
    if missing == 0 {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    for parent in folder.ancestors().skip(1).take(missing) {
        sync::folder(&Dir::open_ambient_dir(parent, ambient_authority())?)?;
    }
    Ok(())
}
