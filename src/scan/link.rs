//! One connection to a scanner.
//!
//! Knows sockets, and an end for every wait on one. Must not know what is asked, or what an answer means.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::{
    patience::Patience,
    reply::{self, MOST},
};
use crate::model::{NotScanned, ScannerAddress, text};

/// Between two attempts to come to one who is busy, at first.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// So often it is looked whether an answer has come before all was said, and whether anybody waits for it still.
const GLANCE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub enum Link {
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
    Tcp(TcpStream),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("nobody listens there")]
    Nobody,
    #[error("it takes no connection")]
    Busy,
    #[error("it is silent")]
    Silent,
    #[error("it hung up")]
    HungUp,
    /// Nobody waits for it any more.
    #[error("nobody waits for it any more")]
    Over,
    /// Of the file that was to be looked into.
    #[error("the file ends too early")]
    Shorter,
    #[error("{}", text::reason(.0))]
    Failed(io::Error),
}

impl Broken {
    fn of(why: io::Error) -> Self {
        match why.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Self::Nobody,
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Silent,
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                Self::HungUp
            }
            _ => Self::Failed(why),
        }
    }

    /// What that means for the file.
    pub fn reason(&self) -> NotScanned {
        match self {
            Self::Nobody | Self::HungUp | Self::Over => NotScanned::NoScanner,
            Self::Busy => NotScanned::Busy,
            Self::Silent => NotScanned::TookTooLong,
            Self::Shorter => NotScanned::Changed,
            Self::Failed(_) => NotScanned::Failed(reply::shown(&self.to_string())),
        }
    }
}

/// How long things may take, for somebody who may not want to know any more.
#[derive(Clone, Copy)]
pub struct Waiting<'a> {
    pub patience: &'a Patience,
    pub is_over: &'a dyn Fn() -> bool,
}

impl<'a> Waiting<'a> {
    pub fn within(self, patience: Duration) -> Deadline<'a> {
        Deadline { until: Instant::now() + patience, is_over: self.is_over }
    }
}

/// A moment beyond which nothing is waited for.
#[derive(Clone, Copy)]
pub struct Deadline<'a> {
    until: Instant,
    is_over: &'a dyn Fn() -> bool,
}

impl Deadline<'_> {
    /// For how long to wait before asking again: never for nothing, and never for long.
    pub fn glance(self) -> Result<Duration, Broken> {
        let left = self.until.saturating_duration_since(Instant::now());
        if (self.is_over)() {
            return Err(Broken::Over);
        }
        if left.is_zero() { Err(Broken::Silent) } else { Ok(left.clamp(Duration::from_millis(1), GLANCE)) }
    }
}

impl Link {
    /// Connects, and tries again while the other is too busy for it.
    pub fn to(place: &ScannerAddress, waiting: Waiting<'_>) -> Result<Self, Broken> {
        let until = waiting.within(waiting.patience.busy);
        let mut pause = FIRST_PAUSE;
        loop {
            match connect(place, waiting.patience.connect) {
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                    let most = match until.glance() {
                        Err(Broken::Silent) => return Err(Broken::Busy),
                        most => most?,
                    };
                    // Nothing tells when there is room: nobody can be waited for.
                    thread::park_timeout(pause.min(most));
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                // Over TCP nobody may say that nobody is there.
                Err(why) if why.kind() == io::ErrorKind::TimedOut => return Err(Broken::Nobody),
                connected => return connected.map_err(Broken::of),
            }
        }
    }

    /// Sends all of it. When an answer comes before that, nothing more is sent, and that is no error.
    pub fn send(&mut self, mut bytes: &[u8], until: Deadline<'_>) -> Result<Sent, Broken> {
        while !bytes.is_empty() {
            self.write_within(until.glance()?).map_err(Broken::of)?;
            let written = match self {
                #[cfg(unix)]
                Self::Unix(stream) => stream.write(bytes),
                Self::Tcp(stream) => stream.write(bytes),
            };
            match written {
                Ok(0) => return Ok(Sent::Cut),
                Ok(count) => bytes = &bytes[count..],
                Err(why) if is_for_now(&why) && self.is_answering() => return Ok(Sent::Cut),
                Err(why) if is_for_now(&why) => {}
                Err(why) => match Broken::of(why) {
                    // The answer, if any, says why.
                    Broken::HungUp => return Ok(Sent::Cut),
                    why => return Err(why),
                },
            }
        }
        Ok(Sent::All)
    }

