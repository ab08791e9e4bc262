//! What of a partial file is safely on the disk, beside it: enough to go on without reading the file
//! again.
//!
//! A header, then records, each appended after the content that it speaks of was synced. All numbers
//! are little-endian.
//!
//! ```text
//! header  "airliftJ", version u32 (1), transfer 16 bytes, BLAKE3 of the offered path 32 bytes,
//!         size u64 (bytes of the whole file), check 32 bytes: BLAKE3 of all that
//! 1 chunks  first u64, count u32, then the 32-byte subtree value of each, check 16 bytes
//! 2 void    first u64, level u32, check 16 bytes: these chunks are about to be written anew
//! 3 group   first u64, level u32, value 32 bytes, check 16 bytes: as `chunks`, of a whole group
//! ```
//!
//! A record's check is BLAKE3, keyed with the header's, of its place and its bytes. Reading ends at
//! the first record that is torn, damaged or of another journal; what stands there is overwritten.
//! Knows this format. Must not know names, or when anything is synced.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, ErrorKind, Read as _, Seek as _},
    time::SystemTime,
};

use crate::{
    disk::system::{at, attributes},
    model::{Group, Lasting, TransferId},
};

const MAGIC: &[u8; 8] = b"airliftJ";
const VERSION: u32 = 1;
const CHUNKS: u8 = 1;
const VOID: u8 = 2;
const GROUP: u8 = 3;
/// Bytes of a record's check: nobody gains by forging one, whoever can write the journal can write
/// the file.
const CHECK: usize = 16;
/// Values in one record: more are cut into several.
const MAX_COUNT: usize = 1024;

/// What a journal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    pub transfer: TransferId,
    /// As it was offered.
    pub path: &'a str,
    /// Of the whole file, in bytes.
    pub size: u64,
}

impl Subject<'_> {
    const LEN: usize = 8 + 4 + 16 + 32 + 8 + 32;

    fn header(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(Self::LEN);
        header.extend(MAGIC);
        header.extend(VERSION.to_le_bytes());
        header.extend(self.transfer.0);
        header.extend(blake3::hash(self.path.as_bytes()).as_bytes());
        header.extend(self.size.to_le_bytes());
        let check = blake3::hash(&header);
        header.extend(check.as_bytes());
        header
    }
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
    key: [u8; 32],
    end: u64,
}

/// What a journal says is there: groups that are as large as can be, by their first chunk.
pub type Groups = BTreeMap<u64, Group>;

impl Journal {
    /// Begins a journal, which nobody else may use meanwhile, in an empty file, with groups that are known already.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin(file: File, subject: &Subject<'_>, known: &Groups) -> io::Result<Self> {
        lock(&file)?;
        let header = subject.header();
        at::write_all(&file, &header, 0)?;
        let mut journal = Self { file, key: key(&header), end: header.len() as u64 };
        journal.record(&known.values().copied().collect::<Vec<_>>())?;
        Ok(journal)
    }

    /// Reads a journal. Returns the size that the file had then, and what is there; `None` when it is
    /// not about this transfer and path.
    ///
    /// # Errors
    /// When it can't be read, or somebody else has it open.
    pub fn open(mut file: File, subject: &Subject<'_>) -> io::Result<Option<(Self, u64, Groups)>> {
        lock(&file)?;
        file.rewind()?;
        let mut reader = BufReader::new(&file);
        let mut header = [0; Subject::LEN];
        if let Err(why) = reader.read_exact(&mut header) {
            return if why.kind() == ErrorKind::UnexpectedEof { Ok(None) } else { Err(why) };
        }
        let size = u64::from_le_bytes(std::array::from_fn(|i| header[60 + i]));
        if header[..] != (Subject { size, ..*subject }).header() {
            return Ok(None);
        }
        let key = key(&header);
        let (end, groups) = read_all(&mut reader, &key, size)?;
        drop(reader);
        file.set_len(end)?;
        Ok(Some((Self { file, key, end }, size, groups)))
    }

    /// Records groups, ascending, whose content was synced.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn record(&mut self, groups: &[Group]) -> io::Result<()> {
        let mut rest = groups;
        while let Some(first) = rest.first() {
            let follows = |(next, group): &(u64, &Group)| group.level() == 0 && group.first() == *next;
            let run = (first.first()..).zip(rest).take(MAX_COUNT).take_while(follows).count();
            let (now, later) = rest.split_at(run.max(1));
            let mut record = match run {
                0 => start(GROUP, first.first(), first.level()),
                _ => start(CHUNKS, first.first(), u32::try_from(run).unwrap_or(u32::MAX)),
            };
            record.extend(now.iter().flat_map(|group| group.value));
            self.append(record)?;
            rest = later;
        }
        Ok(())
    }

    /// Takes back what was recorded of a group, for good: it may be written anew after that.
    ///
    /// # Errors
    /// When it can't be written or synced.
    pub fn void(&mut self, group: &Group) -> io::Result<()> {
        self.append(start(VOID, group.first(), group.level()))?;
        self.sync()
    }

    /// Makes it last. What isn't is lost with the power, and sent again.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&self) -> io::Result<()> {
        Lasting::of(self.file.sync_data()).map(drop)
    }

    /// Says that the file was changed here, and is still as the journal has it; see
    /// [`touched`](super::touched).
    ///
    /// # Errors
    /// When its time can't be set.
    pub fn vouch(&self) -> io::Result<()> {
        attributes::set_file_time(&self.file, SystemTime::now().into())
    }

    fn append(&mut self, mut record: Vec<u8>) -> io::Result<()> {
        record.extend(check(&self.key, self.end, &record));
        at::write_all(&self.file, &record, self.end)?;
        self.end += record.len() as u64;
        Ok(())
    }
}

