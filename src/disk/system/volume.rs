//! Which disk a folder is on, whatever number the system gives it today: a transfer that goes on must not be written to
//! another one, because a memory stick was taken out and its folder is still there.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// A disk, or what a system takes for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    device: u64,
    /// What stays the same when it is taken out and put in again; `None` where nothing is known that does.
    lasting: Option<String>,
}

impl Volume {
    /// The one that a folder is on, or would be made on; `None` where the system doesn't say.
    #[cfg(unix)]
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let absolute = std::path::absolute(folder).ok()?;
        let (there, metadata) = absolute.ancestors().find_map(|path| Some((path, path.metadata().ok()?)))?;
        let device = metadata.dev();
        Some(Self { device, lasting: lasting(there, device) })
    }

    #[cfg(not(unix))]
    #[must_use]
    pub fn of(_: &Path) -> Option<Self> {
        None
    }

    /// False where a folder is on another one for certain.
    #[must_use]
    pub fn may_have(&self, folder: &Path) -> bool {
        Self::of(folder).is_none_or(|now| now.device == self.device || now.lasting == self.lasting)
    }
}

/// The name of the file system itself, as udev knows it; or the number that it says it has, unless that is the
/// device's, which the next one in the same place has as well.
#[cfg(target_os = "linux")]
fn lasting(folder: &Path, device: u64) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let named = std::fs::read_dir("/dev/disk/by-uuid").ok().and_then(|names| {
        let is_it = |path: &std::path::PathBuf| path.metadata().is_ok_and(|there| there.rdev() == device);
        let path = names.filter_map(Result::ok).map(|name| name.path()).find(is_it)?;
        Some(path.file_name()?.to_string_lossy().into_owned())
    });
    let number = || rustix::fs::statvfs(folder).ok().map(|disk| disk.f_fsid);
    named.or_else(|| number().filter(|id| *id != 0 && *id != device).map(|id| format!("{id:016x}")))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn lasting(_: &Path, _: u64) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_on_the_disk_of_the_one_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let there = Volume::of(folder.path());
        assert_eq!(Volume::of(&folder.path().join("a/b")), there);
        if let Some(there) = there {
            assert!(there.may_have(&folder.path().join("a/b")));
            let other = Volume { device: there.device + 1, lasting: Some("another".to_owned()) };
            assert!(!other.may_have(folder.path()));
            // It is numbered anew since.
            assert!(Volume { device: there.device + 1, ..there }.may_have(folder.path()));
        }
    }
}
