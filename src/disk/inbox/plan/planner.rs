//! Goes through an offer once, and gives every entry its place.
//!
//! Knows entries, names that were given away, and what is in the folder. Asks nobody.

use std::{
    borrow::Cow,
    cell::OnceCell,
    collections::{HashMap, HashSet},
    ffi::OsStr,
    hash::{BuildHasher as _, RandomState},
    io,
    rc::Rc,
    sync::Arc,
};

use cap_fs_ext::DirExt as _;
use cap_std::fs::{Dir, Metadata};

use super::{
    alike::Alike,
    decided::{Attempt, Plan, Target},
    fate::{Fate, Why, remark},
    free_name::{Numbers, Settled},
    held::HeldTo,
    met::Met,
    ranges::extend,
    room::{Fits, Room},
};
use crate::{
    disk::{
        error::PlanError,
        folders::Folders,
        inbox::{
            Inbox,
            local::{LocalNames, above, last},
        },
        kind::Kind,
        naming::Numbering,
        system::{descriptors, identity},
    },
    model::{Coming, Conflict, Effect, Entry, EntryKind, EntryNo, LeaveOut, RelPath, Stood, text},
};

/// Folders that an offer may imply: Airlift offers each by itself, and a few long paths could else stand for
/// far more of them than entries may be offered.
const MOST_IMPLIED: u32 = 1_000_000;

pub struct Planner<'a> {
    pub inbox: &'a Inbox,
    pub plan: Plan,
    /// Every offered path, and every folder above one.
    pub offered: HashMap<&'a str, Offered>,
    /// What names are given away, as hashes of folder and key. A wrong match, once in billions,
    /// costs a number in a name.
    pub taken: HashSet<u64>,
    /// The files there that entries take the place of, or are taken for: each for one of them. Two names that the
    /// receiving folder tells apart may be one in a folder below it, which has rules of its own.
    pub claimed: HashSet<(u64, u64)>,
    pub numbers: Numbers,
    /// Folders that were never offered themselves, and lead to something that was.
    pub implied: u32,
    pub hasher: RandomState,
    /// The folder in which the offer's top is.
    pub top: Folder,
    pub folders: u32,
    pub open: Folders<Dir>,
    pub met: Met,
    pub alike: OnceCell<Rc<Alike>>,
    pub room: Room,
    pub held: Option<HeldTo<'a>>,
    /// What its person does not want.
    pub without: Option<&'a LeaveOut>,
}

#[derive(Clone, Copy)]
pub enum Offered {
    File,
    /// Not yet placed.
    Folder,
    Placed(Folder),
}

/// A folder that was given its place.
#[derive(Clone, Copy)]
pub struct Folder {
    pub number: u32,
    /// Of its traits.
    pub traits: u32,
    pub fate: Fate,
    /// Of its path here.
    pub length: usize,
    pub depth: usize,
}

impl Folder {
    /// Of the path here of something in it.
    pub fn length_with(self, name: &str) -> usize {
        self.length + usize::from(self.length > 0) + name.len()
    }
}