/// Whose journal it is, and how many bytes it says are there; `None` of what is no journal. It may
/// be in use.
pub fn peek(mut file: &File) -> io::Result<Option<(TransferId, u64)>> {
    file.rewind()?;
    let mut reader = BufReader::new(file);
    let mut header = [0; Subject::LEN];
    if let Err(why) = reader.read_exact(&mut header) {
        return if why.kind() == ErrorKind::UnexpectedEof { Ok(None) } else { Err(why) };
    }
    let is_ours = header.starts_with(MAGIC)
        && header[8..12] == VERSION.to_le_bytes()
        && blake3::hash(&header[..Subject::LEN - 32]).as_bytes() == &header[Subject::LEN - 32..];
    if !is_ours {
        return Ok(None);
    }
    let size = u64::from_le_bytes(std::array::from_fn(|i| header[60 + i]));
    let key = key(&header);
    let (_, groups) = read_all(&mut reader, &key, size)?;
    Ok(Some((TransferId(std::array::from_fn(|i| header[12 + i])), bytes(&groups, size))))
}

fn lock(file: &File) -> io::Result<()> {
    Ok(file.try_lock()?)
}

fn key(header: &[u8]) -> [u8; 32] {
    std::array::from_fn(|i| header[Subject::LEN - 32 + i])
}

fn start(kind: u8, first: u64, number: u32) -> Vec<u8> {
    let mut record = vec![kind];
    record.extend(first.to_le_bytes());
    record.extend(number.to_le_bytes());
    record
}

/// Bytes of a record before its values.
const START: usize = 1 + 8 + 4;

fn check(key: &[u8; 32], place: u64, record: &[u8]) -> [u8; CHECK] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(&place.to_le_bytes()).update(record);
    let whole = hasher.finalize();
    std::array::from_fn(|i| whole.as_bytes()[i])
}

/// The number behind a record's first chunk: a count or a level.
fn number(record: &[u8]) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| record[9 + i]))
}

/// What all records after a header say of a file of that size, and where the last good one ends.
fn read_all(reader: &mut impl io::Read, key: &[u8; 32], size: u64) -> io::Result<(u64, Groups)> {
    let (mut end, mut groups) = (Subject::LEN as u64, Groups::new());
    while let Some(record) = read(reader, key, end)? {
        if !take(&record, size, &mut groups) {
            break;
        }
        end += (record.len() + CHECK) as u64;
    }
    Ok((end, groups))
}

/// The next record, without its check; `None` where there is none, or none that is whole.
fn read(reader: &mut impl io::Read, key: &[u8; 32], place: u64) -> io::Result<Option<Vec<u8>>> {
    let mut fill = |buf: &mut [u8]| match reader.read_exact(buf) {
        Err(why) if why.kind() == ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    };
    let mut record = vec![0; START];
    if !fill(&mut record)? {
        return Ok(None);
    }
    let values = match record[0] {
        CHUNKS => number(&record) as usize,
        GROUP => 1,
        VOID => 0,
        _ => return Ok(None),
    };
    if values > MAX_COUNT {
        return Ok(None);
    }
    record.resize(START + 32 * values, 0);
    let mut found = [0; CHECK];
    let is_whole = fill(&mut record[START..])? && fill(&mut found)? && found == check(key, place, &record);
    Ok(is_whole.then_some(record))
}

