//! What a transfer has stored: from then on this says it, and never a file's size or time.
//!
//! One file beside a transfer's record, appended to. Before files get their names, an *intent* of each is written and
//! made to last: which file it is, what its content is, and under which name it is about to stand. After a crash, that
//! very file under that very name was stored; anything else was not. Once names will last, *stored* is added.
//!
//! ```text
//! header  "airliftL", version u32 (1), 4 bytes of nothing
//! line    length u16 of what follows the check, check 8 bytes, a `Line` as postcard writes it
//! ```
//!
//! A line's check is BLAKE3 of its place and its bytes. Reading ends at the first line that is torn or damaged; what
//! stands there is written over. Knows this file. Must not know what was agreed, or where the receiving folder is. Blocks.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, BufReader, ErrorKind, Seek as _, SeekFrom},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::system::{at, identity::Identity};
use crate::model::{Arrival, Arrived, Caught, Coming, Digest, Entry, Lasting, Mark, Screening, Timestamp};

const HEADER: [u8; 16] = *b"airliftL\x01\0\0\0\0\0\0\0";
const CHECK: usize = 8;
/// Bytes of a line before what it says.
const START: usize = 2 + CHECK;

/// A file under its own name, as this transfer has put it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Below the receiving folder.
    pub path: Box<str>,
    /// In bytes.
    pub size: u64,
    pub digest: Digest,
    /// `None` where the system knows nothing of the sort: then its content has to tell.
    pub identity: Option<Identity>,
    /// What was said of it when it got its name.
    pub screening: Screening,
    /// When anything of it changed last, which nobody can set. `None` until its name will last.
    pub touched: Option<Timestamp>,
}

type Time = (i64, u32);

#[derive(Serialize, Deserialize)]
enum Line {
    Intent {
        mark: u64,
        /// As it was offered.
        size: u64,
        modified: Option<Time>,
        saved: Written,
    },
    Stored {
        mark: u64,
        touched: Option<Time>,
    },
    /// It stood there already, and was found to be the same.
    Found {
        mark: u64,
        size: u64,
        modified: Option<Time>,
    },
    /// It has come, and is in quarantine.
    Caught {
        mark: u64,
        size: u64,
        modified: Option<Time>,
        digest: [u8; 32],
        why: Caught,
    },
    /// An intent of a file that somebody has looked into.
    Looked {
        mark: u64,
        size: u64,
        modified: Option<Time>,
        saved: Written,
        screening: Screening,
    },
}

/// As [`Saved`].
#[derive(Serialize, Deserialize)]
struct Written {
    path: Box<str>,
    size: u64,
    digest: [u8; 32],
    identity: Option<Identity>,
}

/// Shared between the attempts at a transfer. Without a file it holds for this run alone.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    arrived: Arrived,
    /// What was about to get its name, and is not known to have it.
    intended: HashMap<Mark, Intended>,
    /// What has it, and may not last yet.
    unsettled: HashSet<Mark>,
    /// What is in quarantine, and in no other place.
    caught: HashMap<Mark, (Digest, Caught)>,
    /// The last intent of what is stored, and when that was touched last.
    places: HashMap<Mark, (u64, Option<Timestamp>)>,
    paper: Paper,
    end: u64,
}

#[derive(Clone, Copy, Debug)]
struct Intended {
    arrival: Arrival,
    place: u64,
}

#[derive(Debug)]
enum Paper {
    File(File),
    /// Its file can't be written any more: what is missing there is compared by the next run.
    Broken,
    Memory(Vec<u8>),
}

impl Default for Paper {
    fn default() -> Self {
        Self::Memory(Vec::new())
    }
}

