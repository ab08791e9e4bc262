//! In which order rows, indexes and the index of words are asked, so that the first page of any question comes soon.
//!
//! Newest first, the index of words answers by itself. Other orders, and conditions that it can't decide: where few rows
//! can be meant, all of them are looked at and sorted; else the rows are looked at in the order that is wanted, as far as
//! that is worth it, because what is frequent is met soon; and only then all of them are. Knows the ways. Must not know
//! what a question says, or what a row shows.

use rusqlite::{Connection, ToSql};

use super::{
    page::Key,
    plan::{Indexed, Match, Plan, Short, Whole},
    query::Order,
};

/// How much is looked at before another way is taken.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// So many rows are looked at and sorted without a second thought.
    pub few: i64,
    /// So many are looked at in order.
    pub walk: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { few: 10_000, walk: 20_000 }
    }
}

/// One search.
pub struct Search<'a> {
    db: &'a Connection,
    plan: &'a Plan,
    order: Order,
    after: Option<&'a Key>,
    limit: usize,
    effort: Effort,
}

/// Which rows are looked at.
enum From<'a> {
    /// Those of the index of words, which may not decide everything.
    Words(&'a str, Whole),
    /// Those of some sizes.
    Sizes,
    /// Those of some time.
    Times,
    All,
}

/// How a walk ended.
enum Walked {
    /// With all that was asked for, or all that there are.
    Whole(Vec<Key>),
    Given,
}

impl<'a> Search<'a> {
    pub fn new(
        db: &'a Connection,
        plan: &'a Plan,
        order: Order,
        after: Option<&'a Key>,
        limit: usize,
        effort: Effort,
    ) -> Self {
        Self { db, plan, order, after, limit, effort }
    }

    /// The rows in order, at most `limit`.
    pub fn keys(&self) -> rusqlite::Result<Vec<Key>> {
        if self.plan.is_impossible() {
            return Ok(Vec::new());
        }
        let by_index = self.plan.expression(Short::LeftOut, self.db)?;
        let by_time = self.order == Order::Newest;
        let narrow = match &by_index {
            Match::Nothing => return Ok(Vec::new()),
            Match::Anything if by_time && self.plan.words.is_empty() && !self.plan.has_sizes() => {
                return self.sorted(&From::Times);
            }
            Match::Expression { text, whole: Whole::Yes } if by_time && !self.plan.has_sizes() => {
                return self.newest_of_words(text);
            }
            Match::Expression { text, whole } => {
                let words = From::Words(text, *whole);
                self.are_few(&words)?.then_some(words)
            }
            Match::Anything => None,
        };
        if let Some(few) = narrow.map_or_else(|| self.few_of_size_or_time(), |few| Ok(Some(few)))? {
            return self.sorted(&few);
        }
        if let Walked::Whole(keys) = self.walk()? {
            return Ok(keys);
        }
        match self.plan.expression(Short::Grouped, self.db)? {
            Match::Nothing => Ok(Vec::new()),
            Match::Expression { text, whole: Whole::Yes } if by_time && !self.plan.has_sizes() => {
                self.newest_of_words(&text)
            }
            Match::Expression { text, whole } => self.sorted(&From::Words(&text, whole)),
            Match::Anything => self.sorted(&From::All),
        }
    }

