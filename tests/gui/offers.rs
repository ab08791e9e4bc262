//! Incoming offers: their cards, and the dialog that shows what is in one.

use std::time::Duration;

use airlift::{
    engine::{Command, Event},
    model::{
        Answer, Direction, Landing, Medium, Outcome, Purpose, Report, Shortfall, Side, Skipped, Transfer,
        TransferState, Trust,
    },
};
use egui::{Key, accesskit::Role};
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, ended, file, known, peer, transfer};

pub fn offer(number: u8, name: &str) -> Transfer {
    transfer(number, Direction::Receive, vec![file(name, 4_210_000)], TransferState::Waiting)
}

/// Lets the moment pass in which a new card can't be pressed.
pub fn ripen(bench: &mut Bench) {
    bench.wait(0.5);
}

/// Presses a button of the card of what is called so.
#[track_caller]
pub fn on_card(bench: &mut Bench, button: &str, title: &str) {
    let name = card_button(button, title);
    bench.press(&name);
}

pub fn card_button(button: &str, title: &str) -> String {
    let tail = if button == "Choose…" { ", and where to" } else { "" };
    let of = if button == "Choose…" { "what of " } else { "" };
    format!("{button}: {of}{title} from Pixel 9{tail}")
}

/// Opens the dialog, and lets its first moment pass.
#[track_caller]
pub fn look_into(bench: &mut Bench, title: &str) {
    ripen(bench);
    on_card(bench, "Choose…", title);
    ripen(bench);
}

pub fn answer(bench: &mut Bench) -> (u8, Answer) {
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
    assert!(!bench.says("192.168.1.57"), "that is for who asks for it");
    look_into(&mut bench, "a.jpg and 8 more");
    bench.press("Details of its device");
    bench.must_say("It calls itself");
    bench.must_say("192.168.1.57:50123");
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
        bench.transfer(&offer);
        bench.must_say("Pixel 9 wants to try how fast it can send to you");
        bench.must_say("A speed test of 1.00 GB. Nothing is kept.");
        assert_eq!(bench.says("into /srv/inbox"), folder, "it is named where it is written to");
        assert_eq!(bench.says("only 10 B are free"), folder);
        assert!(!bench.says("invoice"), "what it is called is of no use");
        assert!(!bench.says("Choose…"));
        ripen(&mut bench);
        on_card(&mut bench, "Accept", "Speed test");
        assert_eq!(answer(&mut bench), (1, Answer::Accept(Landing::default())));
        let report = Report {
            files: 1,
            bytes: 1_000_000_000,
            took: Duration::from_secs(10),
            ..Report::of(Outcome::Complete)
        };
        bench.transfer(&Transfer { state: TransferState::Finished(Box::new(report)), ..offer });
        bench.must_say("Speed test");
        assert!(bench.button("Open: Speed test").is_none());
    }
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
    on_card(&mut bench, "Choose…", "a.jpg");
    bench.must_say("5.00 GB free");
    ripen(&mut bench);
    offer.free = Some(4_000_000_000);
    bench.transfer(&offer);
    bench.must_say("4.00 GB free");
    bench.press("Accept");
    assert_eq!(answer(&mut bench).0, 1);
}

#[test]
fn nothing_in_a_dialog_that_was_just_opened_can_be_pressed() {
    let mut bench = Bench::new();
    bench.publish(Event::Known(vec![known("Pixel 9", Trust::Known)]));
    bench.transfer(&Transfer { already: 1, ..offer(1, "a.jpg") });
    ripen(&mut bench);
    bench.button(&card_button("Choose…", "a.jpg")).unwrap().click();
    bench.window.run_steps(2);
    for choice in ["Keep both", "Always accept"] {
        assert!(bench.is_dead_choice(choice), "{choice}");
    }
    assert!(bench.is_dead("Accept") && bench.is_dead("Decline"));
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
    assert!(!bench.says("What is offered"), "nothing stands in the way");
    ripen(&mut bench);
    on_card(&mut bench, "Accept", "a.jpg");
    assert_eq!(answer(&mut bench), (1, Answer::Accept(Landing::default())));
    assert!(!bench.says("wants to send"));
    // The engine's own word changes nothing more.
    bench.transfer(&Transfer { state: TransferState::Active, ..offer(1, "a.jpg") });
    assert!(!bench.says("wants to send"));
}

#[test]
fn declining_needs_no_reason() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    ripen(&mut bench);
    on_card(&mut bench, "Decline", "a.jpg");
    assert_eq!(answer(&mut bench), (1, Answer::Decline(None)));
}

#[test]
fn a_card_cannot_be_pressed_in_the_moment_it_appears() {
    let mut bench = Bench::new();
    bench.engine.publisher.publish(airlift::engine::Event::Transfer(Box::new(offer(1, "a.jpg"))));
    bench.window.run_steps(2);
    let accept = card_button("Accept", "a.jpg");
    assert!(bench.is_dead(&accept));
    bench.button(&accept).unwrap().click();
    bench.window.step();
    assert!(bench.commands().is_empty());
    ripen(&mut bench);
    assert!(!bench.is_dead(&accept));
}

