//! Whom the page asks: the history in a home, or what a test puts in its place.
//!
//! Knows questions and answers. Must not know what is shown, or where anything is kept.

use std::{io, path::PathBuf};

use crate::engine::{
    Wake,
    history::{Asked, Finder, Found, HistoryError},
};

/// Where what is recorded can be found.
pub trait Past {
    /// Starts one who answers. `wake` is called whenever there is an answer.
    ///
    /// # Errors
    /// When the system gives no thread.
    fn finder(&self, wake: Wake) -> io::Result<Box<dyn Find>>;
}

/// Answers one question at a time, without ever blocking who asks.
pub trait Find {
    /// Asks, and gives up what was asked before, with its answers.
    fn ask(&mut self, asked: Asked);

    /// The next answer to what was asked last, if it is there.
    fn answer(&mut self) -> Option<Result<Found, HistoryError>>;
}

/// What is recorded in a home.
pub struct Home(pub PathBuf);

impl Past for Home {
    fn finder(&self, wake: Wake) -> io::Result<Box<dyn Find>> {
        Ok(Box::new(Finder::start(&self.0, move || wake())?))
    }
}

impl Find for Finder {
    fn ask(&mut self, asked: Asked) {
        Self::ask(self, asked);
    }

    fn answer(&mut self) -> Option<Result<Found, HistoryError>> {
        Self::answer(self).map(|answer| answer.found)
    }
}