    fn few_of_size_or_time(&self) -> rusqlite::Result<Option<From<'a>>> {
        if self.plan.has_times() && self.are_few(&From::Times)? {
            return Ok(Some(From::Times));
        }
        let are_few = self.plan.has_sizes() && self.are_few(&From::Sizes)?;
        Ok(are_few.then_some(From::Sizes))
    }

    /// What the index of words answers alone.
    fn newest_of_words(&self, text: &str) -> rusqlite::Result<Vec<Key>> {
        let within = self.plan.on_id("rowid", Indexed::Yes);
        let after = match self.after {
            Some(Key::Newest { id }) => format!("rowid < {id}"),
            _ => "true".to_owned(),
        };
        let sql = format!(
            "SELECT rowid FROM search WHERE search MATCH :match AND {within} AND {after} ORDER BY rowid DESC LIMIT {}",
            self.limit
        );
        let mut found = self.db.prepare(&sql)?;
        found.query_map(&[(":match", text)], |row| Ok(Key::Newest { id: row.get(0)? }))?.collect()
    }

    /// Whether not many rows are there.
    fn are_few(&self, from: &From<'_>) -> rusqlite::Result<bool> {
        let rows = match from {
            From::Words(..) => {
                let within = self.plan.on_id("rowid", Indexed::Yes);
                format!("search WHERE search MATCH :match AND {within}")
            }
            From::Sizes => format!("file INDEXED BY file_size WHERE {}", self.plan.on_size(Indexed::Yes)),
            From::Times => format!("file NOT INDEXED WHERE {}", self.plan.on_id("id", Indexed::Yes)),
            From::All => return Ok(false),
        };
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {})", self.effort.few + 1);
        let count = |params: &[(&str, &dyn ToSql)]| {
            self.db.query_row(&sql, params, |row| row.get::<_, i64>(0)).map(|count| count <= self.effort.few)
        };
        match from {
            From::Words(text, _) => count(&[(":match", text)]),
            _ => count(&[]),
        }
    }

    /// Looks at all rows from there, and sorts those that are meant.
    fn sorted(&self, from: &From<'_>) -> rusqlite::Result<Vec<Key>> {
        let plan = self.plan;
        let (rows, sizes, times) = match from {
            // The index of words first, or it might be asked anew for every row.
            From::Words(..) => {
                ("search CROSS JOIN file ON file.id = search.rowid", Indexed::No, "search.rowid")
            }
            From::Sizes => ("file INDEXED BY file_size", Indexed::Yes, "+file.id"),
            From::Times | From::All => ("file NOT INDEXED", Indexed::No, "file.id"),
        };
        let matched =
            matches!(from, From::Words(..)).then_some("search MATCH :match AND ").unwrap_or_default();
        let (size, within) = (plan.on_size(sizes), plan.on_id(times, Indexed::Yes));
        let meant = match from {
            From::Words(_, Whole::Yes) => "true".to_owned(),
            _ => plan.on_row(),
        };
        let (columns, order) = (self.columns(), self.order_by());
        let sql = format!(
            "SELECT {columns} FROM {rows} WHERE {matched}{size} AND {within} AND {} AND {meant} ORDER BY {order} LIMIT {}",
            self.after(Indexed::No),
            self.limit
        );
        let mut found = self.db.prepare(&sql)?;
        self.bind(&mut found)?;
        if let From::Words(text, _) = from {
            let at = found.parameter_index(":match")?.unwrap_or(1);
            found.raw_bind_parameter(at, text)?;
        }
        let mut rows = found.raw_query();
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            keys.push(self.key(row)?);
        }
        Ok(keys)
    }

    /// Looks at rows in the order that is wanted.
    fn walk(&self) -> rusqlite::Result<Walked> {
        let plan = self.plan;
        let (index, order) = match self.order {
            Order::Newest => ("NOT INDEXED", "file.id DESC"),
            Order::Name => ("INDEXED BY file_name", "file.text, file.id DESC"),
            Order::Size => ("INDEXED BY file_size", "file.size DESC, file.id DESC"),
        };
        // Where the order is the condition’s own, the walk is within it.
        let sizes = if self.order == Order::Size { Indexed::Yes } else { Indexed::No };
        let times = if self.order == Order::Newest { Indexed::Yes } else { Indexed::No };
        let mut starts: Vec<(String, String)> = Vec::new();
        match (self.order, self.after) {
            // Those of the same name first.
            (Order::Name, Some(Key::Name { id, .. })) => {
                starts.push((format!("file.text = :after AND file.id < {id}"), "file.id DESC".to_owned()));
                starts.push(("file.text > :after".to_owned(), order.to_owned()));
            }
            _ => starts.push((self.after(Indexed::Yes), order.to_owned())),
        }
        let meant = format!("{} AND {}", plan.on_size(Indexed::No), plan.on_id("file.id", Indexed::No));
        let within = match self.order {
            Order::Newest => plan.on_id("file.id", times),
            Order::Size => plan.on_size(sizes),
            Order::Name => "true".to_owned(),
        };
        let (mut keys, mut looked) = (Vec::new(), 0);
        for (start, order) in starts {
            let sql = format!(
                "SELECT {}, CASE WHEN {meant} THEN {} ELSE 0 END FROM file {index} WHERE {within} AND {start} ORDER BY {order}",
                self.columns(),
                plan.on_row(),
            );
            let mut found = self.db.prepare(&sql)?;
            let last = found.column_count() - 1;
            self.bind(&mut found)?;
            let mut rows = found.raw_query();
            while let Some(row) = rows.next()? {
                looked += 1;
                if row.get::<_, bool>(last)? {
                    keys.push(self.key(row)?);
                    if keys.len() == self.limit {
                        return Ok(Walked::Whole(keys));
                    }
                }
                if looked == self.effort.walk + self.limit && !self.is_everything() {
                    return Ok(Walked::Given);
                }
            }
        }
        Ok(Walked::Whole(keys))
    }

    /// True when every row that a walk meets is meant, so that no other way is shorter.
    fn is_everything(&self) -> bool {
        let plan = self.plan;
        plan.on_row() == "true" && !plan.has_times() && (!plan.has_sizes() || self.order == Order::Size)
    }

    fn columns(&self) -> &'static str {
        match self.order {
            Order::Newest => "file.id",
            Order::Name => "file.id, file.text",
            Order::Size => "file.id, file.size",
        }
    }

    fn order_by(&self) -> &'static str {
        match self.order {
            Order::Newest => "file.id DESC",
            Order::Name => "file.text, file.id DESC",
            Order::Size => "file.size DESC, file.id DESC",
        }
    }

    fn after(&self, indexed: Indexed) -> String {
        let sign = match indexed {
            Indexed::Yes => "",
            Indexed::No => "+",
        };
        match self.after {
            Some(Key::Newest { id }) if self.order == Order::Newest => format!("file.id < {id}"),
            Some(Key::Size { size, id }) if self.order == Order::Size => {
                format!("({sign}file.size, {sign}file.id) < ({size}, {id})")
            }
            Some(Key::Name { id, .. }) if self.order == Order::Name => {
                format!("({sign}file.text > :after OR {sign}file.text = :after AND {sign}file.id < {id})")
            }
            _ => "true".to_owned(),
        }
    }

    /// Binds the words, and the name that is gone on after.
    fn bind(&self, statement: &mut rusqlite::Statement<'_>) -> rusqlite::Result<()> {
        for (n, word) in self.plan.words.iter().enumerate() {
            if let Some(at) = statement.parameter_index(&format!(":w{n}"))? {
                statement.raw_bind_parameter(at, word)?;
            }
        }
        if let (Some(Key::Name { text, .. }), Some(at)) = (self.after, statement.parameter_index(":after")?) {
            statement.raw_bind_parameter(at, text)?;
        }
        Ok(())
    }

    fn key(&self, row: &rusqlite::Row<'_>) -> rusqlite::Result<Key> {
        let id = row.get(0)?;
        Ok(match self.order {
            Order::Newest => Key::Newest { id },
            Order::Name => Key::Name { text: row.get(1)?, id },
            Order::Size => Key::Size { size: row.get(1)?, id },
        })
    }
}
