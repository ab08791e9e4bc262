//! How much a disk can still hold.

use std::{fs::File, io, path::Path};

use cap_std::fs::Dir;
use fs4::FileExt as _;

use super::{family::Family, file_size, gaps::Gaps, refusal};

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
        0 if !has_places(folder, lack.files.max(1)) => Room::Lacks(0),
        0 => Room::Enough,
        bytes => Room::Lacks(bytes),
    }
}

/// Whether so many files can still be made where `folder` is. One that says that it has no place for any is asked to
/// make one: some say so for ever.
fn has_places(folder: &Path, files: u64) -> bool {
    match places(folder) {
        Some(0) => is_writable(folder).is_ok(),
        Some(places) => files <= places,
        None => true,
    }
}

/// `None` where it is not said, or they are made as they are needed.
#[cfg(unix)]
fn places(folder: &Path) -> Option<u64> {
    rustix::fs::statvfs(folder).ok().filter(|disk| disk.f_files > 0).map(|disk| disk.f_favail)
}

#[cfg(not(unix))]
fn places(_: &Path) -> Option<u64> {
    None
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
    /// What holes of files take.
    pub gaps: Gaps,
}

impl Space {
    /// A disk filled to the last byte breaks other programs.
    const RESERVE: u64 = 64 << 20;
    /// What a small file takes on most disks. What a network's disk calls its block is what it likes to be sent at once,
    /// up to megabytes; what a small file takes there, nobody says.
    const BLOCK: u64 = 4096;
    /// The largest there are, of cards and sticks.
    const CLUSTER: u64 = 32 << 20;

    pub fn of(folder: &Path) -> Option<Self> {
        let disk = known(folder)?;
        Some(Self {
            free: disk.available_space(),
            // Of a small disk, a memory card, one part in a hundred.
            reserve: Self::RESERVE.min(disk.total_space() / 100),
            block: match allocation(folder) {
                Allocation::Clusters => disk.allocation_granularity().clamp(1, Self::CLUSTER),
                Allocation::Blocks => disk.allocation_granularity().clamp(1, Self::BLOCK),
            },
            gaps: Gaps::at(folder),
        })
    }
}

/// Sets `size` bytes aside for a file, so that a full disk is known before the first byte. A file
/// system that can't do that, or not for so large a file, is no error here: writing will tell. Where it costs more than it
/// is worth, it is only looked whether there is room.
pub fn reserve(file: &File, size: u64) -> io::Result<()> {
    if file_size::is_beyond(file, size) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    if let Some(free) = only_looked_at(file) {
        return if size.saturating_sub(taken(file)) <= free {
            Ok(())
        } else {
            Err(io::ErrorKind::StorageFull.into())
        };
    }
    match file.allocate(size) {
        Err(why) if refusal::is_of_size(&why) => Err(why),
        _ => Ok(()),
    }
}

/// Bytes free where nothing is set aside; `None` elsewhere. In memory, pages that are first set aside and filled later
/// leave the processor's cache between, and that was measured to cost a seventh of the speed. FAT writes zeros for what is
/// set aside, all of it and at once: everything would be written twice. exFAT can't set anything aside.
fn only_looked_at(file: &File) -> Option<u64> {
    if !matches!(Family::of(file), Some(Family::Memory | Family::Fat | Family::ExFat)) {
        return None;
    }
    free_of(file)
}

#[cfg(unix)]
fn free_of(file: &File) -> Option<u64> {
    let disk = rustix::fs::fstatvfs(file).ok()?;
    // One without a limit says that it has no blocks at all.
    if disk.f_blocks == 0 { Some(u64::MAX) } else { Some(disk.f_bavail.saturating_mul(disk.f_frsize)) }
}

#[cfg(not(unix))]
fn free_of(_: &File) -> Option<u64> {
    None
}

/// How a disk gives out its space.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allocation {
    /// What it calls a block is the least that a file takes.
    Clusters,
    /// In what is small, whatever it says.
    Blocks,
}

fn allocation(folder: &Path) -> Allocation {
    match Family::at(folder) {
        Some(Family::Fat | Family::ExFat | Family::Ntfs) => Allocation::Clusters,
        _ => Allocation::Blocks,
    }
}

/// True where a disk without room says what an ill one says, or one that refuses: sshfs and its like know no other word
/// for it. Only where hardly anything is free.
pub fn is_full(folder: &Path, why: &io::Error) -> bool {
    /// Less than any disk leaves that isn't full.
    const HARDLY: u64 = 64 << 10;
    is_vague(why) && known(folder).is_some_and(|disk| disk.available_space() < HARDLY)
}

#[cfg(unix)]
fn is_vague(why: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(why), Some(Errno::IO | Errno::PERM))
}

#[cfg(not(unix))]
fn is_vague(_: &io::Error) -> bool {
    false
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
