//! What a sender's own names are called on the wire: text, and no two the same.
//!
//! Knows strings only.

use std::{collections::HashMap, ffi::OsStr, fmt::Write as _, path::Path};

use crate::{
    disk::naming::{Case, Characters, Longest, NameRules, Numbering, Unicode},
    model::RelPath,
};

/// A name as text: what is not UTF-8 is written as `%` and two hexadecimal digits a byte.
pub(in crate::disk) fn spell(name: &OsStr) -> String {
    let mut spelled = String::with_capacity(name.len());
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        spelled.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(spelled, "%{byte:02X}");
        }
    }
    spelled
}

/// A name for the root of a disk, which has none.
pub(in crate::disk) fn name_of_root(path: &Path) -> String {
    let letters: String = path.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect();
    if letters.is_empty() { "root".to_owned() } else { letters }
}

/// Names that are given away in one folder, each with the last number it was given with.
#[derive(Default)]
pub(in crate::disk) struct Taken(HashMap<String, u32>);

impl Taken {
    /// A sender's name may have any character and length that its own system allows.
    const RULES: NameRules = NameRules {
        characters: Characters::Any,
        case: Case::Matters,
        unicode: Unicode::Exact,
        longest: Longest::Bytes(RelPath::MAX_COMPONENT),
    };

    /// `name`, or with the first number that makes it a new one.
    pub fn free(&self, name: &str, numbering: Numbering) -> String {
        self.next(name, numbering).0
    }

    fn next(&self, name: &str, numbering: Numbering) -> (String, u32) {
        let mut free = name.to_owned();
        let mut number = self.0.get(name).copied().unwrap_or_default();
        while self.0.contains_key(&free) {
            number += 1;
            free = Self::RULES.numbered(name, number, numbering);
        }
        (free, number)
    }

    /// The same; it is taken then.
    pub fn take(&mut self, name: &str, numbering: Numbering) -> String {
        let (free, number) = self.next(name, numbering);
        if number > 0 {
            self.0.insert(name.to_owned(), number);
        }
        self.0.insert(free.clone(), 0);
        free
    }
}

impl<'n> FromIterator<&'n str> for Taken {
    fn from_iter<I: IntoIterator<Item = &'n str>>(names: I) -> Self {
        Self(names.into_iter().map(|name| (name.to_owned(), 0)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_taken_often_goes_on_counting_and_skips_what_is_there() {
        let mut taken: Taken = ["x (2).txt"].into_iter().collect();
        let names = [0; 4].map(|_| taken.take("x.txt", Numbering::File));
        assert_eq!(names, ["x.txt", "x (1).txt", "x (3).txt", "x (4).txt"]);
        assert_eq!(taken.take("x (2).txt", Numbering::File), "x (2) (1).txt");
        // With a search from 1 for each, this would not end.
        let last = (0..50_000).map(|_| taken.take("same", Numbering::Folder)).last();
        assert_eq!(last.unwrap(), "same (49999)");
    }
}
