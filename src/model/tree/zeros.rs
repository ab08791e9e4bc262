//! Holes in a file's tree: runs of zeros that take no room on a disk, hashed without being read.
//!
//! A hash depends on where in its file a byte is, so that zeros have to be hashed as well, each where it is; they come
//! out of a cache, and not from a disk or a network. Knows chunks and subtrees. Must not know whose hole it is, or how
//! it was found.

use std::{iter, ops::Range};

use blake3::{Hasher, hazmat::HasherExt as _};

use super::{CHUNK, Group, Leaf, Tree, Twice};
use crate::model::Entry;

/// A chunk of zeros.
pub static ZEROS: [u8; CHUNK] = [0; CHUNK];

impl Entry {
    /// Bytes of it that need no room.
    #[must_use]
    pub fn hollow(&self) -> u64 {
        u64::from(self.holes) * CHUNK as u64
    }
}

/// A run of zeros in a file: whole chunks, the last of which may end with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole(Range<u64>);

impl Hole {
    /// `None` where a file of `size` bytes can't have it: it is empty, goes beyond the end, or doesn't begin and end
    /// with chunks.
    #[must_use]
    pub fn new(bytes: Range<u64>, size: u64) -> Option<Self> {
        let begins = |at: u64| at.is_multiple_of(CHUNK as u64);
        let is_there = bytes.start < bytes.end && bytes.end <= size;
        let is_whole = begins(bytes.start) && (begins(bytes.end) || bytes.end == size);
        (is_there && is_whole).then_some(Self(bytes))
    }

    /// The chunks that lie wholly in these zeros of a file of `size` bytes; `None` where none does.
    #[must_use]
    pub fn within(zeros: Range<u64>, size: u64) -> Option<Self> {
        let start = zeros.start.checked_next_multiple_of(CHUNK as u64)?;
        let end = if zeros.end >= size { size } else { zeros.end - zeros.end % CHUNK as u64 };
        Self::new(start..end, size)
    }

    #[must_use]
    pub fn bytes(&self) -> Range<u64> {
        self.0.clone()
    }

    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no hole is empty")]
    pub fn len(&self) -> u64 {
        self.0.end - self.0.start
    }

    /// The same in pieces of at most so many bytes: whole chunks.
    pub fn pieces(&self, most: u64) -> impl Iterator<Item = Self> {
        let Range { start, end } = self.0;
        let step = (most - most % CHUNK as u64).max(CHUNK as u64);
        let mut next = start;
        iter::from_fn(move || {
            let piece = next..end.min(next.saturating_add(step));
            next = piece.end;
            (!piece.is_empty()).then_some(Self(piece))
        })
    }

    /// What of it can be hashed alone: subtrees of its file, as large as can be.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let Range { start, end } = self.0;
        let mut next = start;
        iter::from_fn(move || {
            let part = Part::at(next, end)?;
            next = part.bytes.end;
            Some(part)
        })
    }
}

/// A part of a hole that is a subtree of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    level: u32,
    bytes: Range<u64>,
}

impl Part {
    /// The largest one of a hole that begins here.
    fn at(start: u64, end: u64) -> Option<Self> {
        let left = end.checked_sub(start).filter(|left| *left > 0)?;
        let (first, whole) = (start / CHUNK as u64, left / CHUNK as u64);
        let level = match whole.checked_ilog2() {
            // What begins a file may be all of it, and is no subtree then.
            Some(most) if first > 0 => most.min(first.trailing_zeros()).min(Group::MAX_LEVEL),
            _ => 0,
        };
        Some(Self { level, bytes: start..end.min(start.saturating_add((CHUNK as u64) << level)) })
    }

    #[must_use]
    pub fn bytes(&self) -> Range<u64> {
        self.bytes.clone()
    }

    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no part is empty")]
    pub fn len(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }

    /// The numbers of its chunks.
    #[must_use]
    pub fn chunks(&self) -> Range<u64> {
        self.bytes.start / CHUNK as u64..self.bytes.end.div_ceil(CHUNK as u64)
    }

    #[must_use]
    pub fn hash(&self) -> Zeros {
        let Range { start, end } = self.bytes;
        let (number, len) = (start / CHUNK as u64, usize::try_from(end - start).unwrap_or(CHUNK));
        let mut hasher = Box::<Hasher>::default();
        if start > 0 {
            hasher.set_input_offset(start);
        }
        if self.level == 0 {
            hasher.update(&ZEROS[..len]);
            return Zeros(Hashed::Leaf(Leaf { number, filled: len, hasher }));
        }
        for _ in 0..1 << self.level {
            hasher.update(&ZEROS);
        }
        Zeros(Hashed::Group(Group { first: number, level: self.level, value: hasher.finalize_non_root() }))
    }
}

/// A part of a hole, hashed.
#[derive(Debug)]
pub struct Zeros(Hashed);

#[derive(Debug)]
enum Hashed {
    /// One chunk, which may be the first one of its file, or a short last one.
    Leaf(Leaf),
    Group(Group),
}

impl Zeros {
    /// What it is as a part of a file of more than one chunk.
    #[must_use]
    pub fn group(&self) -> Group {
        match &self.0 {
            Hashed::Leaf(leaf) => leaf.group(),
            Hashed::Group(group) => *group,
        }
    }
}

