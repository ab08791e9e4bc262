//! Which files an attempt makes until a file has its name, and how one that an earlier attempt made is opened.
//!
//! Knows names. Must not know what is in them.

use std::{
    fs::File,
    io::{self, ErrorKind},
};

use cap_fs_ext::{FollowSymlinks, MetadataExt as _, OpenOptionsFollowExt as _};
use cap_std::fs::{Dir, OpenOptions};

use crate::disk::naming::ID;

/// The name, without its ending, of what the first attempt has of a file offered under this path.
pub(super) fn stem(prefix: &str, path: &str) -> String {
    format!("{prefix}{}", &blake3::hash(path.as_bytes()).to_hex()[..2 * ID])
}

/// Opens a file that an earlier attempt made, if it is what that one left: no link, and known by no
/// other name.
pub(in crate::disk) fn open_own(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).follow(FollowSymlinks::No);
    if !dir.symlink_metadata(name)?.is_file() {
        return Err(ErrorKind::InvalidInput.into());
    }
    let file = dir.open_with(name, &options)?;
    let there = file.metadata()?;
    if !there.is_file() || there.nlink() != 1 {
        return Err(ErrorKind::InvalidInput.into());
    }
    Ok(file.into_std())
}
