//! Disks of the test's own: images that are mounted, filled, made read-only, and whose power is cut.
//!
//! The cut is the file systems' own shutdown without writing anything out, so that what was not synced
//! is gone, as on a machine that loses power. It does not tear sectors.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::loud::skipped;

/// What a disk is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ext4,
    Xfs,
    Tmpfs,
}

/// A mounted file system, unmounted when it is dropped.
pub struct Disk {
    kind: Kind,
    place: tempfile::TempDir,
}

/// Shuts a file system down at once (`EXT4_IOC_SHUTDOWN`, which XFS has too, without flushing the log).
const CUT: &str = "import fcntl, os, struct, sys
disk = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(disk, 0x8004587d, struct.pack('I', 2))";

/// Runs a command that must succeed.
pub fn run(program: &str, args: &[&str]) {
    let done = Command::new(program).args(args).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn is_there(program: &str) -> bool {
    let found =
        Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// True when this machine has what these programs and disks need; says loudly when it has not.
pub fn can(test: &str, programs: &[&str]) -> bool {
    let mut missing: Vec<_> =
        programs.iter().filter(|name| !is_there(name)).map(|name| (*name).into()).collect();
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !is_root {
        missing.push("the rights of root".to_owned());
    }
    if !Path::new("/dev/loop-control").exists() {
        missing.push("loop devices".to_owned());
    }
    if !missing.is_empty() {
        skipped(test, &format!("this machine lacks {}", missing.join(", ")));
    }
    missing.is_empty()
}

impl Disk {
    /// A new disk of so many MiB, with an inbox and a home on it.
    pub fn new(kind: Kind, megabytes: u64) -> Self {
        Self::with(kind, megabytes, &[])
    }

    /// As [`Disk::new`], with further arguments to what makes the file system.
    pub fn with(kind: Kind, megabytes: u64, options: &[&str]) -> Self {
        let disk = Self { kind, place: tempfile::tempdir().unwrap() };
        fs::create_dir(disk.point()).unwrap();
        disk.make(&disk.place.path().join("image"), megabytes, options);
        disk
    }

    /// A disk whose image lies in another one, which may have less room than it.
    pub fn inside(outer: &Self, megabytes: u64) -> Self {
        let disk = Self { kind: Kind::Ext4, place: tempfile::tempdir_in(outer.point()).unwrap() };
        fs::create_dir(disk.point()).unwrap();
        disk.make(&disk.place.path().join("image"), megabytes, &[]);
        disk
    }

    fn make(&self, image: &Path, megabytes: u64, options: &[&str]) {
        let (image, size) = (image.to_str().unwrap(), format!("{megabytes}M"));
        match self.kind {
            Kind::Tmpfs => {
                let options = [&[format!("size={size}").as_str()], options].concat().join(",");
                run("mount", &["-t", "tmpfs", "-o", &options, "airlift-test", &self.text()]);
                self.folders();
                return;
            }
            Kind::Ext4 | Kind::Xfs => run("truncate", &["-s", &size, image]),
        }
        match self.kind {
            Kind::Ext4 => run("mkfs.ext4", &[&["-q", "-F"], options, &[image]].concat()),
            _ => run("mkfs.xfs", &[&["-q", "-f"], options, &[image]].concat()),
        }
        self.mount();
        self.folders();
        // The folders are not what the tests are about.
        run("sync", &["-f", &self.text()]);
    }

    fn folders(&self) {
        fs::create_dir(self.inbox()).unwrap();
        fs::create_dir(self.home()).unwrap();
    }

    fn mount(&self) {
        run("mount", &["-o", "loop", self.place.path().join("image").to_str().unwrap(), &self.text()]);
    }

    /// Where it is mounted.
    pub fn point(&self) -> PathBuf {
        self.place.path().join("disk")
    }

    pub fn inbox(&self) -> PathBuf {
        self.point().join("in")
    }

    pub fn home(&self) -> PathBuf {
        self.point().join("home")
    }

    /// The same, as text.
    fn text(&self) -> String {
        self.point().to_str().unwrap().to_owned()
    }

    /// Nothing can be written or read any more.
    pub fn shut_down(&self) {
        run("python3", &["-c", CUT, &self.text()]);
    }

    /// Mounts it again after that. Nobody may use it meanwhile.
    pub fn give_back(&self) {
        run("umount", &[&self.text()]);
        self.mount();
    }

    /// Cuts the power and gives it back: what was not synced is gone. Nobody may use it meanwhile.
    pub fn cut(&self) {
        self.shut_down();
        self.give_back();
    }

    pub fn remount(&self, option: &str) {
        run("mount", &["-o", &format!("remount,{option}"), &self.text()]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A process that a failed test has left may still be in it.
        let _ = Command::new("umount").args(["-l", &self.text()]).stderr(Stdio::null()).status();
    }
}
