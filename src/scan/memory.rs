//! That a scanner was once there.
//!
//! Where none ever was, nobody misses it, and nothing that comes bears a mark. Where one has answered, its absence is
//! worth a word. So the first good answer is remembered in a small file of Airlift's own folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// In the home: where the scanner is that has answered last.
pub const FILE: &str = "scanner";

#[derive(Debug)]
pub struct Memory {
    file: PathBuf,
}

impl Memory {
    pub fn in_home(home: &Path) -> Self {
        Self { file: home.join(FILE) }
    }

    /// Where one was; `None` where none ever was.
    pub fn place(&self) -> Option<String> {
        fs::read_to_string(&self.file).ok().map(|place| place.trim().to_owned())
    }

    /// One has answered. That it can't be written down is no reason not to ask it.
    pub fn remember(&self, place: &str) {
        if self.place().as_deref() != Some(place)
            && let Err(problem) = fs::write(&self.file, format!("{place}\n"))
        {
            tracing::warn!(%problem, file = %self.file.display(), "it can't be remembered that a scanner is there");
        }
    }

    /// A person wants none.
    pub fn forget(&self) {
        if let Err(problem) = fs::remove_file(&self.file)
            && problem.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%problem, file = %self.file.display(), "it can't be forgotten that a scanner was there");
        }
    }
}
