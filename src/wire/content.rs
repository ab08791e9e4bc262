//! Content as bytes: small fixed headers and raw data, never touched by serde.
//!
//! One content connection carries, for each wanted file in turn, its chunks in order and then its
//! end with the digest. Numbers are little-endian.
//!
//! ```text
//! 1 chunk   entry u32, offset u64, length u32 (1 to MAX_CHUNK), data
//! 2 end     entry u32, size u64, digest 32 bytes
//! 3 broken  entry u32: the sender can't read it whole; what came of it is void
//! 4 finish  connections u8 (1 to MAX_LANES) that the content went over: nothing follows on this one
//! 5 packed  entry u32, offset u64, length u32 (1 to MAX_CHUNK), packed u32 (1 to less than length),
//!           data: a chunk of `length` bytes, compressed to `packed` bytes
//! 6 hole    entry u32, offset u64, length u64 (1 to MAX_HOLE): zeros that are not sent
//! ```

use super::{Violation, limits};
use crate::model::{CHUNK as CHUNK_LEN, Digest, EntryNo};

const CHUNK: u8 = 1;
const END: u8 = 2;
const BROKEN: u8 = 3;
const FINISH: u8 = 4;
const PACKED: u8 = 5;
const HOLE: u8 = 6;

/// Bytes before a chunk's data.
pub const CHUNK_HEADER: usize = 1 + 4 + 8 + 4;
/// Bytes before a packed chunk's data.
pub const PACKED_HEADER: usize = CHUNK_HEADER + 4;
/// Bytes of a hole, whatever its length.
const HOLE_HEADER: usize = 1 + 4 + 8 + 8;
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

/// The header of a chunk of `len` bytes that follow it compressed to `packed` bytes.
#[must_use]
pub fn packed_header(entry: EntryNo, offset: u64, len: u32, packed: u32) -> [u8; PACKED_HEADER] {
    let mut header = [0; PACKED_HEADER];
    header[..CHUNK_HEADER].copy_from_slice(&chunk_header(entry, offset, len));
    header[0] = PACKED;
    header[CHUNK_HEADER..].copy_from_slice(&packed.to_le_bytes());
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

/// Zeros from `offset` on, so many of them.
pub fn put_hole(out: &mut Vec<u8>, entry: EntryNo, offset: u64, len: u64) {
    out.push(HOLE);
    out.extend_from_slice(&entry.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
}

/// The last on each of so many content connections.
pub fn put_finish(out: &mut Vec<u8>, lanes: u8) {
    out.extend_from_slice(&[FINISH, lanes]);
}

/// What a [`Parser`] finds. A chunk that arrives in parts is several `Data`, each with its own
/// offset; where a part ends means nothing. A packed chunk is always whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Data {
        entry: EntryNo,
        offset: u64,
        bytes: &'a [u8],
    },
    /// `bytes`, fewer than `len`, unpack to exactly `len` bytes of content, or the sender lies.
    Packed {
        entry: EntryNo,
        offset: u64,
        len: u32,
        bytes: &'a [u8],
    },
    /// It begins where a chunk does, and ends within 64 bits.
    Hole {
        entry: EntryNo,
        offset: u64,
        len: u64,
    },
    End {
        entry: EntryNo,
        size: u64,
        digest: Digest,
    },
    Broken {
        entry: EntryNo,
    },
    Finish {
        lanes: u8,
    },
}

/// Cuts a stream of bytes into [`Piece`]s, however it was torn on the way.
#[derive(Debug)]
pub struct Parser {
    header: [u8; LONGEST],
    held: usize,
    body: Option<Body>,
    /// What has come of a packed chunk that didn't come at once. It grows with what arrives.
    torn: Vec<u8>,
}

/// The data that follow a header.
#[derive(Clone, Copy, Debug)]
enum Body {
    Chunk { entry: EntryNo, offset: u64, left: usize },
    Packed { entry: EntryNo, offset: u64, len: u32, packed: usize },
}

impl Default for Parser {
    fn default() -> Self {
        Self { header: [0; LONGEST], held: 0, body: None, torn: Vec::new() }
    }
}

