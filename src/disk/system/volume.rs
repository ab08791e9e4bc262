//! Which disk a folder is on, whatever number the system gives it today: a transfer that goes on must not be written to
//! another one, because a memory stick was taken out and its folder is still there.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// A disk, or what a system takes for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    device: u64,
    /// The file system's own name, as udev knows it; `None` where that isn't known.
    name: Option<String>,
    /// The number that it says it has; `None` where it has none, or its device's.
    number: Option<u64>,
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
        Some(Self { device, name: name(device), number: number(there, device) })
    }

    #[cfg(not(unix))]
    #[must_use]
    pub fn of(_: &Path) -> Option<Self> {
        None
    }

    /// False where a folder is on another one for certain.
    #[must_use]
    pub fn may_have(&self, folder: &Path) -> bool {
        Self::of(folder).is_none_or(|now| self.may_be(&now))
    }

    fn may_be(&self, now: &Self) -> bool {
        // What lasts decides, where it is known of both: a device's number is the next one's, too.
        match (self.name.as_ref().zip(now.name.as_ref()), self.number.zip(now.number)) {
            (Some((then, now)), _) => then == now,
            (None, Some((then, now))) => then == now,
            (None, None) if self.device == now.device => true,
            // One of the sort that has nothing lasting stays of that sort.
            (None, None) => {
                self.name.is_some() || self.number.is_some() || (now.name.is_none() && now.number.is_none())
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn name(device: u64) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let is_it = |path: &std::path::PathBuf| path.metadata().is_ok_and(|there| there.rdev() == device);
    let names = std::fs::read_dir("/dev/disk/by-uuid").ok()?;
    let path = names.filter_map(Result::ok).map(|name| name.path()).find(is_it)?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

#[cfg(target_os = "linux")]
fn number(folder: &Path, device: u64) -> Option<u64> {
    rustix::fs::statvfs(folder).ok().map(|disk| disk.f_fsid).filter(|id| *id != 0 && *id != device)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn name(_: u64) -> Option<String> {
    None
}

#[cfg(all(unix, not(target_os = "linux")))]
fn number(_: &Path, _: u64) -> Option<u64> {
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
        assert!(there.is_none_or(|there| there.may_have(&folder.path().join("a/b"))));
    }

    #[test]
    fn what_lasts_decides_and_a_number_that_another_may_have_only_where_nothing_does() {
        let volume =
            |device, name: Option<&str>, number| Volume { device, name: name.map(str::to_owned), number };
        let stick = volume(17, Some("A"), Some(1));
        for (now, may_be) in [
            (volume(17, Some("A"), Some(1)), true),
            // It was put in elsewhere; udev doesn't know it; its kind of file system has no number.
            (volume(18, Some("A"), Some(1)), true),
            (volume(18, None, Some(1)), true),
            (volume(18, Some("A"), None), true),
            (volume(18, None, None), true),
            // Another one in its place, and what is below it.
            (volume(17, Some("B"), Some(2)), false),
            (volume(17, None, Some(2)), false),
            (volume(3, Some("C"), Some(3)), false),
        ] {
            assert_eq!(stick.may_be(&now), may_be, "{now:?}");
        }
        // A disk of another machine has nothing that lasts; what is below its folder has.
        let share = volume(40, None, None);
        assert!(share.may_be(&volume(41, None, None)));
        assert!(!share.may_be(&volume(3, Some("C"), Some(3))));
    }
}
