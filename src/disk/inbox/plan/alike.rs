//! In which folders of an offer there are names that are one where letters fold.
//!
//! Knows strings only.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

use crate::disk::{
    inbox::local::{above, last},
    naming::folded,
};

/// Offered paths of those folders, as hashes. A wrong match costs a trial.
pub struct Alike {
    folders: HashSet<u64>,
    hasher: RandomState,
}

impl Alike {
    pub fn among<'p>(paths: impl Iterator<Item = &'p str>) -> Self {
        let hasher = RandomState::new();
        let (mut seen, mut folders) = (HashSet::new(), HashSet::new());
        for path in paths {
            let folder = above(path);
            let is_first = if path.is_ascii() {
                seen.insert(hasher.hash_one((folder, last(path).to_ascii_lowercase())))
            } else {
                seen.insert(hasher.hash_one((folder, folded(last(path)))))
            };
            if !is_first {
                folders.insert(hasher.hash_one(folder));
            }
        }
        Self { folders, hasher }
    }

    pub fn is_in(&self, folder: &str) -> bool {
        self.folders.contains(&self.hasher.hash_one(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_with_names_that_fold_into_one_are_among_them() {
        let paths = ["a/README", "a/readme", "b/README", "c/straße", "c/STRASSE", "Top", "d/x", "d/y", "D/x"];
        let alike = Alike::among(paths.into_iter());
        for (folder, is_in) in [("a", true), ("b", false), ("c", true), ("", false), ("d", false)] {
            assert_eq!(alike.is_in(folder), is_in, "{folder}");
        }
        assert!(Alike::among(["top", "TOP"].into_iter()).is_in(""));
    }
}
