//! `airlift verify`: whether files that were sent or received are still what they were.
//!
//! Knows which entries speak of a file as it should be, and what a person is told of it. Must not know how a file is read.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    path::Path,
};

use serde::Serialize;

use super::{
    asked::{Form, Sought},
    exit::Exit,
    history::settled,
    json::{self, fields::path},
    render::Screen,
    words::past,
};
use crate::{
    engine::history::{Became, Query, Reader, Row, Verdict, verify as look},
    model::text,
};

/// Entries that are in memory at once.
const PAGE: usize = 500;

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    File { id: String, name: &'a str, place: Option<String>, state: &'static str, problem: Option<&'a str> },
    Verified { unchanged: u64, changed: u64, gone: u64, unreadable: u64, incomparable: u64 },
}

/// How many stand how.
#[derive(Default)]
struct Counts {
    unchanged: u64,
    changed: u64,
    gone: u64,
    unreadable: u64,
    incomparable: u64,
}

impl Counts {
    fn note(&mut self, verdict: &Verdict) -> &'static str {
        let (count, word) = match verdict {
            Verdict::Unchanged => (&mut self.unchanged, "unchanged"),
            Verdict::Changed => (&mut self.changed, "changed"),
            Verdict::Gone => (&mut self.gone, "gone"),
            Verdict::Unreadable(_) => (&mut self.unreadable, "unreadable"),
            Verdict::Incomparable => (&mut self.incomparable, "incomparable"),
        };
        *count += 1;
        word
    }

    fn are_all_well(&self) -> bool {
        self.changed + self.gone + self.unreadable == 0
    }

    /// `12 files are unchanged, 1 is changed, 2 are gone.`
    fn sentence(&self) -> String {
        let part = |n, what| {
            format!("{} {} {what}", text::count(n, "", "").trim_end(), if n == 1 { "is" } else { "are" })
        };
        let rest = [
            (self.changed, "changed"),
            (self.gone, "gone"),
            (self.unreadable, "unreadable"),
            (self.incomparable, "of unknown content and can’t be compared"),
        ];
        let verb = if self.unchanged == 1 { "is" } else { "are" };
        let first = format!("{} {verb} unchanged", text::count(self.unchanged, "file", "files"));
        let rest = rest.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| part(n, what));
        let parts: Vec<_> = std::iter::once(first).chain(rest).collect();
        format!("{}.", parts.join(", "))
    }
}

/// Reads the files of all entries that fit, and tells of each that is not as it was. The exit code is that of a failure
/// where there is one. Where several entries speak of one place, the newest says what should be there.
///
/// # Errors
/// When the history can't be read, or the device that was typed is none of those in it, or several.
pub fn verify(home: &Path, sought: Sought, form: Form, screen: &mut Screen) -> anyhow::Result<Exit> {
    let mut reader = Reader::open(home)?;
    let query = settled(sought, &mut reader)?;
    let (mut counts, mut places) = (Counts::default(), Places::default());
    let (mut after, mut looked_at) = (None, 0_u64);
    loop {
        let page = reader.page(&query, after.as_ref(), PAGE)?;
        for row in page.rows.iter().filter(|row| is_as_it_should_be(row)) {
            if !places.is_new(row) {
                continue;
            }
            looked_at += 1;
            let Some(verdict) = look(row, &|| false) else { continue };
            tell(row, &verdict, counts.note(&verdict), form, screen);
        }
        after = page.next;
        if after.is_none() || !screen.is_read() {
            break;
        }
    }
    let Counts { unchanged, changed, gone, unreadable, incomparable } = counts;
    match form {
        Form::Json => {
            json::write(screen, &Line::Verified { unchanged, changed, gone, unreadable, incomparable });
        }
        Form::Person if looked_at == 0 => screen.out(NOTHING),
        Form::Person => screen.out(&counts.sentence()),
        Form::Quiet => {}
    }
    let is_nothing_where_something_was_asked_for =
        looked_at == 0 && query != Query { order: query.order, ..Query::default() };
    Ok(if counts.are_all_well() && !is_nothing_where_something_was_asked_for {
        Exit::Complete
    } else {
        Exit::Failed
    })
}

const NOTHING: &str =
    "Nothing in the history that fits is a file on this device, so there is nothing to compare.";

/// It speaks of a file that arrived, or was read, whole.
fn is_as_it_should_be(row: &Row) -> bool {
    row.place.is_some() && matches!(row.became, Became::Stored | Became::Already)
}

fn tell(row: &Row, verdict: &Verdict, state: &'static str, form: Form, screen: &mut Screen) {
    let problem = match verdict {
        Verdict::Unreadable(why) => Some(why.as_str()),
        _ => None,
    };
    match form {
        Form::Json => {
            let place = row.place.as_deref().map(path);
            json::write(
                screen,
                &Line::File { id: row.id.to_string(), name: &row.name, place, state, problem },
            );
        }
        Form::Person | Form::Quiet => {
            if let Some(line) = past::stands(row, verdict) {
                screen.out(&line);
            }
        }
    }
}

/// The places that were looked at; of each a number, since there may be a million.
#[derive(Default)]
struct Places {
    seen: HashSet<u64>,
    hashed: RandomState,
}

impl Places {
    fn is_new(&mut self, row: &Row) -> bool {
        self.seen.insert(self.hashed.hash_one(&row.place))
    }
}
