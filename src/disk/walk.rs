//! Goes through what a person picked, lazily and in a fixed order.
//!
//! Knows folders and their entries; keeps nothing of what it has passed. Symbolic links are never
//! followed, and every folder is entered through the handle of the one above it.

use std::{
    collections::{HashMap, HashSet},
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    vec,
};

use cap_fs_ext::{DirExt as _, MetadataExt as _};
use cap_std::{
    ambient_authority,
    fs::{Dir, Metadata},
};

use super::{
    attributes,
    error::{SourceError, shown},
    folders::Folders,
    naming::{Case, Characters, NameRules, Numbering, Unicode},
    notes::Notes,
};
use crate::model::{Entry, EntryKind, FileMode, RelPath, Skipped, Source, text};

/// Where one of the picked things is.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Stream,
    /// Below the folder of this number; an empty name is that folder itself.
    Below {
        base: usize,
        name: OsString,
    },
}

/// The folders that hold what was picked, and a few handles below them.
#[derive(Default)]
pub(super) struct Bases {
    bases: Vec<Base>,
    open: Folders<Dir>,
}

struct Base {
    /// Absolute and, when it was picked, without links.
    path: PathBuf,
    /// What stood there when it was picked.
    device: u64,
    inode: u64,
}

impl Bases {
    /// The number of the base that `path` is.
    fn add(&mut self, path: PathBuf) -> io::Result<usize> {
        if let Some(last) = self.bases.len().checked_sub(1) {
            // People pick many things of one folder.
            if self.bases[last].path == path {
                return Ok(last);
            }
        }
        let metadata = Dir::open_ambient_dir(&path, ambient_authority())?.dir_metadata()?;
        self.bases.push(Base { path, device: metadata.dev(), inode: metadata.ino() });
        Ok(self.bases.len() - 1)
    }

    /// The path of something below a base, for opening by nobody and showing to a person.
    pub fn path(&self, base: usize, below: &Path) -> PathBuf {
        if below.as_os_str().is_empty() {
            return self.bases[base].path.clone();
        }
        self.bases[base].path.join(below)
    }

    /// A handle of a folder below a base, reached without following a link.
    pub fn folder(&self, base: usize, below: &Path) -> io::Result<Arc<Dir>> {
        self.open.get_or_open(self.path(base, below).as_os_str(), || {
            match (below.parent(), below.file_name()) {
                (Some(parent), Some(name)) => self.folder(base, parent)?.open_dir_nofollow(name),
                _ => self.bases[base].open(),
            }
        })
    }
}

impl Base {
    fn open(&self) -> io::Result<Dir> {
        let dir = Dir::open_ambient_dir(&self.path, ambient_authority())?;
        let metadata = dir.dir_metadata()?;
        if (metadata.dev(), metadata.ino()) == (self.device, self.inode) {
            Ok(dir)
        } else {
            // Another folder took its place.
            Err(io::ErrorKind::NotFound.into())
        }
    }
}

/// One thing found.
pub(super) struct Found {
    pub entry: Entry,
    /// Its own name, where the entry has another.
    pub real: Option<OsString>,
    /// Where it is, for what stands at the top.
    pub origin: Option<Origin>,
}

pub(super) struct Walk {
    picks: vec::IntoIter<Pick>,
    /// The folders that are being gone through, outermost first.
    inside: Vec<Inside>,
    bases: Bases,
    skipped: Skipped,
    notes: Notes,
}

struct Pick {
    origin: Origin,
    wire: RelPath,
}

struct Inside {
    base: usize,
    /// Its path below the base.
    below: PathBuf,
    wire: RelPath,
    /// Sorted, and in reverse, so that the next one is at the end.
    names: Vec<OsString>,
    /// What the names that are not text are sent as.
    spelled: HashMap<OsString, String>,
}

