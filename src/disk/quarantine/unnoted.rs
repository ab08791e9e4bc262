//! What lies in the home's room and has lost its note: nobody knows what it is, and it can only be deleted.
//!
//! A note is written before its file is moved, and goes after it: what has none, or one that can't be read, was damaged
//! from outside. Knows that room. Must not guess anything of such a file.

use std::{
    fs,
    io::{self, ErrorKind},
    path::PathBuf,
    time::UNIX_EPOCH,
};

use cap_std::{ambient_authority, fs::Dir};

use super::{Quarantine, note::ENDING, rooms::Room};
use crate::{
    disk::system::sync,
    model::{QuarantineId, QuarantineItem, QuarantinePlace},
};

impl Quarantine {
    /// At most so many of them. What can't be looked at is left out.
    pub(super) fn unnoted(&self, most: usize) -> Vec<QuarantineItem> {
        let Ok(dir) = Dir::open_ambient_dir(&*self.folder, ambient_authority()) else { return Vec::new() };
        let home = Room { dir, path: self.folder.to_path_buf() };
        let Ok(entries) = home.dir.entries() else { return Vec::new() };
        let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.filter_map(|id| home.unnoted(id)).take(most).collect()
    }

    /// True of what is there, and has no note.
    pub(super) fn is_unnoted(&self, id: &QuarantineId) -> bool {
        self.home().is_ok_and(|home| home.unnoted(id.clone()).is_some())
    }

    /// Removes it for good, and what is left of its note.
    pub(super) fn delete_unnoted(&self, id: &QuarantineId) -> io::Result<()> {
        let home = self.home()?;
        home.dir.remove_file(id.as_str())?;
        match home.dir.remove_file(format!("{id}{ENDING}")) {
            Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        sync::folder(&home.dir)
    }
}

impl Room {
    fn unnoted(&self, id: QuarantineId) -> Option<QuarantineItem> {
        let there = fs::symlink_metadata(self.path.join(id.as_str())).ok().filter(fs::Metadata::is_file)?;
        // Looked for after the file was seen: it came first.
        if self.note(id.as_str()).is_some() {
            return None;
        }
        Some(QuarantineItem {
            name: id.to_string(),
            id,
            folder: PathBuf::new(),
            path: String::new(),
            size: there.len(),
            digest: None,
            why: None,
            since: there.modified().unwrap_or(UNIX_EPOCH),
            from: None,
            from_name: String::new(),
            place: QuarantinePlace::Here,
        })
    }
}
