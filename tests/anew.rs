//! A transfer that has failed as a whole, also before it began, is begun anew with what was chosen.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::{fs, path::PathBuf};

use airlift::{
    engine::{Command, Consent, Event, Handle, Manner, Settings, Strangers},
    model::{
        Address, Answer, ByteRate, Direction, Landing, Outcome, Pause, Report, Retry, Side, Source, Transfer,
        TransferId, TransferState,
    },
};
use support::{device::Device, tree::noise};

fn letter(sender: &Device) -> PathBuf {
    let path = sender.inbox.path().join("letter");
    fs::write(&path, b"for Ben").unwrap();
    path
}

/// Tries it again, and waits until that has begun.
fn again(sender: &mut Device, id: TransferId) {
    sender.tell(Command::Retry(id));
    sender.until("another try", |state| (!state.transfer(id)?.is_finished()).then_some(()));
}

fn asked(receiver: &mut Device) -> TransferId {
    receiver.until("a question", |state| state.transfers.iter().find(|t| t.asks()).map(|t| t.id))
}

fn accept(receiver: &Device, id: TransferId) {
    let landing = Landing { folder: Some(receiver.inbox.path().to_owned()), ..Landing::default() };
    receiver.tell(Command::Answer { id, answer: Answer::Accept(landing) });
}

fn has_failed(report: &Report) {
    assert_ne!(report.outcome, Outcome::Complete);
    assert_eq!(report.retry, Retry::Possible, "{report:?}");
}

#[test]
fn what_met_nobody_is_begun_anew_with_what_was_chosen_once_somebody_is_there() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::All);
    receiver.tell(Command::StopReceiving);
    receiver.until("that it stops", |state| {
        (state.receiving == airlift::engine::ReceivingState::Off).then_some(())
    });
    let id = sender.send(port, &[letter(&sender)]);
    has_failed(&sender.report(id));
    // Nobody is there yet: it fails as before, and can be tried as before.
    again(&mut sender, id);
    has_failed(&sender.report(id));
    receiver.receive_on(port, Consent::All);
    again(&mut sender, id);
    let report = sender.report(id);
    assert_eq!((report.outcome, report.retry), (Outcome::Complete, Retry::Impossible));
    assert_eq!(receiver.arrived(), ["letter"]);
    assert_eq!(sender.state.transfers.len(), 1, "it is one row");
}

#[test]
fn however_often_it_is_asked_for_one_try_begins_when_another_has_ended_and_no_sooner() {
    let mut sender = Device::start("Anna");
    // Nobody is there.
    let port = sender.receive(Consent::All);
    sender.tell(Command::StopReceiving);
    sender.until("that it stops", |state| {
        (state.receiving == airlift::engine::ReceivingState::Off).then_some(())
    });
    let id = sender.send(port, &[letter(&sender)]);
    let (mut is_over, mut tries) = (false, 0);
    while tries < 300 {
        (0..4).for_each(|_| sender.tell(Command::Retry(id)));
        for event in sender.drain() {
            let Event::Transfer(row) = event else { continue };
            assert!(!(is_over && row.is_finished()), "the end of one was written over another");
            tries += u32::from(row.is_finished());
            is_over = row.is_finished();
        }
    }
    has_failed(&sender.report(id));
}

#[test]
fn what_was_declined_asks_once_more_and_is_another_offer() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::Ask);
    let id = sender.send(port, &[letter(&sender)]);
    let first = asked(&mut receiver);
    receiver.tell(Command::Answer { id: first, answer: Answer::Decline(None) });
    let report = sender.report(id);
    assert!(matches!(report.outcome, Outcome::Declined { by: Side::There, .. }));
    has_failed(&report);
    receiver.report(first);
    again(&mut sender, id);
    let second = asked(&mut receiver);
    assert_ne!(first, second, "an id that has come to its end is another’s");
    accept(&receiver, second);
    assert_eq!(sender.report(id).outcome, Outcome::Complete);
    assert_eq!(receiver.arrived(), ["letter"]);
}

#[test]
fn what_the_receiver_has_given_up_while_it_rested_is_offered_anew_and_not_answered_with_its_end() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::Ask);
    let limit = Some(ByteRate::MIN);
    sender.tell(Command::Apply(Settings { limit, ..sender.state.settings.clone() }));
    let path = sender.inbox.path().join("film");
    fs::write(&path, noise(7, 40 << 20)).unwrap();
    let id = sender.send(port, &[path]);
    let first = asked(&mut receiver);
    accept(&receiver, first);
    for (device, id) in [(&mut sender, id), (&mut receiver, first)] {
        device.until("content", |state| (state.transfer(id)?.state == TransferState::Active).then_some(()));
    }
    sender.tell(Command::Pause(id));
    let paused = TransferState::Paused(Pause::Person(Side::There));
    receiver.until("a pause", |state| (state.transfer(first)?.state == paused).then_some(()));
    receiver.tell(Command::Cancel(first));
    receiver.report(first);
    sender.tell(Command::Apply(Settings { limit: None, ..sender.state.settings.clone() }));
    sender.tell(Command::Resume(id));
    let report = sender.report(id);
    assert_eq!(report.outcome, Outcome::Cancelled { by: Side::There });
    has_failed(&report);
    again(&mut sender, id);
    let second = asked(&mut receiver);
    accept(&receiver, second);
    assert_eq!(sender.report(id).outcome, Outcome::Complete);
    assert_eq!(receiver.arrived(), ["film"]);
}

#[test]
fn what_cannot_be_read_twice_or_was_given_up_here_or_raised_an_alarm_is_not_begun_anew() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::Ask);
    let send = |sender: &Device, source, strangers| {
        let id = Handle::new_transfer();
        let to = Address { host: "127.0.0.1".into(), port: Some(port) };
        let manner = Manner { strangers, ..Manner::default() };
        sender.tell(Command::Send { id, to: to.into(), sources: vec![source], manner });
        id
    };
    let paths = Source::Path(letter(&sender));
    let alarmed = send(&sender, paths.clone(), Strangers::Compare);
    sender.until("a code", |state| state.transfer(alarmed)?.meeting.map(|_| ()));
    sender.tell(Command::Differ(alarmed));
    let given_up = {
        sender.report(alarmed);
        receiver.received(0);
        send(&sender, paths, Strangers::GoAhead)
    };
    sender
        .until("an offer", |state| (state.transfer(given_up)?.state == TransferState::Waiting).then_some(()));
    sender.tell(Command::Cancel(given_up));
    let stream = send(&sender, Source::StandardInput { name: "x".into() }, Strangers::GoAhead);
    let waits = |t: &&Transfer| t.direction == Direction::Receive && t.asks();
    if sender.report(given_up).outcome == (Outcome::Cancelled { by: Side::Here }) {
        let asked = receiver.until("the stream", |state| {
            state.transfers.iter().find(waits).filter(|t| t.summary.streams == 1).map(|t| t.id)
        });
        receiver.tell(Command::Answer { id: asked, answer: Answer::Decline(None) });
    }
    for id in [alarmed, given_up, stream] {
        let report = sender.report(id);
        assert_ne!(report.outcome, Outcome::Complete);
        assert_eq!(report.retry, Retry::Impossible, "{report:?}");
    }
}