impl Walk {
    pub fn new(sources: Vec<Source>) -> Result<Self, SourceError> {
        if sources.is_empty() {
            return Err(SourceError::Nothing);
        }
        let mut walk = Self {
            picks: Vec::new().into_iter(),
            inside: Vec::new(),
            bases: Bases::default(),
            skipped: Skipped::default(),
            notes: Notes::default(),
        };
        let (mut picks, mut taken, mut left_out) = (Vec::new(), HashSet::new(), None);
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
                    Err(error) => return Err(error),
                },
                Source::StandardInput { name } => {
                    if picks.iter().any(|pick| matches!(pick.origin, Origin::Stream)) {
                        return Err(SourceError::SecondStream);
                    }
                    let bad = || SourceError::BadName(text::visible(&name).into_owned());
                    let wire = RelPath::parse(&name).map_err(|_| bad())?;
                    if wire.parent().is_some() {
                        return Err(bad());
                    }
                    let wire = free_name(&mut taken, &name, Numbering::File);
                    picks.push(Pick {
                        origin: Origin::Stream,
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

    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    pub fn notes(&self) -> &[String] {
        self.notes.lines()
    }

    pub fn into_bases(self) -> Bases {
        self.bases
    }

    /// The next thing; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Found>, SourceError> {
        loop {
            let found = match self.inside.last_mut() {
                Some(inside) => match inside.names.pop() {
                    Some(name) => self.visit_child(name),
                    None => {
                        self.inside.pop();
                        None
                    }
                },
                None => match self.picks.next() {
                    Some(pick) => self.visit_pick(pick)?,
                    None => return Ok(None),
                },
            };
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Looks at what a person picked, to say at once what can't be sent.
    fn pick(&mut self, path: &Path, taken: &mut HashSet<String>) -> Result<Pick, SourceError> {
        let failed = |why| SourceError::choosing(path, why);
        let whole = |path: &Path| fs::canonicalize(path).map_err(failed);
        // A name like `..` has a folder behind it whose own name is wanted. Any other name stays as
        // it is, because it may be that of a link.
        let (parent, name) = match path.file_name() {
            Some(name) => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                (whole(parent.unwrap_or(Path::new(".")))?, Some(name.to_owned()))
            }
            None => {
                let mut path = whole(path)?;
                let name = path.file_name().map(OsStr::to_owned);
                if name.is_some() {
                    path.pop();
                }
                (path, name)
            }
        };
        let base = self.bases.add(parent).map_err(failed)?;
        let Some(name) = name else {
            let wire = free_name(taken, &name_of_root(&self.bases.bases[base].path), Numbering::Folder);
            let wire = RelPath::parse(&wire).map_err(|_| SourceError::BadName(shown(path)))?;
            return Ok(Pick { origin: Origin::Below { base, name: OsString::new() }, wire });
        };
        let dir = self.bases.folder(base, Path::new("")).map_err(failed)?;
        let metadata = dir.symlink_metadata(&name).map_err(failed)?;
        let numbering = match Kind::of(&metadata) {
            Kind::Link => {
                let target = fs::canonicalize(path).ok();
                return Err(SourceError::Link { path: shown(path), target: target.as_deref().map(shown) });
            }
            Kind::Special => return Err(SourceError::Special(shown(path))),
            Kind::File => Numbering::File,
            Kind::Folder => {
                // A person who picked an unreadable folder is told so, where one inside is counted.
                dir.open_dir_nofollow(&name).and_then(|folder| folder.entries()).map_err(failed)?;
                Numbering::Folder
            }
        };
        let spelled = spell(&name);
        if name.to_str().is_none() {
            self.note_spelling(path, &spelled);
        }
        let wire = free_name(taken, &spelled, numbering);
        let wire = RelPath::parse(&wire).map_err(|_| SourceError::BadName(shown(path)))?;
        Ok(Pick { origin: Origin::Below { base, name }, wire })
    }

    fn visit_pick(&mut self, pick: Pick) -> Result<Option<Found>, SourceError> {
        let Pick { origin, wire } = pick;
        let Origin::Below { base, name } = &origin else {
            let kind = EntryKind::File { size: None, mode: FileMode::Regular };
            let entry = Entry { path: wire, kind, modified: None };
            return Ok(Some(Found { entry, real: None, origin: Some(origin) }));
        };
        let (base, below) = (*base, PathBuf::from(name));
        let metadata = if name.is_empty() {
            self.bases.folder(base, &below).and_then(|dir| dir.dir_metadata())
        } else {
            self.bases.folder(base, Path::new("")).and_then(|dir| dir.symlink_metadata(name))
        };
        let metadata = metadata.map_err(|why| SourceError::sending(&self.bases.path(base, &below), why))?;
        let found = self.visit(base, below, wire, &metadata);
        Ok(found.map(|entry| Found { entry, real: None, origin: Some(origin) }))
    }

    fn visit_child(&mut self, name: OsString) -> Option<Found> {
        let inside = self.inside.last()?;
        let (base, below) = (inside.base, inside.below.join(&name));
        let metadata = self.bases.folder(base, &inside.below).and_then(|dir| dir.symlink_metadata(&name));
        let metadata = match metadata {
            Ok(metadata) => metadata,
            // It was removed since its folder was read: there is nothing to send.
            Err(why) if why.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => {
                self.skipped.unreadable += 1;
                return None;
            }
        };
        let spelled = inside.spelled.get(&name);
        let wire = match (spelled, name.to_str()) {
            (Some(spelled), _) => inside.wire.join(spelled),
            (None, name) => inside.wire.join(name.unwrap_or_default()),
        };
        let real = spelled.is_some().then_some(name);
        match wire {
            Ok(wire) => {
                let entry = self.visit(base, below, wire, &metadata)?;
                Some(Found { entry, real, origin: None })
            }
            Err(why) => {
                self.skipped.unreadable += 1;
                let path = shown(&self.bases.path(base, &below));
                self.notes.add(format_args!("“{path}” is left out: {why}."));
                None
            }
        }
    }

    /// The entry for what is there; a folder is gone into next.
    fn visit(&mut self, base: usize, below: PathBuf, wire: RelPath, metadata: &Metadata) -> Option<Entry> {
        let kind = match Kind::of(metadata) {
            Kind::Link => {
                self.skipped.links += 1;
                return None;
            }
            Kind::Special => {
                self.skipped.special += 1;
                return None;
            }
            Kind::File => EntryKind::File { size: Some(metadata.len()), mode: attributes::mode(metadata) },
            Kind::Folder => {
                let Ok(names) = self.list(base, &below) else {
                    self.skipped.unreadable += 1;
                    let path = shown(&self.bases.path(base, &below));
                    self.notes.add(format_args!("“{path}” is left out: it can't be read."));
                    return None;
                };
                let spelled = self.spell_all(base, &below, &names);
                self.inside.push(Inside { base, below, wire: wire.clone(), names, spelled });
                EntryKind::Folder
            }
        };
        Some(Entry { path: wire, kind, modified: attributes::modified(metadata) })
    }

    /// The names in a folder, the last one first.
    fn list(&self, base: usize, below: &Path) -> io::Result<Vec<OsString>> {
        let entries = self.bases.folder(base, below)?.entries()?;
        let mut names =
            entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable_by(|a, b| b.cmp(a));
        Ok(names)
    }

    /// Spellings for the names that are not text, none of them another name of the folder.
    fn spell_all(&mut self, base: usize, below: &Path, names: &[OsString]) -> HashMap<OsString, String> {
        let mut spelled = HashMap::new();
        let mut taken = HashSet::new();
        for name in names.iter().rev().filter(|name| name.to_str().is_none()) {
            if spelled.is_empty() {
                taken = names.iter().filter_map(|name| name.to_str()).map(str::to_owned).collect();
            }
            let spelling = free_name(&mut taken, &spell(name), Numbering::File);
            self.note_spelling(&self.bases.path(base, &below.join(name)), &spelling);
            spelled.insert(name.clone(), spelling);
        }
        spelled
    }

    fn note_spelling(&mut self, path: &Path, spelling: &str) {
        let (path, spelling) = (shown(path), text::visible(spelling));
        self.notes.add(format_args!("The name of “{path}” is not text (UTF-8). It is sent as “{spelling}”."));
    }
}

/// What there can be in a folder.
pub(super) enum Kind {
    File,
    Folder,
    Link,
    Special,
}

impl Kind {
    pub fn of(metadata: &Metadata) -> Self {
        let file_type = metadata.file_type();
        if file_type.is_symlink() {
            Self::Link
        } else if file_type.is_dir() {
            Self::Folder
        } else if file_type.is_file() {
            Self::File
        } else {
            Self::Special
        }
    }
}

/// A name as text: what is not UTF-8 is written as `%` and two hexadecimal digits a byte.
fn spell(name: &OsStr) -> String {
    let mut spelled = String::with_capacity(name.len());
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        spelled.push_str(chunk.valid());
        for byte in chunk.invalid() {
            spelled.push_str(&format!("%{byte:02X}"));
        }
    }
    spelled
}

/// A name for the root of a disk, which has none.
fn name_of_root(path: &Path) -> String {
    let letters: String = path.to_string_lossy().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    if letters.is_empty() { "root".to_owned() } else { letters }
}

/// `name`, or with the first number that makes it a new one; it is taken then.
fn free_name(taken: &mut HashSet<String>, name: &str, numbering: Numbering) -> String {
    /// A sender's name may have any character and length that its own system allows.
    const RULES: NameRules = NameRules {
        characters: Characters::Any,
        case: Case::Matters,
        unicode: Unicode::Exact,
        longest: RelPath::MAX_COMPONENT,
    };
    let mut free = name.to_owned();
    let mut number = 0;
    while taken.contains(&free) {
        number += 1;
        free = RULES.numbered(name, number, numbering);
    }
    taken.insert(free.clone());
    free
}
