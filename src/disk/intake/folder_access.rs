//! Who may enter the folders that are made for an offer.
//!
//! Knows paths and what was offered of them. Must not know who makes a folder, or when.

use std::{borrow::Cow, collections::HashMap};

use crate::{
    disk::inbox::local::ancestors,
    model::{Access, Entry, EntryKind, RelPath},
};

/// Of every folder of an offer in which one is private; of all others there is nothing to know.
#[derive(Default)]
pub struct FolderAccess(HashMap<Box<str>, Access>);

impl FolderAccess {
    /// `path` is what a folder is asked for by.
    pub fn of<'e>(entries: &'e [Entry], path: impl Fn(&'e RelPath) -> Cow<'e, str>) -> Self {
        let folders = || entries.iter().filter(|entry| entry.kind == EntryKind::Folder);
        if folders().all(|entry| entry.access == Access::Shared) {
            return Self::default();
        }
        Self(folders().map(|entry| (path(&entry.path).into(), entry.access)).collect())
    }

    /// A folder that is only implied is as the one that it is in.
    pub fn at(&self, path: &str) -> Access {
        if self.0.is_empty() {
            return Access::Shared;
        }
        let of = |path: &str| self.0.get(path).copied();
        of(path).or_else(|| ancestors(path).find_map(of)).unwrap_or(Access::Shared)
    }
}
