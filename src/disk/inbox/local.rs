//! Where an offered path goes below the receiving folder.
//!
//! Only differences are kept: a million entries that are stored as they are named cost nothing.

use std::{borrow::Cow, collections::HashMap, iter::successors};

use serde::{Deserialize, Serialize};

use crate::{disk::naming::NameRules, model::RelPath};

/// The names that one attempt at a transfer chose, for the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub(in crate::disk) chosen: LocalNames,
    tops: Vec<Top>,
}

/// A folder at the top that something of the transfer goes into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::disk) struct Top {
    pub name: Box<str>,
    pub origin: Origin,
}

/// Whether a folder was there before the transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::disk) enum Origin {
    Made,
    Found,
}

impl Names {
    pub(in crate::disk) fn new(chosen: LocalNames, tops: Vec<Top>) -> Self {
        Self { chosen, tops }
    }

    pub(in crate::disk) fn tops(&self) -> &[Top] {
        &self.tops
    }

    /// Finds out how files were offered from where they are. Names that had to change after they were chosen stay as they
    /// are here.
    #[must_use]
    pub fn offers(&self) -> Offers<'_> {
        let LocalNames { holder, changed, .. } = &self.chosen;
        let changed = changed.iter().map(|(offered, name)| ((above(offered), &**name), &**offered)).collect();
        Offers { holder: holder.as_deref(), changed }
    }
}

/// The way back from paths below the receiving folder to offered ones.
pub struct Offers<'a> {
    holder: Option<&'a str>,
    /// By the offered path above and the name here: the whole offered path.
    changed: HashMap<(&'a str, &'a str), &'a str>,
}

impl Offers<'_> {
    #[must_use]
    pub fn offered(&self, local: &str) -> String {
        let inside = |holder| local.strip_prefix(holder)?.strip_prefix('/');
        let mut offered = String::with_capacity(local.len());
        for name in self.holder.and_then(inside).unwrap_or(local).split('/') {
            if let Some(whole) = self.changed.get(&(offered.as_str(), name)) {
                offered = (*whole).to_owned();
            } else {
                if !offered.is_empty() {
                    offered.push('/');
                }
                offered.push_str(name);
            }
        }
        offered
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::disk) struct LocalNames {
    /// A new folder that holds everything.
    holder: Option<Box<str>>,
    /// The person's own name for what holds everything, or for the one thing at the top.
    save_as: Option<Box<str>>,
    /// By whole offered path: the last component's name here, where it is another.
    changed: HashMap<Box<str>, Box<str>>,
}

impl LocalNames {
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    pub fn set_holder(&mut self, name: &str) {
        self.holder = Some(name.into());
    }

    pub fn set_save_as(&mut self, name: &str) {
        self.save_as = Some(name.into());
    }

    /// Records that the last component of `offered` is called `name` here.
    pub fn set(&mut self, offered: &str, name: &str) {
        if last(offered) == name {
            self.changed.remove(offered);
        } else {
            self.changed.insert(offered.into(), name.into());
        }
    }

    /// The path here of an offered path; of `""`, the folder that holds everything.
    pub fn path<'p>(&'p self, offered: &'p str) -> Cow<'p, str> {
        if self.changed.is_empty() && self.holder.is_none() {
            return Cow::Borrowed(offered);
        }
        let mut path = String::with_capacity(offered.len() + 32);
        path.push_str(self.holder.as_deref().unwrap_or_default());
        let mut end = 0;
        for component in offered.split('/').filter(|component| !component.is_empty()) {
            end += component.len() + usize::from(end > 0);
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(self.changed.get(&offered[..end]).map_or(component, |name| name));
        }
        Cow::Owned(path)
    }

    /// The name that an offered path's last component would have here if no other stood there; of
    /// `""`, the folder that holds everything.
    pub fn wish<'p>(&'p self, rules: NameRules, offered: &'p str) -> Cow<'p, str> {
        let is_named_by_person = match self.holder {
            Some(_) => offered.is_empty(),
            None => !offered.contains('/'),
        };
        match &self.save_as {
            Some(name) if is_named_by_person => Cow::Borrowed(name),
            _ => rules.storable(last(offered)),
        }
    }
}

/// The last component of a path.
pub(in crate::disk) fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Everything but the last component; `""` at the top.
pub(in crate::disk) fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}

/// The folders above a path, the nearest first and the receiving folder, `""`, last.
pub(in crate::disk) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    successors(Some(above(path)), |path| (!path.is_empty()).then(|| above(path)))
}

/// A local path in the form that is safe to show.
pub(in crate::disk) fn shown(path: &str) -> String {
    RelPath::parse(path).map_or_else(|_| String::new(), |path| path.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_every_path_here_the_offered_one_is_found() {
        let mut chosen = LocalNames::default();
        for (offered, name) in [("a", "a (1)"), ("a (1)", "a (1) (1)"), ("a/b/c", "_c"), ("a/b", "b (1)")] {
            chosen.set(offered, name);
        }
        for holder in [None, Some("all")] {
            if let Some(holder) = holder {
                chosen.set_holder(holder);
            }
            let names = Names::new(chosen.clone(), Vec::new());
            for offered in ["a", "a (1)", "a/b", "a/b/c", "a/b/_c", "a/x", "a (1)/b/c", "x/a", "all/a"] {
                let local = names.chosen.path(offered).into_owned();
                let found = names.offers().offered(&local);
                // Both have one name here, which no receiver chooses.
                let same = offered == "a/b/_c" && found == "a/b/c";
                assert!(found == offered || same, "{holder:?}: {offered}, {local}: {found}");
            }
        }
    }

    #[test]
    fn a_changed_folder_changes_the_way_to_all_that_is_in_it() {
        let mut names = LocalNames::default();
        assert_eq!(names.path("a/b/c"), "a/b/c");
        names.set("a", "a (1)");
        names.set("a/b/c", "_c");
        names.set("x", "x");
        assert_eq!(names.path("a/b/c"), "a (1)/b/_c");
        assert_eq!(names.path("a/b/cc"), "a (1)/b/cc");
        assert_eq!(names.path("ab"), "ab");
        names.set_holder("all");
        assert_eq!(names.path("a/b/c"), "all/a (1)/b/_c");
        assert_eq!(names.path(""), "all");
        names.set("a", "a");
        assert_eq!(names.path("a"), "all/a");
        assert_eq!(ancestors("a/b/c").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(ancestors("a").collect::<Vec<_>>(), [""]);
    }
}
