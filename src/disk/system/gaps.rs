//! What becomes of the parts of a file that nothing was written to: whether they take room, and time.
//!
//! Knows kinds of file systems. Of what another machine or a program shows, only those are trusted with it that are
//! known to pass it on to a disk below, or to leave gaps themselves: behind a name nobody knows may be a stick.

use std::{fs::File, path::Path};

use super::family::Family;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// They take no room. What can't be asked counts as this, as nearly all disks are so.
    Left,
    /// Zeros are written there, all of them and at once.
    Filled,
}

impl Gaps {
    /// Where a folder is, or would be.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        let known = folder.ancestors().find_map(|folder| Some((folder, Family::at(folder)?)));
        known.map_or(Self::Left, |(folder, family)| {
            Self::with(family, || by_system::kind_at(folder), || by_system::is_ntfs_at(folder))
        })
    }

    /// On the disk of an open file.
    #[must_use]
    pub fn of(file: &File) -> Self {
        Family::of(file).map_or(Self::Left, |family| {
            Self::with(family, || by_system::kind_of(file), || by_system::is_ntfs(file))
        })
    }

    fn with(family: Family, kind: impl Fn() -> Option<String>, is_ntfs: impl Fn() -> bool) -> Self {
        /// As the list of mounts names them; `virtiofs` has the number of FUSE, and `fuse.ext4` is fuse2fs.
        const LEFT: [&str; 8] = [
            "virtiofs",
            "fuse.bindfs",
            "fuse.mergerfs",
            "fuse.unionfs",
            "fuse.unionfs-fuse",
            "fuse.encfs",
            "fuse.gocryptfs",
            "fuse.ext4",
        ];
        match family {
            // ntfs-3g and exfat-fuse have the same name there.
            Family::Fuse if kind().is_some_and(|kind| LEFT.contains(&&*kind)) || is_ntfs() => Self::Left,
            Family::Fat | Family::ExFat | Family::Hfs | Family::Smb | Family::Fuse => Self::Filled,
            Family::Plain | Family::Memory | Family::Ntfs | Family::System | Family::Other => Self::Left,
        }
    }
}

#[cfg(target_os = "linux")]
mod by_system {
    use std::{fs::File, path::Path};

    use rustix::fs::{Mode, OFlags, fgetxattr, getxattr, open};

    use crate::disk::system::mounts;

    /// What ntfs-3g has for every file, and nobody else.
    const NTFS: &std::ffi::CStr = c"system.ntfs_attrib";

    /// A folder need not be readable for that.
    pub fn kind_at(folder: &Path) -> Option<String> {
        let folder = open(folder, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
        mounts::kind(&folder)
    }

    pub fn kind_of(file: &File) -> Option<String> {
        mounts::kind(file)
    }

    pub fn is_ntfs_at(folder: &Path) -> bool {
        getxattr(folder, NTFS, &mut [0; 4][..]).is_ok()
    }

    pub fn is_ntfs(file: &File) -> bool {
        fgetxattr(file, NTFS, &mut [0; 4][..]).is_ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod by_system {
    use std::{fs::File, path::Path};

    pub fn kind_at(_: &Path) -> Option<String> {
        None
    }

    pub fn kind_of(_: &File) -> Option<String> {
        None
    }

    pub fn is_ntfs_at(_: &Path) -> bool {
        false
    }

    pub fn is_ntfs(_: &File) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_leave_gaps_is_trusted_with_them_by_fuse_and_networks() {
        let with = |family, kind: &str, is_ntfs| {
            Gaps::with(family, || Some(kind.to_owned()).filter(|kind| !kind.is_empty()), || is_ntfs)
        };
        for (family, kind, is_ntfs, gaps) in [
            (Family::Plain, "", false, Gaps::Left),
            (Family::Other, "", false, Gaps::Left),
            (Family::ExFat, "", false, Gaps::Filled),
            (Family::Smb, "cifs", false, Gaps::Filled),
            (Family::Fuse, "fuse.mergerfs", false, Gaps::Left),
            // A stick by exfat-fuse, and NTFS.
            (Family::Fuse, "fuseblk", false, Gaps::Filled),
            (Family::Fuse, "fuseblk", true, Gaps::Left),
            (Family::Fuse, "fuse.exfat", false, Gaps::Filled),
            (Family::Fuse, "fuse.sshfs", false, Gaps::Filled),
            (Family::Fuse, "", false, Gaps::Filled),
        ] {
            assert_eq!(with(family, kind, is_ntfs), gaps, "{family:?} {kind} {is_ntfs}");
        }
    }

    #[test]
    fn what_is_not_there_yet_is_as_what_is_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = tempfile::tempfile_in(&folder).unwrap();
        let here = Gaps::of(&file);
        assert_eq!(Gaps::at(folder.path()), here);
        assert_eq!(Gaps::at(&folder.path().join("not/yet")), here);
    }
}
