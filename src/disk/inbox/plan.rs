//! Checks a whole offer against itself and the receiving folder, and decides every name.
//!
//! Knows entries, names and what is in the folder; writes nothing and asks nobody. The work and
//! the memory it takes grow with the number of entries, whatever they are.

mod again;
mod complete;
mod ranges;
mod settling;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    ffi::OsStr,
    fmt,
    hash::{BuildHasher as _, RandomState},
    io,
    ops::Range,
    sync::Arc,
};

use cap_fs_ext::DirExt as _;
use cap_std::fs::{Dir, Metadata};

use super::{
    folder::Inbox,
    local::{LocalNames, Names, above, last},
};
use crate::{
    disk::{
        error::PlanError, folders::Folders, kind::Kind, naming::Numbering, notes::Notes, system::space::Space,
    },
    model::{Conflict, Entry, EntryKind, EntryNo, Medium, Purpose, RelPath, text},
};
use ranges::{extend, is_among};
use settling::{Numbers, Settled};

pub(in crate::disk) use again::Attempt;
pub(in crate::disk) use complete::{BESIDE, looks_like};

/// Where every entry of an offer goes, and which are not wanted.
#[derive(Debug, Default)]
pub struct Plan {
    pub(in crate::disk) names: LocalNames,
    pub(in crate::disk) conflict: Conflict,
    pub(in crate::disk) purpose: Purpose,
    /// Offered paths of the folders that must be made anew, and not found; `""` is the one that
    /// holds everything.
    pub(in crate::disk) fresh: Vec<Box<str>>,
    unwanted: Vec<Range<EntryNo>>,
    stored: Vec<Range<EntryNo>>,
    likely: Vec<Range<EntryNo>>,
    pub(in crate::disk) attempt: Attempt,
    /// Folders at the top, by their names here, that an earlier attempt has made.
    pub(in crate::disk) made_earlier: HashSet<Box<str>>,
    needs: u64,
    notes: Notes,
}

impl Plan {
    /// Entries left out because they are there already: sorted, and neighbours merged.
    #[must_use]
    pub fn unwanted(&self) -> &[Range<EntryNo>] {
        &self.unwanted
    }

    /// Files among the unwanted that an earlier attempt stored: sorted, and neighbours merged.
    #[must_use]
    pub fn stored(&self) -> &[Range<EntryNo>] {
        &self.stored
    }

    /// Files that seem to be there already, by size and time; wanted if they are others. Sorted, merged.
    #[must_use]
    pub fn likely(&self) -> &[Range<EntryNo>] {
        &self.likely
    }

    /// Bytes of the wanted files whose size is known.
    #[must_use]
    pub fn needs(&self) -> u64 {
        self.needs
    }

    /// What the person should know: names that are changed and why. Bounded.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        self.notes.lines()
    }

    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    pub(in crate::disk) fn is_unwanted(&self, no: EntryNo) -> bool {
        is_among(&self.unwanted, no)
    }

    pub(in crate::disk) fn is_likely(&self, no: EntryNo) -> bool {
        is_among(&self.likely, no)
    }
}

/// Folders that an offer may imply: Airlift offers each by itself, and a few long paths could else stand for
/// far more of them than entries may be offered.
const MOST_IMPLIED: u32 = 1_000_000;

impl Inbox {
    /// Checks a whole offer and decides where each entry goes. Writes nothing.
    ///
    /// `name`: another name for the one thing offered, or a new folder for several.
    ///
    /// # Errors
    /// When the offer contradicts itself, is larger than the free space, or `name` is no name.
    pub fn plan(&self, entries: &[Entry], name: Option<&str>, conflict: Conflict) -> Result<Plan, PlanError> {
        make(self, entries, name, conflict)
    }

    /// Files of an offer that seem to be there already, by name, size and time: what a plan with
    /// [`Conflict::Complete`] would not want as long as their digests agree.
    #[must_use]
    pub fn count_already(&self, entries: &[Entry], name: Option<&str>) -> u64 {
        complete::count_already(self, entries, name)
    }

    /// As [`Inbox::plan`], for another attempt at a transfer whose first one chose these names. What that
    /// one stored is not wanted again, and what it left has its space already.
    ///
    /// # Errors
    /// As [`Inbox::plan`].
    pub fn plan_again(
        &self,
        entries: &[Entry],
        names: &Names,
        conflict: Conflict,
    ) -> Result<Plan, PlanError> {
        again::make_again(self, entries, names, conflict)
    }

