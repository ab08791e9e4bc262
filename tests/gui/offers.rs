//! Incoming offers: their cards, and the dialog that shows what is in one.

use std::time::Duration;

use airlift::{
    engine::{Command, Event},
    gui::{Pick, Picked},
    model::{
        Access, Answer, Conflict, Direction, Entry, EntryKind, FileMode, Landing, Listing, Medium, Outcome,
        Purpose, RelPath, Report, Shortfall, Side, Skipped, TopItem, Transfer, TransferState, Trust,
    },
};
use egui::{Key, accesskit::Role};
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, ended, file, known, peer, transfer};

fn offer(number: u8, name: &str) -> Transfer {
    transfer(number, Direction::Receive, vec![file(name, 4_210_000)], TransferState::Waiting)
}

/// Lets the moment pass in which a new card can't be pressed.
fn ripen(bench: &mut Bench) {
    bench.wait(0.5);
}

/// Presses a button of the card of what is called so.
#[track_caller]
fn on_card(bench: &mut Bench, button: &str, title: &str) {
    let name = card_button(button, title);
    bench.press(&name);
}

fn card_button(button: &str, title: &str) -> String {
    let tail = if button == "Choose…" { ", and where to" } else { "" };
    let of = if button == "Choose…" { "what of " } else { "" };
    format!("{button}: {of}{title} from Pixel 9{tail}")
}

