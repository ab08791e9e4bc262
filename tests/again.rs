//! The same things sent again: what is there costs nothing, what differs is noticed, and nothing that
//! is there is touched.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use airlift::{
    engine::{Command, Consent, PortChoice, Receiving, ReceivingState},
    model::{Answer, Conflict, Digest, Landing, Outcome, ProblemKind, Side},
    wire::{
        FromReceiver, FromSender, content,
        message::{RawDigest, RawEntry, RawKind, Receipt},
    },
};
use support::{
    device::{Device, NOTHING_SKIPPED, Rogue, file, hear, say},
    pair::{Outcomes, Pair},
    pipe::Budget,
    tree::{awkward, describe, leftovers, noise, put},
};
use tempfile::{TempDir, tempdir};
use tokio::io::AsyncWriteExt as _;

async fn complete(source: &Path, to: &Path) -> Outcomes {
    let pair = Pair { conflict: Conflict::Complete, ..Pair::default() };
    let ends = pair.run(&[source], to).await;
    assert_eq!(ends.sent.outcome, Outcome::Complete, "{:?}", ends.sent);
    assert_eq!(ends.received.outcome, Outcome::Complete, "{:?}", ends.received);
    assert_eq!((ends.sent.files, ends.sent.bytes), (ends.received.files, ends.received.bytes));
    assert_eq!(ends.sent.already, ends.received.already);
    assert_eq!(leftovers(to), Vec::<PathBuf>::new());
    ends
}

/// Other content, with the time and the size that were there.
fn change_unseen(path: &Path) {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
    set_time(path, time);
}

