//! How the file is laid out, and how one of an earlier version becomes one of this.
//!
//! Knows tables. Must not know what is asked of them.
//!
//! `file` is narrow and has all that rows are chosen and ordered by; `detail` the rest, for those that are shown. `search`
//! is an index without content: the text, which `file` has, and one word of three characters for each filter.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::code::id;

/// “Airl”: whose file it is.
const OURS: i32 = 0x4169_726c;

/// From each version to the next. What stands here once was released is never changed, only added to.
const MIGRATIONS: &[&str] = &[TABLES, SEARCH, LATER, WAITING];

const TABLES: &str = "
    CREATE TABLE device(
        id INTEGER PRIMARY KEY,
        -- What makes it this one: its id, or else its name alone.
        key BLOB NOT NULL UNIQUE,
        proved BLOB,
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        heard INTEGER NOT NULL
    );
    CREATE INDEX device_folded ON device(folded);

    CREATE TABLE transfer(
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL,
        direction INTEGER NOT NULL,
        device INTEGER NOT NULL REFERENCES device(id),
        peer TEXT NOT NULL,
        began INTEGER NOT NULL,
        ended INTEGER,
        ending INTEGER NOT NULL,
        took INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        why TEXT,
        UNIQUE(key, direction)
    );
    CREATE INDEX transfer_device ON transfer(device);

    CREATE TABLE file(
        id INTEGER PRIMARY KEY,
        text TEXT NOT NULL,
        size INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        direction INTEGER NOT NULL,
        device INTEGER NOT NULL,
        became INTEGER NOT NULL,
        screened INTEGER NOT NULL,
        transfer INTEGER NOT NULL REFERENCES transfer(id),
        -- A hash of its path; NULL for a transfer of whose files nothing is known.
        mark INTEGER
    );
    CREATE INDEX file_size ON file(size, id, kind, direction, device, became, screened);
    CREATE INDEX file_name ON file(text, id DESC);
    CREATE INDEX file_mark ON file(transfer, mark);

    CREATE TABLE detail(
        id INTEGER PRIMARY KEY REFERENCES file(id),
        name TEXT NOT NULL,
        folder TEXT NOT NULL,
        place,
        digest BLOB,
        side INTEGER,
        why TEXT,
        screening TEXT
    );

    -- Whether something was removed of which traces are left in the file.
    CREATE TABLE state(traces INTEGER NOT NULL);
    INSERT INTO state VALUES (0);
";

/// The index of words.
pub const SEARCH: &str = "
    CREATE VIRTUAL TABLE search USING fts5(
        text, kind, direction, device, became, screened,
        content='', contentless_delete=1, tokenize='trigram case_sensitive 1'
    );
";

/// Whether something was done to a file after it had come: what was recorded before doesn’t come back then.
const LATER: &str = "ALTER TABLE detail ADD COLUMN later INTEGER NOT NULL DEFAULT 0;";

/// What was recorded and is not yet in the other tables. A number is never given out twice: the order is that of time.
const WAITING: &str = "
    CREATE TABLE waiting(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        record BLOB NOT NULL
    );
";

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Current,
    /// Or nothing yet.
    Older,
    Newer,
    /// A database of something else.
    Foreign,
}

/// Looks, and changes nothing.
pub fn version(db: &Connection) -> rusqlite::Result<Version> {
    let number = |pragma: &str| db.query_row(&format!("PRAGMA {pragma}"), (), |row| row.get::<_, i64>(0));
    let (version, owner) = (number("user_version")?, number("application_id")?);
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    let current = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    Ok(match version {
        _ if owner != i64::from(OURS) && (tables > 0 || version != 0) => Version::Foreign,
        _ if version > current => Version::Newer,
        _ if version == current => Version::Current,
        _ => Version::Older,
    })
}

/// Makes it this version’s, in one step.
pub fn migrate(db: &mut Connection) -> rusqlite::Result<()> {
    // It can't be changed within a transaction, and stays for ever.
    let _mode: String = db.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
    let step = Transaction::new(db, TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let from: i64 = step.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(0)) {
        step.execute_batch(migration)?;
    }
    step.pragma_update(None, "application_id", OURS)?;
    step.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
    step.commit()
}

/// The word of three characters that stands for the value of a filter.
pub fn tag(code: i64) -> Option<String> {
    // Characters for private use: a plane has 65,534 that are not reserved. There is no third plane.
    const PLANE: i64 = 65_534;
    let at = match code {
        0..PLANE => 0xf_0000 + code,
        PLANE..131_068 => 0x10_0000 + code - PLANE,
        _ => return None,
    };
    let value = u32::try_from(at).ok().and_then(char::from_u32)?;
    Some(format!("\u{2}{value}\u{2}"))
}

/// The first row number of the second after the one that `id` is in.
pub fn next_second(id: i64) -> i64 {
    (id.div_euclid(id::SECOND) + 1) * id::SECOND
}
