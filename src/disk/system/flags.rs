//! What a system has been told of single folders: whether letters' case makes a difference in them, and whether names
//! may go from them. `None` and no where it doesn't say.
//!
//! Knows open folders. Must not know what follows for names.

use cap_std::fs::Dir;

/// True of a folder that is marked as one in which case makes no difference, whatever is so on all of its disk.
#[cfg(target_os = "linux")]
pub fn folds(dir: &Dir) -> Option<bool> {
    use rustix::fs::{IFlags, Mode, OFlags, ioctl_getflags, openat};
    /// `FS_CASEFOLD_FL`.
    const CASEFOLD: IFlags = IFlags::from_bits_retain(0x4000_0000);
    // The handle that is there names a folder, and can't be asked for this.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat(dir, c".", flags, Mode::empty()).ok()?;
    ioctl_getflags(folder).ok().map(|flags| flags.contains(CASEFOLD))
}

#[cfg(not(target_os = "linux"))]
pub fn folds(_: &Dir) -> Option<bool> {
    None
}

/// True of a folder that takes new names, and in which none is changed or removed (`chattr +a`).
#[cfg(target_os = "linux")]
pub fn only_grows(dir: &Dir) -> bool {
    use rustix::fs::{AtFlags, StatxAttributes, StatxFlags, statx};
    let there = statx(dir, c"", AtFlags::EMPTY_PATH, StatxFlags::TYPE);
    there.is_ok_and(|there| there.stx_attributes.contains(StatxAttributes::APPEND))
}

#[cfg(not(target_os = "linux"))]
pub fn only_grows(_: &Dir) -> bool {
    false
}
