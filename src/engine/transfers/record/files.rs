//! Records on the disk: one small file for each, in the data folder.
//!
//! Knows the files and who may use them: a record belongs to the one process that has it locked. Must not know
//! what is done about a transfer.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::{Missing, Receiving, Record};
use crate::{
    disk::{self, Earlier, Ledger, User},
    engine::transfers::marks::Marks,
    model::{Accord, Lasting, Side, TransferId},
};

/// In the data folder.
pub const FOLDER: &str = "transfers";
const VERSION: u32 = 1;
/// How the names of records end that could not be understood.
const DAMAGED: &str = "damaged";
/// How the names of the files end that say who has paused what.
const PAUSED: &str = "paused";
/// How those end that hold what was said yes to.
const ACCORD: &str = "accord";
/// How those end that say what has come under it.
const LEDGER: &str = "ledger";
/// How those end that are still being written, and have no name yet.
const NEW: &str = "new";
/// Bytes from which on a transfer takes so long that a power cut in it is worth a turn of the disk.
pub const LONG: u64 = 64 << 20;
/// After which nobody writes one any more.
const OLD: Duration = Duration::from_hours(1);

#[derive(Serialize, Deserialize)]
struct Written<R> {
    version: u32,
    record: R,
}

/// What was accepted, and what is kept of it for a later run of the program.
pub struct Accepted {
    pub record: Receiving,
    pub kept: Option<Kept>,
    /// What was said yes to; `None` where a run of before did not keep it.
    pub accord: Option<Arc<Accord>>,
    pub ledger: Arc<Ledger>,
    /// When more than was agreed was last asked, and refused.
    pub refused: Option<Instant>,
}

impl Accepted {
    /// With what is kept beside the record. Blocks.
    #[must_use]
    pub fn of(record: Receiving, kept: Kept) -> Self {
        let (accord, ledger) = (kept.accord().map(Arc::new), Arc::new(kept.ledger()));
        Self { record, kept: Some(kept), accord, ledger, refused: None }
    }

    /// What another attempt is held to.
    #[must_use]
    pub fn earlier(&self) -> Earlier {
        let (names, accord) = (self.record.names.clone(), self.accord.clone());
        let volume = self.record.volume.clone();
        Earlier { names, accord, ledger: Arc::clone(&self.ledger), volume }
    }
}

/// What there is of one transfer.
#[derive(Debug)]
pub enum Found {
    Nothing,
    Kept(Kept, Box<Record>),
    /// Another process has it.
    InUse,
}

impl Found {
    /// What failed of it is on its way once more: whatever breaks it now, it goes on by itself. Blocks.
    #[must_use]
    pub fn on_its_way(self) -> Self {
        match self {
            Self::Kept(kept, record) if record.missing() == Missing::Failed => {
                let record = record.with(Missing::Unsent);
                match kept.replace(&record) {
                    Ok(kept) => Self::Kept(kept, Box::new(record)),
                    Err(problem) => {
                        tracing::warn!(%problem, "a transfer's record can't be written");
                        Self::Nothing
                    }
                }
            }
            found => found,
        }
    }
}

/// Whether it is known what was said yes to. Where an earlier build has not kept it, a person says it once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreed {
    Known,
    Unknown,
}

/// A record as it is read by somebody who only lists it.
#[derive(Debug)]
pub struct Listed {
    pub record: Record,
    pub agreed: Agreed,
    /// When it was accepted or last interrupted.
    pub interrupted: SystemTime,
    pub user: User,
    /// Who has paused it.
    pub marks: Marks,
}

/// A file that gets its name when it is whole.
fn nameless(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().suffix(&format!(".{NEW}")).tempfile_in(folder)
}

/// A record on the disk. Whoever has this is the only one who goes on with the transfer; dropping it
/// leaves the record to the next run.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    /// Locked for as long as it is open.
    file: File,
}

impl Kept {
    /// Writes a new record.
    ///
    /// # Errors
    /// When the data folder can't be written; `ResourceBusy` when another process has one of this id.
    pub fn create(home: &Path, record: &Record) -> io::Result<Self> {
        let path = home.join(FOLDER).join(format!("{}.json", record.id()));
        if let Ok(there) = File::open(&path)
            && there.try_lock().is_err()
        {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        let kept = Self::write(path, record)?;
        // Another transfer's of that id, that came to its end unseen.
        kept.forget();
        Ok(kept)
    }

    /// Keeps what was said yes to beside the record.
    ///
    /// # Errors
    /// When the data folder can't be written.
    pub fn keep_accord(&self, accord: &Accord) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut new = nameless(folder)?;
        new.write_all(&accord.to_bytes())?;
        let path = self.path.with_extension(ACCORD);
        // Else, after a power cut, it may be none, and its transfer waits for a person.
        if accord.bytes() >= LONG || path.exists() {
            Lasting::of(new.as_file().sync_data())?;
        }
        new.persist(path)?;
        Ok(())
    }

