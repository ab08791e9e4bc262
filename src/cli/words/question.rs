//! The question whether an offer is wanted, and the answers to it.

use super::{
    meeting,
    phrases::{notes, place, top, who},
    texts, trial,
};
use crate::{
    cli::verdict::Verdict,
    model::{Agreement, Purpose, Transfer},
};

/// What is asked where the lines before say all else.
pub const YES_OR_NO: &str = "Please type y or n, then Enter.";

/// The answers that an offer can be given.
#[derive(Clone, Debug, Default)]
pub struct Answers(Vec<Verdict>);

impl Answers {
    #[must_use]
    pub fn of(offer: &Transfer) -> Self {
        let mut all = vec![Verdict::Yes, Verdict::No];
        if offer.compares() {
            all.push(Verdict::Differ);
            return Self(all);
        }
        all.extend((offer.already > 0).then_some(Verdict::Missing));
        all.extend(offer.meeting.map(|_| Verdict::Differ));
        Self(all)
    }

    #[must_use]
    pub fn has(&self, verdict: Verdict) -> bool {
        self.0.contains(&verdict)
    }

    /// What whoever has typed something else is told.
    #[must_use]
    pub fn again(&self) -> [String; 1] {
        [format!("Please type {}, then Enter.", self.letters())]
    }

    /// `y, n, or m`.
    fn letters(&self) -> String {
        self.listed(|verdict| match verdict {
            Verdict::Yes => "y",
            Verdict::Missing => "m",
            Verdict::Differ => "d",
            Verdict::No | Verdict::Nobody => "n",
        })
    }

    /// `y, n, or m for only what is missing`.
    fn explained(&self) -> String {
        self.listed(|verdict| match verdict {
            Verdict::Yes => "y",
            Verdict::Missing => "m for only what is missing",
            Verdict::Differ => "d if the codes differ",
            Verdict::No | Verdict::Nobody => "n",
        })
    }

    fn listed(&self, word: impl Fn(&Verdict) -> &'static str) -> String {
        let mut words: Vec<_> = self.0.iter().map(word).collect();
        let last = words.pop().unwrap_or_default();
        match words.as_slice() {
            [one] => format!("{one} or {last}"),
            several => format!("{}, or {last}", several.join(", ")),
        }
    }
}

/// What follows from a yes to more than there is room for.
const WHAT_FITS: &str = "After a yes, what fits arrives, and the rest waits until there is room.";

/// Why an offer is declined when the person closed the terminal's input.
pub const NOBODY_ANY_MORE: &str = "there is nobody at the terminal any more to ask";

/// What is said when an offer needs no answer any more.
#[must_use]
pub fn withdrawn() -> [String; 1] {
    ["The offer has ended; there is nothing to answer any more.".to_owned()]
}

/// The question to a person whether an offer is wanted; or, where no more than its size is known, whether both
/// devices show the same code.
#[must_use]
pub fn question(offer: &Transfer) -> Vec<String> {
    let answers = Answers::of(offer);
    if let Some(met) = offer.meeting.filter(|_| offer.compares()) {
        let what = match offer.summary.purpose {
            Purpose::Text => "You are asked whether you want to read it",
            Purpose::Files | Purpose::Trial(_) => "The names follow",
        };
        let mut lines = vec![
            String::new(),
            format!("{} wants to send {}.", who(&offer.peer), offer.summary.size_line()),
            format!("You have not met this device before. {what} when both of you have compared the code."),
        ];
        lines.extend(meeting::caution(offer));
        lines.push(format!(
            "Does the screen of {} show {}? Type {}, then Enter; n declines.",
            offer.peer.label(),
            meeting::code(met.code),
            answers.explained()
        ));
        return lines;
    }
    let mut lines = vec![String::new()];
    let last = if let Purpose::Trial(medium) = offer.summary.purpose {
        lines.extend(trial::question(offer, medium));
        format!("Accept the speed test by {}?", offer.peer.label())
    } else if offer.summary.purpose == Purpose::Text {
        lines = texts::question(offer).into();
        format!("Accept the text from {}?", offer.peer.label())
    } else {
        lines.push(format!("{} wants to send {}:", who(&offer.peer), offer.summary.size_line()));
        lines.extend(top(&offer.summary).into_iter().map(|item| format!("  {item}")));
        if let Some(folder) = &offer.folder {
            lines.push(format!("It would go to {}.", place(folder, offer.free)));
        }
        lines
            .extend(offer.lacks().map(|short| format!("There may not be enough room: {short}. {WHAT_FITS}")));
        lines.extend(notes(offer));
        lines.extend(offer.here_already());
        format!("Accept {} from {}?", offer.summary.title(), offer.peer.label())
    };
    if let Some(met) = offer.meeting {
        let code = meeting::code(met.code);
        lines.push(match met.here {
            Agreement::NotNeeded => format!("It has not met this device before. Both show the code {code}."),
            Agreement::Asked | Agreement::Given => {
                format!("You have not met this device before. Its screen must show the code {code}, too.")
            }
        });
    }
    lines.extend(meeting::caution(offer));
    lines.push(format!("{last} Type {}, then Enter.", answers.explained()));
    lines
}
