//! The card of an incoming offer.

use std::time::Duration;

use airlift::{
    engine::{Command, Event},
    gui::{Pick, Picked},
    model::{
        Agreement, Answer, CompareCode, Conflict, Direction, EntryKind, Landing, Medium, Meeting, Outcome,
        Purpose, Report, Shortfall, Side, Skipped, TopItem, Transfer, TransferState, Trust,
    },
};
use egui::{Key, accesskit::Role};
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, LINE, ended, file, known, peer, transfer};

fn offer(number: u8, name: &str) -> Transfer {
    transfer(number, Direction::Receive, vec![file(name, 4_210_000)], TransferState::Waiting)
}

/// Lets the moment pass in which a new card can't be pressed.
fn ripen(bench: &mut Bench) {
    bench.wait(0.5);
}

fn answer(bench: &mut Bench) -> (u8, Answer) {
    match bench.command() {
        Command::Answer { id, answer } => (id.0[0], answer),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_card_says_who_what_how_much_and_where_to() {
    let mut bench = Bench::new();
    let mut offer = transfer(
        1,
        Direction::Receive,
        vec![file("a.jpg", 4_000_000), file("evil\u{202e}gpj.exe", 10)],
        TransferState::Waiting,
    );
    offer.summary.more = 7;
    offer.summary.skipped = Skipped { links: 1, unreadable: 2, ..Skipped::default() };
    offer.notes = vec!["2 names were changed.".to_owned()];
    bench.transfer(&offer);
    bench.must_say("Pixel 9 wants to send you 9 things");
    bench.must_say("From 192.168.1.57:50123. The name is what it calls itself.");
    bench.must_say(&peer("Pixel 9").id.unwrap().to_string());
    bench.must_say("a.jpg");
    bench.must_say("4.00 MB");
    bench.must_say("evil\\u{202e}gpj.exe");
    bench.must_say("and 7 more");
    bench.must_say("2 files, 4.00 MB. Left out there: ");
    bench.must_say("1 link");
    bench.must_say("/srv/inbox");
    bench.must_say("2 names were changed.");
    assert!(!bench.says("\u{202e}"));
}

#[test]
fn a_speed_test_says_that_nothing_is_kept_and_asks_for_no_name() {
    for (medium, folder) in [(Medium::Memory, false), (Medium::Disk, true)] {
        let mut bench = Bench::new();
        let mut offer =
            transfer(1, Direction::Receive, vec![file("invoice.pdf", 1_000_000_000)], TransferState::Waiting);
        offer.summary.purpose = Purpose::Trial(medium);
        offer.free = Some(10);
        let before = bench.window.query_all_by_label("/srv/inbox").count();
        bench.transfer(&offer);
        bench.must_say("Pixel 9 wants to try how fast it can send to you");
        bench.must_say("A speed test of 1.00 GB. Nothing is kept.");
        let now = bench.window.query_all_by_label("/srv/inbox").count();
        assert_eq!(now, before + usize::from(folder), "it is named where it is written to");
        assert_eq!(bench.says("only 10 B are free"), folder);
        assert!(!bench.says("invoice"), "what it is called is of no use");
        assert!(bench.button("Save as…").is_none());
        ripen(&mut bench);
        bench.press("Accept");
        assert_eq!(answer(&mut bench), (1, Answer::Accept(Landing::default())));
        let report = Report {
            files: 1,
            bytes: 1_000_000_000,
            took: Duration::from_secs(10),
            ..Report::of(Outcome::Complete)
        };
        bench.transfer(&Transfer { state: TransferState::Finished(Box::new(report)), ..offer });
        bench.must_say("Speed test");
        bench.must_say("from Pixel 9");
        bench.must_say("1.00 GB in 10 s · 100 MB/s");
        assert!(bench.button("Open: Speed test").is_none());
    }
}

#[test]
fn of_what_is_here_already_only_the_rest_is_wanted_unless_the_person_says_otherwise() {
    for (chosen, conflict) in
        [(None, Conflict::Complete), (Some("Keep both"), Conflict::KeepBoth), (Some("Skip"), Conflict::Skip)]
    {
        let mut bench = Bench::new();
        let folder = TopItem { name: "trip".to_owned(), kind: EntryKind::Folder };
        let mut offer = transfer(1, Direction::Receive, vec![folder], TransferState::Waiting);
        offer.summary.files = 400;
        offer.already = 312;
        bench.transfer(&offer);
        bench.must_say("312 of 400 files are here already.");
        ripen(&mut bench);
        if let Some(chosen) = chosen {
            bench.window.get_by_role_and_label(Role::RadioButton, chosen).click();
            bench.window.run();
        }
        bench.press("Accept");
        let landing = Landing { conflict, ..Landing::default() };
        assert_eq!(answer(&mut bench), (1, Answer::Accept(landing)));
    }
}

#[test]
fn no_note_speaks_of_a_name_that_what_is_chosen_does_not_lead_to() {
    let mut bench = Bench::new();
    let folder = TopItem { name: "trip".to_owned(), kind: EntryKind::Folder };
    let mut offer = transfer(1, Direction::Receive, vec![folder], TransferState::Waiting);
    offer.summary.files = 400;
    offer.already = 312;
    offer.notes = vec!["“trip” is there already: it will be stored as “trip (1)”.".to_owned()];
    offer.completing = Some(vec!["“trip/b” is there already: it will be stored as “b (1)”.".to_owned()]);
    bench.transfer(&offer);
    bench.must_say("stored as “b (1)”");
    assert!(!bench.says("trip (1)"), "only what is missing is chosen");
    ripen(&mut bench);
    bench.window.get_by_role_and_label(Role::RadioButton, "Keep both").click();
    bench.window.run();
    bench.must_say("stored as “trip (1)”");
    assert!(!bench.says("stored as “b (1)”"));
}

#[test]
fn what_is_free_is_told_anew_and_the_card_can_be_pressed_all_the_while() {
    let mut bench = Bench::new();
    let mut offer = offer(1, "a.jpg");
    bench.transfer(&offer);
    bench.must_say("212 GB free");
    ripen(&mut bench);
    offer.free = Some(5_000_000_000);
    bench.transfer(&offer);
    bench.must_say("5.00 GB free");
    bench.press("Accept");
    assert_eq!(answer(&mut bench).0, 1);
}

#[test]
fn what_is_here_already_can_be_completed_under_another_name_too() {
    let mut bench = Bench::new();
    let mut offer = offer(1, "a.jpg");
    offer.already = 1;
    bench.transfer(&offer);
    bench.must_say("This file is here already.");
    ripen(&mut bench);
    bench.press("Save as…");
    ripen(&mut bench);
    bench.window.get_by_role_and_label(Role::RadioButton, "Only missing");
    bench.press("Accept");
    let landing = Landing { conflict: Conflict::Complete, ..Landing::default() };
    assert_eq!(answer(&mut bench), (1, Answer::Accept(landing)));
}

#[test]
fn no_choice_on_a_card_that_just_appeared_can_be_made() {
    let mut bench = Bench::new();
    bench.publish(Event::Known(vec![known("Pixel 9", Trust::Known)]));
    bench.transfer(&Transfer { already: 1, ..offer(1, "a.jpg") });
    for choice in ["Keep both", "Always accept"] {
        assert!(bench.is_dead_choice(choice), "{choice}");
    }
    ripen(&mut bench);
    for choice in ["Keep both", "Always accept"] {
        assert!(!bench.is_dead_choice(choice), "{choice}");
    }
}

#[test]
fn of_what_is_new_nothing_is_said_or_asked() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    assert!(!bench.says("here already"));
    assert!(bench.window.query_by_role_and_label(Role::RadioButton, "Only missing").is_none());
}

#[test]
fn accepting_stores_it_in_the_usual_place() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    bench.must_say("Pixel 9 wants to send you a.jpg");
    ripen(&mut bench);
    bench.press("Accept");
    assert_eq!(answer(&mut bench), (1, Answer::Accept(Landing::default())));
    assert!(bench.button("Accept").is_none());
    // The engine's own word changes nothing more.
    bench.transfer(&Transfer { state: TransferState::Active, ..offer(1, "a.jpg") });
    assert!(bench.button("Accept").is_none());
}

