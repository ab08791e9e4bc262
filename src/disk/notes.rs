//! A bounded list of remarks for a person.

use std::fmt::Display;

/// Up to [`Notes::LISTED`] remarks; those beyond are counted in one last line.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    lines: Vec<String>,
    more: u64,
}

impl Notes {
    /// What a person may still read.
    pub const LISTED: usize = 20;

    /// Takes anything printable, so that what is only counted is never formatted.
    pub fn add(&mut self, note: impl Display) {
        if self.lines.len() < Self::LISTED {
            self.lines.push(note.to_string());
            return;
        }
        self.more += 1;
        self.lines.truncate(Self::LISTED);
        self.lines.push(format!("… and {} more like these.", self.more));
    }

    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_remarks_are_twenty_and_a_count() {
        let mut notes = Notes::default();
        assert!(notes.lines().is_empty());
        for n in 0..1_000 {
            notes.add(format_args!("note {n}"));
        }
        assert_eq!(notes.lines().len(), 21);
        assert_eq!(notes.lines()[19], "note 19");
        assert_eq!(notes.lines()[20], "… and 980 more like these.");
    }
}
