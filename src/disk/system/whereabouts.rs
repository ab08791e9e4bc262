//! Where a folder is that is held open, whatever its path leads to by now.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use cap_std::fs::Dir;

use super::identity;

/// Where a folder is that was opened by a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Where it was; or there is no telling.
    Here,
    /// Its path leads to something else, or nowhere. Where it is now, if that is known: what was unmounted is nowhere.
    Elsewhere(Option<PathBuf>),
    /// It is gone, and all that was in it.
    Removed,
}

impl Whereabouts {
    /// Of a folder that was opened by this absolute path.
    #[must_use]
    pub fn of(dir: &Dir, path: &Path) -> Self {
        let Ok(metadata) = dir.dir_metadata() else { return Self::Here };
        let Some(held) = identity::numbers(&metadata) else { return Self::Here };
        let there = match identity::numbers_at(path) {
            Ok(Some(there)) if there == held => return Self::Here,
            Ok(there) => there,
            Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
            Err(_) => return Self::Here,
        };
        let now = path_of(dir);
        // Some number what is looked at anew, and it is the same folder all the same.
        if there.is_some_and(|(disk, _)| disk == held.0)
            && now.as_deref() == std::fs::canonicalize(path).ok().as_deref()
        {
            return Self::Here;
        }
        if is_removed(&metadata) {
            return Self::Removed;
        }
        Self::Elsewhere(now.filter(|now| identity::numbers_at(now).ok().flatten() == Some(held)))
    }
}

#[cfg(unix)]
fn is_removed(metadata: &cap_std::fs::Metadata) -> bool {
    use cap_std::fs::MetadataExt as _;
    metadata.nlink() == 0
}

#[cfg(not(unix))]
fn is_removed(_: &cap_std::fs::Metadata) -> bool {
    false
}

/// The path that the system has for it now.
#[cfg(target_os = "linux")]
fn path_of(dir: &Dir) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;
    std::fs::read_link(format!("/proc/self/fd/{}", dir.as_raw_fd())).ok()
}

#[cfg(not(target_os = "linux"))]
fn path_of(_: &Dir) -> Option<PathBuf> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use cap_std::ambient_authority;

    use super::*;

    #[test]
    fn a_folder_that_was_moved_replaced_or_removed_is_told_from_one_that_is_where_it_was() {
        let temp = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(temp.path()).unwrap();
        let (path, other) = (top.join("in"), top.join("other"));
        fs::create_dir(&path).unwrap();
        let dir = Dir::open_ambient_dir(&path, ambient_authority()).unwrap();
        let found = || Whereabouts::of(&dir, &path);
        assert_eq!(found(), Whereabouts::Here);
        let moved = || Whereabouts::Elsewhere(cfg!(target_os = "linux").then(|| other.clone()));
        fs::rename(&path, &other).unwrap();
        assert_eq!(found(), moved());
        fs::create_dir(&path).unwrap();
        assert_eq!(found(), moved(), "another one is there");
        fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert_eq!(found(), Whereabouts::Here, "its path leads to it again");
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert_eq!(found(), moved());
        fs::remove_dir(&other).unwrap();
        assert_eq!(found(), Whereabouts::Removed);
    }
}