impl Ledger {
    /// Reads what earlier attempts have written, and goes on after it.
    ///
    /// # Errors
    /// When it can't be read or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent()
            && !path.exists()
        {
            // Nobody else's to read.
            let new = tempfile::Builder::new().suffix(".new").tempfile_in(folder)?;
            new.persist_noclobber(path)?;
        }
        let file = File::options().read(true).write(true).open(path)?;
        let mut book = Book { paper: Paper::Broken, ..Book::default() };
        book.read(&file)?;
        file.set_len(book.end)?;
        book.paper = Paper::File(file);
        Ok(Self(Mutex::new(book)))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These are about to get their names. To be made to [last](Self::sync) before one does.
    pub(in crate::disk) fn intend(&self, intents: &[(Arrival, Saved)]) {
        let mut book = self.book();
        let mut lines = Vec::new();
        for (arrival, saved) in intents {
            let Saved { path, size, digest, identity, screening, touched: _ } = saved;
            let saved = Written { path: path.clone(), size: *size, digest: digest.0, identity: *identity };
            let place = book.end + lines.len() as u64;
            let (mark, modified) = (arrival.mark.0, arrival.modified.map(time));
            let size = arrival.size;
            let line = match screening {
                Screening::Off => Line::Intent { mark, size, modified, saved },
                said => Line::Looked { mark, size, modified, saved, screening: said.clone() },
            };
            put(&mut lines, place, &line);
            book.intended.insert(arrival.mark, Intended { arrival: *arrival, place });
        }
        book.append(&lines);
    }

    /// Makes what was intended last through a power cut.
    pub(in crate::disk) fn sync(&self) {
        let mut book = self.book();
        if let Paper::File(file) = &book.paper
            && let Err(problem) = Lasting::of(file.sync_data())
        {
            book.give_up(&problem);
        }
    }

    /// The number of the disk that it is on; `None` where it is on none.
    #[cfg(unix)]
    pub(in crate::disk) fn device(&self) -> Option<u64> {
        use std::os::unix::fs::MetadataExt as _;
        let book = self.book();
        let Paper::File(file) = &book.paper else { return None };
        Some(file.metadata().ok()?.dev())
    }

    #[cfg(not(unix))]
    pub(in crate::disk) fn device(&self) -> Option<u64> {
        None
    }

    /// What was intended has its name, and that will last; with the time of its last change.
    pub(in crate::disk) fn stored(&self, stored: &[(Mark, Option<Timestamp>)]) {
        let mut book = self.book();
        let mut lines = Vec::new();
        for (mark, touched) in stored {
            if book.settle(*mark, *touched) || book.settle_later(*mark, *touched) {
                let place = book.end + lines.len() as u64;
                put(&mut lines, place, &Line::Stored { mark: mark.0, touched: touched.map(time) });
            }
        }
        book.append(&lines);
    }

    /// These stood there already, and are what was offered.
    pub(in crate::disk) fn found(&self, found: &[Arrival]) {
        let mut book = self.book();
        let mut lines = Vec::new();
        for arrival in found {
            let place = book.end + lines.len() as u64;
            let (mark, modified) = (arrival.mark.0, arrival.modified.map(time));
            put(&mut lines, place, &Line::Found { mark, size: arrival.size, modified });
            book.find(*arrival);
        }
        book.append(&lines);
    }

    /// These have come, and are in quarantine: they are not asked for again, and are not stored.
    pub(in crate::disk) fn caught(&self, caught: &[(Arrival, Digest, Caught)]) {
        let mut book = self.book();
        let mut lines = Vec::new();
        for (arrival, digest, why) in caught {
            let place = book.end + lines.len() as u64;
            let (mark, modified) = (arrival.mark.0, arrival.modified.map(time));
            let line =
                Line::Caught { mark, size: arrival.size, modified, digest: digest.0, why: why.clone() };
            put(&mut lines, place, &line);
            book.catch(*arrival, *digest, why.clone());
        }
        book.append(&lines);
    }

    /// What was put into quarantine, as it came last, and why.
    pub(in crate::disk) fn is_caught(&self, mark: Mark) -> Option<(Digest, Caught)> {
        self.book().caught.get(&mark).cloned()
    }

    /// True of what has come, wherever it is now.
    pub(in crate::disk) fn knows(&self, mark: Mark) -> bool {
        self.book().arrived.times(mark) > 0
    }