/// Opens the dialog, and lets its first moment pass.
#[track_caller]
fn look_into(bench: &mut Bench, title: &str) {
    ripen(bench);
    on_card(bench, "Choose…", title);
    ripen(bench);
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
        bench.must_say("312 of 400 files are here already. Only the rest comes.");
        look_into(&mut bench, "trip");
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
    look_into(&mut bench, "trip");
    bench.must_say("stored as “b (1)”");
    assert!(!bench.says("trip (1)"), "only what is missing is chosen");
    for (choice, said) in [
        ("Keep both", "stored as “trip (1)”"),
        ("Skip", "What has a name that is taken doesn’t come."),
        ("Replace", "takes the place of what is there."),
        ("Only missing", "stored as “b (1)”"),
    ] {
        bench.window.get_by_role_and_label(Role::RadioButton, choice).click();
        bench.window.run();
        let all = ["stored as “trip (1)”", "stored as “b (1)”", "doesn’t come.", "takes the place"];
        bench.must_say(said);
        let others = all.iter().filter(|other| !said.contains(**other)).find(|other| bench.says(other));
        assert_eq!(others, None, "{choice}");
    }
    // In another folder, nobody has looked.
    bench.type_into("Folder", "/srv/elsewhere");
    assert!(!bench.says("stored as"));
    bench.must_say("What is there and the same is not sent.");
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
fn what_is_here_already_can_be_completed_under_another_name_too() {
    let mut bench = Bench::new();
    let mut offer = offer(1, "a.jpg");
    offer.already = 1;
    bench.transfer(&offer);
    bench.must_say("This file is here already.");
    look_into(&mut bench, "a.jpg");
    bench.window.get_by_role_and_label(Role::RadioButton, "Only missing");
    bench.press("Accept");
    let landing = Landing { conflict: Conflict::Complete, ..Landing::default() };
    assert_eq!(answer(&mut bench), (1, Answer::Accept(landing)));
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
fn save_as_takes_another_name_folder_and_rule() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    look_into(&mut bench, "a.jpg");
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
fn what_was_looked_into_and_not_changed_goes_to_the_usual_place() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    look_into(&mut bench, "a.jpg");
    bench.press("Accept");
    assert_eq!(answer(&mut bench), (1, Answer::Accept(Landing::default())));
}

#[test]
fn what_was_chosen_holds_for_the_card_too_and_the_card_says_so() {
    let mut bench = Bench::new();
    bench.transfer(&offer(1, "a.jpg"));
    look_into(&mut bench, "a.jpg");
    bench.type_into("Folder", "/srv/typed");
    bench.press("Answer later");
    bench.must_say("into /srv/typed");
    ripen(&mut bench);
    on_card(&mut bench, "Accept", "a.jpg");
    let landing = Landing { folder: Some("/srv/typed".into()), ..Landing::default() };
    assert_eq!(answer(&mut bench), (1, Answer::Accept(landing)));
}

#[test]
fn several_things_get_a_new_folder_and_not_a_name() {
    let mut bench = Bench::new();
    let several = transfer(1, Direction::Receive, vec![file("a", 1), file("b", 2)], TransferState::Waiting);
    bench.transfer(&several);
    look_into(&mut bench, "a and 1 more");
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
    look_into(&mut bench, "a.jpg");
    bench.desk.answers.borrow_mut().push_back(Picked::NoDialog);
    bench.press("Change… the folder");
    bench.must_say("Type or paste the folder’s path.");
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

fn listed(number: u8, paths: &[&str]) -> Transfer {
    let entry = |path: &&str| {
        let (path, kind) = match path.strip_suffix('/') {
            Some(folder) => (folder, EntryKind::Folder),
            None => (*path, EntryKind::File { size: Some(1_000_000), mode: FileMode::Regular }),
        };
        let path = RelPath::parse(path).unwrap();
        Entry { path, kind, access: Access::Shared, modified: None, holes: 0 }
    };
    let list = Listing::from(paths.iter().map(entry).collect::<Vec<_>>());
    let mut offer = transfer(number, Direction::Receive, Vec::new(), TransferState::Waiting);
    list.iter().for_each(|entry| offer.summary.add(entry));
    Transfer { list: Some(list), ..offer }
}

#[test]
fn what_is_in_an_offer_opens_as_a_tree_and_parts_of_it_are_left_out() {
    let mut bench = Bench::new();
    bench.transfer(&listed(1, &["trip/", "trip/a.jpg", "trip/deep/", "trip/deep/b.jpg", "c\u{202e}.txt"]));
    look_into(&mut bench, "trip and 1 more");
    bench.must_say("c\\u{202e}.txt");
    assert!(bench.window.query_by_role_and_label(Role::CheckBox, "a.jpg").is_none());
    bench.press("Open trip");
    bench.press("Open deep");
    bench.window.get_by_role_and_label(Role::CheckBox, "b.jpg").click();
    bench.window.run();
    bench.must_say("2 of 3 files, 2.00 MB");
    bench.press("Close deep");
    bench.press("Answer later");
    bench.must_say("2 of 3 files, 2.00 MB");
    ripen(&mut bench);
    on_card(&mut bench, "Accept", "trip and 1 more");
    let without = [2, 3].into_iter().collect();
    assert_eq!(answer(&mut bench), (1, Answer::Accept(Landing { without, ..Landing::default() })));
}

#[test]
fn of_nothing_nobody_can_say_yes() {
    let mut bench = Bench::new();
    bench.transfer(&listed(1, &["a", "b"]));
    look_into(&mut bench, "a and 1 more");
    bench.press("Tick none");
    bench.must_say("Nothing is ticked.");
    assert!(bench.is_dead("Accept"));
    bench.press("Tick all");
    bench.press("Accept");
    assert_eq!(answer(&mut bench), (1, Answer::Accept(Landing::default())));
}

#[test]
fn of_a_hundred_thousand_things_those_that_are_seen_are_painted_and_any_is_found() {
    let mut bench = Bench::new();
    let names: Vec<String> = (0..100_000).map(|no| format!("folder {}/file {no}.bin", no % 100)).collect();
    bench.transfer(&listed(1, &names.iter().map(String::as_str).collect::<Vec<_>>()));
    ripen(&mut bench);
    on_card(&mut bench, "Choose…", "100,000 files");
    ripen(&mut bench);
    bench.wait(1.0);
    bench.press("Open folder 0");
    assert!(bench.window.query_all_by_role(Role::CheckBox).count() < 40);
    bench.type_into("Find in what is offered", "FILE 99999.");
    bench.wait(1.0);
    bench.must_say("file 99999.bin");
    bench.press("Tick none found");
    bench.must_say("99,999 of 100,000 files");
    bench.press("Accept");
    let (_, Answer::Accept(landing)) = answer(&mut bench) else { panic!() };
    assert!(landing.without.has(99_999) && !landing.without.has(99_998));
}

#[test]
fn fewer_files_or_another_folder_make_room() {
    let mut bench = Bench::new();
    let short = Some(Shortfall { needed: 3_000_000, free: 2_200_000 });
    bench.transfer(&Transfer { free: Some(2_200_000), short, ..listed(1, &["a", "b", "c"]) });
    bench.must_say("There may not be enough room: 3.00 MB are needed, and 2.20 MB are free.");
    look_into(&mut bench, "a and 2 more");
    bench.window.get_by_role_and_label(Role::CheckBox, "a").click();
    bench.window.run();
    assert!(!bench.says("enough room"));
    bench.press("Tick all");
    bench.must_say("enough room");
    bench.type_into("Folder", "/srv/large");
    assert!(!bench.says("enough room"), "nobody knows of that one");
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
