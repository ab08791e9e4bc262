//! Makes written things last through a power cut.
//!
//! Syncing a thousand small files one by one takes a thousand turns of the disk. Where the system
//! can sync a whole file system, reports its errors, and is known to mean it, one turn does for all.

use std::{
    fs::File,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use cap_fs_ext::MetadataExt as _;
use cap_std::fs::Dir;

/// The file systems that a transfer writes to: nearly always one, more where others are mounted
/// below the receiving folder.
#[derive(Default)]
pub struct Disks(Mutex<Vec<Disk>>);

struct Disk {
    device: u64,
    /// `None` where only single files can be synced.
    whole: Option<Arc<Whole>>,
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
        let mut disks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = disks.iter().position(|disk| disk.device == device) {
            return Ok(number);
        }
        disks.push(Disk {
            device,
            whole: system::whole(dir)?.map(|handle| Arc::new(Whole { handle, failed: Mutex::default() })),
        });
        Ok(disks.len() - 1)
    }

    /// The system's own number of a disk.
    pub fn device(&self, number: usize) -> Option<u64> {
        let disks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        disks.get(number).map(|disk| disk.device)
    }

    /// Syncs all that was ever written to a disk; `None` where that can't be done at once.
    pub fn sync(&self, number: usize) -> Option<io::Result<()>> {
        let whole = {
            let disks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            disks.get(number)?.whole.clone()?
        };
        let mut failed = whole.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = &*failed {
            return Some(Err(again(why)));
        }
        let synced = system::sync(&whole.handle);
        *failed = synced.as_ref().err().map(again);
        Some(synced)
    }
}

/// The same error for another file.
pub fn again(why: &io::Error) -> io::Error {
    match why.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => why.kind().into(),
    }
}

/// Syncs the names in a folder, where the system has such a thing.
pub fn folder(dir: &Dir) -> io::Result<()> {
    system::folder(dir)
}

/// Asks the system to keep nothing of a file in memory that is on the disk as well.
pub fn forget(file: &File) {
    system::forget(file);
}

#[cfg(target_os = "linux")]
mod system {
    use std::{fs::File, io};

    use cap_std::fs::Dir;
    use rustix::fs::{Advice, Mode, OFlags, fadvise, fstatfs, openat, syncfs};

    /// File systems of this kernel whose `syncfs` waits for data and metadata and flushes the
    /// device. Those of other machines and programs (NFS, SMB, FUSE) don't promise it.
    const TRUSTED: [u64; 8] = [
        0xef53,      // ext2, ext3, ext4
        0x5846_5342, // XFS
        0x9123_683e, // Btrfs
        0xf2f5_2010, // F2FS
        0xca45_1a4e, // bcachefs
        0x2fc1_2fc1, // ZFS
        0x794c_7630, // overlayfs, which asks the one above it
        0x0102_1994, // tmpfs, where there is nothing to do
    ];

    pub fn whole(dir: &Dir) -> io::Result<Option<File>> {
        // Some have no answer at all.
        let kind = fstatfs(dir).ok().and_then(|disk| u64::try_from(disk.f_type).ok());
        if kind.is_some_and(|kind| TRUSTED.contains(&(kind & 0xffff_ffff))) {
            open(dir).map(Some)
        } else {
            Ok(None)
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

    pub fn whole(_: &Dir) -> io::Result<Option<File>> {
        Ok(None)
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

    pub fn whole(_: &Dir) -> io::Result<Option<File>> {
        Ok(None)
    }

    pub fn sync(whole: &File) -> io::Result<()> {
        whole.sync_all()
    }

    pub fn folder(_: &Dir) -> io::Result<()> {
        Ok(())
    }

    pub fn forget(_: &File) {}
}
