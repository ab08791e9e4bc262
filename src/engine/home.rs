//! Airlift's own folder on this machine: the key, what is kept of devices and of transfers, settings and logs.
//!
//! Knows where each of them lies, keeps all of it for this user alone, and says what is never sent or received into.
//! Must not know what is in them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::transfers::{given_up, record};
use crate::{
    disk::{self, DiskError, Inbox, OffLimits},
    identity, scan, settings,
};

/// The folder for what is kept apart from what has come.
pub(super) const QUARANTINE: &str = "quarantine";

/// Where the log of that home goes.
#[must_use]
pub fn logs(home: &Path) -> PathBuf {
    home.join("logs")
}

/// Makes the folder where it is missing, and takes away what others may do with what an earlier build has made in it.
///
/// # Errors
/// When it can't be made, or is a place that others may write to.
pub fn make(home: &Path) -> io::Result<()> {
    let home = &std::path::absolute(home)?;
    disk::make_folder(home)?;
    // What it can't be made, is said below.
    let _ = disk::keep_private(&fs::canonicalize(home)?);
    if disk::is_others(home)? {
        let why = "others may write to it, and what is in it may be anybody's; choose a folder of your own";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    keep_private(home);
    Ok(())
}

/// Why a folder may not be received into, where that is because of Airlift's own of that home.
///
/// # Errors
/// When it may not.
pub fn admits(home: &Path, folder: &Path) -> Result<(), DiskError> {
    off_limits(home).map_or(Ok(()), |off_limits| off_limits.admits(folder))
}

/// Why nothing can be received into a folder.
///
/// # Errors
/// When nothing can.
pub fn receives_into(home: &Path, folder: &Path) -> Result<(), DiskError> {
    Inbox::could_open(folder, &off_limits(home).unwrap_or_default())
}

/// What of it is never to be sent or received into.
///
/// # Errors
/// When it can't be looked at.
pub fn off_limits(home: &Path) -> io::Result<OffLimits> {
    OffLimits::at([home.to_owned(), home.join(identity::KEY_FILE)].into_iter().chain(folders(home)))
}

/// Those in it.
fn folders(home: &Path) -> [PathBuf; 4] {
    [home.join(QUARANTINE), home.join(record::FOLDER), home.join(given_up::FOLDER), logs(home)]
}

fn keep_private(home: &Path) {
    let files =
        [identity::KEY_FILE, settings::FILE, scan::MEMORY_FILE].into_iter().chain(identity::TRUST_FILES);
    let folders = folders(home);
    // One that is a link may have things of others in it.
    let is_folder = |path: &&PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let listed = folders.iter().filter(is_folder).flat_map(fs::read_dir);
    let inside: Vec<_> = listed.flatten().flatten().map(|entry| entry.path()).collect();
    let top = fs::canonicalize(home).ok();
    for path in top.into_iter().chain(folders).chain(inside).chain(files.map(|name| home.join(name))) {
        if let Err(problem) = disk::keep_private(&path)
            && problem.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%problem, path = %path.display(), "others may look into Airlift's own folder");
        }
    }
}
