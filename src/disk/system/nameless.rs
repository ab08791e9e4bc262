//! Files that have no name until they get their own: for folders that take new names, and in which none can be changed
//! or removed. Whatever ends before that leaves nothing.

use std::{fs::File, io};

use cap_std::fs::Dir;

/// A new file on the disk of a folder, its owner's alone.
#[cfg(target_os = "linux")]
pub fn private(dir: &Dir) -> io::Result<File> {
    create(dir, 0o600)
}

/// One that gets what new files get in this folder, a program's bits among them.
#[cfg(target_os = "linux")]
pub fn ordinary(dir: &Dir) -> io::Result<File> {
    create(dir, 0o777)
}

#[cfg(target_os = "linux")]
fn create(dir: &Dir, bits: u32) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
    Ok(openat(dir, c".", flags, Mode::from_bits_retain(bits))?.into())
}

/// Gives it a name, unless something of that name is there.
#[cfg(target_os = "linux")]
pub fn name(file: &File, dir: &Dir, name: &str) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{AtFlags, CWD, linkat};
    // Through its handle alone only the mightiest may.
    let handle = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, handle, dir, name, AtFlags::SYMLINK_FOLLOW)?)
}

/// Opens it once more, for reading alone. Where the system's list of open files is not mounted, it is the same handle: no
/// other place in it than its start is relied on, and nobody writes to it any more.
#[cfg(target_os = "linux")]
pub fn reopen(file: &File) -> io::Result<File> {
    use std::os::fd::AsRawFd as _;
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).or_else(|_| file.try_clone())
}

#[cfg(not(target_os = "linux"))]
pub fn reopen(file: &File) -> io::Result<File> {
    file.try_clone()
}

#[cfg(not(target_os = "linux"))]
pub fn private(_: &Dir) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub fn ordinary(_: &Dir) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub fn name(_: &File, _: &Dir, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
