//! Partial files and journals that lie in a receiving folder, and how much of a transfer is there.
//!
//! Knows the names that this program gives to such files, and looks at nothing else; follows no link.
//! Must not know which transfers are kept: whoever asks says so.

use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use cap_fs_ext::DirExt as _;
use cap_std::{
    ambient_authority,
    fs::{Dir, Metadata},
};

use crate::{
    disk::{
        error::{DiskError, shown},
        inbox::local::{Names, Origin},
        intake::{journal, own::open_own},
        naming::{ID, JOURNAL, OURS, PART, PROBE, prefix},
        system::attributes,
    },
    model::{RelPath, TransferId},
};

/// How many files and folders are looked at in one receiving folder: more than a person keeps where
/// things arrive, and a minute of a slow disk.
const LOOKED_AT: usize = 2_000_000;
/// Longer than a folder is tried, on the slowest disk.
const TRYING: Duration = Duration::from_mins(10);

/// What is left of one transfer in one receiving folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scraps {
    /// Where no journal tells it, the half that names tell, and zeros.
    pub transfer: TransferId,
    /// The receiving folder.
    pub folder: PathBuf,
    /// Partial files, or journals that have lost theirs.
    pub files: u64,
    /// Bytes that they hold, as far as that is known.
    pub bytes: u64,
    /// When any of them was last changed.
    pub touched: SystemTime,
    pub user: User,
    pieces: Vec<Piece>,
}

/// Who writes to it at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    Nobody,
    /// Another process, or another part of this one.
    Somebody,
}

/// A partial file, its journal, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    /// The folder below the receiving one.
    within: PathBuf,
    /// The name without its ending.
    stem: String,
}

/// What lies below a folder of transfers that are not among those `known`.
///
/// # Errors
/// When the folder can't be listed. One that is not there has nothing in it.
pub fn scraps(folder: &Path, known: impl IntoIterator<Item = TransferId>) -> Result<Vec<Scraps>, DiskError> {
    scraps_at(folder, known, SystemTime::now())
}

fn scraps_at(
    folder: &Path,
    known: impl IntoIterator<Item = TransferId>,
    now: SystemTime,
) -> Result<Vec<Scraps>, DiskError> {
    let dir = match Dir::open_ambient_dir(folder, ambient_authority()) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened.map_err(|why| DiskError::of(shown(folder), why))?,
    };
    let spared = known.into_iter().map(prefix).collect();
    let mut search = Search { folder, spared, now, found: BTreeMap::new(), left: LOOKED_AT };
    search.look(&dir, Path::new(""), RelPath::MAX_DEPTH).map_err(|why| DiskError::of(shown(folder), why))?;
    Ok(search.found.into_values().collect())
}

impl Scraps {
    /// True of the same files, by whatever name their folder is known.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let folder = |scraps: &Self| scraps.folder.canonicalize().ok();
        self.pieces == other.pieces && folder(self) == folder(other)
    }

    /// Removes them: these very files, and nothing else.
    ///
    /// # Errors
    /// When one is in use, or can't be removed; the others are gone.
    pub fn remove(&self) -> Result<(), DiskError> {
        let failed = |why| DiskError::of(shown(&self.folder), why);
        let dir = Dir::open_ambient_dir(&self.folder, ambient_authority()).map_err(failed)?;
        let mut done = Ok(());
        for piece in &self.pieces {
            if let Err(why) = piece.remove(&dir) {
                let path = shown(&self.folder.join(&piece.within).join(&piece.stem));
                done = Err(match why.kind() {
                    io::ErrorKind::ResourceBusy => DiskError::InUse(path),
                    _ => DiskError::of(path, why),
                });
            }
        }
        done
    }
}

impl Piece {
    fn remove(&self, dir: &Dir) -> io::Result<()> {
        let mut inside = dir.try_clone()?;
        for component in &self.within {
            inside = inside.open_dir_nofollow(component)?;
        }
        let journal = format!("{}{JOURNAL}", self.stem);
        // Nobody takes it up while it goes.
        let _lock = match open_own(&inside, &journal) {
            Ok(file) => Some(locked(file)?),
            Err(_) => None,
        };
        for name in [format!("{}{PART}", self.stem), journal] {
            match inside.remove_file(name) {
                Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
                _ => {}
            }
        }
        Ok(())
    }
}

