//! The tree of what is offered, by what it shows and what it leaves out.

use super::*;
use crate::model::{Access, Entry, FileMode, RelPath};

fn tree(paths: &[&str]) -> Tree {
    let entry = |path: &&str| {
        let (path, kind) = match path.strip_suffix('/') {
            Some(folder) => (folder, EntryKind::Folder),
            None => (*path, EntryKind::File { size: Some(10), mode: FileMode::Regular }),
        };
        let path = RelPath::parse(path).unwrap();
        Entry { path, kind, access: Access::Shared, modified: None, holes: 0 }
    };
    let entries: Vec<Entry> = paths.iter().map(entry).collect();
    let mut tree = Tree::new(entries.into());
    settle(&mut tree);
    tree
}

/// In steps as small as can be.
fn settle(tree: &mut Tree) {
    while tree.work(1) == Pace::More {}
}

fn names(tree: &Tree) -> Vec<String> {
    let row = |row: &Row| format!("{}{}", " ".repeat(row.depth.into()), tree.shown(row.place).name);
    tree.rows().iter().map(row).collect()
}

fn at(tree: &Tree, name: &str) -> (usize, Place) {
    let row = tree.rows().iter().position(|row| tree.shown(row.place).name == name);
    let row = row.unwrap_or_else(|| panic!("{name} is not shown"));
    (row, tree.rows()[row].place)
}

fn out(tree: &Tree) -> Vec<EntryNo> {
    let out = tree.left_out();
    (0..100).filter(|no| out.has(*no)).collect()
}

const TRIP: [&str; 7] =
    ["trip/", "trip/a.jpg", "trip/deep/", "trip/deep/b.jpg", "trip/empty/", "c.txt", "implied/d.txt"];

#[test]
fn folders_open_and_close_and_keep_what_was_open_in_them() {
    let mut tree = tree(&TRIP);
    assert_eq!(names(&tree), ["trip", "c.txt", "implied"]);
    tree.open(0);
    assert_eq!(names(&tree), ["trip", " a.jpg", " deep", " empty", "c.txt", "implied"]);
    tree.open(2);
    assert_eq!(names(&tree), ["trip", " a.jpg", " deep", "  b.jpg", " empty", "c.txt", "implied"]);
    tree.open(0);
    assert_eq!(names(&tree), ["trip", "c.txt", "implied"]);
    tree.open(0);
    assert_eq!(names(&tree), ["trip", " a.jpg", " deep", "  b.jpg", " empty", "c.txt", "implied"]);
    // A file has nothing in it.
    tree.open(1);
    assert_eq!(tree.rows().len(), 7);
}

#[test]
fn a_folder_that_is_alone_is_open_from_the_beginning() {
    assert_eq!(names(&tree(&TRIP[..5])), ["trip", " a.jpg", " deep", " empty"]);
}

#[test]
fn what_is_left_out_is_left_out_with_all_that_is_in_it_and_counted() {
    let mut tree = tree(&TRIP);
    let all = Total { files: 4, of: 4, bytes: 40, spared: 0 };
    assert_eq!((tree.total(), out(&tree)), (all, vec![]));
    tree.turn(at(&tree, "trip").1);
    assert_eq!(tree.total(), Total { files: 2, of: 4, bytes: 20, spared: 20 });
    assert_eq!(out(&tree), [0, 1, 2, 3, 4]);
    tree.open(0);
    tree.turn(at(&tree, "a.jpg").1);
    // The folder comes again with what is in it, and no other folder does.
    assert_eq!(out(&tree), [2, 3, 4]);
    assert_eq!(tree.shown(at(&tree, "trip").1).tick, Tick::Part);
    tree.turn(at(&tree, "trip").1);
    assert_eq!((tree.total(), out(&tree)), (all, vec![]));
    tree.set_all(Tick::Out);
    assert!(tree.is_empty());
    tree.set_all(Tick::In);
    assert!(!tree.is_empty());
}

#[test]
fn a_folder_of_which_every_file_is_left_out_one_by_one_is_left_out_itself() {
    let mut tree = tree(&TRIP[..4]);
    tree.open(2);
    tree.turn(at(&tree, "b.jpg").1);
    assert_eq!(out(&tree), [2, 3]);
    tree.turn(at(&tree, "a.jpg").1);
    assert_eq!(out(&tree), [0, 1, 2, 3]);
}

#[test]
fn an_empty_folder_can_be_left_out_and_keeps_the_one_that_it_is_in() {
    let mut tree = tree(&["x/", "x/empty/", "x/a"]);
    tree.turn(at(&tree, "a").1);
    assert_eq!(out(&tree), [2], "what is empty is wanted, and where it is");
    tree.turn(at(&tree, "empty").1);
    assert_eq!(out(&tree), [0, 1, 2]);
}

#[test]
fn a_search_finds_names_in_whatever_case_and_nothing_brings_the_tree_back() {
    let mut tree = tree(&TRIP);
    tree.search("JPG");
    settle(&mut tree);
    assert_eq!(names(&tree), ["a.jpg", "b.jpg"]);
    assert_eq!(tree.shown(at(&tree, "b.jpg").1).within, "trip/deep");
    tree.set_all(Tick::Out);
    assert_eq!(out(&tree), [1, 2, 3]);
    tree.search("nothing");
    settle(&mut tree);
    assert!(tree.rows().is_empty());
    tree.search(" ");
    settle(&mut tree);
    assert_eq!(names(&tree), ["trip", "c.txt", "implied"]);
}

proptest::proptest! {
    /// Whatever is pressed, what a folder says is what is in it.
    #[test]
    fn every_sum_is_the_sum_of_what_is_below_it(
        presses in proptest::collection::vec((0_usize..40, proptest::bool::ANY), 0..40),
    ) {
        let mut tree = tree(&TRIP);
        for (at, opens) in presses {
            let row = at % tree.rows().len();
            if opens { tree.open(row) } else { tree.turn(tree.rows()[row].place) }
        }
        let out = tree.left_out();
        let files = TRIP.iter().enumerate().filter(|(_, path)| !path.ends_with('/'));
        let wanted = files.filter(|(no, _)| !out.has(EntryNo::try_from(*no).unwrap())).count();
        proptest::prop_assert_eq!(tree.total().files, wanted as u64);
        proptest::prop_assert_eq!(tree.total().bytes, wanted as u64 * 10);
        // Nothing that comes is in a folder that doesn’t.
        for (no, path) in TRIP.iter().enumerate() {
            let inside = |folder: &str| path.len() > folder.len() && path.starts_with(folder);
            let lost = TRIP.iter().enumerate().any(|(of, folder)| {
                folder.ends_with('/') && inside(folder) && out.has(EntryNo::try_from(of).unwrap())
            });
            proptest::prop_assert!(!lost || out.has(EntryNo::try_from(no).unwrap()), "{}", path);
        }
    }
}
