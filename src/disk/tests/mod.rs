//! What the disk's tests share. Each file of tests hunts the faults of one side.

mod changing;
mod completing;
#[cfg(unix)]
mod dealing;
mod noting;
#[cfg(unix)]
mod off_limits;
#[cfg(unix)]
mod outdone;
mod planning;
#[cfg(unix)]
mod privacy;
mod receiving;
mod resuming;
#[cfg(unix)]
mod rooms;
#[cfg(unix)]
mod screening;
mod sending;
#[cfg(unix)]
pub(super) mod shut;
mod storing;
mod trying;
#[cfg(unix)]
mod unfriendly;
#[cfg(unix)]
mod unnoted;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;

use super::{
    Book, DiskError, Earlier, Inbox, Intake, Ledger, Looked, Names, OffLimits, Partial, Placed, Plan, Scan,
    SourceError, SourceFile, Sources, Stored, Verified, Watch,
};
use crate::model::{
    Access, CHUNK, Clocks, Conflict, Digest, Entry, EntryKind, EntryNo, FileMode, Leaf, RelPath, Source,
    Stopwatch, Timestamp, TransferId,
};

const ID: TransferId = TransferId([0xab; 16]);

/// What an earlier attempt has left where nobody has kept what was said yes to.
fn earlier(names: &Names) -> Earlier {
    Earlier { names: names.clone(), accord: None, ledger: Arc::default(), volume: None }
}

fn temp() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn folder(path: &str) -> Entry {
    let (path, kind) = (RelPath::parse(path).unwrap(), EntryKind::Folder);
    Entry { path, kind, access: Access::Shared, modified: None, holes: 0 }
}

fn file(path: &str, size: u64) -> Entry {
    let kind = EntryKind::File { size: Some(size), mode: FileMode::Regular };
    Entry { path: RelPath::parse(path).unwrap(), kind, access: Access::Shared, modified: None, holes: 0 }
}

fn stream(path: &str) -> Entry {
    let kind = EntryKind::File { size: None, mode: FileMode::Regular };
    Entry { path: RelPath::parse(path).unwrap(), kind, access: Access::Shared, modified: None, holes: 0 }
}

/// The content that tests give a file: its path.
fn texts(paths: &[&str]) -> Vec<Entry> {
    paths.iter().map(|path| file(path, path.len() as u64)).collect()
}

fn digest(content: &[u8]) -> Digest {
    Digest(*blake3::hash(content).as_bytes())
}

/// What a sender finds out after the last byte.
fn finish(source: SourceFile, read: &[u8]) -> Result<(), SourceError> {
    source.finish(digest(read), || false).map(|known| assert!(known.is_continue()))
}

fn scan(paths: &[&Path]) -> Scan {
    Scan::new(paths.iter().map(|path| Source::Path((*path).to_owned())).collect(), &OffLimits::default())
        .unwrap()
}

fn scan_all(paths: &[&Path]) -> (Vec<Entry>, Sources) {
    let mut scan = scan(paths);
    let mut entries = Vec::new();
    loop {
        let batch = scan.next_batch(7).unwrap();
        if batch.is_empty() {
            return (entries, scan.finish());
        }
        assert!(batch.len() <= 7);
        entries.extend(batch);
    }
}

fn begin(folder: &Path, entries: &[Entry], conflict: Conflict) -> Intake {
    let inbox = Inbox::open(folder, &OffLimits::default()).unwrap();
    let plan = inbox.plan(entries, None, conflict).unwrap();
    Intake::begin(inbox, entries.to_vec(), plan, ID, Watch::nobody()).unwrap()
}

/// The same with what is kept of it, for later attempts to be held to.
fn begin_noting(folder: &Path, entries: &[Entry], conflict: Conflict, ledger: Ledger) -> (Intake, Earlier) {
    let inbox = Inbox::open(folder, &OffLimits::default()).unwrap();
    let plan = inbox.plan(entries, None, conflict).unwrap();
    let book = Book { accord: Arc::new(plan.accord([7; 32], entries)), ledger: Arc::new(ledger) };
    let intake = Intake::begin(inbox, entries.to_vec(), plan, ID, Watch::nobody()).unwrap();
    intake.keep_book(book.clone()).unwrap();
    let Book { accord, ledger } = book;
    let earlier = Earlier { names: intake.names(), accord: Some(accord), ledger, volume: None };
    (intake, earlier)
}