    /// Checks a speed test, whose content is not kept: no name of the offer is used.
    ///
    /// # Errors
    /// When the offer is not one file of a known size, or that is larger than the free space and is
    /// to be written.
    pub fn plan_trial(&self, entries: &[Entry], medium: Medium) -> Result<Plan, PlanError> {
        of_trial(self, entries, medium)
    }
}

/// See [`Inbox::plan`].
fn make(inbox: &Inbox, entries: &[Entry], name: Option<&str>, conflict: Conflict) -> Result<Plan, PlanError> {
    let mut planner = Planner::new(inbox, entries, conflict)?;
    if let Some(name) = name {
        planner.save_as(entries, name)?;
    }
    for (no, entry) in (0..).zip(entries) {
        planner.place(no, entry)?;
    }
    check_space(planner.space, planner.taking)?;
    Ok(planner.plan)
}

/// See [`Inbox::plan_trial`].
fn of_trial(inbox: &Inbox, entries: &[Entry], medium: Medium) -> Result<Plan, PlanError> {
    let [Entry { kind: EntryKind::File { size: Some(size), .. }, .. }] = entries else {
        return Err(PlanError::Absurd);
    };
    if medium == Medium::Disk {
        check_space(Space::of(inbox.folder()), *size)?;
    }
    Ok(Plan { needs: *size, purpose: Purpose::Trial(medium), ..Plan::default() })
}

struct Planner<'a> {
    inbox: &'a Inbox,
    plan: Plan,
    /// Every offered path, and every folder above one.
    offered: HashMap<&'a str, Offered>,
    /// What names are given away, as hashes of folder and key. A wrong match, once in billions,
    /// costs a number in a name.
    taken: HashSet<u64>,
    numbers: Numbers,
    /// Folders that were never offered themselves, and lead to something that was.
    implied: u32,
    hasher: RandomState,
    /// The folder in which the offer's top is.
    top: Folder,
    folders: u32,
    open: Folders<Dir>,
    space: Option<Space>,
    /// Bytes of disk that the wanted files take.
    taking: u64,
}

#[derive(Clone, Copy)]
enum Offered {
    File,
    /// Not yet placed.
    Folder,
    Placed(Folder),
}

/// A folder that was given its place.
#[derive(Clone, Copy)]
struct Folder {
    number: u32,
    fate: Fate,
    /// Of its path here.
    length: usize,
    depth: usize,
}

impl Folder {
    /// Of the path here of something in it.
    fn length_with(self, name: &str) -> usize {
        self.length + usize::from(self.length > 0) + name.len()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing stands there, or a file that will be replaced.
    New,
    /// A folder that is there.
    Merged,
    LeftOut,
    /// An earlier attempt has stored it.
    Stored,
    /// A file like it is there.
    Likely,
}

/// Why something gets another name than it was offered under.
enum Why {
    IsThere,
    SameName,
    CantBe,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IsThere => "is there already",
            Self::SameName => "would have the same name as another",
            Self::CantBe => "can't be a name here",
        })
    }
}

impl<'a> Planner<'a> {
    fn new(inbox: &'a Inbox, entries: &'a [Entry], conflict: Conflict) -> Result<Self, PlanError> {
        if entries.is_empty() {
            return Err(PlanError::Nothing);
        }
        if EntryNo::try_from(entries.len()).is_err() {
            return Err(PlanError::Absurd);
        }
        let mut offered = HashMap::with_capacity(entries.len());
        for entry in entries {
            let what = match entry.kind {
                EntryKind::Folder => Offered::Folder,
                EntryKind::File { .. } => Offered::File,
            };
            if offered.insert(entry.path.as_str(), what).is_some() {
                return Err(PlanError::Twice(entry.path.to_string()));
            }
        }
        Ok(Self {
            inbox,
            plan: Plan { names: LocalNames::default(), conflict, ..Plan::default() },
            offered,
            taken: HashSet::new(),
            numbers: Numbers::default(),
            implied: 0,
            hasher: RandomState::new(),
            top: Folder { number: 0, fate: Fate::Merged, length: 0, depth: 0 },
            folders: 1,
            open: Folders::default(),
            space: Space::of(inbox.folder()),
            taking: 0,
        })
    }

