//! What is said of the files of a transfer that were let in though nobody could look into them.
//!
//! Knows why. Must not know which files they are: the history marks each.

use crate::model::{NotScanned, text};

/// Reasons that are said: further ones are not.
const REASONS: usize = 3;

/// Files of one transfer that were let in unchecked.
#[derive(Debug, Default)]
pub struct Unchecked {
    files: u64,
    reasons: Vec<String>,
    has_more: bool,
}

impl Unchecked {
    pub fn add(&mut self, why: &NotScanned) {
        self.files += 1;
        let why = text::visible(&why.to_string()).trim_end_matches('.').to_owned();
        if self.reasons.contains(&why) {
            return;
        }
        if self.reasons.len() < REASONS {
            self.reasons.push(why);
        } else {
            self.has_more = true;
        }
    }

    /// What is said at the end; `None` where there are none.
    pub fn note(&self) -> Option<String> {
        let files = text::count(self.files, "file was", "files were");
        let reasons = self.reasons.join("; ");
        let more = if self.has_more { "; and for other reasons" } else { "" };
        (self.files > 0).then(|| format!("{files} let in without a virus check: {reasons}{more}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_and_each_reason_is_said_once() {
        let mut unchecked = Unchecked::default();
        assert_eq!(unchecked.note(), None);
        unchecked.add(&NotScanned::TooLarge);
        let note = unchecked.note().unwrap();
        assert_eq!(note, "1 file was let in without a virus check: too large for the virus scanner.");
        for why in
            [NotScanned::TooLarge, NotScanned::Failed("No\u{1b} such file.".to_owned()), NotScanned::Busy]
        {
            unchecked.add(&why);
        }
        let note = unchecked.note().unwrap();
        assert_eq!(
            note,
            "4 files were let in without a virus check: too large for the virus scanner; the virus scanner says: \
             No\\u{1b} such file; the virus scanner is busy."
        );
        unchecked.add(&NotScanned::Starting);
        assert!(unchecked.note().unwrap().ends_with("is busy; and for other reasons."));
    }
}
