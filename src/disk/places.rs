//! Files where they were put, or read, some time ago: opened again by their paths, and read to be compared.
//!
//! Knows paths. Must not know why anybody wants to look. Whatever stands there by now: never through a link in a path's last
//! name, and nothing but a file is opened. Blocks.

use std::{
    fs::File,
    io::{self, ErrorKind, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions},
};

use super::system::holes::Holes;
use crate::model::{CHUNK, Digest, ZEROS};

/// Opens one file after the other; the folder of the last one stays open.
#[derive(Default)]
pub struct Places {
    folder: Option<(PathBuf, Dir)>,
}

impl Places {
    /// The file at an absolute path, to be read from its start; `None` where there is none, or something else.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn open(&mut self, path: &Path) -> io::Result<Option<File>> {
        match self.open_file(path) {
            Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            opened => opened,
        }
    }

    fn open_file(&mut self, path: &Path) -> io::Result<Option<File>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
        if self.folder.as_ref().is_none_or(|(open, _)| open != parent) {
            self.folder = Some((parent.to_owned(), Dir::open_ambient_dir(parent, ambient_authority())?));
        }
        let Some((_, dir)) = &self.folder else { return Ok(None) };
        // Looked at first, because opening a device can have effects of its own.
        if !dir.symlink_metadata(name)?.is_file() {
            return Ok(None);
        }
        let mut options = OpenOptions::new();
        // A pipe put there meanwhile would hold the open until somebody writes to it.
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let file = dir.open_with(name, &options)?.into_std();
        Ok(file.metadata()?.is_file().then_some(file))
    }
}

/// Whether a file stands there. Asks its folder, and opens nothing.
#[must_use]
pub fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
}

/// The digest of a file's whole content; `None` when that changes while it is read, or it is over. `is_over` is asked
/// between two pieces.
///
/// # Errors
/// When it can't be read.
pub fn digest_of(file: &mut File, is_over: &dyn Fn() -> bool) -> io::Result<Option<Digest>> {
    let before = file.metadata()?;
    let (mut hasher, mut holes) = (blake3::Hasher::new(), Holes::of(file));
    let mut room = vec![0; CHUNK];
    loop {
        if is_over() {
            return Ok(None);
        }
        let at = hasher.count();
        if let Some(end) = holes.as_mut().and_then(|holes| holes.end(file, at)) {
            let zeros = &ZEROS[..usize::try_from(end - at).unwrap_or(CHUNK).min(CHUNK)];
            hasher.update(zeros);
            file.seek(SeekFrom::Start(hasher.count()))?;
            continue;
        }
        match file.read(&mut room) {
            Ok(0) => break,
            Ok(count) => hasher.update(&room[..count]),
            Err(why) if why.kind() == ErrorKind::Interrupted => continue,
            Err(why) => return Err(why),
        };
    }
    let after = file.metadata()?;
    let is_still = hasher.count() == before.len()
        && after.len() == before.len()
        && after.modified().ok() == before.modified().ok();
    Ok(is_still.then(|| Digest(*hasher.finalize().as_bytes())))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_files_are_opened_and_never_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "there").unwrap();
        fs::create_dir(at("folder")).unwrap();
        let mut places = Places::default();
        let mut file = places.open(&at("file")).unwrap().unwrap();
        let there = Digest(*blake3::hash(b"there").as_bytes());
        assert_eq!(digest_of(&mut file, &|| false).unwrap(), Some(there));
        assert_eq!(digest_of(&mut file, &|| true).unwrap(), None);
        assert!(is_there(&at("file")));
        for nothing in ["gone", "folder", "gone/file", "file/inside"] {
            assert!(!is_there(&at(nothing)), "{nothing}");
            assert!(places.open(&at(nothing)).unwrap().is_none(), "{nothing}");
        }
        assert!(places.open(Path::new("/")).unwrap().is_none());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
            rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RWXU).unwrap();
            for nothing in ["link", "pipe"] {
                assert!(places.open(&at(nothing)).unwrap().is_none(), "{nothing}");
            }
        }
    }
}