/// Another attempt, which is held to that.
fn begin_again(folder: &Path, entries: &[Entry], conflict: Conflict, earlier: &Earlier) -> (Intake, Fates) {
    let inbox = Inbox::open(folder, &OffLimits::default()).unwrap();
    let plan = inbox.plan_again(entries, earlier, conflict).unwrap();
    let numbers = |ranges: &[std::ops::Range<EntryNo>]| ranges.iter().cloned().flatten().collect();
    let fates = Fates { stored: numbers(plan.stored()), likely: numbers(plan.likely()) };
    let intake = Intake::begin(inbox, entries.to_vec(), plan, ID, Watch::nobody()).unwrap();
    let (accord, ledger) = (earlier.accord.clone().unwrap(), Arc::clone(&earlier.ledger));
    intake.keep_book(Book { accord, ledger }).unwrap();
    (intake, fates)
}

/// What another attempt believes to be there.
#[derive(Debug, PartialEq, Eq)]
struct Fates {
    stored: Vec<EntryNo>,
    likely: Vec<EntryNo>,
}

/// Writes one file whole.
fn write(intake: &Intake, no: EntryNo, content: &[u8]) -> Result<Verified, DiskError> {
    let partial = intake.create(no)?;
    for (number, chunk) in (0..).zip(content.chunks(CHUNK)) {
        let mut leaf = Leaf::at(number * CHUNK as u64).unwrap();
        for part in chunk.chunks(1000) {
            add(&partial, &mut leaf, part)?;
        }
        partial.keep(leaf)?;
    }
    partial.verify(digest(content))
}

fn add(partial: &Partial, leaf: &mut Leaf, bytes: &[u8]) -> Result<(), DiskError> {
    let before = std::mem::replace(leaf, Leaf::first());
    *leaf = partial.write(before, bytes, &mut Stopwatch::start(&Clocks::default()))?;
    Ok(())
}

/// Has these looked into by whoever does that.
fn place(intake: &Intake, group: Vec<Verified>) -> Vec<(EntryNo, Result<Placed, DiskError>)> {
    let mut screened = Vec::new();
    for file in group {
        match intake.screen(file, &|| false) {
            Looked::Screened(file) => screened.push(file),
            Looked::Failed(no, why) => panic!("{no} can't be looked into: {why}"),
            Looked::Over => panic!("it is not over"),
        }
    }
    intake.store(screened)
}

/// Stores these where nobody looks into them.
fn store(intake: &Intake, group: Vec<Verified>) -> Vec<(EntryNo, Result<Stored, DiskError>)> {
    let named = |placed| match placed {
        Placed::Named(stored) => stored,
        Placed::Apart(apart) => panic!("{apart:?}"),
    };
    place(intake, group).into_iter().map(|(no, result)| (no, result.map(named))).collect()
}

fn store_one(intake: &Intake, no: EntryNo, content: &[u8]) -> Result<Stored, DiskError> {
    let mut stored = store(intake, vec![write(intake, no, content)?]);
    assert_eq!(stored.len(), 1);
    let (reported, result) = stored.remove(0);
    assert_eq!(reported, no);
    result
}

/// Receives files whose content is their offered path, in one group.
fn receive(intake: &Intake, entries: &[Entry]) -> Vec<Stored> {
    let group = (0..)
        .zip(entries)
        .filter(|(no, _)| intake.wants(*no))
        .map(|(no, entry)| write(intake, no, entry.path.as_str().as_bytes()).unwrap())
        .collect();
    store(intake, group).into_iter().map(|(_, stored)| stored.unwrap()).collect()
}

/// Everything below a folder, by path: a file's content, or what it is otherwise.
fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    fn walk(root: &Path, folder: &Path, tree: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let what = if metadata.is_dir() {
                walk(root, &path, tree);
                "<folder>".to_owned()
            } else if metadata.is_symlink() {
                "<link>".to_owned()
            } else {
                String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
            };
            tree.insert(path.strip_prefix(root).unwrap().to_owned(), what);
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

/// `tree`, as lines: a folder ends in `/`, and a file's content stands after `=`.
fn listing(folder: &Path) -> Vec<String> {
    tree(folder)
        .into_iter()
        .map(|(path, what)| match what.as_str() {
            "<folder>" => format!("{}/", path.display()),
            _ => format!("{}={what}", path.display()),
        })
        .collect()
}

fn modified(path: &Path) -> Timestamp {
    fs::symlink_metadata(path).unwrap().modified().unwrap().into()
}

#[test]
fn what_is_handed_between_threads_may_be() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<(Sources, Intake, Inbox, Plan)>();
    sent::<(Scan, SourceFile, Partial, Verified)>();
}

/// Says that a test tried nothing, so that a green run is not taken for more than it is.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(super) fn skip(why: &str) {
    eprintln!("SKIPPED: {why}");
}
