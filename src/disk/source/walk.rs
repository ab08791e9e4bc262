//! Goes through what a person picked, lazily and in a fixed order.
//!
//! Knows folders and their entries; keeps nothing of what it has passed. Symbolic links are never
//! followed, and every folder is entered through the handle of the one above it.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    vec,
};

use cap_std::fs::{Dir, Metadata};

use super::{
    opening::open,
    spelling::{Taken, name_of_root, spell},
    trial::TrialContent,
};
use crate::{
    disk::{
        error::{SourceError, shown},
        folders::Folders,
        kind::Kind,
        naming::Numbering,
        notes::Notes,
        off_limits::OffLimits,
        system::{
            attributes, descriptors,
            holes::{self, Holes},
            identity,
            made_up::{self, Sizes},
            modes,
        },
    },
    model::{Access, Accord, CHUNK, Entry, EntryKind, FileMode, RelPath, Skipped, Source, Text, text},
};

/// Where one of the picked things is.
#[derive(Debug)]
pub(in crate::disk) enum Origin {
    StandardInput,
    /// Made for a speed test.
    Trial(TrialContent),
    Text(Text),
    /// Absolute, and without links when it was picked.
    Path(PathBuf),
}

/// One thing found.
pub(in crate::disk) struct Found {
    pub entry: Entry,
    /// Its own name, where the entry has another.
    pub real: Option<OsString>,
    /// Where it is, for what stands at the top.
    pub origin: Option<Origin>,
}

/// What becomes of something that was picked and is not there.
#[derive(Clone, Copy)]
pub(in crate::disk) enum Absent<'a> {
    /// Nothing is sent, and it is said.
    Fails,
    /// This was listed once, and what is left of it is sent, under the names that it had.
    LeftOut(&'a Accord),
}

pub(in crate::disk) struct Walk {
    picks: vec::IntoIter<Pick>,
    /// The folders that are being gone through, outermost first.
    inside: Vec<Inside>,
    folders: Folders<Dir>,
    off_limits: OffLimits,
    skipped: Skipped,
    notes: Notes,
    when_gone: WhenGone,
    /// Of the disk that was looked at last, by its number.
    sizes: Option<(u64, Sizes)>,
    layout: Layout,
}

/// Whether it matters where a file has holes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Ignored,
    Told,
}

/// What is found out of a file's size.
enum Size {
    Told,
    /// Only reading all of it tells.
    Unknown,
    /// It was empty, and isn't any more.
    Grown(Metadata),
}

/// What becomes of something that is gone between two looks at it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WhenGone {
    Fails,
    LeftOut,
}

struct Pick {
    origin: Origin,
    wire: RelPath,
}

struct Inside {
    path: PathBuf,
    wire: RelPath,
    /// Sorted, and in reverse, so that the next one is at the end.
    names: Vec<OsString>,
    /// What the names that are not text are sent as.
    spelled: HashMap<OsString, String>,
}

impl Walk {
    pub fn new(
        sources: Vec<Source>,
        absent: Absent<'_>,
        off_limits: &OffLimits,
    ) -> Result<Self, SourceError> {
        if sources.is_empty() {
            return Err(SourceError::Nothing);
        }
        let mut walk = Self::through(Vec::new(), off_limits.clone());
        let (mut picks, mut taken, mut left_out) = (Vec::new(), Taken::default(), None);
        if let Absent::LeftOut(_) = absent {
            walk.when_gone = WhenGone::LeftOut;
        }
        for source in sources {
            match source {
                Source::Path(path) => match walk.pick(&path, &mut taken) {
                    Ok(pick) => picks.push(pick),
                    Err(error @ (SourceError::Link { .. } | SourceError::Special(_))) => {
                        match error {
                            SourceError::Link { .. } => walk.skipped.links += 1,
                            _ => walk.skipped.special += 1,
                        }
                        walk.notes.add(&error);
                        left_out = Some(if left_out.is_some() { SourceError::NothingLeft } else { error });
                    }
                    Err(error @ SourceError::NotFound(_)) if let Absent::LeftOut(listed) = absent => {
                        taken.keep(&path, listed);
                        left_out = left_out.or(Some(error));
                    }
                    Err(error) => return Err(error),
                },
                Source::Text(_) => return Err(SourceError::TextAndMore),
                Source::StandardInput { name } => {
                    if picks.iter().any(|pick| matches!(pick.origin, Origin::StandardInput)) {
                        return Err(SourceError::SecondStream);
                    }
                    let bad = || SourceError::BadName(text::visible(&name).into_owned());
                    let wire = RelPath::parse(&name).map_err(|_| bad())?;
                    if wire.parent().is_some() {
                        return Err(bad());
                    }
                    let wire = taken.take(&name, Numbering::File);
                    picks.push(Pick {
                        origin: Origin::StandardInput,
                        wire: RelPath::parse(&wire).map_err(|_| bad())?,
                    });
                }
            }
        }
        match left_out {
            Some(why) if picks.is_empty() => return Err(why),
            _ => walk.picks = picks.into_iter(),
        }
        Ok(walk)
    }

