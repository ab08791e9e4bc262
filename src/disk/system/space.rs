//! How much a disk can still hold.

use std::{fs::File, io, path::Path};

use cap_std::fs::Dir;
use fs4::FileExt as _;

use super::holes;

/// Bytes that this user can still store where `path` is, or would be; `None` where the system
/// does not say.
#[must_use]
pub fn free_space(path: &Path) -> Option<u64> {
    let absolute = std::path::absolute(path).ok()?;
    let there = absolute.ancestors().find(|ancestor| ancestor.exists())?;
    known(there).map(|disk| disk.available_space())
}

/// What a disk says of itself; `None` of one that says nothing, or that it has no room for anything at all: that is
/// what those say that have no answer, or no limit.
fn known(folder: &Path) -> Option<fs4::FsStats> {
    fs4::statvfs(folder).ok().filter(|disk| disk.total_space() > 0)
}

/// Whether files can be made in a folder, or where it would be made. Leaves nothing there.
///
/// # Errors
/// Why not.
pub fn is_writable(folder: &Path) -> std::io::Result<()> {
    let absolute = std::path::absolute(folder)?;
    let there = absolute.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(&absolute);
    tempfile::tempfile_in(there).map(drop)
}

/// What a transfer needs on the disk that it fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lack {
    /// Of content that has no place yet.
    pub bytes: u64,
    /// Files that are not there yet.
    pub files: u64,
}

/// Whether there is room for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Enough,
    /// So many bytes must become free; 0 where something else is used up, such as the places for names.
    Lacks(u64),
}

/// Whether what a transfer lacks has room in its folder, and the system is left with some. A limit for
/// one user alone, or a folder that is gone, shows only when it is written to.
#[must_use]
pub fn room(folder: &Path, lack: Lack) -> Room {
    let Some(space) = Space::of(folder) else { return Room::Enough };
    let blocks = lack.files.saturating_mul(space.block);
    let needed = lack.bytes.saturating_add(blocks).saturating_add(space.reserve).max(space.block);
    match needed.saturating_sub(space.free) {
        0 if lack.files.max(1) > places(folder) => Room::Lacks(0),
        0 => Room::Enough,
        bytes => Room::Lacks(bytes),
    }
}

/// How many files can still be made where `folder` is.
#[cfg(unix)]
fn places(folder: &Path) -> u64 {
    match rustix::fs::statvfs(folder) {
        // Some file systems make places as they need them, and say that they have none.
        Ok(disk) if disk.f_files > 0 => disk.f_favail,
        _ => u64::MAX,
    }
}

#[cfg(not(unix))]
fn places(_: &Path) -> u64 {
    u64::MAX
}

/// Bytes of disk that a file has, whatever its length.
#[cfg(unix)]
pub fn taken(file: &File) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().map_or(0, |there| there.blocks().saturating_mul(512))
}

#[cfg(not(unix))]
pub fn taken(file: &File) -> u64 {
    file.metadata().map_or(0, |there| there.len())
}

/// What a plan reckons with.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    pub free: u64,
    /// What the system is left with.
    pub reserve: u64,
    /// Even a file of one byte takes this much.
    pub block: u64,
    /// Holes of files take nothing.
    pub keeps_holes: bool,
}

impl Space {
    /// A disk filled to the last byte breaks other programs.
    const RESERVE: u64 = 64 << 20;

    pub fn of(folder: &Path) -> Option<Self> {
        let disk = known(folder)?;
        Some(Self {
            free: disk.available_space(),
            // Of a small disk, a memory card, one part in a hundred.
            reserve: Self::RESERVE.min(disk.total_space() / 100),
            block: disk.allocation_granularity().clamp(1, 1 << 20),
            keeps_holes: holes::are_kept(folder),
        })
    }
}

/// Sets `size` bytes aside for a file, so that a full disk is known before the first byte. A file
/// system that can't do that, or not for so large a file, is no error here: writing will tell. In
/// memory it is only looked whether there is room: pages that are first set aside and filled later
/// leave the processor's cache between, and that was measured to cost a seventh of the speed.
pub fn reserve(file: &File, size: u64) -> io::Result<()> {
    if let Some(free) = free_memory(file) {
        return if size.saturating_sub(taken(file)) <= free {
            Ok(())
        } else {
            Err(io::ErrorKind::StorageFull.into())
        };
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

/// Bytes free in a file system in memory; `None` for any other.
#[cfg(target_os = "linux")]
fn free_memory(file: &File) -> Option<u64> {
    const TMPFS: u32 = 0x0102_1994;
    let disk = rustix::fs::fstatfs(file).ok()?;
    if u32::try_from(disk.f_type) != Ok(TMPFS) {
        return None;
    }
    let disk = rustix::fs::fstatvfs(file).ok()?;
    // One without a limit says that it has no blocks at all.
    if disk.f_blocks == 0 { Some(u64::MAX) } else { Some(disk.f_bavail.saturating_mul(disk.f_frsize)) }
}

#[cfg(not(target_os = "linux"))]
fn free_memory(_: &File) -> Option<u64> {
    None
}

/// The longest name that the file system of a folder says it can hold, in bytes.
#[cfg(unix)]
pub fn longest_name(dir: &Dir) -> Option<u64> {
    rustix::fs::fstatvfs(dir).ok().map(|disk| disk.f_namemax)
}

#[cfg(not(unix))]
pub fn longest_name(_: &Dir) -> Option<u64> {
    None
}
