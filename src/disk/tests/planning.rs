//! The receiver before anything is written: offers that contradict themselves or what is there.

use std::{fs, path::Path};

use super::{file, folder, stream, temp, texts};
use crate::{
    disk::{
        Inbox, OffLimits, Plan, PlanError,
        naming::{Case, Characters, Longest, NameRules, Unicode},
    },
    model::{CHUNK, Conflict, Entry, EntryNo, RelPath, Shortfall},
};

const WINDOWS: NameRules = NameRules {
    characters: Characters::Windows,
    case: Case::Ignored,
    unicode: Unicode::Normalised,
    longest: Longest::Units(255),
};

fn plan(folder: &Path, entries: &[Entry], conflict: Conflict) -> Result<Plan, PlanError> {
    Inbox::open(folder, &OffLimits::default()).unwrap().plan(entries, None, conflict)
}

/// Where each entry goes; `-` for what is left out.
fn places(plan: &Plan, entries: &[Entry]) -> Vec<String> {
    (0..)
        .zip(entries)
        .map(|(no, entry)| {
            if plan.is_unwanted(no) {
                "-".to_owned()
            } else {
                plan.names.path(entry.path.as_str()).into_owned()
            }
        })
        .collect()
}

fn windows(folder: &Path) -> Inbox {
    let mut inbox = Inbox::open(folder, &OffLimits::default()).unwrap();
    inbox.traits.names = WINDOWS;
    inbox
}

#[test]
fn an_offer_that_contradicts_itself_is_refused() {
    let temp = temp();
    let refused = |entries: &[Entry]| plan(temp.path(), entries, Conflict::KeepBoth).unwrap_err();
    assert!(matches!(refused(&[]), PlanError::Nothing));
    for twice in [
        [file("a", 1), file("a", 2)],
        [folder("a"), folder("a")],
        [folder("a"), file("a", 1)],
        [file("a\u{1b}", 1), stream("a\u{1b}")],
    ] {
        let error = refused(&twice);
        assert!(matches!(error, PlanError::Twice(_)), "{error}");
        assert!(!error.to_string().contains('\u{1b}'));
    }
    for both in [
        vec![file("a", 1), file("a/b", 1)],
        vec![file("a/b", 1), file("a", 1)],
        vec![file("a/b/c/d", 1), file("a/b", 1)],
        vec![folder("a"), file("a/b", 1), folder("a/b/c")],
    ] {
        let error = refused(&both);
        assert!(matches!(error, PlanError::FileAndFolder(_)), "{error}");
    }
    let absurd = refused(&[file("a", u64::MAX), file("b", u64::MAX)]);
    assert!(matches!(absurd, PlanError::Absurd), "{absurd}");
}

#[test]
fn more_than_the_disk_seems_to_hold_is_told_with_both_numbers() {
    let temp = temp();
    let offer = [file("a", 1 << 42), file("b", 1 << 42), file("c", 1)];
    let Shortfall { needed, free } = plan(temp.path(), &offer, Conflict::KeepBoth).unwrap().short().unwrap();
    assert!(needed > 1 << 43 && free > 0 && free < 1 << 43);
    let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    let free = inbox.free().unwrap();
    // The last bytes of a disk are not for the taking.
    let all = [file("a", free)];
    assert!(inbox.plan(&all, None, Conflict::KeepBoth).unwrap().short().is_some());
    let fits = [file("a", 12), folder("d"), stream("s"), file("e", 0), file("f", 30)];
    let fits = inbox.plan(&fits, None, Conflict::KeepBoth).unwrap();
    assert_eq!((fits.needs(), fits.short()), (42, None));
}

