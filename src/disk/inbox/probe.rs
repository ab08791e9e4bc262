//! Finds out what a folder's file system makes of names and times, by trying.
//!
//! Leaves nothing behind: each trial file is hidden, empty and removed at once.

use std::io;

use cap_std::fs::{Dir, OpenOptions};

use super::times::{COARSE, Times};
use crate::{
    disk::{
        naming::{Case, Characters, ID, Longest, NameRules, OURS, PART, Unicode},
        system::{
            attributes, descriptors,
            modes::{self, Ordinary},
            space,
        },
    },
    model::Timestamp,
};

/// What `dir` makes of names and times.
///
/// # Errors
/// When nothing can be created in it, or not be removed again.
pub(in crate::disk) fn rules(dir: &Dir) -> io::Result<(NameRules, Times)> {
    let stem = stem()?;
    let plain = Trial::create(dir, stem.clone())?;
    let case = if dir.symlink_metadata(stem.to_uppercase()).is_ok() { Case::Ignored } else { Case::Matters };
    let times = times(&plain);
    plain.remove()?;

    let unicode = match Trial::create(dir, format!("{stem}-\u{e9}")) {
        Ok(_composed) if dir.symlink_metadata(format!("{stem}-e\u{301}")).is_ok() => Unicode::Normalised,
        _ => Unicode::Exact,
    };
    Ok((NameRules { characters: characters(dir, &stem), case, unicode, longest: longest_name(dir) }, times))
}

/// An error is none of the folder's: its files have a time of their own then.
fn times(trial: &Trial<'_>) -> Times {
    // Long ago, and every file system can hold it.
    const TRIED: i64 = 1_000_000_000;
    match trial.timed(TRIED) {
        Ok(found) if found.abs_diff(TRIED) <= COARSE => {}
        _ => return Times::Lost,
    }
    // Where they wrap around instead, anything may be there.
    let first = trial.timed(i64::MIN).ok().filter(|found| *found <= TRIED);
    let last = trial.timed(i64::MAX).ok().filter(|found| *found >= TRIED);
    Times::Kept(first.unwrap_or(i64::MIN)..=last.unwrap_or(i64::MAX))
}

fn stem() -> io::Result<String> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(format!("{OURS}probe-{:08x}", u32::from_ne_bytes(random)))
}

/// What a new file gets in `dir`. What is left of it by a crash is swept like the partial files whose names start so.
///
/// # Errors
/// As [`rules`].
pub(in crate::disk) fn ordinary(dir: &Dir, prefix: &str) -> io::Result<Ordinary> {
    let mut random = [0; ID];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let name = format!("{prefix}{}{PART}", data_encoding::HEXLOWER.encode(&random));
    let trial = Trial::create(dir, name)?;
    Ok(modes::ordinary(&dir.symlink_metadata(&trial.name)?))
}

/// On Windows a trial would lie: a colon makes a hidden stream of another file.
fn characters(dir: &Dir, stem: &str) -> Characters {
    if cfg!(windows) {
        return Characters::Windows;
    }
    let odd = format!("{stem}<>:\"|?*\\\u{1}");
    match Trial::create(dir, format!("{odd}.")) {
        Ok(_dotted) if dir.symlink_metadata(&odd).is_err() => Characters::Any,
        _ => Characters::Windows,
    }
}

/// A system that claims more than is common is not believed: what is below it may hold less.
fn longest_name(dir: &Dir) -> Longest {
    const COMMON: usize = 255;
    match space::longest_name(dir) {
        _ if cfg!(windows) => Longest::Units(COMMON),
        Some(bytes) => Longest::Bytes(usize::try_from(bytes).unwrap_or(COMMON).clamp(64, COMMON)),
        None => Longest::Bytes(COMMON),
    }
}

/// An empty file that goes when it is dropped.
struct Trial<'d> {
    dir: &'d Dir,
    name: String,
}

impl<'d> Trial<'d> {
    fn create(dir: &'d Dir, name: String) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        modes::create_ordinary(&mut options);
        let create = || dir.open_with(&name, &options);
        // Any refusal of it is taken for one of the name.
        descriptors::wait_for_one(create, descriptors::are_used_up, || ())?;
        Ok(Self { dir, name })
    }

    /// Gives it a time, and returns which one it has then, in seconds.
    fn timed(&self, seconds: i64) -> io::Result<i64> {
        let file = self.dir.open_with(&self.name, OpenOptions::new().write(true))?;
        attributes::set_file_time(&file.into_std(), Timestamp { seconds, nanos: 0 })?;
        let there = attributes::modified(&self.dir.symlink_metadata(&self.name)?);
        there.map(|time| time.seconds).ok_or_else(|| io::ErrorKind::Unsupported.into())
    }

    fn remove(self) -> io::Result<()> {
        self.dir.remove_file(&self.name)
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        // After `remove` there is nothing left to remove, and of a trial nobody waits for the end.
        let _ = self.dir.remove_file(&self.name);
    }
}
