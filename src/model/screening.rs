//! What a virus check has said of a file.
//!
//! Knows the answers and how they are read aloud. Must not know who asks, or what follows.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is known of a file's cleanness when it gets its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screening {
    /// Nobody scans here: no scanner was ever there, or it was left out by choice. It bears no mark.
    #[default]
    Off,
    Clean,
    NotScanned(NotScanned),
    /// The scanner's name for what is in it, as a peer's text: cleaned of what can't be shown, and short.
    Infected(String),
}

/// Why a file was not scanned, though there is a scanner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotScanned {
    /// It answers no more, or was stopped.
    NoScanner,
    /// It loads its signatures.
    Starting,
    Busy,
    /// Larger than the scanner looks at.
    TooLarge,
    TookTooLong,
    /// Encrypted, so that nobody can look into it.
    Locked,
    /// It was another file by the time the answer came.
    Changed,
    /// Nothing was found, in a file that may hold others, by a scanner that doesn’t say what it could not look into.
    Partly,
    /// In the scanner's own words, cleaned and short.
    Failed(String),
}

impl fmt::Display for NotScanned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoScanner => "the virus scanner doesn’t answer",
            Self::Starting => "the virus scanner is starting",
            Self::Busy => "the virus scanner is busy",
            Self::TooLarge => "too large for the virus scanner",
            Self::TookTooLong => "it took the virus scanner too long",
            Self::Locked => "encrypted, so that nobody can look into it",
            Self::Changed => "it changed meanwhile",
            Self::Partly => "the virus scanner doesn’t say whether it could look into all of it",
            Self::Failed(words) => return write!(f, "the virus scanner says: {words}"),
        })
    }
}
