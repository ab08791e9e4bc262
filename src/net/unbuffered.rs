//! The library’s connection without buffers and sockets, one step at a time and the same for both roles.
//!
//! Knows the states of that connection. Must not know sockets, and not who is at the other end.

use rustls::{
    CommonState, Error,
    client::UnbufferedClientConnection,
    server::UnbufferedServerConnection,
    unbuffered::{
        ConnectionState, EncodeError, EncryptError, InsufficientSizeError, UnbufferedStatus, WriteTraffic,
    },
};

use super::records::Queue;

/// A connection in its handshake or after it.
pub enum Shaken {
    Client(UnbufferedClientConnection),
    Server(UnbufferedServerConnection),
}

/// What the connection does next.
pub enum Step<T> {
    /// It has gone on by itself; nothing is needed.
    Again,
    /// What is to be sent has to be sent before it goes on.
    Send,
    /// It needs more of what the other end says.
    Blocked,
    /// It can take content; also when it needs more to come.
    Ready(T),
    /// So many bytes of content were put where content goes.
    Content(usize),
    /// The other end says nothing more.
    End,
}

impl Shaken {
    pub fn state(&self) -> &CommonState {
        match self {
            Self::Client(connection) => connection,
            Self::Server(connection) => connection,
        }
    }

    /// Shows it the first `shown` bytes of what has come, takes away those that it is done with, and puts what it says
    /// into `out` and content into `content`. Returns that step, and how many bytes were taken away.
    ///
    /// `write` is what is done when content may be sent.
    ///
    /// # Errors
    /// When the other end has broken the protocol. [`Shaken::last_words`] may have something to say then.
    pub fn step<T>(
        &mut self,
        incoming: &mut Queue,
        shown: usize,
        out: &mut Queue,
        content: &mut [u8],
        write: impl FnMut(&mut dyn Traffic, &mut Queue) -> Result<T, Error>,
    ) -> (Result<Step<T>, Error>, usize) {
        let wire = &mut incoming.held_mut()[..shown];
        let (step, done) = match self {
            Self::Client(connection) => handle(connection.process_tls_records(wire), out, content, write),
            Self::Server(connection) => handle(connection.process_tls_records(wire), out, content, write),
        };
        incoming.take(done);
        (step, done)
    }

    /// What it wants to tell the other end after an error. It must not look again at what it has failed at.
    pub fn last_words(&mut self, incoming: &mut Queue, out: &mut Queue) {
        let nothing = |_: &mut dyn Traffic, _: &mut Queue| Ok(());
        while self.state().wants_write() {
            let shown = incoming.len();
            let (Ok(Step::Again), _) = self.step(incoming, shown, out, &mut [], nothing) else { return };
        }
    }
}

/// Where content is encrypted, without the role.
pub trait Traffic {
    fn encrypt(&mut self, content: &[u8], out: &mut [u8]) -> Result<usize, EncryptError>;
    fn close(&mut self, out: &mut [u8]) -> Result<usize, EncryptError>;
}

impl<Data> Traffic for WriteTraffic<'_, Data> {
    fn encrypt(&mut self, content: &[u8], out: &mut [u8]) -> Result<usize, EncryptError> {
        WriteTraffic::encrypt(self, content, out)
    }

    fn close(&mut self, out: &mut [u8]) -> Result<usize, EncryptError> {
        self.queue_close_notify(out)
    }
}

fn handle<T, Data>(
    status: UnbufferedStatus<'_, '_, Data>,
    out: &mut Queue,
    content: &mut [u8],
    mut write: impl FnMut(&mut dyn Traffic, &mut Queue) -> Result<T, Error>,
) -> (Result<Step<T>, Error>, usize) {
    let mut done = status.discard;
    let step = status.state.and_then(|state| match state {
        ConnectionState::EncodeTlsData(mut data) => {
            let needed = match data.encode(&mut []) {
                Err(EncodeError::InsufficientSize(InsufficientSizeError { required_size })) => required_size,
                _ => 0,
            };
            let written = data.encode(out.room(needed)).map_err(|e| Error::General(e.to_string()))?;
            out.put(written);
            Ok(Step::Again)
        }
        ConnectionState::TransmitTlsData(data) => {
            data.done();
            Ok(Step::Send)
        }
        ConnectionState::BlockedHandshake | ConnectionState::Closed => Ok(Step::Blocked),
        ConnectionState::WriteTraffic(mut traffic) => write(&mut traffic, out).map(Step::Ready),
        ConnectionState::ReadTraffic(mut traffic) => {
            let mut filled = 0;
            while let Some(record) = traffic.next_record() {
                let record = record?;
                done += record.discard;
                let room = content.get_mut(filled..filled + record.payload.len());
                room.ok_or(Error::PeerSentOversizedRecord)?.copy_from_slice(record.payload);
                filled += record.payload.len();
            }
            Ok(Step::Content(filled))
        }
        ConnectionState::PeerClosed => Ok(Step::End),
        _ => Err(Error::General("an unknown state".to_owned())),
    });
    (step, done)
}
