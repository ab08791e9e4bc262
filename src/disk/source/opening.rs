//! How a file of the sender's is opened, whatever it has become since it was looked at.

use std::{ffi::OsStr, fs::File, io};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::{Dir, OpenOptions};

/// Opens what a name leads to, and nothing behind a link.
pub(super) fn open(dir: &Dir, name: &OsStr) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // A pipe put there meanwhile would otherwise hold the open until somebody writes to it, and what the system makes up
    // would hold the reading until there is something.
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    Ok(dir.open_with(name, &options)?.into_std())
}
