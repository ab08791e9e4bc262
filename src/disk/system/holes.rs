//! Holes: parts of a file that are zeros, and take no room on its disk.
//!
//! Knows how a system is asked for them, and how they are kept where a file is written. Whoever says that there are
//! none, or can't be asked, has files that are all content: that is slower, and never wrong.

use std::{
    fs::File,
    io,
    ops::Range,
    time::{Duration, Instant, SystemTime},
};

use cap_std::fs::Metadata;

use super::{at, attributes, family::Family, gaps::Gaps, refusal};
use crate::model::{CHUNK, ZEROS};
use by_system::{next_content, next_hole, punch, taken};

/// Holes that are looked for in one file to find out how much it takes; what comes after them counts as content.
const MOST: usize = 1 << 14;

/// And so long: on a disk of another machine each is a question to it, and whoever is to get the file waits for an offer.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is asked of another must have been left alone for so long.
const SETTLED: Duration = Duration::from_mins(1);

/// What is written, or not, at once: the room that most file systems give.
const BLOCK: usize = 4096;

/// Where an open file has holes, asked as it is read in order.
#[derive(Debug)]
pub struct Holes {
    size: u64,
    /// Has content, for all that is known: it need not be asked about.
    solid: Range<u64>,
}

/// True of a file that takes so much less than its size that a chunk of it may be a hole.
#[must_use]
pub fn may_have_some(metadata: &Metadata) -> bool {
    taken(metadata).saturating_add(CHUNK as u64) <= metadata.len()
}

impl Holes {
    /// `None` of a file that has no whole chunk of them, or whose file system isn't believed.
    #[must_use]
    pub fn of(file: &File) -> Option<Self> {
        let metadata = Metadata::from_just_metadata(file.metadata().ok()?);
        let may = may_have_some(&metadata)
            && is_believed(Family::of(file), attributes::changed(&metadata), SystemTime::now());
        may.then(|| Self { size: metadata.len(), solid: 0..0 })
    }

    /// Where the zeros end that begin at `offset`; `None` where there is content, or nothing more. The file is at
    /// `offset` after that.
    pub fn end(&mut self, file: &File, offset: u64) -> Option<u64> {
        if offset >= self.size || self.solid.contains(&offset) {
            return None;
        }
        let content = next_content(file, offset).unwrap_or(self.size).min(self.size);
        if content > offset {
            return Some(content);
        }
        self.solid = offset..next_hole(file, offset).unwrap_or(self.size).max(offset + 1);
        None
    }

    /// Bytes that are holes, also where no chunk is one.
    #[must_use]
    pub fn count(self, file: &File) -> u64 {
        let begun = Instant::now();
        self.count_while(file, || begun.elapsed() < PATIENCE)
    }

    fn count_while(mut self, file: &File, is_early: impl Fn() -> bool) -> u64 {
        let (mut count, mut at) = (0, 0);
        for _ in 0..MOST {
            if at >= self.size || !is_early() {
                break;
            }
            match self.end(file, at) {
                Some(end) => {
                    count += end - at;
                    at = end;
                }
                None => at = self.solid.end,
            }
        }
        count
    }
}

/// Whether what is said of a file's holes is true for certain. When it was written last anybody can set (`cp -p`, `tar`):
/// `changed` is when anything of it was.
fn is_believed(family: Option<Family>, changed: Option<SystemTime>, now: SystemTime) -> bool {
    let alone = || now.duration_since(changed?).ok();
    family.is_some_and(Family::tells_holes) || alone().is_some_and(|alone| alone > SETTLED)
}

/// What stands in a new file where nothing was written yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Zeros,
    /// Anything: an earlier attempt has left it, of a file that is as long as it is to be.
    Old,
    /// It may have no end yet, nor room for a hole.
    Unknown,
}

impl Ground {
    /// Makes a new file as long as it is to be, with nothing in it. Where that would write zeros, they wait until it is
    /// known where there are some.
    ///
    /// # Errors
    /// When there is no room for that, or no such file can be.
    pub fn lay(file: &File, size: u64) -> io::Result<Self> {
        if Gaps::of(file) == Gaps::Filled {
            return Ok(Self::Unknown);
        }
        match file.set_len(size) {
            Err(why) if refusal::is_of_size(&why) => Err(why),
            Ok(()) if file.metadata()?.len() == size => Ok(Self::Zeros),
            _ => Ok(Self::Unknown),
        }
    }

    /// Makes what an earlier attempt has left of a file as long as it is to be, where that writes no zeros: else they
    /// would be written before what comes takes their place.
    ///
    /// # Errors
    /// When there is no room for that, or no such file can be.
    pub fn stretch(file: &File, size: u64) -> io::Result<()> {
        if Gaps::of(file) == Gaps::Filled { Ok(()) } else { file.set_len(size) }
    }