    /// Of what was about to get its name when an attempt ended, that is stored which has it. It is to be noted as
    /// [stored](Self::stored) once it will last.
    pub(in crate::disk) fn resolve(&self, has_its_name: impl Fn(&Saved) -> bool) {
        let mut book = self.book();
        let open: Vec<_> = book.intended.iter().map(|(mark, intended)| (*mark, intended.place)).collect();
        for (mark, place) in open {
            if book.saved(mark, (place, None)).is_some_and(|saved| has_its_name(&saved)) {
                book.settle(mark, None);
                book.unsettled.insert(mark);
            }
        }
    }

    /// What is stored and may not last yet, and where.
    pub(in crate::disk) fn unsettled(&self) -> Vec<(Mark, Box<str>)> {
        let book = self.book();
        let path = |mark: &Mark| Some((*mark, book.saved(*mark, *book.places.get(mark)?)?.path));
        book.unsettled.iter().filter_map(path).collect()
    }

    /// What was about to get its name, and is not known to have it; and whether the entry is still as it was then.
    pub(in crate::disk) fn intended(&self, mark: Mark, entry: &Entry) -> Option<(Saved, Coming)> {
        let book = self.book();
        let Intended { arrival, place } = *book.intended.get(&mark)?;
        let mut once = Arrived::default();
        once.add(arrival);
        Some((book.saved(mark, (place, None))?, once.coming(mark, entry)))
    }

    /// What was stored last of an entry; `None` of what was not stored by this transfer.
    pub(in crate::disk) fn last(&self, mark: Mark) -> Option<Saved> {
        let book = self.book();
        book.saved(mark, *book.places.get(&mark)?)
    }

    /// All that is noted as stored, in no order.
    pub fn saved(&self) -> Vec<Saved> {
        let book = self.book();
        let saved = |(mark, place): (&Mark, &_)| book.saved(*mark, *place);
        book.places.iter().filter_map(saved).collect()
    }

    /// Asks what has come so far.
    pub fn arrived<T>(&self, ask: impl FnOnce(&Arrived) -> T) -> T {
        ask(&self.book().arrived)
    }
}

impl Book {
    /// Takes what a file says, up to what a crash has torn.
    fn read(&mut self, file: &File) -> io::Result<()> {
        let mut reader = BufReader::new(file);
        let mut header = [0; HEADER.len()];
        if !fill(&mut reader, &mut header)? || header != HEADER {
            at::write_all(file, &HEADER, 0)?;
            self.end = HEADER.len() as u64;
            return Ok(());
        }
        self.end = HEADER.len() as u64;
        while let Some((line, length)) = read(&mut reader, self.end)? {
            self.take(&line);
            self.end += length;
        }
        Ok(())
    }

    fn take(&mut self, line: &Line) {
        match line {
            Line::Intent { mark, size, modified, .. } | Line::Looked { mark, size, modified, .. } => {
                let arrival = Arrival { mark: Mark(*mark), size: *size, modified: modified.map(timestamp) };
                self.intended.insert(arrival.mark, Intended { arrival, place: self.end });
            }
            Line::Stored { mark, touched } => {
                self.settle(Mark(*mark), touched.map(timestamp));
            }
            Line::Found { mark, size, modified } => {
                self.find(Arrival { mark: Mark(*mark), size: *size, modified: modified.map(timestamp) });
            }
            Line::Caught { mark, size, modified, digest, why } => {
                let arrival = Arrival { mark: Mark(*mark), size: *size, modified: modified.map(timestamp) };
                self.catch(arrival, Digest(*digest), why.clone());
            }
        }
    }

    /// What was intended is stored; false when nothing was.
    fn settle(&mut self, mark: Mark, touched: Option<Timestamp>) -> bool {
        let Some(Intended { arrival, place }) = self.intended.remove(&mark) else { return false };
        self.arrived.add(arrival);
        self.caught.remove(&mark);
        self.places.insert(mark, (place, touched));
        true
    }

