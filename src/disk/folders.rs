//! A few open folders, so that the next file beside the last one costs no walk from the top.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use cap_fs_ext::DirExt as _;
use cap_std::{ambient_authority, fs::Dir};

/// A bounded cache of open folders by path. What a path means is the caller's affair.
pub(super) struct Folders<D>(Mutex<Open<D>>);

struct Open<D> {
    /// Each with the moment of its last use.
    by_path: HashMap<OsString, (Arc<D>, u64)>,
    clock: u64,
}

impl<D> Default for Folders<D> {
    fn default() -> Self {
        Self(Mutex::new(Open { by_path: HashMap::new(), clock: 0 }))
    }
}

impl<D> Folders<D> {
    /// Ten transfers at once stay well below the common limit of 1024 open files.
    pub const CAPACITY: usize = 64;

    /// The cached handle, or the one that `open` makes. `open` runs unlocked and may come back
    /// here for the folder above.
    pub fn get_or_open<E>(&self, path: &OsStr, open: impl FnOnce() -> Result<D, E>) -> Result<Arc<D>, E> {
        if let Some(dir) = self.get(path) {
            return Ok(dir);
        }
        let dir = Arc::new(open()?);
        self.insert(path, Arc::clone(&dir));
        Ok(dir)
    }

    /// Drops every handle: what was open may no longer be what its path leads to.
    pub fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_path.clear();
    }

    fn get(&self, path: &OsStr) -> Option<Arc<D>> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.clock += 1;
        let now = open.clock;
        let (dir, used) = open.by_path.get_mut(path)?;
        *used = now;
        Some(Arc::clone(dir))
    }

    fn insert(&self, path: &OsStr, dir: Arc<D>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.by_path.len() >= Self::CAPACITY {
            let oldest = open.by_path.iter().min_by_key(|(_, (_, used))| *used).map(|(path, _)| path.clone());
            if let Some(oldest) = oldest {
                open.by_path.remove(&oldest);
            }
        }
        let now = open.clock;
        open.by_path.insert(path.to_owned(), (dir, now));
    }
}

impl Folders<Dir> {
    /// The folder of an absolute path that has no links in it, entered from the root of its disk
    /// one name at a time, so that a link put there meanwhile is an error.
    pub fn at(&self, path: &Path) -> io::Result<Arc<Dir>> {
        self.get_or_open(path.as_os_str(), || match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => self.at(parent)?.open_dir_nofollow(name),
            _ => Dir::open_ambient_dir(path, ambient_authority()),
        })
    }
}