fn locked(file: File) -> io::Result<File> {
    file.try_lock().map_err(|_| io::ErrorKind::ResourceBusy)?;
    Ok(file)
}

struct Search<'a> {
    folder: &'a Path,
    spared: HashSet<String>,
    now: SystemTime,
    found: BTreeMap<String, Scraps>,
    left: usize,
}

impl Search<'_> {
    fn look(&mut self, dir: &Dir, within: &Path, levels: usize) -> io::Result<()> {
        for entry in dir.entries()? {
            if self.left == 0 {
                return Ok(());
            }
            self.left -= 1;
            let Ok(entry) = entry else { continue };
            let (name, Ok(kind)) = (entry.file_name(), entry.file_type()) else { continue };
            if kind.is_dir() {
                // One that may not be entered has nothing that could be removed.
                if levels > 0
                    && let Ok(inside) = dir.open_dir_nofollow(&name)
                {
                    let _ = self.look(&inside, &within.join(&name), levels - 1);
                }
            } else if name.to_str().is_some_and(is_probe) {
                // Nobody has it as his: it is of no use to anybody, and goes where that is sure.
                if kind.is_file()
                    && let Ok(there) = entry.metadata()
                    && there.len() == 0
                    && attributes::changed(&there).is_some_and(|changed| is_another_day(changed, self.now))
                {
                    let _ = dir.remove_file(&name);
                }
            } else if let Some((start, stem, ending)) = name.to_str().and_then(ours)
                && kind.is_file()
                && !self.spared.contains(start)
                && let Ok(there) = entry.metadata()
            {
                self.add(dir, within, (start, stem, ending), &there);
            }
        }
        Ok(())
    }

    fn add(&mut self, dir: &Dir, within: &Path, name: (&str, &str, &str), there: &Metadata) {
        let (start, stem, ending) = name;
        let piece = Piece { within: within.to_owned(), stem: stem.to_owned() };
        let scraps = self.found.entry(start.to_owned()).or_insert_with(|| Scraps {
            transfer: half(start),
            folder: self.folder.to_owned(),
            files: 0,
            bytes: 0,
            touched: SystemTime::UNIX_EPOCH,
            user: User::Nobody,
            pieces: Vec::new(),
        });
        scraps.touched = scraps.touched.max(touched(there));
        let has_journal = dir.symlink_metadata(format!("{stem}{JOURNAL}")).is_ok();
        if ending == JOURNAL
            && let Ok(journal) = open_own(dir, &format!("{stem}{JOURNAL}"))
        {
            match locked(journal) {
                Ok(journal) => {
                    if let Ok(Some((transfer, bytes))) = journal::peek(&journal) {
                        scraps.bytes += bytes;
                        if prefix(transfer) == start {
                            scraps.transfer = transfer;
                        }
                    }
                }
                Err(_) => scraps.user = User::Somebody,
            }
        } else if !has_journal {
            scraps.bytes += there.len();
        }
        if !scraps.pieces.contains(&piece) {
            scraps.files += 1;
            scraps.pieces.push(piece);
        }
    }
}

/// The start that all names of its transfer have, the name without its ending, and that; `None` for
/// names that this program doesn't give.
fn ours(name: &str) -> Option<(&str, &str, &str)> {
    let ending = [PART, JOURNAL].into_iter().find(|ending| name.ends_with(ending))?;
    let stem = name.strip_suffix(ending)?;
    let (transfer, path) = stem.strip_prefix(OURS)?.split_once('-')?;
    let (path, number) = path.split_once('-').map_or((path, None), |(path, number)| (path, Some(number)));
    let is_hash =
        |text: &str| text.len() == 2 * ID && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let is_number = number.is_none_or(|number| number.parse::<u32>().is_ok());
    let start = name.get(..OURS.len() + 2 * ID + 1)?;
    (is_hash(transfer) && is_hash(path) && is_number).then_some((start, stem, ending))
}

