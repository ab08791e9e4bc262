//! First meetings: two persons compare what their screens show, and somebody who stands between them is
//! found out before anything is sent.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that can't go on has failed")]

#[path = "meeting/codes.rs"]
mod codes;
#[path = "meeting/guessing.rs"]
mod guessing;
mod support;

use std::{fs, path::PathBuf};

use airlift::{
    engine::{Command, Consent, Handle, Manner, Snapshot},
    model::{
        Address, Agreement, Answer, CompareCode, Direction, Landing, Outcome, Problem, Side, Source,
        TransferId, TransferState, Trust,
    },
    wire::limits,
};
use support::device::Device;
use support::middle::{Middle, Skill};

/// Two that have never met, and what one sends.
struct Two {
    anna: Device,
    ben: Device,
    port: u16,
    file: PathBuf,
}

impl Two {
    fn new(consent: Consent) -> Self {
        let (anna, mut ben) = (Device::start("Anna"), Device::start("Ben"));
        let port = ben.receive(consent);
        let file = anna.inbox.path().join("letter");
        fs::write(&file, b"for Ben alone").unwrap();
        Self { anna, ben, port, file }
    }

    /// As a person does at a window.
    fn send(&self, port: u16) -> TransferId {
        let id = Handle::new_transfer();
        let to = Address { host: "127.0.0.1".into(), port: Some(port) };
        let (sources, manner) = (vec![Source::Path(self.file.clone())], Manner::default());
        self.anna.tell(Command::Send { id, to: to.into(), sources, manner });
        id
    }

    /// The question at the receiver, and the code that it shows.
    fn question(&mut self) -> (TransferId, CompareCode) {
        self.ben.until("a question with a code", |state| {
            let asking = state.transfers.iter().find(|t| t.asks())?;
            Some((asking.id, asking.meeting?.code))
        })
    }

    fn accept(&self, id: TransferId) {
        let folder = Some(self.ben.inbox.path().to_owned());
        let answer = Answer::Accept(Landing { folder, ..Landing::default() });
        self.ben.tell(Command::Answer { id, answer });
    }
}

/// The code that a sender's person is asked about.
fn asked(device: &mut Device, id: TransferId) -> CompareCode {
    device.until("a code to compare", |state| {
        let meeting = state.transfer(id)?.meeting?;
        (meeting.here == Agreement::Asked).then_some(meeting.code)
    })
}

fn knows_one(state: &Snapshot) -> Option<Trust> {
    state.known.first().map(|known| known.trust)
}

#[test]
fn two_that_meet_show_the_same_code_and_know_each_other_after_both_have_agreed() {
    let mut two = Two::new(Consent::Ask);
    let sent = two.send(two.port);
    let (question, at_ben) = two.question();
    assert_eq!(asked(&mut two.anna, sent), at_ben);
    two.accept(question);
    two.ben.until("that it was accepted", |state| {
        (state.transfer(question)?.meeting?.here == Agreement::Given).then_some(())
    });
    // Nothing comes before Anna has compared it, too.
    assert_eq!(two.ben.arrived(), Vec::<String>::new());
    two.anna.until("that it waits", |state| {
        (state.transfer(sent)?.state == TransferState::Waiting).then_some(())
    });
    two.anna.tell(Command::Agree(sent));
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
    assert_eq!(two.ben.report(question).outcome, Outcome::Complete);
    assert_eq!(two.ben.arrived(), ["letter"]);
    assert_eq!(two.anna.until("Ben is known", knows_one), Trust::Known);
    assert_eq!(two.ben.until("Anna is known", knows_one), Trust::Known);
    // The next time nobody compares anything.
    let sent = two.send(two.port);
    let question = two.ben.until("a question", |state| Some(state.transfers.iter().find(|t| t.asks())?.id));
    assert_eq!(two.ben.state.transfer(question).unwrap().meeting, None);
    two.accept(question);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
}

#[test]
fn the_sender_may_agree_before_the_receiver_has_answered() {
    let mut two = Two::new(Consent::Ask);
    let sent = two.send(two.port);
    let (question, code) = two.question();
    assert_eq!(asked(&mut two.anna, sent), code);
    two.anna.tell(Command::Agree(sent));
    two.anna.until("that it was said", |state| {
        (state.transfer(sent)?.meeting?.here == Agreement::Given).then_some(())
    });
    assert_eq!(two.ben.arrived(), Vec::<String>::new());
    two.accept(question);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
}

#[test]
fn a_receiver_that_accepts_everything_gets_nothing_before_the_sender_has_compared() {
    let mut two = Two::new(Consent::All);
    let sent = two.send(two.port);
    asked(&mut two.anna, sent);
    two.ben.until("that it is accepted", |state| {
        state.transfers.iter().find(|t| t.state == TransferState::Active).map(drop)
    });
    two.anna.tell(Command::Differ(sent));
    let outcome = two.anna.report(sent).outcome;
    assert!(is_alarm(&outcome, Side::Here), "{outcome:?}");
    let outcome = two.ben.received(0).outcome;
    assert!(is_alarm(&outcome, Side::There), "{outcome:?}");
    assert_eq!(two.ben.arrived(), Vec::<String>::new());
    assert!(two.anna.state.known.is_empty() && two.ben.state.known.is_empty());
}

