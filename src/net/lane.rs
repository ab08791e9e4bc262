//! A connection given over to content: blocking reads and writes, for threads of their own.
//!
//! Content goes through blocking calls with large buffers because that was measured to be much
//! faster than asynchronous ones; the connection's set-up and its end stay with the runtime.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::Connection;

/// Bytes of ciphertext taken from the system at once.
const INCOMING: usize = 256 * 1024;

/// Bytes of plaintext encrypted at once. Records are allocated one by one and freed when the system
/// has taken them: freed together, more than 128 KiB make the GNU C library give memory back to the
/// system and take it again, which was measured to double the sender's processor time.
const OUTGOING: usize = 64 * 1024;

/// What may go with the last of them: headers of content, which would else be a packet of their own.
const TAIL: usize = 1024;

/// The blocking form of a [`Connection`].
pub struct Lane {
    tls: rustls::Connection,
    incoming: BufReader<Timed>,
    outgoing: Timed,
}

/// How long a lane's thread was in the network's hands: waiting for it, and copying to and from it.
#[derive(Debug, Default)]
pub struct NetworkClock {
    spent: AtomicU64,
    /// Since when it is there now.
    since: Mutex<Option<Instant>>,
}

/// A socket that counts the time spent on it.
struct Timed {
    socket: TcpStream,
    clock: Arc<NetworkClock>,
}

/// Ends a [`Lane`] from another thread: reads and writes on it fail from then on.
pub struct LaneStop(TcpStream);

impl Lane {
    /// # Errors
    /// When the system refuses to make the socket blocking.
    pub fn new(connection: Connection) -> io::Result<Self> {
        let (socket, mut tls): (_, rustls::Connection) = match connection.stream {
            tokio_rustls::TlsStream::Client(stream) => {
                let (socket, tls) = stream.into_inner();
                (socket, tls.into())
            }
            tokio_rustls::TlsStream::Server(stream) => {
                let (socket, tls) = stream.into_inner();
                (socket, tls.into())
            }
        };
        tls.set_buffer_limit(Some(OUTGOING + TAIL));
        let outgoing = socket.into_std()?;
        outgoing.set_nonblocking(false)?;
        let clock = Arc::<NetworkClock>::default();
        let incoming = Timed { socket: outgoing.try_clone()?, clock: Arc::clone(&clock) };
        let incoming = BufReader::with_capacity(INCOMING, incoming);
        Ok(Self { tls, incoming, outgoing: Timed { socket: outgoing, clock } })
    }

    /// # Errors
    /// When the system has no descriptor left.
    pub fn stopper(&self) -> io::Result<LaneStop> {
        Ok(LaneStop(self.outgoing.socket.try_clone()?))
    }

    /// Counts from the first byte of content on.
    #[must_use]
    pub fn network(&self) -> Arc<NetworkClock> {
        Arc::clone(&self.outgoing.clock)
    }

    fn send_encrypted(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.outgoing) {
                // To report it would have the same bytes encrypted twice.
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
                Ok(_) => {}
            }
        }
        Ok(())
    }
}

impl NetworkClock {
    #[must_use]
    pub fn read(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// For how long it has been waiting now, which [`NetworkClock::read`] doesn't have yet.
    #[must_use]
    pub fn waiting(&self) -> Duration {
        self.since().map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn since(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count<T>(&self, work: impl FnOnce() -> T) -> T {
        let since = Instant::now();
        *self.since() = Some(since);
        let result = work();
        *self.since() = None;
        let nanos = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.spent.fetch_add(nanos, Ordering::Relaxed);
        result
    }
}

impl Read for Timed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.clock.count(|| self.socket.read(buf))
    }
}

impl Write for Timed {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.clock.count(|| self.socket.write(buf))
    }

    fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.clock.count(|| self.socket.write_vectored(bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LaneStop {
    pub fn stop(&self) {
        // What is still queued is void: a cancelled transfer must not keep filling the link.
        let _ = socket2::SockRef::from(&self.0).set_linger(Some(std::time::Duration::ZERO));
        // Already closed is as good.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl Read for Lane {
    /// Waits for the first byte, then takes what is there without waiting for more.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.tls.reader().read(&mut buf[filled..]) {
                Ok(0) => break,
                Ok(n) => {
                    filled += n;
                    continue;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
            if filled > 0 && self.incoming.buffer().is_empty() {
                break;
            }
            match self.incoming.fill_buf() {
                Ok([]) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
                Ok(_) => {}
            }
            self.tls.read_tls(&mut self.incoming)?;
            self.tls.process_new_packets().map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
            self.send_encrypted()?;
        }
        Ok(filled)
    }
}

impl Write for Lane {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let part = if buf.len() > OUTGOING + TAIL { &buf[..OUTGOING] } else { buf };
        let taken = self.tls.writer().write(part)?;
        self.send_encrypted()?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tls.writer().flush()?;
        self.send_encrypted()
    }
}