#[test]
fn what_was_being_typed_answers_no_card_and_goes_on() {
    let mut bench = Bench::new();
    bench.press("More");
    bench.press("Settings");
    bench.type_into("Name", "lap");
    bench.transfer(&offer(1, "a.jpg"));
    bench.must_say("Pixel 9 wants to send you a.jpg");
    ripen(&mut bench);
    bench.window.get_by_role_and_label(Role::TextInput, "Name").type_text("top");
    bench.window.key_press(Key::Space);
    bench.window.run();
    assert!(bench.commands().is_empty());
    assert!(
        bench.window.get_by_role_and_label(Role::TextInput, "Name").value().unwrap().starts_with("laptop")
    );
}

#[test]
fn every_offer_has_its_card_and_what_moves_under_the_pointer_is_inert() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "first.jpg"));
    bench.transfer(&offer(2, "second.jpg"));
    bench.must_say("send you first.jpg");
    bench.must_say("send you second.jpg");
    ripen(&mut bench);
    // What comes below moves nothing above it.
    bench.transfer(&offer(3, "third.jpg"));
    assert!(!bench.is_dead(&card_button("Accept", "first.jpg")));
    bench.button(&card_button("Accept", "first.jpg")).unwrap().click();
    bench.window.step();
    bench.window.step();
    assert!(!bench.says("send you first.jpg"));
    assert!(bench.is_dead(&card_button("Accept", "second.jpg")));
    ripen(&mut bench);
    on_card(&mut bench, "Decline", "second.jpg");
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
fn escape_closes_the_dialog_and_answers_nothing() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    look_into(&mut bench, "a.jpg");
    bench.window.key_press(Key::Escape);
    bench.window.run();
    assert!(bench.button("Accept").is_none());
    assert!(bench.commands().is_empty());
    ripen(&mut bench);
    on_card(&mut bench, "Accept", "a.jpg");
    assert_eq!(answer(&mut bench).0, 1);
}

#[test]
fn an_offer_that_is_taken_back_leaves_no_card_and_its_dialog_standing_but_dead() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    let gone = |number, name| {
        let state = ended(Outcome::Cancelled { by: Side::There });
        Transfer { state, ..offer(number, name) }
    };
    bench.transfer(&gone(1, "a.jpg"));
    assert!(!bench.says("wants to send you a.jpg"));
    bench.transfer(&offer(2, "b.jpg"));
    look_into(&mut bench, "b.jpg");
    bench.transfer(&gone(2, "b.jpg"));
    bench.must_say("send you b.jpg");
    bench.must_say("Cancelled by the other device.");
    assert!(bench.is_dead("Accept"));
    bench.press("Close");
    assert!(!bench.says("wants to send you b.jpg"));
}

#[test]
fn an_offer_that_is_told_anew_keeps_what_was_typed_and_can_still_be_answered() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    look_into(&mut bench, "a.jpg");
    bench.type_into("Name", "mine.jpg");
    bench.transfer(&Transfer {
        free: Some(7),
        short: Some(Shortfall { needed: 9, free: 7 }),
        ..offer(1, "a.jpg")
    });
    bench.must_say("There may not be enough room");
    ripen(&mut bench);
    bench.press("Accept");
    let (_, Answer::Accept(landing)) = answer(&mut bench) else { panic!() };
    assert_eq!(landing.name.as_deref(), Some("mine.jpg"));
}

#[test]
fn where_the_cards_are_out_of_sight_a_strip_leads_to_them() {
    for (size, page) in [([1040.0, 720.0], Some("Devices")), ([360.0, 480.0], None)] {
        let mut bench = Bench::with(crate::bench::snapshot(), size);
        if let Some(page) = page {
            bench.press(page);
        }
        bench.transfer(&offer(1, "a.jpg"));
        ripen(&mut bench);
        assert!(bench.button(&card_button("Accept", "a.jpg")).is_none());
        bench.press("Pixel 9 wants to send you a.jpg");
        ripen(&mut bench);
        on_card(&mut bench, "Accept", "a.jpg");
        assert_eq!(answer(&mut bench).0, 1);
    }
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
    bench.show_offers();
    bench.button_like("Choose…").click();
    bench.window.run();
    ripen(&mut bench);
    for name in ["Decline", "Accept", "Answer later"] {
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
        "4.21 MB are needed, and 1.00 kB are free. Choose another folder or fewer files; or accept, and what fits arrives",
    );
}

#[test]
fn an_offer_that_waited_before_the_window_opened_is_asked_too() {
    let mut snapshot = crate::bench::snapshot();
    snapshot.transfers.push(offer(1, "a.jpg"));
    let bench = Bench::with(snapshot, [1040.0, 720.0]);
    bench.must_say("send you a.jpg");
}
