//! The page of what is kept apart, and the card that says what is checked.

use std::time::{Duration, SystemTime};

use airlift::{
    engine::{Command, Event, QuarantineAnswer, Snapshot},
    model::{
        Caught, DeviceId, Digest, NotScanned, Problem, ProblemKind, QuarantineDeed, QuarantineDone,
        QuarantineId, QuarantineItem, QuarantinePlace, ScannerAddress, ScannerChoice, Screening, Side,
        Unscanned,
    },
};
use egui::{Key, Rect, accesskit::Role, pos2};
use egui_kittest::kittest::Queryable as _;
use tokio::sync::oneshot;

use crate::bench::{Bench, snapshot};

fn id(number: u8) -> QuarantineId {
    number.to_string().parse().unwrap()
}

fn item(number: u8, name: &str, why: Caught) -> QuarantineItem {
    QuarantineItem {
        id: id(number),
        name: name.to_owned(),
        folder: "/srv/inbox".into(),
        path: format!("Invoices/{name}"),
        size: 1_250_000,
        digest: Some(Digest([7; 32])),
        why: Some(why),
        since: SystemTime::now() - Duration::from_mins(1),
        from: Some(DeviceId::of_public_key(b"Anna")),
        from_name: "Anna’s laptop".to_owned(),
        place: QuarantinePlace::Here,
    }
}

fn infected(number: u8, name: &str) -> QuarantineItem {
    item(number, name, Caught::Infected("Test.Marker.UNOFFICIAL".to_owned()))
}

/// Answers the page’s question what there is.
#[track_caller]
fn list(bench: &mut Bench, items: Vec<QuarantineItem>) {
    let Command::ListQuarantine { reply } = bench.command() else { panic!("another command") };
    reply.send(Ok(items)).unwrap();
    bench.window.run();
}

/// The page, opened from the window’s bar.
fn page(items: Vec<QuarantineItem>) -> Bench {
    page_of(items, [1040.0, 760.0])
}

fn page_of(items: Vec<QuarantineItem>, size: [f32; 2]) -> Bench {
    let mut bench = Bench::with(Snapshot { quarantined: items.len() as u64, ..snapshot() }, size);
    if items.is_empty() {
        bench.press("History");
        bench.press("Quarantine");
    } else {
        bench.open_quarantine();
    }
    list(&mut bench, items);
    bench
}

