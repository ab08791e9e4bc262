//! When a person is asked, and who is not asked about again.

use airlift::{
    engine::{AcceptRule, Command, DeviceChange, QuietHours, Settings},
    model::{
        Agreement, Answer, Caution, CompareCode, DeviceName, Direction, Meeting, Transfer, TransferState,
        Trust,
    },
};
use egui::{Key, accesskit::Role};
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, file, known, peer, snapshot, transfer};

fn offer() -> Transfer {
    let meeting = Some(Meeting { code: CompareCode::new(690_126), here: Agreement::Asked });
    Transfer {
        meeting,
        ..transfer(1, Direction::Receive, vec![file("letter.pdf", 10)], TransferState::Waiting)
    }
}

/// Of a device that was met before, and at a window that knows it.
fn offer_of_a_known_one() -> (Bench, Transfer) {
    let mut snapshot = snapshot();
    snapshot.known = vec![known("Pixel 9", Trust::Known)];
    (Bench::with(snapshot, [1040.0, 720.0]), Transfer { meeting: None, ..offer() })
}

fn choose(bench: &mut Bench, word: &str) {
    bench.window.get_by_role_and_label(Role::RadioButton, word).click();
    bench.window.run();
}

#[test]
fn the_rule_the_size_and_the_quiet_hours_are_set_and_taken_back() {
    let mut bench = Bench::new();
    bench.settings();
    bench.press("When to ask…");
    choose(&mut bench, "About every offer");
    bench.type_into("Asked even so from this size on", "10 GB");
    bench.type_into("Quiet from", "22:00");
    bench.type_into("Quiet until", "7:30");
    bench.press("Save");
    let Command::Apply(settings) = bench.command() else { panic!() };
    let expected = Settings {
        accept: AcceptRule::Ask,
        ask_above: Some(10_000_000_000),
        quiet: Some(QuietHours { from: 1320, to: 450 }),
        ..snapshot().settings
    };
    assert_eq!(settings, expected);
    bench.publish(airlift::engine::Event::Settings(Box::new(settings)));

    bench.settings();
    bench.press("When to ask…");
    for (field, shown) in
        [("Asked even so from this size on", "10.0 GB"), ("Quiet from", "22:00"), ("Quiet until", "07:30")]
    {
        assert_eq!(bench.window.get_by_label(field).value().as_deref(), Some(shown));
        bench.type_into(field, " ");
    }
    choose(&mut bench, "Not about trusted devices");
    bench.press("Save");
    let Command::Apply(settings) = bench.command() else { panic!() };
    assert_eq!(settings, snapshot().settings);
}

#[test]
fn what_is_no_size_or_no_time_is_refused_in_the_card() {
    for (field, typed, said) in [
        ("Asked even so from this size on", "much", "Type the size like"),
        ("Quiet from", "22:00", "Type both times"),
        ("Quiet until", "25:00", "Type both times"),
    ] {
        let mut bench = Bench::new();
        bench.settings();
        bench.press("When to ask…");
        bench.type_into(field, typed);
        bench.window.key_press(Key::Enter);
        bench.window.run();
        bench.must_say(said);
        assert!(bench.commands().is_empty());
        bench.window.key_press(Key::Escape);
        bench.window.run();
        assert!(!bench.says("Quiet from"));
    }
}

#[test]
fn with_the_answer_a_device_is_trusted_from_then_on() {
    for (word, trust) in [
        (None, None),
        (Some("Always accept"), Some(Trust::Trusted)),
        (Some("My own device"), Some(Trust::Own)),
    ] {
        let (mut bench, offer) = offer_of_a_known_one();
        bench.transfer(&offer);
        bench.wait(0.5);
        if let Some(word) = word {
            choose(&mut bench, word);
        }
        // What is told anew leaves the choice as it is.
        bench.transfer(&Transfer { notes: vec!["A note.".to_owned()], ..offer });
        bench.wait(0.5);
        bench.press("Accept");
        let mut commands = bench.commands().into_iter();
        assert!(matches!(commands.next(), Some(Command::Answer { answer: Answer::Accept(_), .. })));
        let then = commands.next().map(|command| match command {
            Command::Device { id, change: DeviceChange::Trust(trust) } if Some(id) == peer("Pixel 9").id => {
                trust
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(then, trust);
    }
}

#[test]
fn who_declines_trusts_nobody_and_who_may_be_another_can_not_be_trusted_with_the_answer() {
    let (mut bench, known_one) = offer_of_a_known_one();
    bench.transfer(&known_one);
    bench.wait(0.5);
    choose(&mut bench, "My own device");
    bench.press("Decline");
    assert!(matches!(bench.command(), Command::Answer { answer: Answer::Decline(_), .. }));

    // The sender may still find that the codes differ: then nobody must have been trusted.
    let mut bench = Bench::new();
    bench.transfer(&offer());
    assert!(!bench.says("My own device"));

    let other = peer("another").id.unwrap();
    let name = DeviceName::parse("Pixel 9").unwrap();
    let mut bench = Bench::new();
    bench.transfer(&Transfer { caution: Some(Caution::OtherKey { name, known: other }), ..offer() });
    assert!(!bench.says("My own device"));

    let mut snapshot = snapshot();
    snapshot.known = vec![known("Pixel 9", Trust::Trusted)];
    let mut bench = Bench::with(snapshot, [1040.0, 720.0]);
    bench.transfer(&Transfer { meeting: None, ..offer() });
    bench.must_say("You trust it");
    assert!(!bench.says("My own device"));
}