    /// Applies the name that the person chose.
    fn save_as(&mut self, entries: &[Entry], name: &str) -> Result<(), PlanError> {
        match RelPath::parse(name) {
            Ok(path) if path.parent().is_none() => {}
            _ => return Err(PlanError::BadName(text::visible(name).into_owned())),
        }
        let wish = self.inbox.rules.storable(name).into_owned();
        if wish != name {
            let (name, wish) = (text::visible(name), text::visible(&wish));
            self.plan.notes.add(format_args!("“{name}” {}: it will be “{wish}”.", Why::CantBe));
        }
        let top = entries[0].path.top();
        self.plan.names.set_save_as(&wish);
        if entries.iter().all(|entry| entry.path.top() == top) {
            return Ok(());
        }
        // A person who names a folder wants one, whatever is to become of files that are there.
        let conflict = match self.there(self.top, "", &wish) {
            Some(Kind::Folder) => self.plan.conflict,
            _ => Conflict::KeepBoth,
        };
        let Settled { name: holder, fate, why } =
            self.settle(self.top, "", &wish, Numbering::Folder, conflict);
        if let Some(why) = why {
            let (name, holder) = (text::visible(name), text::visible(&holder));
            self.plan.notes.add(format_args!("“{name}” {why}: the new folder will be “{holder}”."));
        }
        if fate == Fate::New {
            self.plan.fresh.push("".into());
        }
        self.plan.names.set_holder(&holder);
        self.top = self.new_folder(self.top, &holder, fate);
        Ok(())
    }

    fn place(&mut self, no: EntryNo, entry: &'a Entry) -> Result<(), PlanError> {
        let path = entry.path.as_str();
        let fate = match entry.kind {
            EntryKind::Folder => self.folder(path)?.fate,
            EntryKind::File { size, .. } => {
                let parent = self.parent(path)?;
                let known = self.stored_earlier(parent, entry).or_else(|| self.likely(parent, entry));
                let fate = match known {
                    Some(fate) => fate,
                    None => self.name(parent, path, Numbering::File)?.1,
                };
                match fate {
                    Fate::LeftOut | Fate::Stored => {}
                    Fate::Likely => self.add_to_needs(size.unwrap_or_default())?,
                    Fate::New | Fate::Merged => self.count(size.unwrap_or_default())?,
                }
                fate
            }
        };
        if matches!(fate, Fate::LeftOut | Fate::Stored) {
            extend(&mut self.plan.unwanted, no);
        }
        match fate {
            Fate::Stored => extend(&mut self.plan.stored, no),
            Fate::Likely => extend(&mut self.plan.likely, no),
            Fate::New | Fate::Merged | Fate::LeftOut => {}
        }
        Ok(())
    }

    fn parent(&mut self, path: &'a str) -> Result<Folder, PlanError> {
        match above(path) {
            "" => Ok(self.top),
            parent => self.folder(parent),
        }
    }

    /// Gives a folder its place, and first those above it.
    fn folder(&mut self, path: &'a str) -> Result<Folder, PlanError> {
        match self.offered.get(path) {
            Some(Offered::Placed(folder)) => return Ok(*folder),
            Some(Offered::File) => {
                return Err(PlanError::FileAndFolder(text::visible(path).into_owned()));
            }
            Some(Offered::Folder) => {}
            None => {
                self.implied += 1;
                if self.implied > MOST_IMPLIED {
                    return Err(PlanError::Absurd);
                }
            }
        }
        let parent = self.parent(path)?;
        let (name, fate) = match self.entered_earlier(parent, path) {
            Some(name) => (Cow::Owned(name), Fate::Merged),
            None => self.name(parent, path, Numbering::Folder)?,
        };
        // The folder that holds everything is made anew itself, and what is in it is alone there.
        if fate == Fate::New && parent.depth == 0 && self.plan.conflict == Conflict::KeepBoth {
            self.plan.fresh.push(path.into());
        }
        let folder = self.new_folder(parent, &name, fate);
        self.offered.insert(path, Offered::Placed(folder));
        Ok(folder)
    }

    fn new_folder(&mut self, parent: Folder, name: &str, fate: Fate) -> Folder {
        let number = self.folders;
        self.folders += 1;
        Folder { number, fate, length: parent.length_with(name), depth: parent.depth + 1 }
    }

