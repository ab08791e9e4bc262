//! What tells one file or folder from every other on this machine, whatever path leads to it.

use std::{io, path::Path};

use cap_std::fs::Metadata;

/// The disk it is on, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub fn of(metadata: &Metadata) -> Self {
        use cap_fs_ext::MetadataExt as _;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// Of what a path leads to, through links.
    #[cfg(unix)]
    pub fn at(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::metadata(path)?;
        Ok(Self { device: found.dev(), inode: found.ino() })
    }

    /// Elsewhere only what is open is known so well.
    #[cfg(not(unix))]
    pub fn at(path: &Path) -> io::Result<Self> {
        use cap_std::{
            ambient_authority,
            fs::{Dir, File},
        };
        let found = match Dir::open_ambient_dir(path, ambient_authority()) {
            Ok(folder) => folder.dir_metadata()?,
            Err(_) => File::open_ambient(path, ambient_authority())?.metadata()?,
        };
        Ok(Self::of(&found))
    }
}
