//! A set of entry numbers, one bit each: a million entries are 125 kB.

use crate::model::EntryNo;

#[derive(Debug, Default)]
pub struct EntrySet {
    words: Vec<u64>,
    len: u64,
}

impl EntrySet {
    /// False when it was in the set already.
    pub fn insert(&mut self, entry: EntryNo) -> bool {
        let (word, bit) = (entry as usize / 64, 1 << (entry % 64));
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.len += u64::from(new);
        new
    }

    /// False when it was not in the set.
    pub fn remove(&mut self, entry: EntryNo) -> bool {
        let there = self.contains(entry);
        if there {
            self.words[entry as usize / 64] &= !(1 << (entry % 64));
            self.len -= 1;
        }
        there
    }

    pub fn contains(&self, entry: EntryNo) -> bool {
        self.words.get(entry as usize / 64).is_some_and(|word| word & (1 << (entry % 64)) != 0)
    }

    pub fn len(&self) -> u64 {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn it_agrees_with_a_hash_set(acts in proptest::collection::vec((0u32..200, proptest::bool::ANY), 0..300)) {
            let (mut ours, mut theirs) = (EntrySet::default(), std::collections::HashSet::new());
            for (entry, insert) in acts {
                if insert {
                    assert_eq!(ours.insert(entry), theirs.insert(entry));
                } else {
                    assert_eq!(ours.remove(entry), theirs.remove(&entry));
                }
                assert_eq!(ours.contains(entry), theirs.contains(&entry));
                assert_eq!(ours.len(), theirs.len() as u64);
            }
        }
    }
}
