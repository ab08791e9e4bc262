//! Files that are here already, shown to the virus scanner one after the other.

use std::path::{Path, PathBuf};

use super::Checks;
use crate::{
    disk::{FoundFile, Looking, Screen as _},
    model::{Screening, text},
    settings::Settings,
};

/// What was found of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookedAt {
    File {
        path: PathBuf,
        size: u64,
        screening: Screening,
    },
    /// Why it can't be read, without a full stop.
    Unreadable {
        path: PathBuf,
        why: String,
    },
    /// A link, or neither a file nor a folder: it is not followed, nor opened.
    LeftOut {
        path: PathBuf,
    },
}

/// Looks through them as it is asked for the next one, which blocks.
#[derive(Debug)]
pub struct LookThrough {
    checks: Checks,
    looking: Looking,
}

/// Looks through files and folders, with the scanner that the settings of `home` want.
#[must_use]
pub fn look_through(home: &Path, settings: &Settings, paths: Vec<PathBuf>) -> LookThrough {
    LookThrough { checks: Checks::new(home, settings), looking: Looking::through(paths) }
}

impl Iterator for LookThrough {
    type Item = LookedAt;

    fn next(&mut self) -> Option<LookedAt> {
        let (path, found) = self.looking.next()?;
        Some(match found {
            Ok(FoundFile::File { file, size }) => {
                let name = path.to_string_lossy();
                let screening = self.checks.scanner().screen(&file, size, &name, &|| false);
                LookedAt::File { path, size, screening }
            }
            Ok(FoundFile::LeftOut) => LookedAt::LeftOut { path },
            Err(why) => LookedAt::Unreadable { path, why: text::reason(&why) },
        })
    }
}
