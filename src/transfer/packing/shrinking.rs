//! Which chunks will shrink, foreseen from those before them: a file that didn't is left alone, and
//! so are all when many didn't.
//!
//! Pure. Must not know levels or rates.

use crate::model::EntryNo;

/// After the first chunk of a file that didn't shrink, and at most.
const SKIP: (u64, u64) = (1024 * 1024, 64 * 1024 * 1024);
/// A try weighs as much as this, however small the chunk.
const LEAST: u64 = 16 * 1024;
/// What may be tried in vain at first, and at most.
const CREDIT: (i64, i64) = (1024 * 1024, 4 * 1024 * 1024);
/// One byte in so many may be tried in vain: a whole chunk in 64 MiB.
const VAIN: u64 = 256;
/// A byte that shrank makes up for so many that don't: where a fifth does, everything is tried.
const WORTH: u64 = 4;

/// Remembers what shrank: in the file in hand, and in all.
#[derive(Debug)]
pub struct Shrinking {
    /// The latest file, and bytes of it that are not to be tried, now and after the next
    /// disappointment.
    file: Option<EntryNo>,
    skip: u64,
    next_skip: u64,
    /// Bytes that may yet be tried in vain.
    credit: i64,
}

impl Default for Shrinking {
    fn default() -> Self {
        Self { file: None, skip: 0, next_skip: SKIP.0, credit: CREDIT.0 }
    }
}

impl Shrinking {
    pub fn is_likely(&mut self, entry: EntryNo, len: u64) -> bool {
        // Threads may show the last chunks of a file after the first of the next one.
        if self.file.is_none_or(|file| file < entry) {
            *self = Self { file: Some(entry), credit: self.credit, ..Self::default() };
        }
        let likely = self.skip == 0 && self.credit > 0;
        if !likely {
            self.skip = self.skip.saturating_sub(len);
            self.earn(len / VAIN);
        }
        likely
    }

    pub fn learn(&mut self, entry: EntryNo, len: u64, shrank: bool) {
        let weight = len.max(LEAST);
        if shrank {
            self.earn(weight * WORTH);
        } else {
            self.credit = self.credit.saturating_sub_unsigned(weight);
        }
        if self.file == Some(entry) {
            (self.skip, self.next_skip) =
                if shrank { (0, SKIP.0) } else { (self.next_skip, (self.next_skip * 2).min(SKIP.1)) };
        }
    }

    fn earn(&mut self, bytes: u64) {
        self.credit = self.credit.saturating_add_unsigned(bytes).min(CREDIT.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: u64 = 256 * 1024;

    /// Shows chunks, given as entry, length and whether they shrink; how many were tried.
    fn tries(shrinking: &mut Shrinking, chunks: impl IntoIterator<Item = (EntryNo, u64, bool)>) -> u64 {
        let mut tries = 0;
        for (entry, len, shrinks) in chunks {
            if shrinking.is_likely(entry, len) {
                shrinking.learn(entry, len, shrinks);
                tries += 1;
            }
        }
        tries
    }

    #[test]
    fn a_file_that_does_not_shrink_is_given_up_after_one_chunk() {
        let mut shrinking = Shrinking::default();
        assert_eq!(tries(&mut shrinking, [(0, CHUNK, false); 5]), 1);
        assert_eq!(tries(&mut shrinking, [(1, CHUNK, true); 5]), 5, "the next file has its own chance");
    }

    #[test]
    fn of_much_that_does_not_shrink_less_than_a_hundredth_is_tried() {
        for (len, files, chunks) in
            [(CHUNK, 1, 4096), (CHUNK, 10_000, 1), (CHUNK, 300, 20), (4096, 10_000, 1)]
        {
            let data = (0..files).flat_map(|entry| (0..chunks).map(move |_| (entry, len, false)));
            let tries = tries(&mut Shrinking::default(), data);
            assert!(tries > 1, "it is still probed");
            assert!(tries * 100 < u64::from(files * chunks), "{tries} tries for {files} × {chunks} × {len}");
        }
    }

    #[test]
    fn text_between_photographs_is_tried_every_time() {
        let mut shrinking = Shrinking::default();
        for folder in 0..1000 {
            tries(&mut shrinking, (0..12).map(|_| (folder * 3, CHUNK, false)));
            let text = [(folder * 3 + 1, CHUNK, true), (folder * 3 + 2, 4096, true)];
            assert_eq!(tries(&mut shrinking, text), 2, "in folder {folder}");
        }
    }

    #[test]
    fn what_begins_to_shrink_later_is_found_within_64_mib() {
        for entry in [0, 1] {
            let mut shrinking = Shrinking::default();
            tries(&mut shrinking, (0..8192).map(|_| (0, CHUNK, false)));
            assert!(tries(&mut shrinking, (0..1024).map(|_| (entry, CHUNK, true))) > 700);
        }
    }

    #[test]
    fn a_chunk_of_the_file_before_does_not_begin_it_anew() {
        let mut shrinking = Shrinking::default();
        let torn = [(5, CHUNK, false), (4, CHUNK, false), (5, CHUNK, false), (4, CHUNK, false)];
        assert_eq!(tries(&mut shrinking, torn), 1);
    }
}
