//! How others find this device: visibility, a code, a QR code.

use std::time::{Duration, Instant};

use airlift::{
    engine::{CodeState, Command, Event, ReceivingState, Visibility},
    model::{PairingCode, Problem, ProblemKind, Side},
};
use egui::{OutputCommand, accesskit::Role};
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, snapshot};

/// A window that receives, with the card open.
fn inviting() -> Bench {
    let mut bench = Bench::new();
    let addresses = vec!["192.168.1.20".parse().unwrap()];
    bench.publish(Event::Receiving(ReceivingState::On { port: 27543, addresses }));
    bench.press("Everyone here can send to Quiet Heron");
    bench
}

#[test]
fn who_sees_this_device_is_chosen_and_saved() {
    let mut bench = inviting();
    for (word, visibility) in [("Devices I know", Visibility::Known), ("Nobody", Visibility::Hidden)] {
        let mut choices = bench.window.query_all_by_role_and_label(Role::RadioButton, word);
        choices.next().unwrap().click();
        drop(choices);
        bench.window.run();
        let Command::Apply(settings) = bench.command() else { panic!() };
        assert_eq!(settings.visibility, visibility);
    }
}

#[test]
fn the_pill_says_who_can_send_and_nothing_that_is_not_so() {
    let on = |addresses: &[&str]| {
        let addresses = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        Event::Receiving(ReceivingState::On { port: 27543, addresses })
    };
    for (visibility, said) in [
        (Visibility::Everyone, "Everyone here can send to Quiet Heron"),
        (Visibility::Known, "Devices you know can send to Quiet Heron"),
        (Visibility::Hidden, "Whoever has its code can send to Quiet Heron"),
    ] {
        let mut snapshot = snapshot();
        snapshot.settings.visibility = visibility;
        let mut bench = Bench::with(snapshot, [1040.0, 720.0]);
        assert!(bench.button(said).is_none(), "it does not receive");
        bench.publish(on(&["192.168.1.20"]));
        assert!(bench.button(said).is_some(), "{said}");
        let text = "The network card is gone.".to_owned();
        let problem = Problem { side: Side::Here, kind: ProblemKind::Other, text };
        bench.publish(Event::Deaf(Some(problem)));
        assert!(bench.button("Nobody sees Quiet Heron now").is_some() && bench.button(said).is_none());
        bench.publish(Event::Deaf(None));
        bench.publish(on(&[]));
        assert!(bench.button("Quiet Heron is on no network").is_some() && bench.button(said).is_none());
    }
}

#[test]
fn a_code_is_given_out_shown_with_its_time_and_taken_back() {
    let mut bench = inviting();
    bench.press("Show a code");
    let Command::GiveCode { code: Some(code), .. } = bench.command() else { panic!() };
    let until = Instant::now() + Duration::from_secs(290);
    bench.engine.publisher.publish(Event::Code(CodeState::Given { code, until }));
    bench.window.run_steps(3);
    bench.must_say(&code.to_string());
    bench.must_say("It works once.");
    bench.window.get_by_label("Take it back").click();
    bench.window.run_steps(3);
    assert!(matches!(bench.command(), Command::GiveCode { code: None, .. }));
}

#[test]
fn what_became_of_a_code_is_said_and_another_is_offered() {
    for (state, said) in [
        (CodeState::Used, "was used"),
        (CodeState::Spent, "tried another code"),
        (CodeState::Expired, "five minutes"),
    ] {
        let mut bench = inviting();
        bench.publish(Event::Code(state));
        bench.must_say(said);
        bench.press("Show a new code");
        let Command::GiveCode { code, .. } = bench.command() else { panic!() };
        assert!(code.is_some_and(|code: PairingCode| code.channel() > 0));
    }
}

#[test]
fn the_qr_code_holds_the_link_which_can_be_copied_and_goes_when_nothing_is_received() {
    let mut bench = inviting();
    bench.must_say("QR code of this device’s link");
    bench.window.get_by_label("Copy the link").click();
    bench.window.step();
    let id = snapshot().device.id.to_string().replace('-', "");
    let link = format!("airlift://{id}@192.168.1.20:27543");
    let commands = &bench.window.output().platform_output.commands;
    assert!(commands.iter().any(|c| matches!(c, OutputCommand::CopyText(copied) if *copied == link)));
    bench.publish(Event::Receiving(ReceivingState::Off));
    assert!(!bench.says("QR code"));
}
