//! The words after `airlift history` and `airlift verify`.

use std::time::SystemTime;

use clap::{
    Args, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser as _},
};

use super::{
    typed::{sure, usage},
    when::{since, until},
};
use crate::{
    cli::asked::{Layout, Recalling, Removing, Sought},
    engine::history::{Became, Order, Query, RowId, Screened},
    model::{ContentKind, Direction},
};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct History {
    #[command(subcommand)]
    action: Option<Action>,
    /// Words that have to be in the name, the folders above it or the device’s name; parts of words do
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    filters: Filters,
    /// What comes first: the newest, by name, or the largest
    #[arg(long, value_name = "ORDER", default_value = "time")]
    sort: Sort,
    /// At most so many; otherwise the first 50, and all of them with --json or --csv
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// As comma-separated values, for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Remove entries from the history for good; files stay where they are
    Remove {
        /// Entries by their ids, which “airlift history” shows
        #[arg(value_name = "ID", conflicts_with_all = ["words", "chosen"])]
        ids: Vec<RowId>,
        /// All entries that have these words, as they are searched for
        #[arg(long, value_name = "WORDS")]
        words: Option<String>,
        #[command(flatten)]
        filters: Filters,
        /// Don’t ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Remove everything from the history for good; files stay where they are
    Clear {
        /// Don’t ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Args)]
pub struct Verify {
    /// Only files that have these words in the name, the folders above it or the device’s name
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    filters: Filters,
}

#[derive(Args)]
#[group(id = "chosen", multiple = true)]
struct Filters {
    /// Only what is of this kind, by its content
    #[arg(long, value_name = "KIND", value_parser = kind())]
    kind: Option<ContentKind>,
    /// Only what came from this device: its name, its id, or the unique beginning of that
    #[arg(long, value_name = "DEVICE", conflicts_with = "to")]
    from: Option<String>,
    /// Only what went to this device
    #[arg(long, value_name = "DEVICE")]
    to: Option<String>,
    /// Only what was sent, or received
    #[arg(long, value_name = "WAY", conflicts_with_all = ["from", "to"])]
    direction: Option<Way>,
    /// Only from then on: 2026-11-30, “2026-11-30 14:00”, today, yesterday, or 7d (min, h, d, w) for so long ago
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Option<SystemTime>,
    /// Only until then; a day is meant to its end
    #[arg(long, value_name = "WHEN", value_parser = until)]
    until: Option<SystemTime>,
    /// Only what is larger, such as 500MB or 4GiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    larger: Option<u64>,
    /// Only what is smaller
    #[arg(long, value_name = "SIZE", value_parser = size)]
    smaller: Option<u64>,
    /// Only what became of so
    #[arg(long, value_name = "OUTCOME", value_parser = outcome())]
    outcome: Option<Became>,
    /// Only where a virus check has said so
    #[arg(long, value_name = "RESULT", value_parser = scan())]
    scan: Option<Screened>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sort {
    Time,
    Name,
    Size,
}

#[derive(Clone, Copy, ValueEnum)]
enum Way {
    Send,
    Receive,
}

fn kind() -> impl clap::builder::TypedValueParser<Value = ContentKind> {
    PossibleValuesParser::new(ContentKind::ALL.map(ContentKind::word))
        .try_map(|word| word.parse::<ContentKind>())
}

fn outcome() -> impl clap::builder::TypedValueParser<Value = Became> {
    PossibleValuesParser::new(Became::ALL.map(Became::word)).try_map(|word| word.parse::<Became>())
}

fn scan() -> impl clap::builder::TypedValueParser<Value = Screened> {
    PossibleValuesParser::new(Screened::ALL.map(Screened::word)).try_map(|word| word.parse::<Screened>())
}

fn size(text: &str) -> Result<u64, String> {
    parse_size::parse_size(text).map_err(|_| "it is no size: type it like 500MB or 4GiB".to_owned())
}

impl History {
    pub fn recalling(self) -> Result<Recalling, clap::Error> {
        let Self { action, words, filters, sort, limit, csv } = self;
        match action {
            None => {
                let mut sought = filters.sought(words.join(" "));
                sought.query.order = match sort {
                    Sort::Time => Order::Newest,
                    Sort::Name => Order::Name,
                    Sort::Size => Order::Size,
                };
                let most = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
                Ok(Recalling::List { sought, most, layout: if csv { Layout::Table } else { Layout::Lines } })
            }
            Some(Action::Remove { ids, words, filters, yes }) => {
                let sought = filters.sought(words.unwrap_or_default());
                let what = if ids.is_empty() { Removing::Sought(sought) } else { Removing::Ids(ids) };
                if what == Removing::Sought(Sought::default()) {
                    return Err(usage(
                        "Say what to remove: ids, or --words, --from, --until and the like. “airlift history clear” removes everything.",
                    ));
                }
                Ok(Recalling::Remove { what, sure: sure(yes)? })
            }
            Some(Action::Clear { yes }) => Ok(Recalling::Clear(sure(yes)?)),
        }
    }
}

impl Verify {
    pub fn sought(self) -> Sought {
        self.filters.sought(self.words.join(" "))
    }
}

impl Filters {
    fn sought(self, words: String) -> Sought {
        let Self { kind, from, to, direction, since, until, larger, smaller, outcome, scan } = self;
        let direction = match (&from, &to, direction) {
            (Some(_), ..) | (_, _, Some(Way::Receive)) => Some(Direction::Receive),
            (_, Some(_), _) | (_, _, Some(Way::Send)) => Some(Direction::Send),
            (None, None, None) => None,
        };
        let query = Query {
            words,
            kind,
            direction,
            device: None,
            outcome,
            since,
            until,
            larger,
            smaller,
            screening: scan,
            order: Order::Newest,
        };
        Sought { query, device: from.or(to) }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::{
        args::{Task, parse},
        asked::Sure,
        terminal::at_terminal,
    };

    fn read(line: &[&str]) -> Result<Task, String> {
        parse(std::iter::once(&"airlift").chain(line).map(OsString::from))
            .map(|read| read.task)
            .map_err(|refusal| refusal.to_string())
    }

    fn listed(line: &[&str]) -> (Sought, Option<usize>, Layout) {
        let Ok(Task::History(Recalling::List { sought, most, layout })) = read(line) else {
            panic!("{line:?}: {:?}", read(line))
        };
        (sought, most, layout)
    }

    #[test]
    fn without_a_word_all_is_listed() {
        assert_eq!(listed(&["history"]), (Sought::default(), None, Layout::Lines));
    }

    #[test]
    fn words_and_filters_are_what_is_looked_for() {
        let (sought, most, layout) = listed(&[
            "history",
            "tax",
            "--kind",
            "document",
            "2025",
            "--from",
            "Anna’s laptop",
            "--larger",
            "1MB",
            "--smaller=2GiB",
            "--outcome",
            "left-out",
            "--scan",
            "not-scanned",
            "--sort",
            "size",
            "--limit",
            "7",
            "--csv",
        ]);
        let query = Query {
            words: "tax 2025".to_owned(),
            kind: Some(ContentKind::Document),
            direction: Some(Direction::Receive),
            outcome: Some(Became::LeftOut),
            larger: Some(1_000_000),
            smaller: Some(2 << 30),
            screening: Some(Screened::NotScanned),
            order: Order::Size,
            ..Query::default()
        };
        assert_eq!(sought, Sought { query, device: Some("Anna’s laptop".to_owned()) });
        assert_eq!((most, layout), (Some(7), Layout::Table));
        let (sent, ..) = listed(&["history", "--to", "Büro", "--since", "7d", "--until", "today"]);
        assert_eq!(sent.query.direction, Some(Direction::Send));
        assert!(sent.query.since < sent.query.until);
    }

    #[test]
    fn a_word_that_is_a_command_elsewhere_can_be_searched_for() {
        for line in [&["history", "--", "clear"][..], &["history", "--sort", "time", "clear"]] {
            assert_eq!(listed(line).0.query.words, "clear");
        }
        assert_eq!(listed(&["history", "a", "remove"]).0.query.words, "a remove");
    }

    #[test]
    fn nothing_is_removed_by_an_empty_command_or_without_being_sure() {
        let removed = |line: &[&str]| match read(line) {
            Ok(Task::History(Recalling::Remove { what, .. })) => what,
            other => panic!("{line:?}: {other:?}"),
        };
        let ids = Removing::Ids(["3", "1a"].map(|id| id.parse().unwrap()).into());
        assert_eq!(removed(&["history", "remove", "3", "1a", "--yes"]), ids);
        let words = Removing::Sought(Sought {
            query: Query { words: "a b".to_owned(), ..Query::default() },
            device: None,
        });
        assert_eq!(removed(&["history", "remove", "--words", "a b", "-y"]), words);
        for (line, part) in [
            (&["history", "remove", "--yes"][..], "Say what to remove"),
            (&["history", "remove", "report", "--yes"], "no id"),
            (&["history", "remove", "0", "--yes"], "no id"),
            (&["history", "remove", "3", "--kind", "text", "--yes"], "cannot be used with"),
            (&["history", "remove", "3", "--words", "a", "--yes"], "cannot be used with"),
        ] {
            let refusal = read(line).unwrap_err();
            assert!(refusal.contains(part), "{line:?}: {refusal}");
        }
        if !at_terminal() {
            for line in [&["history", "remove", "3"][..], &["history", "clear"]] {
                assert!(read(line).unwrap_err().contains("--yes"), "{line:?}");
            }
        }
        assert_eq!(read(&["history", "clear", "--yes"]), Ok(Task::History(Recalling::Clear(Sure::Said))));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_can() {
        for (line, part) in [
            (&["history", "--kind", "song"][..], "picture"),
            (&["history", "--outcome", "lost"], "left-out"),
            (&["history", "--scan", "maybe"], "not-scanned"),
            (&["history", "--since", "soon"], "type it like"),
            (&["history", "--larger", "big"], "type it like"),
            (&["history", "--limit", "0"], "0"),
            (&["history", "--from", "a", "--to", "b"], "cannot be used with"),
            (&["history", "--from", "a", "--direction", "send"], "cannot be used with"),
            (&["history", "--csv", "--json"], "cannot be used with"),
        ] {
            let refusal = read(line).unwrap_err();
            assert!(refusal.contains(part), "{line:?}: {refusal}");
        }
        let Ok(Task::Verify(sought)) = read(&["verify", "a", "b", "--direction", "receive"]) else {
            panic!()
        };
        assert_eq!((sought.query.words.as_str(), sought.query.direction), ("a b", Some(Direction::Receive)));
    }
}
