//! What is said of the files of a transfer that are kept apart at its receiver.
//!
//! Knows names and what was found. Must not know how it was found, or where they lie.

use crate::model::{Caught, Side, text};

/// Names that are said, of each sort: the others are counted.
const NAMED: usize = 5;

/// Files of one transfer that are in quarantine.
#[derive(Debug, Default)]
pub struct KeptApart {
    /// Each is named among the problems already.
    infected: u64,
    held: Names,
}

#[derive(Debug, Default)]
struct Names {
    count: u64,
    named: Vec<String>,
}

impl Names {
    fn add(&mut self, name: String) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(name);
        }
    }

    /// `a, b and 3 more`; `None` where there are none.
    fn list(&self) -> Option<String> {
        let more = self.count - self.named.len() as u64;
        let all = self.named.join(", ");
        (self.count > 0).then(|| if more > 0 { format!("{all} and {more} more") } else { all })
    }
}

impl KeptApart {
    /// One more, by its offered path.
    pub fn add(&mut self, path: &str, why: &Caught) {
        match why {
            Caught::Infected(_) => self.infected += 1,
            Caught::Held(_) => self.held.add(format!("“{}”", text::visible(path))),
        }
    }

    /// How many files something was found in.
    pub fn infected(&self) -> u64 {
        self.infected
    }

    /// What is said at the end; `at` is on whose side they are.
    pub fn notes(&self, at: Side) -> Vec<String> {
        let (count, files) = (self.infected, text::count(self.infected, "file is", "files are"));
        let infected = (count > 0).then(|| match at {
            Side::Here => format!("{files} in quarantine."),
            Side::There => {
                let them = if count == 1 { "it" } else { "them" };
                format!(
                    "{files} in quarantine on the other device. Check {them} here before you send {them} again."
                )
            }
        });
        let held = self.held.list().map(|names| {
            let count = self.held.count;
            let files = text::count(count, "file is", "files are");
            let they = if count == 1 { "it" } else { "they" };
            match at {
                Side::Here => {
                    format!("{files} held in quarantine until {they} can be checked for viruses: {names}.")
                }
                Side::There => format!(
                    "{files} stored on the other device and held there until {they} can be checked for viruses: {names}."
                ),
            }
        });
        infected.into_iter().chain(held).collect()
    }
}

/// Why a file has failed in which something was found. What follows from that is said once, of all of them.
pub fn infected(name: &str) -> String {
    format!("A virus was found in it ({}).", text::visible(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NotScanned;

    #[test]
    fn what_is_kept_apart_is_named_and_the_rest_is_counted() {
        let mut apart = KeptApart::default();
        assert!(apart.notes(Side::Here).is_empty());
        apart.add("a/b.exe", &Caught::Infected("Eve\u{1b}il".to_owned()));
        assert_eq!(apart.notes(Side::Here), ["1 file is in quarantine."]);
        assert!(!infected("Eve\u{1b}il").contains('\u{1b}'));
        for number in 0..6 {
            apart.add(&format!("{number}"), &Caught::Held(NotScanned::Busy));
        }
        let notes = apart.notes(Side::There);
        assert!(
            notes[0].contains("on the other device") && notes[0].ends_with("send it again."),
            "{notes:?}"
        );
        assert!(notes[1].contains("“4” and 1 more") && notes[1].starts_with("6 files are"), "{notes:?}");
    }
}
