//! A real clamd of a test's own: its process, its configuration, its signatures, its socket. It speaks to no network.

use std::{
    ffi::OsString,
    fs,
    io::{Read as _, Write as _},
    os::unix::{
        fs::{PermissionsExt as _, chown},
        net::{UnixListener, UnixStream},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use airlift::{
    disk::{Screen as _, kind_of_content},
    model::{ScannerChoice, Screening},
    scan::{Patience, Scanner, Wanted},
};

use crate::loud::skipped;

/// Harmless, and in no other file than those of these tests.
pub const MARKER: &[u8] = b"airlift: a harmless marker of its tests, 7f3a91";

/// What the signature of it is called.
pub const NAME: &str = "Airlift.Marker.UNOFFICIAL";

/// For whatever must come.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Daemon {
    pub folder: tempfile::TempDir,
    program: PathBuf,
    child: Option<Child>,
}

/// How it is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It makes its socket when it has loaded its signatures.
    Itself,
    /// Its socket is there before it is, as with the system's own.
    BySocket,
}

fn program() -> Option<PathBuf> {
    let of_tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clamav/usr/sbin/clamd");
    [of_tests, "/usr/sbin/clamd".into()].into_iter().find(|path| path.is_file())
}

/// The number of a user that it may be, where the tests may be anybody.
fn somebody() -> Option<(String, u32, u32)> {
    let me = fs::read_to_string("/proc/self/status").unwrap();
    let is_root = me.lines().any(|line| line.starts_with("Uid:\t0\t"));
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let user = ["clamav", "nobody"].into_iter().find_map(|name| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut ids = line.split(':').skip(2);
        Some((name.to_owned(), ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    });
    user.filter(|_| is_root)
}

impl Daemon {
    /// One that isn't started yet, with `more` lines in its configuration; `None`, said loudly, where it can't be had.
    pub fn of(test: &str, more: &str) -> Option<Self> {
        let Some(program) = program() else {
            skipped(test, "there is no clamd here: scripts/scan-packages gets it");
            return None;
        };
        let daemon = Self { folder: tempfile::tempdir().unwrap(), program, child: None };
        fs::create_dir(daemon.at("db")).unwrap();
        daemon.signature("own.ndb", "Airlift.Marker", MARKER);
        daemon.configure(more);
        if let Some((_, user, group)) = somebody() {
            for path in [daemon.folder.path(), &daemon.at("db")] {
                chown(path, Some(user), Some(group)).unwrap();
            }
        }
        fs::set_permissions(daemon.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Some(daemon)
    }

    /// The same, that scans already.
    pub fn started(test: &str, more: &str) -> Option<Self> {
        let mut daemon = Self::of(test, more)?;
        daemon.start(Start::Itself);
        daemon.until_well();
        Some(daemon)
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.at("clamd.ctl")
    }

    pub fn configure(&self, more: &str) {
        let user = somebody().map_or(String::new(), |(name, ..)| format!("User {name}\n"));
        let own = format!(
            "LocalSocket {}\nDatabaseDirectory {}\nLogFile {}\nForeground yes\n{user}",
            self.socket().display(),
            self.at("db").display(),
            self.at("log").display(),
        );
        // What stands last holds, for us and for it: so nothing stands twice.
        let is_told = |line: &&str| {
            let word = line.split(' ').next().unwrap();
            !more.lines().any(|other| other.split(' ').next() == Some(word))
        };
        let shipped: Vec<_> = include_str!("shipped.conf").lines().filter(is_told).collect();
        fs::write(self.at("clamd.conf"), format!("{}\n{own}{more}\n", shipped.join("\n"))).unwrap();
    }

    /// A signature of somebody's own, in a file of its own.
    pub fn signature(&self, file: &str, name: &str, bytes: &[u8]) {
        let hex = data_encoding::HEXLOWER.encode(bytes);
        self.database(file, format!("{name}:0:*:{hex}\n"));
    }

    pub fn database(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.at("db").join(file);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        if let Some(root) = self.program.to_str().unwrap().strip_suffix("/usr/sbin/clamd")
            && !root.is_empty()
        {
            let folders = fs::read_dir(format!("{root}/usr/lib")).unwrap().flatten();
            let folders: Vec<OsString> = folders.map(|folder| folder.path().into()).collect();
            command.env("LD_LIBRARY_PATH", folders.join(&OsString::from(":")));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        command
    }

    pub fn start(&mut self, start: Start) {
        assert!(self.child.is_none());
        let program = self.program.to_str().unwrap().to_owned();
        let config = self.at("clamd.conf");
        let command = match start {
            Start::Itself => {
                let mut command = self.command(&program);
                command.arg("-c").arg(config);
                command
            }
            Start::BySocket => {
                let _ = fs::remove_file(self.socket());
                let listener = UnixListener::bind(self.socket()).unwrap();
                fs::set_permissions(self.socket(), fs::Permissions::from_mode(0o666)).unwrap();
                let mut command = self.command("sh");
                let script = r#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" -c "$1" 3<&0 </dev/null"#;
                command.args(["-c", script, &program]).arg(config);
                command.stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)));
                command
            }
        };
        self.child = Some({ command }.spawn().unwrap());
    }

    /// Of its process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Has it stand still: all of it, when this comes back.
    pub fn stop(&self) {
        self.signal("-STOP");
        let tasks = format!("/proc/{}/task", self.id());
        until("all of it stands still", || {
            let stats = fs::read_dir(&tasks).unwrap().flatten().map(|task| task.path().join("stat"));
            stats.filter_map(|stat| fs::read_to_string(stat).ok()).all(|stat| stat.contains(") T "))
        });
    }

    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Says something to it past our own client.
    pub fn say(&self, words: &[u8]) -> UnixStream {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        stream.write_all(words).unwrap();
        stream
    }

    pub fn reload(&self) {
        let mut answer = String::new();
        self.say(b"zRELOAD\0").read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "RELOADING\0");
    }

    /// Makes a dated database out of an own one, and takes the place of that with it.
    pub fn date(&self) -> bool {
        let tool = match self.program.parent().and_then(Path::parent) {
            Some(usr) => usr.join("bin/sigtool"),
            None => return false,
        };
        let work = tempfile::tempdir().unwrap();
        let db = self.at("db");
        fs::rename(db.join("own.ndb"), work.path().join("daily.ndb")).unwrap();
        fs::write(work.path().join("COPYING"), "Of a test.\n").unwrap();
        let made = self
            .command(tool.to_str().unwrap())
            .args(["--unsigned", "--cvd-version=7", "--build", "daily.cud", "--datadir=."])
            .env("SIGNDUSER", "airlift")
            .current_dir(work.path())
            .status();
        let made = made.is_ok_and(|status| status.success()) && work.path().join("daily.cud").is_file();
        if made {
            self.database("daily.cud", fs::read(work.path().join("daily.cud")).unwrap());
        }
        made
    }

    /// What is wanted of our own client to find it and nobody else.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            choice: ScannerChoice::Automatic,
            largest: None,
            sockets: vec![self.socket()],
            configurations: vec![self.at("clamd.conf")],
        }
    }

    pub fn scanner(&self) -> Scanner {
        self.scanner_with(Patience { away: Duration::ZERO, ..Patience::default() })
    }

    pub fn scanner_with(&self, patience: Patience) -> Scanner {
        Scanner::new(self.folder.path(), self.wanted(), patience, kind_of_content)
    }

    /// Waits until it scans.
    pub fn until_well(&self) {
        until("clamd scans", || screened(&self.scanner(), b"plain text\n") == Screening::Clean);
    }

    /// A file for it to look into, of nobody else.
    pub fn file(&self, name: &str, content: &[u8]) -> fs::File {
        let path = self.at(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::File::open(path).unwrap()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.at("log")).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if thread::panicking() {
            crate::loud::say("clamd’s log", &self.log());
        }
        self.kill();
    }
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}: it never came");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// What a scanner says of some content, in a file that only this process has.
pub fn screened(scanner: &Scanner, content: &[u8]) -> Screening {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    let (other, path) = (fs::File::open(file.path()).unwrap(), file.into_temp_path());
    path.close().unwrap();
    scanner.screen(&other, content.len() as u64, "some content", &|| false)
}