    /// What is under a file that an earlier attempt has left.
    pub fn left(file: &File, size: u64) -> Self {
        if file.metadata().is_ok_and(|there| there.len() == size) { Self::Old } else { Self::Unknown }
    }

    /// Writes content. Blocks of zeros are cleared, where that can take less room.
    pub fn write(self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self == Self::Unknown {
            return at::write_all(file, bytes, offset);
        }
        for run in runs(bytes, offset) {
            let at = offset + run.bytes.start as u64;
            match run.content {
                Content::Zeros => self.clear(file, at..at + run.bytes.len() as u64)?,
                Content::Other => at::write_all(file, &bytes[run.bytes], at)?,
            }
        }
        Ok(())
    }

    /// Makes this zeros, in as little room as can be.
    pub fn clear(self, file: &File, bytes: Range<u64>) -> io::Result<()> {
        if self == Self::Zeros || (self == Self::Old && punch(file, &bytes).is_ok()) {
            return Ok(());
        }
        let mut there = vec![0; CHUNK];
        for start in bytes.clone().step_by(CHUNK) {
            let len = usize::try_from(bytes.end - start).unwrap_or(CHUNK).min(CHUNK);
            let there = &mut there[..len];
            // What an earlier attempt has not come to is zeros already, and would take room if it were written.
            let is_clear =
                self == Self::Old && at::read_exact(file, there, start).is_ok() && there == &ZEROS[..len];
            if !is_clear {
                at::write_all(file, &ZEROS[..len], start)?;
            }
        }
        Ok(())
    }
}

/// Bytes that are all zeros, or not.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    bytes: Range<usize>,
    content: Content,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Zeros,
    Other,
}

/// Cuts these bytes of a file into runs of its blocks.
fn runs(bytes: &[u8], offset: u64) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let into = usize::try_from((offset + start as u64) % BLOCK as u64).unwrap_or(0);
        let end = bytes.len().min(start + BLOCK - into);
        let is_zeros = bytes[start..end] == ZEROS[..end - start];
        let content = if is_zeros { Content::Zeros } else { Content::Other };
        match runs.last_mut() {
            Some(last) if last.content == content => last.bytes.end = end,
            _ => runs.push(Run { bytes: start..end, content }),
        }
        start = end;
    }
    runs
}

#[cfg(target_os = "linux")]
mod by_system {
    use std::{fs::File, io, ops::Range};

    use cap_std::fs::{Metadata, MetadataExt as _};
    use rustix::{
        fs::{FallocateFlags, SeekFrom, fallocate, seek},
        io::Errno,
    };

    pub fn taken(metadata: &Metadata) -> u64 {
        metadata.blocks().saturating_mul(512)
    }

    /// Where the next content is at or after `offset`; `None` where none is before the end.
    pub fn next_content(file: &File, offset: u64) -> Option<u64> {
        let found = seek(file, SeekFrom::Data(offset));
        // Reading goes on there.
        let _ = seek(file, SeekFrom::Start(offset));
        match found {
            Ok(found) => Some(found.max(offset)),
            Err(Errno::NXIO) => None,
            // It can't be asked.
            Err(_) => Some(offset),
        }
    }

    /// Where the next hole is; `None` where that can't be asked.
    pub fn next_hole(file: &File, offset: u64) -> Option<u64> {
        let found = seek(file, SeekFrom::Hole(offset));
        let _ = seek(file, SeekFrom::Start(offset));
        found.ok()
    }

    pub fn punch(file: &File, bytes: &Range<u64>) -> io::Result<()> {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        Ok(fallocate(file, flags, bytes.start, bytes.end - bytes.start)?)
    }
}

#[cfg(not(target_os = "linux"))]
mod by_system {
    use std::{fs::File, io, ops::Range};

    use cap_std::fs::Metadata;

    pub fn taken(metadata: &Metadata) -> u64 {
        metadata.len()
    }

    pub fn next_content(_: &File, offset: u64) -> Option<u64> {
        Some(offset)
    }

    pub fn next_hole(_: &File, _: u64) -> Option<u64> {
        None
    }