    /// What was said yes to; `None` where it was not kept, or is damaged.
    #[must_use]
    pub fn accord(&self) -> Option<Accord> {
        accord(&self.path)
    }

    /// Whether what was said yes to is known. Reads all of it.
    #[must_use]
    pub fn agreed(&self) -> Agreed {
        agreed(&self.path)
    }

    /// What has come under it.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::open(&self.path.with_extension(LEDGER)).unwrap_or_else(|problem| {
            tracing::warn!(%problem, "what has come of a transfer can't be read");
            Ledger::default()
        })
    }

    /// Removes what lies beside records that are not there any more.
    pub fn sweep(home: &Path) {
        for path in [PAUSED, ACCORD, LEDGER].into_iter().flat_map(|ending| files(home, ending)) {
            if !path.with_extension("json").exists() && !path.with_extension(DAMAGED).exists() {
                tracing::info!(path = %path.display(), "what lies beside no record is removed");
                // What is gone already needs no removing.
                let _ = fs::remove_file(&path);
            }
        }
        // A crash may have come before they had their names.
        let is_old = |path: &PathBuf| {
            let written = fs::metadata(path).and_then(|there| there.modified()).ok();
            written.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > OLD)
        };
        for path in files(home, NEW).iter().filter(|path| is_old(path)) {
            let _ = fs::remove_file(path);
        }
    }

    fn forget(&self) {
        forget_beside(&self.path);
    }

    /// Puts another record in the place of this one.
    ///
    /// # Errors
    /// When the data folder can't be written: then the old one stays, and nobody has it.
    pub fn replace(self, record: &Record) -> io::Result<Self> {
        Self::write(self.path, record)
    }

    fn write(path: PathBuf, record: &Record) -> io::Result<Self> {
        let folder = path.parent().unwrap_or(Path::new(""));
        disk::make_private(folder)?;
        let mut new = nameless(folder)?;
        serde_json::to_writer(&mut new, &Written { version: VERSION, record })?;
        new.write_all(b"\n")?;
        // Before it has its name, so that no other process can come first.
        new.as_file().try_lock()?;
        let file = new.persist(&path)?;
        let kept = Self { path, file };
        // Another transfer's of that id, that came to its end unseen.
        kept.mark(Marks::default());
        Ok(kept)
    }

    /// Makes it last through a power cut.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&self) -> io::Result<()> {
        Lasting::of(self.file.sync_all()).map(drop)
    }

    /// The record of a transfer, if there is one.
    #[must_use]
    pub fn find(home: &Path, id: TransferId) -> Found {
        let path = home.join(FOLDER).join(format!("{id}.json"));
        match Self::claim(path.clone()) {
            Ok(Some((kept, record))) => Found::Kept(kept, Box::new(record)),
            Ok(None) if path.exists() => Found::InUse,
            Ok(None) => Found::Nothing,
            Err(problem) => {
                tracing::warn!(%problem, path = %path.display(), "a transfer's record can't be used");
                Found::Nothing
            }
        }
    }

    /// All records, whether or not a process has them. Those that can't be read are left out.
    #[must_use]
    pub fn list(home: &Path) -> Vec<Listed> {
        let listed = files(home, "json").into_iter().filter_map(|path| {
            let file = File::open(&path).ok()?;
            let interrupted = file.metadata().ok()?.modified().ok()?;
            let record = read(&file).ok()?;
            // For a moment: who needs it now finds it free again.
            let user = if file.try_lock().is_ok() { User::Nobody } else { User::Somebody };
            let agreed = agreed(&path);
            Some(Listed { record, agreed, interrupted, user, marks: marks(&path) })
        });
        listed.collect()
    }

    /// The ids of all records, those that can't be read among them.
    #[must_use]
    pub fn ids(home: &Path) -> HashSet<TransferId> {
        files(home, "json").iter().filter_map(|path| path.file_stem()?.to_str()?.parse().ok()).collect()
    }

    /// Records that could not be understood and were kept aside, and since when.
    #[must_use]
    pub fn damaged(home: &Path) -> Vec<(PathBuf, SystemTime)> {
        let since = |path: &PathBuf| fs::metadata(path).and_then(|there| there.modified()).ok();
        files(home, DAMAGED).into_iter().filter_map(|path| since(&path).map(|since| (path, since))).collect()
    }

    /// All records that no process has, the oldest first. One that can't be understood is kept
    /// aside.
    #[must_use]
    pub fn all(home: &Path) -> Vec<(Self, Record)> {
        let mut found: Vec<_> = files(home, "json")
            .into_iter()
            .filter_map(|path| {
                Self::claim(path.clone()).unwrap_or_else(|problem| {
                    tracing::warn!(%problem, path = %path.display(), "a transfer's record can't be used");
                    let aside = path.with_extension(DAMAGED);
                    if fs::rename(&path, &aside).is_ok() {
                        // It stays for a while, from now on.
                        let _ = File::open(&aside).and_then(|file| file.set_modified(SystemTime::now()));
                    }
                    None
                })
            })
            .collect();
        found.sort_by_key(|(kept, _)| kept.interrupted());
        found
    }

    /// `None` when another process has it, or it is gone.
    fn claim(path: PathBuf) -> io::Result<Option<(Self, Record)>> {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(why),
        };
        if file.try_lock().is_err() || !path.exists() {
            return Ok(None);
        }
        let record = read(&file)?;
        Ok(Some((Self { path, file }, record)))
    }

    /// Who has paused it.
    #[must_use]
    pub fn marks(&self) -> Marks {
        marks(&self.path)
    }

    /// Remembers who has paused it.
    pub fn mark(&self, marks: Marks) {
        let path = self.path.with_extension(PAUSED);
        let written = if marks == Marks::default() {
            fs::remove_file(&path)
        } else {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            nameless(folder).and_then(|mut new| {
                serde_json::to_writer(&mut new, &marks)?;
                new.persist(&path).map(drop).map_err(io::Error::from)
            })
        };
        if let Err(problem) = written
            && problem.kind() != io::ErrorKind::NotFound
        {
            // It holds for as long as this run does.
            tracing::warn!(%problem, path = %path.display(), "who has paused a transfer can't be kept");
        }
    }

    /// Notes that the transfer was interrupted just now.
    pub fn touch(&self) {
        // Only how long it is waited for depends on it.
        let _ = self.file.set_modified(SystemTime::now());
    }

    /// When it was accepted or last interrupted.
    #[must_use]
    pub fn interrupted(&self) -> SystemTime {
        self.file.metadata().and_then(|there| there.modified()).unwrap_or_else(|_| SystemTime::now())
    }

    /// The transfer is over.
    pub fn remove(self) {
        self.mark(Marks::default());
        self.forget();
        if let Err(problem) = fs::remove_file(&self.path) {
            tracing::warn!(%problem, path = %self.path.display(), "a transfer's record can't be removed");
        }
    }
}