impl<'a> Planner<'a> {
    pub fn new(inbox: &'a Inbox, entries: &'a [Entry], conflict: Conflict) -> Result<Self, PlanError> {
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
            claimed: HashSet::new(),
            numbers: Numbers::default(),
            implied: 0,
            hasher: RandomState::new(),
            top: Folder { number: 0, traits: 0, fate: Fate::Merged, length: 0, depth: 0 },
            folders: 1,
            open: Folders::default(),
            met: Met::new(inbox.device(), inbox.traits),
            alike: OnceCell::new(),
            room: Room::of(inbox, entries),
            held: None,
            without: None,
        })
    }

    /// Applies the name that the person chose.
    pub fn save_as(&mut self, entries: &[Entry], name: &str) -> Result<(), PlanError> {
        match RelPath::parse(name) {
            Ok(path) if path.parent().is_none() => {}
            _ => return Err(PlanError::BadName(text::visible(name).into_owned())),
        }
        let wish = self.names(self.top).storable(name).into_owned();
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
        let top = self.new_folder(self.top, &holder, fate);
        self.top = self.tried(top, "");
        Ok(())
    }

    pub fn place(&mut self, no: EntryNo, entry: &'a Entry) -> Result<(), PlanError> {
        let path = entry.path.as_str();
        let is_new = self.is_new(entry);
        let is_chosen_out = self.without.is_some_and(|without| without.has(no));
        let fate = match entry.kind {
            EntryKind::Folder if is_new || is_chosen_out => {
                let folder = self.new_folder(self.top, path, Fate::LeftOut);
                self.offered.insert(path, Offered::Placed(folder));
                Fate::LeftOut
            }
            EntryKind::Folder => self.folder(path)?.fate,
            EntryKind::File { .. } if is_new => {
                self.plan.left_out.new += 1;
                Fate::LeftOut
            }
            EntryKind::File { .. } if is_chosen_out => {
                self.plan.left_out.chosen += 1;
                Fate::LeftOut
            }
            EntryKind::File { size, .. } => self.file(no, entry, size.unwrap_or_default())?,
        };
        if matches!(fate, Fate::LeftOut | Fate::Stored | Fate::Apart | Fate::Beyond | Fate::Refused) {
            extend(&mut self.plan.unwanted, no);
        }
        match fate {
            Fate::Stored => extend(&mut self.plan.stored, no),
            Fate::Likely => extend(&mut self.plan.likely, no),
            Fate::Beyond => extend(&mut self.plan.beyond, no),
            Fate::New | Fate::Replaces | Fate::Merged | Fate::LeftOut | Fate::Apart | Fate::Refused => {}
        }
        Ok(())
    }

    fn file(&mut self, no: EntryNo, entry: &'a Entry, size: u64) -> Result<Fate, PlanError> {
        let path = entry.path.as_str();
        let coming = self.held.as_ref().map_or(Coming::First, |held| held.coming(entry));
        if coming == Coming::Unchanged {
            if let Some((digest, why)) = self.held.as_ref().and_then(|held| held.caught(entry)) {
                self.plan.apart.push((no, digest, why));
                return Ok(Fate::Apart);
            }
            // What has become of it since is its person's affair.
            return Ok(Fate::Stored);
        }
        let parent = self.parent(path)?;
        let is_likely =
            coming == Coming::First && (self.left_earlier(parent, entry) || self.likely(parent, entry));
        let Some((conflict, told)) = self.hold(parent, entry) else { return Ok(Fate::Beyond) };
        let conflict = match conflict {
            Conflict::Replace if !is_likely && self.is_claimed(parent, path) => Conflict::KeepBoth,
            conflict => conflict,
        };
        if is_likely {
            if conflict == Conflict::Replace {
                self.aim(no, parent, path, told);
            }
            self.add_to_needs(size)?;
            return Ok(Fate::Likely);
        }
        // What would not come anyway has not failed.
        if self.room.fits(size) == Fits::Never && !self.is_left_out(parent, path, conflict) {
            self.room.refuse(no, size)?;
            return Ok(Fate::Refused);
        }
        if self.renews(no, parent, entry) {
            self.count(entry, size)?;
            return Ok(Fate::Replaces);
        }
        let fate = self.name(parent, path, Numbering::File, conflict)?.1;
        if fate == Fate::Replaces {
            self.aim(no, parent, path, told);
        }
        match fate {
            Fate::LeftOut if parent.fate == Fate::LeftOut => self.plan.left_out.below += 1,
            Fate::LeftOut => self.plan.left_out.there += 1,
            _ => self.count(entry, size)?,
        }
        Ok(fate)
    }

    /// Has a file take the place of what its person was told of, under the very name, and of nothing else.
    fn aim(&mut self, no: EntryNo, parent: Folder, path: &str, told: Option<Stood>) {
        let wish = self.plan.names.wish(self.names(parent), path).into_owned();
        if last(&self.plan.names.path(path)) != wish {
            return;
        }
        let Some(there) = self.look(parent, above(path), &wish) else { return };
        // With the first offer, that is what stands there then.
        let told = told.unwrap_or_else(|| identity::stood(&there));
        self.claim(&there);
        self.plan.targets.insert(no, Target::Told(told));
    }

    /// False when another entry has this file for itself.
    pub fn claim(&mut self, there: &Metadata) -> bool {
        identity::only_name(there).is_none_or(|number| self.claimed.insert(number))
    }

    /// True when another entry has what stands under the name that this one would like.
    fn is_claimed(&self, parent: Folder, path: &str) -> bool {
        let wish = self.plan.names.wish(self.names(parent), path);
        let there = self.look(parent, above(path), &wish);
        there
            .and_then(|there| identity::only_name(&there))
            .is_some_and(|number| self.claimed.contains(&number))
    }

    /// True of what nobody has said yes to. It is said, and left out.
    fn is_new(&mut self, entry: &Entry) -> bool {
        let is_new = self.held.as_mut().is_some_and(|held| held.is_new(entry));
        if is_new {
            let path = text::visible(entry.path.as_str());
            self.plan.notes.add(format_args!("“{path}” was not part of what was accepted, and is left out."));
        }
        is_new
    }

    /// What becomes of a file that is wanted where something stands under its name, and what of that its person was told
    /// would be replaced; `None` where more would come of it than was agreed.
    fn hold(&mut self, parent: Folder, entry: &Entry) -> Option<(Conflict, Option<Stood>)> {
        let effect = match &mut self.held {
            Some(held) => held.hold(entry)?,
            None if self.plan.attempt == Attempt::First => return Some((self.plan.conflict, None)),
            // Nobody knows any more what was said.
            None => Effect::Adds,
        };
        let told = match effect {
            Effect::Adds => None,
            Effect::Replaces(stood) => {
                let wish = self.plan.names.wish(self.names(parent), entry.path.as_str());
                let there = self.look(parent, above(entry.path.as_str()), &wish);
                there.is_none_or(|there| identity::is_as_it_stood(&there, stood)).then_some(stood)
            }
        };
        Some(match self.plan.conflict {
            Conflict::Replace if told.is_none() => (Conflict::KeepBoth, None),
            // What stood there when it was agreed was left out then: this has come since.
            Conflict::Skip => (Conflict::KeepBoth, None),
            conflict => (conflict, told),
        })
    }

    pub fn parent(&mut self, path: &'a str) -> Result<Folder, PlanError> {
        match above(path) {
            "" => Ok(self.top),
            parent => self.folder(parent),
        }
    }

    /// Gives a folder its place, and first those above it.
    pub fn folder(&mut self, path: &'a str) -> Result<Folder, PlanError> {
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
            None => self.name(parent, path, Numbering::Folder, self.plan.conflict)?,
        };
        // The folder that holds everything is made anew itself, and what is in it is alone there.
        if fate == Fate::New && parent.depth == 0 && self.plan.conflict == Conflict::KeepBoth {
            self.plan.fresh.push(path.into());
        }
        let folder = self.new_folder(parent, &name, fate);
        let folder = self.tried(folder, path);
        self.offered.insert(path, Offered::Placed(folder));
        Ok(folder)
    }

    pub fn new_folder(&mut self, parent: Folder, name: &str, fate: Fate) -> Folder {
        let number = self.folders;
        self.folders += 1;
        Folder {
            number,
            traits: parent.traits,
            fate,
            length: parent.length_with(name),
            depth: parent.depth + 1,
        }
    }

    /// Decides the name of an offered path in the folder that is its parent.
    pub fn name(
        &mut self,
        parent: Folder,
        path: &'a str,
        numbering: Numbering,
        conflict: Conflict,
    ) -> Result<(Cow<'a, str>, Fate), PlanError> {
        let offered = last(path);
        if parent.fate == Fate::LeftOut {
            return Ok((Cow::Borrowed(offered), Fate::LeftOut));
        }
        let wish = self.plan.names.wish(self.names(parent), path).into_owned();
        let Settled { name, fate, mut why } = self.settle(parent, above(path), &wish, numbering, conflict);
        if why.is_none() && self.names(parent).storable(offered) != offered && fate != Fate::LeftOut {
            why = Some(Why::CantBe);
        }
        remark(&mut self.plan.notes, path, &name, fate, why);
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

    pub fn key(&self, parent: Folder, name: &str) -> u64 {
        self.hasher.hash_one((parent.number, self.names(parent).key(name)))
    }

    /// What kind of thing stands under a name in a folder that exists.
    pub fn there(&self, parent: Folder, parent_path: &str, name: &str) -> Option<Kind> {
        self.look(parent, parent_path, name).map(|metadata| Kind::of(&metadata))
    }

    pub fn look(&self, parent: Folder, parent_path: &str, name: &str) -> Option<Metadata> {
        if parent.fate != Fate::Merged {
            return None;
        }
        let look = || {
            if parent.number == 0 {
                self.inbox.dir.symlink_metadata(name)
            } else {
                self.open(&self.plan.names.path(parent_path)).and_then(|dir| dir.symlink_metadata(name))
            }
        };
        let metadata = descriptors::wait_for_one(look, descriptors::are_used_up, || self.open.forget_all());
        // What can't be looked at is met again, and reported, when it is written.
        metadata.ok()
    }

    pub fn open(&self, path: &str) -> io::Result<Arc<Dir>> {
        self.open.get_or_open(OsStr::new(path), || match above(path) {
            "" => self.inbox.dir.open_dir_nofollow(last(path)),
            parent => self.open(parent)?.open_dir_nofollow(last(path)),
        })
    }

    fn count(&mut self, entry: &Entry, size: u64) -> Result<(), PlanError> {
        self.room.take(entry, size)?;
        self.add_to_needs(size)
    }

    fn add_to_needs(&mut self, size: u64) -> Result<(), PlanError> {
        self.plan.needs = self.plan.needs.checked_add(size).ok_or(PlanError::Absurd)?;
        Ok(())
    }

    /// The plan, with what its person is to know of what can't be here.
    pub fn done(mut self) -> Plan {
        if let Some(note) = self.room.note() {
            self.plan.notes.add(note);
        }
        Plan { refused: self.room.refused, ..self.plan }
    }
}
