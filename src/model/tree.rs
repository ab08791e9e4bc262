//! A file's BLAKE3 digest out of the hashes of its chunks, in whatever order these come.
//!
//! BLAKE3 is a tree: a chunk of 2ⁿ KiB at a multiple of its length is a whole subtree, whose value
//! can be computed alone and be merged with its neighbours' (section 2.1 of the BLAKE3 paper;
//! `blake3::hazmat`). So each chunk is hashed where it is hot, and no byte is hashed twice.

mod zeros;

use std::{collections::BTreeMap, ops::Range};

use blake3::{
    Hasher,
    hazmat::{ChainingValue, HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root},
};

use super::Digest;
pub use zeros::{Hole, Part, ZEROS, Zeros};

/// Bytes of a whole chunk: what stays in a processor's cache between reading, hashing and
/// encrypting. A power of two, at least BLAKE3's own 1 KiB.
pub const CHUNK: usize = 256 * 1024;

/// A part of a file that is known by its hash: the 2^level chunks of a subtree, all of them whole.
/// A group of one chunk may be the file's last, which may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The number of its first chunk: a multiple of [`Group::chunks`].
    first: u64,
    level: u32,
    pub value: ChainingValue,
}

impl Group {
    /// A group of at most this many chunks is compared, and sent again, as a whole: 16 MiB.
    pub const MAX_LEVEL: u32 = 6;

    /// Bytes from which on it is worth while to know a file by its groups: a smaller one is sent again
    /// sooner than it is found out what is there of it.
    pub const WORTH: u64 = 4 << 20;

    /// `None` where no subtree of that level begins, or it would be larger than
    /// [`Group::MAX_LEVEL`].
    #[must_use]
    pub fn new(first: u64, level: u32, value: ChainingValue) -> Option<Self> {
        if level > Self::MAX_LEVEL || !first.is_multiple_of(1 << level) {
            return None;
        }
        let ends = first.checked_add(1 << level)?.checked_mul(CHUNK as u64);
        ends.map(|_| Self { first, level, value })
    }

    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    #[must_use]
    pub fn level(&self) -> u32 {
        self.level
    }

    /// The numbers of its chunks.
    #[must_use]
    pub fn chunks(&self) -> Range<u64> {
        self.first..self.first + (1 << self.level)
    }

    /// Its bytes in a file of this size.
    #[must_use]
    pub fn bytes(&self, size: u64) -> Range<u64> {
        let chunks = self.chunks();
        (chunks.start * CHUNK as u64).min(size)..(chunks.end * CHUNK as u64).min(size)
    }

    /// Both as one, if they are the two halves of a subtree that is not too large, and is not the
    /// whole file: that one's hash is made otherwise.
    #[must_use]
    pub fn join(&self, next: &Self, size: u64) -> Option<Self> {
        let are_halves = self.level == next.level
            && self.first < next.first
            && self.first ^ (1 << self.level) == next.first
            && next.bytes(size) == next.bytes(u64::MAX);
        if !are_halves {
            return None;
        }
        let value = merge_subtrees_non_root(&self.value, &next.value, Mode::Hash);
        Self::new(self.first, self.level + 1, value).filter(|both| both.bytes(size) != (0..size))
    }

    /// The fewest groups that these, ascending, can be joined to.
    #[must_use]
    pub fn joined(groups: impl IntoIterator<Item = Self>, size: u64) -> Vec<Self> {
        let mut joined: Vec<Self> = Vec::new();
        for mut group in groups {
            while let Some(both) = joined.last().and_then(|last| last.join(&group, size)) {
                joined.pop();
                group = both;
            }
            joined.push(group);
        }
        joined
    }
}

/// The hash of one chunk of a file, while its bytes come in order.
#[derive(Debug)]
pub struct Leaf {
    number: u64,
    filled: usize,
    hasher: Box<Hasher>,
}

impl Leaf {
    /// The chunk that begins there, of which nothing has come yet; `None` where none begins.
    #[must_use]
    pub fn at(offset: u64) -> Option<Self> {
        if !offset.is_multiple_of(CHUNK as u64) {
            return None;
        }
        let mut hasher = Box::<Hasher>::default();
        if offset > 0 {
            hasher.set_input_offset(offset);
        }
        Some(Self { number: offset / CHUNK as u64, filled: 0, hasher })
    }

    /// A file's first chunk.
    #[must_use]
    pub fn first() -> Self {
        Self { number: 0, filled: 0, hasher: Box::default() }
    }

