//! The Receive panel.

use airlift::{
    engine::{
        AtStart, Command, Consent, Event, InboxCard, PortChoice, Receiving, ReceivingState, Settings,
        Snapshot,
    },
    gui::{Pick, Picked},
    model::{Landing, Problem, ProblemKind, Side},
};
use egui::{Key, OutputCommand};
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, INBOX, snapshot};

fn on() -> ReceivingState {
    let addresses = vec!["192.168.1.20".parse().unwrap(), "fd00::1".parse().unwrap()];
    ReceivingState::On { port: 27543, addresses }
}

#[test]
fn the_big_button_makes_this_machine_wait_for_offers() {
    let mut bench = Bench::new();
    bench.press("Receive");
    let asked = bench.commands();
    let [Command::Receive(how), Command::AtStart(AtStart::Receive)] = &asked[..] else { panic!("{asked:?}") };
    let expected =
        Receiving { port: PortChoice::Default, consent: Consent::Settings, landing: Landing::default() };
    assert_eq!(*how, expected);
    // A second press before the engine has answered asks nothing.
    assert!(bench.is_dead("Receive"));
    bench.publish(Event::Receiving(on()));
    assert!(bench.button("Receive").is_none());
    bench.press("Everyone here can send to Quiet Heron");
    bench.press("Stop receiving");
    assert!(matches!(bench.commands()[..], [Command::StopReceiving, ..]));
    bench.publish(Event::Receiving(ReceivingState::Off));
    assert!(!bench.is_dead("Receive"));
}

#[test]
fn a_window_receives_from_its_start_where_the_one_before_it_did_and_forgets_that_when_it_is_stopped() {
    let settings = Settings { at_start: AtStart::Receive, ..snapshot().settings };
    let mut bench = Bench::with(Snapshot { settings, ..snapshot() }, [1040.0, 720.0]);
    assert!(matches!(bench.command(), Command::Receive(Receiving { port: PortChoice::Default, .. })));
    bench.publish(Event::Receiving(on()));
    bench.press("Everyone here can send to Quiet Heron");
    bench.press("Stop receiving");
    let asked = bench.commands();
    assert!(matches!(asked[..], [Command::StopReceiving, Command::AtStart(AtStart::Rest)]), "{asked:?}");
}

#[test]
fn a_folder_that_is_refused_is_told_in_the_window() {
    let mut bench = Bench::new();
    let text = "“~” has Airlift’s own folder in it, with this device’s key, so nothing is received into it.";
    let problem = Problem { side: Side::Here, kind: ProblemKind::Files, text: text.to_owned() };
    bench.publish(Event::Refused(Some(problem)));
    bench.must_say(text);
}

#[test]
fn each_address_and_the_id_can_be_copied() {
    let mut bench = Bench::new();
    bench.publish(Event::Receiving(on()));
    assert!(!bench.says("192.168.1.20"), "nobody has asked for it");
    bench.press("Everyone here can send to Quiet Heron");
    bench.press("Addresses");
    let id = snapshot().device.id.to_string();
    for (button, text) in [
        ("Copy 192.168.1.20:27543", "192.168.1.20:27543"),
        ("Copy [fd00::1]:27543", "[fd00::1]:27543"),
        ("Copy id", id.as_str()),
    ] {
        bench.window.get_by_label(button).click();
        bench.window.step();
        let commands = &bench.window.output().platform_output.commands;
        let copied = |c: &OutputCommand| matches!(c, OutputCommand::CopyText(copied) if copied == text);
        assert!(commands.iter().any(copied), "{commands:?}");
        bench.window.run();
        bench.must_say(&format!("Copied {text}"));
    }
}

#[test]
fn a_machine_on_no_network_is_told_so() {
    let mut bench = Bench::new();
    bench.publish(Event::Receiving(ReceivingState::On { port: 1, addresses: Vec::new() }));
    bench.press("Quiet Heron is on no network");
    bench.must_say("This device is on no network.");
}

#[test]
fn why_it_cannot_receive_is_said_and_it_can_be_tried_again() {
    let mut bench = Bench::new();
    bench.press("Receive");
    drop(bench.commands());
    let text = "No port could be opened.".to_owned();
    let problem = Problem { side: Side::Here, kind: ProblemKind::Other, text };
    bench.publish(Event::Receiving(ReceivingState::Failed(problem)));
    bench.must_say("No port could be opened.");
    bench.press("Receive");
    assert!(matches!(bench.commands()[0], Command::Receive(_)));
}

#[test]
fn the_folder_is_shown_with_its_free_space_and_can_be_changed() {
    let mut bench = Bench::new();
    bench.must_say(INBOX);
    bench.must_say("212 GB free");
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(vec!["/srv/other".into()]));
    bench.press("Change the receiving folder");
    assert_eq!(*bench.desk.asked.borrow(), [Pick::Destination(INBOX.into())]);
    let Command::Apply(settings) = bench.command() else { panic!() };
    assert_eq!(settings.inbox.to_str(), Some("/srv/other"));
    bench.publish(Event::Inbox(InboxCard { folder: settings.inbox, free: None }));
    bench.must_say("/srv/other");
    assert!(!bench.says("GB free"));
}

#[test]
fn the_folder_can_be_typed_where_there_is_no_dialog() {
    let mut bench = Bench::new();
    bench.desk.answers.borrow_mut().push_back(Picked::NoDialog);
    bench.press("Change the receiving folder");
    bench.must_say("This desktop has no file dialog.");
    bench.type_into("Folder to receive into", "/srv/typed");
    bench.window.key_press(Key::Enter);
    bench.window.run();
    let Command::Apply(settings) = bench.command() else { panic!() };
    assert_eq!(settings.inbox.to_str(), Some("/srv/typed"));
    assert!(!bench.says("Folder to receive into"));
}

#[test]
fn a_cancelled_dialog_leaves_the_folder_alone() {
    let mut bench = Bench::new();
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(Vec::new()));
    bench.press("Change the receiving folder");
    assert!(bench.commands().is_empty());
}
