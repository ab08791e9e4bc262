//! Gives a finished file its name without ever taking another file's.
//!
//! Systems differ in what they can do in one step; what they can't is done with a second link,
//! and where there are no links either, by looking first.

use std::io;

use cap_std::fs::Dir;

/// Renames within `dir`, unless something of the new name is there.
///
/// # Errors
/// `AlreadyExists` when the name is taken.
pub fn no_clobber(dir: &Dir, from: &str, to: &str) -> io::Result<()> {
    spare((dir, from), (dir, to), Old::MayStay)
}

/// Moves from one folder to another, unless something of the new name is there. What can't leave its folder stays there
/// alone.
///
/// # Errors
/// `AlreadyExists` when the name is taken, `CrossesDevices` when the other folder is on another disk.
pub fn no_clobber_into(dir: &Dir, from: &str, into: &Dir, to: &str) -> io::Result<()> {
    spare((dir, from), (into, to), Old::Goes)
}

/// What becomes of the old name, where none can be taken out of its folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Old {
    /// It has its name, and one too many.
    MayStay,
    /// Or nothing is done.
    Goes,
}

fn spare(from: At<'_>, to: At<'_>, old: Old) -> io::Result<()> {
    at_once(from, to).unwrap_or_else(|| by_link(from, to, old))
}

/// A name in a folder.
type At<'a> = (&'a Dir, &'a str);

/// Renames within `dir`, in place of a file of the new name.
pub fn replace(dir: &Dir, from: &str, to: &str) -> io::Result<()> {
    dir.rename(from, dir, to)
}

/// `None` where the file system can't.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn at_once((dir, from): At<'_>, (into, to): At<'_>) -> Option<io::Result<()>> {
    use rustix::{
        fs::{RenameFlags, renameat_with},
        io::Errno,
    };
    match renameat_with(dir, from, into, to, RenameFlags::NOREPLACE) {
        // Where no name may go, another can be added.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM | Errno::ACCESS) => None,
        result => Some(result.map_err(io::Error::from)),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn at_once(_: At<'_>, _: At<'_>) -> Option<io::Result<()>> {
    None
}

/// A second link is never made in place of another file.
fn by_link((dir, from): At<'_>, (into, to): At<'_>, old: Old) -> io::Result<()> {
    match dir.hard_link(from, into, to) {
        Ok(()) => match dir.remove_file(from) {
            Err(why) if why.kind() == io::ErrorKind::PermissionDenied && old == Old::MayStay => Ok(()),
            // Somebody else has taken it away: the new one may be all that is left.
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(why) if old == Old::Goes => {
                into.remove_file(to)?;
                Err(why)
            }
            removed => removed,
        },
        Err(why) if matches!(why.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::CrossesDevices) => {
            Err(why)
        }
        Err(_) => by_looking((dir, from), (into, to)),
    }
}

/// Two programs that want one name in the same instant can still meet here; no system that this
/// is left for can do better.
fn by_looking((dir, from): At<'_>, (into, to): At<'_>) -> io::Result<()> {
    match into.symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(why) if why.kind() == io::ErrorKind::NotFound => dir.rename(from, into, to),
        Err(why) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use cap_std::ambient_authority;

    use super::*;
    #[cfg(unix)]
    use crate::disk::tests::{shut::Shut, skip};

    type Way<'a> = &'a dyn Fn(&Dir, &str, &str) -> io::Result<()>;

    #[test]
    fn every_way_to_rename_spares_what_is_there() {
        let at_once = |dir: &Dir, from: &str, to: &str| no_clobber(dir, from, to);
        let by_link = |dir: &Dir, from: &str, to: &str| by_link((dir, from), (dir, to), Old::MayStay);
        let by_looking = |dir: &Dir, from: &str, to: &str| by_looking((dir, from), (dir, to));
        let ways: [Way<'_>; 3] = [&at_once, &by_link, &by_looking];
        for rename in ways {
            let temp = tempfile::tempdir().unwrap();
            let dir = Dir::open_ambient_dir(temp.path(), ambient_authority()).unwrap();
            dir.write("part", "new").unwrap();
            dir.write("file", "old").unwrap();
            dir.create_dir("folder").unwrap();
            #[cfg(unix)]
            dir.symlink("nowhere", "link").unwrap();
            #[cfg(not(unix))]
            dir.write("link", "").unwrap();
            for taken in ["file", "folder", "link"] {
                let error = rename(&dir, "part", taken).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{taken}");
            }
            rename(&dir, "part", "free").unwrap();
            assert_eq!(dir.read_to_string("free").unwrap(), "new");
            assert_eq!(dir.read_to_string("file").unwrap(), "old");
            assert!(!dir.exists("part"));
            assert_eq!(rename(&dir, "part", "other").unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_leave_its_folder_gets_no_second_name_in_another() {
        let temp = tempfile::tempdir().unwrap();
        let [from, into] = ["from", "into"].map(|name| temp.path().join(name));
        for folder in [&from, &into] {
            std::fs::create_dir(folder).unwrap();
        }
        std::fs::write(from.join("file"), "content").unwrap();
        let Some(_shut) = Shut::growing(from.clone()) else {
            return skip("no folder can be shut here");
        };
        let open = |path| Dir::open_ambient_dir(path, ambient_authority()).unwrap();
        let (from, into) = (open(&from), open(&into));
        let error = no_clobber_into(&from, "file", &into, "moved").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
        assert_eq!(into.entries().unwrap().count(), 0, "nothing was moved");
        assert_eq!(from.read_to_string("file").unwrap(), "content");
    }
}
