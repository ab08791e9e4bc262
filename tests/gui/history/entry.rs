//! One entry closely, and what can be done with it.

use std::time::Duration;

use airlift::{
    engine::{
        Command, DeviceChange, Event, HistoryChange,
        history::{Became, Row},
    },
    model::{DeviceId, Digest, Direction, NotScanned, Rechecked, Recording, Screening, Side, Trust},
};
use egui::Key;
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, known, snapshot};

use super::told::{SIZE, Told, id, key, open_row, page, page_of, problem, row, rows};

#[test]
fn an_entry_is_shown_closely_with_all_that_is_known_of_it() {
    let mut failed = row(2, "film.mkv");
    failed.became = Became::Failed;
    failed.side = Some(Side::There);
    failed.why = Some("The disk is full.".to_owned());
    failed.digest = None;
    let mut marked = row(1, "setup.exe");
    marked.screening = Screening::NotScanned(NotScanned::TooLarge);
    let told = Told::new(vec![failed, marked]);
    for size in [SIZE, [640.0, 520.0]] {
        let mut bench = page_of(&told, snapshot(), size);
        bench.must_say("Not checked");
        open_row(&mut bench, "film.mkv");
        bench.must_say("Failed on the other device.");
        bench.must_say("The disk is full.");
        bench.press("Close the details");
        assert!(!bench.says("The disk is full."));
        open_row(&mut bench, "setup.exe");
        for said in [
            "4.21 MB (4,210,000 bytes)",
            "Not checked: too large for the virus scanner.",
            "2.10 MB/s",
            "/srv/inbox",
            "Anna",
        ] {
            bench.must_say(said);
        }
        bench.button("Copy the digest").unwrap().scroll_to_me();
        bench.window.run();
        bench.press("Copy the digest");
        bench.must_say(&format!("Copied {}", Digest([7; 32])));
        key(&mut bench, Key::Escape);
        assert!(bench.button("Copy the digest").is_none());
        assert_eq!(rows(&bench).len(), 2, "Escape closes one thing at a time");
        key(&mut bench, Key::Escape);
        assert!(bench.button("Receive").is_some());
    }
}

#[test]
fn the_file_is_opened_shown_and_made_ready_to_be_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.pdf");
    std::fs::write(&file, "x").unwrap();
    let mut report = row(1, "report.pdf");
    report.place = Some(file.clone());
    let mut bench = page(&Told::new(vec![report]));
    open_row(&mut bench, "report.pdf");
    bench.press("Open");
    bench.press("Show in folder");
    assert_eq!(*bench.desk.opened.borrow(), [("open", file.clone()), ("reveal", file.clone())]);
    bench.press("Send again…");
    bench.must_say("report.pdf");
    match bench.command() {
        Command::Measure { path, .. } => assert_eq!(path, file),
        other => panic!("{other:?}"),
    }
    let anna = DeviceId::of_public_key(b"Anna").to_string();
    assert_eq!(bench.line(), Some(anna));
}

#[test]
fn removing_is_asked_about_and_leaves_the_file() {
    let told = Told::new(vec![row(2, "a.txt"), row(1, "b.txt")]);
    let mut bench = page(&told);
    open_row(&mut bench, "a.txt");
    bench.press("Remove from history…");
    bench.must_say("The file itself stays where it is.");
    key(&mut bench, Key::Escape);
    assert!(bench.commands().is_empty());
    bench.press("Remove from history…");
    bench.press("Keep it");
    assert!(bench.commands().is_empty());
    bench.press("Remove from history…");
    bench.press("Remove");
    let Command::History { change, reply } = bench.command() else { panic!("another command") };
    assert_eq!(change, HistoryChange::Remove(vec![id(2)]));
    reply.send(Ok(1)).unwrap();
    bench.window.run();
    assert_eq!(rows(&bench), ["b.txt"]);
    assert!(bench.button("Close the details").is_none());
}

#[test]
fn clearing_is_asked_about_and_what_went_wrong_is_told() {
    let told = Told::new(vec![row(1, "a.txt")]);
    let mut bench = page(&told);
    bench.press("Clear the history");
    bench.must_say("All entries are removed for good");
    bench.press("Clear");
    let Command::History { change, reply } = bench.command() else { panic!("another command") };
    assert_eq!(change, HistoryChange::Clear);
    reply.send(Err(problem("The disk is full."))).unwrap();
    bench.window.run();
    bench.must_say("The disk is full.");
    assert_eq!(rows(&bench), ["a.txt"]);
    bench.press("Clear the history");
    bench.press("Clear");
    let Command::History { reply, .. } = bench.command() else { panic!("another command") };
    reply.send(Ok(0)).unwrap();
    bench.window.run();
    bench.must_say("The history is clear. The files are where they were.");
}