fn set_time(path: &Path, time: SystemTime) {
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_of_thousands_of_files_is_sent_once() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    for i in 0..3_000 {
        put(from.path(), &format!("tree/{}/{i}", i % 50), &noise(i, 1 + usize::try_from(i).unwrap() % 700));
    }
    put(from.path(), "tree/large", &noise(7, 5_000_001));
    awkward(&from.path().join("tree"));
    let source = from.path().join("tree");
    let first = complete(&source, to.path()).await;
    assert_eq!((first.sent.already, first.offer.unwrap().already), (0, 0));
    let before = describe(&to.path().join("tree"));
    let second = complete(&source, to.path()).await;
    let files = second.sent.files;
    assert!(files > 3_000);
    assert_eq!((second.sent.already, second.offer.unwrap().already), (files, files));
    assert_eq!((second.sent.bytes, second.sent.files), (first.sent.bytes, first.sent.files));
    assert_eq!(second.sent.pipeline.wire_bytes, 1 + 1, "no more than that there is nothing");
    assert_eq!(describe(&to.path().join("tree")), before, "nothing was touched");
    assert_eq!(describe(&source), before);
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_in_one_byte_is_noticed_and_stored_beside_once() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    for (name, size) in [("a", 10), ("b.bin", 6_000_000), ("c", 3_000), ("d", 700_000)] {
        put(from.path(), &format!("t/{name}"), &noise(size as u64, size));
    }
    let source = from.path().join("t");
    complete(&source, to.path()).await;
    let old = fs::read(source.join("b.bin")).unwrap();
    change_unseen(&source.join("b.bin"));
    change_unseen(&source.join("c"));
    put(from.path(), "t/new", b"new");
    let ends = complete(&source, to.path()).await;
    assert_eq!((ends.sent.files, ends.sent.already), (5, 2));
    let wire = ends.sent.pipeline.wire_bytes;
    assert!((6_003_000..6_010_000).contains(&wire), "{wire} bytes for what differs");
    assert_eq!(fs::read(to.path().join("t/b.bin")).unwrap(), old, "what is there stays");
    for (sent, stored) in [("b.bin", "b (1).bin"), ("c", "c (1)"), ("new", "new"), ("a", "a")] {
        let (sent, stored) =
            (fs::read(source.join(sent)).unwrap(), fs::read(to.path().join("t").join(stored)));
        assert_eq!(sent, stored.unwrap());
    }
    let third = complete(&source, to.path()).await;
    assert_eq!((third.sent.files, third.sent.already), (5, 5), "what was stored beside is found there");
    assert_eq!(fs::read_dir(to.path().join("t")).unwrap().count(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_became_a_folder_and_a_folder_that_became_a_file_come_beside() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    put(from.path(), "t/was file", b"1");
    put(from.path(), "t/was folder/inside", b"2");
    put(from.path(), "t/stays", b"3");
    let source = from.path().join("t");
    complete(&source, to.path()).await;
    let before = describe(&to.path().join("t"));
    fs::remove_file(source.join("was file")).unwrap();
    fs::remove_dir_all(source.join("was folder")).unwrap();
    put(from.path(), "t/was file/inside", b"4");
    put(from.path(), "t/was folder", b"5");
    for round in 0..2 {
        let ends = complete(&source, to.path()).await;
        assert_eq!((ends.sent.files, ends.sent.already), (3, 1 + 2 * round));
        let after = describe(&to.path().join("t"));
        for (path, what) in before.iter().filter(|(_, what)| what.starts_with("file")) {
            assert_eq!(after.get(path), Some(what), "{}", path.display());
        }
        let new: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
        let expected = ["was file (1)", "was file (1)/inside", "was folder (1)"];
        assert_eq!(new, expected.iter().map(Path::new).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_after_the_offer_is_never_taken_for_the_same() {
    for (at_sender, sent, already) in [(true, 1, 1), (false, 2, 1)] {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        put(from.path(), "t/a", b"aa");
        put(from.path(), "t/b", b"bb");
        let source = from.path().join("t");
        complete(&source, to.path()).await;
        let changed = if at_sender { source.join("a") } else { to.path().join("t/a") };
        let answer = Box::new(move |_: &_| {
            fs::write(changed, b"AA").unwrap();
            Some(Answer::Accept(Landing::default()))
        });
        let pair = Pair { conflict: Conflict::Complete, answer, ..Pair::default() };
        let ends = pair.run(&[&source], to.path()).await;
        for report in [&ends.sent, &ends.received] {
            assert_eq!(report.outcome == Outcome::Complete, !at_sender, "{report:?}");
            assert_eq!((report.files, report.already, report.failed), (sent, already, u64::from(at_sender)));
        }
        let there = |name: &str| fs::read(to.path().join("t").join(name)).ok();
        if at_sender {
            assert_eq!((there("a"), there("a (1)")), (Some(b"aa".to_vec()), None));
        } else {
            assert_eq!((there("a"), there("a (1)")), (Some(b"AA".to_vec()), Some(b"aa".to_vec())));
        }
    }
}

/// At the receiver: one file that is the same, one that only seems to be, and one that is older; one
/// is missing.
fn half_there(from: &Path, to: &Path) -> (PathBuf, BTreeMap<PathBuf, String>) {
    put(from, "t/same", &noise(1, 200));
    put(from, "t/seems", &noise(2, 300));
    put(from, "t/other", b"newer");
    put(from, "t/missing", &noise(3, 150));
    put(to, "t/same", &noise(1, 200));
    put(to, "t/seems", &noise(2, 300));
    change_unseen(&to.join("t/seems"));
    put(to, "t/other", b"an older one");
    (from.join("t"), describe(&to.join("t")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_cut_after_any_byte_leaves_what_was_there_and_only_whole_files_beside() {
    let (mut cut_at, mut last) = (0, false);
    while !last {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        let (source, before) = half_there(from.path(), to.path());
        let budget = Budget::of(cut_at);
        let pair =
            Pair { capacity: 64, budget: budget.clone(), conflict: Conflict::Complete, ..Pair::default() };
        let ends = pair.run(&[&source], to.path()).await;
        last = !budget.is_spent();
        check(&ends, &source, &to, &before, &format!("cut at {cut_at}"));
        // Another one repairs it, whatever had come.
        let again = complete(&source, to.path()).await;
        assert!(again.sent.already >= 1, "cut at {cut_at}");
        let third = complete(&source, to.path()).await;
        assert_eq!((third.sent.files, third.sent.already), (4, 4), "cut at {cut_at}");
        assert_eq!(third.sent.pipeline.wire_bytes, 2, "cut at {cut_at}");
        check(&third, &source, &to, &before, &format!("after it was cut at {cut_at}"));
        cut_at += 3;
    }
    assert!(cut_at > 900, "the link was cut only up to {cut_at}");
}

fn check(ends: &Outcomes, source: &Path, to: &TempDir, before: &BTreeMap<PathBuf, String>, when: &str) {
    let after = describe(&to.path().join("t"));
    for (path, what) in before {
        assert_eq!(after.get(path), Some(what), "{when}: {}", path.display());
    }
    let offered = describe(source);
    let places = [("seems (1)", "seems"), ("other (1)", "other"), ("missing", "missing")];
    for (path, what) in after.iter().filter(|(path, _)| !before.contains_key(*path)) {
        let place = places.iter().find(|(place, _)| Path::new(place) == path);
        let (_, name) = place.unwrap_or_else(|| panic!("{when}: {} is there", path.display()));
        assert_eq!(offered.get(Path::new(name)), Some(what), "{when}: {}", path.display());
    }
    if ends.sent.outcome == Outcome::Complete || ends.received.outcome == Outcome::Complete {
        assert_eq!(after.len(), before.len() + 3, "{when}: called complete");
    }
}

/// A device that completes what it has: files `a` to `d`, as they are offered by [`offer`].
fn completing() -> (Device, u16) {
    let mut device = Device::start("Ben");
    for name in ["a", "b", "c", "d"] {
        fs::write(device.inbox.path().join(name), name).unwrap();
        set_time(&device.inbox.path().join(name), SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    }
    let landing = Landing {
        folder: Some(device.inbox.path().to_owned()),
        name: None,
        conflict: Conflict::Complete,
        ..Landing::default()
    };
    let receiving = Receiving { port: PortChoice::Exactly(0), consent: Consent::All, landing };
    device.tell(Command::Receive(receiving));
    let port = device.until("listening", |state| match &state.receiving {
        ReceivingState::On { port, .. } => Some(*port),
        _ => None,
    });
    (device, port)
}

/// Numbers 0 to 3 are likely, 4 is a folder, and 5 is missing.
fn offer() -> FromSender {
    let entry = |path: &str| RawEntry { modified: Some((1_000_000, 0)), ..file(path, 1) };
    let folder = RawEntry { kind: RawKind::Folder, ..entry("f") };
    FromSender::Entries(vec![entry("a"), entry("b"), entry("c"), entry("d"), folder, entry("f/x")])
}

fn digest(entry: u32, content: &[u8]) -> RawDigest {
    RawDigest { entry, digest: Some(*blake3::hash(content).as_bytes()) }
}

/// A whole file on a content connection.
fn whole(entry: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = content::chunk_header(entry, 0, u32::try_from(bytes.len()).unwrap()).to_vec();
    out.extend_from_slice(bytes);
    content::put_end(&mut out, entry, bytes.len() as u64, Digest(*blake3::hash(bytes).as_bytes()));
    out
}

#[test]
fn a_sender_learns_nothing_of_what_is_there_but_whether_it_knows_its_content() {
    let (mut device, port) = completing();
    let rogue = Rogue::new();
    let heard = device.engine.block_on(async {
        let mut control = rogue.greet(port).await;
        say(&mut control, &offer()).await;
        say(&mut control, &NOTHING_SKIPPED).await;
        assert_eq!(hear(&mut control).await, Some(FromReceiver::Likely(vec![0..4])));
        let Some(FromReceiver::Accept { token }) = hear(&mut control).await else { panic!("not accepted") };
        let mut lane = rogue.dial(port).await;
        say(&mut lane, &FromSender::Lane { token }).await;
        let broken = RawDigest { entry: 2, digest: None };
        say(&mut control, &FromSender::Digests(vec![digest(0, b"a"), digest(1, b"?"), broken])).await;
        say(&mut control, &FromSender::Digests(vec![digest(3, b"d")])).await;
        let (mut differ, mut same) = (Vec::new(), Vec::new());
        let mut rest = whole(5, b"x");
        while same.len() < 4 {
            match hear(&mut control).await.expect("it goes on") {
                FromReceiver::Differ(entries) => {
                    differ.extend(entries);
                    rest.extend(whole(1, b"?"));
                    content::put_finish(&mut rest, 1);
                    lane.stream.write_all(&rest).await.unwrap();
                    lane.stream.flush().await.unwrap();
                }
                FromReceiver::Receipts(receipts) => same.extend(receipts),
                FromReceiver::Progress { .. } | FromReceiver::Load(_) => {}
                other => panic!("{other:?}"),
            }
        }
        while !matches!(hear(&mut control).await, Some(FromReceiver::Done) | None) {}
        say(&mut control, &FromSender::Bye).await;
        (differ, same)
    });
    assert_eq!(heard.0, [1]);
    let mut stored: Vec<_> = heard.1.iter().map(Receipt::entry).collect();
    stored.sort_unstable();
    assert_eq!(stored, [0, 1, 3, 5]);
    assert!(heard.1.iter().all(|receipt| matches!(receipt, Receipt::Stored { .. })));
    let report = device.received(0);
    assert_eq!((report.files, report.already, report.failed), (4, 2, 1));
    assert_eq!(device.arrived(), ["a", "b", "b (1)", "c", "d", "f"]);
    assert_eq!(fs::read(device.inbox.path().join("b")).unwrap(), b"b");
    assert_eq!(fs::read(device.inbox.path().join("b (1)")).unwrap(), b"?");
}

#[test]
fn a_sender_that_lies_about_what_is_there_changes_nothing_and_stops_nobody_else() {
    let (mut device, port) = completing();
    let rogue = Rogue::new();
    let finish = {
        let mut out = Vec::new();
        content::put_finish(&mut out, 1);
        out
    };
    let broken = {
        let mut out = Vec::new();
        content::put_broken(&mut out, 0);
        out
    };
    let lies: Vec<(&str, Vec<RawDigest>, Vec<u8>)> = vec![
        ("a digest of a folder", vec![digest(4, b"a")], Vec::new()),
        ("a digest of what is missing", vec![digest(5, b"x")], Vec::new()),
        ("a digest of what was not offered", vec![digest(6, b"x")], Vec::new()),
        ("a digest twice", vec![digest(0, b"a"), digest(0, b"a")], Vec::new()),
        ("another digest", vec![digest(0, b"?"), digest(0, b"a")], Vec::new()),
        (
            "a file that can't be read, and can",
            vec![RawDigest { entry: 0, digest: None }, digest(0, b"a")],
            Vec::new(),
        ),
        ("content of what is likely", Vec::new(), whole(0, b"a")),
        ("likely, and broken", Vec::new(), broken),
        ("no digests at all", Vec::new(), [whole(5, b"x"), finish].concat()),
    ];
    for (nth, (lie, digests, bytes)) in lies.iter().enumerate() {
        device.engine.block_on(async {
            let mut control = rogue.greet(port).await;
            say(&mut control, &offer()).await;
            say(&mut control, &NOTHING_SKIPPED).await;
            let token = loop {
                match hear(&mut control).await {
                    Some(FromReceiver::Accept { token }) => break token,
                    Some(FromReceiver::Likely(_) | FromReceiver::Stored(_) | FromReceiver::Except(_)) => {}
                    other => panic!("{lie}: {other:?}"),
                }
            };
            let mut lane = rogue.dial(port).await;
            say(&mut lane, &FromSender::Lane { token }).await;
            let _ = lane.stream.write_all(bytes).await;
            let _ = lane.stream.flush().await;
            if !digests.is_empty() {
                say(&mut control, &FromSender::Digests(digests.clone())).await;
            }
            while hear(&mut control).await.is_some() {}
        });
        let Outcome::Failed(problem) = device.received(nth).outcome else { panic!("{lie}") };
        assert_eq!((problem.kind, problem.side), (ProblemKind::Protocol, Side::There), "{lie}: {problem:?}");
    }
    let early = device.engine.block_on(async {
        let mut control = rogue.greet(port).await;
        say(&mut control, &FromSender::Digests(vec![digest(0, b"a")])).await;
        hear(&mut control).await
    });
    assert!(!matches!(early, Some(FromReceiver::Accept { .. })), "{early:?}");
    for name in ["a", "b", "c", "d"] {
        assert_eq!(fs::read(device.inbox.path().join(name)).unwrap(), name.as_bytes());
        assert!(!device.inbox.path().join(format!("{name} (1)")).exists());
    }
    let mut friend = Device::start("Friend");
    fs::write(friend.inbox.path().join("proof"), b"alive").unwrap();
    let id = friend.send(port, &[friend.inbox.path().join("proof")]);
    assert_eq!(friend.report(id).outcome, Outcome::Complete);
}
