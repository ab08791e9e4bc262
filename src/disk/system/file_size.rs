//! How large a file may become: what the system lets this process write, and what a disk can hold.
//!
//! Must not know whose files they are.

use std::{fs::File, io, path::Path};

use super::{family::Family, gaps::Gaps};

/// Who says that a file can't be so large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The disk.
    Disk,
    /// Whoever has started this process.
    Process,
}

/// What a file can't be larger than.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Largest {
    pub bytes: u64,
    pub whose: Whose,
}

/// No disk is known that can't hold this.
const ANY: u64 = (2 << 30) - 1;
/// The largest that FAT can hold: its sizes have 32 bits.
const FAT: u64 = u32::MAX as u64;

/// True of a file that some disk, or this process, can't write.
#[must_use]
pub fn is_large(size: u64) -> bool {
    size > limit().unwrap_or(u64::MAX).min(ANY)
}

/// What of files with these sizes, ascending, can't be where `folder` is, as far as that is known before they are written.
/// Of what is between two of the sizes, the smaller one is told. Leaves nothing there.
#[must_use]
pub fn largest(folder: &Path, sizes: &[u64]) -> Option<Largest> {
    let wanted = *sizes.last()?;
    let process = limit().filter(|limit| *limit < wanted);
    let process = process.map(|bytes| Largest { bytes, whose: Whose::Process });
    let wanted = process.map_or(wanted, |limit| limit.bytes);
    let disk = if wanted > ANY { of_disk(folder, sizes, wanted) } else { None };
    disk.map(|bytes| Largest { bytes, whose: Whose::Disk }).or(process)
}

/// `None` where the largest is one that can be, or nobody can tell.
fn of_disk(folder: &Path, sizes: &[u64], wanted: u64) -> Option<u64> {
    let trial = tempfile::tempfile_in(folder).ok()?;
    match cost(&trial) {
        Cost::Known(most) => return most.filter(|most| *most < wanted),
        Cost::Nothing => {}
    }
    // Any other answer than this one is none: to be full, or not to know this, says nothing of the size.
    let is_too_large = |size| {
        // More than any system counts to.
        i64::try_from(size).is_err()
            || trial.set_len(size).is_err_and(|why| why.kind() == io::ErrorKind::FileTooLarge)
    };
    if !is_too_large(wanted) {
        return None;
    }
    let tried = &sizes[sizes.partition_point(|size| *size <= ANY)..];
    let most = tried.partition_point(|size| *size < wanted && !is_too_large(*size));
    Some(most.checked_sub(1).map_or(ANY, |last| tried[last]))
}

/// What it takes to try how large a file may be.
enum Cost {
    /// A call.
    Nothing,
    /// It would be written as zeros, and need not be tried.
    Known(Option<u64>),
}

fn cost(trial: &File) -> Cost {
    match Family::of(trial) {
        Some(Family::Fat) => Cost::Known(Some(FAT)),
        Some(_) if Gaps::of(trial) == Gaps::Left => Cost::Nothing,
        Some(_) | None => Cost::Known(None),
    }
}

/// True of what the disk of a file can't hold, as far as that is known by its kind.
pub fn is_beyond(file: &File, size: u64) -> bool {
    size > FAT && Family::of(file) == Some(Family::Fat)
}

/// The largest file that this process may write; `None` where nobody has limited that.
#[cfg(unix)]
#[must_use]
pub fn limit() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Fsize).current
}

#[cfg(not(unix))]
#[must_use]
pub fn limit() -> Option<u64> {
    None
}

/// Has what goes beyond the limit fail from now on, for as long as the process lives: else the system ends it without a
/// word.
///
/// # Errors
/// When the system hands over no signals.
///
/// # Panics
/// Outside a runtime.
#[cfg(unix)]
pub fn survive_limit() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    // Whatever listens for it is told by the failing call.
    signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop)
}

#[cfg(not(unix))]
pub fn survive_limit() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_disk_can_hold_is_tried_and_only_what_is_offered_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(largest(folder.path(), &[]), None);
        assert_eq!(largest(folder.path(), &[0, 1, ANY]), None);
        // No Linux file can be larger than a signed number says.
        let most = i64::MAX as u64;
        let found = largest(folder.path(), &[1, ANY + 1, most + 1]).unwrap();
        assert_eq!(found, Largest { bytes: ANY + 1, whose: Whose::Disk });
        let found = largest(folder.path(), &[1, u64::MAX]).unwrap();
        assert_eq!(found, Largest { bytes: ANY, whose: Whose::Disk });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