#[test]
fn holes_need_no_room_and_what_is_beside_them_does() {
    let temp = temp();
    // Less than a file may have on any disk that tests run on, and more than that has.
    let size = 1_u64 << 43;
    let chunks = |bytes: u64| u32::try_from(bytes / CHUNK as u64).unwrap();
    let hollow = Entry { holes: chunks(size), ..file("a", size) };
    let made = plan(temp.path(), &[hollow.clone(), file("b", 5)], Conflict::KeepBoth).unwrap();
    assert_eq!(made.needs(), size + 5, "they count as content for all else");
    let half = Entry { holes: chunks(size / 2), ..hollow };
    let short = plan(temp.path(), &[half], Conflict::KeepBoth).unwrap().short();
    assert_eq!(short.map(|short| short.needed), Some(size / 2));
}

#[test]
fn parents_that_were_never_declared_are_no_fault() {
    let temp = temp();
    let entries = texts(&["a/b/c", "a/b/d", "x/y"]);
    let plan = plan(temp.path(), &entries, Conflict::KeepBoth).unwrap();
    assert_eq!(places(&plan, &entries), ["a/b/c", "a/b/d", "x/y"]);
    assert!(plan.notes().is_empty());
}

#[test]
fn nothing_is_written_by_planning() {
    let temp = temp();
    fs::write(temp.path().join("a"), "old").unwrap();
    let entries = [file("a", 1), folder("b"), file("b/c", 1), folder("e")];
    for conflict in [Conflict::KeepBoth, Conflict::Skip, Conflict::Replace] {
        plan(temp.path(), &entries, conflict).unwrap();
        let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
        inbox.plan(&entries, Some("all"), conflict).unwrap();
    }
    assert_eq!(super::listing(temp.path()), ["a=old"]);
}

#[cfg(unix)]
#[test]
fn keeping_both_finds_the_next_free_name_beside_anything() {
    let temp = temp();
    fs::write(temp.path().join("photo.jpg"), "").unwrap();
    fs::write(temp.path().join("photo (1).jpg"), "").unwrap();
    fs::create_dir(temp.path().join("trip")).unwrap();
    fs::create_dir(temp.path().join("a.tar.gz")).unwrap();
    std::os::unix::fs::symlink("nowhere", temp.path().join("link")).unwrap();
    let entries = [
        file("photo.jpg", 1),
        file("photo (2).jpg", 1),
        folder("trip"),
        file("trip/x", 1),
        file("a.tar.gz", 1),
        file("link", 1),
        file("link2/in", 1),
    ];
    let plan = plan(temp.path(), &entries, Conflict::KeepBoth).unwrap();
    assert_eq!(
        places(&plan, &entries),
        [
            "photo (2).jpg",
            "photo (2) (1).jpg",
            "trip (1)",
            "trip (1)/x",
            "a (1).tar.gz",
            "link (1)",
            "link2/in"
        ]
    );
    assert!(plan.unwanted().is_empty());
    assert_eq!(plan.notes()[0], "“photo.jpg” is there already: it will be stored as “photo (2).jpg”.");
}

#[cfg(unix)]
fn occupied(at: &Path) {
    fs::create_dir_all(at.join("trip/sub")).unwrap();
    fs::create_dir_all(at.join("outside")).unwrap();
    fs::create_dir_all(at.join("d")).unwrap();
    for name in ["f", "trip/old", "trip/sub/old", "trip/file", "outside/x"] {
        fs::write(at.join(name), "old").unwrap();
    }
    std::os::unix::fs::symlink(at.join("outside"), at.join("trip/link")).unwrap();
    std::os::unix::fs::symlink(at.join("f"), at.join("leaf")).unwrap();
}

#[cfg(unix)]
fn occupying() -> Vec<Entry> {
    vec![
        file("f", 3),
        file("new", 3),
        folder("trip"),
        file("trip/old", 3),
        file("trip/new", 3),
        folder("trip/sub"),
        file("trip/sub/old", 3),
        file("trip/sub/new", 3),
        folder("trip/file"),
        file("trip/file/x", 3),
        folder("trip/link"),
        file("trip/link/x", 3),
        file("leaf", 3),
        file("d", 3),
    ]
}

