//! Texts that have come.

use airlift::{
    engine::Command,
    model::{Direction, Outcome, Purpose, Text, Transfer, TransferId, TransferState},
};
use egui::OutputCommand;

use crate::bench::{Bench, ended, file, transfer};

fn text(words: &str) -> Transfer {
    let mut text = transfer(1, Direction::Receive, vec![file("text", 9)], ended(Outcome::Complete));
    text.summary.purpose = Purpose::Text;
    text.text = Some(Text::parse(words.as_bytes()).unwrap());
    text
}

fn asked(bench: &mut Bench, button: &str) -> Vec<OutputCommand> {
    bench.button(button).expect("the button is there").click();
    bench.window.step();
    bench.window.output().platform_output.commands.clone()
}

#[test]
fn a_text_is_seen_whole_and_can_be_copied_and_saved() {
    let mut bench = Bench::new();
    bench.transfer(&text("Room 4,\ncode \u{202e}7731"));
    bench.must_say("Room 4,\ncode \\u{202e}7731");
    let title = "“Room 4, code \\u{202e}7731”";
    let commands = asked(&mut bench, &format!("Copy: {title}"));
    let is_copied = |c: &OutputCommand| matches!(c, OutputCommand::CopyText(text) if text == "Room 4,\ncode \u{202e}7731");
    assert!(commands.iter().any(is_copied), "{commands:?}");
    bench.window.run();
    assert!(bench.button(&format!("Open link: {title}")).is_none());
    bench.press(&format!("Save as .txt: {title}"));
    let Command::SaveText { id, reply } = bench.command() else { panic!() };
    assert_eq!(id, TransferId([1; 16]));
    reply.send(Ok("/srv/inbox/Text.txt".into())).unwrap();
    bench.window.run();
    bench.must_say("Saved as Text.txt");
}

#[test]
fn a_link_can_be_opened_as_it_is_shown() {
    let mut bench = Bench::new();
    bench.transfer(&text("https://example.org/a?b"));
    let commands = asked(&mut bench, "Open link: “https://example.org/a?b”");
    let is_opened =
        |c: &OutputCommand| matches!(c, OutputCommand::OpenUrl(to) if to.url == "https://example.org/a?b");
    assert!(commands.iter().any(is_opened), "{commands:?}");
}

#[test]
fn a_text_that_has_not_come_is_not_shown() {
    let mut bench = Bench::new();
    bench.transfer(&Transfer { text: None, state: TransferState::Waiting, ..text("secret") });
    assert!(!bench.says("secret") && bench.button("Copy: “secret”").is_none());
}
