//! What was said yes to, and what has come of it since.
//!
//! A yes is to a list: these paths, of these kinds and sizes, and what each does to what is there. Later attempts
//! at the transfer are held to it, however often a sender calls. Kept compactly: of a path only a mark, made with
//! a key that nobody else has, so that no other path can be found that has the same.

use std::collections::{HashMap, hash_map::Entry as Entered};

use super::{Entry, EntryKind, EntryNo, Timestamp};

/// What an entry may do to what stands under its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It comes beside it.
    Adds,
    /// It takes its place: the person was told so.
    Replaces,
}

/// Of an entry, in the place of its path and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark(pub u64);

/// What was said yes to. 16 bytes an entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Accord {
    key: [u8; 32],
    /// Sorted by their marks.
    agreed: Vec<(Mark, Agreed)>,
}

/// A size in bytes; in the highest bits, whether it replaces, and whether it is a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Agreed(u64);

const REPLACES: u64 = 1 << 63;
const FOLDER: u64 = 1 << 62;

impl Agreed {
    fn size(self) -> u64 {
        self.0 & !(REPLACES | FOLDER)
    }

    fn is_file(self) -> bool {
        self.0 & FOLDER == 0
    }
}

/// A file that was stored under an accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub mark: Mark,
    /// In bytes.
    pub size: u64,
    /// As it was offered.
    pub modified: Option<Timestamp>,
}

/// What has come under an accord so far, over all attempts.
#[derive(Clone, Debug, Default)]
pub struct Arrived {
    /// By the mark of its entry, the size of what was stored first, and what was stored last.
    files: HashMap<Mark, (u64, Arrival)>,
    /// Bytes of what was stored once more.
    again: u64,
}

/// Whether a file that is offered has come before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    Never,
    /// As it is offered now, by its size and time.
    Same,
    /// Otherwise than it is offered now.
    Changed,
}

impl std::fmt::Debug for Accord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without its key.
        write!(f, "Accord({} entries, {} bytes)", self.agreed.len(), self.bytes())
    }
}

/// Bytes that a file counts at least when it comes once more: an empty one takes its name, and work, too.
const LEAST: u64 = 4096;

impl Accord {
    /// Bytes that may come beyond what was agreed, at least.
    const LITTLE: u64 = 1 << 20;

    /// Of an offer, with what each entry may do; `None` for what is left out. `key` is random, and nobody else's.
    #[must_use]
    pub fn new(key: [u8; 32], entries: &[Entry], effect: impl Fn(EntryNo) -> Option<Effect>) -> Self {
        let mut accord = Self { key, agreed: Vec::with_capacity(entries.len()) };
        for (no, entry) in (0..).zip(entries) {
            let Some(effect) = effect(no) else { continue };
            let replaces = if effect == Effect::Replaces { REPLACES } else { 0 };
            let folder = if entry.kind == EntryKind::Folder { FOLDER } else { 0 };
            accord.agreed.push((accord.mark(entry), Agreed(size_of(entry) | replaces | folder)));
        }
        accord.agreed.sort_unstable_by_key(|(mark, _)| *mark);
        accord
    }

