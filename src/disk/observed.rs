//! What tells a file from another, and from itself after a change.
//!
//! Knows what a system says of a file. Must not know who looks, or why.

use std::{fs::File, io};

use cap_std::fs::Metadata;

use super::system::{attributes, identity::numbers};
use crate::model::Timestamp;

/// A file as it was when somebody looked at it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    numbers: Option<(u64, u64)>,
    /// In bytes.
    pub size: u64,
    modified: Option<Timestamp>,
    touched: Option<Timestamp>,
}

impl Observed {
    pub fn of(there: &Metadata) -> Self {
        Self {
            numbers: numbers(there),
            size: there.len(),
            modified: attributes::modified(there),
            touched: attributes::touched(there),
        }
    }

    /// # Errors
    /// When its system says nothing of it.
    pub fn of_file(file: &File) -> io::Result<Self> {
        file.metadata().map(|there| Self::of(&Metadata::from_just_metadata(there)))
    }

    /// True of the same file, whatever was done to it since.
    pub fn is_same(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}
