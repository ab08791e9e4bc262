//! Goes through files that are here, to have somebody look into each.
//!
//! Follows no link and opens no device. Nothing is written, and nothing found is sent anywhere by it, so it goes by paths.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::{ambient_authority, fs::OpenOptions};

/// One after the other, a folder's own in the order of their names.
#[derive(Debug)]
pub struct Looking {
    /// The next one last.
    left: Vec<PathBuf>,
}

#[derive(Debug)]
pub enum Found {
    /// Open for reading, of so many bytes.
    File { file: File, size: u64 },
    /// A link, a device, a pipe.
    LeftOut,
}

impl Looking {
    #[must_use]
    pub fn through(mut paths: Vec<PathBuf>) -> Self {
        paths.reverse();
        Self { left: paths }
    }

    fn look(&mut self, path: &PathBuf) -> io::Result<Option<Found>> {
        let there = fs::symlink_metadata(path)?;
        if there.is_dir() {
            let mut inside =
                fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
            inside.sort_unstable_by(|one, other| other.cmp(one));
            self.left.append(&mut inside);
            return Ok(None);
        }
        if !there.is_file() {
            return Ok(Some(Found::LeftOut));
        }
        let mut options = OpenOptions::new();
        // A pipe may have come in its place.
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let file = cap_std::fs::File::open_ambient_with(path, &options, ambient_authority())?.into_std();
        let there = file.metadata()?;
        Ok(Some(if there.is_file() { Found::File { size: there.len(), file } } else { Found::LeftOut }))
    }
}

impl Iterator for Looking {
    type Item = (PathBuf, io::Result<Found>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let path = self.left.pop()?;
            if let Some(found) = self.look(&path).transpose() {
                return Some((path, found));
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn every_file_is_found_once_and_nothing_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("b/deep")).unwrap();
        fs::create_dir(at("empty")).unwrap();
        for (name, text) in [("a", "1"), ("b/deep/x", "22"), ("b/z", ""), ("c", "333")] {
            fs::write(at(name), text).unwrap();
        }
        symlink(at("b"), at("b/up")).unwrap();
        symlink(at("a"), at("link")).unwrap();
        let found = Looking::through(vec![at("c"), folder.path().to_owned(), at("gone")]);
        let found: Vec<_> = found
            .map(|(path, found)| {
                let size = match found {
                    Ok(Found::File { size, .. }) => size.to_string(),
                    Ok(Found::LeftOut) => "left out".to_owned(),
                    Err(why) => why.kind().to_string(),
                };
                let name = path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
                format!("{name}: {size}")
            })
            .collect();
        let gone = format!("gone: {}", io::ErrorKind::NotFound);
        assert_eq!(
            found,
            ["c: 3", "a: 1", "b/deep/x: 2", "b/up: left out", "b/z: 0", "c: 3", "link: left out", &gone]
        );
    }
}
