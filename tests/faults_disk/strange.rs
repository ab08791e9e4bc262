//! Disks with a character, after those that people have: `strange.py` shows a folder through FUSE, and knobs
//! say how it behaves. Its head says which there are.
//!
//! What FUSE can't show: a rename without replacing (it is EINVAL), and a disk whose power is cut; that is
//! [`Disk`](super::disk::Disk), on which one of these may lie.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::sync_channel,
    time::Duration,
};

use super::loud::skipped;

/// Debian's own, which has its package of FUSE; another may be the first that is found.
const PYTHON: &str = "/usr/bin/python3";
/// Longer than mounting takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// True when this machine can mount such disks; says loudly when it can't.
pub fn can(test: &str) -> bool {
    let quiet = |program: &str, args: &[&str]| {
        let done = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output();
        done.ok().filter(|done| done.status.success()).map(|done| done.stdout)
    };
    let mut missing = Vec::new();
    if quiet("id", &["-u"]).is_none_or(|id| id != b"0\n") {
        missing.push("the rights of root");
    }
    if fs::OpenOptions::new().read(true).write(true).open("/dev/fuse").is_err() {
        missing.push("/dev/fuse");
    }
    if quiet(PYTHON, &["-I", "-c", "import fusepy"]).is_none() {
        missing.push("python3-fusepy");
    }
    if !missing.is_empty() {
        skipped(test, &format!("this machine lacks {}", missing.join(", ")));
    }
    missing.is_empty()
}

/// A mounted disk, unmounted when it is dropped; also when the tests are killed.
pub struct Strange {
    place: tempfile::TempDir,
    under: PathBuf,
    /// None while it is not mounted.
    program: Option<Child>,
}

impl Strange {
    /// An empty disk with these knobs, an inbox on it, and a home that is not on it.
    pub fn new(knobs: &[&str]) -> Self {
        Self::make(None, knobs)
    }

    /// As [`Strange::new`], where what is on it lies in a new folder of another disk.
    pub fn over(disk: &Path, knobs: &[&str]) -> Self {
        Self::make(Some(disk), knobs)
    }

    fn make(outer: Option<&Path>, knobs: &[&str]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let under = outer.unwrap_or(place.path()).join("under");
        let mut disk = Self { place, under, program: None };
        fs::create_dir_all(disk.under().join("in")).unwrap();
        fs::create_dir(disk.point()).unwrap();
        fs::create_dir(disk.home()).unwrap();
        disk.mount(knobs);
        disk
    }

    fn mount(&mut self, knobs: &[&str]) {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults_disk/strange.py");
        let mut child = Command::new(PYTHON)
            .arg("-I")
            .args([&program, self.under(), &self.point()])
            .args([&format!("control={}", self.control().display()), "until=stdin"])
            .args(knobs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        self.program = Some(child);
        let (to, said) = sync_channel(1);
        std::thread::spawn(move || to.send(out.lines().next()));
        // It ends, and that is heard, when it can't.
        let said = said.recv_timeout(PATIENCE).expect("a disk is mounted in time");
        assert_eq!(said.expect("a disk that is mounted").unwrap(), "mounted");
        let numbers = [self.place.path(), &self.point()].map(|folder| fs::metadata(folder).unwrap().dev());
        assert_ne!(numbers[0], numbers[1], "it says that it is mounted, and is not");
    }

    /// Where it is mounted.
    pub fn point(&self) -> PathBuf {
        self.place.path().join("disk")
    }

    pub fn inbox(&self) -> PathBuf {
        self.point().join("in")
    }

    /// Not on this disk, so that knobs meet, and calls are counted, of what is received alone.
    pub fn home(&self) -> PathBuf {
        self.place.path().join("home")
    }

    /// The folder that is shown: what is really there.
    pub fn under(&self) -> &Path {
        &self.under
    }

    fn control(&self) -> PathBuf {
        self.place.path().join("knobs")
    }

    /// Changes its knobs from the next call on: those it was made with stand, but for what these say, and what
    /// was set before is forgotten. `"fsync="` takes one back.
    pub fn set(&self, knobs: &[&str]) {
        let new = self.control().with_extension("new");
        fs::write(&new, knobs.join("\n")).unwrap();
        fs::rename(&new, self.control()).unwrap();
    }

    /// Takes it away, whoever uses it.
    pub fn take_away(&mut self) {
        let Some(mut program) = self.program.take() else { return };
        // Lazily: a process that a failed test has left may still be in it. Calls that wait end with the program.
        let point = self.point();
        let _ = Command::new("umount").arg("-l").arg(point).stderr(Stdio::null()).status();
        let _ = program.kill();
        let _ = program.wait();
    }

    /// Mounts it again, with these knobs alone.
    pub fn again(&mut self, knobs: &[&str]) {
        self.take_away();
        self.set(&[]);
        self.mount(knobs);
    }
}

impl Drop for Strange {
    fn drop(&mut self) {
        self.take_away();
    }
}
