//! How much a disk can still hold.

use std::{fs::File, io, path::Path};

use fs4::FileExt as _;

/// Bytes that this user can still store where `path` is, or would be; `None` where the system
/// does not say.
#[must_use]
pub fn free_space(path: &Path) -> Option<u64> {
    let absolute = std::path::absolute(path).ok()?;
    absolute.ancestors().find_map(|ancestor| fs4::available_space(ancestor).ok())
}

/// What a plan reckons with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space {
    pub free: u64,
    /// What the system is left with.
    pub reserve: u64,
    /// Even a file of one byte takes this much.
    pub block: u64,
}

impl Space {
    /// A disk filled to the last byte breaks other programs.
    const RESERVE: u64 = 64 << 20;

    pub fn of(folder: &Path) -> Option<Self> {
        let disk = fs4::statvfs(folder).ok()?;
        Some(Self {
            free: disk.available_space(),
            // Of a small disk, a memory card, one part in a hundred.
            reserve: Self::RESERVE.min(disk.total_space() / 100),
            block: disk.allocation_granularity().clamp(1, 1 << 20),
        })
    }
}

/// Sets `size` bytes aside for a file, so that a full disk is known before the first byte. A file
/// system that can't do that, or not for so large a file, is no error here: writing will tell. In
/// memory it is not done at all: pages that are first set aside and filled later leave the
/// processor's cache between, and that was measured to cost a seventh of the speed.
pub(super) fn reserve(file: &File, size: u64) -> io::Result<()> {
    if is_memory(file) {
        return Ok(());
    }
    match file.allocate(size) {
        Err(why)
            if matches!(
                why.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
            ) =>
        {
            Err(why)
        }
        _ => Ok(()),
    }
}

/// True for a file system in memory.
#[cfg(target_os = "linux")]
fn is_memory(file: &File) -> bool {
    const TMPFS: u32 = 0x0102_1994;
    rustix::fs::fstatfs(file).is_ok_and(|disk| u32::try_from(disk.f_type) == Ok(TMPFS))
}

#[cfg(not(target_os = "linux"))]
fn is_memory(_: &File) -> bool {
    false
}
