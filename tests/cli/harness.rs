//! Devices and processes for the tests of the terminal face. Waiting is for lines, with a deadline.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// One device: a home, a folder for what it receives, and a folder for what it sends.
pub struct Device {
    place: tempfile::TempDir,
}

impl Device {
    pub fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        for folder in ["in", "out"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        Self { place }
    }

    /// Where the program keeps what it keeps.
    pub fn home(&self) -> PathBuf {
        self.place.path().join("home")
    }

    pub fn inbox(&self) -> PathBuf {
        self.place.path().join("in")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join("out").join(name)
    }

    /// Puts a file to be sent in place.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airlift"));
        command.args(args).env("AIRLIFT_HOME", self.home()).env_remove("AIRLIFT_LOG").stdin(Stdio::null());
        // No test speaks to the network that this machine is in.
        command.env("AIRLIFT_NO_DISCOVERY", "1");
        command
    }

    /// Starts a receiver on a free port and waits until it listens.
    pub fn receive(&self, args: &[&str]) -> (Running, String) {
        let inbox = self.inbox();
        let base = ["receive", "--json", "--port", "0", "--dir", inbox.to_str().unwrap()];
        let mut receiver = Running::start(&mut self.command(&[&base, args].concat()));
        let port = receiver.wait_for("listening")["port"].as_u64().expect("a port");
        assert_ne!(port, 0);
        (receiver, format!("127.0.0.1:{port}"))
    }

    pub fn send(&self, paths: &[&Path], to: &str, args: &[&str]) -> Running {
        let mut command = self.command(&["send", "--json", "--to", to]);
        Running::start(command.args(args).args(paths))
    }
}

/// A process whose standard output is read as it comes.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
    deadline: Instant,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (to, lines) = sync_channel(10_000);
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
        let mut err = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = err.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { child, lines, errors: Some(errors), deadline: Instant::now() + DEADLINE }
    }

    /// The next line; `None` at the end.
    pub fn line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                panic!("nothing more came in time; on standard error:\n{}", self.complaints());
            }
        }
    }

    pub fn event(&mut self) -> Option<Value> {
        self.line().map(|line| serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line}: {e}")))
    }

    pub fn wait_for(&mut self, event: &str) -> Value {
        loop {
            match self.event() {
                Some(line) if line["event"] == event => return line,
                Some(line) if line["event"] == "error" => panic!("{line}"),
                Some(_) => {}
                None => panic!("no {event} came; on standard error:\n{}", self.complaints()),
            }
        }
    }

    /// Gives it longer than the usual deadline.
    pub fn lasting(mut self, time: Duration) -> Self {
        self.deadline = Instant::now() + time;
        self
    }

    /// What it says until then; ends early with it.
    pub fn events_until(&mut self, moment: Instant) -> Vec<Value> {
        let mut events = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(moment.saturating_duration_since(Instant::now())) {
            events.push(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line}: {e}")));
        }
        events
    }

    pub fn complaints(&mut self) -> String {
        self.errors.take().map(|errors| errors.join().unwrap()).unwrap_or_default()
    }

    /// Its standard output to the end, what it complained of, and its exit code.
    pub fn text(mut self) -> (String, String, i32) {
        let out: String = std::iter::from_fn(|| self.line()).map(|line| line + "\n").collect();
        let code = self.child.wait().unwrap().code().expect("an exit code");
        (out, self.complaints(), code)
    }

    /// Its last `finished` and its exit code.
    pub fn end(mut self) -> (Value, i32) {
        let finished = self.wait_for("finished");
        (finished, self.exit())
    }

    pub fn exit(mut self) -> i32 {
        while self.line().is_some() {}
        self.child.wait().unwrap().code().expect("an exit code")
    }

    /// Waits for the end of one that was killed.
    #[cfg(unix)]
    pub fn exit_by_signal(self) {
        assert_eq!(self.code(), None);
    }

    /// Its exit code once it has ended; `None` when a signal ended it.
    pub fn code(mut self) -> Option<i32> {
        while self.line().is_some() {}
        self.child.wait().unwrap().code()
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn input(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every path below a folder, with a file's content and `None` for a folder.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    loop {
        match walk(folder) {
            // A program that is at work has given it another name since it was listed.
            Err(why) if why.kind() == io::ErrorKind::NotFound && folder.exists() => {}
            all => return all.unwrap(),
        }
    }
}

fn walk(folder: &Path) -> io::Result<BTreeMap<PathBuf, Option<Vec<u8>>>> {
    let mut all = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(inside) = left.pop() {
        for entry in fs::read_dir(&inside)? {
            let path = entry?.path();
            let name = path.strip_prefix(folder).unwrap().to_owned();
            if path.is_dir() {
                all.insert(name, None);
                left.push(path);
            } else {
                all.insert(name, Some(fs::read(&path)?));
            }
        }
    }
    Ok(all)
}

/// Bytes that are not all the same.
pub fn content(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}
