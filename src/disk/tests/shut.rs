//! Folders that not even root can do everything in.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Command, ExitStatus},
};

/// A folder that nobody can write to, until it is dropped.
pub struct Shut(PathBuf);

impl Shut {
    /// One in which nothing is made, changed or removed; `None` where that can't be had.
    pub fn new(path: PathBuf) -> Option<Self> {
        Self::by("+i", path)
    }

    /// One from which nothing is removed; `None` where that can't be had.
    pub fn growing(path: PathBuf) -> Option<Self> {
        Self::by("+a", path)
    }

    fn by(sign: &str, path: PathBuf) -> Option<Self> {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o555)).unwrap();
        if fs::write(path.join("probe"), "").is_ok() {
            fs::remove_file(path.join("probe")).unwrap();
            // Root writes everywhere but to what is marked.
            Command::new("chattr").arg(sign).arg(&path).status().ok().filter(ExitStatus::success)?;
        }
        Some(Self(path))
    }
}

impl Drop for Shut {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg("-ia").arg(&self.0).status();
        let _ = fs::set_permissions(&self.0, fs::Permissions::from_mode(0o755));
    }
}