    /// Finds the one entry of a speed test or a text, which is of no folder.
    pub fn of_one(origin: Origin, name: &str) -> Result<Self, SourceError> {
        let wire = RelPath::parse(name).map_err(|_| SourceError::BadName(name.to_owned()))?;
        Ok(Self::through(vec![Pick { origin, wire }], OffLimits::default()))
    }

    fn through(picks: Vec<Pick>, off_limits: OffLimits) -> Self {
        Self {
            picks: picks.into_iter(),
            inside: Vec::new(),
            folders: Folders::default(),
            off_limits,
            skipped: Skipped::default(),
            notes: Notes::default(),
            when_gone: WhenGone::Fails,
            sizes: None,
            layout: Layout::Ignored,
        }
    }

    /// From now on it is found out how much of a file is holes.
    pub fn look_for_holes(&mut self) {
        self.layout = Layout::Told;
    }

    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    pub fn notes(&self) -> &[String] {
        self.notes.lines()
    }

    /// The handles that it still holds.
    pub fn into_folders(self) -> Folders<Dir> {
        self.folders
    }

    /// The next thing; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Found>, SourceError> {
        loop {
            let found = if let Some(inside) = self.inside.last_mut() {
                let name = inside.names.pop();
                if name.is_none() {
                    self.inside.pop();
                }
                name.and_then(|name| self.visit_child(name))
            } else if let Some(pick) = self.picks.next() {
                self.visit_pick(pick)?
            } else {
                return Ok(None);
            };
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Looks at what a person picked, to say at once what can't be sent.
    fn pick(&mut self, picked: &Path, taken: &mut Taken) -> Result<Pick, SourceError> {
        let failed = |why| SourceError::choosing(picked, why);
        // A name like `..` has a folder behind it whose own name is wanted. Any other name stays as
        // it is, because it may be that of a link.
        let path = if let Some(name) = picked.file_name() {
            let parent = picked.parent().filter(|parent| !parent.as_os_str().is_empty());
            fs::canonicalize(parent.unwrap_or(Path::new("."))).map_err(failed)?.join(name)
        } else {
            fs::canonicalize(picked).map_err(failed)?
        };
        let found = self.look(&path).map_err(failed)?;
        if self.off_limits.is(&path, &found)
            || path.parent().is_some_and(|folder| self.off_limits.holds(folder))
        {
            return Err(SourceError::Own(shown(picked)));
        }
        let numbering = match Kind::of(&found) {
            Kind::Link => {
                let target = fs::canonicalize(picked).ok();
                return Err(SourceError::Link { path: shown(picked), target: target.as_deref().map(shown) });
            }
            Kind::Special => return Err(SourceError::Special(shown(picked))),
            Kind::File => Numbering::File,
            Kind::Folder => {
                // A person who picked an unreadable folder is told so, where one inside is counted.
                self.patiently(|| self.folders.at(&path)?.entries()).map_err(failed)?;
                Numbering::Folder
            }
        };
        let spelled = path.file_name().map_or_else(|| name_of_root(&path), spell);
        if path.file_name().is_some_and(|name| name.to_str().is_none()) {
            self.note_spelling(picked, &spelled);
        }
        let wire = taken.take(&spelled, numbering);
        let wire = RelPath::parse(&wire).map_err(|_| SourceError::BadName(shown(picked)))?;
        Ok(Pick { origin: Origin::Path(path), wire })
    }

    fn visit_pick(&mut self, pick: Pick) -> Result<Option<Found>, SourceError> {
        let Pick { origin, wire } = pick;
        let made = |wire, size| {
            let kind = EntryKind::File { size, mode: FileMode::Regular };
            Some(Entry { path: wire, kind, access: Access::Shared, modified: None, holes: 0 })
        };
        let entry = match &origin {
            Origin::StandardInput => made(wire, None),
            Origin::Trial(content) => made(wire, Some(content.bytes())),
            Origin::Text(text) => Entry::of_text(text.bytes()),
            Origin::Path(path) => {
                let metadata = match self.look(path).map_err(|why| SourceError::sending(path, why)) {
                    Err(SourceError::Vanished(_)) if self.when_gone == WhenGone::LeftOut => return Ok(None),
                    looked => looked?,
                };
                self.visit(path.clone(), wire, &metadata)
            }
        };
        Ok(entry.map(|entry| Found { entry, real: None, origin: Some(origin) }))
    }

    fn visit_child(&mut self, name: OsString) -> Option<Found> {
        let inside = self.inside.last()?;
        let path = inside.path.join(&name);
        let metadata = match self.look(&path) {
            Ok(metadata) => metadata,
            // It was removed since its folder was read: there is nothing to send.
            Err(why) if why.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => {
                self.skipped.unreadable += 1;
                self.notes.add(format_args!("“{}” is left out: it can't be read.", shown(&path)));
                return None;
            }
        };
        let spelled = inside.spelled.get(&name).map(String::as_str);
        let wire = inside.wire.join(spelled.or(name.to_str()).unwrap_or_default());
        let real = spelled.is_some().then_some(name);
        match wire {
            Ok(wire) => {
                let entry = self.visit(path, wire, &metadata)?;
                Some(Found { entry, real, origin: None })
            }
            Err(why) => {
                self.skipped.unreadable += 1;
                self.notes.add(format_args!("“{}” is left out: {why}.", shown(&path)));
                None
            }
        }
    }

    /// The entry for what is there; a folder is gone into next.
    fn visit(&mut self, path: PathBuf, wire: RelPath, metadata: &Metadata) -> Option<Entry> {
        if self.off_limits.is(&path, metadata) {
            self.skipped.own += 1;
            let path = shown(&path);
            self.notes
                .add(format_args!("“{path}” is Airlift’s own and is left out: this device’s key is there."));
            return None;
        }
        let mut holes = 0;
        let grown;
        let mut metadata = metadata;
        let kind = match Kind::of(metadata) {
            Kind::Link => {
                self.skipped.links += 1;
                return None;
            }
            Kind::Special => {
                self.skipped.special += 1;
                return None;
            }
            Kind::File => {
                holes = self.holes(&path, metadata);
                let size = match self.size(&path, metadata) {
                    Size::Told => Some(metadata.len()),
                    Size::Unknown => None,
                    Size::Grown(now) => {
                        grown = now;
                        metadata = &grown;
                        Some(metadata.len())
                    }
                };
                EntryKind::File { size, mode: attributes::mode(metadata) }
            }
            Kind::Folder => {
                let Ok(names) = self.list(&path) else {
                    self.skipped.unreadable += 1;
                    self.notes.add(format_args!("“{}” is left out: it can't be read.", shown(&path)));
                    return None;
                };
                let spelled = self.spell_all(&path, &names);
                self.inside.push(Inside { path, wire: wire.clone(), names, spelled });
                EntryKind::Folder
            }
        };
        let (access, modified) = (modes::access(metadata), attributes::modified(metadata));
        Some(Entry { path: wire, kind, access, modified, holes })
    }

    /// How much of a file is holes, in chunks. One that can't be opened is met again, and reported, when it is read.
    fn holes(&self, path: &Path, metadata: &Metadata) -> u32 {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return 0 };
        if self.layout == Layout::Ignored || !holes::may_have_some(metadata) {
            return 0;
        }
        let Ok(file) = self.patiently(|| open(&*self.folders.at(parent)?, name)) else { return 0 };
        // What is there by now may be another.
        let bytes = Holes::of(&file).map_or(0, |holes| holes.count(&file)).min(metadata.len());
        u32::try_from(bytes / CHUNK as u64).unwrap_or(u32::MAX)
    }

