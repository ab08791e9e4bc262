//! What a transfer that was given up has left in its receiving folder.
//!
//! Knows where it could be, and takes nothing away but partial files and journals of that very
//! transfer, and folders that it made and that are empty.

use std::{io, path::Path};

use cap_fs_ext::DirExt as _;
use cap_std::{ambient_authority, fs::Dir};

use crate::{
    disk::{
        error::{DiskError, shown},
        inbox::local::{Names, Origin},
        naming::{JOURNAL, PART, prefix},
    },
    model::{RelPath, TransferId},
};

/// What becomes of empty folders that a transfer made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyFolders {
    /// They were sent like that.
    Stay,
    Go,
}

/// Removes what a transfer left: partial files and journals, never anything else but empty folders
/// that it made itself. A receiving folder that is gone has nothing left in it.
///
/// # Errors
/// When something can't be listed or removed; what could be is gone.
pub fn discard(
    folder: &Path,
    transfer: TransferId,
    names: &Names,
    empty: EmptyFolders,
) -> Result<(), DiskError> {
    let dir = match Dir::open_ambient_dir(folder, ambient_authority()) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened,
    };
    let prefix = prefix(transfer);
    let swept = dir.and_then(|dir| {
        sweep(&dir, &prefix, Origin::Found, Depth::This)?;
        for top in names.tops() {
            let origin = if empty == EmptyFolders::Go { top.origin } else { Origin::Found };
            if let Ok(inside) = dir.open_dir_nofollow(&*top.name) {
                sweep(&inside, &prefix, origin, Depth::Below(RelPath::MAX_DEPTH))?;
                drop(inside);
                remove_if_empty(&dir, &*top.name, origin);
            }
        }
        Ok(())
    });
    swept.map_err(|why| DiskError::of(shown(folder), why))
}

/// How far down is looked.
#[derive(Clone, Copy)]
enum Depth {
    This,
    Below(usize),
}

fn sweep(dir: &Dir, prefix: &str, origin: Origin, depth: Depth) -> io::Result<()> {
    for entry in dir.entries()? {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let Depth::Below(levels @ 1..) = depth else { continue };
            let inside = dir.open_dir_nofollow(&name)?;
            sweep(&inside, prefix, origin, Depth::Below(levels - 1))?;
            drop(inside);
            remove_if_empty(dir, &name, origin);
        } else if name.to_str().is_some_and(|name| is_of(name, prefix)) {
            dir.remove_file(&name)?;
        }
    }
    Ok(())
}

fn is_of(name: &str, prefix: &str) -> bool {
    name.starts_with(prefix) && (name.ends_with(PART) || name.ends_with(JOURNAL))
}

fn remove_if_empty(dir: &Dir, name: impl AsRef<Path>, origin: Origin) {
    if origin == Origin::Made {
        // Where something is in it, it stays.
        let _ = dir.remove_dir(name);
    }
}
