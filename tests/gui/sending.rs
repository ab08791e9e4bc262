//! The Send panel.

use airlift::{
    engine::{Command, Event},
    gui::{Pick, Picked},
    model::{Problem, ProblemKind, Side, Source, Target, Text},
};
use egui::Key;
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, LINE, file, nearby, snapshot, summary};

#[test]
fn what_was_chosen_is_sent_to_the_address_that_was_typed() {
    let mut bench = Bench::new();
    bench
        .desk
        .answers
        .borrow_mut()
        .push_back(Picked::Chosen(vec!["/a/clip.mp4".into(), "/a/b c.txt".into()]));
    bench.press("Choose files");
    assert_eq!(*bench.desk.asked.borrow(), [Pick::Files]);
    bench.must_say("2 things, counting…");
    bench.measured(&summary(vec![file("x", 1_500_000)]));
    bench.must_say("clip.mp4");
    bench.must_say("1.50 MB");
    bench.must_say("2 files, 3.00 MB");
    bench.type_into(LINE, "laptop.local:7000");
    bench.press("Send to laptop.local:7000");
    let Command::Send { to, sources, .. } = bench.command() else { panic!() };
    assert_eq!(to, "laptop.local:7000".parse().unwrap());
    assert_eq!(sources, [Source::Path("/a/clip.mp4".into()), Source::Path("/a/b c.txt".into())]);
    // The tray stays until somebody is done with it, and the address too.
    bench.must_say("Remove clip.mp4");
    assert_eq!(bench.line().as_deref(), Some("laptop.local:7000"));
    bench.press("Done");
    assert!(!bench.says("clip.mp4"));
}

#[test]
fn folders_are_chosen_by_a_dialog_of_their_own() {
    let mut bench = Bench::new();
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(vec!["/a/trip".into()]));
    bench.press("Choose folder");
    assert_eq!(*bench.desk.asked.borrow(), [Pick::Folders]);
    bench.must_say("trip");
    // More can be added once something is there.
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(vec!["/a/other".into()]));
    bench.press("Choose folder");
    bench.must_say("other");
}

#[test]
fn a_cancelled_dialog_changes_nothing() {
    let mut bench = Bench::new();
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(Vec::new()));
    bench.press("Choose files");
    assert!(!bench.says("no file dialog"));
    assert!(bench.commands().is_empty());
}

#[test]
fn where_there_is_no_dialog_a_path_can_be_typed_and_the_window_says_so() {
    let mut bench = Bench::new();
    bench.desk.answers.borrow_mut().push_back(Picked::NoDialog);
    bench.press("Choose files");
    bench.must_say("This desktop has no file dialog.");
    bench.type_into("Path of a file or folder", "photo.jpg");
    bench.window.key_press(Key::Enter);
    bench.window.run();
    bench.must_say("Type the whole path");
    bench.type_into("Path of a file or folder", "/a/photo.jpg");
    bench.window.key_press(Key::Enter);
    bench.window.run();
    bench.must_say("Remove photo.jpg");
    assert!(!bench.says("Type the whole path"));
    let Command::Measure { path, .. } = bench.command() else { panic!() };
    assert_eq!(path.to_str(), Some("/a/photo.jpg"));
    // The keyboard stays in the field for the next one.
    bench.window.get_by_label("Path of a file or folder").type_text("/a/second.jpg");
    bench.window.run();
    bench.window.key_press(Key::Enter);
    bench.window.run();
    bench.must_say("Remove second.jpg");
}

#[test]
fn a_path_can_be_typed_without_asking_for_a_dialog_first() {
    let mut bench = Bench::new();
    bench.press("Type a path");
    bench.type_into("Path of a file or folder", "/a/b");
    bench.press("Add");
    bench.must_say("Remove b");
    bench.press("Close the path field");
    assert!(!bench.says("Path of a file or folder"));
}

