//! Texts: whole or not at all, in memory and in no file, and nothing of them before somebody has said yes.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "texts/hostile.rs"]
mod hostile;
#[path = "texts/kept.rs"]
mod kept;
#[path = "texts/older.rs"]
mod older;
mod support;

use std::{collections::BTreeMap, path::Path};

use airlift::{
    disk::Scan,
    model::{Answer, FileFate, FileRecord, Outcome, Text},
    transfer::Notice,
};
use support::{
    pair::{Outcomes, Pair},
    pipe::Budget,
    tree::leftovers,
};
use tempfile::tempdir;

const CHUNK: usize = 256 * 1024;

/// Of so many bytes, in which no part is like another.
fn text(bytes: usize) -> Text {
    let mut words: String = (0..).map(|n| format!("{n} ")).take(bytes).collect();
    words.truncate(bytes);
    words.parse().unwrap()
}

async fn send(pair: Pair, text: &Text, inbox: &Path) -> Outcomes {
    pair.run_scan(Scan::of_text(text.clone()).unwrap(), inbox).await
}

fn came(ends: &Outcomes) -> Vec<Text> {
    let text = |notice: &Notice| match notice {
        Notice::Text(text) => Some(text.clone()),
        _ => None,
    };
    ends.receiver_notices.iter().filter_map(text).collect()
}

/// Neither a place nor a digest, by which a guess could be tried.
fn says_little(told: &BTreeMap<String, FileRecord>, bytes: u64) {
    let [FileRecord { at: None, size: Some(size), fate: FileFate::Stored { digest: None, .. }, .. }] =
        &told.values().collect::<Vec<_>>()[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(*size, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_any_size_arrives_as_it_was_and_in_no_file() {
    for size in [1, 2, 1023, 1024, 1025, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7, Text::MAX_LEN] {
        let (to, text) = (tempdir().unwrap(), text(size));
        let ends = send(Pair::default(), &text, to.path()).await;
        assert_eq!(ends.sent.outcome, Outcome::Complete, "{size}: {:?}", ends.sent);
        assert_eq!(ends.received.outcome, Outcome::Complete, "{size}: {:?}", ends.received);
        assert!(ends.sent.verified() && ends.received.verified());
        assert!(came(&ends) == [text], "{size}");
        assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0);
        assert!(ends.received.saved.is_empty() && ends.kept.is_none());
        for told in [&ends.told_of_sent, &ends.told_of_received] {
            says_little(told, size as u64);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_is_told_how_long_a_text_is_and_no_word_of_it_comes_after_a_no() {
    let to = tempdir().unwrap();
    let answer = Box::new(|_: &_| Some(Answer::Decline(None)));
    let ends = send(Pair { answer, ..Pair::default() }, &text(1000), to.path()).await;
    let offer = ends.offer.as_ref().unwrap();
    assert_eq!(offer.summary.size_line(), "a text of 1.00 kB");
    assert_eq!((offer.summary.top.len(), offer.notes.len()), (1, 0));
    assert_eq!(offer.summary.top[0].name, Text::NAME);
    assert!(matches!(ends.sent.outcome, Outcome::Declined { .. }), "{:?}", ends.sent);
    assert_eq!((came(&ends).len(), leftovers(to.path()).len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_cut_after_any_byte_comes_whole_or_not_at_all() {
    let sent = text(300);
    let (mut cut_at, mut last, mut cut) = (0, false, 0);
    while !last {
        let to = tempdir().unwrap();
        let budget = Budget::of(cut_at);
        let pair = Pair { capacity: 16, budget: budget.clone(), ..Pair::default() };
        let ends = send(pair, &sent, to.path()).await;
        last = !budget.is_spent();
        let came = came(&ends);
        assert!(came.is_empty() || came == [sent.clone()], "cut at {cut_at}");
        let says_whole = [&ends.sent, &ends.received].into_iter().any(|r| r.outcome == Outcome::Complete);
        assert!(!says_whole || came.len() == 1, "cut at {cut_at}: called complete");
        for report in [&ends.sent, &ends.received] {
            let honest = matches!(report.outcome, Outcome::Failed(_) | Outcome::Complete);
            assert!(honest, "cut at {cut_at}: {:?}", report.outcome);
        }
        assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0, "cut at {cut_at}");
        cut += usize::from(came.is_empty());
        cut_at += 1;
    }
    assert!(cut > 300, "it was cut only {cut} times");
}