impl Parser {
    /// Takes the next piece off the front of `input`; `None` when more bytes are needed.
    ///
    /// # Errors
    /// On an unknown kind, an empty or over-long chunk, a packed chunk that is not smaller than
    /// what it holds, an offset past the end of numbers, or a hole that is empty, over-long or begins
    /// within a chunk.
    pub fn next<'a, 'b: 'a>(&'a mut self, input: &mut &'b [u8]) -> Result<Option<Piece<'a>>, Violation> {
        loop {
            match self.body {
                None => match self.header(input)? {
                    None => return Ok(None),
                    Some(Header::Piece(piece)) => return Ok(Some(piece)),
                    Some(Header::Of(body)) => self.body = Some(body),
                },
                Some(_) if input.is_empty() => return Ok(None),
                Some(Body::Chunk { entry, offset, left }) => {
                    let bytes = take(input, left);
                    let (offset_then, left) = (offset + bytes.len() as u64, left - bytes.len());
                    self.body = (left > 0).then_some(Body::Chunk { entry, offset: offset_then, left });
                    return Ok(Some(Piece::Data { entry, offset, bytes }));
                }
                Some(Body::Packed { entry, offset, len, packed }) => {
                    let mut bytes = take(input, packed - self.torn.len());
                    if bytes.len() < packed {
                        self.torn.extend_from_slice(bytes);
                        if self.torn.len() < packed {
                            return Ok(None);
                        }
                        bytes = &self.torn;
                    }
                    self.body = None;
                    return Ok(Some(Piece::Packed { entry, offset, len, bytes }));
                }
            }
        }
    }

    /// Reads on in a header; `None` until it is whole.
    fn header(&mut self, input: &mut &[u8]) -> Result<Option<Header>, Violation> {
        if self.held == 0 {
            let [kind] = *take(input, 1) else { return Ok(None) };
            self.header[0] = kind;
            self.held = 1;
        }
        let whole = match self.header[0] {
            CHUNK => CHUNK_HEADER,
            END => LONGEST,
            BROKEN => 5,
            FINISH => 2,
            PACKED => PACKED_HEADER,
            HOLE => HOLE_HEADER,
            _ => return Err(Violation::Garbled),
        };
        let bytes = take(input, whole - self.held);
        self.header[self.held..self.held + bytes.len()].copy_from_slice(bytes);
        self.held += bytes.len();
        if self.held < whole {
            return Ok(None);
        }
        self.held = 0;
        let entry = u32::from_le_bytes(self.field(1));
        Ok(Some(match self.header[0] {
            CHUNK => {
                let (offset, len) = self.extent()?;
                Header::Of(Body::Chunk { entry, offset, left: len as usize })
            }
            PACKED => {
                let (offset, len) = self.extent()?;
                let packed = u32::from_le_bytes(self.field(CHUNK_HEADER));
                if packed == 0 || packed >= len {
                    return Err(Violation::BadPacking);
                }
                self.torn.clear();
                Header::Of(Body::Packed { entry, offset, len, packed: packed as usize })
            }
            END => {
                let (size, digest) = (u64::from_le_bytes(self.field(5)), Digest(self.field(13)));
                Header::Piece(Piece::End { entry, size, digest })
            }
            BROKEN => Header::Piece(Piece::Broken { entry }),
            HOLE => {
                let (offset, len) = (u64::from_le_bytes(self.field(5)), u64::from_le_bytes(self.field(13)));
                if len > limits::MAX_HOLE {
                    return Err(Violation::TooLong(len));
                }
                let ends = offset.checked_add(len).is_some();
                if len == 0 || !ends || !offset.is_multiple_of(CHUNK_LEN as u64) {
                    return Err(Violation::BadHole);
                }
                Header::Piece(Piece::Hole { entry, offset, len })
            }
            _ => {
                let lanes = self.header[1];
                if !(1..=limits::MAX_LANES).contains(&usize::from(lanes)) {
                    return Err(Violation::Garbled);
                }
                Header::Piece(Piece::Finish { lanes })
            }
        }))
    }

