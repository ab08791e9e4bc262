//! A file that was let in though nobody could look into it, looked into again where it stands; it is put apart like any
//! other where something is found.
//!
//! Only the very file that came is meant: it is compared with what was recorded of it before anybody looks, and known by
//! its numbers after. Knows paths and the rooms. Must not know where it is recorded, or who checks files.

use std::{io, path::PathBuf};

use cap_std::{
    ambient_authority,
    fs::{Dir, Metadata},
};

use super::{Beside, Body, Facts, From, Quarantine};
use crate::{
    disk::{
        error::{DiskError, shown},
        observed::Observed,
        places::{Places, digest_of},
        screen::Screen,
        system::modes,
    },
    model::{Caught, Digest, FileMode, NotScanned, QuarantineId, Screening, TransferId},
};

/// A file as it was recorded when it got its name.
#[derive(Clone, Debug)]
pub struct LetIn {
    /// Absolute.
    pub at: PathBuf,
    /// In bytes.
    pub size: u64,
    pub digest: Digest,
    pub transfer: TransferId,
    /// Its path as it was offered.
    pub offered: String,
    pub from: From,
}

/// What came of a look.
#[derive(Clone, Debug)]
pub enum Again {
    /// It stands where it stood; this was said of it.
    Stands(Screening),
    /// This was found in it, and it is in quarantine.
    Caught(String, QuarantineId),
    /// This was found in it, and it can't be moved: it stands where it stood.
    Stuck(String, DiskError),
    /// Nothing is there, or no file.
    Gone,
    /// Something else is there, or it is written to just now.
    Changed,
    /// Nobody waits for it any more.
    Over,
}

impl Quarantine {
    /// Has a file looked into where it stands. What something is found in is moved here: the very file, never a copy. Blocks.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn look_again(
        &self,
        file: &LetIn,
        screen: &dyn Screen,
        is_over: &dyn Fn() -> bool,
    ) -> Result<Again, DiskError> {
        let failed = |why: io::Error| DiskError::of(shown(&file.at), why);
        let Some(mut opened) = Places::default().open(&file.at).map_err(failed)? else {
            return Ok(Again::Gone);
        };
        let before = Observed::of_file(&opened).map_err(failed)?;
        if before.size != file.size {
            return Ok(Again::Changed);
        }
        match digest_of(&mut opened, is_over).map_err(failed)? {
            Some(found) if found == file.digest => {}
            None if is_over() => return Ok(Again::Over),
            _ => return Ok(Again::Changed),
        }
        let name = file.at.file_name().unwrap_or_default().to_string_lossy();
        let said = screen.screen(&opened, file.size, &name, is_over);
        if is_over() {
            return Ok(Again::Over);
        }
        let is_same = Observed::of_file(&opened).map_err(failed)? == before;
        match said {
            Screening::Infected(name) if is_same => Ok(match self.put_away(file, &before, &name) {
                Ok(Some(id)) => Again::Caught(name, id),
                Ok(None) => Again::Changed,
                Err(why) => Again::Stuck(name, why),
            }),
            // Written to meanwhile: whatever was said is of what is not there any more.
            Screening::Infected(_) => Ok(Again::Changed),
            Screening::Clean if !is_same => Ok(Again::Stands(Screening::NotScanned(NotScanned::Changed))),
            said => Ok(Again::Stands(said)),
        }
    }

    /// `None` when something else stands there by now.
    fn put_away(
        &self,
        file: &LetIn,
        seen: &Observed,
        found: &str,
    ) -> Result<Option<QuarantineId>, DiskError> {
        let (Some(parent), Some(name)) =
            (file.at.parent(), file.at.file_name().and_then(|name| name.to_str()))
        else {
            // A note is text.
            let why = io::Error::new(io::ErrorKind::InvalidInput, "its name is no text");
            return Err(DiskError::of(shown(&file.at), why));
        };
        let failed = |why| DiskError::of(shown(&file.at), why);
        let dir = Dir::open_ambient_dir(parent, ambient_authority()).map_err(failed)?;
        let there = dir.symlink_metadata(name).map_err(failed)?;
        if Observed::of(&there) != *seen {
            return Ok(None);
        }
        let facts = Facts {
            transfer: file.transfer,
            offered: &file.offered,
            offered_size: Some(file.size),
            offered_time: None,
            folder: parent.to_owned(),
            path: name.to_owned(),
            size: file.size,
            digest: file.digest,
            mode: mode(&there),
            access: modes::access(&there),
            why: Caught::Infected(found.to_owned()),
            from: &file.from,
            // Its transfer has stored it, and goes on knowing that.
            mark: None,
        };
        let beside = vec![Beside { dir: &dir, path: parent.to_owned() }];
        self.put(&Body::Named { dir: &dir, name }, &facts, beside).map(Some)
    }
}

#[cfg(unix)]
fn mode(there: &Metadata) -> FileMode {
    use cap_std::fs::MetadataExt as _;
    if there.mode() & 0o100 == 0 { FileMode::Regular } else { FileMode::Executable }
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> FileMode {
    FileMode::Regular
}