    /// Where in the file its next byte is.
    #[must_use]
    pub fn end(&self) -> u64 {
        (self.number * CHUNK as u64).saturating_add(self.filled as u64)
    }

    /// Bytes that it can still take.
    #[must_use]
    pub fn room(&self) -> usize {
        CHUNK - self.filled
    }

    /// The number of the chunk.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What it is as a part of a file of more than one chunk.
    #[must_use]
    pub fn group(&self) -> Group {
        Group { first: self.number, level: 0, value: self.hasher.finalize_non_root() }
    }

    /// Takes the next bytes: at most [`Leaf::room`], the rest is not looked at.
    pub fn update(&mut self, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(self.room())];
        self.hasher.update(bytes);
        self.filled += bytes.len();
    }
}

/// The chunks of one file that have been hashed. Neighbours are merged as they come, so that it
/// stays small however large the file is.
#[derive(Debug, Default)]
pub struct Tree {
    first: Option<First>,
    /// The others' subtrees, by the number of their first chunk.
    others: BTreeMap<u64, Subtree>,
    bytes: u64,
    /// The first chunk that is not whole: it must be the file's last.
    short: Option<u64>,
}

/// What is known of the file's beginning.
#[derive(Debug)]
enum First {
    /// The first chunk. Its value depends on whether it is the only one.
    Leaf(Leaf),
    /// The subtree that begins with it, of a file that has more than one chunk.
    Subtree(Subtree),
}

#[derive(Clone, Copy, Debug)]
struct Subtree {
    /// It stands for 2^level chunks; the file's last one for that many at most.
    level: u32,
    value: ChainingValue,
}

/// A chunk that is in the tree already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twice;

impl Tree {
    /// Adds a chunk that is whole, or ends with the file.
    ///
    /// # Errors
    /// [`Twice`].
    pub fn add(&mut self, leaf: Leaf) -> Result<(), Twice> {
        if leaf.filled == 0 {
            return Ok(());
        }
        let (number, filled) = (leaf.number, leaf.filled);
        if leaf.number == 0 {
            if self.first.is_some() {
                return Err(Twice);
            }
            self.first = Some(First::Leaf(leaf));
        } else {
            self.check(number, 0)?;
            self.insert(number, Subtree { level: 0, value: leaf.hasher.finalize_non_root() });
        }
        self.bytes += filled as u64;
        if filled < CHUNK {
            self.short = Some(self.short.map_or(number, |short| short.min(number)));
        }
        Ok(())
    }

    /// Adds a part of a file of `size` bytes, which has more than one chunk, by its hash.
    ///
    /// # Errors
    /// [`Twice`] when any of its chunks is there.
    pub fn add_group(&mut self, group: &Group, size: u64) -> Result<(), Twice> {
        let bytes = group.bytes(size);
        if bytes.is_empty() {
            return Ok(());
        }
        self.check(group.first, group.level)?;
        let tree = Subtree { level: group.level, value: group.value };
        if group.first == 0 {
            if self.first.is_some() {
                return Err(Twice);
            }
            self.first = Some(First::Subtree(tree));
        } else {
            self.insert(group.first, tree);
        }
        self.bytes += bytes.end - bytes.start;
        if !bytes.end.is_multiple_of(CHUNK as u64) {
            let short = bytes.end / CHUNK as u64;
            self.short = Some(self.short.map_or(short, |other| short.min(other)));
        }
        Ok(())
    }

    /// That none of a subtree's chunks is among the others.
    fn check(&self, number: u64, level: u32) -> Result<(), Twice> {
        let end = number + (1 << level);
        let before = self.others.range(..end).next_back();
        let first = match &self.first {
            Some(First::Subtree(tree)) => 1 << tree.level,
            _ => 0,
        };
        let is_there = before.is_some_and(|(other, tree)| other + (1 << tree.level) > number);
        if is_there || first > number { Err(Twice) } else { Ok(()) }
    }

