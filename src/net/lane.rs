//! A connection given over to content: blocking reads and writes, for threads of their own.
//!
//! Content goes through blocking calls with large buffers because that was measured to be much
//! faster than asynchronous ones; the connection's set-up and its end stay with the runtime.

use std::{
    io::{self, Read, Write},
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

/// Bytes of plaintext encrypted at once. Records are allocated one by one and freed when they were taken: freed
/// together, more than 128 KiB make the GNU C library give memory back to the system and take it again, which was
/// measured to double the sender's processor time.
const ENCRYPTED: usize = 64 * 1024;

/// Bytes of plaintext that leave together: a whole chunk with the headers around it.
const OUTGOING: usize = 257 * 1024;

/// What stands before each record: its kind, a version, and its length in two bytes (RFC 8446, section 5.1).
const HEADER: usize = 5;
/// The longest record that may come (RFC 8446, section 5.2).
const LONGEST: usize = HEADER + 16 * 1024 + 256;
/// Bytes of a record that are no content: the header, its kind, and what proves it.
const AROUND: usize = HEADER + 1 + 16;

/// For how long what has come may wait for the rest of what has begun to come. A fast link brings a whole chunk within it,
/// and whoever watches a slow one doesn't notice.
const PATIENCE: Duration = Duration::from_millis(20);

/// The blocking form of a [`Connection`].
pub struct Lane {
    tls: rustls::Connection,
    incoming: Timed,
    outgoing: Timed,
    wire: Wire,
    /// Records that leave together.
    sealed: Vec<u8>,
}

/// Ciphertext that has come.
#[derive(Default)]
struct Wire {
    bytes: Vec<u8>,
    /// What of it was not decrypted begins here,
    begin: usize,
    /// and ends here.
    end: usize,
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
        tls.set_buffer_limit(Some(ENCRYPTED));
        let outgoing = socket.into_std()?;
        outgoing.set_nonblocking(false)?;
        spare_pacing(&outgoing);
        let clock = Arc::<NetworkClock>::default();
        let incoming = Timed { socket: outgoing.try_clone()?, clock: Arc::clone(&clock) };
        let outgoing = Timed { socket: outgoing, clock };
        Ok(Self { tls, incoming, outgoing, wire: Wire::default(), sealed: Vec::new() })
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

    /// Takes what was encrypted to what leaves next.
    fn seal(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.sealed)?;
        }
        Ok(())
    }

    /// Sends what was taken.
    fn send(&mut self) -> io::Result<()> {
        let sent = self.outgoing.write_all(&self.sealed);
        self.sealed.clear();
        sent
    }

    /// Decrypts the record that begins the wire, of so many bytes.
    fn open(&mut self, len: usize) -> io::Result<()> {
        let mut record = self.wire.take(len);
        while !record.is_empty() {
            self.tls.read_tls(&mut record)?;
        }
        self.tls.process_new_packets().map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        // What the other end is to be told besides content.
        self.seal()?;
        self.send()
    }
}

/// Where both ends are on this machine, no wire between them can be overfilled: the plainest way to send costs a tenth less
/// processor time than one that paces itself by what it measures (docs/PERFORMANCE.md). Such transfers are rare but where
/// Airlift is measured; elsewhere the system's own choice stays.
fn spare_pacing(socket: &TcpStream) {
    #[cfg(target_os = "linux")]
    if let (Ok(here), Ok(there)) = (socket.local_addr(), socket.peer_addr())
        && here.ip() == there.ip()
    {
        // Where that is not allowed, it stays as it is.
        let _ = socket2::SockRef::from(socket).set_tcp_congestion(b"reno");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = socket;
}

impl Wire {
    /// The length of the record that begins it; `None` while that isn't whole.
    fn record(&self) -> io::Result<Option<usize>> {
        let [_, _, _, high, low, ..] = self.bytes[self.begin..self.end] else { return Ok(None) };
        let len = HEADER + usize::from(u16::from_be_bytes([high, low]));
        if len > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an over-long record"));
        }
        Ok((self.end - self.begin >= len).then_some(len))
    }

    fn take(&mut self, len: usize) -> &[u8] {
        let begin = self.begin;
        self.begin += len;
        &self.bytes[begin..self.begin]
    }

    fn is_empty(&self) -> bool {
        self.begin == self.end
    }

    /// Waits for more; false when no more comes.
    fn fill(&mut self, from: &mut Timed) -> io::Result<bool> {
        self.bytes.resize(INCOMING + LONGEST, 0);
        self.bytes.copy_within(self.begin..self.end, 0);
        (self.begin, self.end) = (0, self.end - self.begin);
        loop {
            match from.read(&mut self.bytes[self.end..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    let count = read?;
                    self.end += count;
                    return Ok(count > 0);
                }
            }
        }
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
    /// Waits for the first byte, then takes what is there without waiting for more, but for the rest of a record of which a
    /// part is there: where a chunk is on its way, it comes whole to whoever has room for it.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let (mut filled, mut since) = (0, None);
        loop {
            match self.tls.reader().read(&mut buf[filled..]) {
                // The other end has closed.
                Ok(0) => return Ok(filled),
                Ok(count) => {
                    filled += count;
                    if filled == buf.len() {
                        return Ok(filled);
                    }
                    continue;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
            if let Some(len) = self.wire.record()? {
                if filled > 0 && buf.len() - filled < len.saturating_sub(AROUND) {
                    return Ok(filled);
                }
                self.open(len)?;
                continue;
            }
            if filled > 0 {
                let since = *since.get_or_insert_with(Instant::now);
                if self.wire.is_empty() || since.elapsed() > PATIENCE {
                    return Ok(filled);
                }
            }
            match self.wire.fill(&mut self.incoming) {
                Ok(true) => {}
                // What came before that is whole.
                Ok(false) | Err(_) if filled > 0 => return Ok(filled),
                Ok(false) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(e) => return Err(e),
            }
        }
    }
}

impl Write for Lane {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let part = &buf[..buf.len().min(OUTGOING)];
        for bytes in part.chunks(ENCRYPTED) {
            self.tls.writer().write_all(bytes)?;
            self.seal()?;
        }
        self.send()?;
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tls.writer().flush()?;
        self.seal()?;
        self.send()
    }
}
