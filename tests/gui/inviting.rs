//! How others find this device: visibility, a code, a QR code.

use std::time::{Duration, Instant};

use airlift::{
    engine::{CodeState, Command, Event, ReceivingState, Visibility},
    model::PairingCode,
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
    bench.press("Code and QR");
    bench
}

#[test]
fn who_sees_this_device_is_chosen_and_saved() {
    let mut bench = inviting();
    for (word, visibility) in [("Devices I know", Visibility::Known), ("Hidden", Visibility::Hidden)] {
        let mut choices = bench.window.query_all_by_role_and_label(Role::RadioButton, word);
        choices.next().unwrap().click();
        drop(choices);
        bench.window.run();
        let Command::Apply(settings) = bench.command() else { panic!() };
        assert_eq!(settings.visibility, visibility);
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
