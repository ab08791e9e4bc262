//! Which errors were told, so that at the end nothing is told twice.
//!
//! Knows those who tell. Must not know what happens, nor how anything is worded.

use std::collections::VecDeque;

use super::news::{News, Tell};
use crate::model::Problem;

/// Of a receiver that waits for months, so many of the latest.
const MOST: usize = 64;

/// Has somebody else tell, and remembers the errors.
pub struct Errors<'a> {
    tell: &'a mut dyn Tell,
    told: VecDeque<String>,
}

impl<'a> Errors<'a> {
    pub fn of(tell: &'a mut dyn Tell) -> Self {
        Self { tell, told: VecDeque::new() }
    }

    /// Tells what was not told before.
    pub fn tell_others(&mut self, problems: &[Problem]) {
        for Problem { text, .. } in problems {
            if !self.told.contains(text) {
                self.tell(News::Error(text));
            }
        }
    }
}

impl Tell for Errors<'_> {
    fn tell(&mut self, news: News<'_>) {
        if let News::Error(text) = news {
            if self.told.len() >= MOST {
                self.told.pop_front();
            }
            self.told.push_back(text.to_owned());
        }
        self.tell.tell(news);
    }

    fn ask(&mut self, lines: &[String]) {
        self.tell.ask(lines);
    }

    fn answered(&mut self) {
        self.tell.answered();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::stage::Told,
        model::{ProblemKind, Side},
    };

    #[test]
    fn what_is_missing_at_the_end_is_told_unless_it_was_told_before() {
        let mut told = Told::new();
        let mut errors = Errors::of(&mut told);
        errors.tell(News::Error("The first."));
        errors.tell(News::Cancelling);
        let problem =
            |text: &str| Problem { side: Side::Here, kind: ProblemKind::Files, text: text.to_owned() };
        errors.tell_others(&["The first.", "The second."].map(problem));
        let texts: Vec<_> = told.json().iter().filter(|line| line["event"] == "error").cloned().collect();
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[1].to_string().contains("The second."), "{texts:?}");
    }
}
