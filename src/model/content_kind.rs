//! What a file is, by its content and for people.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A hint for people, never a decision about safety: where a virus scanner has found nothing, it says of which files that
/// is not enough, and no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentKind {
    Picture,
    Video,
    Sound,
    Document,
    Archive,
    Program,
    Text,
    /// Known to be none of these, or not known at all.
    #[default]
    Other,
}

impl ContentKind {
    pub const ALL: [Self; 8] = [
        Self::Picture,
        Self::Video,
        Self::Sound,
        Self::Document,
        Self::Archive,
        Self::Program,
        Self::Text,
        Self::Other,
    ];

    /// As it is typed, and stands in machine-readable output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Video => "video",
            Self::Sound => "sound",
            Self::Document => "document",
            Self::Archive => "archive",
            Self::Program => "program",
            Self::Text => "text",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ContentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "There is no such kind of file. Kinds: picture, video, sound, document, archive, program, text, other."
)]
pub struct BadContentKind;

impl FromStr for ContentKind {
    type Err = BadContentKind;

    fn from_str(text: &str) -> Result<Self, BadContentKind> {
        Self::ALL.into_iter().find(|kind| kind.word() == text).ok_or(BadContentKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in ContentKind::ALL {
            assert_eq!(kind.word().parse(), Ok(kind));
        }
        assert_eq!("Bild".parse::<ContentKind>(), Err(BadContentKind));
    }
}