    pub fn punch(_: &File, _: &Range<u64>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn blocks_of_zeros_are_told_from_others() {
        let bytes = |solid: &[Range<usize>], len| {
            let mut bytes = vec![0; len];
            for range in solid {
                bytes[range.clone()].fill(7);
            }
            bytes
        };
        let zeros = |bytes| Run { bytes, content: Content::Zeros };
        let other = |bytes| Run { bytes, content: Content::Other };
        assert_eq!(runs(&[], 5).len(), 0);
        assert_eq!(runs(&bytes(&[], 3 * BLOCK), 0), [zeros(0..3 * BLOCK)]);
        let ends = bytes(&[0..1, 3 * BLOCK - 1..3 * BLOCK], 3 * BLOCK);
        let (block, all) =
            (BLOCK as u64, [other(0..BLOCK), zeros(BLOCK..2 * BLOCK), other(2 * BLOCK..3 * BLOCK)]);
        assert_eq!(runs(&ends, block), all);
        // A block that begins before these bytes, and one that ends after them.
        let middle = bytes(&[BLOCK..BLOCK + 1], 2 * BLOCK);
        let (first, last) = (BLOCK - 100, 2 * BLOCK - 100);
        assert_eq!(runs(&middle, 100), [zeros(0..first), other(first..last), zeros(last..2 * BLOCK)]);
    }

    #[test]
    fn what_is_cleared_is_zeros_whatever_stood_there() {
        for ground in [Ground::Old, Ground::Unknown] {
            let mut file = tempfile::tempfile().unwrap();
            at::write_all(&file, &vec![7; 4 * CHUNK + 5], 0).unwrap();
            ground.clear(&file, CHUNK as u64..2 * CHUNK as u64).unwrap();
            ground.clear(&file, 4 * CHUNK as u64..4 * CHUNK as u64 + 5).unwrap();
            ground.write(&file, &[&ZEROS[..], b"end"].concat(), 3 * CHUNK as u64 - 3).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            let mut expected = vec![7; 4 * CHUNK];
            expected[CHUNK..2 * CHUNK].fill(0);
            expected[3 * CHUNK - 3..4 * CHUNK - 3].fill(0);
            expected[4 * CHUNK - 3..].copy_from_slice(b"end");
            expected.extend([0; 5]);
            assert!(content == expected, "{ground:?}");
        }
        // Without an end as yet it has one after that.
        let file = tempfile::tempfile().unwrap();
        Ground::Unknown.clear(&file, CHUNK as u64..2 * CHUNK as u64 + 5).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 2 * CHUNK as u64 + 5);
    }

    #[test]
    fn a_new_file_is_as_long_as_it_is_to_be_and_takes_what_is_written() {
        let mut file = tempfile::tempfile().unwrap();
        let size = 64 << 20;
        let ground = Ground::lay(&file, size).unwrap();
        ground.write(&file, &[&[0; 3 * BLOCK][..], b"end"].concat(), 1 << 20).unwrap();
        assert_eq!(file.metadata().unwrap().len(), size);
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        assert_eq!(content.iter().filter(|byte| **byte != 0).count(), 3);
        let metadata = Metadata::from_just_metadata(file.metadata().unwrap());
        match (ground, may_have_some(&metadata)) {
            // Not all are believed about so new a file: what it takes is known all the same.
            (Ground::Zeros, is_hollow) => assert!(!cfg!(target_os = "linux") || is_hollow),
            (ground, is_hollow) => panic!("this disk has no holes: {ground:?}, {is_hollow}"),
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_new_file_with_an_old_time_is_a_new_one() {
        let file = tempfile::tempfile().unwrap();
        let now = SystemTime::now();
        file.set_modified(now - 100 * SETTLED).unwrap();
        let metadata = Metadata::from_just_metadata(file.metadata().unwrap());
        let changed = attributes::changed(&metadata);
        for family in [None, Some(Family::Other), Some(Family::Fuse)] {
            assert!(!is_believed(family, changed, now), "{family:?}");
            assert!(is_believed(family, changed, now + 2 * SETTLED), "{family:?}");
            // A clock that was set back, or a disk that tells no time.
            assert!(!is_believed(family, changed, now - 2 * SETTLED), "{family:?}");
            assert!(!is_believed(family, None, now + 2 * SETTLED), "{family:?}");
        }
        assert!(is_believed(Some(Family::Plain), changed, now));
    }

    #[test]
    fn what_can_not_be_counted_in_time_is_content() {
        let file = tempfile::tempfile().unwrap();
        let size = 4 * CHUNK as u64;
        file.set_len(size).unwrap();
        at::write_all(&file, &[7], size - 1).unwrap();
        let holes = || Holes { size, solid: 0..0 };
        let all = holes().count(&file);
        assert_eq!(holes().count_while(&file, || false), 0);
        // One question, and no time for another.
        let asked = std::cell::Cell::new(0);
        assert_eq!(holes().count_while(&file, || asked.replace(asked.get() + 1) == 0), all);
    }
}
