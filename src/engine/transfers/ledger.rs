//! What has come under an accord: one line for each file that was stored, beside its record.
//!
//! Knows the file, and what follows from it. Must not know what was agreed. Blocks.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::model::{Arrival, Arrived, Mark};

/// Bytes of a line: the entry's mark and the file's size, little-endian.
const LINE: usize = 16;

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
        let mut file = File::options().read(true).append(true).create(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (lines, torn) = bytes.as_chunks::<LINE>();
        file.set_len((bytes.len() - torn.len()) as u64)?;
        let mut arrived = Arrived::default();
        for line in lines {
            let (mark, size) = line.split_at(LINE / 2);
            let number = |half: &[u8]| half.try_into().map_or(0, u64::from_le_bytes);
            arrived.add(Arrival { mark: Mark(number(mark)), size: number(size) });
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
            lines.extend(arrival.mark.0.to_le_bytes());
            lines.extend(arrival.size.to_le_bytes());
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

    #[test]
    fn what_was_noted_is_there_for_the_next_run_though_a_crash_has_torn_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.arrived");
        let arrival = |mark, size| Arrival { mark: Mark(mark), size };
        Ledger::open(&path).unwrap().note(&[arrival(1, 10), arrival(2, 20)]);
        File::options().append(true).open(&path).unwrap().write_all(&[7; LINE - 1]).unwrap();
        let ledger = Ledger::open(&path).unwrap();
        assert!(ledger.arrived().has(Mark(1)) && ledger.arrived().has(Mark(2)));
        ledger.note(&[arrival(3, 30)]);
        let again = Ledger::open(&path).unwrap().arrived();
        assert!([1, 2, 3].into_iter().all(|mark| again.has(Mark(mark))));
        assert!(!again.has(Mark(u64::from_le_bytes([7; 8]))));
    }
}
