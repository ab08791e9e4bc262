//! What a connection carries after its handshake: content to records, and records to content.
//!
//! Knows records, keys and what each record means for the connection. Must not know sockets, or what content means.
//! Two can do it, and [`KEEPER`] chooses: our own hands, which need no memory of their own, or the library’s.

mod aead;
mod inbound;
mod library;
mod ours;
mod outcome;
mod queue;

pub use aead::{
    ALERT, APPLICATION, FRAGMENT, HANDSHAKE, HEADER, LONGEST, Opener, Sealer, length, opened, sealed,
};
pub use inbound::{Heard, Inbound, Speaker};
pub use outcome::{Opened, RecordError};
pub use queue::Queue;

use self::{library::Library, ours::Ours};
use super::unbuffered::Shaken;

/// Who keeps the records of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// `aws-lc-rs` does the arithmetic, between buffers of the caller’s. Keys come from the library.
    Ours,
    /// rustls, with a copy of each record in either direction.
    Library,
}

/// The one switch between the two. What goes over the network is the same.
pub const KEEPER: Keeper = Keeper::Ours;

/// The records of one connection, in both directions.
pub enum Records {
    Ours(Box<Ours>),
    Library(Box<Library>),
}

impl Records {
    /// Takes over after the handshake.
    ///
    /// # Errors
    /// When the handshake isn’t over, or its cipher is unknown here.
    pub fn new(shaken: Shaken, keeper: Keeper) -> Result<Self, RecordError> {
        Ok(match keeper {
            Keeper::Ours => Self::Ours(Box::new(Ours::new(shaken)?)),
            Keeper::Library => Self::Library(Box::new(Library::new(shaken))),
        })
    }

    /// Decrypts one whole record to the front of `out`, which has room for [`opened`]. After an error, what is there
    /// means nothing, and no other may be opened.
    ///
    /// # Errors
    /// When the connection is broken.
    pub fn open(&mut self, record: &[u8], out: &mut [u8]) -> Result<Opened, RecordError> {
        match self {
            Self::Ours(ours) => ours.open(record, out),
            Self::Library(library) => library.open(record, out),
        }
    }

    /// Encrypts everything, to records one behind the other. Before it goes what the connection itself has to say.
    ///
    /// # Errors
    /// When the keys are used up. What was put into `out` may be sent.
    pub fn seal(&mut self, content: &[u8], out: &mut Queue) -> Result<(), RecordError> {
        match self {
            Self::Ours(ours) => ours.seal(content, out),
            Self::Library(library) => library.seal(content, out),
        }
    }

    /// Says that nothing more is said. Nothing may be sealed after it.
    ///
    /// # Errors
    /// As [`Records::seal`].
    pub fn close(&mut self, out: &mut Queue) -> Result<(), RecordError> {
        match self {
            Self::Ours(ours) => ours.close(out),
            Self::Library(library) => library.close(out),
        }
    }

    /// What is to be told to the other end when the connection can’t go on.
    pub fn last_words(&mut self, why: &RecordError, out: &mut Queue) {
        match self {
            Self::Ours(ours) => ours.last_words(why, out),
            Self::Library(library) => library.last_words(out),
        }
    }

    /// The key changes after so many records. Returns how many they were before.
    #[cfg(test)]
    pub fn wear(&mut self, records: u64) -> Option<u64> {
        match self {
            Self::Ours(ours) => Some(ours.wear(records)),
            Self::Library(_) => None,
        }
    }
}
