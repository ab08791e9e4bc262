//! Questions of every kind, one by one.

use proptest::prelude::*;

use super::{all, asking, file, names, ordered, transfer, with};
use crate::history::{Count, Order, Query, search::Effort};

#[test]
fn a_word_is_found_anywhere_in_name_folder_and_device() {
    let (_home, _history, mut reader) =
        with(&["Ferien/Rügen 2024/IMG_0815.JPG", "写真/家族写真 1.jpg", "Straße.txt"]);
    for (words, found) in [
        ("img_0815", &["IMG_0815.JPG"][..]),
        ("_08", &["IMG_0815.JPG"]),
        ("rugen", &["IMG_0815.JPG"]),
        ("Ferien/Rügen", &["IMG_0815.JPG"]),
        ("写", &["家族写真 1.jpg"]),
        ("族写", &["家族写真 1.jpg"]),
        ("写族", &[]),
        ("STRASSE", &["Straße.txt"]),
        ("anna jpg", &["家族写真 1.jpg", "IMG_0815.JPG"]),
        ("jpg anna", &["家族写真 1.jpg", "IMG_0815.JPG"]),
        ("jp pg", &["家族写真 1.jpg", "IMG_0815.JPG"]),
        ("tx", &["Straße.txt"]),
        ("qx", &[]),
        // Across what stands between the parts.
        ("jpgferien", &[]),
        ("nothing here", &[]),
        ("\"", &[]),
        ("text:jpg", &[]),
        ("img*", &[]),
        ("NEAR(img", &[]),
    ] {
        assert_eq!(names(&mut reader, &asking(words)), found, "{words}");
    }
}

#[test]
fn names_are_in_order_without_case_and_scripts_do_not_mix() {
    let (_home, _history, mut reader) = with(&["写.txt", "b.txt", "A.txt", "Ä.txt", "x/a.txt", "я.txt"]);
    let names = names(&mut reader, &ordered("txt", Order::Name));
    // The newest of the same first.
    assert_eq!(names, ["Ä.txt", "A.txt", "a.txt", "b.txt", "я.txt", "写.txt"]);
}

#[test]
fn what_is_recorded_and_removed_meanwhile_neither_doubles_nor_hides_rows_of_the_next_page() {
    let (_home, mut history, mut reader) = with(&["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]);
    for (order, rest) in [(Order::Newest, ["c.txt", "b.txt"]), (Order::Name, ["c.txt", "d.txt"])] {
        let query = ordered("txt", order);
        let first = reader.page(&query, None, 2).unwrap();
        history.record(&transfer(2, 99), &[file("0.txt")]).unwrap();
        let removed = first.rows.iter().map(|row| row.id).collect::<Vec<_>>();
        // The very row that it goes on after.
        history.remove(&removed[1..]).unwrap();
        let second = reader.page(&query, first.next.as_ref(), 2).unwrap();
        assert_eq!(second.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), rest, "{order:?}");
        history.clear().unwrap();
        let again: Vec<_> = ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"].map(file).to_vec();
        history.record(&transfer(1, 10), &again).unwrap();
    }
}

#[test]
fn more_than_anybody_counts_is_more_than_that() {
    let (_home, mut history, mut reader) = with(&[]);
    let many: Vec<_> = (0..10_000).map(|n| file(&format!("{n:05}.jpg"))).collect();
    history.record(&transfer(2, 5), &many).unwrap();
    for words in ["", "jpg", "jp"] {
        let plus = u64::from(words.is_empty());
        let count = if plus == 0 { Count::Exactly(10_000) } else { Count::MoreThan(10_000) };
        assert_eq!(reader.count(&asking(words)).unwrap(), count, "{words}");
    }
    history.record(&transfer(2, 5), &[file("one more.jpg")]).unwrap();
    for words in ["", "jpg", "jp"] {
        assert_eq!(reader.count(&asking(words)).unwrap(), Count::MoreThan(10_000), "{words}");
    }
    // All ways lead to the same pages.
    let whole = names(&mut reader, &ordered("00 jpg", Order::Size));
    assert!(whole.len() > 100);
    for (few, walk) in [(0, 0), (0, 100_000), (100_000, 0)] {
        reader.effort = Effort { few, walk };
        assert_eq!(names(&mut reader, &ordered("00 jpg", Order::Size)), whole, "{few} {walk}");
    }
    assert_eq!(reader.page(&Query::default(), None, usize::MAX).unwrap().rows.len(), 10_000);
    assert_eq!(reader.page(&Query::default(), None, 0).unwrap().rows.len(), 1);
}

proptest! {
    #[test]
    fn whatever_is_typed_is_a_question_and_no_error(
        words in "[\" *\\-AND:()^{}+,.'%_\\\\NEAR😀\u{301}\0\u{1}\u{2}写ก한éя]{0,40}|\\PC{0,60}|(a ){0,40}",
        order in proptest::sample::select(&[Order::Newest, Order::Name, Order::Size][..]),
    ) {
        use std::{cell::RefCell, sync::OnceLock};
        use crate::history::Reader;
        // One for all of them: nothing is changed.
        static HOME: OnceLock<tempfile::TempDir> = OnceLock::new();
        thread_local! { static READER: RefCell<Option<Reader>> = const { RefCell::new(None) }; }
        let home = HOME.get_or_init(|| with(&["\" AND (写.txt", "a.txt", "NEAR(é, 2)*.txt", "😀.txt"]).0);
        READER.with_borrow_mut(|reader| {
            let reader = reader.get_or_insert_with(|| Reader::open(home.path()).unwrap());
            for effort in [Effort::default(), Effort { few: 0, walk: 0 }] {
                reader.effort = effort;
                let query = ordered(&words, order);
                let found = all(reader, &query, 2).len() as u64;
                assert_eq!(reader.count(&query).unwrap(), Count::Exactly(found));
            }
        });
    }
}
