//! Who may do what with what is made here, where a system has modes; elsewhere nobody is kept out by them.
//!
//! Knows bits of permission. Must not know what anything is for. A file system that has no modes, or lets nobody
//! set them, is no failure: what is made there is as open as all of it.

use std::{fs::File, io, path::Path};

use cap_std::fs::{Dir, DirBuilder, Metadata, OpenOptions};

use crate::model::{Access, FileMode};

/// The bits that a new file gets in a folder, of a program: what the person's own umask and the folder's default
/// access lists leave.
#[derive(Clone, Copy, Debug)]
pub struct Ordinary(u32);

/// Private when nobody but its owner may do anything with it.
#[cfg(unix)]
pub fn access(metadata: &Metadata) -> Access {
    use cap_std::fs::MetadataExt as _;
    if metadata.mode() & OTHERS == 0 { Access::Private } else { Access::Shared }
}

/// Without modes nothing is said of who may read it.
#[cfg(not(unix))]
pub fn access(_: &Metadata) -> Access {
    Access::Shared
}

/// Has a new file be its owner's alone from its first moment.
#[cfg(unix)]
pub fn create_private(options: &mut OpenOptions) {
    use cap_std::fs::OpenOptionsExt as _;
    options.mode(PRIVATE);
}

#[cfg(not(unix))]
pub fn create_private(_: &mut OpenOptions) {}

/// Has a new file get what new files get, a program's bits among them.
#[cfg(unix)]
pub fn create_ordinary(options: &mut OpenOptions) {
    use cap_std::fs::OpenOptionsExt as _;
    options.mode(0o777);
}

#[cfg(not(unix))]
pub fn create_ordinary(_: &mut OpenOptions) {}

/// Makes a folder.
pub fn make_folder(dir: &Dir, name: &str, access: Access) -> io::Result<()> {
    match access {
        Access::Shared => dir.create_dir(name),
        Access::Private => dir.create_dir_with(name, &private_folder()),
    }
}

#[cfg(unix)]
fn private_folder() -> DirBuilder {
    use cap_std::fs::DirBuilderExt as _;
    let mut builder = DirBuilder::new();
    builder.mode(PRIVATE | 0o100);
    builder
}

#[cfg(not(unix))]
fn private_folder() -> DirBuilder {
    DirBuilder::new()
}

/// The bits of a file that was made by [`create_ordinary`].
#[cfg(unix)]
pub fn ordinary(made: &Metadata) -> Ordinary {
    use cap_std::fs::MetadataExt as _;
    Ordinary(made.mode() & 0o777)
}

#[cfg(not(unix))]
pub fn ordinary(_: &Metadata) -> Ordinary {
    Ordinary(0)
}

/// Gives a file that is its owner's alone what it is to have from now on. Without `ordinary` it stays as private as
/// it is.
#[cfg(unix)]
pub fn settle(file: &File, mode: FileMode, ordinary: Option<Ordinary>) -> io::Result<()> {
    let bits = match mode {
        FileMode::Regular => 0o666,
        FileMode::Executable => 0o777,
    };
    set(file, bits & ordinary.map_or(PRIVATE | 0o100, |Ordinary(ordinary)| ordinary))
}

#[cfg(not(unix))]
pub fn settle(_: &File, _: FileMode, _: Option<Ordinary>) -> io::Result<()> {
    Ok(())
}

/// Has a file be its owner's alone, where the one is that it takes the place of.
#[cfg(unix)]
pub fn as_private_as(dir: &Dir, name: &str, other: &Metadata) -> io::Result<()> {
    use cap_std::fs::{MetadataExt as _, Permissions, PermissionsExt as _};
    if access(other) == Access::Shared {
        return Ok(());
    }
    let bits = dir.symlink_metadata(name)?.mode() & 0o700;
    dir.set_permissions(name, Permissions::from_mode(bits))
}

#[cfg(not(unix))]
pub fn as_private_as(_: &Dir, _: &str, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Leaves nobody but its owner anything of a file, and takes it for no program, where it has a mode that can be set.
#[cfg(unix)]
pub fn lock_away(file: &File) -> io::Result<()> {
    where_there_are_modes(set(file, PRIVATE))
}

#[cfg(not(unix))]
pub fn lock_away(_: &File) -> io::Result<()> {
    Ok(())
}

/// Has a folder of this user's be nobody else's to look into. On a disk without modes it is as open as all of it.
///
/// # Errors
/// `PermissionDenied` when it is somebody else's.
#[cfg(unix)]
pub fn keep_ours(folder: &Dir) -> io::Result<()> {
    use cap_std::fs::{MetadataExt as _, Permissions, PermissionsExt as _};
    let there = folder.dir_metadata()?;
    if there.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if there.mode() & OTHERS == 0 {
        return Ok(());
    }
    where_there_are_modes(folder.set_permissions(".", Permissions::from_mode(PRIVATE | 0o100)))
}

#[cfg(not(unix))]
pub fn keep_ours(_: &Dir) -> io::Result<()> {
    Ok(())
}

/// Whose file it is, may give it any mode but where there are none.
#[cfg(unix)]
fn where_there_are_modes(set: io::Result<()>) -> io::Result<()> {
    match set {
        Err(why) if matches!(why.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        set => set,
    }
}

/// Takes away what others may do with a file that an earlier build has made.
#[cfg(unix)]
pub fn tighten(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let bits = file.metadata()?.permissions().mode();
    if bits & OTHERS == 0 { Ok(()) } else { set(file, bits & 0o700) }
}

#[cfg(not(unix))]
pub fn tighten(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
const PRIVATE: u32 = 0o600;

#[cfg(unix)]
const OTHERS: u32 = 0o077;

#[cfg(unix)]
fn set(file: &File, bits: u32) -> io::Result<()> {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
    file.set_permissions(Permissions::from_mode(bits))
}

/// Takes away what others may do with a file or folder at a path. One that others write to by design, as its sticky
/// bit says, stays as it is, and so does a link.
///
/// # Errors
/// When it is not there, or not this user's.
#[cfg(unix)]
pub fn keep_private(path: &Path) -> io::Result<()> {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    const STICKY: u32 = 0o1000;
    let found = fs::symlink_metadata(path)?;
    let bits = found.permissions().mode();
    if found.is_symlink() || bits & OTHERS == 0 || bits & STICKY != 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(bits & 0o700))
}

#[cfg(not(unix))]
pub fn keep_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// True of a folder that others may write to, because it is theirs or, as its sticky bit says, by design. Where there are no
/// modes all is as open as the disk, and that is known.
///
/// # Errors
/// When it can't be looked at.
#[cfg(unix)]
pub fn is_others(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    const WRITE: u32 = 0o022;
    let there = folder.metadata()?;
    let is_ours = there.uid() == rustix::process::geteuid().as_raw();
    Ok(there.mode() & WRITE != 0 && (there.mode() & STICKY != 0 || !is_ours))
}

#[cfg(not(unix))]
pub fn is_others(_: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Makes a folder for this user alone, and those above it, where they are missing.
///
/// # Errors
/// When one can't be made.
pub fn make_private(folder: &Path) -> io::Result<()> {
    let mut make = std::fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, PRIVATE | 0o100);
    make.create(folder)
}
