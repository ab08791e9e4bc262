//! The file as such: made for its owner alone, opened, migrated, kept aside when it is damaged.
//!
//! Knows where it lies and what lies beside it. Must not know what is in its tables. While a connection is open the file
//! must not be opened in any other way by this process: closing it would let go of `SQLite`'s locks.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    error::{Damage, HistoryError, Trouble},
    schema::{self, Version},
};

pub const FILE: &str = "history.db";
const LOCK: &str = "history.lock";
const ASIDE: &str = "history.db.damaged";
/// As `SQLite` names what belongs to a file.
const BELONGS: [&str; 2] = ["-wal", "-journal"];
const SHARED: &str = "-shm";
/// So long another process of this home may write at a time, before anybody gives up.
const PATIENCE: Duration = Duration::from_secs(5);

/// What tells one file of a name from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(u64, u64);

impl Stamp {
    #[cfg(unix)]
    pub fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(path).ok().map(|found| Self(found.dev(), found.ino()))
    }

    /// Nobody moves a file that is open away there.
    #[cfg(not(unix))]
    pub fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|_| Self(0, 0))
    }
}

/// Whether a connection may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Write,
    Read,
}

/// The file, and a connection to it.
pub struct Base {
    home: PathBuf,
    path: PathBuf,
    open: Option<(Connection, Option<Stamp>)>,
    damage: Option<Damage>,
}