#[test]
fn declining_needs_no_reason() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    ripen(&mut bench);
    bench.press("Decline");
    assert_eq!(answer(&mut bench), (1, Answer::Decline(None)));
}

#[test]
fn save_as_takes_another_name_folder_and_rule() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    ripen(&mut bench);
    bench.press("Save as…");
    ripen(&mut bench);
    assert_eq!(bench.window.get_by_label("Name").value().as_deref(), Some("a.jpg"));
    bench.type_into("Name", "b/c.jpg");
    bench.must_say("A name can’t hold “/”.");
    assert!(bench.is_dead("Accept"));
    bench.type_into("Name", "c.jpg");
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(vec!["/srv/photos".into()]));
    bench.press("Change… the folder");
    assert_eq!(*bench.desk.asked.borrow(), [Pick::Destination("/srv/inbox".into())]);
    bench.window.get_by_role_and_label(Role::RadioButton, "Replace").click();
    bench.window.run();
    bench.press("Accept");
    let landing = Landing {
        folder: Some("/srv/photos".into()),
        name: Some("c.jpg".to_owned()),
        conflict: Conflict::Replace,
        ..Landing::default()
    };
    assert_eq!(answer(&mut bench), (1, Answer::Accept(landing)));
}

#[test]
fn save_as_without_changes_is_the_usual_place_and_back_forgets_them() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    ripen(&mut bench);
    bench.press("Save as…");
    ripen(&mut bench);
    bench.type_into("Name", "other");
    bench.press("Back");
    ripen(&mut bench);
    bench.press("Save as…");
    ripen(&mut bench);
    assert_eq!(bench.window.get_by_label("Name").value().as_deref(), Some("a.jpg"));
    bench.press("Accept");
    assert_eq!(answer(&mut bench), (1, Answer::Accept(Landing::default())));
}

