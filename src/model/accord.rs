//! What was said yes to, and what has come of it since.
//!
//! A yes is to a list: these paths, of these kinds and sizes, and what each does to what is there. Later attempts
//! at the transfer are held to it, however often a sender calls. Kept compactly: of a path only a mark, made with
//! a key that nobody else has, so that no other path can be found that has the same.

use super::{Arrived, Entry, EntryKind, EntryNo, Mark};

/// What an entry may do to what stands under its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It comes beside it.
    Adds,
    /// It takes its place: the person was told so.
    Replaces(Stood),
}

/// What stood under a name when its person was told that it would be replaced, as far as it can be told from
/// anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stood {
    /// Of which file it is, where the system tells one from another.
    pub identity: u32,
    /// Of its size and time.
    pub likeness: u32,
}

/// What was said yes to. 16 bytes an entry, 16 more for one that replaces, and 24 more for one that was said yes to again.
#[derive(Clone, PartialEq, Eq)]
pub struct Accord {
    key: [u8; 32],
    /// Sorted by their marks.
    agreed: Vec<(Mark, Agreed)>,
    /// What may be replaced; sorted by their marks.
    replaced: Vec<(Mark, Stood)>,
    /// What was said yes to after it had come; sorted by their marks.
    again: Vec<(Mark, Again)>,
}

/// A size in bytes; in the highest bit, whether it is a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Agreed(u64);

/// Further yeses to one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Again {
    /// It may come until it has come so often.
    times: u64,
    /// In bytes, what may have come of it after the first time.
    bytes: u64,
}

const FOLDER: u64 = 1 << 63;

impl Agreed {
    fn size(self) -> u64 {
        self.0 & !FOLDER
    }

    fn is_file(self) -> bool {
        self.0 & FOLDER == 0
    }
}

impl std::fmt::Debug for Accord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without its key.
        write!(f, "Accord({} entries, {} bytes)", self.agreed.len(), self.bytes())
    }
}

impl Accord {
    /// Bytes that may come beyond what was agreed, at least.
    const LITTLE: u64 = 1 << 20;

    /// Of an offer, with what each entry may do; `None` for what is left out. `key` is random, and nobody else's.
    #[must_use]
    pub fn new(key: [u8; 32], entries: &[Entry], effect: impl Fn(EntryNo) -> Option<Effect>) -> Self {
        let mut accord =
            Self { key, agreed: Vec::with_capacity(entries.len()), replaced: Vec::new(), again: Vec::new() };
        for (no, entry) in (0..).zip(entries) {
            let Some(effect) = effect(no) else { continue };
            let mark = accord.mark(entry);
            accord.agreed.push((mark, agreed(entry)));
            if let Effect::Replaces(stood) = effect {
                accord.replaced.push((mark, stood));
            }
        }
        accord.agreed.sort_unstable_by_key(|(mark, _)| *mark);
        accord.replaced.sort_unstable_by_key(|(mark, _)| *mark);
        accord
    }