#[test]
fn a_dialog_that_does_not_answer_is_not_waited_for_alone() {
    let mut bench = Bench::new();
    bench.press("Choose files");
    assert!(bench.is_dead("Choose files"));
    bench.wait(11.0);
    bench.must_say("No dialog to be seen?");
    // Offered once, not pressed on anyone.
    bench.press("Close the path field");
    bench.wait(1.0);
    assert!(!bench.says("No dialog to be seen?"));
    // The answer still counts when it comes.
    let reply = bench.desk.open.borrow_mut().pop().unwrap();
    reply.send(Picked::Chosen(vec!["/late.txt".into()]));
    bench.window.run();
    bench.must_say("late.txt");
}

#[test]
fn files_dropped_on_the_window_are_added_once() {
    let mut bench = Bench::new();
    bench.drop_files(&["/a/b.txt", "/a/写真"]);
    bench.drop_files(&["/a/b.txt"]);
    bench.must_say("2 things, counting…");
    bench.must_say("Remove 写真");
}

#[test]
fn the_zone_lights_up_while_something_is_dragged_over_the_window() {
    let mut bench = Bench::new();
    bench.must_say("Drop files here, or paste");
    bench.window.input_mut().hovered_files.push(egui::HoveredFile::default());
    bench.window.step();
    bench.must_say("Let go here, or on a device");
}

#[test]
fn each_chosen_thing_can_be_taken_out_again() {
    let mut bench = Bench::new();
    bench.drop_files(&["/a/one", "/a/two"]);
    bench.press("Remove one");
    assert!(!bench.says("Remove one"));
    bench.must_say("Remove two");
    bench.press("Remove two");
    // And added anew.
    bench.drop_files(&["/a/one"]);
    bench.must_say("Remove one");
}

#[test]
fn what_cannot_be_read_says_so_in_its_row_and_holds_the_sending() {
    let mut bench = Bench::new();
    bench.type_into(LINE, "laptop");
    bench.drop_files(&["/a/gone"]);
    let Command::Measure { reply, .. } = bench.command() else { panic!() };
    let text = "It can’t be read: it does not exist.".to_owned();
    reply.send(Err(Problem { side: Side::Here, kind: ProblemKind::Files, text })).unwrap();
    bench.window.run();
    bench.must_say("It can’t be read");
    bench.press("Send to laptop");
    bench.must_say("Take out what can’t be sent");
    assert!(bench.commands().is_empty());
    bench.press("Remove gone");
}

#[test]
fn an_engine_that_does_not_count_does_not_hold_the_sending() {
    let mut bench = Bench::new();
    bench.type_into(LINE, "laptop");
    bench.drop_files(&["/a/b"]);
    drop(bench.commands());
    bench.window.run();
    bench.must_say("size unknown");
    assert!(bench.button("Send to laptop").is_some());
}

