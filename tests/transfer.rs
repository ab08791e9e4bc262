//! Whole transfers between two ends in memory: every size, every kind of name, pipes too small
//! for anything, and links that break at every byte.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use airlift::{
    disk::Scan,
    model::{Answer, ByteRate, Conflict, Landing, Medium, Outcome, ProblemKind, Purpose, Side, Trial},
    transfer::Limiter,
};
use support::{
    pair::Pair,
    pipe::Budget,
    tree::{awkward, describe, has_partial, leftovers, noise, put},
};
use tempfile::tempdir;

#[tokio::test(flavor = "multi_thread")]
async fn an_awkward_tree_arrives_as_it_was_through_pipes_of_eight_bytes() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    awkward(from.path());
    let source = from.path().join("tree");
    fs::create_dir(&source).unwrap();
    awkward(&source);
    let ends = Pair { capacity: 8, ..Pair::default() }.run(&[&source], to.path()).await;
    assert_eq!(ends.sent.outcome, Outcome::Complete, "{:?}", ends.sent);
    assert_eq!(ends.received.outcome, Outcome::Complete, "{:?}", ends.received);
    assert_eq!(describe(&to.path().join("tree")), describe(&source));
    assert_eq!((ends.sent.files, ends.sent.bytes), (ends.received.files, ends.received.bytes));
    assert_eq!(ends.received.saved, [to.path().join("tree")]);
    assert_eq!(leftovers(to.path()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_interesting_sizes_arrive_with_the_digest_that_both_ends_computed() {
    const CHUNK: usize = 256 * 1024;
    // Nothing, one byte, hash blocks, whole chunks, chunks and a bit, a packet and a bit.
    for size in [0, 1, 1023, 1024, 1025, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 128, 3 * CHUNK, 3 * CHUNK + 7] {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        let bytes = noise(size as u64, size);
        put(from.path(), "file.bin", &bytes);
        let ends = Pair::default().run(&[&from.path().join("file.bin")], to.path()).await;
        assert_eq!(ends.sent.outcome, Outcome::Complete, "{size} bytes");
        assert_eq!(ends.received.outcome, Outcome::Complete, "{size} bytes");
        let digest = blake3::hash(&bytes);
        for report in [&ends.sent, &ends.received] {
            assert_eq!(report.digest.unwrap().0, *digest.as_bytes(), "{size} bytes");
            assert_eq!((report.files, report.bytes), (1, size as u64));
        }
        assert_eq!(fs::read(to.path().join("file.bin")).unwrap(), bytes, "{size} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_cut_after_any_byte_leaves_only_whole_files_and_two_honest_reports() {
    let from = tempdir().unwrap();
    put(from.path(), "t/a.txt", b"first");
    put(from.path(), "t/b.bin", &noise(1, 300));
    put(from.path(), "t/c", b"");
    let source = from.path().join("t");
    let whole = describe(&source);
    let names: BTreeSet<_> = whole.keys().cloned().collect();
    let (mut cut_at, mut last) = (0, false);
    while !last {
        let to = tempdir().unwrap();
        let budget = Budget::of(cut_at);
        let ends =
            Pair { capacity: 16, budget: budget.clone(), ..Pair::default() }.run(&[&source], to.path()).await;
        last = !budget.is_spent();
        let arrived =
            if to.path().join("t").exists() { describe(&to.path().join("t")) } else { BTreeMap::new() };
        for (path, what) in &arrived {
            assert!(names.contains(path), "cut at {cut_at}: {} is there", path.display());
            if what.starts_with("file") {
                assert_eq!(whole.get(path), Some(what), "cut at {cut_at}: {}", path.display());
            }
        }
        if ends.sent.outcome == Outcome::Complete || ends.received.outcome == Outcome::Complete {
            assert_eq!(arrived, whole, "cut at {cut_at}: called complete");
        }
        if last {
            assert_eq!(ends.sent.outcome, Outcome::Complete);
            assert_eq!(ends.received.outcome, Outcome::Complete);
        } else {
            for report in [&ends.sent, &ends.received] {
                let honest = matches!(report.outcome, Outcome::Failed(_) | Outcome::Complete);
                assert!(honest, "cut at {cut_at}: {:?}", report.outcome);
            }
        }
        cut_at += 1;
    }
    assert!(cut_at > 500, "the link was cut only {cut_at} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_of_content_goes_through_the_speed_limits_of_both_ends() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    put(from.path(), "t/big.bin", &noise(3, 3_000_000));
    put(from.path(), "t/small", b"small");
    let limiter = || Arc::new(Limiter::new(ByteRate::new(500_000_000)));
    let (sending, receiving) = (limiter(), limiter());
    let pair = Pair { sending: Arc::clone(&sending), receiving: Arc::clone(&receiving), ..Pair::default() };
    let ends = pair.run(&[&from.path().join("t")], to.path()).await;
    assert_eq!(ends.received.outcome, Outcome::Complete, "{:?}", ends.received);
    let (sent, received) = (sending.moved(), receiving.moved());
    assert_eq!(sent, received, "what one end lets go is what the other lets in");
    assert!((3_000_005..3_010_000).contains(&sent), "the content, and little beside it: {sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_offer_writes_nothing_and_says_why_on_both_sides() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    put(from.path(), "x", b"x");
    let answer = Box::new(|_: &_| Some(Answer::Decline(Some("Not today.".into()))));
    let ends = Pair { answer, ..Pair::default() }.run(&[&from.path().join("x")], to.path()).await;
    let reason = Some("Not today.".to_owned());
    assert_eq!(ends.sent.outcome, Outcome::Declined { by: Side::There, reason: reason.clone() });
    assert_eq!(ends.received.outcome, Outcome::Declined { by: Side::Here, reason });
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn either_side_can_cancel_at_any_moment_and_the_other_hears_it() {
    for sender_cancels in [true, false] {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        put(from.path(), "big", &noise(5, 3_000_000));
        let pair = Pair { capacity: 64, ..Pair::default() };
        let cancel = if sender_cancels { &pair.cancel_sender } else { &pair.cancel_receiver }.clone();
        let source = from.path().join("big");
        let inbox = to.path().to_owned();
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        // Cancelled once a partial file is there: in the middle of content.
        let watcher = tokio::task::spawn_blocking(move || {
            while !has_partial(&inbox) && !over.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            cancel.cancel();
        });
        let ends = pair.run(&[&source], to.path()).await;
        ended.store(true, Ordering::Relaxed);
        watcher.await.unwrap();
        let (canceller, other) =
            if sender_cancels { (&ends.sent, &ends.received) } else { (&ends.received, &ends.sent) };
        assert_eq!(canceller.outcome, Outcome::Cancelled { by: Side::Here });
        assert_eq!(other.outcome, Outcome::Cancelled { by: Side::There });
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0, "nothing half done stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_goes_while_it_is_offered_fails_alone() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    for name in ["a", "gone", "grown", "z"] {
        put(from.path(), &format!("t/{name}"), name.as_bytes());
    }
    let source = from.path().join("t");
    let inside = source.clone();
    let answer = Box::new(move |_: &_| {
        fs::remove_file(inside.join("gone")).unwrap();
        put(&inside, "grown", b"longer than it was");
        Some(Answer::Accept(Landing::default()))
    });
    let ends = Pair { answer, ..Pair::default() }.run(&[&source], to.path()).await;
    for report in [&ends.sent, &ends.received] {
        assert!(matches!(report.outcome, Outcome::Failed(_)), "{report:?}");
        assert_eq!((report.files, report.failed), (2, 2));
        let failed: BTreeSet<_> = report.problems.iter().map(|p| p.path.as_str()).collect();
        assert_eq!(failed, BTreeSet::from(["t/gone", "t/grown"]));
    }
    assert_eq!(ends.sent.problems[0].side, Side::Here);
    assert_eq!(ends.received.problems[0].side, Side::There);
    let arrived: Vec<_> = describe(&to.path().join("t")).into_keys().collect();
    assert_eq!(arrived, [Path::new("a"), Path::new("z")]);
    assert_eq!(ends.received.saved, [to.path().join("t")], "what stays is told also when not all came");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_is_kept_left_out_or_replaced_as_asked() {
    for (conflict, first, second, left_out) in [
        (Conflict::KeepBoth, "old", Some("new"), 0),
        (Conflict::Skip, "old", None, 1),
        (Conflict::Replace, "new", None, 0),
    ] {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        put(from.path(), "note.txt", b"new");
        put(to.path(), "note.txt", b"old");
        let ends =
            Pair { conflict, ..Pair::default() }.run(&[&from.path().join("note.txt")], to.path()).await;
        assert_eq!(ends.received.outcome, Outcome::Complete, "{conflict:?}");
        assert_eq!(fs::read_to_string(to.path().join("note.txt")).unwrap(), first, "{conflict:?}");
        let beside = fs::read_to_string(to.path().join("note (1).txt")).ok();
        assert_eq!(beside.as_deref(), second, "{conflict:?}");
        assert_eq!((ends.sent.left_out.total(), ends.received.left_out.total()), (left_out, left_out));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_may_give_the_thing_another_name_and_folder() {
    let (from, to, elsewhere) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    put(from.path(), "a.txt", b"content");
    let folder = elsewhere.path().join("made/for it");
    let landing = Landing { folder: Some(folder.clone()), name: Some("b.txt".into()), ..Landing::default() };
    let answer = Box::new(move |_: &_| Some(Answer::Accept(landing)));
    let ends = Pair { answer, ..Pair::default() }.run(&[&from.path().join("a.txt")], to.path()).await;
    assert_eq!(ends.received.outcome, Outcome::Complete, "{:?}", ends.received);
    assert_eq!(fs::read(folder.join("b.txt")).unwrap(), b"content");
    assert_eq!(ends.received.saved, [folder.join("b.txt")]);
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_transfers_into_one_name_all_arrive_whole() {
    let to = tempdir().unwrap();
    let mut running = tokio::task::JoinSet::new();
    for i in 0..10u64 {
        let inbox = to.path().to_owned();
        running.spawn(async move {
            let from = tempdir().unwrap();
            put(from.path(), "same.bin", &noise(i, 400_000));
            Pair::default().run(&[&from.path().join("same.bin")], &inbox).await.received.outcome
        });
    }
    for outcome in running.join_all().await {
        assert_eq!(outcome, Outcome::Complete);
    }
    let mut expected: Vec<_> =
        (0..10).map(|i| blake3::hash(&noise(i, 400_000)).to_hex().to_string()).collect();
    let mut arrived: Vec<_> = fs::read_dir(to.path())
        .unwrap()
        .map(|item| blake3::hash(&fs::read(item.unwrap().path()).unwrap()).to_hex().to_string())
        .collect();
    expected.sort();
    arrived.sort();
    assert_eq!(arrived, expected);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn links_are_counted_and_never_followed_on_either_side() {
    let (from, to, outside) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    put(outside.path(), "secret", b"secret");
    put(from.path(), "t/sub/file", b"content");
    std::os::unix::fs::symlink(outside.path(), from.path().join("t/link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), from.path().join("t/sub/link")).unwrap();
    // At the receiver, the folder's name is a link that leads outside.
    std::os::unix::fs::symlink(outside.path(), to.path().join("t")).unwrap();
    for conflict in [Conflict::KeepBoth, Conflict::Replace, Conflict::Skip] {
        let ends = Pair { conflict, ..Pair::default() }.run(&[&from.path().join("t")], to.path()).await;
        assert_eq!(ends.received.outcome, Outcome::Complete, "{conflict:?} {:?}", ends.received);
        assert_eq!(ends.offer.unwrap().summary.skipped.links, 2);
        let outside: Vec<_> = describe(outside.path()).into_keys().collect();
        assert_eq!(outside, [Path::new("secret")], "{conflict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_being_asked_ends_when_the_sender_leaves() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    put(from.path(), "x", b"x");
    let pair = Pair::default();
    let cancel = pair.cancel_sender.clone();
    let answer = Box::new(move |_: &_| {
        cancel.cancel();
        None
    });
    let ends = Pair { answer, ..pair }.run(&[&from.path().join("x")], to.path()).await;
    assert_eq!(ends.sent.outcome, Outcome::Cancelled { by: Side::Here });
    assert_eq!(ends.received.outcome, Outcome::Cancelled { by: Side::There });
    assert!(ends.offer.is_some(), "it was being asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speed_test_is_asked_about_verified_and_gone() {
    for medium in [Medium::Memory, Medium::Disk] {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        put(to.path(), Trial::NAME, b"mine");
        // What a person chose for files means nothing here.
        let landing = Landing { name: Some(Trial::NAME.to_owned()), ..Landing::default() };
        let answer = Box::new(move |_: &_| Some(Answer::Accept(landing)));
        let pair = Pair { conflict: Conflict::Replace, answer, ..Pair::default() };
        let scan = Scan::of_trial(Trial { medium, bytes: 3_000_001 }, from.path()).unwrap();
        let ends = pair.run_scan(scan, to.path()).await;
        for report in [&ends.sent, &ends.received] {
            assert_eq!(report.outcome, Outcome::Complete, "{report:?}");
            assert_eq!((report.files, report.bytes), (1, 3_000_001));
            assert!(report.saved.is_empty());
        }
        assert!(ends.sent.digest.is_some() && ends.sent.digest == ends.received.digest);
        let offer = ends.offer.unwrap();
        assert_eq!(offer.summary.purpose, Purpose::Trial(medium));
        assert!(offer.notes.is_empty(), "{:?}", offer.notes);
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);
        assert_eq!(fs::read(to.path().join(Trial::NAME)).unwrap(), b"mine");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speed_test_that_is_cut_leaves_nothing() {
    for (medium, cut_at) in
        [(Medium::Memory, 1_000_000), (Medium::Disk, 1_000_000), (Medium::Disk, 2_999_000)]
    {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        let scan = Scan::of_trial(Trial { medium, bytes: 3_000_001 }, from.path()).unwrap();
        let pair = Pair { budget: Budget::of(cut_at), ..Pair::default() };
        let ends = pair.run_scan(scan, to.path()).await;
        assert_ne!(ends.received.outcome, Outcome::Complete);
        for folder in [from.path(), to.path()] {
            assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "{medium:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_ends_both_sides_as_paused_before_the_answer_and_in_the_midst_of_content() {
    let from = tempdir().unwrap();
    put(from.path(), "big.bin", &noise(3, 24 << 20));
    let source = from.path().join("big.bin");
    for (by_sender, is_flowing) in [(true, false), (false, false), (true, true), (false, true)] {
        let to = tempdir().unwrap();
        let receiving = Arc::new(Limiter::new(is_flowing.then(|| ByteRate::new(20 << 20)).flatten()));
        let pair = Pair { receiving, ..Pair::default() };
        let pause = if by_sender { &pair.pause_sender } else { &pair.pause_receiver }.clone();
        let (early, late) = (pause.clone(), pause);
        let answer = Box::new(move |_: &_| {
            if !is_flowing {
                early.cancel();
            }
            Some(Answer::Accept(Landing::default()))
        });
        let pausing = async {
            while is_flowing && !has_partial(to.path()) {
                tokio::task::yield_now().await;
            }
            if is_flowing {
                late.cancel();
            }
        };
        let sources = [source.as_path()];
        let running = Pair { answer, ..pair }.run(&sources, to.path());
        let (ends, ()) = tokio::join!(running, pausing);
        for (report, is_own) in [(&ends.sent, by_sender), (&ends.received, !by_sender)] {
            let Outcome::Failed(problem) = &report.outcome else { panic!("{report:?}") };
            assert_eq!(problem.kind, ProblemKind::Paused, "{report:?}");
            assert_eq!(problem.side == Side::Here, is_own, "{report:?}");
        }
        assert!(!to.path().join("big.bin").exists());
    }
}