#[cfg(unix)]
#[test]
fn skipping_leaves_out_what_is_there_and_merges_folders() {
    let temp = temp();
    occupied(temp.path());
    let entries = occupying();
    let plan = plan(temp.path(), &entries, Conflict::Skip).unwrap();
    assert_eq!(
        places(&plan, &entries),
        ["-", "new", "trip", "-", "trip/new", "trip/sub", "-", "trip/sub/new", "-", "-", "-", "-", "-", "-"]
    );
    assert_eq!(plan.unwanted(), [0..1, 3..4, 6..7, 8..14]);
    assert_eq!(plan.needs(), 9);
    assert!(plan.notes().contains(&"“trip/old” is there already and is left out.".to_owned()));
}

#[cfg(unix)]
#[test]
fn replacing_spares_folders_and_links_and_never_goes_through_one() {
    let temp = temp();
    occupied(temp.path());
    let entries = occupying();
    let plan = plan(temp.path(), &entries, Conflict::Replace).unwrap();
    assert_eq!(
        places(&plan, &entries),
        [
            "f",
            "new",
            "trip",
            "trip/old",
            "trip/new",
            "trip/sub",
            "trip/sub/old",
            "trip/sub/new",
            "trip/file (1)",
            "trip/file (1)/x",
            "trip/link (1)",
            "trip/link (1)/x",
            "leaf (1)",
            "d (1)"
        ]
    );
    assert!(plan.unwanted().is_empty());
    assert!(plan.notes().contains(&"“f” is there already and will be replaced.".to_owned()));
}

#[test]
fn save_as_names_one_thing_or_a_new_folder_for_several() {
    let temp = temp();
    fs::create_dir(temp.path().join("taken")).unwrap();
    fs::write(temp.path().join("file"), "").unwrap();
    let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    let outcome = |entries: &[Entry], name, conflict| {
        let plan = inbox.plan(entries, Some(name), conflict).unwrap();
        (places(&plan, entries), plan.notes().to_vec())
    };
    let one = [file("photo.jpg", 1)];
    assert_eq!(outcome(&one, "sea.jpg", Conflict::KeepBoth).0, ["sea.jpg"]);
    assert_eq!(outcome(&one, "file", Conflict::KeepBoth).0, ["file (1)"]);
    assert_eq!(outcome(&one, "file", Conflict::Skip).0, ["-"]);
    assert_eq!(outcome(&one, "file", Conflict::Replace).0, ["file"]);
    let tree = [folder("trip"), file("trip/a/b", 1)];
    assert_eq!(outcome(&tree, "sea", Conflict::KeepBoth).0, ["sea", "sea/a/b"]);
    assert_eq!(outcome(&tree, "taken", Conflict::KeepBoth).0, ["taken (1)", "taken (1)/a/b"]);
    assert_eq!(outcome(&tree, "taken", Conflict::Skip).0, ["taken", "taken/a/b"]);
    let several = [file("file", 1), file("d/x", 1)];
    assert_eq!(outcome(&several, "all", Conflict::KeepBoth).0, ["all/file", "all/d/x"]);
    let (places, notes) = outcome(&several, "taken", Conflict::KeepBoth);
    assert_eq!(places, ["taken (1)/file", "taken (1)/d/x"]);
    assert_eq!(notes, ["“taken” is there already: the new folder will be “taken (1)”."]);
    assert_eq!(outcome(&several, "taken", Conflict::Replace).0, ["taken/file", "taken/d/x"]);
    // A file in the way of the folder is left alone, and nothing is left out for it.
    for conflict in [Conflict::KeepBoth, Conflict::Skip, Conflict::Replace] {
        assert_eq!(outcome(&several, "file", conflict).0, ["file (1)/file", "file (1)/d/x"]);
    }
    assert_eq!(outcome(&one, ".airlift-x.part", Conflict::KeepBoth).0, ["_airlift-x.part"]);
    for bad in ["", ".", "..", "a/b", "/a", "a/", "a\0b"] {
        let refused = inbox.plan(&one, Some(bad), Conflict::KeepBoth);
        assert!(matches!(refused, Err(PlanError::BadName(_))), "{bad:?}");
    }
}

