//! Some rows of an answer, and where it goes on.

use super::row::{Row, RowId};

/// Rows in the order that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<Row>,
    /// Where it goes on; `None` where this was all.
    pub next: Option<Cursor>,
}

/// A place in an answer. What is recorded or removed meanwhile neither doubles nor hides other rows behind it. Of
/// another query or order it says nothing sensible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub(super) Key);

impl Cursor {
    /// Behind a row, among the newest first.
    #[must_use]
    pub fn newest(behind: RowId) -> Self {
        Self(Key::Newest { id: behind.0 })
    }
}

/// What the last row is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Newest { id: i64 },
    Name { text: String, id: i64 },
    Size { size: i64, id: i64 },
}

impl Key {
    pub(super) fn id(&self) -> i64 {
        match self {
            Self::Newest { id } | Self::Name { id, .. } | Self::Size { id, .. } => *id,
        }
    }
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Exactly(u64),
    MoreThan(u64),
}

impl Count {
    /// Beyond it, nobody counts.
    pub const MOST: u64 = 10_000;
}
