//! What an answer is worth.
//!
//! Knows the conditions under which a file is called clean, in one place. Must not know how anything was asked.

use std::time::Duration;

use super::{limits::Limits, reply::Reply};
use crate::model::{ContentKind, NotScanned, Screening};

/// Findings that are none: it could not look into something.
const EXCEEDED: &str = "Heuristics.Limits.Exceeded.";
const ENCRYPTED: &str = "Heuristics.Encrypted.";

/// One file's scan.
#[derive(Clone, Debug)]
pub struct Scanned {
    pub reply: Reply,
    pub size: u64,
    /// From the moment at which the scanner had all that it needed.
    pub took: Duration,
}

/// What is known of the file then. `kind` is asked only where it matters.
pub fn of(scanned: Scanned, limits: &Limits, kind: impl FnOnce() -> ContentKind) -> Screening {
    let Scanned { reply, size, took } = scanned;
    match reply {
        Reply::Found(name) if name.starts_with(EXCEEDED) && name.contains("Time") => {
            Screening::NotScanned(NotScanned::TookTooLong)
        }
        Reply::Found(name) if name.starts_with(EXCEEDED) => Screening::NotScanned(NotScanned::TooLarge),
        Reply::Found(name) if name.starts_with(ENCRYPTED) => Screening::NotScanned(NotScanned::Locked),
        Reply::Found(name) => Screening::Infected(name),
        Reply::Refused(words) if words.contains("size limit exceeded") => {
            Screening::NotScanned(NotScanned::TooLarge)
        }
        Reply::Refused(words) => Screening::NotScanned(NotScanned::Failed(words)),
        Reply::Odd(words) => Screening::NotScanned(odd(&words)),
        // It says OK as well of what it has given up.
        Reply::Nothing if size > limits.largest() => Screening::NotScanned(NotScanned::TooLarge),
        Reply::Nothing if limits.time.is_some_and(|most| took >= most) => {
            Screening::NotScanned(NotScanned::TookTooLong)
        }
        Reply::Nothing if !limits.tells_all() && may_hold_others(kind()) => {
            Screening::NotScanned(NotScanned::Partly)
        }
        Reply::Nothing => Screening::Clean,
    }
}

/// An answer that no scanner gives.
fn odd(words: &str) -> NotScanned {
    NotScanned::Failed(if words.is_empty() {
        "nothing, and then it hung up".to_owned()
    } else {
        format!("“{words}”, which is no answer")
    })
}

/// True of all that may have files in it, some of them locked, or more than a scanner looks into. What isn't known
/// may be anything.
fn may_hold_others(kind: ContentKind) -> bool {
    match kind {
        ContentKind::Picture | ContentKind::Video | ContentKind::Sound | ContentKind::Text => false,
        ContentKind::Document | ContentKind::Archive | ContentKind::Program | ContentKind::Other => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{
        limits::Telling,
        reply::{self, Asked},
    };

    fn telling() -> Limits {
        Limits { exceeding: Telling::Told, encrypted: Telling::Told, ..Limits::default() }
    }

    fn judged(answer: &str, size: u64, took: Duration, limits: &Limits, kind: ContentKind) -> Screening {
        let reply = reply::read(answer.as_bytes(), Asked::Stream);
        of(Scanned { reply, size, took }, limits, || kind)
    }

    const SOON: Duration = Duration::from_secs(1);

    #[test]
    fn clean_is_said_only_where_all_four_conditions_hold() {
        let not = Screening::NotScanned;
        let silent = Limits::default();
        let most = silent.largest();
        let (ok, minutes) = ("stream: OK\0", Duration::from_mins(2));
        for (answer, size, took, limits, kind, screening) in [
            (ok, 9, SOON, &silent, ContentKind::Picture, Screening::Clean),
            (ok, most, SOON, &silent, ContentKind::Text, Screening::Clean),
            (ok, 9, SOON, &telling(), ContentKind::Archive, Screening::Clean),
            (ok, 9, SOON, &telling(), ContentKind::Other, Screening::Clean),
            (
                "OK\0",
                9,
                SOON,
                &telling(),
                ContentKind::Text,
                not(NotScanned::Failed("“OK”, which is no answer".to_owned())),
            ),
            (ok, most + 1, SOON, &telling(), ContentKind::Picture, not(NotScanned::TooLarge)),
            (ok, 9, minutes, &telling(), ContentKind::Picture, not(NotScanned::TookTooLong)),
            (ok, 9, SOON, &silent, ContentKind::Archive, not(NotScanned::Partly)),
            (ok, 9, SOON, &silent, ContentKind::Document, not(NotScanned::Partly)),
            (ok, 9, SOON, &silent, ContentKind::Program, not(NotScanned::Partly)),
            (ok, 9, SOON, &silent, ContentKind::Other, not(NotScanned::Partly)),
        ] {
            let judged = judged(answer, size, took, limits, kind);
            assert_eq!(judged, screening, "{answer:?} {size} {took:?} {kind}");
        }
        let for_ever = Limits { time: None, ..telling() };
        assert_eq!(judged(ok, 9, Duration::from_hours(9), &for_ever, ContentKind::Text), Screening::Clean);
    }

    #[test]
    fn a_big_film_is_no_virus_and_a_locked_archive_is_none() {
        let limits = Limits::default();
        let judged = |answer: &str| judged(answer, 9, SOON, &limits, ContentKind::Archive);
        for (name, why) in [
            ("Heuristics.Limits.Exceeded.MaxFileSize", NotScanned::TooLarge),
            ("Heuristics.Limits.Exceeded.MaxRecursion", NotScanned::TooLarge),
            ("Heuristics.Limits.Exceeded.MaxScanTime", NotScanned::TookTooLong),
            ("Heuristics.Encrypted.Zip", NotScanned::Locked),
            ("Heuristics.Encrypted.PDF", NotScanned::Locked),
        ] {
            assert_eq!(judged(&format!("stream: {name} FOUND\0")), Screening::NotScanned(why), "{name}");
        }
        for name in [
            "Heuristics.Phishing.Email",
            "PUA.Win.Packer",
            "Heuristics.Limits.ExceededX",
            "x Heuristics.Encrypted.Zip",
            "YARA.rule.UNOFFICIAL",
        ] {
            assert_eq!(judged(&format!("stream: {name} FOUND\0")), Screening::Infected(name.to_owned()));
        }
        assert_eq!(
            judged("INSTREAM size limit exceeded. ERROR\0"),
            Screening::NotScanned(NotScanned::TooLarge)
        );
    }
}