    /// Whether a file is as long as it says.
    fn size(&mut self, path: &Path, metadata: &Metadata) -> Size {
        let size = metadata.len();
        if !matches!(size, 0 | made_up::PAGE) {
            return Size::Told;
        }
        let disk = identity::numbers(metadata).map(|(disk, _)| disk);
        let sizes = match (self.sizes, disk) {
            (Some((known, sizes)), Some(disk)) if known == disk => sizes,
            _ => made_up::sizes(path),
        };
        self.sizes = disk.map(|disk| (disk, sizes));
        match sizes {
            // None of the kernel's is read to find out: some wait for ever or give what they have only once.
            Sizes::MadeUp => Size::Unknown,
            Sizes::Doubted if size == 0 => self.tried(path).unwrap_or(Size::Told),
            Sizes::Doubted | Sizes::Believed => Size::Told,
        }
    }

    /// What reading tells of a file that is empty by its size; `None` where it can't be read at once.
    fn tried(&self, path: &Path) -> Option<Size> {
        let (parent, name) = (path.parent()?, path.file_name()?);
        let read = self.patiently(|| {
            let mut file = open(&*self.folders.at(parent)?, name)?;
            let read = file.read(&mut [0])?;
            Ok((read, Metadata::from_file(&file)?))
        });
        Some(match read.ok()? {
            (0, _) => Size::Told,
            (_, now) if now.len() == 0 => Size::Unknown,
            // It was only begun meanwhile.
            (_, now) => Size::Grown(now),
        })
    }