/// What both persons are told when one of them has seen another code.
fn is_alarm(outcome: &Outcome, by: Side) -> bool {
    let what = match by {
        Side::Here => "The two devices showed different codes",
        Side::There => "The person at the other device has seen another code",
    };
    matches!(outcome, Outcome::Failed(Problem { side, text, .. })
        if *side == by && text.starts_with(what) && text.contains("use a code that you tell each other"))
}

#[test]
fn that_the_codes_differ_is_an_alarm_on_both_screens_at_once_whoever_has_seen_it() {
    for seen_by in [Direction::Send, Direction::Receive] {
        let mut two = Two::new(Consent::Ask);
        for _ in 0..limits::MAX_MISMATCHES {
            let sent = two.send(two.port);
            let (question, _) = two.question();
            asked(&mut two.anna, sent);
            let (at_anna, at_ben) = match seen_by {
                Direction::Send => {
                    two.anna.tell(Command::Differ(sent));
                    (Side::Here, Side::There)
                }
                Direction::Receive => {
                    two.ben.tell(Command::Differ(question));
                    (Side::There, Side::Here)
                }
            };
            let outcome = two.anna.report(sent).outcome;
            assert!(is_alarm(&outcome, at_anna), "{outcome:?}");
            let outcome = two.ben.report(question).outcome;
            assert!(is_alarm(&outcome, at_ben), "{outcome:?}");
            // Whoever says yes now says it to nothing.
            two.accept(question);
        }
        // Both have counted: neither meets anybody new.
        let sent = two.send(two.port);
        let Outcome::Failed(Problem { side: Side::Here, text, .. }) = two.anna.report(sent).outcome else {
            panic!("somebody was met");
        };
        assert!(text.contains("meets no new ones"), "{text}");
        let other = Device::start("Carl");
        let mut others = Two { anna: other, ..two };
        let sent = others.send(others.port);
        let outcome = others.anna.report(sent).outcome;
        assert!(
            matches!(&outcome, Outcome::Declined { by: Side::There, reason: Some(why) } if why.contains("no new devices")),
            "{outcome:?}"
        );
        assert_eq!(others.ben.arrived(), Vec::<String>::new());
    }
}

#[test]
fn a_sender_that_leaves_before_it_has_compared_leaves_nothing_behind() {
    let mut two = Two::new(Consent::All);
    let sent = two.send(two.port);
    asked(&mut two.anna, sent);
    two.ben.until("that it is accepted", |state| {
        state.transfers.iter().find(|t| t.state == TransferState::Active).map(drop)
    });
    drop(two.anna);
    let outcome = two.ben.received(0).outcome;
    assert!(
        matches!(&outcome, Outcome::Failed(Problem { side: Side::There, text, .. }) if text.contains("compared")),
        "{outcome:?}"
    );
    assert_eq!(two.ben.arrived(), Vec::<String>::new());
}

#[test]
fn somebody_in_the_middle_who_meets_both_shows_each_another_code() {
    for _ in 0..3 {
        let mut two = Two::new(Consent::Ask);
        let middle = Middle::before(two.port, Skill::Meets);
        let sent = two.send(middle.port);
        let at_anna = asked(&mut two.anna, sent);
        let (question, at_ben) = two.question();
        assert_ne!(at_anna, at_ben);
        // Ben is careless. Anna is not.
        two.accept(question);
        two.anna.tell(Command::Differ(sent));
        assert!(matches!(two.anna.report(sent).outcome, Outcome::Failed(_)));
        two.ben.until("the end", |state| state.transfer(question)?.is_finished().then_some(()));
        assert_eq!(two.ben.arrived(), Vec::<String>::new());
        assert!(middle.has_seen(b"letter") && !middle.has_seen(b"for Ben alone"));
    }
}

#[test]
fn somebody_who_passes_on_every_byte_is_found_out_without_anybody_comparing() {
    let mut two = Two::new(Consent::All);
    let middle = Middle::before(two.port, Skill::Forwards);
    let sent = two.send(middle.port);
    let outcome = two.anna.report(sent).outcome;
    assert!(
        matches!(&outcome, Outcome::Failed(Problem { text, .. }) if text.contains("stand between them")),
        "{outcome:?}"
    );
    assert_eq!(two.ben.arrived(), Vec::<String>::new());
    assert!(!middle.has_seen(b"for Ben alone"));
}

#[test]
fn somebody_in_the_middle_who_accepts_in_bens_name_gets_nothing_before_anna_has_compared() {
    let mut two = Two::new(Consent::Ask);
    // To Anna, it is a device that accepts everything.
    let mut mallory = Device::start("Ben");
    let port = mallory.receive(Consent::All);
    let sent = two.send(port);
    asked(&mut two.anna, sent);
    // It has come whole there, and was accepted: of one that is called off before, nothing is told.
    mallory.until("the offer", |state| state.transfers.first().map(|_| ()));
    two.anna.tell(Command::Cancel(sent));
    assert!(matches!(two.anna.report(sent).outcome, Outcome::Cancelled { by: Side::Here }));
    assert!(matches!(mallory.received(0).outcome, Outcome::Cancelled { by: Side::There }));
    assert_eq!(mallory.arrived(), Vec::<String>::new());
    assert!(two.ben.state.transfers.iter().all(|t| t.direction == Direction::Send));
}
