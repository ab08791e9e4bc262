//! What can come of a record, for whoever uses the connection.
//!
//! Knows the sentences for it. Must not know how it is found out.

use std::io;

use rustls::AlertDescription;

/// What was in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// So many bytes of content, at least one.
    Content(usize),
    /// Nothing for whoever uses the connection.
    Nothing,
    /// The other end says nothing more.
    End,
}

/// Why a connection can’t go on.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("what came was changed on its way, or is not from the other device")]
    Forged,
    #[error("a record longer than any may be")]
    TooLong,
    #[error("a record that has no place there")]
    Unexpected,
    #[error("nothing but empty records")]
    Empty,
    #[error("the other device gave up ({0:?})")]
    Alert(AlertDescription),
    #[error("the keys of the connection are used up")]
    Exhausted,
    #[error("a cipher that was not agreed on")]
    NoSuchCipher,
    #[error(transparent)]
    Library(#[from] rustls::Error),
}

impl RecordError {
    /// What the other end is told; nothing where it has said so itself.
    pub(super) fn alert(&self) -> Option<AlertDescription> {
        match self {
            Self::Forged => Some(AlertDescription::BadRecordMac),
            Self::TooLong => Some(AlertDescription::RecordOverflow),
            Self::Unexpected | Self::Empty => Some(AlertDescription::UnexpectedMessage),
            Self::Exhausted | Self::NoSuchCipher | Self::Library(_) => Some(AlertDescription::InternalError),
            Self::Alert(_) => None,
        }
    }
}

impl From<RecordError> for io::Error {
    fn from(why: RecordError) -> Self {
        Self::new(io::ErrorKind::InvalidData, why)
    }
}
