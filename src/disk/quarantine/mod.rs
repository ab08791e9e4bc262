//! Files that are kept apart: what a virus was found in, and what waits until it can be checked.
//!
//! Each is the very file that came, under a name that says nothing, its owner's alone: in the home's own folder where that
//! is on the same disk, else in a hidden one where it was to go ([`rooms`]). Beside it, and in the home always, lies a
//! [`note`] of what it is, written first: whatever breaks off leaves a partial file, or something with its note.
//! [`items`] is what can be done with them later, and [`unnoted`] what can be with those whose note is lost. Knows these folders. Must not know transfers, or who checks files.

mod again;
mod error;
mod items;
mod note;
mod rooms;
mod unnoted;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub use again::{Again, LetIn};
pub use error::QuarantineError;
pub use note::From;
pub(super) use note::{Facts, Note};
pub(super) use rooms::{Beside, Body};

/// Where such files are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Quarantine {
    /// In the home: the notes of all, and those that are on its disk.
    folder: Arc<Path>,
}

impl Quarantine {
    /// `folder` is made when it is needed.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder: folder.into() }
    }
}
