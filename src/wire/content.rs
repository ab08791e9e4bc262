//! Content as bytes: small fixed headers and raw data, never touched by serde.
//!
//! Content connections carry the chunks of each wanted file, and its end with the digest. Numbers
//! are little-endian.
//!
//! ```text
//! 1 chunk   entry u32, offset u64, length u32 (1 to MAX_CHUNK), data
//! 2 end     entry u32, size u64, digest 32 bytes
//! 3 broken  entry u32: the sender can't read it whole; what came of it is void
//! 4 finish  connections u8 (1 to MAX_LANES) that the content went over: nothing follows on this one
//! ```

use super::{Violation, limits};
use crate::model::{Digest, EntryNo};

const CHUNK: u8 = 1;
const END: u8 = 2;
const BROKEN: u8 = 3;
const FINISH: u8 = 4;

/// Bytes before a chunk's data.
pub const CHUNK_HEADER: usize = 1 + 4 + 8 + 4;
/// The longest header.
const LONGEST: usize = 1 + 4 + 8 + 32;

/// The header of a chunk whose `len` bytes follow it.
#[must_use]
pub fn chunk_header(entry: EntryNo, offset: u64, len: u32) -> [u8; CHUNK_HEADER] {
    let mut header = [0; CHUNK_HEADER];
    header[0] = CHUNK;
    header[1..5].copy_from_slice(&entry.to_le_bytes());
    header[5..13].copy_from_slice(&offset.to_le_bytes());
    header[13..].copy_from_slice(&len.to_le_bytes());
    header
}

pub fn put_end(out: &mut Vec<u8>, entry: EntryNo, size: u64, digest: Digest) {
    out.push(END);
    out.extend_from_slice(&entry.to_le_bytes());
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&digest.0);
}

pub fn put_broken(out: &mut Vec<u8>, entry: EntryNo) {
    out.push(BROKEN);
    out.extend_from_slice(&entry.to_le_bytes());
}

pub fn put_finish(out: &mut Vec<u8>, lanes: u8) {
    out.extend_from_slice(&[FINISH, lanes]);
}

/// What a [`Parser`] finds. A chunk that arrives in parts is several `Data`, each with its own
/// offset; where a part ends means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Data { entry: EntryNo, offset: u64, bytes: &'a [u8] },
    End { entry: EntryNo, size: u64, digest: Digest },
    Broken { entry: EntryNo },
    Finish { lanes: u8 },
}

/// Cuts a stream of bytes into [`Piece`]s, however it was torn on the way.
#[derive(Debug)]
pub struct Parser {
    header: [u8; LONGEST],
    held: usize,
    chunk: Option<Chunk>,
}

#[derive(Debug)]
struct Chunk {
    entry: EntryNo,
    offset: u64,
    left: u32,
}

impl Default for Parser {
    fn default() -> Self {
        Self { header: [0; LONGEST], held: 0, chunk: None }
    }
}