/// Removes what is beside a record.
pub fn forget_beside(record: &Path) {
    for ending in [ACCORD, LEDGER] {
        if let Err(problem) = fs::remove_file(record.with_extension(ending))
            && problem.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%problem, path = %record.display(), "what is beside a record can't be removed");
        }
    }
}

fn read(file: &File) -> io::Result<Record> {
    let Written { version, record } = serde_json::from_reader(io::BufReader::new(file))?;
    if version != VERSION {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is of another version"));
    }
    Ok(record)
}

/// What is in the folder of records under names that end like this.
fn files(home: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(listed) = fs::read_dir(home.join(FOLDER)) else { return Vec::new() };
    let paths = listed.filter_map(Result::ok).map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == ending)).collect()
}

fn accord(record: &Path) -> Option<Accord> {
    Accord::from_bytes(&fs::read(record.with_extension(ACCORD)).ok()?)
}

fn agreed(path: &Path) -> Agreed {
    if accord(path).is_some() { Agreed::Known } else { Agreed::Unknown }
}

/// Who has paused the transfer of this record.
fn marks(record: &Path) -> Marks {
    let marked = fs::read(record.with_extension(PAUSED));
    // One that can't be read is paused all the same: a person can let it go on.
    marked.map_or_else(
        |_| Marks::default(),
        |text| serde_json::from_slice(&text).unwrap_or_else(|_| Marks::default().with(Side::Here)),
    )
}

#[cfg(test)]
mod tests;
