//! What is asked for beside words: the chips below the field, as a question.
//!
//! Knows what may be chosen and how it is called. Must not know how a chip looks.

use std::time::SystemTime;

use jiff::ToSpan as _;

use crate::{
    engine::history::{Became, DeviceIs, Order, Query, Screened},
    gui::when,
    model::{ContentKind, Direction},
};

pub const KINDS: [(ContentKind, &str); 8] = [
    (ContentKind::Picture, "Pictures"),
    (ContentKind::Video, "Videos"),
    (ContentKind::Sound, "Sound"),
    (ContentKind::Document, "Documents"),
    (ContentKind::Archive, "Archives"),
    (ContentKind::Program, "Programs"),
    (ContentKind::Text, "Text"),
    (ContentKind::Other, "Other"),
];

pub const DIRECTIONS: [(Direction, &str); 2] = [(Direction::Receive, "Received"), (Direction::Send, "Sent")];

pub const OUTCOMES: [(Became, &str); 9] = [
    (Became::Stored, "Arrived"),
    (Became::Already, "Was there already"),
    (Became::Held, "Held"),
    (Became::Infected, "Virus found"),
    (Became::Failed, "Failed"),
    (Became::LeftOut, "Left out"),
    (Became::Declined, "Declined"),
    (Became::Cancelled, "Cancelled"),
    (Became::Unsettled, "Not finished"),
];

pub const CHECKS: [(Screened, &str); 4] = [
    (Screened::Clean, "Nothing found"),
    (Screened::NotScanned, "Not checked"),
    (Screened::Infected, "Virus found"),
    (Screened::Off, "Without a scanner"),
];

pub const DATES: [(Dates, &str); 4] = [
    (Dates::Today, "Today"),
    (Dates::Week, "Last 7 days"),
    (Dates::Month, "Last 30 days"),
    (Dates::Year, "This year"),
];

pub const SIZES: [(Sizes, &str); 4] = [
    (Sizes::Small, "Under 1 MB"),
    (Sizes::Middle, "Over 1 MB"),
    (Sizes::Large, "Over 100 MB"),
    (Sizes::Huge, "Over 1 GB"),
];

pub const ORDERS: [(Order, &str); 3] =
    [(Order::Newest, "Newest first"), (Order::Name, "By name"), (Order::Size, "Largest first")];

/// Since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    Today,
    Week,
    Month,
    Year,
}

impl Dates {
    /// When the first of its days began.
    fn since(self, now: SystemTime) -> Option<SystemTime> {
        let today = when::day(now);
        let first = match self {
            Self::Today => today,
            Self::Week => today.checked_sub(6.days()).ok()?,
            Self::Month => today.checked_sub(29.days()).ok()?,
            Self::Year => today.first_of_year(),
        };
        when::start(first)
    }
}

/// How large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    Small,
    Middle,
    Large,
    Huge,
}

const MB: u64 = 1_000_000;

/// What is chosen. `None` is anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    pub kind: Option<ContentKind>,
    pub direction: Option<Direction>,
    pub device: Option<DeviceIs>,
    pub outcome: Option<Became>,
    pub check: Option<Screened>,
    pub dates: Option<Dates>,
    pub size: Option<Sizes>,
}

impl Filters {
    /// True where nothing is chosen.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// All of it as a question.
    pub fn query(&self, words: &str, order: Order, now: SystemTime) -> Query {
        let (larger, smaller) = match self.size {
            None => (None, None),
            Some(Sizes::Small) => (None, Some(MB)),
            Some(Sizes::Middle) => (Some(MB), None),
            Some(Sizes::Large) => (Some(100 * MB), None),
            Some(Sizes::Huge) => (Some(1000 * MB), None),
        };
        Query {
            words: words.to_owned(),
            kind: self.kind,
            direction: self.direction,
            device: self.device.clone(),
            outcome: self.outcome,
            since: self.dates.and_then(|dates| dates.since(now)),
            until: None,
            larger,
            smaller,
            screening: self.check,
            order,
        }
    }
}

/// What one of several is called.
pub fn called<T: PartialEq>(among: &[(T, &'static str)], value: &T) -> &'static str {
    among.iter().find(|(of, _)| of == value).map_or("", |(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_asked_for_has_a_name_of_its_own() {
        for kind in ContentKind::ALL {
            assert!(!called(&KINDS, &kind).is_empty(), "{kind}");
        }
        for outcome in Became::ALL {
            assert!(!called(&OUTCOMES, &outcome).is_empty(), "{outcome}");
        }
        for check in Screened::ALL {
            assert!(!called(&CHECKS, &check).is_empty(), "{check}");
        }
    }

    #[test]
    fn a_question_says_what_was_chosen_and_nothing_else() {
        let now = SystemTime::now();
        let anything = Filters::default();
        assert_eq!(anything.query("", Order::Newest, now), Query::default());
        let query = Filters { size: Some(Sizes::Huge), dates: Some(Dates::Week), ..anything }.query(
            "a b",
            Order::Size,
            now,
        );
        assert_eq!((query.words.as_str(), query.larger, query.smaller), ("a b", Some(1_000_000_000), None));
        let first = when::day(query.since.unwrap());
        assert_eq!(first, when::day(now).checked_sub(6.days()).unwrap());
        assert_eq!(query.order, Order::Size);
    }
}