    /// What is at an absolute path.
    fn look(&self, path: &Path) -> io::Result<Metadata> {
        self.patiently(|| match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => self.folders.at(parent)?.symlink_metadata(name),
            _ => self.folders.at(path)?.dir_metadata(),
        })
    }

    /// Waits where the system has no handle for it: what is left out for that would be missed.
    fn patiently<T>(&self, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
        descriptors::wait_for_one(work, descriptors::are_used_up, || self.folders.forget_all())
    }

    /// The names in a folder, the last one first.
    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        let entries = self.patiently(|| self.folders.at(path)?.entries())?;
        let mut names =
            entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable_by(|a, b| b.cmp(a));
        Ok(names)
    }

    /// Spellings for the names that are not text, none of them another name of the folder.
    fn spell_all(&mut self, path: &Path, names: &[OsString]) -> HashMap<OsString, String> {
        let mut spelled = HashMap::new();
        let mut taken = Taken::default();
        for name in names.iter().rev().filter(|name| name.to_str().is_none()) {
            if spelled.is_empty() {
                taken = names.iter().filter_map(|name| name.to_str()).collect();
            }
            let spelling = taken.take(&spell(name), Numbering::File);
            self.note_spelling(&path.join(name), &spelling);
            spelled.insert(name.clone(), spelling);
        }
        spelled
    }

    fn note_spelling(&mut self, path: &Path, spelling: &str) {
        let (path, spelling) = (shown(path), text::visible(spelling));
        self.notes.add(format_args!("The name of “{path}” is not text (UTF-8). It is sent as “{spelling}”."));
    }
}

impl Taken {
    /// Keeps the name that something had which is gone, so that the next one of that name has its own again.
    fn keep(&mut self, path: &Path, listed: &Accord) {
        let Some(name) = path.file_name().map(spell) else { return };
        let was_folder = RelPath::parse(&self.free(&name, Numbering::Folder)).is_ok_and(|path| {
            listed.has(&Entry {
                path,
                kind: EntryKind::Folder,
                access: Access::Shared,
                modified: None,
                holes: 0,
            })
        });
        self.take(&name, if was_folder { Numbering::Folder } else { Numbering::File });
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_begun_while_it_is_looked_at_has_the_size_that_it_has_then() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("new");
        fs::write(&path, "").unwrap();
        let walk = Walk::through(Vec::new(), OffLimits::default());
        assert!(matches!(walk.tried(&path), Some(Size::Told)));
        fs::write(&path, "begun").unwrap();
        assert!(matches!(walk.tried(&path), Some(Size::Grown(now)) if now.len() == 5));
        assert!(matches!(walk.tried(Path::new("/proc/version")), Some(Size::Unknown)));
    }
}
