//! Another attempt at a transfer: what an earlier one has left is used, and nothing else is.

use std::mem::ManuallyDrop;

use super::*;
use crate::{
    disk::{EmptyFolders, Names, discard},
    model::Group,
};

const CHUNKS: u64 = 20;
const SIZE: u64 = CHUNKS * CHUNK as u64 + 77;

/// Content in which no chunk is like another.
fn content(seed: u64, len: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(len).unwrap()];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

/// A transfer of one file, in a folder of its own.
struct Receiver {
    temp: TempDir,
    names: Option<Names>,
}

impl Receiver {
    fn new() -> Self {
        Self { temp: temp(), names: None }
    }

    fn begin(&mut self, size: u64) -> Intake {
        self.begin_as(size, ID)
    }

    fn begin_as(&mut self, size: u64, id: TransferId) -> Intake {
        let entries = [folder("top"), file("top/film", size)];
        let inbox = Inbox::open(self.temp.path(), &OffLimits::default()).unwrap();
        let plan = match &self.names {
            None => inbox.plan(&entries, None, Conflict::KeepBoth),
            Some(names) => inbox.plan_again(&entries, &earlier(names), Conflict::KeepBoth),
        };
        let intake = Intake::begin(inbox, entries.to_vec(), plan.unwrap(), id, Watch::nobody()).unwrap();
        self.names.get_or_insert_with(|| intake.names());
        intake
    }

