//! First meetings: the code on both sides, and what a person says of it.

use airlift::{
    engine::{Command, Event},
    model::{
        Agreement, Answer, Caution, CompareCode, DeviceId, DeviceName, Direction, Meeting, Outcome, Problem,
        ProblemKind, Side, Transfer, TransferState, Trust,
    },
};

use crate::bench::{Bench, ended, file, known, transfer};

fn met(direction: Direction, here: Agreement) -> Transfer {
    let files = vec![file("letter.pdf", 4_210_000)];
    let meeting = Some(Meeting { code: CompareCode::new(690_126), here });
    Transfer { meeting, ..transfer(1, direction, files, TransferState::Waiting) }
}

/// Before anything but its size is told.
fn compared(direction: Direction, here: Agreement) -> Transfer {
    let met = met(direction, here);
    let summary = met.summary.counts();
    Transfer { summary, state: TransferState::Comparing, ..met }
}

fn impostor() -> Caution {
    let (name, known) = (DeviceName::parse("Pixel 9").unwrap(), DeviceId::of_public_key(b"the real one"));
    Caution::OtherKey { name, known }
}

/// Lets the moment pass in which a new card can't be pressed.
fn ripe(bench: &mut Bench) {
    bench.wait(0.5);
}

#[test]
fn both_sides_show_the_code_large_and_in_words() {
    for direction in [Direction::Send, Direction::Receive] {
        let mut bench = Bench::new();
        bench.transfer(&compared(direction, Agreement::Asked));
        bench.must_say("Do both screens show 690 126?");
        bench.must_say("film average");
        bench.must_say("You and Pixel 9 have not met before");
        bench.must_say("1 file, 4.21 MB");
    }
}

#[test]
fn a_sender_s_person_says_that_the_codes_are_the_same_or_differ_or_sends_nothing() {
    for (button, expected) in [("Yes", 0), ("No", 1), ("Don’t send", 2)] {
        let mut bench = Bench::new();
        bench.transfer(&compared(Direction::Send, Agreement::Asked));
        assert!(bench.is_dead(button), "a click that was meant for something else says nothing");
        ripe(&mut bench);
        bench.press(button);
        let said = match bench.command() {
            Command::Agree(id) => (id.0[0], 0),
            Command::Differ(id) => (id.0[0], 1),
            Command::Cancel(id) => (id.0[0], 2),
            other => panic!("{other:?}"),
        };
        assert_eq!(said, (1, expected), "{button}");
        assert!(bench.button(button).is_none());
    }
}

#[test]
fn a_receiver_s_person_compares_before_anything_is_named() {
    for (button, expected) in [("Yes", 0), ("No", 1), ("Decline", 2)] {
        let mut bench = Bench::new();
        bench.transfer(&compared(Direction::Receive, Agreement::Asked));
        assert!(bench.is_dead(button), "a click that was meant for something else says nothing");
        assert!(!bench.says("Accept"));
        ripe(&mut bench);
        bench.press(button);
        let said = match bench.command() {
            Command::Agree(id) => (id.0[0], 0),
            Command::Differ(id) => (id.0[0], 1),
            Command::Answer { id, answer: Answer::Decline(None) } => (id.0[0], 2),
            other => panic!("{other:?}"),
        };
        assert_eq!(said, (1, expected), "{button}");
        assert!(bench.button(button).is_none());
    }
}

#[test]
fn of_a_sender_that_goes_ahead_the_code_is_compared_before_the_offer_is_shown() {
    let mut bench = Bench::new();
    bench.transfer(&met(Direction::Receive, Agreement::Asked));
    bench.must_say("Do both screens show 690 126?");
    assert!(!bench.says("letter.pdf"), "the code comes first");
    ripe(&mut bench);
    bench.press("Yes");
    assert!(bench.commands().is_empty());
    ripe(&mut bench);
    // What is told anew asks nothing again.
    bench.transfer(&Transfer {
        notes: vec!["A note.".to_owned()],
        ..met(Direction::Receive, Agreement::Asked)
    });
    ripe(&mut bench);
    bench.press("Accept: letter.pdf from Pixel 9");
    assert!(matches!(bench.command(), Command::Answer { answer: Answer::Accept(_), .. }));

    let mut bench = Bench::new();
    bench.transfer(&met(Direction::Receive, Agreement::Asked));
    assert!(bench.is_dead("No"));
    ripe(&mut bench);
    bench.press("No");
    assert!(matches!(bench.command(), Command::Differ(id) if id.0[0] == 1));
    assert!(!bench.says("Do both screens") && !bench.says("letter.pdf"));
}

