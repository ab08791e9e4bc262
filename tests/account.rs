//! What both ends tell of each file: every one once, as it is, and with where it is.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use airlift::{
    disk::Scan,
    model::{Answer, Conflict, Digest, FileFate, FileRecord, Landing, Medium, Outcome, Side, Trial},
    transfer::Attempt,
};
use support::{
    pair::Pair,
    pipe::Budget,
    tree::{contents, noise, put},
};
use tempfile::tempdir;

fn digest(path: &Path) -> Digest {
    Digest(*blake3::hash(&fs::read(path).unwrap()).as_bytes())
}

fn is_stored(record: &FileRecord) -> bool {
    matches!(record.fate, FileFate::Stored { .. } | FileFate::Already { .. })
}

/// What is told to be there, below a folder; each with the size and the digest that it has.
fn told_to_stand(told: &BTreeMap<String, FileRecord>, folder: &Path) -> BTreeSet<PathBuf> {
    let mut stand = BTreeSet::new();
    for record in told.values().filter(|record| is_stored(record)) {
        let at = record.at.as_deref().unwrap();
        assert_eq!(record.size, Some(fs::metadata(at).unwrap().len()), "{record:?}");
        match &record.fate {
            FileFate::Stored { digest: told, .. } | FileFate::Already { digest: told } => {
                assert_eq!(*told, Some(digest(at)), "{record:?}");
            }
            other => panic!("{other:?}"),
        }
        stand.insert(at.strip_prefix(folder).unwrap().to_owned());
    }
    stand
}

fn standing(folder: &Path) -> BTreeSet<PathBuf> {
    contents(folder).into_keys().map(PathBuf::from).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_is_told_with_its_fate_and_its_place_at_both_ends() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    for name in ["a", "gone", "grown", "z"] {
        put(from.path(), &format!("t/{name}"), name.as_bytes());
    }
    put(from.path(), "note.txt", b"new");
    put(to.path(), "note.txt", b"old");
    let (source, note) = (from.path().join("t"), from.path().join("note.txt"));
    let inside = source.clone();
    let answer = Box::new(move |_: &_| {
        fs::remove_file(inside.join("gone")).unwrap();
        put(&inside, "grown", b"longer than it was");
        Some(Answer::Accept(Landing::default()))
    });
    let pair = Pair { conflict: Conflict::KeepBoth, answer, ..Pair::default() };
    let ends = pair.run(&[&source, &note], to.path()).await;
    let paths = ["note.txt", "t/a", "t/gone", "t/grown", "t/z"];
    for (told, folder, side) in
        [(&ends.told_of_sent, from.path(), Side::Here), (&ends.told_of_received, to.path(), Side::There)]
    {
        assert_eq!(told.keys().collect::<Vec<_>>(), paths);
        for path in ["t/gone", "t/grown"] {
            let record = &told[path];
            let FileFate::Failed { side: whose, why } = &record.fate else { panic!("{record:?}") };
            assert!(*whose == side && !why.is_empty(), "{record:?}");
            assert!(record.size.is_some(), "as it was offered: {record:?}");
        }
        let stands = told_to_stand(told, folder);
        let beside = if side == Side::Here { "note.txt" } else { "note (1).txt" };
        assert_eq!(stands, [beside, "t/a", "t/z"].map(PathBuf::from).into());
    }
    assert_eq!(ends.told_of_received["t/gone"].at, None);
    assert_eq!(ends.told_of_sent["t/gone"].at.as_deref(), Some(&*source.join("gone")));
    assert_eq!(fs::read(ends.told_of_received["note.txt"].at.clone().unwrap()).unwrap(), b"new");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_and_what_is_there_already_is_told() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    put(from.path(), "t/same", b"the same");
    put(from.path(), "t/other", b"new");
    let source = from.path().join("t");
    Pair::default().run(&[&source], to.path()).await;
    let pair = Pair { conflict: Conflict::Complete, ..Pair::default() };
    let ends = pair.run(&[&source], to.path()).await;
    assert_eq!(ends.received.already, 2, "{:?}", ends.received);
    for (told, folder) in [(&ends.told_of_sent, from.path()), (&ends.told_of_received, to.path())] {
        assert!(told.values().all(|record| matches!(record.fate, FileFate::Already { .. })), "{told:?}");
        assert_eq!(told_to_stand(told, folder), ["t/other", "t/same"].map(PathBuf::from).into());
    }
    let (note, to) = (source.join("same"), tempdir().unwrap());
    put(to.path(), "same", b"mine");
    let ends = Pair { conflict: Conflict::Skip, ..Pair::default() }.run(&[&note], to.path()).await;
    for told in [&ends.told_of_sent, &ends.told_of_received] {
        let record = &told["same"];
        assert_eq!((record.fate.clone(), record.size), (FileFate::LeftOut, Some(8)));
    }
    assert_eq!(ends.told_of_received["same"].at, None, "what stands there is another");
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_link_breaks_what_stands_is_told_and_what_is_told_stands() {
    let from = tempdir().unwrap();
    let names: Vec<_> = (0..9).map(|i| format!("t/{i}")).collect();
    for (i, name) in (0..).zip(&names) {
        put(from.path(), name, &noise(i, 40));
    }
    let source = from.path().join("t");
    let (mut cut_at, mut last, mut partly) = (0, false, 0);
    while !last {
        let to = tempdir().unwrap();
        let budget = Budget::of(cut_at);
        let ends =
            Pair { capacity: 16, budget: budget.clone(), ..Pair::default() }.run(&[&source], to.path()).await;
        last = !budget.is_spent();
        let stands = standing(to.path());
        assert_eq!(told_to_stand(&ends.told_of_received, to.path()), stands, "cut at {cut_at}");
        let known: BTreeSet<_> = told_to_stand(&ends.told_of_sent, from.path());
        assert!(known.is_subset(&stands), "cut at {cut_at}: {known:?}");
        partly += usize::from(!stands.is_empty() && stands.len() < names.len());
        if let (false, Some(kept)) = (stands.is_empty() || last, ends.kept) {
            // By another run, which has been told of nothing.
            let pair = Pair { attempt: Attempt::Again(Box::new(kept)), ..Pair::default() };
            let ends = pair.run(&[&source], to.path()).await;
            assert_eq!(ends.received.outcome, Outcome::Complete, "cut at {cut_at}: {:?}", ends.received);
            assert_eq!(
                told_to_stand(&ends.told_of_received, to.path()),
                standing(to.path()),
                "cut at {cut_at}"
            );
            let told: Vec<_> = ends.told_of_sent.values().filter(|record| is_stored(record)).collect();
            assert_eq!(told.len(), names.len(), "cut at {cut_at}");
        }
        cut_at += 7;
    }
    assert!(partly > 3, "the link was cut in the midst of it only {partly} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_of_a_speed_test() {
    for medium in [Medium::Memory, Medium::Disk] {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        let scan = Scan::of_trial(Trial { medium, bytes: 300_001 }, from.path()).unwrap();
        let ends = Pair::default().run_scan(scan, to.path()).await;
        assert_eq!(ends.received.outcome, Outcome::Complete, "{:?}", ends.received);
        assert!(ends.told_of_sent.is_empty() && ends.told_of_received.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_cancelled_transfer_only_what_has_come_is_told() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    put(from.path(), "x", b"x");
    let pair = Pair::default();
    pair.cancel_receiver.cancel();
    let ends = pair.run(&[&from.path().join("x")], to.path()).await;
    assert_eq!(ends.received.outcome, Outcome::Cancelled { by: Side::Here });
    assert!(ends.told_of_sent.is_empty() && ends.told_of_received.is_empty());
}