    /// Where a chunk's content begins in its file, and its bytes there.
    fn extent(&self) -> Result<(u64, u32), Violation> {
        let offset = u64::from_le_bytes(self.field(5));
        let len = u32::from_le_bytes(self.field(13));
        if len as usize > limits::MAX_CHUNK {
            return Err(Violation::TooLong(len.into()));
        }
        if len == 0 || offset.checked_add(len.into()).is_none() {
            return Err(Violation::BadOffset);
        }
        Ok((offset, len))
    }

    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut field = [0; N];
        field.copy_from_slice(&self.header[at..at + N]);
        field
    }
}

/// What a whole header says.
enum Header {
    /// Everything.
    Piece(Piece<'static>),
    /// What follows it.
    Of(Body),
}

/// Takes at most `count` bytes off the front.
fn take<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (bytes, rest) = input.split_at(input.len().min(count));
    *input = rest;
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Vec<u8> {
        let mut bytes = chunk_header(7, 1 << 40, 5).to_vec();
        bytes.extend_from_slice(b"hello");
        bytes.extend_from_slice(&packed_header(7, 5, 100, 4));
        bytes.extend_from_slice(b"tiny");
        bytes.extend_from_slice(&packed_header(8, 0, 2, 1));
        bytes.extend_from_slice(b"!");
        put_hole(&mut bytes, 7, 1 << 41, 77);
        put_end(&mut bytes, 7, (1 << 40) + 5, Digest([9; 32]));
        put_broken(&mut bytes, u32::MAX);
        put_finish(&mut bytes, 2);
        bytes
    }

    /// Every piece of a stream that arrives in these parts, with adjoining data put together.
    fn pieces<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<(String, Vec<u8>)>, Violation> {
        let (mut parser, mut found) = (Parser::default(), Vec::<(String, Vec<u8>)>::new());
        let mut follows = None;
        for mut part in parts {
            while let Some(piece) = parser.next(&mut part)? {
                match piece {
                    Piece::Data { entry, offset, bytes } if follows == Some((entry, offset)) => {
                        found.last_mut().unwrap().1.extend_from_slice(bytes);
                        follows = Some((entry, offset + bytes.len() as u64));
                    }
                    Piece::Data { entry, offset, bytes } => {
                        found.push((format!("{entry} at {offset}"), bytes.to_vec()));
                        follows = Some((entry, offset + bytes.len() as u64));
                    }
                    Piece::Packed { entry, offset, len, bytes } => {
                        found.push((format!("{entry} at {offset}, {len} packed"), bytes.to_vec()));
                    }
                    other => found.push((format!("{other:?}"), Vec::new())),
                }
            }
            assert!(part.is_empty(), "nothing is left unread when more is asked for");
        }
        Ok(found)
    }

    #[test]
    fn content_is_the_same_however_it_is_torn() {
        let bytes = sample();
        let whole = pieces([&bytes[..]]).unwrap();
        let texts: Vec<_> = whole.iter().map(|(what, data)| (what.as_str(), data.as_slice())).collect();
        assert_eq!(texts[0], ("7 at 1099511627776", &b"hello"[..]));
        assert_eq!(texts[1], ("7 at 5, 100 packed", &b"tiny"[..]));
        assert_eq!(texts[2], ("8 at 0, 2 packed", &b"!"[..]));
        assert_eq!(texts[3].0, format!("Hole {{ entry: 7, offset: {}, len: 77 }}", 1_u64 << 41));
        assert_eq!(texts.len(), 7);
        for step in 1..bytes.len() {
            assert_eq!(pieces(bytes.chunks(step)).unwrap(), whole, "{step} bytes at a time");
        }
    }

    #[test]
    fn a_packed_chunk_that_comes_at_once_is_not_copied() {
        let mut bytes = packed_header(1, 0, 100, 3).to_vec();
        bytes.extend_from_slice(b"abc");
        let mut input = &bytes[..];
        let mut parser = Parser::default();
        let Ok(Some(Piece::Packed { bytes: found, .. })) = parser.next(&mut input) else { panic!("packed") };
        assert!(std::ptr::eq(found, &raw const bytes[PACKED_HEADER..]));
        assert_eq!(parser.torn.capacity(), 0);
    }