    /// Reads an answer to its end: its last byte, or where nothing more comes.
    pub fn answer(&mut self, until: Deadline<'_>) -> Result<Vec<u8>, Broken> {
        let mut answer = Vec::new();
        let mut bytes = [0; MOST];
        loop {
            self.read_within(until.glance()?).map_err(Broken::of)?;
            let read = match self {
                #[cfg(unix)]
                Self::Unix(stream) => stream.read(&mut bytes),
                Self::Tcp(stream) => stream.read(&mut bytes),
            };
            match read {
                Ok(0) if answer.is_empty() => return Err(Broken::HungUp),
                Ok(0) => return Ok(answer),
                Ok(count) => answer.extend_from_slice(&bytes[..count]),
                Err(why) if is_for_now(&why) => {}
                Err(why) if answer.is_empty() => return Err(Broken::of(why)),
                // What has come of it is no whole line, and nobody takes it for one.
                Err(why) if why.kind() == io::ErrorKind::ConnectionReset => return Ok(answer),
                Err(why) => return Err(Broken::of(why)),
            }
            if answer.len() >= MOST || answer.iter().any(|byte| matches!(byte, 0 | b'\n')) {
                return Ok(answer);
            }
        }
    }

    fn write_within(&self, patience: Duration) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream.set_write_timeout(Some(patience)),
            Self::Tcp(stream) => stream.set_write_timeout(Some(patience)),
        }
    }

    fn read_within(&self, patience: Duration) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream.set_read_timeout(Some(patience)),
            Self::Tcp(stream) => stream.set_read_timeout(Some(patience)),
        }
    }

    /// True when something can be read, or the other has hung up.
    pub fn is_answering(&self) -> bool {
        is_answering(self)
    }
}

/// Nothing has happened yet.
fn is_for_now(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// How much of it the other has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    All,
    /// It answers already, or has hung up.
    Cut,
}

fn connect(place: &ScannerAddress, patience: Duration) -> io::Result<Link> {
    match place {
        ScannerAddress::Socket(path) => connect_socket(path),
        ScannerAddress::Tcp(address) => connect_tcp(address, patience),
    }
}

fn connect_tcp(address: &SocketAddr, patience: Duration) -> io::Result<Link> {
    let stream = TcpStream::connect_timeout(address, patience)?;
    stream.set_nodelay(true)?;
    Ok(Link::Tcp(stream))
}

/// The library's own waits for ever for one whose queue is full.
#[cfg(unix)]
fn connect_socket(path: &Path) -> io::Result<Link> {
    use std::os::unix::net::UnixStream;

    use rustix::{
        io::{FdFlags, fcntl_setfd, ioctl_fionbio},
        net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket},
    };

    let to = SocketAddrUnix::new(path)?;
    let socket = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    ioctl_fionbio(&socket, true)?;
    connect(&socket, &to)?;
    ioctl_fionbio(&socket, false)?;
    Ok(Link::Unix(UnixStream::from(socket)))
}

#[cfg(not(unix))]
fn connect_socket(_: &Path) -> io::Result<Link> {
    Err(io::ErrorKind::NotFound.into())
}

#[cfg(unix)]
fn is_answering(link: &Link) -> bool {
    use std::os::fd::AsFd as _;

    use rustix::net::{RecvFlags, recv};

    let socket = match link {
        Link::Unix(stream) => stream.as_fd(),
        Link::Tcp(stream) => stream.as_fd(),
    };
    recv(socket, &mut [0u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT).is_ok()
}

/// It is found out by the end of a deadline.
#[cfg(not(unix))]
fn is_answering(_: &Link) -> bool {
    false
}

impl Link {
    /// Hands a file over with some words, all in one; `false` where that can't be done here.
    #[cfg(unix)]
    pub fn hand_over(
        &mut self,
        words: &[u8],
        file: &File,
        until: Deadline<'_>,
    ) -> Result<HandedOver, Broken> {
        use std::{io::IoSlice, mem::MaybeUninit, os::fd::AsFd as _};

        use rustix::{
            io::Errno,
            net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg},
        };

        self.write_within(until.glance()?).map_err(Broken::of)?;
        let Self::Unix(stream) = self else { return Ok(HandedOver::CannotBe) };
        let files = [file.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut along = SendAncillaryBuffer::new(&mut space);
        if !along.push(SendAncillaryMessage::ScmRights(&files)) {
            return Ok(HandedOver::CannotBe);
        }
        loop {
            match sendmsg(&*stream, &[IoSlice::new(words)], &mut along, SendFlags::empty()) {
                // So few bytes go in one or not at all.
                Ok(count) if count == words.len() => return Ok(HandedOver::Yes),
                Err(Errno::INTR) => {}
                Err(Errno::PIPE | Errno::CONNRESET) => return Err(Broken::HungUp),
                Err(Errno::AGAIN) => {
                    until.glance()?;
                }
                Ok(_) | Err(_) => return Ok(HandedOver::CannotBe),
            }
        }
    }

    #[cfg(not(unix))]
    pub fn hand_over(&mut self, _: &[u8], _: &File, _: Deadline<'_>) -> Result<HandedOver, Broken> {
        Ok(HandedOver::CannotBe)
    }
}

/// Whether the other has the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandedOver {
    Yes,
    /// Not on such a connection.
    CannotBe,
}