#[test]
fn a_device_that_is_known_can_be_left_out_from_now_on() {
    let told = Told::new(vec![row(1, "a.txt")]);
    let mut bench = page(&told);
    open_row(&mut bench, "a.txt");
    assert!(bench.button("Never record Anna").is_none(), "nothing is kept of a stranger");
    bench.publish(Event::Known(vec![known("Anna", Trust::Known)]));
    bench.button("Never record Anna").unwrap().scroll_to_me();
    bench.window.run();
    bench.press("Never record Anna");
    bench.must_say("What is recorded already stays until you remove it.");
    bench.press("Never record");
    match bench.command() {
        Command::Device { id, change: DeviceChange::Recording(Recording::Never) } => {
            assert_eq!(id, DeviceId::of_public_key(b"Anna"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn gone_files_are_shown_as_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut here = row(2, "here.txt");
    here.place = Some(folder.path().join("here.txt"));
    std::fs::write(here.place.as_ref().unwrap(), "x").unwrap();
    let mut gone = row(1, "gone.txt");
    gone.place = Some(folder.path().join("gone.txt"));
    let mut bench = page(&Told::new(vec![here, gone]));
    wait(&mut bench, |bench| bench.says("gone.txt, 4.21 MB · from Anna") && bench.says("Gone"));
    assert_eq!(bench.window.query_all_by_label("Gone").count(), 1);
    open_row(&mut bench, "gone.txt");
    assert!(bench.is_dead("Open"));
    bench.must_say("Arrived whole, and is not there any more.");
    assert!(!bench.says("the content is what was sent"));
    open_row(&mut bench, "here.txt");
    assert!(!bench.is_dead("Open"));
}

/// Lets the threads of the page do their work.
#[track_caller]
fn wait(bench: &mut Bench, until: impl Fn(&Bench) -> bool) {
    let end = std::time::Instant::now() + Duration::from_mins(1);
    while !until(bench) {
        assert!(std::time::Instant::now() < end, "waited too long");
        std::thread::park_timeout(Duration::from_millis(5));
        bench.window.step();
    }
}

/// A file that came while nobody could look into it, and that is there.
fn unseen() -> (tempfile::TempDir, Row) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("setup.exe");
    std::fs::write(&place, "x").unwrap();
    let screening = Screening::NotScanned(NotScanned::NoScanner);
    (folder, Row { place: Some(place), screening, ..row(1, "setup.exe") })
}

#[test]
fn what_came_while_nobody_could_look_into_it_can_be_checked_again() {
    for (answer, said, not_said) in [
        (Rechecked::Clean, ["Checked: nothing was found.", "Nothing was found."], "doesn’t answer"),
        (
            Rechecked::NotScanned(NotScanned::Busy),
            [
                "Not checked this time either: the virus scanner is busy.",
                "Not checked: the virus scanner is busy.",
            ],
            "doesn’t answer",
        ),
        (
            Rechecked::Caught("Eve\u{202e}il".to_owned()),
            ["A virus was found in it: it is in quarantine.", "Found: Eve\\u{202e}il"],
            "Saved in",
        ),
        (
            Rechecked::Stuck { found: "Evil".to_owned(), why: "The disk is read-only.".to_owned() },
            ["It stands where it stood, because", "A virus was found in it, and it can’t be moved away."],
            "released all the same",
        ),
        (Rechecked::Gone, ["Gone: it was moved, renamed or deleted.", "doesn’t answer"], "Nothing was found"),
    ] {
        let (_folder, row) = unseen();
        let mut bench = page(&Told::new(vec![row]));
        open_row(&mut bench, "setup.exe");
        bench.press("Check again");
        let Command::CheckAgain { rows, reply } = bench.command() else { panic!("another command") };
        assert_eq!(rows, [id(1)]);
        bench.must_say("Checking for viruses…");
        assert!(bench.button("Check again").is_none());
        reply.send(vec![(id(1), answer)]).unwrap();
        bench.window.run();
        for said in said {
            bench.must_say(said);
        }
        assert!(!bench.says(not_said), "{not_said}");
    }
}

#[test]
fn nothing_is_checked_any_further_once_that_is_stopped_or_the_details_are_closed() {
    for how in ["Stop checking", "Close the details"] {
        let (_folder, row) = unseen();
        let mut bench = page(&Told::new(vec![row]));
        open_row(&mut bench, "setup.exe");
        bench.press("Check again");
        let Command::CheckAgain { reply, .. } = bench.command() else { panic!("another command") };
        assert!(!reply.is_closed());
        bench.press(how);
        assert!(reply.is_closed(), "{how}");
    }
}

#[test]
fn what_was_looked_into_or_was_sent_is_not_offered_to_be_checked_again() {
    for (direction, screening) in [
        (Direction::Receive, Screening::Clean),
        (Direction::Receive, Screening::Off),
        (Direction::Send, Screening::NotScanned(NotScanned::Busy)),
    ] {
        let (_folder, row) = unseen();
        let mut bench = page(&Told::new(vec![Row { direction, screening, ..row }]));
        open_row(&mut bench, "setup.exe");
        bench.button("Open").unwrap();
        assert!(bench.button("Check again").is_none(), "{direction:?}");
    }
}

#[test]
fn what_was_deleted_from_quarantine_is_said_to_be_and_is_not_looked_for_there() {
    let why = Some("It was deleted from quarantine.".to_owned());
    let infected = Screening::Infected("Win.Test.Marker".to_owned());
    let deleted =
        Row { became: Became::Infected, screening: infected, place: None, why, ..row(1, "evil.exe") };
    let mut bench = page(&Told::new(vec![deleted]));
    open_row(&mut bench, "evil.exe");
    bench.must_say("A virus was found in it, and it was deleted.");
    assert!(bench.button("Show the quarantine").is_none());
}

#[test]
fn what_was_let_out_of_quarantine_can_t_be_moved_there_or_is_gone_is_said_to_be() {
    let infected = || Screening::Infected("Win.Test.Marker".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("evil.exe");
    std::fs::write(&place, "x").unwrap();
    let released = Row { screening: infected(), place: Some(place), ..row(1, "evil.exe") };
    let stuck = Row { why: Some("It stands there.".to_owned()), ..released.clone() };
    for (row, said) in [
        (released, "A virus was found in it, and it was released all the same."),
        (stuck, "A virus was found in it, and it can’t be moved away."),
    ] {
        let mut bench = page(&Told::new(vec![row]));
        open_row(&mut bench, "evil.exe");
        bench.must_say(said);
        assert!(!bench.says("Arrived, and the content is what was sent."));
    }
}