/// Adds what a record says; false when it says what can't be.
fn take(record: &[u8], size: u64, groups: &mut Groups) -> bool {
    let first = u64::from_le_bytes(std::array::from_fn(|i| record[1 + i]));
    let values = record[START..].chunks_exact(32).map(|value| std::array::from_fn(|i| value[i]));
    match record[0] {
        CHUNKS => (first..)
            .zip(values)
            .all(|(no, value)| Group::new(no, 0, value).is_some_and(|group| add(group, size, groups))),
        GROUP => values
            .into_iter()
            .next_back()
            .and_then(|value| Group::new(first, number(record), value))
            .is_some_and(|group| {
                let is_whole = group.level() == 0 || group.bytes(size) == group.bytes(u64::MAX);
                is_whole && add(group, size, groups)
            }),
        _ => match Group::new(first, number(record), [0; 32]) {
            Some(void) => {
                groups.retain(|_, group| !overlap(group, &void));
                true
            }
            None => false,
        },
    }
}

fn overlap(a: &Group, b: &Group) -> bool {
    a.chunks().start < b.chunks().end && b.chunks().start < a.chunks().end
}

/// Adds a group, joined with its neighbours as far as can be; false when its chunks are there, or
/// beyond the end.
fn add(mut group: Group, size: u64, groups: &mut Groups) -> bool {
    let before = groups.range(..group.chunks().end).next_back();
    if group.bytes(size).is_empty() || before.is_some_and(|(_, before)| overlap(before, &group)) {
        return false;
    }
    loop {
        let beside = group.first() ^ (1 << group.level());
        let Some(both) = groups
            .get(&beside)
            .and_then(|other| other.join(&group, size).or_else(|| group.join(other, size)))
        else {
            break;
        };
        groups.remove(&beside);
        group = both;
    }
    groups.insert(group.first(), group);
    true
}

/// What of a file can be relied on when its size has become another and so many bytes of it are
/// really there.
pub fn usable(groups: Groups, was: u64, size: u64, there: u64) -> Groups {
    let fits = |group: &Group| {
        let bytes = group.bytes(size);
        let is_whole = bytes == group.bytes(u64::MAX) && bytes == group.bytes(was);
        (is_whole || was == size) && bytes.end <= there && !bytes.is_empty() && bytes != (0..size)
    };
    groups.into_iter().filter(|(_, group)| fits(group)).collect()
}