#[test]
fn several_things_get_a_new_folder_and_not_a_name() {
    let mut bench = Bench::new();
    let several = transfer(1, Direction::Receive, vec![file("a", 1), file("b", 2)], TransferState::Waiting);
    bench.transfer(&several);
    ripen(&mut bench);
    bench.press("Save as…");
    ripen(&mut bench);
    assert_eq!(bench.window.get_by_label("New folder").value().as_deref().unwrap_or_default(), "");
    bench.type_into("New folder", "trip");
    bench.type_into("Folder", "/srv/typed");
    bench.press("Accept");
    let landing =
        Landing { folder: Some("/srv/typed".into()), name: Some("trip".to_owned()), ..Landing::default() };
    assert_eq!(answer(&mut bench), (1, Answer::Accept(landing)));
}

#[test]
fn where_there_is_no_dialog_the_card_says_that_the_folder_can_be_typed() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    ripen(&mut bench);
    bench.press("Save as…");
    ripen(&mut bench);
    bench.desk.answers.borrow_mut().push_back(Picked::NoDialog);
    bench.press("Change… the folder");
    bench.must_say("Type or paste the folder’s path.");
}

#[test]
fn a_card_cannot_be_pressed_in_the_moment_it_appears() {
    let mut bench = Bench::new();
    bench.engine.publisher.publish(airlift::engine::Event::Transfer(Box::new(offer(1, "a.jpg"))));
    bench.window.run_steps(2);
    assert!(bench.is_dead("Accept"));
    bench.button("Accept").unwrap().click();
    bench.window.step();
    assert!(bench.commands().is_empty());
    ripen(&mut bench);
    assert!(!bench.is_dead("Accept"));
}

#[test]
fn what_was_being_typed_does_not_answer_the_card() {
    let mut bench = Bench::new();
    bench.drop_files(&["/a/b"]);
    drop(bench.commands());
    bench.type_into(LINE, "laptop");
    bench.transfer(&offer(1, "a.jpg"));
    ripen(&mut bench);
    bench.window.key_press(Key::Enter);
    bench.window.key_press(Key::Space);
    bench.window.run();
    assert!(bench.commands().is_empty());
    assert!(bench.button("Accept").is_some());
}

#[test]
fn two_offers_are_asked_one_after_the_other_and_the_second_is_inert_at_first() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "first.jpg"));
    bench.transfer(&offer(2, "second.jpg"));
    bench.must_say("1 of 2 offers");
    bench.must_say("send you first.jpg");
    assert!(!bench.says("send you second.jpg"));
    ripen(&mut bench);
    bench.window.get_by_role_and_label(Role::Button, "Accept").click();
    bench.window.step();
    bench.window.step();
    bench.must_say("send you second.jpg");
    assert!(bench.is_dead("Accept"));
    ripen(&mut bench);
    bench.press("Decline");
    let answers: Vec<u8> = bench
        .commands()
        .iter()
        .map(|c| match c {
            Command::Answer { id, .. } => id.0[0],
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(answers, [1, 2]);
}

#[test]
fn escape_puts_the_card_aside_without_an_answer_and_it_can_be_called_back() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    ripen(&mut bench);
    bench.window.key_press(Key::Escape);
    bench.window.run();
    assert!(bench.button("Accept").is_none());
    assert!(bench.commands().is_empty());
    bench.press("Answer: a.jpg");
    ripen(&mut bench);
    bench.press("Accept");
    assert_eq!(answer(&mut bench).0, 1);
}