#[track_caller]
fn asked(bench: &mut Bench) -> (QuarantineId, QuarantineDeed, oneshot::Sender<Vec<QuarantineAnswer>>) {
    match bench.command() {
        Command::Quarantine { mut items, deed, reply } => {
            assert_eq!(items.len(), 1);
            (items.remove(0), deed, reply)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_kept_apart_is_listed_with_what_was_found_who_sent_it_and_where_it_was_to_go() {
    let held = item(2, "backup.zip", Caught::Held(NotScanned::Locked));
    let bench = page(vec![infected(1, "invoice.exe"), held]);
    for said in [
        "invoice.exe",
        "Found: Test.Marker.UNOFFICIAL",
        "1.25 MB · from Anna’s laptop",
        "Meant for /srv/inbox/Invoices/invoice.exe",
        "Held until it can be checked for viruses: encrypted, so that nobody can look into it.",
    ] {
        bench.must_say(said);
    }
}

#[test]
fn releasing_warns_and_takes_a_second_press_in_another_place() {
    let mut bench = page(vec![infected(1, "invoice.exe")]);
    let first = bench.button("Release invoice.exe").unwrap().rect().center();
    bench.press("Release invoice.exe");
    bench.must_say("A virus was found in this file.");
    assert!(bench.commands().is_empty());
    let second = bench.button("Really release invoice.exe").unwrap().rect();
    assert!(!second.contains(first), "a double click releases nothing");
    bench.press("Keep invoice.exe in quarantine");
    assert!(bench.commands().is_empty());
    bench.press("Release invoice.exe");
    bench.press("Really release invoice.exe");
    let (of, deed, reply) = asked(&mut bench);
    assert_eq!((of, deed), (id(1), QuarantineDeed::Release));
    bench.must_say("One moment…");
    let done = QuarantineDone::Released { at: "/srv/inbox/invoice.exe".into(), screening: Screening::Off };
    reply.send(vec![(id(1), Ok(done))]).unwrap();
    bench.window.run();
    bench.must_say("invoice.exe is at /srv/inbox/invoice.exe now.");
    list(&mut bench, Vec::new());
    bench.must_say("Nothing is in quarantine.");
}

#[test]
fn deleting_takes_a_second_press_in_another_place() {
    let mut bench = page(vec![infected(1, "invoice.exe"), infected(2, "other.exe")]);
    let first = bench.button("Delete invoice.exe").unwrap().rect().center();
    bench.press("Delete invoice.exe");
    let second = bench.button("Really delete invoice.exe").unwrap().rect();
    assert!(!second.contains(first), "a double click deletes nothing");
    bench.press("Really delete invoice.exe");
    let (of, deed, reply) = asked(&mut bench);
    assert_eq!((of, deed), (id(1), QuarantineDeed::Delete));
    reply.send(vec![(id(1), Ok(QuarantineDone::Deleted))]).unwrap();
    bench.window.run();
    bench.must_say("invoice.exe is deleted.");
    list(&mut bench, vec![infected(2, "other.exe")]);
    assert!(bench.button("Delete invoice.exe").is_none());
    assert!(bench.button("Delete other.exe").is_some());
}

#[test]
fn what_is_checked_again_and_stays_says_why() {
    let mut bench = page(vec![item(1, "backup.zip", Caught::Held(NotScanned::Busy))]);
    for (stays, said) in [
        (Caught::Held(NotScanned::Starting), "backup.zip stays: the virus scanner is starting."),
        (Caught::Infected("Bad.Thing".to_owned()), "backup.zip stays: Bad.Thing was found in it."),
    ] {
        bench.press("Check again: backup.zip");
        let (_, deed, reply) = asked(&mut bench);
        assert_eq!(deed, QuarantineDeed::Rescan);
        reply.send(vec![(id(1), Ok(QuarantineDone::Stays(stays.clone())))]).unwrap();
        bench.window.run();
        bench.must_say(said);
        list(&mut bench, vec![item(1, "backup.zip", stays)]);
    }
    bench.press("Check again: backup.zip");
    let (_, _, reply) = asked(&mut bench);
    let text = "The disk is full.".to_owned();
    let problem = Problem { side: Side::Here, kind: ProblemKind::Files, text };
    reply.send(vec![(id(1), Err(problem))]).unwrap();
    bench.window.run();
    bench.must_say("The disk is full.");
}

#[test]
fn a_file_that_lands_there_is_told_of_and_leads_to_the_page() {
    let mut bench = Bench::new();
    assert!(bench.quarantine().is_none());
    bench.publish(Event::Quarantined(1));
    bench.must_say("A file is in quarantine: it was not let in.");
    bench.open_quarantine();
    list(&mut bench, vec![infected(1, "a.exe")]);
    // While it is open, it follows.
    bench.publish(Event::Quarantined(3));
    bench.must_say("2 more files are in quarantine");
    list(&mut bench, vec![infected(3, "c.exe"), infected(2, "b.exe"), infected(1, "a.exe")]);
    assert!(bench.button("Delete c.exe").is_some());
    bench.publish(Event::Quarantined(0));
    list(&mut bench, Vec::new());
    bench.window.key_press(Key::Escape);
    bench.window.run();
    assert!(bench.quarantine().is_none());
    assert!(bench.button("Receive").is_some());
}

#[test]
fn where_the_list_can_t_be_told_it_says_why_and_looks_again() {
    let mut bench = Bench::with(Snapshot { quarantined: 1, ..snapshot() }, [1040.0, 760.0]);
    bench.open_quarantine();
    let Command::ListQuarantine { reply } = bench.command() else { panic!("another command") };
    let text = "The quarantine can’t be read.".to_owned();
    reply.send(Err(Problem { side: Side::Here, kind: ProblemKind::Files, text })).unwrap();
    bench.window.run();
    bench.must_say("The quarantine can’t be read.");
    bench.press("Look again");
    list(&mut bench, vec![infected(1, "a.exe")]);
    assert!(!bench.says("The quarantine can’t be read."));
}

#[test]
fn what_lies_on_a_disk_that_is_away_can_t_be_touched() {
    let away = QuarantineItem { place: QuarantinePlace::Away, ..infected(1, "a.exe") };
    let bench = page(vec![away]);
    bench.must_say("The disk that it lies on is not here.");
    for button in ["Delete a.exe", "Check again: a.exe", "Release a.exe"] {
        assert!(bench.is_dead(button), "{button}");
    }
}

#[test]
fn however_long_or_odd_a_name_is_everything_stays_in_the_window() {
    for size in [[640.0, 520.0], [1280.0, 800.0]] {
        let window = Rect::from_min_max(pos2(0.0, 0.0), pos2(size[0], size[1]));
        for name in ["a".repeat(255), "漢".repeat(85), "\u{202e}gpj.exe".to_owned()] {
            let mut long = item(1, &name, Caught::Infected(name.clone()));
            long.from_name = name.repeat(2);
            let mut bench = page_of(vec![long], size);
            for button in ["Delete", "Check again:", "Release"] {
                let shown = airlift::model::text::visible(&name).into_owned();
                let place = bench.button(&format!("{button} {shown}")).expect(button).rect();
                assert!(window.contains_rect(place), "{button} at {place:?}");
            }
            assert!(!bench.says("\u{202e}"), "nothing hides");
            assert!(bench.next_frame_in() > Duration::from_hours(1));
        }
    }
}

#[test]
fn what_is_checked_and_what_is_done_with_the_rest_is_chosen_in_a_card() {
    let mut bench = page(Vec::new());
    bench.press("When files are checked for viruses");
    let choose = |bench: &mut Bench, name: &str| {
        bench.window.get_by_role_and_label(Role::RadioButton, name).click();
        bench.window.run();
    };
    choose(&mut bench, "Hold");
    bench.press("Save");
    let Command::Apply(settings) = bench.command() else { panic!("another command") };
    assert_eq!((settings.scanner, settings.when_unscanned), (ScannerChoice::Automatic, Unscanned::Hold));

    bench.press("When files are checked for viruses");
    choose(&mut bench, "Another");
    bench.type_into("Socket or address of the scanner", "nowhere");
    bench.press("Save");
    assert!(bench.commands().is_empty());
    bench.must_say("Type the whole path of the scanner’s socket");
    bench.type_into("Socket or address of the scanner", "127.0.0.1:3310");
    bench.press("Save");
    let Command::Apply(settings) = bench.command() else { panic!("another command") };
    let there = ScannerChoice::At(ScannerAddress::Tcp("127.0.0.1:3310".parse().unwrap()));
    assert_eq!(settings.scanner, there);

    bench.press("When files are checked for viruses");
    choose(&mut bench, "Off");
    assert!(!bench.says("Files that could not be checked"));
    bench.press("Save");
    let Command::Apply(settings) = bench.command() else { panic!("another command") };
    assert_eq!(settings.scanner, ScannerChoice::Off);
    assert!(bench.button("Save").is_none());
    bench.must_say("Nothing is in quarantine.");
}

#[test]
fn of_several_that_are_seen_to_at_once_each_waits_for_its_own_end_and_what_gets_no_answer_says_so() {
    let mut bench = page(vec![infected(1, "a.exe"), infected(2, "b.exe")]);
    let delete = |bench: &mut Bench, name: &str| {
        bench.press(&format!("Delete {name}"));
        bench.press(&format!("Really delete {name}"));
        asked(bench)
    };
    let (_, _, first) = delete(&mut bench, "a.exe");
    let (_, _, second) = delete(&mut bench, "b.exe");
    drop(first);
    bench.window.run();
    bench.must_say("Airlift could not see to a.exe. Try again in a moment.");
    assert!(bench.button("Delete a.exe").is_some() && bench.button("Delete b.exe").is_none());
    bench.must_say("One moment…");
    // What is gone from the list by then is told by its name.
    list(&mut bench, vec![infected(1, "a.exe")]);
    second.send(vec![(id(2), Ok(QuarantineDone::Deleted))]).unwrap();
    bench.window.run();
    bench.must_say("b.exe is deleted.");
}