    /// Decides the name of an offered path in the folder that is its parent.
    fn name(
        &mut self,
        parent: Folder,
        path: &'a str,
        numbering: Numbering,
    ) -> Result<(Cow<'a, str>, Fate), PlanError> {
        let offered = last(path);
        if parent.fate == Fate::LeftOut {
            return Ok((Cow::Borrowed(offered), Fate::LeftOut));
        }
        let wish = self.plan.names.wish(self.inbox.rules, path).into_owned();
        let Settled { name, fate, mut why } =
            self.settle(parent, above(path), &wish, numbering, self.plan.conflict);
        if why.is_none() && self.inbox.rules.storable(offered) != offered && fate != Fate::LeftOut {
            why = Some(Why::CantBe);
        }
        self.remark(path, &name, fate, why);
        if parent.length_with(&name) > RelPath::MAX_LEN || parent.depth + 1 > RelPath::MAX_DEPTH {
            return Err(PlanError::TooLong(text::visible(path).into_owned()));
        }
        // An earlier attempt may have given it another.
        self.plan.names.set(path, &name);
        if name == offered {
            return Ok((Cow::Borrowed(offered), fate));
        }
        Ok((Cow::Owned(name), fate))
    }

    fn key(&self, parent: Folder, name: &str) -> u64 {
        self.hasher.hash_one((parent.number, self.inbox.rules.key(name)))
    }

    /// What kind of thing stands under a name in a folder that exists.
    fn there(&self, parent: Folder, parent_path: &str, name: &str) -> Option<Kind> {
        self.look(parent, parent_path, name).map(|metadata| Kind::of(&metadata))
    }

    fn look(&self, parent: Folder, parent_path: &str, name: &str) -> Option<Metadata> {
        if parent.fate != Fate::Merged {
            return None;
        }
        // What can't be looked at is met again, and reported, when it is written.
        let metadata = if parent.number == 0 {
            self.inbox.dir.symlink_metadata(name)
        } else {
            self.open(&self.plan.names.path(parent_path)).and_then(|dir| dir.symlink_metadata(name))
        };
        metadata.ok()
    }

    fn open(&self, path: &str) -> io::Result<Arc<Dir>> {
        self.open.get_or_open(OsStr::new(path), || match above(path) {
            "" => self.inbox.dir.open_dir_nofollow(last(path)),
            parent => self.open(parent)?.open_dir_nofollow(last(path)),
        })
    }

    fn remark(&mut self, path: &str, name: &str, fate: Fate, why: Option<Why>) {
        let notes = &mut self.plan.notes;
        let shown = text::visible;
        match why {
            Some(Why::IsThere) if fate == Fate::LeftOut => {
                notes.add(format_args!("“{}” is there already and is left out.", shown(path)));
            }
            Some(Why::IsThere) if self.plan.names.wish(self.inbox.rules, path) == name => {
                notes.add(format_args!("“{}” is there already and will be replaced.", shown(path)));
            }
            Some(why) => {
                notes.add(format_args!("“{}” {why}: it will be stored as “{}”.", shown(path), shown(name)));
            }
            None => {}
        }
        if name.chars().any(text::is_deceptive) {
            notes.add(format_args!("“{}” has invisible characters in its name.", shown(path)));
        }
        if !path.contains('/') && name.starts_with('.') {
            notes.add(format_args!("“{}” will be hidden: its name starts with a dot.", shown(name)));
        }
    }

    fn count(&mut self, size: u64) -> Result<(), PlanError> {
        let block = self.space.map_or(1, |space| space.block);
        let taken = size.checked_next_multiple_of(block).and_then(|size| self.taking.checked_add(size));
        self.taking = taken.ok_or(PlanError::Absurd)?;
        self.add_to_needs(size)
    }

    fn add_to_needs(&mut self, size: u64) -> Result<(), PlanError> {
        self.plan.needs = self.plan.needs.checked_add(size).ok_or(PlanError::Absurd)?;
        Ok(())
    }
}

fn check_space(space: Option<Space>, needed: u64) -> Result<(), PlanError> {
    match space {
        Some(space) if needed > space.free.saturating_sub(space.reserve) && needed > 0 => {
            Err(PlanError::NoSpace { needed, free: space.free })
        }
        _ => Ok(()),
    }
}
