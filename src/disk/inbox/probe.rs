//! Finds out what a folder's file system makes of names and times, by trying.
//!
//! Leaves nothing behind: each trial file is hidden, empty and removed at once. Where nothing can be removed, nothing is
//! tried.

use std::io::{self, ErrorKind};

use cap_std::fs::{Dir, Metadata, OpenOptions};

use super::times::{COARSE, Times};
use crate::{
    disk::{
        naming::{Case, Characters, ID, Longest, NameRules, OURS, PART, PROBE, Unicode},
        system::{
            attributes, descriptors, flags,
            modes::{self, Ordinary},
            nameless, refusal, space,
        },
    },
    model::Timestamp,
};

/// What a folder makes of names and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::disk) struct Traits {
    pub names: NameRules,
    pub times: Times,
    /// Whether it is marked as one that folds, where that can be told of a single one.
    pub folds: Option<bool>,
}

/// Finds out what `dir` makes of names and times.
///
/// # Errors
/// When nothing can be created in it.
pub(in crate::disk) fn traits(dir: &Dir) -> io::Result<Traits> {
    let untried = untried(dir);
    if flags::only_grows(dir) {
        return Ok(untried);
    }
    let stem = stem()?;
    let plain = Trial::create(dir, stem.clone())?;
    let times = times(&plain);
    let is_one = dir.symlink_metadata(stem.to_uppercase()).is_ok();
    match plain.remove() {
        Err(why) if why.kind() == ErrorKind::PermissionDenied => return Ok(Traits { times, ..untried }),
        removed => removed?,
    }
    let (case, unicode) = folding(dir, &stem, is_one);
    let names =
        NameRules { characters: characters(dir, &stem), case, unicode, longest: longest_name(dir, &stem)? };
    Ok(Traits { names, times, ..untried })
}

/// What most have, and holds where nobody can try.
pub(in crate::disk) fn untried(dir: &Dir) -> Traits {
    let longest = Longest::Bytes(claimed(dir));
    let names =
        NameRules { characters: Characters::Any, case: Case::Matters, unicode: Unicode::Exact, longest };
    Traits { names, times: Times::ALL, folds: flags::folds(dir) }
}

/// What is known of a folder on the same disk as the one that it is in; without a trial, unless it is `doubtful`: names
/// come that are one where letters fold.
pub(in crate::disk) fn below(dir: &Dir, above: Traits, doubtful: impl FnOnce() -> bool) -> Traits {
    let folds = flags::folds(dir);
    let names = match (above.folds, folds) {
        (Some(before), Some(now)) if before == now => return above,
        (Some(false), Some(true)) => {
            NameRules { case: Case::Folded, unicode: Unicode::Normalised, ..above.names }
        }
        (Some(true), Some(false)) => {
            NameRules { case: Case::Matters, unicode: Unicode::Exact, ..above.names }
        }
        _ if doubtful() => match tried_folding(dir) {
            Ok((case, unicode)) => NameRules { case, unicode, ..above.names },
            // What can't be written to is met again, and told, when it is.
            Err(_) => return above,
        },
        _ => return above,
    };
    Traits { names, folds, ..above }
}

fn tried_folding(dir: &Dir) -> io::Result<(Case, Unicode)> {
    let stem = stem()?;
    let plain = Trial::create(dir, stem.clone())?;
    let is_one = dir.symlink_metadata(stem.to_uppercase()).is_ok();
    plain.remove()?;
    Ok(folding(dir, &stem, is_one))
}

/// Which names are one there; `is_one` is whether those are that differ in the case of plain letters.
fn folding(dir: &Dir, stem: &str, is_one: bool) -> (Case, Unicode) {
    let tried = Trial::create(dir, format!("{stem}-\u{e9}\u{df}"));
    let is_there = |name: &str| tried.is_ok() && dir.symlink_metadata(format!("{stem}-{name}")).is_ok();
    let unicode = if is_there("e\u{301}\u{df}") { Unicode::Normalised } else { Unicode::Exact };
    let is_folded = is_one && is_there("\u{e9}ss");
    let case = if is_folded {
        Case::Folded
    } else if is_one {
        Case::Ignored
    } else {
        Case::Matters
    };
    (case, unicode)
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
    Times::Kept { first: first.unwrap_or(i64::MIN), last: last.unwrap_or(i64::MAX) }
}

fn stem() -> io::Result<String> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(format!("{OURS}{PROBE}{:08x}", u32::from_ne_bytes(random)))
}

/// What a new file gets in `dir`. What is left of it by a crash is swept like the partial files whose names start so.
///
/// # Errors
/// As [`rules`].
pub(in crate::disk) fn ordinary(dir: &Dir, prefix: &str) -> io::Result<Ordinary> {
    if flags::only_grows(dir) {
        let made = nameless::ordinary(dir)?.metadata()?;
        return Ok(modes::ordinary(&Metadata::from_just_metadata(made)));
    }
    let mut random = [0; ID];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let name = format!("{prefix}{}{PART}", data_encoding::HEXLOWER.encode(&random));
    let trial = Trial::create(dir, name)?;
    Ok(modes::ordinary(&dir.symlink_metadata(&trial.name)?))
}

