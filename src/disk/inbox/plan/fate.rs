//! What becomes of something that is offered, and what a person is told of its name.
//!
//! Must not know how that is decided.

use std::fmt;

use crate::{disk::notes::Notes, model::text};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing stands there.
    New,
    /// A file stands there, and will be replaced.
    Replaces,
    /// A folder that is there.
    Merged,
    LeftOut,
    /// An earlier attempt has stored it.
    Stored,
    /// An earlier attempt has put it into quarantine.
    Apart,
    /// A file like it is there.
    Likely,
    /// More would come of it than was agreed.
    Beyond,
    /// It can't be here.
    Refused,
}

/// Why something gets another name than it was offered under.
pub enum Why {
    IsThere,
    SameName,
    CantBe,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IsThere => "is there already",
            Self::SameName => "would have the same name as another",
            Self::CantBe => "can't be a name here",
        })
    }
}

/// Tells of a name what is worth telling.
pub fn remark(notes: &mut Notes, path: &str, name: &str, fate: Fate, why: Option<Why>) {
    let shown = text::visible;
    match why {
        Some(Why::IsThere) if fate == Fate::LeftOut => {
            notes.add(format_args!("“{}” is there already and is left out.", shown(path)));
        }
        Some(Why::IsThere) if fate == Fate::Replaces => {
            notes.add(format_args!("“{}” is there already and will be replaced.", shown(path)));
        }
        Some(why) => {
            notes.add(format_args!("“{}” {why}: it will be stored as “{}”.", shown(path), shown(name)));
        }
        None => {}
    }
    if name.chars().any(text::is_deceptive) {
        notes.add(format_args!("“{}” has invisible characters in its name.", shown(path)));
    }
    if !path.contains('/') && name.starts_with('.') {
        notes.add(format_args!("“{}” will be hidden: its name starts with a dot.", shown(name)));
    }
}