/// Bytes of these groups.
pub fn bytes(groups: &Groups, size: u64) -> u64 {
    groups.values().map(|group| group.bytes(size)).map(|bytes| bytes.end - bytes.start).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CHUNK;

    const SIZE: u64 = 200 * CHUNK as u64 + 77;

    fn subject(size: u64) -> Subject<'static> {
        Subject { transfer: TransferId([7; 16]), path: "trip/film.bin", size }
    }

    fn group(first: u64, level: u32) -> Group {
        Group::new(first, level, *blake3::hash(&first.to_le_bytes()).as_bytes()).unwrap()
    }

    fn values(range: std::ops::Range<u64>) -> Vec<Group> {
        range.map(|no| group(no, 0)).collect()
    }

    fn load(bytes: &[u8]) -> Option<Groups> {
        let file = tempfile::tempfile().unwrap();
        at::write_all(&file, bytes, 0).unwrap();
        Journal::open(file, &subject(SIZE)).unwrap().map(|(_, size, groups)| {
            assert_eq!(size, SIZE);
            groups
        })
    }

    fn chunks(groups: &Groups) -> Vec<u64> {
        groups.values().flat_map(Group::chunks).collect()
    }

    /// A journal with a bit of everything, what it says after each record, and where each ends.
    fn sample() -> (Vec<u8>, Vec<(usize, Groups)>) {
        let mut file = tempfile::tempfile().unwrap();
        let mut steps = Vec::new();
        let mut journal = Journal::begin(file.try_clone().unwrap(), &subject(SIZE), &Groups::new()).unwrap();
        let mut groups = Groups::new();
        let mut note = |journal: &Journal, groups: &Groups| {
            steps.push((usize::try_from(journal.end).unwrap(), groups.clone()));
        };
        note(&journal, &groups);
        for range in [0..3, 3..70, 100..101, 190..201] {
            journal.record(&values(range.clone())).unwrap();
            for group in values(range) {
                assert!(add(group, SIZE, &mut groups));
            }
            note(&journal, &groups);
        }
        let void = *groups.values().next().unwrap();
        journal.void(&void).unwrap();
        groups.remove(&void.first());
        note(&journal, &groups);
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        (bytes, steps)
    }

    #[test]
    fn what_was_recorded_is_read_again_and_what_was_taken_back_is_not() {
        let (bytes, steps) = sample();
        let groups = load(&bytes).unwrap();
        assert_eq!(groups, steps.last().unwrap().1);
        assert_eq!(chunks(&groups), (64..70).chain([100]).chain(190..201).collect::<Vec<_>>());
    }

    #[test]
    fn cut_anywhere_it_says_what_stood_before_the_cut() {
        let (bytes, steps) = sample();
        for cut in 0..bytes.len() {
            match steps.iter().rev().find(|(end, _)| *end <= cut) {
                None => assert_eq!(load(&bytes[..cut]), None, "cut at {cut}"),
                Some((_, groups)) => assert_eq!(load(&bytes[..cut]).as_ref(), Some(groups), "cut at {cut}"),
            }
        }
    }

    #[test]
    fn with_any_byte_changed_it_says_what_stood_before_that() {
        let (bytes, steps) = sample();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            let before = steps.iter().rev().find(|(end, _)| *end <= at).map(|(_, groups)| groups);
            assert_eq!(load(&damaged).as_ref(), before, "byte {at}");
        }
    }

    #[test]
    fn records_of_another_journal_or_place_are_none_of_its() {
        let (bytes, steps) = sample();
        let other = Subject { transfer: TransferId([8; 16]), ..subject(SIZE) };
        let mut moved = other.header();
        moved.extend(&bytes[Subject::LEN..]);
        assert_eq!(load(&moved), None, "another transfer's");
        let mut twice = bytes[..steps[1].0].to_vec();
        twice.extend(&bytes[steps[0].0..steps[1].0]);
        assert_eq!(load(&twice).as_ref(), Some(&steps[1].1), "the same record at another place");
    }

    #[test]
    fn what_is_appended_after_a_torn_record_is_read() {
        let (bytes, _) = sample();
        let file = tempfile::tempfile().unwrap();
        at::write_all(&file, &bytes[..bytes.len() - 1], 0).unwrap();
        let (mut journal, _, before) =
            Journal::open(file.try_clone().unwrap(), &subject(SIZE)).unwrap().unwrap();
        journal.record(&values(150..160)).unwrap();
        let (_, _, after) = Journal::open(file, &subject(SIZE)).unwrap().unwrap();
        let mut both = chunks(&before);
        both.extend(150..160);
        both.sort_unstable();
        assert_eq!(chunks(&after), both);
    }

    #[test]
    fn larger_groups_are_recorded_among_chunks() {
        let file = tempfile::tempfile().unwrap();
        let mut journal = Journal::begin(file.try_clone().unwrap(), &subject(SIZE), &Groups::new()).unwrap();
        let record = [group(0, 0), group(1, 0), group(2, 1), group(64, 6), group(128, 0), group(200, 0)];
        journal.record(&record).unwrap();
        let (_, _, groups) = Journal::open(file, &subject(SIZE)).unwrap().unwrap();
        assert_eq!(chunks(&groups), (0..4).chain(64..129).chain([200]).collect::<Vec<_>>());
        assert_eq!(groups[&64], group(64, 6));
    }

    #[test]
    fn known_groups_begin_a_journal() {
        let (bytes, steps) = sample();
        let known = load(&bytes).unwrap();
        let file = tempfile::tempfile().unwrap();
        drop(Journal::begin(file.try_clone().unwrap(), &subject(SIZE), &known).unwrap());
        assert_eq!(Journal::open(file, &subject(SIZE)).unwrap().unwrap().2, steps.last().unwrap().1);
    }

    #[test]
    fn of_a_file_that_shrank_or_grew_only_whole_groups_count() {
        let (bytes, _) = sample();
        let groups = load(&bytes).unwrap();
        let of = |size, there| chunks(&usable(groups.clone(), SIZE, size, there));
        assert_eq!(of(SIZE, SIZE).len(), 18);
        assert_eq!(of(SIZE + 1, SIZE).len(), 17, "the last chunk was a short one");
        assert_eq!(of(65 * CHUNK as u64, SIZE), Vec::<u64>::new(), "64..68 is one group");
        assert_eq!(of(SIZE, 100 * CHUNK as u64), (64..70).collect::<Vec<_>>(), "the file itself is cut");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_whatever_are_believed_or_break_it(bytes: Vec<u8>, cut in 0..2_000_usize) {
            proptest::prop_assert_eq!(load(&bytes), None);
            let (mut whole, steps) = sample();
            whole.truncate(cut.max(Subject::LEN));
            let known = steps.iter().rev().find(|(end, _)| *end <= whole.len()).unwrap().1.clone();
            whole.extend(bytes);
            proptest::prop_assert_eq!(load(&whole), Some(known));
        }
    }
}
