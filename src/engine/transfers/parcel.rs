//! What is sent: files, a text, or a speed test.
//!
//! Knows how each is found by the scan. Must not know whom it goes to.

use std::{path::PathBuf, sync::Arc};

use crate::{
    disk::{OffLimits, Scan, SourceError},
    model::{Accord, Purpose, Source, Text, Trial},
};

/// What is sent.
#[derive(Clone)]
pub enum Parcel {
    Files(Vec<Source>),
    Text(Text),
    Trial {
        trial: Trial,
        /// Where a file for it may be made.
        folder: PathBuf,
    },
}

impl From<Vec<Source>> for Parcel {
    fn from(mut sources: Vec<Source>) -> Self {
        match (sources.pop(), sources.is_empty()) {
            (Some(Source::Text(text)), true) => Self::Text(text),
            (last, _) => {
                sources.extend(last);
                Self::Files(sources)
            }
        }
    }
}

impl Parcel {
    /// With what was listed when it was accepted, once it was.
    pub fn scan(self, listed: Option<Arc<Accord>>, off_limits: &OffLimits) -> Result<Scan, SourceError> {
        match (self, listed) {
            (Self::Files(sources), None) => Scan::new(sources, off_limits),
            (Self::Files(sources), Some(listed)) => Scan::again(sources, listed, off_limits),
            (Self::Text(text), _) => Scan::of_text(text),
            (Self::Trial { trial, folder }, _) => Scan::of_trial(trial, &folder),
        }
    }

    #[must_use]
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::Files(_) => Purpose::Files,
            Self::Text(_) => Purpose::Text,
            Self::Trial { trial, .. } => Purpose::Trial(trial.medium),
        }
    }

    /// False of what can't be read a second time, and of what would tell nothing new.
    #[must_use]
    pub fn can_be_sent_again(&self) -> bool {
        match self {
            Self::Files(sources) => !sources.iter().any(|s| matches!(s, Source::StandardInput { .. })),
            Self::Text(_) => true,
            Self::Trial { .. } => false,
        }
    }
}
