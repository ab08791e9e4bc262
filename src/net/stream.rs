//! An encrypted stream for the runtime: control messages.
//!
//! Knows a socket and the records on it. Must not know messages. It has memory only for what is on its way.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{
    exporter::Exporter,
    records::{FRAGMENT, Opened, Queue, RecordError, Records, length, opened},
};

/// Bytes of ciphertext taken from the system at once.
const AT_ONCE: usize = 8 * 1024;

/// Whether this end still talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Talk {
    On,
    /// It has said that it says nothing more.
    Closed,
}

pub struct Stream<S = TcpStream> {
    socket: S,
    records: Records,
    exporter: Exporter,
    /// Ciphertext that has come.
    incoming: Queue,
    /// Content of one record that nobody has read yet.
    content: Queue,
    /// Records that the system has not taken yet.
    outgoing: Queue,
    talk: Talk,
    /// The other end has said that it says nothing more.
    has_ended: bool,
    /// What has come can’t be believed, and that has been said.
    is_broken: bool,
}

/// What a stream is made of, with nothing lost that is on its way.
pub struct Parts<S> {
    pub socket: S,
    pub records: Records,
    pub incoming: Queue,
    pub content: Queue,
    pub outgoing: Queue,
}

impl<S> Stream<S> {
    /// What it goes over. Nothing may be read from it or written to it.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.socket
    }

    pub(super) fn new(socket: S, records: Records, incoming: Queue, exporter: Exporter) -> Self {
        Self {
            socket,
            records,
            exporter,
            incoming,
            content: Queue::default(),
            outgoing: Queue::default(),
            talk: Talk::On,
            has_ended: false,
            is_broken: false,
        }
    }

    pub(super) fn into_parts(self) -> Parts<S> {
        let Self { socket, records, incoming, content, outgoing, .. } = self;
        Parts { socket, records, incoming, content, outgoing }
    }

    #[cfg(test)]
    pub(super) fn inside(&mut self) -> (&mut S, &mut Records) {
        (&mut self.socket, &mut self.records)
    }

    pub(super) fn exporter(&self) -> &Exporter {
        &self.exporter
    }

    /// Opens records until there is content: true, or an end, or no whole record: false.
    fn open(&mut self) -> Result<bool, RecordError> {
        while self.content.is_empty() && !self.has_ended {
            let held = self.incoming.held();
            let Some(length) = length(held)?.filter(|length| *length <= held.len()) else {
                return Ok(false);
            };
            let room = self.content.room(opened(length));
            let content = self.records.open(&self.incoming.held()[..length], room)?;
            self.incoming.take(length);
            match content {
                Opened::Content(count) => self.content.put(count),
                Opened::Nothing => {}
                Opened::End => self.has_ended = true,
            }
        }
        Ok(true)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    /// Gives the system what it has not taken yet.
    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let taken = ready!(Pin::new(&mut self.socket).poll_write(cx, self.outgoing.held()))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.take(taken);
        }
        self.outgoing.rest();
        Poll::Ready(Ok(()))
    }

    /// It is over: the other end is told why, if that can be done at once.
    fn fail(&mut self, why: RecordError, cx: &mut Context<'_>) -> io::Error {
        self.is_broken = true;
        if self.talk == Talk::On {
            self.talk = Talk::Closed;
            let is_free = self.outgoing.is_empty();
            self.records.last_words(&why, &mut self.outgoing);
            // Else whoever writes waits for the system, and would not be woken: it goes behind what that writes.
            if is_free {
                let _ = self.drain(cx);
            }
        }
        why.into()
    }
}

impl<S> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("talk", &self.talk).finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = &mut *self;
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if me.is_broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        loop {
            match me.open() {
                Ok(true) => break,
                Ok(false) => {}
                Err(why) => return Poll::Ready(Err(me.fail(why, cx))),
            }
            let mut part = [0; AT_ONCE];
            let mut part = ReadBuf::new(&mut part);
            ready!(Pin::new(&mut me.socket).poll_read(cx, &mut part))?;
            if part.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            me.incoming.append(part.filled());
        }
        let count = me.content.len().min(buf.remaining());
        buf.put_slice(&me.content.held()[..count]);
        me.content.take(count);
        me.content.rest();
        me.incoming.rest();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    /// Takes as much as a record holds. The system may take it only when more is written, or when flushed.
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        ready!(me.drain(cx))?;
        if me.talk == Talk::Closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let part = &buf[..buf.len().min(FRAGMENT)];
        me.records.seal(part, &mut me.outgoing)?;
        match me.drain(cx) {
            Poll::Ready(Err(why)) => Poll::Ready(Err(why)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(part.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = &mut *self;
        if me.talk == Talk::On {
            me.talk = Talk::Closed;
            me.records.close(&mut me.outgoing)?;
        }
        ready!(me.drain(cx))?;
        match ready!(Pin::new(&mut me.socket).poll_shutdown(cx)) {
            // Gone already is as good.
            Err(why) if why.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            done => Poll::Ready(done),
        }
    }
}
