//! The budget of the files: which one a line goes into, and which have to go.
//!
//! Knows names, days and sizes. Must not know folders: it touches nothing.

use std::fmt;

use jiff::{ToSpan as _, civil::Date};

const PREFIX: &str = "airlift.";
const SUFFIX: &str = ".log";

/// Bytes of all files of a home together, whoever writes them.
pub const ALL: u64 = 20 << 20;
/// Bytes of one file: a tenth, since whole files are removed, and what was logged before is not to be
/// forgotten all at once.
pub const FILE: u64 = 2 << 20;
/// Processes that write into the same file at the same moment don't know of each other’s lines yet; this is
/// kept free for them.
const MARGIN: u64 = 64 << 10;
/// A week: long enough to look into what went wrong, short enough to be forgotten.
const DAYS: i64 = 7;

/// The name of a file, the older one first. Days are those of UTC, as the times in the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub day: Date,
    /// From 1.
    number: u32,
}

impl Name {
    /// `None` of whatever is no file of the log.
    pub fn parse(name: &str) -> Option<Self> {
        let inner = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
        let (day, number) = match inner.split_once('.') {
            Some((day, number)) => (day, number.parse().ok()?),
            None => (inner, 1),
        };
        let parsed = Self { day: day.parse().ok()?, number };
        (parsed.to_string() == name).then_some(parsed)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { day, number } = self;
        match number {
            1 => write!(f, "{PREFIX}{day}{SUFFIX}"),
            _ => write!(f, "{PREFIX}{day}.{number}{SUFFIX}"),
        }
    }
}

/// A file that is there.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub name: Name,
    pub bytes: u64,
}

/// Whether a file with so many bytes takes a line of so many.
pub fn has_room(bytes: u64, line: u64) -> bool {
    bytes == 0 || bytes.saturating_add(line) <= FILE
}

/// Where a line of so many bytes goes. Every process comes to the same name by itself, so none has to wait
/// for another, and none renames what another writes into.
pub fn place(there: &[Kept], today: Date, line: u64) -> Name {
    match there.iter().filter(|kept| kept.name.day == today).max_by_key(|kept| kept.name) {
        None => Name { day: today, number: 1 },
        Some(last) if has_room(last.bytes, line) => last.name,
        Some(last) => Name { day: today, number: last.name.number.saturating_add(1) },
    }
}

/// What has to go so that `current` can become full: the oldest, without a gap.
pub fn surplus(there: &[Kept], current: Name) -> Vec<Name> {
    let mut others: Vec<_> = there.iter().filter(|kept| kept.name != current).collect();
    others.sort_by_key(|kept| std::cmp::Reverse(kept.name));
    let oldest = current.day.saturating_sub((DAYS - 1).days());
    let mut left = ALL - FILE - MARGIN;
    let staying = others.iter().take_while(|kept| {
        let rest = left.checked_sub(kept.bytes).filter(|_| kept.name.day >= oldest);
        left = rest.unwrap_or_default();
        rest.is_some()
    });
    let staying = staying.count();
    others[staying..].iter().map(|kept| kept.name).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn kept(name: &str, bytes: u64) -> Kept {
        Kept { name: Name::parse(name).unwrap(), bytes }
    }

    fn names(names: &[Name]) -> Vec<String> {
        names.iter().map(Name::to_string).collect()
    }

    #[test]
    fn a_name_is_read_back_as_it_was_written_and_nothing_else_is_one() {
        for name in
            ["airlift.2026-11-01.log", "airlift.2026-11-01.2.log", "airlift.2026-11-01.4294967295.log"]
        {
            assert_eq!(Name::parse(name).map(|name| name.to_string()).as_deref(), Some(name));
        }
        for name in [
            "airlift.log",
            "airlift..log",
            "airlift.2026-11-01.txt",
            "airlift.2026-11-01.1.log",
            "airlift.2026-11-01.02.log",
            "airlift.2026-11-01.0.log.log",
            "airlift.2026-13-01.log",
            "airlift.2026-11-01T10:00.log",
            "airlift.notes.log",
            "other.2026-11-01.log",
        ] {
            assert_eq!(Name::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_tenth_file_of_a_day_is_younger_than_its_second_and_older_than_the_next_day() {
        let names = ["airlift.2026-11-01.log", "airlift.2026-11-01.2.log", "airlift.2026-11-01.10.log"];
        let names = names.map(|name| Name::parse(name).unwrap());
        assert!(names.is_sorted() && names[2] < Name::parse("airlift.2026-11-02.log").unwrap());
    }

    #[test]
    fn a_line_goes_into_the_last_file_of_its_day_until_that_is_full() {
        let today = date(2026, 11, 2);
        let yesterday = kept("airlift.2026-11-01.log", 5);
        let place = |there: &[Kept], line| place(there, today, line).to_string();
        assert_eq!(place(&[], 100), "airlift.2026-11-02.log");
        assert_eq!(place(&[yesterday], 100), "airlift.2026-11-02.log");
        let there = [yesterday, kept("airlift.2026-11-02.log", FILE - 100)];
        assert_eq!(place(&there, 100), "airlift.2026-11-02.log");
        assert_eq!(place(&there, 101), "airlift.2026-11-02.2.log");
        let there = [kept("airlift.2026-11-02.9.log", FILE), kept("airlift.2026-11-02.10.log", FILE)];
        assert_eq!(place(&there, 1), "airlift.2026-11-02.11.log");
    }

    #[test]
    fn the_oldest_go_when_all_would_be_too_much_and_a_hole_is_never_left() {
        let mut there: Vec<_> =
            (2..=30).map(|number| kept(&format!("airlift.2026-11-02.{number}.log"), FILE)).collect();
        let current = kept("airlift.2026-11-02.31.log", 0);
        there.push(current);
        let gone = surplus(&there, current.name);
        assert_eq!(gone.len(), there.len() - 9);
        let staying = there.iter().filter(|kept| !gone.contains(&kept.name));
        assert!(staying.clone().all(|kept| kept.name > gone[0]));
        assert!(staying.map(|kept| kept.bytes).sum::<u64>() + FILE + MARGIN <= ALL);
        // One of an earlier version, of any size, takes those with it that are older.
        let there = [
            kept("airlift.2026-10-31.log", 10),
            kept("airlift.2026-11-01.log", 1 << 40),
            kept("airlift.2026-11-02.log", 10),
        ];
        let gone = surplus(&there, there[2].name);
        assert_eq!(names(&gone), ["airlift.2026-11-01.log", "airlift.2026-10-31.log"]);
    }

    #[test]
    fn what_is_older_than_a_week_goes_and_what_is_of_tomorrow_stays() {
        let there = [
            kept("airlift.2026-11-03.log", 10),
            kept("airlift.2026-11-02.log", 10),
            kept("airlift.2026-10-27.log", 10),
            kept("airlift.2026-10-26.3.log", 10),
            kept("airlift.2025-11-02.log", 10),
        ];
        let gone = surplus(&there, there[1].name);
        assert_eq!(names(&gone), ["airlift.2026-10-26.3.log", "airlift.2025-11-02.log"]);
    }
}
