//! What a person is told of the names in a plan.
//!
//! Knows what became of a name and why. Must not know how that was decided.

use std::fmt;

use super::planner::{Fate, Planner};
use crate::model::text;

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

impl Planner<'_> {
    pub fn remark(&mut self, path: &str, name: &str, fate: Fate, why: Option<Why>) {
        let notes = &mut self.plan.notes;
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
}
