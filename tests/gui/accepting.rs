//! Who is not asked about again once an offer is accepted.

use airlift::{
    engine::{Command, DeviceChange},
    model::{
        Agreement, Answer, Caution, CompareCode, DeviceName, Direction, Meeting, Transfer, TransferState,
        Trust,
    },
};
use egui::accesskit::Role;
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
fn with_the_answer_a_device_is_trusted_from_then_on() {
    for (word, trust) in [
        (None, None),
        (Some("Always accept"), Some(Trust::Trusted)),
        (Some("My own device"), Some(Trust::Own)),
    ] {
        let (mut bench, offer) = offer_of_a_known_one();
        bench.transfer(&offer);
        bench.wait(0.5);
        bench.press("Choose…: what of letter.pdf from Pixel 9, and where to");
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
fn always_is_one_tick_on_the_card() {
    let (mut bench, offer) = offer_of_a_known_one();
    bench.transfer(&offer);
    bench.wait(0.5);
    bench.window.get_by_role_and_label(Role::CheckBox, "Always from this device").click();
    bench.window.run();
    bench.press("Accept: letter.pdf from Pixel 9");
    let asked = bench.commands();
    let [Command::Answer { answer: Answer::Accept(_), .. }, Command::Device { id, change }] = &asked[..]
    else {
        panic!("{asked:?}")
    };
    assert_eq!((Some(*id), change), (peer("Pixel 9").id, &DeviceChange::Trust(Trust::Trusted)));
}

#[test]
fn who_declines_trusts_nobody_and_who_may_be_another_can_not_be_trusted_with_the_answer() {
    let (mut bench, known_one) = offer_of_a_known_one();
    bench.transfer(&known_one);
    bench.wait(0.5);
    bench.press("Choose…: what of letter.pdf from Pixel 9, and where to");
    bench.wait(0.5);
    choose(&mut bench, "My own device");
    bench.press("Decline");
    assert!(matches!(bench.command(), Command::Answer { answer: Answer::Decline(_), .. }));

    // The sender may still find that the codes differ: then nobody must have been trusted.
    let mut bench = Bench::new();
    bench.transfer(&offer());
    assert!(!bench.says("My own device") && !bench.says("Always from"));

    let other = peer("another").id.unwrap();
    let name = DeviceName::parse("Pixel 9").unwrap();
    let mut bench = Bench::new();
    bench.transfer(&Transfer { caution: Some(Caution::OtherKey { name, known: other }), ..offer() });
    assert!(!bench.says("My own device") && !bench.says("Always from"));

    let mut snapshot = snapshot();
    snapshot.known = vec![known("Pixel 9", Trust::Trusted)];
    let mut bench = Bench::with(snapshot, [1040.0, 720.0]);
    bench.transfer(&Transfer { meeting: None, ..offer() });
    bench.must_say("You trust it");
    assert!(!bench.says("My own device") && !bench.says("Always from"));
}