    fn path(&self, ending: &str) -> PathBuf {
        let found = fs::read_dir(self.temp.path().join("top")).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<_> = found.filter(|path| path.to_str().unwrap().ends_with(ending)).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    fn files(&self) -> Vec<String> {
        tree(self.temp.path()).into_keys().map(|path| path.display().to_string()).collect()
    }
}

fn put(partial: &Partial, content: &[u8], chunk: u64) -> u64 {
    let start = usize::try_from(chunk).unwrap() * CHUNK;
    let mut leaf = Leaf::at(start as u64).unwrap();
    add(partial, &mut leaf, &content[start..content.len().min(start + CHUNK)]).unwrap();
    partial.keep(leaf).unwrap()
}

fn put_all(partial: &Partial, content: &[u8], chunks: impl IntoIterator<Item = u64>) {
    for chunk in chunks {
        put(partial, content, chunk);
    }
}

/// The chunks that another attempt finds.
fn held(intake: &Intake) -> Vec<u64> {
    let held = intake.held();
    assert!(held.iter().all(|(no, _)| *no == 1));
    held.iter().flat_map(|(_, groups)| groups).flat_map(Group::chunks).collect()
}

/// Writes what is missing, and stores the file.
fn complete(intake: &Intake, content: &[u8]) -> Result<Stored, DiskError> {
    let there = held(intake);
    let partial = intake.create(1)?;
    let chunks = (content.len() as u64).div_ceil(CHUNK as u64);
    for chunk in (0..chunks).filter(|chunk| !there.contains(chunk)) {
        put(&partial, content, chunk);
    }
    store(intake, vec![partial.verify(digest(content))?]).remove(0).1
}

#[test]
fn after_any_chunk_another_attempt_holds_all_that_was_put_aside_and_needs_only_the_rest() {
    let content = content(1, SIZE);
    for cut in 0..=CHUNKS + 1 {
        let mut receiver = Receiver::new();
        let intake = receiver.begin(SIZE);
        let partial = intake.create(1).unwrap();
        for chunk in 0..cut {
            put(&partial, &content, chunk);
        }
        partial.sync().unwrap();
        drop((partial, intake));
        let intake = receiver.begin(SIZE);
        assert_eq!(held(&intake), (0..cut).collect::<Vec<_>>());
        assert_eq!(complete(&intake, &content).unwrap().path.as_str(), "top/film");
        assert_eq!(receiver.files(), ["top", "top/film"]);
        assert!(fs::read(receiver.temp.path().join("top/film")).unwrap() == content);
    }
}

#[test]
fn what_was_set_aside_for_what_has_not_come_is_given_back_while_it_rests() {
    let (size, few) = (64 * CHUNK as u64 + 5, 3);
    let content = content(4, size);
    for unsynced in [0, 2] {
        let mut receiver = Receiver::new();
        let intake = receiver.begin(size);
        let partial = intake.create(1).unwrap();
        let set_aside = fs::metadata(receiver.path(".part")).unwrap();
        put_all(&partial, &content, 0..few);
        partial.sync().unwrap();
        put_all(&partial, &content, few..few + unsynced);
        drop(partial);
        let rests = fs::metadata(receiver.path(".part")).unwrap();
        assert_eq!(rests.len(), few * CHUNK as u64, "of {}", set_aside.len());
        assert!(intake.allocated() <= (few + 1) * CHUNK as u64, "{} are taken", intake.allocated());
        drop(intake);
        // It was this program that changed the file: nothing is read again, or doubted.
        let journal = fs::metadata(receiver.path(".journal")).unwrap();
        assert!(!crate::disk::intake::touched::since(&rests, &journal));
        let intake = receiver.begin(size);
        assert_eq!(held(&intake), (0..few).collect::<Vec<_>>());
        assert_eq!(fs::metadata(receiver.path(".part")).unwrap().len(), size, "it is set aside again");
        complete(&intake, &content).unwrap();
        assert!(fs::read(receiver.temp.path().join("top/film")).unwrap() == content);
    }
}

#[test]
fn who_dies_without_a_word_leaves_what_was_synced_and_no_more() {
    let content = content(2, SIZE);
    let mut receiver = Receiver::new();
    let intake = receiver.begin(SIZE);
    let partial = intake.create(1).unwrap();
    for chunk in [3, 0, 7] {
        put(&partial, &content, chunk);
    }
    partial.sync().unwrap();
    for chunk in [1, 2] {
        put(&partial, &content, chunk);
    }
    assert_eq!(partial.unsynced(), 2 * CHUNK as u64);
    // What a killed process has locked is free at once; here it is let go of by hand.
    fs::copy(receiver.path(".journal"), receiver.temp.path().join("copy")).unwrap();
    let journal = receiver.path(".journal");
    let _dead = ManuallyDrop::new((partial, intake));
    fs::remove_file(&journal).unwrap();
    fs::rename(receiver.temp.path().join("copy"), &journal).unwrap();
    let intake = receiver.begin(SIZE);
    assert_eq!(held(&intake), [0, 3, 7]);
    complete(&intake, &content).unwrap();
    assert!(fs::read(receiver.temp.path().join("top/film")).unwrap() == content);
}

#[test]
fn a_group_that_comes_again_is_given_up_before_it_is_written() {
    let (old, new) = (content(3, SIZE), content(4, SIZE));
    let mut receiver = Receiver::new();
    let intake = receiver.begin(SIZE);
    let partial = intake.create(1).unwrap();
    put_all(&partial, &old, 0..8);
    partial.sync().unwrap();
    drop((partial, intake));
    // The sender's file has changed from chunk 2 on; one group holds all eight.
    let mut changed = new.clone();
    changed[..2 * CHUNK].copy_from_slice(&old[..2 * CHUNK]);
    let intake = receiver.begin(SIZE);
    let partial = intake.create(1).unwrap();
    assert_eq!(partial.held(), 8 * CHUNK as u64);
    assert_eq!(put(&partial, &changed, 5), CHUNK as u64, "the other seven don't count any more");
    partial.sync().unwrap();
    drop((partial, intake));
    let intake = receiver.begin(SIZE);
    assert_eq!(held(&intake), [5]);
    complete(&intake, &changed).unwrap();
    assert!(fs::read(receiver.temp.path().join("top/film")).unwrap() == changed);
}

#[test]
fn content_that_is_not_the_sender_s_never_gets_the_name_however_it_came() {
    let (old, new) = (content(5, SIZE), content(6, SIZE));
    let mut receiver = Receiver::new();
    let intake = receiver.begin(SIZE);
    let partial = intake.create(1).unwrap();
    put_all(&partial, &old, 0..9);
    partial.sync().unwrap();
    drop((partial, intake));
    let intake = receiver.begin(SIZE);
    let error = complete(&intake, &new).unwrap_err();
    assert!(matches!(error, DiskError::Corrupt(_)), "{error}");
    drop(intake);
    assert_eq!(receiver.files(), ["top"], "and it is of no use to another attempt");
}

#[test]
fn a_file_that_grew_or_shrank_keeps_the_chunks_that_are_whole_in_both() {
    for (size, kept) in [(SIZE + 5 * CHUNK as u64, 20), (30 * CHUNK as u64, 20), (17 * CHUNK as u64 + 1, 16)]
    {
        let (old, new) = (content(7, SIZE), content(7, size));
        let mut receiver = Receiver::new();
        let intake = receiver.begin(SIZE);
        let partial = intake.create(1).unwrap();
        put_all(&partial, &old, 0..=CHUNKS);
        partial.sync().unwrap();
        drop((partial, intake));
        let intake = receiver.begin(size);
        assert_eq!(held(&intake), (0..kept).collect::<Vec<_>>(), "{size}");
        drop(intake);
        let intake = receiver.begin(size);
        assert_eq!(held(&intake), (0..kept).collect::<Vec<_>>(), "{size}, found once more");
        complete(&intake, &new).unwrap();
        assert!(fs::read(receiver.temp.path().join("top/film")).unwrap() == new, "{size}");
        assert_eq!(receiver.files(), ["top", "top/film"]);
    }
}

/// An attempt that got nine chunks, put aside.
fn interrupted(content: &[u8]) -> Receiver {
    let mut receiver = Receiver::new();
    let intake = receiver.begin(SIZE);
    let partial = intake.create(1).unwrap();
    put_all(&partial, content, 0..9);
    partial.sync().unwrap();
    receiver
}

type Harm = fn(&Receiver);

#[test]
fn what_is_damaged_or_not_ours_is_not_gone_on_with() {
    let content = content(8, SIZE);
    let harms: [(&str, Harm); 5] = [
        ("no journal", |r| fs::remove_file(r.path(".journal")).unwrap()),
        ("an empty journal", |r| fs::write(r.path(".journal"), "").unwrap()),
        ("no partial file", |r| fs::remove_file(r.path(".part")).unwrap()),
        ("an empty partial file", |r| fs::write(r.path(".part"), "").unwrap()),
        ("a journal that is a folder", |r| {
            let path = r.path(".journal");
            fs::remove_file(&path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    for (what, harm) in harms {
        let mut receiver = interrupted(&content);
        harm(&receiver);
        let intake = receiver.begin(SIZE);
        assert_eq!(held(&intake), [0; 0], "{what}");
        complete(&intake, &content).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(fs::read(receiver.temp.path().join("top/film")).unwrap() == content, "{what}");
    }
    let mut receiver = interrupted(&content);
    assert_eq!(held(&receiver.begin_as(SIZE, TransferId([1; 16]))), [0; 0], "another transfer's");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_partial_file_is_not_written_through() {
    let content = content(9, SIZE);
    for hard in [false, true] {
        let mut receiver = interrupted(&content);
        let part = receiver.path(".part");
        let precious = receiver.temp.path().join("precious");
        fs::write(&precious, vec![7; 9 * CHUNK]).unwrap();
        fs::remove_file(&part).unwrap();
        if hard {
            fs::hard_link(&precious, &part).unwrap();
        } else {
            std::os::unix::fs::symlink(&precious, &part).unwrap();
        }
        let intake = receiver.begin(SIZE);
        assert_eq!(held(&intake), [0; 0]);
        complete(&intake, &content).unwrap();
        assert!(fs::read(receiver.temp.path().join("top/film")).unwrap() == content);
        assert!(fs::read(&precious).unwrap() == vec![7; 9 * CHUNK], "it was written through a link");
    }
}

#[test]
fn what_is_in_use_is_left_alone() {
    let content = content(10, SIZE);
    let mut receiver = interrupted(&content);
    let first = receiver.begin(SIZE);
    assert_eq!(held(&first).len(), 9);
    let second = receiver.begin(SIZE);
    assert_eq!(held(&second), [0; 0]);
    let stored = [complete(&second, &content).unwrap(), complete(&first, &content).unwrap()];
    for file in stored {
        assert!(fs::read(receiver.temp.path().join(file.path.as_str())).unwrap() == content);
    }
}

#[test]
fn who_gives_up_removes_what_is_left_and_nothing_else() {
    let content = content(11, SIZE);
    let mut receiver = interrupted(&content);
    receiver.begin(SIZE).abandon();
    assert_eq!(receiver.files(), ["top"], "given up with the journal open");
    let receiver = interrupted(&content);
    let strange = [".airlift-other.part", "mine.part", ".airlift-abababababababab-x.txt"];
    for name in strange {
        fs::write(receiver.temp.path().join("top").join(name), "").unwrap();
    }
    let names = receiver.names.clone().unwrap();
    discard(receiver.temp.path(), TransferId([1; 16]), &names, EmptyFolders::Go).unwrap();
    assert_eq!(receiver.files().len(), 6, "another transfer was given up");
    discard(receiver.temp.path(), ID, &names, EmptyFolders::Go).unwrap();
    assert_eq!(receiver.files().len(), 4, "{:?}", receiver.files());
    for name in strange {
        fs::remove_file(receiver.temp.path().join("top").join(name)).unwrap();
    }
    discard(receiver.temp.path(), ID, &names, EmptyFolders::Stay).unwrap();
    assert_eq!(receiver.files(), ["top"]);
    discard(receiver.temp.path(), ID, &names, EmptyFolders::Go).unwrap();
    assert_eq!(receiver.files(), [""; 0]);
    discard(&receiver.temp.path().join("gone"), ID, &names, EmptyFolders::Go).unwrap();
}

#[test]
fn a_plan_for_another_attempt_leaves_out_what_is_stored_and_keeps_the_names_of_the_first() {
    let temp = temp();
    fs::create_dir(temp.path().join("top")).unwrap();
    fs::write(temp.path().join("loose"), "another's").unwrap();
    let timed = |path: &str, size, seconds| Entry {
        modified: Some(Timestamp { seconds, nanos: 5 }),
        ..file(path, size)
    };
    let mut entries =
        vec![folder("top"), timed("top/a", 5, 1000), timed("top/b", 5, 1000), timed("top/c", 5, 1000)];
    entries.push(timed("loose", 5, 1000));
    let (intake, mut earlier) = begin_noting(temp.path(), &entries, Conflict::KeepBoth, Ledger::default());
    earlier.names = serde_json::from_str(&serde_json::to_string(&earlier.names).unwrap()).unwrap();
    for no in [1, 2, 4] {
        store_one(&intake, no, b"12345").unwrap();
    }
    drop(intake);
    // One has changed at the sender since, and one was changed here.
    entries[2] = timed("top/b", 5, 2000);
    fs::write(temp.path().join("top (1)/a"), "longer than it was").unwrap();
    let (intake, fates) = begin_again(temp.path(), &entries, Conflict::KeepBoth, &earlier);
    assert_eq!(fates, Fates { stored: vec![1, 4], likely: vec![] });
    let paths = [2, 3].map(|no| store_one(&intake, no, b"54321").unwrap().path.as_str().to_owned());
    assert_eq!(paths, ["top (1)/b", "top (1)/c"]);
    assert_eq!(fs::read_to_string(temp.path().join("top (1)/b")).unwrap(), "54321");
    assert_eq!(fs::read_to_string(temp.path().join("loose")).unwrap(), "another's");
    assert_eq!(fs::read_to_string(temp.path().join("loose (1)")).unwrap(), "12345");
    assert_eq!(tree(&temp.path().join("top")).len(), 0);
}
