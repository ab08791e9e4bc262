//! Which kind of file system something is on, where the kind tells what can't be asked: of room, of holes, of sizes.
//!
//! Knows the numbers that Linux gives them. Of what shows the files of another machine that may be the number of what is
//! shown (9P), so whoever relies on a promise asks `mounts`.

use std::{fs::File, path::Path};

/// The kinds of which anything special is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// ext2, ext3, ext4, XFS, Btrfs, F2FS: whatever they say of holes is so at every moment.
    Plain,
    /// tmpfs.
    Memory,
    Fat,
    ExFat,
    Ntfs,
    /// HFS, HFS+.
    Hfs,
    /// Linux's own for processes, devices, debugging, tracing, security, both kinds of control groups, configuration, two for
    /// access rules, filters, kinds of programs, FUSE's connections, and caches: files that are made up as they are read.
    System,
    /// All that programs show, and what a virtual machine's host does by virtiofs.
    Fuse,
    Smb,
    /// What passes questions on to what is below it among them: overlayfs, NFS.
    Other,
}

impl Family {
    /// Of what is at a path; `None` where that isn't told.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        rustix::fs::statfs(path).ok().map(|disk| Self::numbered(disk.f_type))
    }

    /// Of an open file; `None` where that isn't told.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn of(file: &File) -> Option<Self> {
        rustix::fs::fstatfs(file).ok().map(|disk| Self::numbered(disk.f_type))
    }

    #[cfg(not(target_os = "linux"))]
    #[must_use]
    pub fn at(_: &Path) -> Option<Self> {
        None
    }

    #[cfg(not(target_os = "linux"))]
    #[must_use]
    pub fn of(_: &File) -> Option<Self> {
        None
    }

    /// The number has 32 bits; its type is another on other processors, and signed on some.
    #[cfg(target_os = "linux")]
    fn numbered(number: impl TryInto<i64>) -> Self {
        match number.try_into().unwrap_or_default() & 0xffff_ffff {
            0xef53 | 0x5846_5342 | 0x9123_683e | 0xf2f5_2010 => Self::Plain,
            0x0102_1994 => Self::Memory,
            0x4d44 => Self::Fat,
            0x2011_bab0 => Self::ExFat,
            0x7366_746e => Self::Ntfs,
            0x4244 | 0x482b => Self::Hfs,
            0x9fa0 | 0x6265_6572 | 0x6462_6720 | 0x7472_6163 | 0x7363_6673 | 0x0027_e0eb | 0x6367_7270
            | 0x6265_6570 | 0xf97c_ff8c | 0x4341_5d53 | 0xcafe_4a11 | 0x4249_4e4d | 0x6573_5543
            | 0x0765_5821 => Self::System,
            0x6573_5546 => Self::Fuse,
            0x517b | 0xff53_4d42 | 0xfe53_4d42 => Self::Smb,
            _ => Self::Other,
        }
    }

    /// True of those that tell of holes as they are at every moment. Of others some have called holes what had not come to
    /// their disk: ZFS until 2.2.2, and what is written back by FUSE. Nor do those tell that ask one of these.
    #[must_use]
    pub fn tells_holes(self) -> bool {
        matches!(self, Self::Plain | Self::Memory)
    }
}