    /// The same with another yes, to these as they are offered now: each may come once more, beside what is there.
    #[must_use]
    pub fn with<'e>(&self, more: impl IntoIterator<Item = &'e Entry>, arrived: &Arrived) -> Self {
        let mut accord = self.clone();
        for entry in more {
            let (mark, now) = (self.mark(entry), agreed(entry));
            match accord.agreed.binary_search_by_key(&mark, |(mark, _)| *mark) {
                Ok(at) => accord.agreed[at].1 = now,
                Err(at) => accord.agreed.insert(at, (mark, now)),
            }
            let times = u64::from(arrived.times(mark));
            if times == 0 || accord.awaits(mark, arrived) {
                continue;
            }
            let before = accord.again(mark);
            let again =
                Again { times: times + 1, bytes: before.bytes.saturating_add(Arrived::counted(now.size())) };
            match accord.again.binary_search_by_key(&mark, |(mark, _)| *mark) {
                Ok(at) => accord.again[at].1 = again,
                Err(at) => accord.again.insert(at, (mark, again)),
            }
        }
        accord
    }

    /// How many entries were agreed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.agreed.len()
    }

    /// How many of them are files.
    #[must_use]
    pub fn files(&self) -> usize {
        self.agreed.iter().filter(|(_, agreed)| agreed.is_file()).count()
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

    fn again(&self, mark: Mark) -> Again {
        let found = self.again.binary_search_by_key(&mark, |(mark, _)| *mark);
        found.map_or_else(|_| Again::default(), |at| self.again[at].1)
    }

    /// True of a file that has not come as often as was said yes to.
    #[must_use]
    pub fn awaits(&self, mark: Mark, arrived: &Arrived) -> bool {
        u64::from(arrived.times(mark)) < self.again(mark).times.max(1)
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
        let grown = |(mark, agreed): &(Mark, Agreed)| {
            let (first, again) = arrived.bytes(*mark);
            let again = again.saturating_sub(self.again(*mark).bytes);
            first.saturating_sub(agreed.size()).saturating_add(again)
        };
        let grown = self.agreed.iter().map(grown).fold(0, u64::saturating_add);
        (self.bytes() / 10).max(Self::LITTLE).saturating_sub(grown)
    }

    /// Files that were agreed and have not come.
    #[must_use]
    pub fn missing(&self, arrived: &Arrived) -> usize {
        let is_missing = |(mark, agreed): &&(Mark, Agreed)| agreed.is_file() && self.awaits(*mark, arrived);
        self.agreed.iter().filter(is_missing).count()
    }

    /// What an entry may do that another attempt wants to send; `None` where nobody has said yes to it, or to so
    /// much of it. Takes what it is larger, or all of it where it was stored before, from the `slack`. A stream
    /// may not come: nobody knows what comes of it, and no honest sender has one twice.
    pub fn hold(&self, entry: &Entry, arrived: &Arrived, slack: &mut u64) -> Option<Effect> {
        let mark = self.mark(entry);
        let agreed = self.agreed(mark)?;
        let is_due = self.awaits(mark, arrived);
        let more = match entry.kind {
            EntryKind::File { size: None, .. } => return None,
            EntryKind::Folder => 0,
            EntryKind::File { size: Some(size), .. } if is_due => size.saturating_sub(agreed.size()),
            EntryKind::File { size: Some(size), .. } => Arrived::counted(size),
        };
        *slack = slack.checked_sub(more)?;
        let replaced = self.replaced.binary_search_by_key(&mark, |(mark, _)| *mark);
        match replaced {
            // What was replaced is gone: what stands there after that may be a person's own again.
            Ok(at) if arrived.times(mark) == 0 => Some(Effect::Replaces(self.replaced[at].1)),
            _ => Some(Effect::Adds),
        }
    }

    /// True of an entry that was agreed, whatever its size.
    #[must_use]
    pub fn has(&self, entry: &Entry) -> bool {
        self.agreed(self.mark(entry)).is_some()
    }

    /// For a file, numbers little-endian: the key; how many entries there are, and how many that replace; of each entry its
    /// mark and what was agreed; of each that replaces its mark and what stood there; of each that was said yes to again its
    /// mark, how often it may have come, and how many bytes; and 32 bytes that check all that.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(80 + 16 * (self.agreed.len() + self.replaced.len()));
        bytes.extend(self.key);
        bytes.extend((self.agreed.len() as u64).to_le_bytes());
        bytes.extend((self.replaced.len() as u64).to_le_bytes());
        for (mark, agreed) in &self.agreed {
            bytes.extend(mark.0.to_le_bytes());
            bytes.extend(agreed.0.to_le_bytes());
        }
        for (mark, Stood { identity, likeness }) in &self.replaced {
            bytes.extend(mark.0.to_le_bytes());
            bytes.extend(identity.to_le_bytes());
            bytes.extend(likeness.to_le_bytes());
        }
        for (mark, Again { times, bytes: more }) in &self.again {
            bytes.extend(mark.0.to_le_bytes());
            bytes.extend(times.to_le_bytes());
            bytes.extend(more.to_le_bytes());
        }
        bytes.extend(blake3::hash(&bytes).as_bytes());
        bytes
    }

    /// `None` when a file holds no accord, or a damaged one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bytes, check) = bytes.split_last_chunk::<32>()?;
        if blake3::hash(bytes) != *check {
            return None;
        }
        let (key, bytes) = bytes.split_first_chunk::<32>()?;
        let (agreed, bytes) = bytes.split_first_chunk::<8>()?;
        let (replaced, bytes) = bytes.split_first_chunk::<8>()?;
        let cut = |bytes: &'_ [u8], count: &[u8; 8]| -> Option<usize> {
            let length = usize::try_from(u64::from_le_bytes(*count)).ok()?.checked_mul(16)?;
            (length <= bytes.len()).then_some(length)
        };
        let (agreed, bytes) = bytes.split_at(cut(bytes, agreed)?);
        let (replaced, again) = bytes.split_at(cut(bytes, replaced)?);
        let (again, rest) = again.as_chunks::<24>();
        let accord = Self {
            key: *key,
            agreed: agreed
                .as_chunks::<16>()
                .0
                .iter()
                .map(|entry| (mark(entry), Agreed(word(entry, 8))))
                .collect(),
            replaced: replaced.as_chunks::<16>().0.iter().map(|entry| (mark(entry), stood(entry))).collect(),
            again: again
                .iter()
                .map(|entry| (mark(entry), Again { times: word(entry, 8), bytes: word(entry, 16) }))
                .collect(),
        };
        let is_sorted = accord.agreed.is_sorted_by_key(|(mark, _)| *mark)
            && accord.replaced.is_sorted_by_key(|(mark, _)| *mark)
            && accord.again.is_sorted_by_key(|(mark, _)| *mark);
        (rest.is_empty() && is_sorted).then_some(accord)
    }
}

fn word<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn mark<const N: usize>(entry: &[u8; N]) -> Mark {
    Mark(word(entry, 0))
}

fn stood(entry: &[u8; 16]) -> Stood {
    let half = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| entry[at + i]));
    Stood { identity: half(8), likeness: half(12) }
}