#[test]
fn a_new_folder_that_makes_a_path_too_long_is_refused_before_anything_is_received() {
    let temp = temp();
    let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    let long = ["x".repeat(200).as_str(); 20].join("/");
    assert!(long.len() < RelPath::MAX_LEN);
    let entries = [file(&long, 1), file("y", 1)];
    assert!(inbox.plan(&entries, None, Conflict::KeepBoth).is_ok());
    let refused = inbox.plan(&entries, Some(&"z".repeat(100)), Conflict::KeepBoth);
    assert!(matches!(refused, Err(PlanError::TooLong(_))));
    let deep = ["d"; RelPath::MAX_DEPTH].join("/");
    let entries = [file(&deep, 1), file("y", 1)];
    assert!(inbox.plan(&entries, None, Conflict::KeepBoth).is_ok());
    assert!(matches!(inbox.plan(&entries, Some("z"), Conflict::KeepBoth), Err(PlanError::TooLong(_))));
}

#[test]
fn names_that_are_one_to_this_folder_are_told_apart() {
    let temp = temp();
    let inbox = windows(temp.path());
    let entries = [
        file("README", 1),
        file("readme", 1),
        folder("A"),
        file("A/x", 1),
        folder("a"),
        file("a/x", 1),
        file("caf\u{e9}", 1),
        file("cafe\u{301}", 1),
        file("CON", 1),
        file("_con", 1),
        file("a:b", 1),
        file("a?b", 1),
        file("a_b", 1),
    ];
    let plan = inbox.plan(&entries, None, Conflict::KeepBoth).unwrap();
    assert_eq!(
        places(&plan, &entries),
        [
            "README",
            "readme (1)",
            "A",
            "A/x",
            "a (1)",
            "a (1)/x",
            "caf\u{e9}",
            "cafe\u{301} (1)",
            "_CON",
            "_con (1)",
            "a_b",
            "a_b (1)",
            "a_b (2)"
        ]
    );
    let notes = plan.notes();
    assert_eq!(notes[0], "“readme” would have the same name as another: it will be stored as “readme (1)”.");
    assert!(notes.contains(&"“CON” can't be a name here: it will be stored as “_CON”.".to_owned()));

    let exact = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
    if exact.traits.names.case == Case::Matters && exact.traits.names.characters == Characters::Any {
        let plan = exact.plan(&entries, None, Conflict::KeepBoth).unwrap();
        assert!(places(&plan, &entries).iter().eq(entries.iter().map(|entry| entry.path.as_str())));
        assert!(plan.notes().is_empty(), "{:?}", plan.notes());
    } else {
        super::skip("this disk does not tell all names apart");
    }
}

#[test]
fn what_would_deceive_or_hide_is_pointed_out() {
    let temp = temp();
    let entries = [file(".bashrc", 1), folder(".ssh"), file("d/.inner", 1), file("photo_\u{202e}gpj.exe", 1)];
    let plan = plan(temp.path(), &entries, Conflict::KeepBoth).unwrap();
    assert_eq!(
        plan.notes(),
        [
            "“.bashrc” will be hidden: its name starts with a dot.",
            "“.ssh” will be hidden: its name starts with a dot.",
            "“photo_\\u{202e}gpj.exe” has invisible characters in its name.",
        ]
    );
}

#[test]
fn a_peer_can_not_place_a_file_among_our_own() {
    let temp = temp();
    let entries = texts(&[".airlift-abababab-0.part", "d/.airlift-probe-1", ".airlift-x/in"]);
    let plan = plan(temp.path(), &entries, Conflict::KeepBoth).unwrap();
    assert_eq!(places(&plan, &entries), ["_airlift-abababab-0.part", "d/_airlift-probe-1", "_airlift-x/in"]);
}