    /// How many entries were agreed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.agreed.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.agreed.is_empty()
    }

    /// Bytes that were agreed.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.agreed.iter().map(|(_, agreed)| agreed.size()).fold(0, u64::saturating_add)
    }

    /// Tells this entry from every other. The same for a file whatever its size and time.
    #[must_use]
    pub fn mark(&self, entry: &Entry) -> Mark {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&[u8::from(entry.kind == EntryKind::Folder)]).update(entry.path.as_str().as_bytes());
        let mut mark = [0; 8];
        hasher.finalize_xof().fill(&mut mark);
        Mark(u64::from_le_bytes(mark))
    }

    fn agreed(&self, mark: Mark) -> Option<Agreed> {
        let found = self.agreed.binary_search_by_key(&mark, |(mark, _)| *mark).ok()?;
        Some(self.agreed[found].1)
    }

    /// Bytes that may still come beyond what was agreed: a tenth, or a mebibyte where that is more, without
    /// what of it has come. None once everything has.
    #[must_use]
    pub fn slack(&self, arrived: &Arrived) -> u64 {
        if self.missing(arrived) == 0 {
            return 0;
        }
        let grown = self.agreed.iter().filter_map(|(mark, agreed)| {
            arrived.files.get(mark).map(|(first, _)| first.saturating_sub(agreed.size()))
        });
        let grown = grown.fold(arrived.again, u64::saturating_add);
        (self.bytes() / 10).max(Self::LITTLE).saturating_sub(grown)
    }

    /// Files that were agreed and have not come.
    #[must_use]
    pub fn missing(&self, arrived: &Arrived) -> usize {
        self.agreed.iter().filter(|(mark, agreed)| agreed.is_file() && !arrived.has(*mark)).count()
    }

    /// What an entry may do that another attempt wants to send; `None` where nobody has said yes to it, or to so
    /// much of it. Takes what it is larger, or all of it where it was stored before, from the `slack`. A stream
    /// may not come: nobody knows what comes of it, and no honest sender has one twice.
    pub fn hold(&self, entry: &Entry, arrived: &Arrived, slack: &mut u64) -> Option<Effect> {
        let mark = self.mark(entry);
        let agreed = self.agreed(mark)?;
        let has_come = arrived.has(mark);
        let more = match entry.kind {
            EntryKind::File { size: None, .. } => return None,
            EntryKind::Folder => 0,
            EntryKind::File { size: Some(size), .. } if has_come => size.max(LEAST),
            EntryKind::File { size: Some(size), .. } => size.saturating_sub(agreed.size()),
        };
        *slack = slack.checked_sub(more)?;
        // What was replaced is gone: what stands there now may be a person's own again.
        let replaces = agreed.0 & REPLACES != 0 && !has_come;
        Some(if replaces { Effect::Replaces } else { Effect::Adds })
    }

    /// True of an entry that was agreed, whatever its size.
    #[must_use]
    pub fn has(&self, entry: &Entry) -> bool {
        self.agreed(self.mark(entry)).is_some()
    }

    /// For a file: the key, then 16 bytes an entry, little-endian, and 32 bytes that check them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32 + 16 * self.agreed.len() + 32);
        bytes.extend(self.key);
        for (mark, agreed) in &self.agreed {
            bytes.extend(mark.0.to_le_bytes());
            bytes.extend(agreed.0.to_le_bytes());
        }
        bytes.extend(blake3::hash(&bytes).as_bytes());
        bytes
    }

    /// `None` when a file holds no accord, or a damaged one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bytes, check) = bytes.split_last_chunk::<32>()?;
        let (key, entries) = bytes.split_first_chunk::<32>()?;
        let (entries, rest) = entries.as_chunks::<16>();
        if !rest.is_empty() || blake3::hash(bytes) != *check {
            return None;
        }
        let number = |half: &[u8]| half.try_into().ok().map(u64::from_le_bytes);
        let agreed = entries
            .iter()
            .map(|entry| Some((Mark(number(&entry[..8])?), Agreed(number(&entry[8..])?))))
            .collect::<Option<Vec<_>>>()?;
        agreed.is_sorted_by_key(|(mark, _)| *mark).then_some(Self { key: *key, agreed })
    }
}

impl Arrived {
    /// Another file was stored.
    pub fn add(&mut self, arrival: Arrival) {
        match self.files.entry(arrival.mark) {
            Entered::Occupied(mut file) => {
                file.get_mut().1 = arrival;
                self.again = self.again.saturating_add(arrival.size.max(LEAST));
            }
            Entered::Vacant(new) => {
                new.insert((arrival.size, arrival));
            }
        }
    }

    /// True of an entry that was stored, though it may have changed since.
    #[must_use]
    pub fn has(&self, mark: Mark) -> bool {
        self.files.contains_key(&mark)
    }

    /// Whether this entry was stored, and as it is now.
    #[must_use]
    pub fn came(&self, mark: Mark, entry: &Entry) -> Came {
        let EntryKind::File { size: Some(size), .. } = entry.kind else { return Came::Never };
        match self.files.get(&mark) {
            None => Came::Never,
            Some((_, last)) if (last.size, last.modified) == (size, entry.modified) => Came::Same,
            Some(_) => Came::Changed,
        }
    }
}

