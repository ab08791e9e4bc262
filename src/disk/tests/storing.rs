//! Names at the moment they are given: races, replacements and large groups.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Barrier},
    thread,
};

use super::{ID, add, begin, digest, file, folder, listing, store, store_one, temp, write};
use crate::{
    disk::{Inbox, Intake, OffLimits, Watch},
    model::{Conflict, Entry, Leaf, TransferId},
};

#[test]
fn two_transfers_of_one_name_both_end_whole() {
    let temp = temp();
    let entries = [file("f.txt", 3), folder("d"), file("d/x", 3)];
    let plan = || {
        let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
        let plan = inbox.plan(&entries, None, Conflict::KeepBoth).unwrap();
        (inbox, plan)
    };
    let (first, second) = (plan(), plan());
    let begin = |(inbox, plan), id| {
        Intake::begin(inbox, entries.to_vec(), plan, TransferId([id; 16]), Watch::nobody()).unwrap()
    };
    let (first, second) = (begin(first, 1), begin(second, 2));
    for (no, content) in [(0, "one"), (2, "one")] {
        store_one(&first, no, content.as_bytes()).unwrap();
    }
    for (no, path) in [(0, "f (1).txt"), (2, "d (1)/x")] {
        assert_eq!(store_one(&second, no, b"two").unwrap().path.as_str(), path);
    }
    assert!(first.finish().notes.is_empty());
    let finished = second.finish();
    assert_eq!(
        finished.notes,
        [
            "“d” was taken meanwhile: stored as “d (1)”.",
            "“f.txt” was taken meanwhile: stored as “f (1).txt”."
        ]
    );
    assert_eq!(second.saved(), [temp.path().join("f (1).txt"), temp.path().join("d (1)")]);
    assert_eq!(
        listing(temp.path()),
        ["d/", "d/x=one", "d (1)/", "d (1)/x=two", "f (1).txt=two", "f.txt=one"]
    );
}

#[test]
fn once_a_transfer_is_given_up_nothing_more_of_it_gets_a_name_though_it_is_whole() {
    let temp = temp();
    let entries = [file("a", 1), file("d/b", 1), file("c", 1)];
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    store_one(&intake, 2, b"c").unwrap();
    let group = vec![write(&intake, 0, b"a").unwrap(), write(&intake, 1, b"b").unwrap()];
    intake.abandon();
    assert!(store(&intake, group).is_empty());
    drop(intake);
    assert_eq!(listing(temp.path()), ["c=c"]);
}

#[test]
fn a_name_taken_after_the_plan_gets_the_next_number_and_not_a_second_one() {
    let temp = temp();
    fs::write(temp.path().join("f.txt"), "old").unwrap();
    let entries = [file("f.txt", 3)];
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    fs::write(temp.path().join("f (1).txt"), "meanwhile").unwrap();
    assert_eq!(store_one(&intake, 0, b"new").unwrap().path.as_str(), "f (2).txt");
}

#[test]
fn a_folder_for_several_things_gets_the_next_number_too() {
    let temp = temp();
    fs::create_dir(temp.path().join("all")).unwrap();
    let entries = [file("a", 1), file("b", 1)];
    let plan = || {
        let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
        let plan = inbox.plan(&entries, Some("all"), Conflict::KeepBoth).unwrap();
        (inbox, plan)
    };
    for ((inbox, plan), path) in [plan(), plan()].into_iter().zip(["all (1)/a", "all (2)/a"]) {
        let intake = Intake::begin(inbox, entries.to_vec(), plan, ID, Watch::nobody()).unwrap();
        assert_eq!(store_one(&intake, 0, b"a").unwrap().path.as_str(), path);
    }
}

#[test]
fn transfers_of_one_id_at_once_may_fail_and_never_store_another_s_content() {
    const THREADS: u8 = 4;
    let temp = temp();
    let start = Arc::new(Barrier::new(THREADS.into()));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (start, folder) = (Arc::clone(&start), temp.path().to_owned());
            thread::spawn(move || {
                start.wait();
                let mut stored = Vec::new();
                for round in 0..50 {
                    let inbox = Inbox::open(&folder, &OffLimits::default()).unwrap();
                    let entries = [file("same", 2)];
                    let plan = inbox.plan(&entries, None, Conflict::KeepBoth).unwrap();
                    let intake = Intake::begin(inbox, entries.to_vec(), plan, ID, Watch::nobody()).unwrap();
                    let content = [thread, round];
                    if let Ok(file) = store_one(&intake, 0, &content) {
                        stored.push((file.path.as_str().to_owned(), content));
                    }
                }
                stored
            })
        })
        .collect();
    let stored: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert!(!stored.is_empty());
    for (path, content) in &stored {
        assert_eq!(fs::read(temp.path().join(path)).unwrap(), content, "{path}");
    }
}