/// True for the names of files that try what a folder can hold, and go at once unless their program is killed in that
/// instant.
fn is_probe(name: &str) -> bool {
    let number = name.strip_prefix(OURS).and_then(|name| name.strip_prefix(PROBE));
    let digits = number.and_then(|number| number.as_bytes().get(..8));
    digits.is_some_and(|digits| digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// True of a time that is not about now. What was tried may have been given any, also where that counts as the one of its
/// last change.
fn is_another_day(changed: SystemTime, now: SystemTime) -> bool {
    let apart = now.duration_since(changed).unwrap_or_else(|later| later.duration());
    apart > TRYING
}

fn half(start: &str) -> TransferId {
    let digits = start.trim_start_matches(OURS).trim_end_matches('-');
    format!("{digits:0<32}").parse().unwrap_or(TransferId([0; 16]))
}

/// When it was last changed in any way: a file that is whole gets the time that was offered, which may
/// be long ago, just before it gets its name.
fn touched(there: &Metadata) -> SystemTime {
    let modified = there.modified().map_or_else(|_| SystemTime::now(), cap_std::time::SystemTime::into_std);
    attributes::changed(there).map_or(modified, |changed| changed.max(modified))
}

/// Bytes of a transfer that are in its receiving folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// That the journals of its partial files speak of.
    pub partial: u64,
    /// In files below the folders that it made.
    pub stored: u64,
}

/// How much of a transfer is there, as far as it can be told: files that it stored in folders which
/// were there before are not known from others.
#[must_use]
pub fn held(folder: &Path, transfer: TransferId, names: &Names) -> Held {
    let mut held = Held::default();
    let Ok(dir) = Dir::open_ambient_dir(folder, ambient_authority()) else { return held };
    let prefix = prefix(transfer);
    // What can't be listed is not counted.
    let _ = held.add(&dir, &prefix, Origin::Found, 0);
    for top in names.tops() {
        if let Ok(inside) = dir.open_dir_nofollow(&*top.name) {
            let _ = held.add(&inside, &prefix, top.origin, RelPath::MAX_DEPTH);
        }
    }
    held
}

impl Held {
    fn add(&mut self, dir: &Dir, prefix: &str, origin: Origin, levels: usize) -> io::Result<()> {
        for entry in dir.entries()? {
            let entry = entry?;
            let (name, kind) = (entry.file_name(), entry.file_type()?);
            if kind.is_dir() {
                if levels > 0 {
                    self.add(&dir.open_dir_nofollow(&name)?, prefix, origin, levels - 1)?;
                }
                continue;
            }
            let ours = name.to_str().filter(|name| ours(name).is_some());
            if let Some(name) = ours {
                if name.starts_with(prefix)
                    && name.ends_with(JOURNAL)
                    && let Ok(file) = open_own(dir, name)
                    && let Ok(Some((_, bytes))) = journal::peek(&file)
                {
                    self.partial += bytes;
                }
            } else if kind.is_file() && origin == Origin::Made {
                self.stored += entry.metadata().map_or(0, |there| there.len());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ONE: &str = ".airlift-00112233445566ff-0011223344556677";

    fn place(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "12345").unwrap();
        }
        folder
    }

    #[test]
    fn only_names_that_this_program_gives_are_ours() {
        for name in [".part", ".journal", "-1.part", "-77.part"] {
            assert!(ours(&format!("{ONE}{name}")).is_some(), "{name}");
        }
        for name in [
            format!("{ONE}.part.bak"),
            ONE.to_owned(),
            format!("{ONE}-x.part"),
            format!("{ONE}0.part"),
            format!("x{ONE}.part"),
            ONE.to_uppercase() + ".part",
            ".airlift-probe-00112233.part".into(),
            ".airlift-.part".into(),
            "film.part".into(),
            ".airlift-0011223344556é7-0011223344556677.part".into(),
        ] {
            assert!(ours(&name).is_none(), "{name}");
        }
    }

    #[test]
    fn what_lies_at_any_depth_is_found_and_removed_and_nothing_else_is() {
        let other = ".airlift-aaaaaaaaaaaaaaaa-0011223344556677.part";
        let folder = place(&[
            &format!("{ONE}.part"),
            &format!("trip/deep/{ONE}-1.part"),
            &format!("trip/deep/{ONE}.journal"),
            &format!("trip/{other}"),
            "trip/film.part",
            "photo.jpg",
        ]);
        let known = [half(".airlift-aaaaaaaaaaaaaaaa-")];
        let mut found = scraps(folder.path(), known).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        let one = found.remove(0);
        assert_eq!((one.files, one.user), (3, User::Nobody), "{one:?}");
        assert_eq!(one.transfer.to_string(), "00112233445566ff0000000000000000");
        one.remove().unwrap();
        assert!(scraps(folder.path(), known).unwrap().is_empty());
        let there = ["photo.jpg", "trip/film.part", &format!("trip/{other}")];
        assert!(there.iter().all(|name| folder.path().join(name).exists()));
        assert!(folder.path().join("trip/deep").exists(), "folders are never removed");
    }

    #[test]
    fn what_somebody_has_open_is_said_to_be_in_use_and_stays() {
        let folder = place(&[&format!("{ONE}.part"), &format!("{ONE}.journal")]);
        let journal = File::open(folder.path().join(format!("{ONE}.journal"))).unwrap();
        let free = scraps(folder.path(), []).unwrap().remove(0);
        journal.try_lock().unwrap();
        let found = scraps(folder.path(), []).unwrap().remove(0);
        assert_eq!(found.user, User::Somebody);
        // Taken since it was found.
        assert!(matches!(free.remove(), Err(DiskError::InUse(_))));
        assert!(folder.path().join(format!("{ONE}.part")).exists());
        drop(journal);
        free.remove().unwrap();
        assert!(!folder.path().join(format!("{ONE}.part")).exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_neither_followed_nor_removed() {
        let outside = place(&[&format!("{ONE}.part")]);
        let folder = place(&["a/b"]);
        std::os::unix::fs::symlink(outside.path(), folder.path().join("a/link")).unwrap();
        let target = outside.path().join(format!("{ONE}.part"));
        std::os::unix::fs::symlink(&target, folder.path().join(format!("{ONE}.part"))).unwrap();
        assert!(scraps(folder.path(), []).unwrap().is_empty());
        assert!(target.exists());
    }

    #[test]
    fn a_file_that_was_given_an_old_time_is_not_an_old_one() {
        let folder = place(&[&format!("{ONE}.part")]);
        let file = File::options().write(true).open(folder.path().join(format!("{ONE}.part"))).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let found = scraps(folder.path(), []).unwrap().remove(0);
        assert!(found.touched > SystemTime::now() - std::time::Duration::from_mins(10));
    }

    #[test]
    fn what_was_left_of_a_trial_goes_and_nothing_that_is_like_it() {
        let probe = ".airlift-probe-0011aabb";
        let all = [
            probe,
            ".airlift-probe-0011aabb-éß",
            "deep/.airlift-probe-0011aabb:x",
            ".airlift-probe-mine",
            "probe",
        ];
        let folder = place(&all);
        let is_there = |name: &str| folder.path().join(name).exists();
        let now = SystemTime::now();
        let look = |now| assert!(scraps_at(folder.path(), [], now).unwrap().is_empty());
        look(now + TRYING * 2);
        assert!(all.iter().all(|name| is_there(name)), "none is empty");
        for name in all {
            fs::write(folder.path().join(name), "").unwrap();
        }
        look(now + TRYING / 2);
        look(now - TRYING / 2);
        assert!(all.iter().all(|name| is_there(name)), "all are new");
        look(now + TRYING * 2);
        let left: Vec<_> = all.into_iter().filter(|name| is_there(name)).collect();
        assert_eq!(left, [".airlift-probe-mine", "probe"]);
        // What is from days to come is not from now either.
        fs::write(folder.path().join(probe), "").unwrap();
        look(now - TRYING * 2);
        assert!(!is_there(probe));
    }

    #[test]
    fn a_folder_that_is_gone_has_nothing_in_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(scraps(&folder.path().join("gone"), []).unwrap().is_empty());
    }
}
