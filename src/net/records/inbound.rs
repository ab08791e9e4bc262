//! What each record that comes means (RFC 8446, sections 4.6, 5 and 6).
//!
//! Knows the key of what comes. Must not know where the next one comes from, sockets, or what content means.

use rustls::AlertDescription;

use super::{
    aead::{ALERT, APPLICATION, HANDSHAKE, Opener},
    outcome::RecordError,
};

/// Records without content that may follow each other: more than anybody has reason for.
const MOST_EMPTY: u8 = 32;

/// Messages of a handshake that may come after it.
const NEW_SESSION_TICKET: u8 = 4;
const KEY_UPDATE: u8 = 24;

/// Whether a key that changes is to change the other direction's, too.
pub const NOT_REQUESTED: u8 = 0;
const REQUESTED: u8 = 1;

/// A message that says that the next record is under another key.
pub const fn key_update(asked: u8) -> [u8; 5] {
    [KEY_UPDATE, 0, 0, 1, asked]
}

/// Who the other end is to the handshake: some things only one of them may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    Client,
    Server,
}

/// What was in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// So many bytes of content, at least one.
    Content(usize),
    Nothing,
    /// The next record is under another key: [`Inbound::rekey`]. Our end is asked to change its own, or not.
    NewKey {
        is_asked: bool,
    },
    /// The other end says nothing more.
    End,
}

/// The records that come, in their order.
pub struct Inbound {
    opener: Opener,
    speaker: Speaker,
    /// Records without content since the last one with some.
    empty: u8,
    has_ended: bool,
}

impl Inbound {
    #[must_use]
    pub fn new(opener: Opener, speaker: Speaker) -> Self {
        Self { opener, speaker, empty: 0, has_ended: false }
    }

    /// The next record is under this key.
    pub fn rekey(&mut self, opener: Opener) {
        self.opener = opener;
    }

    /// Decrypts one whole record to the front of `out`, which has room for [`super::opened`]. After an error what is
    /// in `out` means nothing, and no other record may be opened.
    ///
    /// # Errors
    /// When it is not genuine, or says what has no place there, or is one of too many that say nothing.
    pub fn open(&mut self, record: &[u8], out: &mut [u8]) -> Result<Heard, RecordError> {
        if self.has_ended {
            return Ok(Heard::End);
        }
        let (kind, length) = self.opener.open(record, out)?;
        let heard = match (kind, &out[..length]) {
            (APPLICATION, [_, ..]) => {
                self.empty = 0;
                return Ok(Heard::Content(length));
            }
            (APPLICATION, []) => Heard::Nothing,
            (HANDSHAKE, messages) => self.hear(messages)?,
            (ALERT, [_, what]) => match AlertDescription::from(*what) {
                AlertDescription::CloseNotify => {
                    self.has_ended = true;
                    return Ok(Heard::End);
                }
                other => return Err(RecordError::Alert(other)),
            },
            _ => return Err(RecordError::Unexpected),
        };
        self.empty += 1;
        if self.empty > MOST_EMPTY { Err(RecordError::Empty) } else { Ok(heard) }
    }

    /// What is left of a handshake: whole messages, and a change of keys as the last of them.
    fn hear(&self, mut messages: &[u8]) -> Result<Heard, RecordError> {
        while let [kind, a, b, c, rest @ ..] = messages {
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            let (message, rest) = rest.split_at_checked(length).ok_or(RecordError::Unexpected)?;
            match (*kind, message) {
                // No session is ever taken up again.
                (NEW_SESSION_TICKET, _) if self.speaker == Speaker::Server => {
                    if rest.is_empty() {
                        return Ok(Heard::Nothing);
                    }
                }
                (KEY_UPDATE, [asked @ (NOT_REQUESTED | REQUESTED)]) if rest.is_empty() => {
                    return Ok(Heard::NewKey { is_asked: *asked == REQUESTED });
                }
                _ => return Err(RecordError::Unexpected),
            }
            messages = rest;
        }
        // Nothing, or what may be a part of something.
        Err(RecordError::Unexpected)
    }
}
