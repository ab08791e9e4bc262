//! The folder of the log, which several processes may write into at once.
//!
//! Knows files. Must not know what a line says, nor how many there may be: `shelf` does.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    shelf::{Kept, Name, has_room, place, surplus},
    teller::notice,
};
use crate::model::text;

/// Writes each line, given whole, to the end of the file whose turn it is. Between lines that come one
/// after the other the file is kept open; after [`Write::flush`] it is not, so that no process holds on to
/// one that another has removed. All processes append, and the system keeps their lines apart.
pub struct Folder {
    path: PathBuf,
    last: Option<Name>,
    open: Option<(Name, File)>,
    /// The last line was written in part, and is still without its end.
    is_torn: bool,
    lost: Option<Lost>,
}

/// Lines that could not be written.
struct Lost {
    lines: u64,
    why: io::Error,
}

impl Folder {
    /// Makes the folder, for its owner alone where the system knows such folders, and removes what is too
    /// much or too old in it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut make = DirBuilder::new();
        make.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
        make.create(path)?;
        keep_private(&fs::metadata(path)?, 0o700, |permissions| fs::set_permissions(path, permissions));
        let mut folder = Self { path: path.to_owned(), last: None, open: None, is_torn: false, lost: None };
        let name = folder.turn(day(SystemTime::now()), 0)?;
        folder.remove_surplus(name)?;
        folder.open = None;
        Ok(folder)
    }

    /// Writes the line, and before it what has to be said of those that are lost. A line that can't be
    /// written is counted, and nothing else comes of it: a full disk must not end anything.
    fn put(&mut self, line: &[u8], now: SystemTime) {
        let mut bytes = Vec::with_capacity(line.len());
        if self.is_torn {
            bytes.push(b'\n');
        }
        if let Some(Lost { lines, why }) = &self.lost {
            let lines = text::count(*lines, "line", "lines");
            let said = format!("{lines} before this one could not be written: {why}");
            bytes.extend_from_slice(notice(now, &said).as_bytes());
        }
        bytes.extend_from_slice(line);
        match self.append(&bytes, now) {
            Ok(()) => self.lost = None,
            Err(why) => {
                let lines = self.lost.as_ref().map_or(0, |lost| lost.lines) + 1;
                self.lost = Some(Lost { lines, why });
                self.open = None;
            }
        }
    }

    fn append(&mut self, mut bytes: &[u8], now: SystemTime) -> io::Result<()> {
        self.turn(day(now), u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        let Some((_, file)) = &mut self.open else { return Err(io::ErrorKind::NotFound.into()) };
        while !bytes.is_empty() {
            match file.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    self.is_torn = !bytes.is_empty();
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Opens the file whose turn it is to take so many bytes.
    fn turn(&mut self, today: Date, bytes: u64) -> io::Result<Name> {
        let takes = |name: Name, file: &File| -> io::Result<bool> {
            // Asked anew each time: others write into it as well.
            Ok(name.day == today && has_room(file.metadata()?.len(), bytes))
        };
        if let Some((name, file)) = &self.open
            && takes(*name, file)?
        {
            return Ok(*name);
        }
        if self.open.is_none()
            && let Some(name) = self.last
            && let Ok(file) = appending().open(self.path.join(name.to_string()))
            && takes(name, &file)?
        {
            self.open = Some((name, file));
            return Ok(name);
        }
        let there = self.there()?;
        let name = place(&there, today, bytes);
        let mut options = appending();
        options.create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.path.join(name.to_string()))?;
        keep_private(&file.metadata()?, 0o600, |permissions| file.set_permissions(permissions));
        self.open = Some((name, file));
        self.last = Some(name);
        if there.iter().all(|kept| kept.name != name) {
            self.remove_surplus(name)?;
        }
        Ok(name)
    }

    fn remove_surplus(&self, current: Name) -> io::Result<()> {
        for name in surplus(&self.there()?, current) {
            // Another process may have done so; and what can't be removed is tried again with the next file.
            let _ = fs::remove_file(self.path.join(name.to_string()));
        }
        Ok(())
    }

    /// The files of the log.
    fn there(&self) -> io::Result<Vec<Kept>> {
        let mut there = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().and_then(Name::parse) else { continue };
            // One that is gone by now is none.
            if let Ok(found) = entry.metadata()
                && found.is_file()
            {
                there.push(Kept { name, bytes: found.len() });
            }
        }
        Ok(there)
    }
}

impl Write for Folder {
    /// A line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line, SystemTime::now());
        Ok(line.len())
    }

    /// No more lines for now.
    fn flush(&mut self) -> io::Result<()> {
        self.open = None;
        Ok(())
    }
}

fn appending() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true);
    options
}

fn day(now: SystemTime) -> Date {
    TimeZone::UTC.to_datetime(Timestamp::try_from(now).unwrap_or_default()).date()
}

/// Takes away what others may do with a file or folder that an earlier version has made.
#[cfg(unix)]
fn keep_private(found: &fs::Metadata, mode: u32, set: impl FnOnce(fs::Permissions) -> io::Result<()>) {
    use std::os::unix::fs::PermissionsExt as _;
    if found.permissions().mode() & 0o077 != 0 {
        // Where this fails it isn't ours, or the disk knows no owners.
        let _ = set(fs::Permissions::from_mode(mode));
    }
}

/// Elsewhere the data folder belongs to its user alone.
#[cfg(not(unix))]
fn keep_private(_: &fs::Metadata, _: u32, _: impl FnOnce(fs::Permissions) -> io::Result<()>) {}

#[cfg(test)]
mod tests;
