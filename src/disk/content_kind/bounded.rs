//! A file of which only so much is read, whatever those who read it believe to find.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// In bytes, for each who asks. A film’s index of 256 boxes at a buffer each is half of it, the names in an archive of
/// 4,096 files a seventh.
const BYTES: u64 = 4 << 20;
/// Some read ten bytes at a time, and would go through all of a large file so.
const READS: u32 = 8192;

/// Fails once its budget is used up.
pub struct Bounded<R> {
    source: R,
    bytes: u64,
    reads: u32,
}

impl<R: Read + Seek> Bounded<R> {
    pub fn new(source: R) -> Self {
        Self { source, bytes: BYTES, reads: READS }
    }

    /// Hands it over as it stands at the file’s first byte.
    pub fn whole<T>(mut self, read: impl FnOnce(Self) -> io::Result<T>) -> io::Result<T> {
        self.rewind()?;
        read(self)
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.bytes).unwrap_or(usize::MAX));
        let reads = self.reads.checked_sub(1);
        let (Some(reads), true) = (reads, most > 0 || buffer.is_empty()) else {
            return Err(io::Error::other("as much was read as anybody may"));
        };
        self.reads = reads;
        loop {
            match self.source.read(&mut buffer[..most]) {
                Err(problem) if problem.kind() == ErrorKind::Interrupted => {}
                read => {
                    self.bytes -= read.as_ref().map_or(0, |read| *read as u64);
                    return read;
                }
            }
        }
    }
}

impl<R: Seek> Seek for Bounded<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}