#[test]
fn many_threads_that_want_one_name_lose_nothing() {
    const THREADS: u8 = 8;
    const EACH: u8 = 20;
    let temp = temp();
    let start = Arc::new(Barrier::new(THREADS.into()));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (start, folder) = (Arc::clone(&start), temp.path().to_owned());
            thread::spawn(move || {
                start.wait();
                (0..EACH)
                    .map(|round| {
                        let inbox = Inbox::open(&folder, &OffLimits::default()).unwrap();
                        let entries = [file("same", 2), file("dir/in", 2)];
                        let plan = inbox.plan(&entries, None, Conflict::KeepBoth).unwrap();
                        let id = TransferId([thread + 1; 16]);
                        let intake =
                            Intake::begin(inbox, entries.to_vec(), plan, id, Watch::nobody()).unwrap();
                        let content = [thread, round];
                        let stored = store_one(&intake, 0, &content).unwrap();
                        store_one(&intake, 1, &content).unwrap();
                        assert!(intake.finish().problems.is_empty());
                        (stored.path.as_str().to_owned(), content)
                    })
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let stored: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    for (path, content) in &stored {
        assert_eq!(fs::read(temp.path().join(path)).unwrap(), content);
    }
    let names: BTreeSet<_> = stored.iter().map(|(path, _)| path).collect();
    assert_eq!(names.len(), usize::from(THREADS) * usize::from(EACH));
    let dirs = listing(temp.path()).iter().filter(|line| line.contains("/in=")).count();
    assert_eq!(dirs, names.len());
}

#[test]
fn replacing_takes_effect_only_when_the_new_file_is_whole() {
    let temp = temp();
    fs::create_dir(temp.path().join("trip")).unwrap();
    fs::write(temp.path().join("trip/f"), "old").unwrap();
    let entries = [folder("trip"), file("trip/f", 3), file("trip/g", 3)];
    let intake = begin(temp.path(), &entries, Conflict::Replace);
    let partial = intake.create(1).unwrap();
    add(&partial, &mut Leaf::first(), b"ne").unwrap();
    assert_eq!(fs::read(temp.path().join("trip/f")).unwrap(), b"old");
    drop(partial);
    let verified = write(&intake, 1, b"new").unwrap();
    assert_eq!(fs::read(temp.path().join("trip/f")).unwrap(), b"old");
    let stored = store(&intake, vec![verified]).remove(0).1.unwrap();
    assert_eq!((stored.path.as_str(), stored.digest, stored.size), ("trip/f", digest(b"new"), 3));
    store_one(&intake, 2, b"new").unwrap();
    assert_eq!(listing(temp.path()), ["trip/", "trip/f=new", "trip/g=new"]);
}

#[test]
fn replacing_never_replaces_a_file_that_came_after_the_plan() {
    let temp = temp();
    fs::write(temp.path().join("told"), "old").unwrap();
    let entries = super::texts(&["told", "untold"]);
    let intake = begin(temp.path(), &entries, Conflict::Replace);
    fs::write(temp.path().join("untold"), "mine").unwrap();
    super::receive(&intake, &entries);
    assert_eq!(listing(temp.path()), ["told=told", "untold=mine", "untold (1)=untold"]);
}

#[cfg(unix)]
#[test]
fn replacing_never_replaces_what_is_no_file_even_if_it_came_after_the_plan() {
    use super::{receive, texts};
    let temp = temp();
    fs::write(temp.path().join("precious"), "precious").unwrap();
    let entries = texts(&["link", "dir", "numbered"]);
    fs::create_dir(temp.path().join("numbered")).unwrap();
    let intake = begin(temp.path(), &entries, Conflict::Replace);
    std::os::unix::fs::symlink("precious", temp.path().join("link")).unwrap();
    fs::create_dir(temp.path().join("dir")).unwrap();
    // Planned as a new name, so a file that takes it is nobody's to replace.
    fs::write(temp.path().join("numbered (1)"), "mine").unwrap();
    let stored = receive(&intake, &entries);
    let paths: Vec<_> = stored.iter().map(|stored| stored.path.as_str()).collect();
    assert_eq!(paths, ["link (1)", "dir (1)", "numbered (2)"]);
    assert_eq!(
        listing(temp.path()),
        [
            "dir/",
            "dir (1)=dir",
            "link=<link>",
            "link (1)=link",
            "numbered/",
            "numbered (1)=mine",
            "numbered (2)=numbered",
            "precious=precious"
        ]
    );
}

fn many(files: usize, folders: usize) -> Vec<Entry> {
    (0..files)
        .map(|i| format!("top/d{}/f{i}", i % folders))
        .map(|path| file(&path, path.len() as u64))
        .collect()
}

#[test]
fn a_group_of_a_thousand_is_stored_whole_and_holds_few_handles() {
    let temp = temp();
    let entries = many(1000, 300);
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    let group: Vec<_> = (0..)
        .zip(&entries)
        .map(|(no, entry)| write(&intake, no, entry.path.as_str().as_bytes()).unwrap())
        .collect();
    #[cfg(target_os = "linux")]
    assert!(open_below(temp.path()) <= 70, "{}", open_below(temp.path()));
    assert!(
        listing(temp.path()).iter().all(|line| line.contains(".part=") || line.ends_with('/')),
        "nothing has its name yet"
    );
    let stored = store(&intake, group);
    assert_eq!(stored.len(), 1000);
    for (no, stored) in stored {
        let stored = stored.unwrap();
        assert_eq!(stored.path, entries[no as usize].path);
        assert_eq!(stored.digest, digest(stored.path.as_str().as_bytes()));
    }
    let found = super::tree(temp.path());
    assert_eq!(found.len(), 1000 + 300 + 1);
    assert!(
        entries
            .iter()
            .all(|entry| found[entry.path.as_str().as_ref() as &std::path::Path] == entry.path.as_str())
    );
    assert!(store(&intake, Vec::new()).is_empty());
}

/// How many handles of this process are of something below a folder.
#[cfg(target_os = "linux")]
fn open_below(folder: &std::path::Path) -> usize {
    let open = fs::read_dir("/proc/self/fd").unwrap();
    open.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok()).filter(|path| path.starts_with(folder)).count()
}

#[test]
fn large_files_are_stored_in_groups_too_and_hold_few_handles() {
    let temp = temp();
    let content = vec![5; (1 << 20) + 1];
    let entries: Vec<_> = (0..40).map(|i| file(&format!("f{i}"), content.len() as u64)).collect();
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    let group: Vec<_> = (0..40).map(|no| write(&intake, no, &content).unwrap()).collect();
    #[cfg(target_os = "linux")]
    assert!(open_below(temp.path()) <= 20, "{}", open_below(temp.path()));
    for (no, stored) in store(&intake, group) {
        assert_eq!(stored.unwrap().path.as_str(), format!("f{no}"));
        assert_eq!(fs::read(temp.path().join(format!("f{no}"))).unwrap(), content);
    }
}

#[test]
fn one_thread_writes_while_another_stores() {
    let temp = temp();
    let entries = many(600, 40);
    let intake = begin(temp.path(), &entries, Conflict::KeepBoth);
    let (ready, verified) = std::sync::mpsc::sync_channel(50);
    thread::scope(|scope| {
        let intake = &intake;
        scope.spawn(move || {
            let mut stored = 0;
            while let Ok(first) = verified.recv() {
                let group = std::iter::once(first).chain(verified.try_iter()).collect();
                stored += store(intake, group).into_iter().filter(|(_, stored)| stored.is_ok()).count();
            }
            assert_eq!(stored, 600);
        });
        for (no, entry) in (0..).zip(&entries) {
            ready.send(write(intake, no, entry.path.as_str().as_bytes()).unwrap()).unwrap();
        }
        drop(ready);
    });
    assert_eq!(super::tree(temp.path()).len(), 600 + 40 + 1);
}