/// What is agreed of an entry as it is offered.
fn agreed(entry: &Entry) -> Agreed {
    match entry.kind {
        // Of a stream nobody knows what comes of it.
        EntryKind::File { size, .. } => Agreed(size.unwrap_or_default().min(FOLDER - 1)),
        EntryKind::Folder => Agreed(FOLDER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, Arrival, FileMode, RelPath, Timestamp};

    const KEY: [u8; 32] = [7; 32];
    const STOOD: Stood = Stood { identity: 5, likeness: 6 };

    fn file(path: &str, size: u64) -> Entry {
        let kind = EntryKind::File { size: Some(size), mode: FileMode::Regular };
        Entry { path: RelPath::parse(path).unwrap(), kind, access: Access::Shared, modified: None, holes: 0 }
    }

    fn stream(path: &str) -> Entry {
        let kind = EntryKind::File { size: None, mode: FileMode::Regular };
        Entry { path: RelPath::parse(path).unwrap(), kind, access: Access::Shared, modified: None, holes: 0 }
    }

    fn folder(path: &str) -> Entry {
        let (path, kind) = (RelPath::parse(path).unwrap(), EntryKind::Folder);
        Entry { path, kind, access: Access::Shared, modified: None, holes: 0 }
    }

    fn accord(entries: &[Entry]) -> Accord {
        Accord::new(KEY, entries, |no| Some(if no == 0 { Effect::Replaces(STOOD) } else { Effect::Adds }))
    }

    #[test]
    fn a_yes_is_to_these_paths_and_kinds_and_to_what_each_may_do() {
        let accord = accord(&[file("a", 1), file("t/b", 2), folder("t")]);
        let (arrived, mut slack) = (Arrived::default(), 0);
        for (entry, is_known, effect) in [
            (file("a", 1), true, Some(Effect::Replaces(STOOD))),
            (file("a", 0), true, Some(Effect::Replaces(STOOD))),
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
            assert_eq!(
                accord.hold(&file("a", agreed + left), &arrived, &mut left),
                Some(Effect::Replaces(STOOD))
            );
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
    fn what_has_come_replaces_nothing_again() {
        let accord = accord(&[file("a", 400), file("b", 6)]);
        let mark = accord.mark(&file("a", 0));
        let modified = Some(Timestamp { seconds: 1, nanos: 2 });
        let mut arrived = Arrived::default();
        arrived.add(Arrival { mark, size: 400, modified });
        let mut slack = accord.slack(&arrived);
        assert_eq!(accord.hold(&file("a", 401), &arrived, &mut slack), Some(Effect::Adds));
    }

    #[test]
    fn another_yes_is_good_for_what_it_was_said_to_once_and_for_nothing_else() {
        let accord = accord(&[file("a", 6), file("b", 6)]);
        let (a, b, new) = (file("a", 5 << 20), file("b", 7 << 20), file("new", 8 << 20));
        let mut arrived = Arrived::default();
        let arrival = |entry: &Entry, size| Arrival { mark: accord.mark(entry), size, modified: None };
        arrived.add(arrival(&a, 6));
        arrived.add(arrival(&b, 6));
        let held = |accord: &Accord, entry: &Entry, arrived: &Arrived| {
            let mut slack = accord.slack(arrived);
            accord.hold(entry, arrived, &mut slack)
        };
        for entry in [&a, &b, &new] {
            assert_eq!(held(&accord, entry, &arrived), None);
        }
        // One that has come, and one that was never part of it.
        let more = accord.with([&a, &new], &arrived);
        for (entry, effect) in [(&a, Some(Effect::Adds)), (&new, Some(Effect::Adds)), (&b, None)] {
            assert_eq!(held(&more, entry, &arrived), effect, "{entry:?}");
        }
        assert_eq!(more.missing(&arrived), 2);
        for entry in [&a, &new] {
            arrived.add(arrival(entry, if entry == &a { 5 << 20 } else { 8 << 20 }));
        }
        assert_eq!((more.missing(&arrived), more.slack(&arrived)), (0, 0));
        for entry in [&a, &b, &new] {
            assert_eq!(held(&more, entry, &arrived), None, "{entry:?}");
        }
        // What came unasked is not forgiven by it, however often that was.
        let (mut often, accord) = (
            Arrived::default(),
            super::Accord::new(KEY, &[file("c", 1), file("d", 1)], |_| Some(Effect::Adds)),
        );
        for _ in 0..200 {
            often.add(Arrival { mark: accord.mark(&file("c", 0)), size: 1, modified: None });
        }
        let slack = accord.slack(&often);
        let large = accord.with([&file("c", 8 << 20)], &often);
        often.add(Arrival { mark: accord.mark(&file("c", 0)), size: 8 << 20, modified: None });
        assert_eq!(large.slack(&often), slack);
        // And once more.
        let third = more.with([&a], &arrived);
        assert_eq!(held(&third, &a, &arrived), Some(Effect::Adds));
        assert_eq!(Accord::from_bytes(&third.to_bytes()), Some(third));
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
