//! What has come under an accord: one line for each file that was stored, beside its record.
//!
//! Knows the file, and what follows from it. Must not know what was agreed. Blocks.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::model::{Arrival, Arrived, Mark, Timestamp};

/// Bytes of a line, little-endian: the entry's mark, the file's size, and its time as it was offered, in seconds
/// and nanoseconds; [`NO_TIME`] of them where it was offered without one. The last four are nothing yet.
const LINE: usize = 32;

const NO_TIME: u32 = u32::MAX;

fn line(arrival: &Arrival) -> [u8; LINE] {
    let time = arrival.modified.unwrap_or(Timestamp { seconds: 0, nanos: NO_TIME });
    let mut line = [0; LINE];
    line[..8].copy_from_slice(&arrival.mark.0.to_le_bytes());
    line[8..16].copy_from_slice(&arrival.size.to_le_bytes());
    line[16..24].copy_from_slice(&time.seconds.to_le_bytes());
    line[24..28].copy_from_slice(&time.nanos.to_le_bytes());
    line
}

fn arrival(line: &[u8; LINE]) -> Arrival {
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| line[at + i]));
    let nanos = u32::from_le_bytes(std::array::from_fn(|i| line[24 + i]));
    let time = Timestamp { seconds: number(16).cast_signed(), nanos };
    Arrival { mark: Mark(number(0)), size: number(8), modified: (nanos != NO_TIME).then_some(time) }
}

/// Shared between the attempts at a transfer. Without a file it holds for this run alone.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Written>);

#[derive(Debug, Default)]
struct Written {
    arrived: Arrived,
    file: Option<File>,
}

impl Ledger {
    /// Reads what earlier attempts have written, and goes on after it. What a crash has torn is written over.
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
        let mut file = File::options().read(true).append(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (lines, torn) = bytes.as_chunks::<LINE>();
        file.set_len((bytes.len() - torn.len()) as u64)?;
        let mut arrived = Arrived::default();
        for line in lines {
            arrived.add(arrival(line));
        }
        Ok(Self(Mutex::new(Written { arrived, file: Some(file) })))
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These files were stored.
    pub fn note(&self, arrivals: &[Arrival]) {
        let mut lines = Vec::with_capacity(LINE * arrivals.len());
        let mut written = self.written();
        for arrival in arrivals {
            written.arrived.add(*arrival);
            lines.extend(line(arrival));
        }
        if let Some(Err(problem)) = written.file.as_mut().map(|file| file.write_all(&lines)) {
            tracing::warn!(%problem, "what has come of a transfer can't be noted for a later run");
            written.file = None;
        }
    }

    #[must_use]
    pub fn arrived(&self) -> Arrived {
        self.written().arrived.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, Came, Entry, EntryKind, FileMode, RelPath};

    #[test]
    fn what_was_noted_is_there_for_the_next_run_though_a_crash_has_torn_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.arrived");
        let times = [
            None,
            Some(Timestamp { seconds: -5, nanos: 999_999_999 }),
            Some(Timestamp { seconds: 7, nanos: 0 }),
        ];
        let noted = |number: usize| Arrival {
            mark: Mark(number as u64),
            size: 10 * number as u64,
            modified: times[number],
        };
        Ledger::open(&path).unwrap().note(&[noted(0), noted(1)]);
        File::options().append(true).open(&path).unwrap().write_all(&[7; LINE - 1]).unwrap();
        let ledger = Ledger::open(&path).unwrap();
        ledger.note(&[noted(2)]);
        let again = Ledger::open(&path).unwrap().arrived();
        for number in 0..3 {
            let Arrival { mark, size, modified } = noted(number);
            let kind = EntryKind::File { size: Some(size), mode: FileMode::Regular };
            let path = RelPath::parse("any").unwrap();
            let entry = Entry { path, kind, access: Access::Shared, modified };
            assert_eq!(again.came(mark, &entry), Came::Same, "{number}");
        }
        assert!(!again.has(Mark(u64::from_le_bytes([7; 8]))));
    }
}