/// On Windows a trial would lie: a colon makes a hidden stream of another file. So it does where such disks are shown
/// to other systems as they are there.
fn characters(dir: &Dir, stem: &str) -> Characters {
    if cfg!(windows) {
        return Characters::Windows;
    }
    let stream = Trial::create(dir, format!("{stem}:x"));
    let is_other_file = Trial { dir, name: stem.to_owned() }.is_there();
    drop(stream);
    if is_other_file {
        return Characters::Windows;
    }
    let odd = format!("{stem}<>:\"|?*\\\u{1}");
    match Trial::create(dir, format!("{odd}.")) {
        Ok(_dotted) if dir.symlink_metadata(&odd).is_err() => Characters::Any,
        _ => Characters::Windows,
    }
}

/// What nearly every system can hold, in bytes.
const COMMON: usize = 255;
/// So much every one can.
const LEAST: usize = 64;

/// What it says, in bytes; no more than is common, since what is below it may hold less.
fn claimed(dir: &Dir) -> usize {
    space::longest_name(dir)
        .map_or(COMMON, |bytes| usize::try_from(bytes).unwrap_or(COMMON).clamp(LEAST, COMMON))
}

/// What it says is tried: what encrypts names holds less than that.
fn longest_name(dir: &Dir, stem: &str) -> io::Result<Longest> {
    if cfg!(windows) {
        return Ok(Longest::Units(COMMON));
    }
    let holds = |bytes: usize| match Trial::create(dir, format!("{stem:-<bytes$}")) {
        Ok(_) => Ok(true),
        Err(why) if refusal::is_of_name(&why) => Ok(false),
        // Some have no word of their own for that (sshfs): it is none of the name's where a short one can't be either.
        Err(why) => Trial::create(dir, stem.to_owned()).map_or(Err(why), |_| Ok(false)),
    };
    let (mut held, mut refused) = (LEAST, claimed(dir) + 1);
    if holds(refused - 1)? {
        return Ok(Longest::Bytes(refused - 1));
    }
    while refused - held > 1 {
        let between = usize::midpoint(held, refused);
        if holds(between)? { held = between } else { refused = between }
    }
    Ok(Longest::Bytes(held))
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

    fn is_there(&self) -> bool {
        self.dir.symlink_metadata(&self.name).is_ok()
    }

    fn remove(self) -> io::Result<()> {
        match self.dir.remove_file(&self.name) {
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        // After `remove` there is nothing left to remove, and of a trial nobody waits for the end.
        let _ = self.dir.remove_file(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use cap_std::ambient_authority;

    use super::*;

    /// The traits of a folder as they would be in one that has these.
    fn of(folds: Option<bool>, case: Case) -> Traits {
        let names = NameRules {
            characters: Characters::Windows,
            case,
            unicode: Unicode::Exact,
            longest: Longest::Bytes(100),
        };
        Traits { names, times: Times::Lost, folds }
    }

    #[test]
    fn a_folder_on_the_same_disk_has_all_of_the_one_above_but_how_it_folds() {
        let temp = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient_dir(temp.path(), ambient_authority()).unwrap();
        let here = traits(&dir).unwrap();
        let left = || dir.entries().unwrap().count();
        assert_eq!(left(), 0);
        // Where it is marked, that is believed, and nothing is tried.
        if let Some(marked) = here.folds {
            let never = || -> bool { panic!("nothing is doubtful") };
            let same = of(Some(marked), Case::Ignored);
            assert_eq!(below(&dir, same, never), same);
            let other = below(&dir, of(Some(!marked), Case::Ignored), never);
            let case = if marked { Case::Folded } else { Case::Matters };
            assert_eq!(other.names.case, case);
            assert_eq!((other.folds, other.times), (Some(marked), Times::Lost));
            assert_eq!(other.names.longest, Longest::Bytes(100));
        }
        // Where nothing is known of the one above, it is tried, and only if it matters.
        let unknown = of(None, Case::Ignored);
        assert_eq!(below(&dir, unknown, || false), unknown);
        let tried = below(&dir, unknown, || true);
        assert_eq!(
            (tried.names.case, tried.names.characters),
            (here.names.case, Characters::Windows),
            "no more than folding"
        );
        assert_eq!(left(), 0, "nothing is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_disk_that_takes_no_name_at_all_says_nothing_of_how_long_they_may_be() {
        let temp = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient_dir(temp.path(), ambient_authority()).unwrap();
        let stem = stem().unwrap();
        assert!(matches!(longest_name(&dir, &stem), Ok(Longest::Bytes(bytes)) if bytes > LEAST));
        drop(temp);
        assert!(longest_name(&dir, &stem).is_err());
    }
}