/// What it says, while nobody has lost interest.
pub fn screened_until(scanner: &Scanner, file: &fs::File, is_over: &AtomicBool) -> Screening {
    let size = file.metadata().unwrap().len();
    scanner.screen(file, size, "some file", &|| is_over.load(Ordering::Relaxed))
}

/// A ZIP with one file that is locked.
pub fn locked_zip() -> Vec<u8> {
    let (name, content) = (b"secret.txt", [0x5a_u8; 40]);
    let number = |value: u32| value.to_le_bytes();
    let short = |value: u16| value.to_le_bytes();
    // Stored, encrypted; its time, its sum, its sizes, its name's length.
    let about = [
        &short(20)[..],
        &short(1),
        &short(0),
        &short(0),
        &short(0x5821),
        &number(0x1234_5678),
        &number(40),
        &number(28),
        &short(10),
        &short(0),
    ]
    .concat();
    let local = [&b"PK\x03\x04"[..], &about, name, &content].concat();
    let central = [&b"PK\x01\x02"[..], &short(20), &about, &[0; 14], name].concat();
    let length = |bytes: &[u8]| number(u32::try_from(bytes.len()).unwrap());
    let end =
        [&b"PK\x05\x06"[..], &[0; 4], &short(1), &short(1), &length(&central), &length(&local), &short(0)]
            .concat();
    [local, central, end].concat()
}
