//! Makes written things last through a power cut.
//!
//! Syncing a thousand small files one by one takes a thousand turns of the disk. Where the system
//! can sync a whole file system, reports its errors, and is known to mean it, one turn does for all.

use std::{
    fs::File,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use cap_fs_ext::MetadataExt as _;
use cap_std::fs::Dir;

use crate::model::Lasting;

/// The file systems that a transfer writes to: nearly always one, more where others are mounted
/// below the receiving folder.
#[derive(Default)]
pub struct Disks {
    known: Mutex<Vec<Disk>>,
    /// One of them has no sync for something that was to last.
    is_unsure: AtomicBool,
}

struct Disk {
    device: u64,
    /// `None` where only single files can be synced.
    whole: Option<Arc<Whole>>,
}

/// What is known of the syncs of a disk before the first one.
enum Promise {
    /// They can be trusted with all of it at once, through this handle.
    OfAll(File),
    /// They can be trusted with a file or a folder.
    OfEach,
    /// They succeed, and what they were to save is in the memory of a program all the same.
    Empty,
}

struct Whole {
    /// Held from before the first write, because an error is reported to handles that are older
    /// than it.
    handle: File,
    /// The system says once that something could not be written, and whoever asks next must hear of it
    /// all the same: what they want to rely on may be that.
    failed: Mutex<Option<io::Error>>,
}

impl Disks {
    /// The number of the disk that `dir` is on. To be asked before anything is written there.
    pub fn number(&self, dir: &Dir) -> io::Result<usize> {
        let device = dir.dir_metadata()?.dev();
        let mut disks = self.known();
        if let Some(number) = disks.iter().position(|disk| disk.device == device) {
            return Ok(number);
        }
        let whole = match system::promise(dir) {
            Promise::OfAll(handle) => Some(Arc::new(Whole { handle, failed: Mutex::default() })),
            Promise::OfEach => None,
            Promise::Empty => {
                self.doubt();
                None
            }
        };
        disks.push(Disk { device, whole });
        Ok(disks.len() - 1)
    }

    fn known(&self) -> MutexGuard<'_, Vec<Disk>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The system's own number of a disk.
    pub fn device(&self, number: usize) -> Option<u64> {
        self.known().get(number).map(|disk| disk.device)
    }

    /// Notes that nobody can say whether something lasts.
    pub fn doubt(&self) {
        self.is_unsure.store(true, Ordering::Relaxed);
    }

    /// True when something was to last, and its disk doesn't say that it does.
    pub fn is_unsure(&self) -> bool {
        self.is_unsure.load(Ordering::Relaxed)
    }

    /// Takes what a sync has brought: a disk that has no such thing is remembered, and has not failed.
    pub fn hear(&self, synced: io::Result<()>) -> io::Result<()> {
        if Lasting::of(synced)? == Lasting::NotPromised {
            self.doubt();
        }
        Ok(())
    }

    /// Syncs all that was ever written to a disk; `None` where that can't be done at once.
    pub fn sync(&self, number: usize) -> Option<io::Result<()>> {
        let whole = self.known().get(number)?.whole.clone()?;
        let mut failed = whole.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = &*failed {
            return Some(Err(again(why)));
        }
        let synced = self.hear(system::sync(&whole.handle));
        *failed = synced.as_ref().err().map(again);
        Some(synced)
    }

    /// Syncs the names in a folder on a disk. One that may be written to and not be read is synced with all of its disk.
    pub fn sync_folder(&self, dir: &Dir, number: usize) -> io::Result<()> {
        match system::folder(dir) {
            Err(why) if why.kind() == io::ErrorKind::PermissionDenied => {
                self.sync(number).unwrap_or_else(|| {
                    self.doubt();
                    Ok(())
                })
            }
            synced => self.hear(synced),
        }
    }
}

/// The same error for another file.
pub fn again(why: &io::Error) -> io::Error {
    match why.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => why.kind().into(),
    }
}

/// Syncs the names in a folder, where it may be read and the system has such a thing.
pub fn folder(dir: &Dir) -> io::Result<()> {
    match system::folder(dir) {
        Err(why) if why.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => Lasting::of(synced).map(drop),
    }
}

/// Asks the system to keep nothing of a file in memory that is on the disk as well.
pub fn forget(file: &File) {
    system::forget(file);
}

#[cfg(target_os = "linux")]
mod system {
    use std::{fs::File, io};

    use cap_std::fs::Dir;
    use rustix::fs::{Advice, Mode, OFlags, fadvise, openat, syncfs};

    use super::Promise;
    use crate::disk::system::{mounts, nameless};

    /// File systems of this kernel whose `syncfs` waits for data and metadata and flushes the
    /// device. Those of other machines and programs (NFS, SMB, 9P, FUSE) don't promise it, and what isn't known
    /// is not trusted. An overlay asks the one above it, and in memory there is nothing to do.
    const TRUSTED: [&str; 10] =
        ["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "overlay", "tmpfs"];

    /// Programs that say yes to every sync, and write out later: `CryFS` half a second, the others at the end.
    const EMPTY: [&str; 3] = ["fuse.cryfs", "fuse.fuse-zip", "fuse.archivemount"];

    pub fn promise(dir: &Dir) -> Promise {
        match mounts::kind(dir) {
            Some(kind) if EMPTY.contains(&&*kind) => Promise::Empty,
            Some(kind) if TRUSTED.contains(&&*kind) => {
                // A folder may be written to and not be read.
                open(dir).or_else(|_| nameless::private(dir)).map_or(Promise::OfEach, Promise::OfAll)
            }
            _ => Promise::OfEach,
        }
    }

    pub fn sync(whole: &File) -> io::Result<()> {
        Ok(syncfs(whole)?)
    }

    pub fn folder(dir: &Dir) -> io::Result<()> {
        open(dir)?.sync_all()
    }

    pub fn forget(file: &File) {
        // A wish, which file systems without such a memory refuse.
        let _ = fadvise(file, 0, None, Advice::DontNeed);
    }

    /// A handle that can be synced; one that only names a folder can't.
    fn open(dir: &Dir) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(openat(dir, c".", flags, Mode::empty())?.into())
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
mod system {
    use std::{fs::File, io};

    use cap_std::fs::Dir;
    use rustix::fs::{Mode, OFlags, openat};

    use super::Promise;

    pub fn promise(_: &Dir) -> Promise {
        Promise::OfEach
    }

    pub fn sync(whole: &File) -> io::Result<()> {
        whole.sync_all()
    }

    pub fn folder(dir: &Dir) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        File::from(openat(dir, c".", flags, Mode::empty())?).sync_all()
    }

    pub fn forget(_: &File) {}
}

/// Windows keeps names in a journal of its own and has no call that waits for it.
#[cfg(not(unix))]
mod system {
    use std::{fs::File, io};

    use cap_std::fs::Dir;

    use super::Promise;

    pub fn promise(_: &Dir) -> Promise {
        Promise::OfEach
    }

    pub fn sync(whole: &File) -> io::Result<()> {
        whole.sync_all()
    }

    pub fn folder(_: &Dir) -> io::Result<()> {
        Ok(())
    }

    pub fn forget(_: &File) {}
}
