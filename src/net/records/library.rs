//! A connection’s records by the library’s hands.
//!
//! Knows the library’s connection without buffers. Must not know sockets.

use rustls::{
    Error,
    unbuffered::{EncryptError, InsufficientSizeError},
};

use super::{
    outcome::{Opened, RecordError},
    queue::Queue,
};
use crate::net::unbuffered::{Shaken, Step, Traffic};

pub struct Library {
    connection: Shaken,
    /// What the library has not done with: it decrypts where it stands.
    incoming: Queue,
    /// What it wants to say, and whoever reads can’t send.
    unsent: Queue,
    has_ended: bool,
}

impl Library {
    pub fn new(connection: Shaken) -> Self {
        Self { connection, incoming: Queue::default(), unsent: Queue::default(), has_ended: false }
    }

    pub fn open(&mut self, record: &[u8], out: &mut [u8]) -> Result<Opened, RecordError> {
        self.incoming.append(record);
        let mut filled = 0;
        loop {
            let shown = self.incoming.len();
            let nothing = |_: &mut dyn Traffic, _: &mut Queue| Ok(());
            let (step, _) = self.connection.step(
                &mut self.incoming,
                shown,
                &mut self.unsent,
                &mut out[filled..],
                nothing,
            );
            match step? {
                Step::Again | Step::Send => {}
                Step::Content(count) => filled += count,
                Step::End => self.has_ended = true,
                Step::Blocked | Step::Ready(()) => break,
            }
        }
        self.incoming.rest();
        Ok(match filled {
            0 if self.has_ended => Opened::End,
            0 => Opened::Nothing,
            count => Opened::Content(count),
        })
    }

    pub fn seal(&mut self, content: &[u8], out: &mut Queue) -> Result<(), RecordError> {
        self.write(out, |traffic, room| traffic.encrypt(content, room))
    }

    pub fn close(&mut self, out: &mut Queue) -> Result<(), RecordError> {
        self.write(out, |traffic, room| traffic.close(room))
    }

    fn write(
        &mut self,
        out: &mut Queue,
        mut encrypt: impl FnMut(&mut dyn Traffic, &mut [u8]) -> Result<usize, EncryptError>,
    ) -> Result<(), RecordError> {
        let mut write = |traffic: &mut dyn Traffic, out: &mut Queue| {
            let mut needed = 0;
            loop {
                match encrypt(traffic, out.room(needed)) {
                    Ok(written) => {
                        out.put(written);
                        return Ok(());
                    }
                    Err(EncryptError::InsufficientSize(InsufficientSizeError { required_size })) => {
                        needed = required_size;
                    }
                    Err(EncryptError::EncryptExhausted) => return Err(Error::EncryptError),
                }
            }
        };
        loop {
            let shown = self.incoming.len();
            let unsent = &mut self.unsent;
            // What it says by itself goes first, in the order in which it was encrypted.
            let before = |traffic: &mut dyn Traffic, said: &mut Queue| {
                out.append(said.held());
                said.take(said.len());
                write(traffic, out)
            };
            match self.connection.step(&mut self.incoming, shown, unsent, &mut [], before).0? {
                Step::Ready(()) => return Ok(()),
                Step::Again | Step::Send => {}
                Step::Blocked | Step::Content(_) | Step::End => {
                    return Err(Error::HandshakeNotComplete.into());
                }
            }
        }
    }

    pub fn last_words(&mut self, out: &mut Queue) {
        self.connection.last_words(&mut self.incoming, &mut self.unsent);
        out.append(self.unsent.held());
        self.unsent.take(self.unsent.len());
    }
}