    #[test]
    fn a_promise_of_packed_data_costs_no_memory_before_it_comes() {
        let largest = u32::try_from(limits::MAX_CHUNK).unwrap();
        let mut bytes = packed_header(1, 0, largest, largest - 1).to_vec();
        bytes.extend_from_slice(b"abc");
        let mut parser = Parser::default();
        assert_eq!(parser.next(&mut &bytes[..]), Ok(None));
        assert!(parser.torn.capacity() < 100);
    }

    #[test]
    fn a_lie_about_a_length_is_refused_before_any_data() {
        let too_long = u32::try_from(limits::MAX_CHUNK).unwrap() + 1;
        let refused = |header: &[u8]| {
            let torn = pieces(header.chunks(1)).unwrap_err();
            assert_eq!(pieces([header]), Err(torn.clone()), "however it comes");
            torn
        };
        for header in [&chunk_header(0, 0, too_long)[..], &packed_header(0, 0, too_long, 1)] {
            assert_eq!(refused(header), Violation::TooLong(too_long.into()));
        }
        assert_eq!(refused(&chunk_header(0, 0, u32::MAX)), Violation::TooLong(u32::MAX.into()));
        for (offset, len) in [(0, 0), (u64::MAX, 1), (u64::MAX - 9, 10)] {
            assert_eq!(refused(&chunk_header(0, offset, len)), Violation::BadOffset);
            assert_eq!(refused(&packed_header(0, offset, len, 1)), Violation::BadOffset);
        }
        for (len, packed) in [(1, 0), (1, 1), (10, 10), (10, 11), (10, u32::MAX)] {
            assert_eq!(refused(&packed_header(0, 0, len, packed)), Violation::BadPacking);
        }
        let hole = |offset, len| {
            let mut bytes = Vec::new();
            put_hole(&mut bytes, 0, offset, len);
            bytes
        };
        for len in [limits::MAX_HOLE + 1, 1 << 63, u64::MAX] {
            assert_eq!(refused(&hole(0, len)), Violation::TooLong(len));
        }
        let last = u64::MAX - u64::MAX % CHUNK_LEN as u64;
        for (offset, len) in [(0, 0), (1, 1), (CHUNK_LEN as u64 - 1, 1), (last, CHUNK_LEN as u64)] {
            assert_eq!(refused(&hole(offset, len)), Violation::BadHole, "{len} from {offset} on");
        }
        for kind in [0, 7, b'G', 255] {
            assert_eq!(refused(&[kind]), Violation::Garbled);
        }
        for lanes in [0, 9, 255] {
            assert_eq!(refused(&[FINISH, lanes]), Violation::Garbled);
        }
    }

    proptest! {
        #[test]
        fn pieces_are_the_same_however_they_are_torn(
            chunks in prop::collection::vec((any::<u32>(), any::<u32>(), prop::collection::vec(any::<u8>(), 1..40), any::<bool>()), 0..8),
            tears in prop::collection::vec(1usize..60, 0..40),
        ) {
            let mut bytes = Vec::new();
            for (entry, offset, data, packed) in &chunks {
                let len = u32::try_from(data.len()).unwrap();
                if *packed {
                    bytes.extend_from_slice(&packed_header(*entry, u64::from(*offset), len + 1, len));
                } else {
                    bytes.extend_from_slice(&chunk_header(*entry, u64::from(*offset), len));
                }
                bytes.extend_from_slice(data);
                put_broken(&mut bytes, *entry);
            }
            put_finish(&mut bytes, 2);
            let (mut parts, mut rest) = (Vec::new(), &bytes[..]);
            for tear in tears {
                parts.push(take(&mut rest, tear));
            }
            parts.push(rest);
            let whole = pieces([&bytes[..]]).unwrap();
            prop_assert_eq!(whole.len(), 2 * chunks.len() + 1);
            prop_assert_eq!(pieces(parts).unwrap(), whole);
        }

        #[test]
        fn no_bytes_whatever_make_the_parser_panic(bytes: Vec<u8>, kind in 0u8..8, step in 1usize..20) {
            let bytes: Vec<u8> = std::iter::once(kind).chain(bytes).collect();
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
