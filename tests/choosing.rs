//! A person takes a part of what is offered.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::fs;

use airlift::{
    engine::{Command, Consent},
    model::{Answer, EntryNo, Landing, LeaveOut, Outcome, Transfer, TransferId, TransferState},
};
use support::device::Device;

/// A receiver that is asked about a folder of two files, another folder, and one file more.
fn asked() -> (Device, Device, TransferId, Transfer) {
    let (sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::Ask);
    let at = sender.inbox.path();
    for folder in ["trip", "work"] {
        fs::create_dir(at.join(folder)).unwrap();
    }
    for (file, content) in [("trip/a", "12345"), ("trip/b", "123"), ("work/c", "1234"), ("d", "1")] {
        fs::write(at.join(file), content).unwrap();
    }
    let sent = sender.send(port, &[at.join("trip"), at.join("work"), at.join("d")]);
    let offer = receiver.until("a question", |state| state.transfers.iter().find(|t| t.asks()).cloned());
    (sender, receiver, sent, offer)
}

fn numbers(offer: &Transfer, among: &[&str]) -> LeaveOut {
    let list = offer.list.as_ref().expect("what is offered is listed");
    let named = |(no, path): (usize, &str)| among.contains(&path).then(|| EntryNo::try_from(no).unwrap());
    list.iter().map(|entry| entry.path.as_str()).enumerate().filter_map(named).collect()
}

#[test]
fn what_a_person_leaves_out_does_not_come_and_nobody_calls_it_failed() {
    let (mut sender, mut receiver, sent, offer) = asked();
    let mut paths: Vec<_> = offer.list.iter().flat_map(|list| list.iter()).map(|e| e.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["d", "trip", "trip/a", "trip/b", "work", "work/c"]);
    let without = numbers(&offer, &["trip/b", "work", "work/c"]);
    let landing = Landing { without, ..Landing::default() };
    receiver.tell(Command::Answer { id: offer.id, answer: Answer::Accept(landing) });
    let report = receiver.received(0);
    assert_eq!(report.outcome, Outcome::Complete);
    assert_eq!((report.files, report.failed, report.left_out.chosen, report.left_out.total()), (2, 0, 2, 2));
    assert_eq!(report.left_out.sentences(), ["2 files were left out: they were not chosen."]);
    assert_eq!(receiver.arrived(), ["d", "trip"]);
    assert!(!receiver.inbox.path().join("trip/b").exists());
    let shown = receiver.until("the end", |state| state.transfer(offer.id).cloned());
    assert_eq!((shown.summary.files, shown.summary.bytes), (2, 6), "what was chosen is what is counted");
    assert!(shown.list.is_none(), "nobody is asked any more");
    let report = sender.report(sent);
    assert_eq!((report.outcome, report.files, report.left_out.total()), (Outcome::Complete, 2, 2));
}

#[test]
fn what_was_left_out_does_not_come_after_a_pause_either() {
    let (mut sender, mut receiver, sent, offer) = asked();
    let big = sender.inbox.path().join("big");
    drop(fs::write(&big, vec![7; 3_000_000]));
    receiver.tell(Command::Answer { id: offer.id, answer: Answer::Decline(None) });
    sender.report(sent);
    let port = receiver.receive(Consent::Ask);
    let settings = receiver.state.settings.clone();
    let limit = airlift::model::ByteRate::new(300_000);
    receiver.tell(Command::Apply(airlift::engine::Settings { limit, ..settings.clone() }));
    let sent = sender.send(port, &[sender.inbox.path().join("trip"), big]);
    let offer = receiver
        .until("a question", |state| state.transfers.iter().find(|t| t.asks() && t.id != offer.id).cloned());
    let landing = Landing { without: numbers(&offer, &["trip/b"]), ..Landing::default() };
    receiver.tell(Command::Answer { id: offer.id, answer: Answer::Accept(landing) });
    let is = |state: &TransferState, paused: bool| match state {
        TransferState::Active => !paused,
        TransferState::Paused(_) => paused,
        _ => false,
    };
    for paused in [false, true] {
        receiver
            .until("it flows, and rests", |state| is(&state.transfer(offer.id)?.state, paused).then_some(()));
        receiver.tell(if paused { Command::Resume(offer.id) } else { Command::Pause(offer.id) });
    }
    receiver.tell(Command::Apply(settings));
    let report = receiver.until("the end", |state| match &state.transfer(offer.id)?.state {
        TransferState::Finished(report) => Some(report.clone()),
        _ => None,
    });
    assert_eq!((report.outcome, report.files), (Outcome::Complete, 2));
    assert_eq!(sender.report(sent).outcome, Outcome::Complete);
    assert!(receiver.inbox.path().join("trip/a").exists() && !receiver.inbox.path().join("trip/b").exists());
}