impl Parser {
    /// Takes the next piece off the front of `input`; `None` when more bytes are needed.
    ///
    /// # Errors
    /// On an unknown kind, an empty or over-long chunk, or an offset past the end of numbers.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Piece<'a>>, Violation> {
        loop {
            if let Some(chunk) = &mut self.chunk {
                if input.is_empty() {
                    return Ok(None);
                }
                let (bytes, rest) = input.split_at(input.len().min(chunk.left as usize));
                *input = rest;
                let piece = Piece::Data { entry: chunk.entry, offset: chunk.offset, bytes };
                chunk.offset += bytes.len() as u64;
                #[expect(clippy::cast_possible_truncation, reason = "at most `left`")]
                {
                    chunk.left -= bytes.len() as u32;
                }
                if chunk.left == 0 {
                    self.chunk = None;
                }
                return Ok(Some(piece));
            }
            if self.held == 0 {
                let Some((&kind, rest)) = input.split_first() else { return Ok(None) };
                *input = rest;
                self.header[0] = kind;
                self.held = 1;
            }
            let whole = match self.header[0] {
                CHUNK => CHUNK_HEADER,
                END => LONGEST,
                BROKEN => 5,
                FINISH => 2,
                _ => return Err(Violation::Garbled),
            };
            let (bytes, rest) = input.split_at(input.len().min(whole - self.held));
            self.header[self.held..self.held + bytes.len()].copy_from_slice(bytes);
            self.held += bytes.len();
            *input = rest;
            if self.held < whole {
                return Ok(None);
            }
            self.held = 0;
            if self.header[0] == FINISH {
                let lanes = self.header[1];
                let is_possible = (1..=limits::MAX_LANES).contains(&usize::from(lanes));
                return if is_possible { Ok(Some(Piece::Finish { lanes })) } else { Err(Violation::Garbled) };
            }
            let entry = u32::from_le_bytes(self.field(1));
            match self.header[0] {
                CHUNK => {
                    let offset = u64::from_le_bytes(self.field(5));
                    let left = u32::from_le_bytes(self.field(13));
                    if left as usize > limits::MAX_CHUNK {
                        return Err(Violation::TooLong(left.into()));
                    }
                    if left == 0 || offset.checked_add(left.into()).is_none() {
                        return Err(Violation::BadOffset);
                    }
                    self.chunk = Some(Chunk { entry, offset, left });
                }
                END => {
                    let (size, digest) = (u64::from_le_bytes(self.field(5)), Digest(self.field(13)));
                    return Ok(Some(Piece::End { entry, size, digest }));
                }
                _ => return Ok(Some(Piece::Broken { entry })),
            }
        }
    }

    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut field = [0; N];
        field.copy_from_slice(&self.header[at..at + N]);
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut bytes = chunk_header(7, 1 << 40, 5).to_vec();
        bytes.extend_from_slice(b"hello");
        put_end(&mut bytes, 7, (1 << 40) + 5, Digest([9; 32]));
        put_broken(&mut bytes, u32::MAX);
        put_finish(&mut bytes, 2);
        bytes
    }

    /// Everything that a stream holds, when it arrives `step` bytes at a time.
    fn parse(bytes: &[u8], step: usize) -> Result<(Vec<u8>, Vec<String>), Violation> {
        let (mut parser, mut data, mut others) = (Parser::default(), Vec::new(), Vec::new());
        let mut expected = 1 << 40;
        for mut part in bytes.chunks(step) {
            while let Some(piece) = parser.next(&mut part)? {
                match piece {
                    Piece::Data { entry: 7, offset, bytes } => {
                        assert_eq!(offset, expected);
                        expected += bytes.len() as u64;
                        data.extend_from_slice(bytes);
                    }
                    other => others.push(format!("{other:?}")),
                }
            }
            assert!(part.is_empty(), "nothing is left unread when more is asked for");
        }
        Ok((data, others))
    }

    #[test]
    fn content_is_the_same_however_it_is_torn() {
        let bytes = sample();
        let whole = parse(&bytes, bytes.len()).unwrap();
        assert_eq!(whole.0, b"hello");
        assert_eq!(whole.1.len(), 3);
        for step in 1..bytes.len() {
            assert_eq!(parse(&bytes, step).unwrap(), whole, "{step} bytes at a time");
        }
    }

    #[test]
    fn a_lie_about_a_length_is_refused_before_any_data() {
        let too_long = u32::try_from(limits::MAX_CHUNK).unwrap() + 1;
        assert_eq!(parse(&chunk_header(0, 0, too_long), 1), Err(Violation::TooLong(too_long.into())));
        assert_eq!(parse(&chunk_header(0, 0, u32::MAX), 99), Err(Violation::TooLong(u32::MAX.into())));
        assert_eq!(parse(&chunk_header(0, 0, 0), 99), Err(Violation::BadOffset));
        assert_eq!(parse(&chunk_header(0, u64::MAX, 1), 99), Err(Violation::BadOffset));
        for kind in [0, 5, b'G', 255] {
            assert_eq!(parse(&[kind], 1), Err(Violation::Garbled));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_whatever_make_the_parser_panic(bytes: Vec<u8>, step in 1usize..20) {
            let mut parser = Parser::default();
            'all: for mut part in bytes.chunks(step) {
                loop {
                    match parser.next(&mut part) {
                        Ok(Some(_)) => {}
                        Ok(None) => break,
                        Err(_) => break 'all,
                    }
                }
            }
        }
    }
}