    /// The same of what was found to be stored before.
    fn settle_later(&mut self, mark: Mark, now: Option<Timestamp>) -> bool {
        if let Some((_, touched)) = self.places.get_mut(&mark) {
            *touched = now;
        }
        self.unsettled.remove(&mark)
    }

    fn find(&mut self, arrival: Arrival) {
        self.intended.remove(&arrival.mark);
        self.places.remove(&arrival.mark);
        self.caught.remove(&arrival.mark);
        self.arrived.add(arrival);
    }

    fn catch(&mut self, arrival: Arrival, digest: Digest, why: Caught) {
        self.intended.remove(&arrival.mark);
        self.arrived.add(arrival);
        self.caught.insert(arrival.mark, (digest, why));
    }

    fn append(&mut self, lines: &[u8]) {
        let written = match &mut self.paper {
            Paper::File(file) => at::write_all(file, lines, self.end),
            Paper::Memory(bytes) => {
                bytes.extend(lines);
                Ok(())
            }
            Paper::Broken => return,
        };
        self.end += lines.len() as u64;
        if let Err(problem) = written {
            self.give_up(&problem);
        }
    }

    fn give_up(&mut self, problem: &io::Error) {
        tracing::warn!(%problem, "what a transfer has stored can’t be noted for a later run");
        self.paper = Paper::Broken;
    }

    /// What an intent says.
    fn saved(&self, of: Mark, (place, touched): (u64, Option<Timestamp>)) -> Option<Saved> {
        let line = match &self.paper {
            Paper::File(file) => {
                let mut reader = BufReader::with_capacity(512, file);
                reader.seek(SeekFrom::Start(place)).ok()?;
                read(&mut reader, place).ok()??
            }
            Paper::Memory(bytes) => read(&mut &bytes[usize::try_from(place).ok()?..], place).ok()??,
            Paper::Broken => return None,
        };
        let (mark, saved, screening) = match line.0 {
            Line::Intent { mark, saved, .. } => (mark, saved, Screening::Off),
            Line::Looked { mark, saved, screening, .. } => (mark, saved, screening),
            Line::Stored { .. } | Line::Found { .. } | Line::Caught { .. } => return None,
        };
        let Written { path, size, digest, identity } = saved;
        (mark == of.0).then_some(Saved { path, size, digest: Digest(digest), identity, screening, touched })
    }
}

fn time(Timestamp { seconds, nanos }: Timestamp) -> Time {
    (seconds, nanos)
}

fn timestamp((seconds, nanos): Time) -> Timestamp {
    Timestamp { seconds, nanos }
}

fn check(place: u64, says: &[u8]) -> [u8; CHECK] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&place.to_le_bytes()).update(says);
    let whole = hasher.finalize();
    std::array::from_fn(|i| whole.as_bytes()[i])
}

fn put(lines: &mut Vec<u8>, place: u64, line: &Line) {
    // Of numbers and a path, which have no end of their own to come to.
    let Ok(says) = postcard::to_stdvec(line) else { return };
    let Ok(length) = u16::try_from(says.len()) else { return };
    lines.extend(length.to_le_bytes());
    lines.extend(check(place, &says));
    lines.extend(says);
}

/// True when there was enough.
fn fill(reader: &mut impl io::Read, room: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(room) {
        Err(why) if why.kind() == ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}

/// The next line and its length; `None` where there is none, or none that is whole.
fn read(reader: &mut impl io::Read, place: u64) -> io::Result<Option<(Line, u64)>> {
    let mut start = [0; START];
    if !fill(reader, &mut start)? {
        return Ok(None);
    }
    let mut says = vec![0; usize::from(u16::from_le_bytes([start[0], start[1]]))];
    if !fill(reader, &mut says)? || start[2..] != check(place, &says) {
        return Ok(None);
    }
    Ok(postcard::from_bytes(&says).ok().map(|line| (line, (START + says.len()) as u64)))
}

#[cfg(test)]
mod tests;