impl Tree {
    /// Adds a part of a hole.
    ///
    /// # Errors
    /// [`Twice`] when any of its chunks is there.
    pub fn add_zeros(&mut self, zeros: Zeros) -> Result<(), Twice> {
        match zeros.0 {
            Hashed::Leaf(leaf) => self.add(leaf),
            // All of its chunks are whole, however long the file is.
            Hashed::Group(group) => self.add_group(&group, u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Digest;

    const C: u64 = CHUNK as u64;

    /// The digest of a file that is one hole, by its parts.
    fn digest(size: u64) -> Option<Digest> {
        let mut tree = Tree::default();
        for part in Hole::new(0..size, size).unwrap().parts() {
            tree.add_zeros(part.hash()).unwrap();
        }
        tree.digest(size)
    }

    #[test]
    fn a_file_of_zeros_has_the_digest_of_its_content_whatever_its_size() {
        for size in [1, 1024, C - 1, C, C + 1, 2 * C, 3 * C + 7, 64 * C, 65 * C, 128 * C, 200 * C + 1023] {
            let content = vec![0; usize::try_from(size).unwrap()];
            let whole = Digest(*blake3::hash(&content).as_bytes());
            assert_eq!(digest(size), Some(whole), "{size} bytes");
        }
    }

    #[test]
    fn a_hole_begins_and_ends_with_chunks_or_with_its_file() {
        let size = 10 * C + 5;
        for (bytes, fits) in [
            (0..C, true),
            (3 * C..7 * C, true),
            (9 * C..size, true),
            (0..size, true),
            (C..C, false),
            (1..C, false),
            (C..C + 1, false),
            (10 * C..11 * C, false),
            (11 * C..12 * C, false),
            (0..u64::MAX, false),
            (u64::MAX - 1..u64::MAX, false),
        ] {
            assert_eq!(Hole::new(bytes.clone(), size).is_some(), fits, "{bytes:?}");
        }
        assert!(Hole::new(0..u64::MAX, u64::MAX).is_some());
    }

    #[test]
    fn of_zeros_that_begin_and_end_anywhere_the_whole_chunks_are_a_hole() {
        let size = 10 * C + 5;
        for (zeros, hole) in [
            (0..size, Some(0..size)),
            (1..2 * C, Some(C..2 * C)),
            (1..3 * C - 1, Some(C..2 * C)),
            (1..2 * C - 1, None),
            (C..C + 4096, None),
            (9 * C + 1..size, Some(10 * C..size)),
            (10 * C + 1..size, None),
            (5 * C..u64::MAX, Some(5 * C..size)),
        ] {
            assert_eq!(Hole::within(zeros.clone(), size).map(|hole| hole.bytes()), hole, "{zeros:?}");
        }
    }

    #[test]
    fn the_longest_hole_there_can_be_is_cut_without_an_overflow() {
        let end = u64::MAX;
        let hole = Hole::new(end - end % C - 70 * C..end, end).unwrap();
        let parts: Vec<_> = hole.parts().collect();
        assert_eq!(parts.last().unwrap().bytes().end, end);
        assert_eq!(parts.iter().map(Part::len).sum::<u64>(), hole.len());
        assert_eq!(hole.pieces(3 * C).map(|piece| piece.len()).sum::<u64>(), hole.len());
        assert_eq!(hole.pieces(u64::MAX).count(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Of each chunk whether it is a hole, and what follows the last whole one.
        #[test]
        fn a_file_with_holes_anywhere_has_the_digest_of_its_content(
            layout in prop::collection::vec(any::<bool>(), 1..150),
            rest in prop_oneof![Just(0), 1..C],
            step in 1..200_u64,
        ) {
            let size = layout.len() as u64 * C - rest;
            let mut content = vec![0; usize::try_from(size).unwrap()];
            let mut tree = Tree::default();
            let is_hole = |chunk: u64| layout.get(usize::try_from(chunk).unwrap()) == Some(&true);
            let mut at = 0;
            while at < size {
                let chunk = at / C;
                let run = (chunk..=size / C).take_while(|chunk| is_hole(*chunk)).count() as u64;
                let end = ((chunk + run.max(1)) * C).min(size);
                if run > 0 {
                    for piece in Hole::new(at..end, size).unwrap().pieces(step * C) {
                        for part in piece.parts() {
                            prop_assert!(part.chunks().count() <= 1 << Group::MAX_LEVEL);
                            prop_assert_eq!(part.hash().group().chunks(), part.chunks());
                            tree.add_zeros(part.hash()).unwrap();
                            prop_assert_eq!(tree.add_zeros(part.hash()), Err(Twice));
                        }
                    }
                } else {
                    let bytes = &mut content[usize::try_from(at).unwrap()..usize::try_from(end).unwrap()];
                    bytes.fill(u8::try_from(chunk % 255 + 1).unwrap());
                    let mut leaf = Leaf::at(at).unwrap();
                    leaf.update(bytes);
                    tree.add(leaf).unwrap();
                }
                at = end;
            }
            prop_assert_eq!(tree.digest(size), Some(Digest(*blake3::hash(&content).as_bytes())));
        }
    }
}
