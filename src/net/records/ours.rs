//! A connection’s records by our own hands, and when their keys change.
//!
//! Knows the keys of both directions, and whom to ask for the next ones: the library, which has agreed on the first
//! ones. Must not know sockets.

use rustls::{
    AlertDescription, ConnectionTrafficSecrets, client::ClientConnectionData, kernel::KernelConnection,
    server::ServerConnectionData,
};

use super::{
    aead::{ALERT, APPLICATION, FRAGMENT, HANDSHAKE, Opener, Sealer, sealed},
    inbound::{Heard, Inbound, NOT_REQUESTED, Speaker, key_update},
    outcome::{Opened, RecordError},
    queue::Queue,
};
use crate::net::unbuffered::Shaken;

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

    /// Records that the cipher is good for under one key.
    fn limit(&self) -> Result<u64, RecordError> {
        let suite = match self {
            Self::Client(kernel) => kernel.negotiated_cipher_suite(),
            Self::Server(kernel) => kernel.negotiated_cipher_suite(),
        };
        Ok(suite.tls13().ok_or(RecordError::NoSuchCipher)?.common.confidentiality_limit)
    }
}

pub struct Ours {
    sealer: Sealer,
    inbound: Inbound,
    authority: Authority,
    /// Records after which our key is changed: half of what the cipher is good for.
    worn: u64,
    /// The other end has changed its key and asked for the same. Done before anything else is said.
    is_asked: bool,
}

impl Ours {
    pub fn new(shaken: Shaken) -> Result<Self, RecordError> {
        let (secrets, authority, speaker) = match shaken {
            Shaken::Client(connection) => {
                let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
                (secrets, Authority::Client(kernel), Speaker::Server)
            }
            Shaken::Server(connection) => {
                let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
                (secrets, Authority::Server(kernel), Speaker::Client)
            }
        };
        Ok(Self {
            sealer: Sealer::new(&secrets.tx)?,
            inbound: Inbound::new(Opener::new(&secrets.rx)?, speaker),
            worn: authority.limit()? / 2,
            authority,
            is_asked: false,
        })
    }

    pub fn open(&mut self, record: &[u8], out: &mut [u8]) -> Result<Opened, RecordError> {
        Ok(match self.inbound.open(record, out)? {
            Heard::Content(count) => Opened::Content(count),
            Heard::Nothing => Opened::Nothing,
            Heard::End => Opened::End,
            Heard::NewKey { is_asked } => {
                self.inbound.rekey(Opener::new(&self.authority.next_rx()?)?);
                self.is_asked |= is_asked;
                Opened::Nothing
            }
        })
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
        self.put(HANDSHAKE, &key_update(NOT_REQUESTED), out)?;
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
    pub fn wear(&mut self, records: u64) -> u64 {
        std::mem::replace(&mut self.worn, records)
    }
}
