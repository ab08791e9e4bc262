//! Who answers while somebody types.

use std::sync::mpsc::{Receiver, sync_channel};

use super::{asking, file, home, transfer, with};
use crate::history::{
    Answer, Asked, Count, Counting, Finder, Found, HistoryError, Reader, Ticket, base::FILE,
};

/// A finder, and what rings when it has an answer.
fn finder(home: &std::path::Path) -> (Finder, Receiver<()>) {
    let (rings, ring) = sync_channel(1_000);
    (Finder::start(home, move || rings.send(()).unwrap()).unwrap(), ring)
}

fn ask(finder: &Finder, words: &str, counting: Counting) -> Ticket {
    finder.ask(Asked { query: asking(words), after: None, limit: 2, counting })
}

fn next(finder: &Finder, ring: &Receiver<()>) -> Answer {
    loop {
        ring.recv().unwrap();
        // It may have rung for what nobody wants any more.
        if let Some(answer) = finder.answer() {
            return answer;
        }
    }
}

#[test]
fn the_page_comes_first_and_the_count_after_it() {
    let (home, _history, _reader) = with(&["a.jpg", "b.jpg", "c.jpg"]);
    let (finder, ring) = finder(home.path());
    assert!(finder.answer().is_none());
    let ticket = ask(&finder, "jpg", Counting::Counted);
    let page = match next(&finder, &ring) {
        Answer { to, found: Ok(Found::Page(page)) } if to == ticket => page,
        other => panic!("{other:?}"),
    };
    assert_eq!(page.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["c.jpg", "b.jpg"]);
    let count = next(&finder, &ring);
    assert!(matches!(count.found, Ok(Found::Count(Count::Exactly(3)))), "{count:?}");
    let rest = Asked { query: asking("jpg"), after: page.next, limit: 2, counting: Counting::NotCounted };
    let ticket = finder.ask(rest);
    match next(&finder, &ring) {
        Answer { to, found: Ok(Found::Page(page)) } if to == ticket => {
            assert_eq!((page.rows.len(), page.next), (1, None));
        }
        other => panic!("{other:?}"),
    }
    assert!(finder.answer().is_none());
}

#[test]
fn only_the_newest_question_is_answered_however_fast_they_come() {
    let (home, mut history, mut reader) = with(&[]);
    let many: Vec<_> = (0..3_000).map(|n| file(&format!("some name {n}.jpg"))).collect();
    history.record(&transfer(2, 0), &many).unwrap();
    let (finder, ring) = finder(home.path());
    for round in 0..40 {
        let mut last = None;
        for n in 0..=round % 7 {
            last = Some((ask(&finder, &format!("qq {n}"), Counting::Counted), n));
        }
        let words = format!("name {round}");
        let ticket = ask(&finder, &words, Counting::Counted);
        assert!(last.is_some_and(|(before, _)| before < ticket));
        match next(&finder, &ring) {
            Answer { to, found: Ok(Found::Page(page)) } if to == ticket => {
                assert_eq!(page, reader.page(&asking(&words), None, 2).unwrap());
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_is_recorded_later_is_found_and_what_is_wrong_is_said() {
    let home = home();
    let (finder, ring) = finder(home.path());
    ask(&finder, "jpg", Counting::NotCounted);
    assert!(matches!(next(&finder, &ring).found, Ok(Found::Page(page)) if page.rows.is_empty()));
    let mut history = crate::history::History::open(home.path()).unwrap();
    history.record(&transfer(1, 0), &[file("a.jpg")]).unwrap();
    ask(&finder, "jpg", Counting::NotCounted);
    assert!(matches!(next(&finder, &ring).found, Ok(Found::Page(page)) if page.rows.len() == 1));
    drop(history);
    let raw = rusqlite::Connection::open(home.path().join(FILE)).unwrap();
    raw.execute_batch("DROP TABLE detail").unwrap();
    ask(&finder, "jpg", Counting::Counted);
    assert!(matches!(next(&finder, &ring).found, Err(HistoryError::File { .. })));
    assert!(Reader::open(home.path()).is_ok());
}

#[test]
fn its_thread_ends_when_it_is_dropped_whatever_it_does() {
    let (home, _history, _reader) = with(&["a.jpg"]);
    for asked in 0..20 {
        let (finder, ring) = finder(home.path());
        for n in 0..asked {
            ask(&finder, &format!("q{n}"), Counting::Counted);
        }
        drop(finder);
        // What rang before is still there; nobody rings any more.
        while ring.recv().is_ok() {}
    }
}