impl Base {
    pub fn new(home: &Path) -> Self {
        Self { home: home.to_owned(), path: home.join(FILE), open: None, damage: None }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn take_damage(&mut self) -> Option<Damage> {
        self.damage.take()
    }

    /// The connection to the file that has the name now.
    pub fn db(&mut self) -> Result<&mut Connection, HistoryError> {
        let open = match self.open.take() {
            Some(open) if open.1 == Stamp::of(&self.path) => open,
            moved => {
                drop(moved);
                self.connect()?
            }
        };
        Ok(&mut self.open.insert(open).0)
    }

    /// The connection that there is.
    pub fn opened(&self) -> Option<&Connection> {
        self.open.as_ref().map(|(db, _)| db)
    }

    fn connect(&mut self) -> Result<(Connection, Option<Stamp>), HistoryError> {
        let _lock = self.lock()?;
        match self.try_connect() {
            Ok(Opened::Ready(db)) => return Ok((db, Stamp::of(&self.path))),
            Ok(Opened::Newer) => return Err(HistoryError::Newer { path: self.path.clone() }),
            Ok(Opened::Foreign | Opened::Unwritable) => {}
            Err(Failed::Database(error)) if Trouble::of_opening(&error) == Trouble::Damaged => {}
            Err(failed) => return Err(failed.told(&self.path)),
        }
        self.move_aside()?;
        match self.try_connect() {
            Ok(Opened::Ready(db)) => Ok((db, Stamp::of(&self.path))),
            Ok(_) => Err(HistoryError::Damaged { path: self.path.clone() }),
            Err(failed) => Err(failed.told(&self.path)),
        }
    }

    /// Only with the lock.
    fn try_connect(&self) -> Result<Opened, Failed> {
        make_private(&self.path)?;
        let mut db = connection(&self.path, Use::Write)?;
        match schema::version(&db)? {
            Version::Newer => return Ok(Opened::Newer),
            Version::Foreign => return Ok(Opened::Foreign),
            // Whoever may write to the file, and can't, is kept from it by its header.
            Version::Older | Version::Current
                if db.is_readonly(rusqlite::MAIN_DB)?
                    && !fs::metadata(&self.path)?.permissions().readonly() =>
            {
                return Ok(Opened::Unwritable);
            }
            Version::Older => schema::migrate(&mut db)?,
            Version::Current => {}
        }
        Ok(Opened::Ready(db))
    }

    /// Moves a damaged file aside; the next to ask for a connection begins a new one.
    pub fn set_aside(&mut self) -> Result<(), HistoryError> {
        let stamp = self.open.take().and_then(|(db, stamp)| {
            drop(db);
            stamp
        });
        let _lock = self.lock()?;
        // Unless another process was faster.
        if stamp == Stamp::of(&self.path) { self.move_aside() } else { Ok(()) }
    }

    /// Only with the lock, and no connection.
    fn move_aside(&mut self) -> Result<(), HistoryError> {
        let free = (1u32..).map(|n| if n == 1 { ASIDE.to_owned() } else { format!("{ASIDE}-{n}") });
        let mut free = free.map(|name| self.home.join(name));
        let kept = free.find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_default();
        let failed = |error: io::Error| HistoryError::io(&error, &self.path);
        fs::rename(&self.path, &kept).map_err(failed)?;
        // What was written last belongs to it; what is shared is nobody's any more.
        for what in BELONGS {
            let _ = fs::rename(beside(&self.path, what), beside(&kept, what));
        }
        let _ = fs::remove_file(beside(&self.path, SHARED));
        tracing::warn!(kept = %kept.display(), "the history is damaged, and a new one is begun");
        self.damage = Some(Damage { kept });
        Ok(())
    }

    /// Removes what was kept aside.
    pub fn remove_aside(&self) -> Result<(), HistoryError> {
        let failed = |error: io::Error| HistoryError::io(&error, &self.home);
        for item in fs::read_dir(&self.home).map_err(failed)? {
            let item = item.map_err(failed)?;
            if item.file_name().to_str().is_some_and(|name| name.starts_with(ASIDE)) {
                fs::remove_file(item.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Keeps every other process from opening or moving the file until it is dropped.
    fn lock(&self) -> Result<File, HistoryError> {
        let path = self.home.join(LOCK);
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        // Whoever may open it can lock it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let open = options.open(&path);
        open.and_then(|file| file.lock().map(|()| file)).map_err(|error| HistoryError::io(&error, &path))
    }
}

enum Opened {
    Ready(Connection),
    Newer,
    Foreign,
    /// It can be read alone, though its owner may write to it.
    Unwritable,
}

enum Failed {
    Database(rusqlite::Error),
    System(io::Error),
}

impl Failed {
    fn told(&self, path: &Path) -> HistoryError {
        match self {
            Self::Database(error) => HistoryError::of_opening(error, path),
            Self::System(error) => HistoryError::io(error, path),
        }
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(what);
    name.into()
}

/// `SQLite` gives what it makes beside a file the rights of the file.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(there) if there.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made.map(drop),
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let bits = fs::metadata(path)?.permissions().mode();
        if bits & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(bits & 0o700))?;
        }
        // Made while nobody was to write, what lies beside it would keep everybody from it for good.
        for beside in [BELONGS[0], SHARED].map(|what| beside(path, what)) {
            if bits & 0o200 != 0 && fs::metadata(&beside).is_ok_and(|found| found.permissions().readonly()) {
                fs::set_permissions(&beside, fs::Permissions::from_mode(bits & 0o700))?;
            }
        }
    }
    Ok(())
}

/// A connection to a file that must be there.
pub fn connection(path: &Path, used: Use) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(PATIENCE)?;
    // It would remove what lies beside the name, and by then that may be of another file.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.pragma_update(None, "temp_store", "memory")?;
    match used {
        Use::Write => {
            db.pragma_update(None, "synchronous", "full")?;
            db.pragma_update(None, "secure_delete", true)?;
            db.pragma_update(None, "foreign_keys", true)?;
        }
        Use::Read => {
            db.pragma_update(None, "cache_size", -65_536)?;
            // Before the connection may not write any more: the list of what is in the index.
            db.execute_batch("CREATE VIRTUAL TABLE temp.term USING fts5vocab(main, search, row)")?;
            db.pragma_update(None, "query_only", true)?;
        }
    }
    Ok(db)
}
