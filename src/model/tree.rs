//! A file's BLAKE3 digest out of the hashes of its chunks, in whatever order these come.
//!
//! BLAKE3 is a tree: a chunk of 2ⁿ KiB at a multiple of its length is a whole subtree, whose value
//! can be computed alone and be merged with its neighbours' (section 2.1 of the BLAKE3 paper;
//! `blake3::hazmat`). So each chunk is hashed where it is hot, and no byte is hashed twice.

use std::collections::BTreeMap;

use blake3::{
    Hasher,
    hazmat::{ChainingValue, HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root},
};

use super::Digest;

/// Bytes of a whole chunk: what stays in a processor's cache between reading, hashing and
/// encrypting. A power of two, at least BLAKE3's own 1 KiB.
pub const CHUNK: usize = 256 * 1024;

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
    /// The first chunk. Its value depends on whether it is the only one.
    first: Option<Leaf>,
    /// The others' subtrees, by the number of their first chunk.
    others: BTreeMap<u64, Subtree>,
    bytes: u64,
    /// The first chunk that is not whole: it must be the file's last.
    short: Option<u64>,
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
            self.first = Some(leaf);
        } else {
            let before = self.others.range(..=leaf.number).next_back();
            if before.is_some_and(|(number, tree)| number + (1 << tree.level) > leaf.number) {
                return Err(Twice);
            }
            self.insert(leaf.number, Subtree { level: 0, value: leaf.hasher.finalize_non_root() });
        }
        self.bytes += filled as u64;
        if filled < CHUNK {
            self.short = Some(self.short.map_or(number, |short| short.min(number)));
        }
        Ok(())
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
        if self.others.is_empty() {
            return Some(Digest(*first.hasher.finalize().as_bytes()));
        }
        let mut next = 1;
        for (number, tree) in &self.others {
            if *number != next {
                return None;
            }
            next += 1 << tree.level;
        }
        if self.short.is_some_and(|short| short + 1 != next) {
            return None;
        }
        let (mut left, mut level) = (first.hasher.finalize_non_root(), 0);
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
