//! A question, made into what the tables and the index can be asked.
//!
//! Knows how conditions are written. Must not know in which order they are tried.

use rusqlite::{Connection, OptionalExtension as _};

use super::{
    code::{Code, id, size},
    fold,
    query::{DeviceIs, Query},
    row::{Became, Screened},
    schema,
};

/// Longer words are phrases for the index, which knows groups of so many characters.
const GROUP: usize = 3;
/// A short word that begins more groups than these is frequent enough to be met by looking at rows.
const MOST_GROUPS: u16 = 256;

/// A question that is looked into.
pub struct Plan {
    /// All of them, folded.
    pub words: Vec<String>,
    filters: Vec<Filter>,
    /// The numbers that rows may have: the first, and the first beyond.
    pub ids: std::ops::Range<i64>,
    /// More and fewer bytes than.
    pub larger: Option<i64>,
    pub smaller: Option<i64>,
}

/// The value of a column that rows are chosen by.
struct Filter {
    column: &'static str,
    /// Any of these.
    codes: Vec<i64>,
}

/// What the index is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Nothing that it could help with.
    Anything,
    /// This, of which not every row may be meant.
    Expression { text: String, whole: Whole },
    /// No row has that.
    Nothing,
}

/// Whether the index decides all but size and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    Yes,
    /// Some words are too short, or a device has no word.
    No,
}

/// What is done with words that are too short for the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    LeftOut,
    /// They are looked for among the groups of the index.
    Grouped,
}

impl Plan {
    /// # Errors
    /// When the devices can't be read.
    pub fn of(query: &Query, db: &Connection) -> rusqlite::Result<Self> {
        let mut filters = Vec::new();
        let mut add = |column, code| filters.push(Filter { column, codes: vec![code] });
        let Query { kind, direction, outcome, screening, .. } = query;
        kind.map(Code::code).into_iter().for_each(|code| add("kind", code));
        direction.map(Code::code).into_iter().for_each(|code| add("direction", code));
        outcome.map(<Became as Code>::code).into_iter().for_each(|code| add("became", code));
        screening.map(<Screened as Code>::code).into_iter().for_each(|code| add("screened", code));
        if let Some(device) = &query.device {
            filters.push(Filter { column: "device", codes: devices(db, device)? });
        }
        Ok(Self {
            words: fold::words(&query.words),
            filters,
            ids: query.since.map_or(i64::MIN, id::first)..query.until.map_or(i64::MAX, id::first),
            larger: query.larger.map(|bytes| size(Some(bytes))),
            smaller: query.smaller.map(|bytes| size(Some(bytes))),
        })
    }

    /// True of what nothing can be.
    pub fn is_impossible(&self) -> bool {
        let nothing_is_smaller = self.smaller == Some(0);
        self.ids.is_empty() || nothing_is_smaller || self.filters.iter().any(|filter| filter.codes.is_empty())
    }

    pub fn has_sizes(&self) -> bool {
        self.larger.is_some() || self.smaller.is_some()
    }

    pub fn has_times(&self) -> bool {
        self.ids.start != i64::MIN || self.ids.end != i64::MAX
    }

    /// What the index is asked.
    ///
    /// # Errors
    /// When the groups can't be read.
    pub fn expression(&self, short: Short, db: &Connection) -> rusqlite::Result<Match> {
        let mut parts = Vec::new();
        let mut whole = Whole::Yes;
        for word in &self.words {
            if word.chars().count() >= GROUP {
                parts.push(format!("text:{}", quoted(word)));
                continue;
            }
            let groups = match short {
                Short::LeftOut => None,
                Short::Grouped => groups(db, word)?,
            };
            match groups {
                Some(groups) if groups.is_empty() => return Ok(Match::Nothing),
                Some(groups) => {
                    let any: Vec<_> = groups.iter().map(|group| quoted(group)).collect();
                    parts.push(format!("text:({})", any.join(" OR ")));
                }
                None => whole = Whole::No,
            }
        }
        for Filter { column, codes } in &self.filters {
            let tags: Option<Vec<_>> = codes.iter().map(|code| schema::tag(*code)).collect();
            match tags {
                Some(tags) => {
                    let any: Vec<_> = tags.iter().map(|tag| quoted(tag)).collect();
                    parts.push(format!("{column}:({})", any.join(" OR ")));
                }
                None => whole = Whole::No,
            }
        }
        Ok(if parts.is_empty() {
            Match::Anything
        } else {
            Match::Expression { text: parts.join(" AND "), whole }
        })
    }

    /// The same of a row of `file`: filters and words, with a parameter `:w0`… for each word.
    pub fn on_row(&self) -> String {
        let filters = self.filters.iter().map(|Filter { column, codes }| {
            let codes: Vec<_> = codes.iter().map(ToString::to_string).collect();
            format!("file.{column} IN ({})", codes.join(","))
        });
        let words = (0..self.words.len()).map(|n| format!("instr(file.text, :w{n}) > 0"));
        all(filters.chain(words))
    }

    /// What is asked of its size. Without an index: the column behind the sign can't use one.
    pub fn on_size(&self, indexed: Indexed) -> String {
        let sign = indexed.sign();
        let larger = self.larger.map(|bytes| format!("{sign}file.size > {bytes}"));
        // A size that isn't known is -1.
        let smaller = self.smaller.map(|bytes| format!("{sign}file.size < {bytes} AND {sign}file.size >= 0"));
        all(larger.into_iter().chain(smaller))
    }

    /// What is asked of its number, in that column.
    pub fn on_id(&self, column: &str, indexed: Indexed) -> String {
        let (sign, std::ops::Range { start, end }) = (indexed.sign(), &self.ids);
        let from = (*start != i64::MIN).then(|| format!("{sign}{column} >= {start}"));
        let to = (*end != i64::MAX).then(|| format!("{sign}{column} < {end}"));
        all(from.into_iter().chain(to))
    }
}

/// Whether a condition is to be met by an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexed {
    Yes,
    No,
}

impl Indexed {
    fn sign(self) -> &'static str {
        match self {
            Self::Yes => "",
            Self::No => "+",
        }
    }
}

fn all(conditions: impl Iterator<Item = String>) -> String {
    let conditions: Vec<_> = conditions.collect();
    if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") }
}

/// For the index: nothing in it means anything.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// All groups of the index that begin with a word; `None` where they are too many to be asked for.
fn groups(db: &Connection, word: &str) -> rusqlite::Result<Option<Vec<String>>> {
    let mut begin = db.prepare("SELECT term FROM temp.term WHERE term >= ?1 AND term < ?2 LIMIT ?3")?;
    // Beyond all that begin so: no character comes after this one.
    let beyond = format!("{word}\u{10ffff}\u{10ffff}");
    let found = begin.query_map((word, beyond, MOST_GROUPS + 1), |row| row.get(0))?;
    let found = found.collect::<Result<Vec<String>, _>>()?;
    Ok((found.len() <= usize::from(MOST_GROUPS)).then_some(found))
}

fn devices(db: &Connection, device: &DeviceIs) -> rusqlite::Result<Vec<i64>> {
    match device {
        DeviceIs::Id(id) => {
            let found =
                db.query_row("SELECT id FROM device WHERE key = ?1", [id.as_bytes()], |row| row.get(0));
            Ok(found.optional()?.into_iter().collect())
        }
        DeviceIs::Called(name) => {
            let mut called =
                db.prepare("SELECT id FROM device WHERE folded = ?1 ORDER BY heard DESC LIMIT 100")?;
            called.query_map([fold::fold(name.trim())], |row| row.get(0))?.collect()
        }
    }
}