#[test]
fn where_the_codes_differ_both_sides_are_alarmed_once_and_nothing_can_be_accepted() {
    for direction in [Direction::Send, Direction::Receive] {
        let mut bench = Bench::new();
        let met = compared(direction, Agreement::Asked);
        bench.transfer(&met);
        let text = "The person at the other device has seen another code.".to_owned();
        let problem = Problem { side: Side::There, kind: ProblemKind::Alarm, text };
        let over = Transfer { state: ended(Outcome::Failed(problem)), ..met };
        bench.transfer(&over);
        bench.must_say("The codes differ");
        bench.must_say("has seen another code");
        bench.must_say("nothing of it can be any more");
        assert!(!bench.says("Do both screens") && !bench.says("Accept"));
        ripe(&mut bench);
        bench.press("Close");
        assert!(!bench.says("The codes differ"));
        bench.transfer(&over);
        assert!(!bench.says("The codes differ"), "it was read");
    }
}

#[test]
fn an_alarm_takes_the_card_and_the_dialog_of_what_was_already_offered() {
    let mut bench = Bench::new();
    let offered = met(Direction::Receive, Agreement::Given);
    bench.transfer(&offered);
    ripe(&mut bench);
    bench.press("Choose…: what of letter.pdf from Pixel 9, and where to");
    let text = "The person at the other device has seen another code.".to_owned();
    let problem = Problem { side: Side::There, kind: ProblemKind::Alarm, text };
    bench.transfer(&Transfer { state: ended(Outcome::Failed(problem)), ..offered });
    ripe(&mut bench);
    bench.must_say("The codes differ");
    assert!(bench.is_dead("Accept"));
}

#[test]
fn whoever_knows_the_other_sees_the_code_for_the_other_s_sake() {
    let mut bench = Bench::new();
    bench.transfer(&compared(Direction::Receive, Agreement::NotNeeded));
    bench.must_say("the code is 690 126");
    assert!(bench.button("Yes").is_none());
    let mut bench = Bench::new();
    bench.transfer(&met(Direction::Send, Agreement::NotNeeded));
    bench.must_say("the code is 690 126");
    assert!(bench.button("Yes").is_none());
    let mut bench = Bench::new();
    bench.transfer(&met(Direction::Receive, Agreement::NotNeeded));
    bench.must_say("It does not know this device yet");
    bench.must_say("690 126");
}

#[test]
fn the_name_of_a_known_device_with_another_key_is_a_warning_on_both_sides() {
    for direction in [Direction::Send, Direction::Receive] {
        let mut bench = Bench::new();
        bench.transfer(&Transfer { caution: Some(impostor()), ..compared(direction, Agreement::Asked) });
        bench.must_say("this is not it: it has another key");
    }
}

#[test]
fn the_card_goes_when_the_meeting_is_over_and_says_who_is_known() {
    let mut bench = Bench::new();
    let sending = compared(Direction::Send, Agreement::Asked);
    bench.transfer(&sending);
    bench.transfer(&Transfer { meeting: None, state: TransferState::Active, ..sending });
    assert!(bench.button("Yes").is_none());

    bench.publish(Event::Known(vec![known("Pixel 9", Trust::Known)]));
    bench.transfer(&transfer(2, Direction::Receive, vec![file("x", 1)], TransferState::Waiting));
    bench.must_say("You know it");
    assert!(bench.button("Accept: x from Pixel 9").is_some());
}