#[test]
fn an_offer_that_is_taken_back_leaves_its_card_standing_but_dead_and_without_its_code() {
    let mut bench = Bench::new();
    let meeting = Some(Meeting { code: CompareCode::new(690_126), here: Agreement::Asked });
    let first = Transfer { meeting, ..offer(1, "a.jpg") };
    bench.transfer(&first);
    ripen(&mut bench);
    bench.must_say("690 126");
    let gone = Transfer { state: ended(Outcome::Cancelled { by: Side::There }), ..first };
    bench.transfer(&gone);
    bench.must_say("send you a.jpg");
    bench.must_say("Cancelled by the other device.");
    assert!(bench.is_dead("Accept"));
    assert!(!bench.says("690 126"), "nobody must compare it with that of another offer");
    // An offer that can be answered is in front of it at once, and can't be pressed by mistake.
    bench.transfer(&offer(2, "b.jpg"));
    bench.must_say("send you b.jpg");
    assert!(!bench.says("send you a.jpg") && bench.is_dead("Accept"));
    ripen(&mut bench);
    bench.press("Accept");
    assert_eq!(answer(&mut bench).0, 2);
}

#[test]
fn an_offer_that_is_taken_back_while_another_waits_gives_way_to_it() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    bench.transfer(&offer(2, "b.jpg"));
    ripen(&mut bench);
    bench.transfer(&Transfer { state: ended(Outcome::Cancelled { by: Side::There }), ..offer(1, "a.jpg") });
    bench.must_say("send you b.jpg");
    assert!(!bench.says("send you a.jpg") && bench.is_dead("Accept"));
}

#[test]
fn an_offer_that_is_told_anew_keeps_what_was_typed_and_can_still_be_answered() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    ripen(&mut bench);
    bench.press("Save as…");
    ripen(&mut bench);
    bench.type_into("Name", "mine.jpg");
    bench.transfer(&Transfer { notes: vec!["A note.".to_owned()], ..offer(1, "a.jpg") });
    bench.must_say("A note.");
    ripen(&mut bench);
    bench.press("Accept");
    let (_, Answer::Accept(landing)) = answer(&mut bench) else { panic!() };
    assert_eq!(landing.name.as_deref(), Some("mine.jpg"));
}

#[test]
fn however_long_the_names_are_the_buttons_stay_in_the_window() {
    let mut bench = Bench::with(crate::bench::snapshot(), [640.0, 520.0]);
    let long = "写".repeat(255);
    let top = (0..100).map(|_| file(&long, u64::MAX / 200)).collect();
    let mut offer = transfer(1, Direction::Receive, top, TransferState::Waiting);
    offer.peer = peer(&"名".repeat(64));
    offer.folder = Some(format!("/{long}/{long}").into());
    offer.notes = vec![long.clone(); 5];
    bench.transfer(&offer);
    ripen(&mut bench);
    bench.press("Save as…");
    ripen(&mut bench);
    for name in ["Decline", "Back", "Accept", "Answer later"] {
        let place = bench.button(name).unwrap().rect();
        let window = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(640.0, 520.0));
        assert!(window.contains_rect(place), "{name}: {place:?}");
    }
}

#[test]
fn an_offer_that_does_not_seem_to_fit_says_so_and_may_be_accepted() {
    let mut bench = Bench::new();
    let short = Some(Shortfall { needed: 4_210_000, free: 1000 });
    bench.transfer(&Transfer { free: Some(1000), short, ..offer(1, "a.jpg") });
    bench.must_say(
        "4.21 MB are needed, and 1.00 kB are free. After a yes, what fits arrives, and the rest waits",
    );
}

#[test]
fn an_offer_that_waited_before_the_window_opened_is_asked_too() {
    let mut snapshot = crate::bench::snapshot();
    snapshot.transfers.push(offer(1, "a.jpg"));
    let bench = Bench::with(snapshot, [1040.0, 720.0]);
    bench.must_say("send you a.jpg");
}