#[test]
fn many_things_are_counted_a_few_at_a_time() {
    let mut bench = Bench::new();
    let names: Vec<String> = (0..300).map(|i| format!("/a/{i}")).collect();
    bench.drop_files(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut counted = 0;
    while counted < 300 {
        bench.window.run();
        let commands = bench.commands();
        assert!((1..=16).contains(&commands.len()), "{}", commands.len());
        for command in commands {
            let Command::Measure { reply, .. } = command else { panic!() };
            reply.send(Ok(summary(vec![file("x", 10)]))).unwrap();
            counted += 1;
        }
    }
    bench.window.run();
    bench.must_say("300 files, 3.00 kB");
}

#[test]
fn what_is_typed_is_understood_or_it_is_said_why_not() {
    let mut bench = Bench::new();
    bench.drop_files(&["/a/b"]);
    bench.type_into(LINE, "airlift://nobody");
    bench.must_say("This is not an Airlift link.");
    bench.type_into(LINE, "host:99999");
    bench.must_say("“99999” is not a port.");
    assert!(bench.button("Send to host:99999").is_none());
    bench.type_into(LINE, "::1");
    assert!(!bench.is_dead("Send to ::1"));
}

#[test]
fn enter_in_the_address_sends() {
    let mut bench = Bench::new();
    bench.drop_files(&["/a/b"]);
    drop(bench.commands());
    bench.type_into(LINE, "laptop");
    bench.window.key_press(Key::Enter);
    bench.window.run();
    assert!(matches!(bench.command(), Command::Send { .. }));
    bench.press("Done");
    bench.type_into(LINE, "laptop");
    bench.window.key_press(Key::Enter);
    bench.window.run();
    assert!(bench.commands().is_empty(), "there is nothing to send");
    bench.must_say("Choose something to send first.");
}

#[test]
fn the_last_addresses_are_offered() {
    let mut snapshot = snapshot();
    snapshot.settings.recent = vec!["studio.local".to_owned(), "10.0.0.9:7".to_owned()];
    let mut bench = Bench::with(snapshot.clone(), [1040.0, 720.0]);
    bench.press("Recent addresses");
    bench.press("10.0.0.9:7");
    assert_eq!(bench.line().as_deref(), Some("10.0.0.9:7"));
    snapshot.settings.remember("new.local");
    bench.publish(Event::Settings(Box::new(snapshot.settings)));
    bench.press("Recent addresses");
    bench.press("new.local");
    assert_eq!(bench.line().as_deref(), Some("new.local"));
}

#[test]
fn what_is_pasted_is_a_tile_and_enter_sends_it_to_the_device_that_was_used_last() {
    let mut bench = Bench::new();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7)]));
    bench.window.event(egui::Event::Paste("https://example.org/a b".to_owned()));
    bench.window.run();
    bench.must_say("Remove “https://example.org/a b”");
    bench.window.key_press(Key::Enter);
    bench.window.run();
    let Command::Send { to, sources, .. } = bench.command() else { panic!() };
    assert_eq!(to, Target::Device(nearby("Anna", 7).id));
    assert_eq!(sources, [Source::Text(Text::parse(b"https://example.org/a b").unwrap())]);
    // Files that were copied count instead of the text that stands for them.
    *bench.desk.copied.borrow_mut() = vec!["/a/photo.jpg".into()];
    bench.window.event(egui::Event::Paste("/a/photo.jpg".to_owned()));
    bench.window.run();
    bench.must_say("Remove photo.jpg");
    assert!(!bench.says("example.org"), "what has gone makes room");
}

#[test]
fn files_alone_are_pasted_though_ctrl_is_up_first_and_a_letter_is_no_paste() {
    let key = |pressed| egui::Event::Key {
        key: Key::V,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    };
    let mut bench = Bench::new();
    *bench.desk.copied.borrow_mut() = vec!["/a/photo.jpg".into()];
    for pressed in [true, false] {
        bench.window.event(key(pressed));
        bench.window.run();
    }
    assert!(!bench.says("Remove photo.jpg"));
    // Of Ctrl+V only this is heard, where there is neither a text nor a picture.
    bench.window.event(key(false));
    bench.window.run();
    bench.must_say("Remove photo.jpg");
}

#[test]
fn what_is_pasted_into_a_field_stays_there_and_a_text_can_be_typed() {
    let mut bench = Bench::new();
    bench.type_into(LINE, "lap");
    bench.window.event(egui::Event::Paste("top".to_owned()));
    bench.window.run();
    assert!(!bench.says("Remove “top”"));
    bench.press("Type a text");
    bench.window.get_by_label("Text to send").type_text("Room 4, code 7731");
    bench.window.run();
    bench.press("Add text");
    bench.must_say("Remove “Room 4, code 7731”");
}

#[test]
fn what_was_cleared_can_be_brought_back() {
    let mut bench = Bench::new();
    bench.drop_files(&["/a/one", "/a/two"]);
    bench.press("Clear");
    assert!(!bench.says("Remove one"));
    bench.press("Undo clear");
    bench.must_say("Remove one");
    bench.must_say("Remove two");
}

#[test]
fn nothing_is_lost_when_the_engine_is_gone() {
    let mut bench = Bench::new();
    bench.type_into(LINE, "laptop");
    bench.drop_files(&["/a/b"]);
    bench.engine.commands.close();
    drop(bench.commands());
    bench.press("Send to laptop");
    bench.must_say("Airlift’s engine has stopped.");
    bench.must_say("Remove b");
}
