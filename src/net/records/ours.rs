//! A connection’s records by our own hands: what each of them means (RFC 8446, sections 4.6, 5 and 6), and when keys
//! change.
//!
//! Knows the keys of both directions, and whom to ask for the next ones: the library, which has agreed on the first
//! ones. Must not know sockets.

use rustls::{
    AlertDescription, ConnectionTrafficSecrets, client::ClientConnectionData, kernel::KernelConnection,
    server::ServerConnectionData,
};

use super::{
    Opened, Queue, RecordError,
    aead::{ALERT, APPLICATION, FRAGMENT, HANDSHAKE, Opener, Sealer, sealed},
};
use crate::net::unbuffered::Shaken;

/// Records without content that may follow each other: more than anybody has reason for.
const MOST_EMPTY: u8 = 32;

/// Messages of a handshake that may come after it.
const NEW_SESSION_TICKET: u8 = 4;
const KEY_UPDATE: u8 = 24;

/// Whether the other end is to change its keys, too.
const NOT_REQUESTED: u8 = 0;
const REQUESTED: u8 = 1;

/// How bad an alert is: of no meaning any more, but there.
const WARNING: u8 = 1;
const FATAL: u8 = 2;

/// Derives the next keys out of those before.
enum Authority {
    Client(KernelConnection<ClientConnectionData>),
    Server(KernelConnection<ServerConnectionData>),
}

impl Authority {
    fn next_tx(&mut self) -> Result<(u64, ConnectionTrafficSecrets), rustls::Error> {
        match self {
            Self::Client(kernel) => kernel.update_tx_secret(),
            Self::Server(kernel) => kernel.update_tx_secret(),
        }
    }

    fn next_rx(&mut self) -> Result<(u64, ConnectionTrafficSecrets), rustls::Error> {
        match self {
            Self::Client(kernel) => kernel.update_rx_secret(),
            Self::Server(kernel) => kernel.update_rx_secret(),
        }
    }

    fn limit(&self) -> u64 {
        let suite = match self {
            Self::Client(kernel) => kernel.negotiated_cipher_suite(),
            Self::Server(kernel) => kernel.negotiated_cipher_suite(),
        };
        suite.tls13().map_or(0, |suite| suite.common.confidentiality_limit)
    }
}

pub struct Ours {
    sealer: Sealer,
    opener: Opener,
    authority: Authority,
    /// Records after which a key is changed: half of what the cipher is good for.
    worn: u64,
    /// The other end has changed its key and asked for the same. Done before anything else is said.
    is_asked: bool,
    /// Records without content since the last one with some.
    empty: u8,
    has_ended: bool,
}

impl Ours {
    pub fn new(shaken: Shaken) -> Result<Self, RecordError> {
        let (secrets, authority) = match shaken {
            Shaken::Client(connection) => {
                let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
                (secrets, Authority::Client(kernel))
            }
            Shaken::Server(connection) => {
                let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
                (secrets, Authority::Server(kernel))
            }
        };
        Ok(Self {
            sealer: Sealer::new(&secrets.tx)?,
            opener: Opener::new(&secrets.rx)?,
            worn: authority.limit() / 2,
            authority,
            is_asked: false,
            empty: 0,
            has_ended: false,
        })
    }

    pub fn open(&mut self, record: &[u8], out: &mut [u8]) -> Result<Opened, RecordError> {
        if self.has_ended {
            return Ok(Opened::End);
        }
        let (kind, length) = self.opener.open(record, out)?;
        let content = &out[..length];
        match (kind, content) {
            (APPLICATION, [_, ..]) => {
                self.empty = 0;
                return Ok(Opened::Content(length));
            }
            (APPLICATION, []) => {}
            (HANDSHAKE, messages) => self.hear(messages)?,
            (ALERT, [_, what]) => match AlertDescription::from(*what) {
                AlertDescription::CloseNotify => {
                    self.has_ended = true;
                    return Ok(Opened::End);
                }
                other => return Err(RecordError::Alert(other)),
            },
            _ => return Err(RecordError::Unexpected),
        }
        self.empty += 1;
        if self.empty > MOST_EMPTY {
            return Err(RecordError::Empty);
        }
        Ok(Opened::Nothing)
    }

    /// What is left of a handshake: whole messages, and a change of keys as the last of them.
    fn hear(&mut self, mut messages: &[u8]) -> Result<(), RecordError> {
        if messages.is_empty() {
            return Err(RecordError::Unexpected);
        }
        while let [kind, a, b, c, rest @ ..] = messages {
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            let (message, rest) = rest.split_at_checked(length).ok_or(RecordError::Unexpected)?;
            match (*kind, message, rest) {
                // No session is taken up again.
                (NEW_SESSION_TICKET, _, _) if matches!(self.authority, Authority::Client(_)) => {}
                (KEY_UPDATE, [asked @ (NOT_REQUESTED | REQUESTED)], []) => {
                    self.opener = Opener::new(&self.authority.next_rx()?)?;
                    self.is_asked |= *asked == REQUESTED;
                }
                _ => return Err(RecordError::Unexpected),
            }
            messages = rest;
        }
        if messages.is_empty() { Ok(()) } else { Err(RecordError::Unexpected) }
    }

    pub fn seal(&mut self, content: &[u8], out: &mut Queue) -> Result<(), RecordError> {
        let records = content.len().div_ceil(FRAGMENT);
        out.room(content.len() + records * sealed(0));
        for part in content.chunks(FRAGMENT) {
            if self.is_asked || self.sealer.next() >= self.worn {
                self.change_key(out)?;
            }
            self.put(APPLICATION, part, out)?;
        }
        Ok(())
    }

    /// The other end isn’t asked to do the same: it counts for itself.
    fn change_key(&mut self, out: &mut Queue) -> Result<(), RecordError> {
        self.put(HANDSHAKE, &[KEY_UPDATE, 0, 0, 1, NOT_REQUESTED], out)?;
        self.sealer = Sealer::new(&self.authority.next_tx()?)?;
        self.is_asked = false;
        Ok(())
    }

    pub fn close(&mut self, out: &mut Queue) -> Result<(), RecordError> {
        self.put(ALERT, &[WARNING, AlertDescription::CloseNotify.into()], out)
    }

    pub fn last_words(&mut self, why: &RecordError, out: &mut Queue) {
        if let Some(alert) = why.alert() {
            // It is over, whether that can be said or not.
            let _ = self.put(ALERT, &[FATAL, alert.into()], out);
        }
    }

    fn put(&mut self, kind: u8, content: &[u8], out: &mut Queue) -> Result<(), RecordError> {
        let length = self.sealer.seal(kind, content, out.room(sealed(content.len())))?;
        out.put(length);
        Ok(())
    }

    #[cfg(test)]
    pub fn wear(&mut self, records: u64) {
        self.worn = records;
    }
}
