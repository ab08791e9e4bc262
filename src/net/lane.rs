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

use super::{
    Connection,
    records::{LONGEST, Opened, Queue, RecordError, Records, length, opened},
    stream::Parts,
};

/// Bytes of ciphertext taken from the system at once, beside the part of a record that is there already.
const INCOMING: usize = 256 * 1024;

/// Bytes of plaintext encrypted at once, and sent by one call: a whole chunk.
const OUTGOING: usize = 256 * 1024;

/// For how long what has come may wait for the rest of what has begun to come. A fast link brings a whole chunk within it,
/// and whoever watches a slow one doesn't notice.
const PATIENCE: Duration = Duration::from_millis(20);

/// What may go with it: headers of content, which would else be a packet of their own.
const TAIL: usize = 1024;

/// The blocking form of a [`Connection`].
pub struct Lane {
    records: Records,
    socket: Timed,
    /// Ciphertext that has come.
    incoming: Queue,
    /// Content of a record for which whoever read had no room.
    spare: Queue,
    /// Records that the system has not taken yet.
    outgoing: Queue,
    /// What stopped a read that had something to give all the same: the next one says it.
    failed: Option<io::Error>,
    has_ended: bool,
    /// What has come can’t be believed: no record after it is opened.
    is_broken: bool,
    /// A write has failed in the middle of a record: nothing can follow it.
    is_torn: bool,
}

/// What a read does after it has opened what has come.
enum Next {
    /// Give what there is: no more has room, or an end has come.
    Give,
    /// Give it if there is any: nothing has begun to come behind it.
    Boundary,
    /// Wait for the rest of a record.
    Middle,
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
        let Parts { socket, records, incoming, content, outgoing } = connection.stream.into_parts();
        let socket = socket.into_std()?;
        socket.set_nonblocking(false)?;
        spare_pacing(&socket);
        let socket = Timed { socket, clock: Arc::default() };
        Ok(Self {
            records,
            socket,
            incoming,
            spare: content,
            outgoing,
            failed: None,
            has_ended: false,
            is_broken: false,
            is_torn: false,
        })
    }

    /// # Errors
    /// When the system has no descriptor left.
    pub fn stopper(&self) -> io::Result<LaneStop> {
        Ok(LaneStop(self.socket.socket.try_clone()?))
    }

    /// Counts from the first byte of content on.
    #[must_use]
    pub fn network(&self) -> Arc<NetworkClock> {
        Arc::clone(&self.socket.clock)
    }

    fn drain(&mut self) -> io::Result<()> {
        if self.is_torn {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if !self.outgoing.is_empty() {
            self.is_torn = true;
            self.socket.write_all(self.outgoing.held())?;
            self.outgoing.take(self.outgoing.len());
            self.is_torn = false;
        }
        Ok(())
    }

    /// Opens the whole records that have come, as far as there is room for them behind what is `filled`.
    fn open(&mut self, buf: &mut [u8], filled: &mut usize) -> Result<Next, RecordError> {
        while let Some(length) = length(self.incoming.held())? {
            let room = &mut buf[*filled..];
            let has_room = room.len() >= opened(length);
            if !has_room && *filled > 0 {
                return Ok(Next::Give);
            }
            let Some(record) = self.incoming.held().get(..length) else { break };
            let opened = if has_room {
                self.records.open(record, room)?
            } else {
                self.records.open(record, self.spare.room(opened(length)))?
            };
            self.incoming.take(length);
            match opened {
                Opened::Content(count) if has_room => *filled += count,
                Opened::Content(count) => {
                    self.spare.put(count);
                    *filled = self.spare.pour(room);
                    return Ok(Next::Give);
                }
                Opened::Nothing => {}
                Opened::End => {
                    self.has_ended = true;
                    return Ok(Next::Give);
                }
            }
        }
        Ok(if self.incoming.is_empty() { Next::Boundary } else { Next::Middle })
    }

    /// Takes what the system has, and waits if that is nothing.
    fn fill(&mut self) -> io::Result<()> {
        let room = INCOMING + LONGEST - self.incoming.len();
        loop {
            match self.socket.read(&mut self.incoming.room(room)[..room]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    self.incoming.put(count);
                    return Ok(());
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
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
    /// Waits for the first byte, then takes what is there, and waits for more only in the middle of a record.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if !self.spare.is_empty() {
            return Ok(self.spare.pour(buf));
        }
        if self.has_ended {
            return Ok(0);
        }
        if let Some(why) = self.failed.take() {
            return Err(why);
        }
        if self.is_broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let (mut filled, mut since) = (0, None);
        let why = loop {
            match self.open(buf, &mut filled) {
                Ok(Next::Give) => return Ok(filled),
                Ok(Next::Boundary) if filled > 0 => return Ok(filled),
                Ok(Next::Middle) if filled > 0 => {
                    if since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                        return Ok(filled);
                    }
                }
                Ok(Next::Boundary | Next::Middle) => {}
                Err(why) => {
                    self.is_broken = true;
                    break why.into();
                }
            }
            if let Err(why) = self.fill() {
                break why;
            }
        };
        if filled == 0 {
            return Err(why);
        }
        self.failed = Some(why);
        Ok(filled)
    }
}

impl Write for Lane {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let part = if buf.len() > OUTGOING + TAIL { &buf[..OUTGOING] } else { buf };
        self.drain()?;
        self.records.seal(part, &mut self.outgoing).inspect_err(|_| self.is_torn = true)?;
        self.drain()?;
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain()
    }
}
