//! What Airlift keeps for itself on this machine: it is never sent, and nothing is received into it.
//!
//! Knows it by what it is, so that no link, mount or other spelling leads around that. Must not know what it is for:
//! whoever keeps it says where it is.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use cap_std::fs::Metadata;

use super::{
    error::{DiskError, shown},
    naming::is_quarantine,
    system::identity::{numbers, numbers_at},
};

/// Folders and files that are Airlift's own. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct OffLimits(Arc<[Kept]>);

#[derive(Debug)]
struct Kept {
    /// Of its disk and of itself; `None` where the system has none.
    numbers: Option<(u64, u64)>,
    /// Without links.
    path: PathBuf,
}

impl OffLimits {
    /// What these paths lead to. Those that lead nowhere are left out.
    ///
    /// # Errors
    /// When one can't be looked at.
    pub fn at(paths: impl IntoIterator<Item = PathBuf>) -> io::Result<Self> {
        let mut found = Vec::new();
        for path in paths {
            match fs::canonicalize(&path) {
                Ok(path) => found.push(Kept { numbers: numbers_at(&path)?, path }),
                Err(why) if why.kind() == io::ErrorKind::NotFound => {}
                Err(why) => return Err(why),
            }
        }
        Ok(Self(found.into()))
    }

    /// True of one of these themselves, found at a path without links.
    pub(super) fn is(&self, path: &Path, found: &Metadata) -> bool {
        self.has(path, numbers(found))
    }

    fn has(&self, path: &Path, numbers: Option<(u64, u64)>) -> bool {
        let is = |own: &Kept| match own.numbers.zip(numbers) {
            Some((own, numbers)) => own == numbers,
            None => own.path == path,
        };
        // The hidden rooms of a quarantine are wherever something was to go.
        path.file_name().is_some_and(is_quarantine) || self.0.iter().any(is)
    }

    /// True of one of these, and of what is in them: of all that a path without links passes.
    pub(super) fn holds(&self, path: &Path) -> bool {
        path.ancestors().any(|passed| numbers_at(passed).is_ok_and(|numbers| self.has(passed, numbers)))
    }

    /// Whether a folder, which need not be there yet, may be received into: one that is Airlift's own may not, nor
    /// one that is in such a one or has one in it.
    ///
    /// # Errors
    /// When it may not.
    pub fn admits(&self, folder: &Path) -> Result<(), DiskError> {
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        // Where something before a `..` is not there yet, it will be made, and this is where it leads then.
        let straight = straightened(&absolute);
        if straight != absolute {
            self.admits(&straight)?;
        }
        // What is not there yet will be made in the nearest one that is.
        let Some(there) = absolute.ancestors().find_map(|folder| fs::canonicalize(folder).ok()) else {
            return Ok(());
        };
        if self.holds(&there) {
            return Err(DiskError::Own(shown(folder)));
        }
        let Ok(numbers) = numbers_at(&absolute) else { return Ok(()) };
        let is_above = |own: &Kept| {
            let is_it = |above: &Path| match numbers_at(above).ok().flatten().zip(numbers) {
                Some((above, numbers)) => above == numbers,
                None => above == there,
            };
            own.path.ancestors().skip(1).any(is_it)
        };
        if self.0.iter().any(is_above) { Err(DiskError::AboveOwn(shown(folder))) } else { Ok(()) }
    }
}

/// A path without `..`, as if there were no links.
fn straightened(absolute: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for component in absolute.components() {
        if component == Component::ParentDir {
            straight.pop();
        } else {
            straight.push(component);
        }
    }
    straight
}
