//! A link in memory that is cut at every byte of a conversation, and the attempt that follows: what
//! was offered is there in the end, and no more is sent than was missing.

use std::{collections::BTreeSet, fs, path::Path};

use airlift::{disk::Earlier, model::Outcome, transfer::Attempt};
use tempfile::tempdir;

use crate::{
    chance::{Chance, Length},
    loud::say,
    support::{
        pair::Pair,
        pipe::Budget,
        tree::{describe, leftovers, noise, put},
    },
};

/// More than a file has that no journal is kept of.
const LARGE: usize = (4 << 20) + 5000;
const CHUNK: usize = 256 << 10;

fn pair(budget: &Budget, attempt: Attempt) -> Pair {
    Pair { budget: budget.clone(), attempt, ..Pair::default() }
}

/// Bytes that a link carries which is not cut.
async fn whole_conversation(source: &Path) -> usize {
    let to = tempdir().unwrap();
    let budget = Budget::of(usize::MAX);
    let ends = pair(&budget, Attempt::First).run(&[source], to.path()).await;
    assert_eq!(ends.sent.outcome, Outcome::Complete);
    budget.spent_of(usize::MAX)
}

/// Cuts at these bytes, one after the other, and then lets it come to its end. The bytes of content
/// that the last attempt sent.
async fn cut_at(source: &Path, cuts: &[usize]) -> u64 {
    let to = tempdir().unwrap();
    let transfer = airlift::model::TransferId(airlift::identity::random());
    let mut names = None;
    let attempt = |kept: &Option<Earlier>| {
        kept.clone().map_or(Attempt::First, |earlier| Attempt::Again(Box::new(earlier)))
    };
    for cut in cuts {
        let pair = Pair { transfer, ..pair(&Budget::of(*cut), attempt(&names)) };
        let ends = pair.run(&[source], to.path()).await;
        let honest = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Complete);
        assert!(honest(&ends.sent.outcome), "cut at {cuts:?}: {:?}", ends.sent);
        assert!(honest(&ends.received.outcome), "cut at {cuts:?}: {:?}", ends.received);
        names = ends.kept.or(names);
    }
    let ends = Pair { transfer, ..pair(&Budget::default(), attempt(&names)) }.run(&[source], to.path()).await;
    assert_eq!(ends.sent.outcome, Outcome::Complete, "cut at {cuts:?}: {:?}", ends.sent);
    assert_eq!(ends.received.outcome, Outcome::Complete, "cut at {cuts:?}: {:?}", ends.received);
    let name = source.file_name().unwrap();
    assert_eq!(describe(&to.path().join(name)), describe(source), "cut at {cuts:?}");
    assert_eq!(leftovers(to.path()), Vec::<std::path::PathBuf>::new(), "cut at {cuts:?}");
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1, "cut at {cuts:?}");
    ends.sent.pipeline.wire_bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_cut_after_every_byte_of_a_small_transfer_is_made_good_by_the_next_attempt() {
    let from = tempdir().unwrap();
    put(from.path(), "t/a.txt", b"first");
    put(from.path(), "t/b.bin", &noise(1, 300));
    put(from.path(), "t/c", b"");
    let source = from.path().join("t");
    let whole = whole_conversation(&source).await;
    assert!(whole > 500, "only {whole} bytes in all");
    for cut in 0..=whole {
        cut_at(&source, &[cut]).await;
    }
    say("every byte", &format!("{} cuts of a small transfer", whole + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_cut_in_and_around_every_part_of_a_large_file_costs_what_is_missing() {
    const TEST: &str = "every byte, with a journal";
    let length = Length::asked();
    let mut chance = Chance::of(TEST);
    let from = tempdir().unwrap();
    put(from.path(), "t/film.bin", &noise(7, LARGE));
    put(from.path(), "t/note", b"small");
    let source = from.path().join("t");
    let whole = whole_conversation(&source).await;
    // Everything before content begins, and everything after its end, is a few hundred bytes.
    let (head, tail) = (600, 1200);
    let mut cuts: BTreeSet<_> = (0..head).chain(whole - tail..=whole).collect();
    for boundary in (head..whole).step_by(CHUNK) {
        let around = length.choose(2, 40);
        cuts.extend(boundary.saturating_sub(around)..boundary + around);
    }
    let cuts: Vec<_> = cuts.into_iter().filter(|_| chance.among(0..length.choose(12, 1)) == 0).collect();
    for cut in &cuts {
        let sent = cut_at(&source, &[*cut]).await;
        if *cut >= whole - tail {
            // Whole, and perhaps not named yet: what came since the last sync may come again.
            continue;
        }
        // What crossed before the cut, but for what was in buffers, is not sent again.
        let missing = (LARGE + 5).saturating_sub(cut.saturating_sub(1 << 20));
        assert!(sent <= missing as u64 + (1 << 20), "cut at {cut} of {whole}: {sent} bytes sent again");
    }
    // And the conversation of the second attempt, which is another one.
    let twice = length.choose(25, 400);
    for _ in 0..twice {
        let first = usize::try_from(chance.among(head as u64..whole as u64)).unwrap();
        let second = usize::try_from(chance.among(0..2500)).unwrap();
        cut_at(&source, &[first, second]).await;
    }
    say(TEST, &format!("{} cuts of {whole} bytes, and {twice} times two of them", cuts.len()));
}