    /// Bytes of all chunks that are there.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest of a file of this many bytes; `None` unless exactly its chunks are there.
    #[must_use]
    pub fn digest(mut self, size: u64) -> Option<Digest> {
        if self.bytes != size {
            return None;
        }
        let Some(first) = self.first else {
            return self.others.is_empty().then(|| Digest(*Hasher::new().finalize().as_bytes()));
        };
        let (mut left, mut level) = match first {
            First::Leaf(leaf) if self.others.is_empty() => {
                return Some(Digest(*leaf.hasher.finalize().as_bytes()));
            }
            First::Leaf(leaf) => (leaf.hasher.finalize_non_root(), 0),
            // A root is no subtree.
            First::Subtree(_) if self.others.is_empty() => return None,
            First::Subtree(tree) => (tree.value, tree.level),
        };
        let mut next = 1 << level;
        for (number, tree) in &self.others {
            if *number != next {
                return None;
            }
            next += 1 << tree.level;
        }
        if self.short.is_some_and(|short| short + 1 != next) {
            return None;
        }
        while self.others.len() > 1
            && let Some(entry) = self.others.first_entry()
            && entry.get().level == level
        {
            left = merge_subtrees_non_root(&left, &entry.remove().value, Mode::Hash);
            level += 1;
        }
        let mut trees = self.others.into_values().rev().map(|tree| tree.value);
        let last = trees.next()?;
        let right = trees.fold(last, |right, tree| merge_subtrees_non_root(&tree, &right, Mode::Hash));
        Some(Digest(*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes()))
    }

