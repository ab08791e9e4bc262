//! What is chosen of an offer: which of its files, where they go, and what becomes of names.

use airlift::{
    gui::{Pick, Picked},
    model::{
        Access, Answer, Conflict, Direction, Entry, EntryKind, FileMode, Landing, Listing, RelPath,
        Shortfall, TopItem, Transfer, TransferState,
    },
};
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;

use crate::{
    bench::{Bench, file, transfer},
    offers::{answer, look_into, offer, on_card, ripen},
};

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
