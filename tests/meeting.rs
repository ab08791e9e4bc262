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
    engine::{Command, Consent, DeviceChange, Handle, Manner, Snapshot},
    model::{
        Address, Agreement, Answer, CompareCode, Direction, Landing, Meeting, Outcome, Problem, Side, Source,
        Summary, Transfer, TransferId, TransferState, Trust,
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

    /// What is to be compared at the receiver, and the code that it shows.
    fn compared(&mut self) -> (TransferId, CompareCode) {
        self.ben.until("a code to compare", |state| {
            let met = state.transfers.iter().find(|t| t.compares())?;
            Some((met.id, met.meeting?.code))
        })
    }

    /// The offer that waits for an answer at the receiver.
    fn question(&mut self) -> Transfer {
        self.ben.until("a question", |state| state.transfers.iter().find(|t| t.asks()).cloned())
    }

    /// What is known of it at the receiver is how much it is.
    fn is_nameless(&self, id: TransferId) -> bool {
        let Summary { files, folders, bytes, top, .. } = &self.ben.state.transfer(id).unwrap().summary;
        (*files, *folders, *bytes, top.len()) == (1, 0, 13, 0)
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

/// Whether the person there has said that the codes are the same.
fn given(state: &Snapshot, id: TransferId) -> Option<()> {
    (state.transfer(id)?.meeting?.here == Agreement::Given).then_some(())
}

fn knows_one(state: &Snapshot) -> Option<Trust> {
    state.known.first().map(|known| known.trust)
}

#[test]
fn two_that_meet_show_the_same_code_and_know_each_other_after_both_have_agreed() {
    let mut two = Two::new(Consent::Ask);
    let sent = two.send(two.port);
    let (coming, at_ben) = two.compared();
    assert_eq!(asked(&mut two.anna, sent), at_ben);
    assert!(two.is_nameless(coming));
    two.ben.tell(Command::Agree(coming));
    two.ben.until("that it was said", |state| given(state, coming));
    // Nothing is told before Anna has compared it, too.
    two.anna.until("that it waits", |state| {
        (state.transfer(sent)?.state == TransferState::Comparing).then_some(())
    });
    assert!(two.is_nameless(coming));
    two.anna.tell(Command::Agree(sent));
    let question = two.question();
    assert_eq!(
        (question.id, question.meeting, question.summary.title()),
        (coming, None, "letter".to_owned())
    );
    assert_eq!(two.anna.until("Ben is known", knows_one), Trust::Known);
    assert_eq!(two.ben.until("Anna is known", knows_one), Trust::Known);
    assert_eq!(two.ben.arrived(), Vec::<String>::new());
    two.accept(coming);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
    assert_eq!(two.ben.report(coming).outcome, Outcome::Complete);
    assert_eq!(two.ben.arrived(), ["letter"]);
    // The next time nobody compares anything.
    let sent = two.send(two.port);
    let question = two.question();
    assert_eq!(question.meeting, None);
    two.accept(question.id);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
}

#[test]
fn the_sender_may_agree_before_the_receiver_does() {
    let mut two = Two::new(Consent::Ask);
    let sent = two.send(two.port);
    let (coming, code) = two.compared();
    assert_eq!(asked(&mut two.anna, sent), code);
    two.anna.tell(Command::Agree(sent));
    two.anna.until("that it was said", |state| given(state, sent));
    assert!(two.is_nameless(coming));
    // A yes to the files is no word on the code.
    two.accept(coming);
    two.ben.tell(Command::Agree(coming));
    let question = two.question();
    two.accept(question.id);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
}

#[test]
fn a_receiver_s_person_who_compares_nothing_and_declines_has_heard_no_name() {
    let mut two = Two::new(Consent::Ask);
    let sent = two.send(two.port);
    let (coming, _) = two.compared();
    two.ben.tell(Command::Answer { id: coming, answer: Answer::Decline(None) });
    let outcome = two.anna.report(sent).outcome;
    assert_eq!(outcome, Outcome::Declined { by: Side::There, reason: None });
    two.ben.report(coming);
    assert!(two.is_nameless(coming));
    assert!(two.anna.state.known.is_empty() && two.ben.state.known.is_empty());
}

#[test]
fn a_policy_that_declines_shows_a_stranger_no_code_and_hears_no_name() {
    let mut two = Two::new(Consent::Nobody("nobody is there"));
    let sent = two.send(two.port);
    let outcome = two.anna.report(sent).outcome;
    let reason = Some("nobody is there".to_owned());
    assert_eq!(outcome, Outcome::Declined { by: Side::There, reason });
    let coming =
        two.ben.until("the end", |state| state.transfers.iter().find(|t| t.is_finished()).map(|t| t.id));
    assert!(two.is_nameless(coming));
    assert_eq!(two.ben.state.transfer(coming).unwrap().meeting, None);
    assert_eq!(two.anna.state.transfer(sent).unwrap().meeting, None);
}

#[test]
fn a_receiver_that_knows_the_sender_shows_the_code_and_asks_nobody() {
    let mut two = Two::new(Consent::Ask);
    let id = two.anna.state.device.id;
    two.ben.tell(Command::Device { id, change: DeviceChange::Trust(Trust::Known) });
    two.ben.until("that it knows her", knows_one);
    let sent = two.send(two.port);
    let code = asked(&mut two.anna, sent);
    let coming = two.ben.until("the code", |state| {
        state.transfers.iter().find(|t| t.state == TransferState::Comparing).cloned()
    });
    assert_eq!(coming.meeting, Some(Meeting { code, here: Agreement::NotNeeded }));
    assert!(!coming.compares() && two.is_nameless(coming.id));
    two.anna.tell(Command::Agree(sent));
    let question = two.question();
    two.accept(question.id);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
}

#[test]
fn a_receiver_that_accepts_everything_gets_nothing_before_the_sender_has_compared() {
    let mut two = Two::new(Consent::All);
    let sent = two.send(two.port);
    asked(&mut two.anna, sent);
    let coming = two.ben.until("the code", |state| {
        state.transfers.iter().find(|t| t.state == TransferState::Comparing).map(|t| t.id)
    });
    assert!(two.is_nameless(coming));
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
            let (question, _) = two.compared();
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
            two.ben.tell(Command::Agree(question));
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
    two.ben.until("the code", |state| {
        state.transfers.iter().find(|t| t.state == TransferState::Comparing).map(drop)
    });
    drop(two.anna);
    let outcome = two.ben.received(0).outcome;
    assert!(
        matches!(
            &outcome,
            Outcome::Failed(Problem { side: Side::There, .. }) | Outcome::Cancelled { by: Side::There }
        ),
        "{outcome:?}"
    );
    assert!(two.ben.state.known.is_empty());
    assert_eq!(two.ben.arrived(), Vec::<String>::new());
}

#[test]
fn somebody_in_the_middle_who_meets_both_shows_each_another_code() {
    for _ in 0..3 {
        let mut two = Two::new(Consent::Ask);
        let middle = Middle::before(two.port, Skill::Meets);
        let sent = two.send(middle.port);
        let at_anna = asked(&mut two.anna, sent);
        let (question, at_ben) = two.compared();
        assert_ne!(at_anna, at_ben);
        // Ben is careless. Anna is not.
        two.ben.tell(Command::Agree(question));
        two.ben.until("that it was said", |state| given(state, question));
        two.anna.tell(Command::Differ(sent));
        assert!(matches!(two.anna.report(sent).outcome, Outcome::Failed(_)));
        two.ben.until("the end", |state| state.transfer(question)?.is_finished().then_some(()));
        assert_eq!(two.ben.arrived(), Vec::<String>::new());
        assert!(!middle.has_seen(b"letter") && !middle.has_seen(b"for Ben alone"));
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
    let told = mallory.until("how much it is", |state| {
        state.transfers.iter().find(|t| t.state == TransferState::Comparing).map(|t| t.summary.clone())
    });
    assert_eq!((told.files, told.bytes, told.top), (1, 13, Vec::new()));
    two.anna.tell(Command::Cancel(sent));
    assert!(matches!(two.anna.report(sent).outcome, Outcome::Cancelled { by: Side::Here }));
    assert!(matches!(mallory.received(0).outcome, Outcome::Cancelled { by: Side::There }));
    assert_eq!(mallory.arrived(), Vec::<String>::new());
    assert!(two.ben.state.transfers.iter().all(|t| t.direction == Direction::Send));
}
