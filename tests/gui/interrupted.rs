//! Transfers that were interrupted, what is left of them, and what is done about that.

use std::time::{Duration, Instant, SystemTime};

use airlift::{
    engine::{Command, Event, GoOn, Settings},
    model::{Direction, Pause, Peer, Problem, ProblemKind, Rest, Side, Transfer, TransferState},
};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::bench::{Bench, file, snapshot, transfer};

fn why(text: &str) -> Problem {
    Problem { side: Side::There, kind: ProblemKind::Link, text: text.to_owned() }
}

fn interrupted(direction: Direction, again: Option<Duration>) -> Transfer {
    let again = again.map(|again| Instant::now() + again);
    let state = TransferState::Interrupted { why: why("The link broke."), again };
    transfer(1, direction, vec![file("clip.mp4", 2_100_000_000)], state)
}

fn left(rest: Rest) -> Transfer {
    let until = SystemTime::now() + Duration::from_hours(24 * 28 + 12);
    let state = TransferState::Left { why: why("The other device did not come back in time."), rest, until };
    transfer(1, Direction::Receive, vec![file("clip.mp4", 2_100_000_000)], state)
}

#[test]
fn an_interrupted_one_says_why_and_when_it_is_tried_again() {
    let mut bench = Bench::new();
    bench.transfer(&interrupted(Direction::Send, Some(Duration::from_mins(10))));
    bench.must_say("Interrupted, trying again in 600 s");
    bench.must_say("to Pixel 9");
    bench.must_say("1 file, 2.10 GB");
    bench.unfold("clip.mp4");
    bench.must_say("The link broke.");
    bench.press("Try now: clip.mp4");
    assert!(matches!(bench.command(), Command::Retry(id) if id.0 == [1; 16]));
    bench.press("Give up: clip.mp4");
    assert!(matches!(bench.command(), Command::Cancel(id) if id.0 == [1; 16]));
}

#[test]
fn one_that_rests_says_with_whom_and_how_far_it_has_come() {
    let mut bench = Bench::new();
    let half = Transfer { done: Some(1_050_000_000), ..interrupted(Direction::Receive, None) };
    bench.transfer(&half);
    bench.must_say("goes on when the other device is back");
    for part in ["from Pixel 9", "1.05 of 2.10 GB", "50 %"] {
        bench.must_say(part);
    }
    bench.transfer(&Transfer { state: TransferState::Paused(Pause::Person(Side::Here)), ..half });
    for part in ["Paused here.", "from Pixel 9", "1.05 of 2.10 GB", "50 %"] {
        bench.must_say(part);
    }
    let bar = bench.window.get_by_role_and_label(Role::ProgressIndicator, "Progress: clip.mp4");
    assert_eq!(bar.accesskit_node().numeric_value(), Some(50.0));
}

#[test]
fn a_countdown_draws_once_a_second_and_what_only_waits_never() {
    let mut bench = Bench::new();
    bench.transfer(&interrupted(Direction::Send, Some(Duration::from_mins(10))));
    let pause = bench.next_frame_in();
    assert!(pause > Duration::from_millis(900) && pause <= Duration::from_secs(1), "{pause:?}");
    for waits in [interrupted(Direction::Receive, None), left(Rest::Over)] {
        bench.transfer(&waits);
        assert!(bench.next_frame_in() > Duration::from_hours(1), "{waits:?}");
    }
}

#[test]
fn one_that_is_called_waits_for_the_other_device() {
    let mut bench = Bench::new();
    bench.transfer(&interrupted(Direction::Receive, None));
    bench.must_say("Interrupted, goes on when the other device is back");
    assert!(bench.button("Try now: clip.mp4").is_none());
    assert!(bench.button("Give up: clip.mp4").is_some());
}

#[test]
fn a_leftover_can_be_gone_on_with_or_removed() {
    let mut bench = Bench::new();
    bench.transfer(&left(Rest::Over));
    bench.must_say("Not tried any more, removed in 29 days");
    bench.must_say("1 file, 2.10 GB");
    bench.unfold("clip.mp4");
    bench.must_say("The other device did not come back in time.");
    bench.press("Go on: clip.mp4");
    assert!(matches!(bench.command(), Command::Retry(id) if id.0 == [1; 16]));
    bench.press("Remove: clip.mp4");
    let Command::Cancel(id) = bench.command() else { panic!() };
    bench.publish(Event::Forgotten(id));
    bench.must_say("Nothing has been sent or received yet");
}

#[test]
fn what_waits_for_the_person_can_be_gone_on_with_or_given_up() {
    let mut bench = Bench::new();
    bench.transfer(&left(Rest::Asks));
    bench.must_say("Interrupted, goes on when you say so");
    bench.must_say("from Pixel 9");
    bench.press("Go on: clip.mp4");
    assert!(matches!(bench.command(), Command::Retry(_)));
    bench.press("Give up: clip.mp4");
    assert!(matches!(bench.command(), Command::Cancel(_)));
}

#[test]
fn of_partial_files_alone_there_is_nothing_to_go_on_with() {
    let mut bench = Bench::new();
    let scraps = Transfer { peer: Peer::default(), ..left(Rest::Scraps) };
    bench.transfer(&scraps);
    bench.must_say("Left in /srv/inbox, removed in 29 days");
    assert!(bench.button("Go on: clip.mp4").is_none());
    bench.press("Remove: clip.mp4");
    assert!(matches!(bench.command(), Command::Cancel(_)));
}

#[test]
fn what_nobody_goes_on_with_is_no_reason_to_stay() {
    let mut bench = Bench::new();
    bench.transfer(&left(Rest::Over));
    assert!(bench.button("Clear finished").is_none(), "it is not finished either");
    let root = bench.window.input_mut().viewports.get_mut(&egui::ViewportId::ROOT).unwrap();
    root.events.push(egui::ViewportEvent::Close);
    bench.window.step();
    bench.window.input_mut().viewports.get_mut(&egui::ViewportId::ROOT).unwrap().events.clear();
    bench.window.run();
    assert!(!bench.says("not finished"));
}

#[test]
fn how_long_and_whether_by_itself_is_chosen_on_the_page_of_settings() {
    let mut bench = Bench::new();
    bench.settings();
    // It is below what is in sight.
    bench.window.get_by_role_and_label(Role::RadioButton, "Ask first").scroll_to_me();
    bench.wait(1.0);
    bench.window.get_by_role_and_label(Role::RadioButton, "Ask first").click();
    bench.window.run();
    let Command::Apply(settings) = bench.command() else { panic!() };
    assert_eq!(settings, Settings { go_on: GoOn::Ask, ..snapshot().settings });
    bench.type_into("Hours to go on trying", "0");
    bench.window.key_press(egui::Key::Enter);
    bench.window.run();
    assert!(bench.commands().is_empty());
    bench.type_into("Hours to go on trying", "48");
    bench.window.key_press(egui::Key::Enter);
    bench.window.run();
    let Command::Apply(settings) = bench.command() else { panic!() };
    assert_eq!(settings.patience, 48);
}
