//! Who answers while somebody types: a thread of its own, which is given up what is not wanted any more.

use std::path::Path;

use super::{
    error::HistoryError,
    page::{Count, Cursor, Page},
    query::Query,
};

/// A question to the [`Finder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub query: Query,
    /// Where an earlier page ended.
    pub after: Option<Cursor>,
    /// Rows at most, 1 to 10,000.
    pub limit: usize,
    pub counting: Counting,
}

/// Whether all rows are to be counted as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    Counted,
    NotCounted,
}

/// Tells which question an answer is to. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// An answer to the newest question. The page comes first, the count after it.
#[derive(Debug)]
pub struct Answer {
    pub to: Ticket,
    pub found: Result<Found, HistoryError>,
}

#[derive(Debug)]
pub enum Found {
    Page(Page),
    Count(Count),
}

/// Owns a thread and its [`Reader`](super::Reader). Ends it when it is dropped.
pub struct Finder {}

impl Finder {
    /// `wake` is called, from the thread, whenever there is an answer to be fetched.
    ///
    /// # Errors
    /// When the system has no thread. What is wrong with the history is said in the answers.
    pub fn start(_home: &Path, _wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Asks, and gives up what was asked before, with its answers. Never blocks.
    pub fn ask(&self, _asked: Asked) -> Ticket {
        Ticket(0)
    }

    /// The next answer to the newest question, if it is there. Never blocks.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        None
    }
}
