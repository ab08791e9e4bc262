//! The page of settings: everything in one place, kept as soon as it is chosen.

use airlift::{
    engine::{AcceptRule, Command, Event, GoOn, QuietHours, Settings, Theme, Visibility},
    gui::{Pick, Picked},
    model::{ByteRate, Conflict, DeviceName, Problem, ProblemKind, Side},
};
use egui::{Key, accesskit::Role};
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, INBOX, snapshot};

const TALL: [f32; 2] = [1040.0, 1500.0];

/// A window with the page open.
fn open() -> Bench {
    // All of it is in sight.
    open_with(snapshot(), TALL)
}

fn open_with(snapshot: airlift::engine::Snapshot, size: [f32; 2]) -> Bench {
    let mut bench = Bench::with(snapshot, size);
    bench.settings();
    bench
}

fn choose(bench: &mut Bench, word: &str) {
    bench.window.get_by_role_and_label(Role::RadioButton, word).click();
    bench.window.run();
}

fn enter(bench: &mut Bench, field: &str, text: &str) {
    bench.type_into(field, text);
    bench.window.key_press(Key::Enter);
    bench.window.run();
}

fn kept(bench: &mut Bench) -> Settings {
    match bench.command() {
        Command::Apply(settings) => settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_choice_is_kept_the_moment_it_is_made_and_changes_nothing_else() {
    let was = snapshot().settings;
    for (word, expected) in [
        ("Light", Settings { theme: Theme::Light, ..was.clone() }),
        ("Replace", Settings { conflict: Conflict::Replace, ..was.clone() }),
        ("Devices I know", Settings { visibility: Visibility::Known, ..was.clone() }),
        ("About everything", Settings { accept: AcceptRule::Ask, ..was.clone() }),
        ("Ask first", Settings { go_on: GoOn::Ask, ..was.clone() }),
    ] {
        let mut bench = open();
        choose(&mut bench, word);
        assert_eq!(kept(&mut bench), expected, "{word}");
    }
}

#[test]
fn what_is_typed_is_kept_when_the_line_is_left() {
    let was = snapshot().settings;
    let quiet = Some(QuietHours { from: 1320, to: 450 });
    for (field, typed, expected) in [
        (
            "Name",
            " Büro 办公室 ",
            Settings { device_name: DeviceName::parse("Büro 办公室").ok(), ..was.clone() },
        ),
        ("Folder for what comes", "/srv/typed", Settings { inbox: "/srv/typed".into(), ..was.clone() }),
        ("Ask even so about more than", "10 GB", Settings { ask_above: Some(10_000_000_000), ..was.clone() }),
        ("Quiet hours", "22:00 to 7:30", Settings { quiet, ..was.clone() }),
        ("Speed limit", "100 Mbit/s", Settings { limit: ByteRate::new(12_500_000), ..was.clone() }),
        ("Hours to go on trying", "48", Settings { patience: 48, ..was.clone() }),
        ("Days to keep what is not finished", "7", Settings { leftovers: 7, ..was.clone() }),
    ] {
        let mut bench = open();
        enter(&mut bench, field, typed);
        assert_eq!(kept(&mut bench), expected, "{field}");
        bench.publish(Event::Settings(Box::new(expected)));
        assert!(bench.commands().is_empty(), "{field}: it is kept once");
    }
}

#[test]
fn what_can_not_be_is_refused_in_its_place_and_escape_brings_back_what_was() {
    for (field, typed, reason) in [
        ("Name", " ", "can't be empty"),
        ("Folder for what comes", "relative", "path"),
        ("Ask even so about more than", "much", "Type a size like"),
        ("Quiet hours", "22:00", "Type two times"),
        ("Speed limit", "20Mb/s", "could mean bits or bytes"),
        ("Hours to go on trying", "0", "Type the hours as a number from 1 to 8760."),
        ("Days to keep what is not finished", "x", "Type the days as a number from 1 to 3650."),
    ] {
        let mut bench = open();
        let before = bench.window.get_by_role_and_label(Role::TextInput, field).value();
        enter(&mut bench, field, typed);
        bench.must_say(reason);
        assert!(bench.commands().is_empty(), "{field}");
        bench.window.get_by_role_and_label(Role::TextInput, field).focus();
        bench.window.run();
        bench.window.key_press(Key::Escape);
        bench.window.run();
        assert_eq!(bench.window.get_by_role_and_label(Role::TextInput, field).value(), before, "{field}");
        bench.must_say("When you are asked");
        // With nothing typed, it closes the page.
        bench.window.key_press(Key::Escape);
        bench.window.run();
        assert!(!bench.says("When you are asked"), "{field}");
        assert!(bench.commands().is_empty(), "{field}");
    }
}

#[test]
fn what_was_set_is_shown_and_can_be_taken_back() {
    let mut snapshot = snapshot();
    snapshot.settings = Settings {
        ask_above: Some(10_000_000_000),
        quiet: Some(QuietHours { from: 1320, to: 450 }),
        limit: ByteRate::new(20_000_000),
        ..snapshot.settings
    };
    for (field, shown) in [
        ("Ask even so about more than", "10.0 GB"),
        ("Quiet hours", "22:00 to 07:30"),
        ("Speed limit", "20 MB/s"),
    ] {
        let mut bench = open_with(snapshot.clone(), TALL);
        assert_eq!(
            bench.window.get_by_role_and_label(Role::TextInput, field).value().as_deref(),
            Some(shown)
        );
        enter(&mut bench, field, " ");
        let settings = kept(&mut bench);
        assert!(settings != snapshot.settings, "{field}");
    }
}

#[test]
fn the_folder_is_chosen_in_a_dialog_too() {
    let mut bench = open();
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(vec!["/srv/other".into()]));
    bench.press("Change… the folder for what comes");
    assert_eq!(*bench.desk.asked.borrow(), [Pick::Destination(INBOX.into())]);
    assert_eq!(kept(&mut bench).inbox.to_str(), Some("/srv/other"));
}

#[test]
fn the_port_is_behind_a_door_of_its_own() {
    let mut bench = open();
    assert!(!bench.says("Port"), "few people need to know of it");
    bench.press("For a firewall");
    enter(&mut bench, "Port", "80");
    bench.must_say("Type a number from 1024 to 65535");
    enter(&mut bench, "Port", "40000");
    assert_eq!(kept(&mut bench).port, Some(40_000));
}

#[test]
fn renaming_leads_to_the_name() {
    let mut bench = Bench::new();
    bench.press("More");
    bench.press("Rename this device");
    bench.must_say("When you are asked");
    let name = bench.window.get_by_role_and_label(Role::TextInput, "Name");
    assert!(name.is_focused() && name.value().as_deref() == Some("Quiet Heron"));
}

#[test]
fn settings_that_could_not_be_read_or_kept_are_told_at_once_and_on_the_page() {
    let problem = |text: &str| Problem { side: Side::Here, kind: ProblemKind::Files, text: text.to_owned() };
    let mut snapshot = snapshot();
    snapshot.unread = Some(problem("The old file is kept."));
    let bench = Bench::with(snapshot.clone(), [1040.0, 720.0]);
    bench.must_say("The old file is kept.");
    let mut bench = open_with(snapshot, [1040.0, 720.0]);
    bench.wait(9.0);
    bench.must_say("The old file is kept.");
    bench.publish(Event::Unsaved(Some(problem("The disk is full."))));
    bench.wait(9.0);
    bench.must_say("The disk is full.");
    bench.publish(Event::Unsaved(None));
    assert!(!bench.says("The disk is full."));
}

#[test]
fn in_the_smallest_window_nothing_is_wider_than_it() {
    let bench = open_with(snapshot(), [360.0, 480.0]);
    for role in [Role::TextInput, Role::RadioButton, Role::Button] {
        for node in bench.window.query_all_by_role(role) {
            let rect = node.rect();
            assert!(rect.left() >= 0.0 && rect.right() <= 360.0, "{rect:?}");
        }
    }
    assert!(bench.button("Done").is_some());
}
