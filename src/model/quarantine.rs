//! What is kept apart from a person's files: what it is, why, and what became of it.
//!
//! Knows the words alone. Must not know where it lies, or who found what.

use std::{path::PathBuf, str::FromStr, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{DeviceId, Digest, NotScanned, Screening};

/// What is done with a file that there was to be a check of, and was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unscanned {
    /// It gets its name, and is marked.
    #[default]
    LetIn,
    /// It waits in quarantine until it can be checked.
    Hold,
    /// It is not taken.
    Refuse,
}

/// Names something in quarantine. It is the name that it has there, which says nothing of what it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuarantineId(String);

/// Not the name of anything in quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that names nothing in quarantine: the names are letters from a to f, digits and a dash")]
pub struct BadQuarantineId;

impl QuarantineId {
    /// Longer than any that is given.
    const MOST: usize = 40;

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for QuarantineId {
    type Err = BadQuarantineId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-');
        if text.is_empty() || text.len() > Self::MOST || text.starts_with('-') || !text.bytes().all(is_plain)
        {
            return Err(BadQuarantineId);
        }
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Display for QuarantineId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a file is in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caught {
    /// The scanner's name for what is in it: cleaned, and short.
    Infected(String),
    /// It waits until it can be checked.
    Held(NotScanned),
}

impl Caught {
    /// What is said of it wherever a check is spoken of.
    #[must_use]
    pub fn screening(&self) -> Screening {
        match self {
            Self::Infected(name) => Screening::Infected(name.clone()),
            Self::Held(why) => Screening::NotScanned(why.clone()),
        }
    }
}

/// Whether what is in quarantine can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuarantinePlace {
    Here,
    /// The disk that it lies on is not there: of it only what was noted in the home is known.
    Away,
}

/// One file in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineItem {
    pub id: QuarantineId,
    /// Its name as it was offered, without what is above it: cleaned of what can't be shown. Its id where the note is lost.
    pub name: String,
    /// The receiving folder that it was meant for.
    pub folder: PathBuf,
    /// Where in that it was to go.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// `None` where its note is lost.
    pub digest: Option<Digest>,
    /// `None` where its note is lost: nothing is known then but its size and since when it lies there. It can only be
    /// deleted.
    pub why: Option<Caught>,
    pub since: SystemTime,
    /// Who sent it, as far as that is known.
    pub from: Option<DeviceId>,
    /// What they call themselves; may be empty.
    pub from_name: String,
    pub place: QuarantinePlace,
}

/// What a person has done with something in quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuarantineDeed {
    /// It gets its name in the folder that it was meant for, or the next free one. Whoever asks for that has warned its
    /// person.
    Release,
    /// It is removed for good.
    Delete,
    /// It is checked once more; what is clean is released.
    Rescan,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuarantineDone {
    /// It stands there now.
    Released {
        at: PathBuf,
        screening: Screening,
    },
    Deleted,
    /// It stays, for this.
    Stays(Caught),
}

/// What came of looking into a file once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rechecked {
    Clean,
    /// It could not be looked into this time either.
    NotScanned(NotScanned),
    /// This was found in it, and it is in quarantine.
    Caught(String),
    /// This was found in it, and it stands where it stood: why, as a sentence.
    Stuck {
        found: String,
        why: String,
    },
    /// It is not there any more: moved, or deleted.
    Gone,
    /// Something else is there, or it is written to just now.
    Changed,
    /// It can't be read: why, as a sentence.
    Unreadable(String),
    /// Nobody looks into anything here.
    Nobody,
    /// It is not one of those that were let in and marked.
    NotMarked,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_something_in_quarantine_leads_elsewhere() {
        for good in ["0", "abcdef0123456789", "abcdef0123456789-12"] {
            assert_eq!(good.parse::<QuarantineId>().map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", ".", "..", "a/b", "-a", "g", "A", "a.json", "a\0", &"a".repeat(41)] {
            assert_eq!(bad.parse::<QuarantineId>(), Err(BadQuarantineId), "{bad:?}");
        }
    }
}
