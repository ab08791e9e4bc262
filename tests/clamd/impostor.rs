//! Somebody on a scanner's socket who is no scanner: well when asked how it is, and then whatever a test wants.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use airlift::{
    disk::kind_of_content,
    model::{ScannerAddress, ScannerChoice},
    scan::{Patience, Scanner, Wanted},
};

pub trait Talk: Read + Write + Send {}
impl<T: Read + Write + Send> Talk for T {}

/// What it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To look into a file that was handed over.
    Descriptor,
    /// To look into what follows, of which nothing was read yet.
    Stream,
}

/// What it does then. Whatever is left of what it was sent is read before it hangs up only if it reads that.
pub type Act = dyn Fn(Asked, &mut dyn Talk) + Send + Sync;

pub struct Impostor {
    _folder: tempfile::TempDir,
    home: PathBuf,
    address: ScannerAddress,
    is_over: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
    pub most_at_once: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Socket,
    Tcp,
}

/// Until the content of a stream ends.
pub fn content(from: &mut dyn Talk) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let mut length = [0; 4];
        from.read_exact(&mut length).ok()?;
        let length = u32::from_be_bytes(length);
        if length == 0 {
            return Some(content);
        }
        (&mut *from).take(length.into()).read_to_end(&mut content).ok()?;
    }
}

/// Until the other hangs up.
pub fn wait(from: &mut dyn Talk) {
    let mut bytes = [0; 4096];
    while from.read(&mut bytes).is_ok_and(|count| count > 0) {}
}

fn command(from: &mut dyn Talk) -> Option<Vec<u8>> {
    let (mut command, mut byte) = (Vec::new(), [0]);
    while byte != [0] || command.is_empty() {
        from.read_exact(&mut byte).ok()?;
        command.push(byte[0]);
    }
    Some(command)
}

fn serve(mut talk: Box<dyn Talk>, act: &Act, now: &AtomicUsize, most: &AtomicUsize) {
    let Some(command) = command(&mut *talk) else { return };
    let asked = match &command[..] {
        b"zFILDES\0" => {
            // The one that the descriptor travels with.
            let _ = talk.read_exact(&mut [0]);
            Asked::Descriptor
        }
        b"zINSTREAM\0" => Asked::Stream,
        _ => return,
    };
    if asked == Asked::Stream {
        let mut length = [0; 4];
        if talk.read_exact(&mut length).is_err() {
            return;
        }
        // Nothing of these tests is as long as what is sent to ask how it is.
        if u32::from_be_bytes(length) == 41 {
            let _ = talk.read_exact(&mut [0; 45]);
            let _ = talk.write_all(b"stream: OK\0");
            return;
        }
        let mut talk = Again { first: length.to_vec(), talk };
        return count(now, most, || act(asked, &mut talk));
    }
    count(now, most, || act(asked, &mut talk));
}

fn count(now: &AtomicUsize, most: &AtomicUsize, act: impl FnOnce()) {
    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    act();
    now.fetch_sub(1, Ordering::SeqCst);
}

/// Gives back what was read too early.
struct Again {
    first: Vec<u8>,
    talk: Box<dyn Talk>,
}

impl Read for Again {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        if self.first.is_empty() {
            return self.talk.read(bytes);
        }
        let count = self.first.len().min(bytes.len());
        bytes[..count].copy_from_slice(&self.first[..count]);
        self.first.drain(..count);
        Ok(count)
    }
}

impl Write for Again {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.talk.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.talk.flush()
    }
}

impl Impostor {
    pub fn new(over: Over, act: impl Fn(Asked, &mut dyn Talk) + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let is_over = Arc::new(AtomicBool::new(false));
        let (address, mut accept): (_, Box<dyn FnMut() -> Box<dyn Talk> + Send>) = match over {
            Over::Socket => {
                let listener = UnixListener::bind(&path).unwrap();
                (ScannerAddress::socket(&path), Box::new(move || Box::new(listener.accept().unwrap().0)))
            }
            Over::Tcp => {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let address = ScannerAddress::Tcp(listener.local_addr().unwrap());
                (address, Box::new(move || Box::new(listener.accept().unwrap().0)))
            }
        };
        let most_at_once = Arc::new(AtomicUsize::new(0));
        let (over, most) = (is_over.clone(), most_at_once.clone());
        let listening = thread::spawn(move || {
            let now = AtomicUsize::new(0);
            thread::scope(|scope| {
                loop {
                    let talk = accept();
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    scope.spawn(|| serve(talk, &act, &now, &most));
                }
            });
        });
        let home = folder.path().to_owned();
        Self { _folder: folder, home, address, is_over, listening: Some(listening), most_at_once }
    }

    /// A client of it, that knows of its limits that a scan takes half a second at most.
    pub fn scanner(&self, patience: Patience) -> Scanner {
        Scanner::new(&self.home, self.wanted(), patience, kind_of_content)
    }

    /// What such a client wants.
    pub fn wanted(&self) -> Wanted {
        let config = self.home.join("clamd.conf");
        let place = match &self.address {
            ScannerAddress::Socket(path) => format!("LocalSocket {}", path.display()),
            ScannerAddress::Tcp(address) => format!("TCPSocket {}\nTCPAddr {}", address.port(), address.ip()),
        };
        let text = format!("{place}\nMaxScanTime 500\nAlertExceedsMax yes\nAlertEncrypted yes\n");
        std::fs::write(&config, text).unwrap();
        Wanted {
            choice: ScannerChoice::At(self.address.clone()),
            largest: None,
            sockets: Vec::new(),
            configurations: vec![config],
        }
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        match &self.address {
            ScannerAddress::Socket(path) => drop(UnixStream::connect(path)),
            ScannerAddress::Tcp(address) => drop(TcpStream::connect(address)),
        }
        let _ = self.listening.take().unwrap().join();
    }
}
