//! The virus scanner that all of the engine shares, as the settings want it.
//!
//! Knows which folders are left out, and what a person is told of the scanner itself. Must not know transfers, nor what
//! becomes of a file that was looked into.

mod findings;
mod looking_through;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

pub use self::{
    findings::findings,
    looking_through::{LookThrough, LookedAt, look_through},
};
use crate::{
    disk::{self, Screen},
    model::ScannerChoice,
    scan::{Patience, Scanner, Wanted},
    settings::Settings,
};

/// Who looks into what comes. One for the whole engine: all transfers together ask no more than a few questions at once.
#[derive(Debug)]
pub struct Checks {
    scanner: Arc<Scanner>,
    /// Folders that are left out; `None`: all.
    unscanned: Mutex<Option<Vec<PathBuf>>>,
}

impl Checks {
    /// As the settings want it. That a scanner was there is remembered in `home`. Asks nobody anything.
    #[must_use]
    pub fn new(home: &Path, settings: &Settings) -> Self {
        let scanner = Scanner::new(home, wanted(settings), Patience::default(), disk::kind_of_content);
        Self { scanner: Arc::new(scanner), unscanned: Mutex::new(unscanned(settings)) }
    }

    /// As the settings want it now, also of what is received at the moment.
    pub fn apply(&self, settings: &Settings) {
        self.scanner.choose(wanted(settings));
        self.unscanned.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&unscanned(settings));
    }

    /// Who looks into what is received into a folder; `None`: nobody, by choice.
    #[must_use]
    pub fn screen_of(&self, folder: &Path) -> Option<Arc<dyn Screen>> {
        // Not held while disks are asked, which may take any time.
        let unscanned = self.unscanned.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let is_left_out = unscanned.iter().any(|left_out| is_within(folder, left_out));
        (!is_left_out).then(|| self.scanner.clone() as Arc<dyn Screen>)
    }

    pub(super) fn scanner(&self) -> &Scanner {
        &self.scanner
    }
}

fn wanted(settings: &Settings) -> Wanted {
    Wanted::new(settings.scanner.clone(), settings.scanner_limit)
}

fn unscanned(settings: &Settings) -> Option<Vec<PathBuf>> {
    (settings.scanner != ScannerChoice::Off).then(|| settings.unscanned.clone())
}

/// Whatever it is called.
fn is_within(folder: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(folder).starts_with(real(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NotScanned, ScannerAddress, Screening};

    #[test]
    fn what_is_received_into_a_folder_that_is_left_out_is_shown_to_nobody() {
        let home = tempfile::tempdir().unwrap();
        let (inside, beside) = (home.path().join("in/side"), home.path().join("inside"));
        std::fs::create_dir_all(&inside).unwrap();
        let gone = ScannerAddress::socket(home.path().join("nobody"));
        let settings = Settings {
            scanner: ScannerChoice::At(gone),
            unscanned: vec![home.path().join("in/../in")],
            ..Settings::default()
        };
        let checks = Checks::new(home.path(), &settings);
        let file = tempfile::tempfile().unwrap();
        let said = |folder: &Path| {
            checks.screen_of(folder).map_or(Screening::Off, |screen| screen.screen(&file, 0, "x", &|| false))
        };
        let missed = Screening::NotScanned(NotScanned::NoScanner);
        assert_eq!(said(&inside), Screening::Off);
        assert_eq!(said(&beside), missed);
        checks.apply(&Settings { unscanned: Vec::new(), ..settings.clone() });
        assert_eq!(said(&inside), missed);
        checks.apply(&Settings { scanner: ScannerChoice::Off, ..settings });
        assert_eq!(said(&beside), Screening::Off);
    }
}
