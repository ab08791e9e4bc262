//! What the folders of a plan make of names and times: those that are made are as the one that they are made in, and those
//! that are there may be on another disk, or fold letters where others don't.
//!
//! Tries what can't be known otherwise, and each disk once. Must not decide names.

use std::rc::Rc;

use cap_fs_ext::MetadataExt as _;

use super::{
    alike::Alike,
    fate::Fate,
    planner::{Folder, Planner},
};
use crate::disk::{
    inbox::probe::{self, Traits},
    naming::NameRules,
    system::descriptors,
};

impl Planner<'_> {
    pub fn traits(&self, folder: Folder) -> Traits {
        self.met.of(folder.traits).1
    }

    pub fn names(&self, folder: Folder) -> NameRules {
        self.traits(folder).names
    }

    /// The same folder with its own traits, where it is there and they are others than those of the one that it is in.
    /// `path` is as it was offered; of the folder that holds everything, `""`.
    pub fn tried(&mut self, folder: Folder, path: &str) -> Folder {
        let (device, above) = self.met.of(folder.traits);
        // What can't be opened is met again, and told, when it is written to.
        if folder.fate != Fate::Merged {
            return folder;
        }
        let here = self.plan.names.path(path);
        let open = || self.open(&here).and_then(|dir| Ok((dir.dir_metadata()?, dir)));
        let opened = descriptors::wait_for_one(open, descriptors::are_used_up, || self.open.forget_all());
        let Ok((there, dir)) = opened else { return folder };
        let now = if there.dev() == device {
            probe::below(&dir, above, || self.alike().is_in(path))
        } else {
            match self.met.of_disk(there.dev()) {
                Some(traits) => probe::below(&dir, traits, || self.alike().is_in(path)),
                None => probe::traits(&dir).unwrap_or(above),
            }
        };
        if now != above {
            self.plan.traits.insert(path.into(), now);
        }
        Folder { traits: self.met.number(there.dev(), now), ..folder }
    }

    /// Gone through once, and only where it matters.
    fn alike(&self) -> Rc<Alike> {
        let among = || Rc::new(Alike::among(self.offered.keys().copied()));
        Rc::clone(self.alike.get_or_init(among))
    }
}