    /// Merges a subtree with its neighbour, and what comes of it with the next one. Whatever
    /// contains the first chunk is left to the end: it may be the root, which is merged otherwise.
    fn insert(&mut self, mut number: u64, mut tree: Subtree) {
        loop {
            let beside = number ^ (1 << tree.level);
            match self.others.get(&beside) {
                Some(other) if other.level == tree.level => {
                    let (left, right) =
                        if beside < number { (other.value, tree.value) } else { (tree.value, other.value) };
                    tree.value = merge_subtrees_non_root(&left, &right, Mode::Hash);
                    tree.level += 1;
                    self.others.remove(&beside);
                    number = number.min(beside);
                }
                _ => break,
            }
        }
        self.others.insert(number, tree);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(len: usize) -> Vec<u8> {
        (0..len).map(|i| u8::try_from(i.wrapping_mul(i) >> 7 & 255).unwrap()).collect()
    }

    fn leaf(number: u64) -> Leaf {
        Leaf::at(number * CHUNK as u64).unwrap()
    }

    fn leaves(content: &[u8]) -> Vec<Leaf> {
        let chunks = content.chunks(CHUNK).zip(0..);
        chunks
            .map(|(bytes, number)| {
                let mut leaf = leaf(number);
                leaf.update(bytes);
                leaf
            })
            .collect()
    }

    fn digest(leaves: impl IntoIterator<Item = Leaf>, size: usize) -> Option<Digest> {
        let mut tree = Tree::default();
        for leaf in leaves {
            tree.add(leaf).unwrap();
        }
        tree.digest(size as u64)
    }

    #[test]
    fn the_digest_is_that_of_the_whole_file_in_any_order_of_chunks() {
        let all = content(21 * CHUNK);
        for chunks in 0..=20 {
            for rest in [0, 1, 1023, 1024, 1025, CHUNK - 1] {
                let size = chunks * CHUNK + rest;
                let whole = Digest(*blake3::hash(&all[..size]).as_bytes());
                assert_eq!(digest(leaves(&all[..size]), size), Some(whole), "{chunks}+{rest}");
                let backwards = leaves(&all[..size]).into_iter().rev();
                assert_eq!(digest(backwards, size), Some(whole), "{chunks}+{rest} backwards");
                let mut odd_first = leaves(&all[..size]);
                odd_first.sort_by_key(|leaf| (leaf.number + 1) % 3);
                assert_eq!(digest(odd_first, size), Some(whole), "{chunks}+{rest} mixed");
            }
        }
    }

    #[test]
    fn a_tree_with_a_gap_or_a_short_chunk_in_the_middle_has_no_digest() {
        let all = content(6 * CHUNK);
        for missing in 0..5 {
            let some = leaves(&all).into_iter().filter(|leaf| leaf.number != missing);
            assert_eq!(digest(some, 5 * CHUNK), None, "without {missing}");
        }
        for short in 0..5 {
            let mut some = leaves(&all);
            let mut cut = leaf(short);
            cut.update(b"short");
            some[usize::try_from(short).unwrap()] = cut;
            assert_eq!(digest(some, 5 * CHUNK + 5), None, "{short} is short");
        }
        assert_eq!(digest(leaves(&all), 6 * CHUNK - 1), None);
        assert_eq!(digest([], 1), None);
    }

    #[test]
    fn a_chunk_that_comes_twice_is_refused_also_when_it_was_merged() {
        let all = content(9 * CHUNK);
        for again in 0..9 {
            let mut tree = Tree::default();
            for leaf in leaves(&all) {
                tree.add(leaf).unwrap();
            }
            let leaf = leaves(&all).swap_remove(again);
            assert_eq!(tree.add(leaf), Err(Twice), "{again}");
        }
    }

    #[test]
    fn the_digest_is_the_same_with_any_chunks_known_as_groups() {
        let all = content(150 * CHUNK + 77);
        for size in [CHUNK + 1, 2 * CHUNK, 3 * CHUNK, 64 * CHUNK, 65 * CHUNK, 128 * CHUNK, all.len()] {
            let whole = Digest(*blake3::hash(&all[..size]).as_bytes());
            for every in [1, 2, 3, 7, 64, 1000] {
                let (known, sent): (Vec<_>, Vec<_>) =
                    leaves(&all[..size]).into_iter().partition(|leaf| leaf.number % every != 1);
                let groups = Group::joined(known.iter().map(Leaf::group), size as u64);
                if every == 1000 {
                    assert!(groups.len() <= 16, "{} groups of {size} bytes", groups.len());
                }
                let mut tree = Tree::default();
                for leaf in sent {
                    tree.add(leaf).unwrap();
                }
                for group in &groups {
                    assert!(group.bytes(size as u64) != (0..size as u64));
                    tree.add_group(group, size as u64).unwrap();
                }
                assert_eq!(tree.digest(size as u64), Some(whole), "{size}, every {every}");
            }
        }
    }

    #[test]
    fn a_group_whose_chunks_are_there_is_refused_and_so_are_the_chunks_of_one_that_is() {
        let all = content(9 * CHUNK);
        let size = all.len() as u64;
        let group = |range: Range<usize>| {
            let groups = Group::joined(leaves(&all)[range].iter().map(Leaf::group), size);
            assert_eq!(groups.len(), 1);
            groups[0]
        };
        for (known, others) in [(0..4, 4..8), (4..8, 0..4), (8..9, 0..8)] {
            for again in known.clone() {
                let mut tree = Tree::default();
                tree.add_group(&group(others.clone()), size).unwrap();
                tree.add_group(&group(known.clone()), size).unwrap();
                assert_eq!(tree.add(leaves(&all).swap_remove(again)), Err(Twice));
                let mut tree = Tree::default();
                tree.add(leaves(&all).swap_remove(again)).unwrap();
                assert_eq!(tree.add_group(&group(known.clone()), size), Err(Twice), "{again} of {known:?}");
            }
        }
        let mut tree = Tree::default();
        tree.add_group(&group(0..8), size).unwrap();
        assert_eq!(tree.add_group(&group(0..4), size), Err(Twice));
        assert_eq!(tree.add_group(&group(4..8), size), Err(Twice));
    }

    #[test]
    fn a_group_begins_where_its_subtree_does_and_ends_within_64_bits() {
        let value = [0; 32];
        assert!(Group::new(64, Group::MAX_LEVEL, value).is_some());
        assert!(Group::new(32, Group::MAX_LEVEL, value).is_none());
        assert!(Group::new(0, Group::MAX_LEVEL + 1, value).is_none());
        assert!(Group::new(u64::MAX / CHUNK as u64, 0, value).is_none());
        assert!(Group::new(u64::MAX, 0, value).is_none());
    }

    #[test]
    fn it_stays_small_when_chunks_come_in_order() {
        let mut tree = Tree::default();
        for number in 0..10_000 {
            let mut whole = leaf(number);
            whole.filled = CHUNK;
            whole.hasher.update(b"stands for a whole chunk");
            tree.add(whole).unwrap();
            assert!(tree.others.len() < 40);
        }
    }

    #[test]
    fn a_leaf_takes_no_more_than_a_chunk_and_knows_where_it_is() {
        let mut leaf = leaf(3);
        leaf.update(&vec![1; CHUNK + 1]);
        assert_eq!((leaf.room(), leaf.end()), (0, 4 * CHUNK as u64));
        assert!(Leaf::at(leaf.end()).is_some());
        for nowhere in [1, leaf.end() - 1, leaf.end() + 1024, u64::MAX] {
            assert!(Leaf::at(nowhere).is_none(), "no chunk begins at {nowhere}");
        }
        let last = Leaf::at(u64::MAX - (CHUNK as u64 - 1)).unwrap();
        assert_eq!(last.end(), u64::MAX - (CHUNK as u64 - 1));
    }
}
