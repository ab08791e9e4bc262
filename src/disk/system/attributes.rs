//! Two of the attributes that travel: a time of change, and the executable bit where a system has it.
//!
//! What only one system can do with them is here.

use std::{
    fs::{File, FileTimes},
    io,
    time::{Duration, SystemTime},
};

use cap_std::fs::{Dir, Metadata};

use crate::model::{FileMode, Timestamp};

/// When something was last changed, where the system says so.
pub fn modified(metadata: &Metadata) -> Option<Timestamp> {
    metadata.modified().ok().map(|time| time.into_std().into())
}

/// When anything of it was last changed, which nobody can set; `None` where the system doesn't say, or it
/// has no name any more: losing that is no change of content.
#[cfg(unix)]
pub fn touched(metadata: &Metadata) -> Option<Timestamp> {
    use cap_std::fs::MetadataExt as _;
    let nanos = metadata.ctime_nsec().try_into().ok()?;
    (metadata.nlink() > 0).then_some(Timestamp { seconds: metadata.ctime(), nanos })
}

#[cfg(not(unix))]
pub fn touched(_: &Metadata) -> Option<Timestamp> {
    None
}

/// When content or name were changed last: nobody can set that time. Where the system doesn't say, when it
/// was made or written.
#[cfg(unix)]
pub fn changed(metadata: &Metadata) -> Option<SystemTime> {
    use cap_std::fs::MetadataExt as _;
    let whole = Duration::from_secs(metadata.ctime().try_into().ok()?);
    let part = Duration::from_nanos(metadata.ctime_nsec().try_into().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(whole + part)
}

#[cfg(not(unix))]
pub fn changed(metadata: &Metadata) -> Option<SystemTime> {
    let made = metadata.created().ok().map(cap_std::time::SystemTime::into_std);
    let written = metadata.modified().ok().map(cap_std::time::SystemTime::into_std);
    made.max(written)
}

/// Executable when anybody may execute it.
#[cfg(unix)]
pub fn mode(metadata: &Metadata) -> FileMode {
    use cap_std::fs::MetadataExt as _;
    if metadata.mode() & 0o111 == 0 { FileMode::Regular } else { FileMode::Executable }
}

#[cfg(not(unix))]
pub fn mode(_: &Metadata) -> FileMode {
    FileMode::Regular
}

/// Sets the time of change of an open file. That of the last access is set with it: some file systems do nothing
/// when they are asked for one of the two alone, and say that it is done.
pub fn set_file_time(file: &File, time: Timestamp) -> io::Result<()> {
    let time = sensible(time).to_system_time().ok_or(io::ErrorKind::InvalidInput)?;
    file.set_times(FileTimes::new().set_accessed(SystemTime::now()).set_modified(time))
}

/// The same for the folder `name` in `parent`, never through a link.
#[cfg(unix)]
pub fn set_folder_time(parent: &Dir, name: &str, time: Timestamp) -> io::Result<()> {
    use rustix::fs::{AtFlags, Timespec, Timestamps, utimensat};
    let spec = |Timestamp { seconds, nanos }| Timespec { tv_sec: seconds, tv_nsec: nanos.into() };
    let times =
        Timestamps { last_access: spec(SystemTime::now().into()), last_modification: spec(sensible(time)) };
    Ok(utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(not(unix))]
pub fn set_folder_time(parent: &Dir, name: &str, time: Timestamp) -> io::Result<()> {
    use cap_fs_ext::{DirExt as _, SystemTimeSpec};
    use cap_std::time::SystemTime;
    // The library takes no time before 1970.
    let time = sensible(time).to_system_time().filter(|time| *time >= SystemTime::UNIX_EPOCH);
    let Some(time) = time else { return Err(io::ErrorKind::InvalidInput.into()) };
    let accessed = SystemTimeSpec::SymbolicNow;
    parent.set_symlink_times(name, Some(accessed), Some(SystemTimeSpec::Absolute(SystemTime::from_std(time))))
}

/// The nearest time in the years 1 to 9999. Some file systems store any number that a peer sends,
/// and programs that read it back, this one among them, may not survive the extremes.
fn sensible(time: Timestamp) -> Timestamp {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    Timestamp { seconds: time.seconds.clamp(FIRST, LAST), nanos: time.nanos.min(999_999_999) }
}