/// What comes of an entry, in bytes. Of a stream nobody knows.
fn size_of(entry: &Entry) -> u64 {
    match entry.kind {
        EntryKind::File { size, .. } => size.unwrap_or_default().min(FOLDER - 1),
        EntryKind::Folder => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, FileMode, RelPath};

    const KEY: [u8; 32] = [7; 32];

    fn file(path: &str, size: u64) -> Entry {
        let kind = EntryKind::File { size: Some(size), mode: FileMode::Regular };
        Entry { path: RelPath::parse(path).unwrap(), kind, access: Access::Shared, modified: None }
    }

    fn stream(path: &str) -> Entry {
        let kind = EntryKind::File { size: None, mode: FileMode::Regular };
        Entry { path: RelPath::parse(path).unwrap(), kind, access: Access::Shared, modified: None }
    }

    fn folder(path: &str) -> Entry {
        let (path, kind) = (RelPath::parse(path).unwrap(), EntryKind::Folder);
        Entry { path, kind, access: Access::Shared, modified: None }
    }

    fn accord(entries: &[Entry]) -> Accord {
        Accord::new(KEY, entries, |no| Some(if no == 0 { Effect::Replaces } else { Effect::Adds }))
    }

    #[test]
    fn a_yes_is_to_these_paths_and_kinds_and_to_what_each_may_do() {
        let accord = accord(&[file("a", 1), file("t/b", 2), folder("t")]);
        let (arrived, mut slack) = (Arrived::default(), 0);
        for (entry, is_known, effect) in [
            (file("a", 1), true, Some(Effect::Replaces)),
            (file("a", 0), true, Some(Effect::Replaces)),
            (file("t/b", 2), true, Some(Effect::Adds)),
            (folder("t"), true, Some(Effect::Adds)),
            (file("t/b", 3), true, None),
            (file("t", 0), false, None),
            (stream("a"), true, None),
            (folder("a"), false, None),
            (file("t/thesis.txt", 0), false, None),
        ] {
            assert_eq!(accord.has(&entry), is_known, "{entry:?}");
            assert_eq!(accord.hold(&entry, &arrived, &mut slack), effect, "{entry:?}");
        }
    }

    #[test]
    fn what_grows_may_grow_by_a_tenth_or_a_mebibyte_in_all() {
        for (agreed, slack) in [(6, 1 << 20), (100 << 20, 10 << 20)] {
            let accord = accord(&[file("a", agreed), file("b", 1)]);
            let mut arrived = Arrived::default();
            let mut left = accord.slack(&arrived);
            assert!(left.abs_diff(slack) <= 1, "{left}");
            assert_eq!(accord.hold(&file("a", agreed + left), &arrived, &mut left), Some(Effect::Replaces));
            assert_eq!(accord.hold(&file("b", 2), &arrived, &mut left), None);
            // What has grown has come: nothing more of that is left for the next attempt.
            let mark = accord.mark(&file("a", 0));
            arrived.add(Arrival { mark, size: agreed + accord.slack(&arrived), modified: None });
            assert_eq!(accord.slack(&arrived), 0);
        }
    }

    #[test]
    fn a_file_that_is_sent_again_and_again_is_not_within_what_was_agreed_for_ever() {
        let accord = accord(&[file("a", 400_000), file("b", 6)]);
        let (mut arrived, mut came) = (Arrived::default(), 0);
        for _ in 0..100 {
            let mut slack = accord.slack(&arrived);
            if accord.hold(&file("a", 400_000), &arrived, &mut slack).is_none() {
                continue;
            }
            came += 1;
            arrived.add(Arrival { mark: accord.mark(&file("a", 0)), size: 400_000, modified: None });
        }
        assert_eq!(came, 1 + 2);
        // Nor is an empty one.
        let mut slack = 0;
        assert_eq!(accord.hold(&file("a", 0), &arrived, &mut slack), None);
    }

    #[test]
    fn what_has_come_is_known_by_its_size_and_time_and_replaces_nothing_again() {
        let accord = accord(&[file("a", 400), file("b", 6)]);
        let mark = accord.mark(&file("a", 0));
        let modified = Some(Timestamp { seconds: 1, nanos: 2 });
        let mut arrived = Arrived::default();
        assert_eq!(arrived.came(mark, &file("a", 400)), Came::Never);
        arrived.add(Arrival { mark, size: 400, modified });
        for (entry, came) in [
            (Entry { modified, ..file("a", 400) }, Came::Same),
            (Entry { modified, ..file("a", 401) }, Came::Changed),
            (file("a", 400), Came::Changed),
        ] {
            assert_eq!(arrived.came(mark, &entry), came, "{entry:?}");
        }
        let mut slack = accord.slack(&arrived);
        assert_eq!(accord.hold(&file("a", 401), &arrived, &mut slack), Some(Effect::Adds));
    }

    #[test]
    fn nothing_more_comes_once_everything_has() {
        let accord = accord(&[file("a", 6), folder("t")]);
        let mut arrived = Arrived::default();
        assert!(accord.slack(&arrived) > 0);
        arrived.add(Arrival { mark: accord.mark(&file("a", 6)), size: 6, modified: None });
        let mut slack = accord.slack(&arrived);
        assert_eq!(accord.hold(&file("a", 1), &arrived, &mut slack), None);
    }

    #[test]
    fn it_is_read_back_as_it_was_and_a_damaged_one_is_none() {
        let accord = accord(&[file("a", 1), file("t/b", u64::MAX), folder("t")]);
        let bytes = accord.to_bytes();
        assert_eq!(Accord::from_bytes(&bytes), Some(accord));
        for at in 0..bytes.len() {
            let mut torn = bytes.clone();
            torn[at] ^= 1;
            assert_eq!(Accord::from_bytes(&torn), None);
            assert_eq!(Accord::from_bytes(&bytes[..at]), None);
        }
    }
}