#[test]
fn a_hundred_thousand_entries_are_planned_whatever_they_are_called() {
    let temp = temp();
    let inbox = windows(temp.path());
    let count: EntryNo = 100_000;
    let usual: Vec<_> = (0..count).map(|i| file(&format!("d{}/e/f{i}", i % 300), 1)).collect();
    let plan = inbox.plan(&usual, None, Conflict::KeepBoth).unwrap();
    assert_eq!((plan.needs(), plan.notes().len()), (count.into(), 0));
    // All of these are one name here: with a search from 1 for each, this would not end.
    let same: Vec<_> = (0..count)
        .map(|i| {
            let bits = (0..17).map(|bit| if i >> bit & 1 == 0 { ':' } else { '?' });
            file(&bits.collect::<String>(), 1)
        })
        .collect();
    let plan = inbox.plan(&same, None, Conflict::KeepBoth).unwrap();
    assert_eq!(plan.notes().len(), 21);
    let mut places = places(&plan, &same);
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), same.len());
    assert!(places.contains(&format!("{} ({})", "_".repeat(17), count - 1)));
    // As deep as can be, and each on its own way.
    let deep: Vec<_> =
        (0..1000).map(|i| file(&format!("{i}/{}", ["d"; RelPath::MAX_DEPTH - 1].join("/")), 1)).collect();
    inbox.plan(&deep, None, Conflict::KeepBoth).unwrap();
}

#[test]
fn p11_names_that_differ_only_where_they_are_cut_for_a_number_are_numbered_once() {
    let temp = temp();
    let inbox = windows(temp.path());
    let count = 10_000;
    let name = |first: char, i: u32| file(&format!("{first}{}{i:04x}", "x".repeat(250)), 1);
    // Each of the second half is one of the first here, and all are cut to the same for a number: with a
    // search from 1 for each, this would not end.
    let same: Vec<_> = (0..count).map(|i| name('x', i)).chain((0..count).map(|i| name('X', i))).collect();
    let plan = inbox.plan(&same, None, Conflict::KeepBoth).unwrap();
    let mut places = places(&plan, &same);
    assert!(places.iter().all(|place| place.len() <= 255));
    for place in &mut places {
        place.make_ascii_lowercase();
    }
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), same.len());
}

#[test]
fn p11_a_few_long_paths_that_imply_millions_of_folders_are_refused() {
    let temp = temp();
    let deep = |i: u32| file(&format!("{i}/{}", ["d"; RelPath::MAX_DEPTH - 1].join("/")), 1);
    let entries: Vec<_> = (0..4000).map(deep).collect();
    let refused = plan(temp.path(), &entries, Conflict::KeepBoth).unwrap_err();
    assert!(matches!(refused, PlanError::Absurd), "{refused}");
}

/// More than any disk of this system can hold.
#[cfg(target_os = "linux")]
const TOO_LARGE: u64 = 1 << 63;

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_a_disk_can_t_hold_has_not_failed_where_it_would_be_left_out_anyway() {
    let temp = temp();
    for name in ["film", "docs"] {
        fs::write(temp.path().join(name), "old").unwrap();
    }
    let entries = [file("film", TOO_LARGE), folder("docs"), file("docs/film", TOO_LARGE), file("more", 3)];
    let skip = plan(temp.path(), &entries, Conflict::Skip).unwrap();
    assert_eq!(places(&skip, &entries), ["-", "-", "-", "more"]);
    assert_eq!((skip.left_out().there, skip.left_out().below), (1, 1));
    assert!(skip.refused().entries.is_empty(), "{:?}", skip.refused());
    assert_eq!(skip.needs(), 3);
    let both = plan(temp.path(), &entries[..1], Conflict::KeepBoth).unwrap();
    assert_eq!(both.refused().entries, [0..1]);
    assert_eq!(both.left_out().total(), 0);
    assert_eq!(both.notes().len(), 1, "and nothing is said of a name for it: {:?}", both.notes());
    let other = [file("other", TOO_LARGE)];
    assert_eq!(plan(temp.path(), &other, Conflict::Skip).unwrap().refused().entries, [0..1]);
}
