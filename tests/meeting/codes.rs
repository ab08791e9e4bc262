//! Codes: what somebody can do who doesn't know the words, or stands between two who do.

use std::{fs, path::PathBuf};

use airlift::{
    engine::{
        CodeState, Command, Consent, DeviceChange, Handle, Manner, ReceivingState, Remember, Settings,
        Strangers,
    },
    identity::random,
    model::{
        Address, ByteRate, Outcome, PairingCode, Problem, ProblemKind, Proof, Retry, Side, Source, Target,
        TransferId, TransferState, Trust,
    },
    net::Listener,
    pairing::{self, Answering, Asking, Ends},
    wire::{FromReceiver, FromSender, frame, limits},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{
    device::{Device, Rogue, file, hear, say},
    middle::{Middle, Skill},
};

/// Why whoever comes without the code is declined here.
const NOBODY: &str = "there is nobody to ask";

/// Ben has given out a code, and Anna was told it.
struct Two {
    anna: Device,
    ben: Device,
    port: u16,
    code: PairingCode,
    file: PathBuf,
}

impl Two {
    fn new() -> Self {
        let (anna, mut ben) = (Device::start("Anna"), Device::start("Ben"));
        let port = ben.receive(Consent::Nobody(NOBODY));
        let file = anna.inbox.path().join("letter");
        fs::write(&file, b"for Ben alone").unwrap();
        let mut two = Self { anna, ben, port, code: Handle::new_code(), file };
        two.give(Remember::Known);
        two
    }

    fn give(&mut self, remember: Remember) {
        self.ben.tell(Command::GiveCode { code: Some(self.code), remember });
        let given = self.code;
        self.ben.until("the code", |state| {
            matches!(state.code, CodeState::Given { code, .. } if code == given).then_some(())
        });
    }

    fn send(&self, port: u16, remember: Remember) -> TransferId {
        let id = Handle::new_transfer();
        let to = Address { host: "127.0.0.1".into(), port: Some(port) };
        let manner =
            Manner { strangers: Strangers::Compare, remember, code: Some(self.code), ..Manner::default() };
        let sources = vec![Source::Path(self.file.clone())];
        self.anna.tell(Command::Send { id, to: to.into(), sources, manner });
        id
    }

    fn becomes(&mut self, code: &CodeState) {
        self.ben.until("the end of the code", |state| (state.code == *code).then_some(()));
    }

    /// How it fails at Anna.
    fn fails(&mut self, id: TransferId) -> Problem {
        match self.anna.report(id).outcome {
            Outcome::Failed(problem) => problem,
            other => panic!("{other:?}"),
        }
    }
}

/// The first half of a try by somebody who doesn't know the words, on a new connection.
async fn begin(rogue: &Rogue, port: u16) -> (airlift::net::Connection, Option<FromReceiver>) {
    let mut connection = rogue.dial(port).await;
    let binding = connection.exported(pairing::BINDING).unwrap();
    let ends = Ends { binding, sender: rogue.identity.id(), receiver: connection.peer };
    let (_, element) = Asking::begin("1-zoo-zoo".parse().unwrap(), ends);
    say(&mut connection, &FromSender::Pair { element }).await;
    let answer = hear(&mut connection).await;
    (connection, answer)
}

#[test]
fn whoever_knows_the_code_is_let_in_without_a_question_and_known_as_each_side_wants_it() {
    let mut two = Two::new();
    two.give(Remember::Trusted);
    let sent = two.send(two.port, Remember::Known);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
    assert_eq!(two.ben.received(0).outcome, Outcome::Complete);
    assert_eq!(two.ben.arrived(), ["letter"]);
    two.becomes(&CodeState::Used);
    for (device, trust) in [(&mut two.anna, Trust::Known), (&mut two.ben, Trust::Trusted)] {
        let known = device.until("that they know each other", |state| state.known.first().cloned());
        assert_eq!((known.trust, known.proof), (trust, Proof::Code));
        // Nobody has compared anything.
        assert!(device.state.transfers.iter().all(|t| t.meeting.is_none()));
    }
}

#[test]
fn somebody_in_the_middle_who_passes_on_the_right_code_is_believed_by_neither() {
    let mut two = Two::new();
    let middle = Middle::before(two.port, Skill::Forwards);
    let sent = two.send(middle.port, Remember::Trusted);
    let problem = two.fails(sent);
    assert_eq!((problem.side, problem.kind), (Side::There, ProblemKind::Other));
    assert!(problem.text.contains("The code is wrong"), "{}", problem.text);
    two.becomes(&CodeState::Spent);
    assert_eq!(two.ben.arrived(), Vec::<String>::new());
    assert!(!middle.has_seen(b"letter"));
    assert!(two.anna.state.known.is_empty() && two.ben.state.known.is_empty());
}

#[test]
fn a_try_that_is_broken_off_or_never_ends_spends_the_code() {
    for breaks_off in [true, false] {
        let mut two = Two::new();
        let (rogue, port) = (Rogue::new(), two.port);
        let held = two.anna.engine.block_on(async {
            let (connection, answer) = begin(&rogue, port).await;
            assert!(matches!(answer, Some(FromReceiver::Pair { .. })), "{answer:?}");
            // Nobody else can try meanwhile.
            let (_, answer) = begin(&rogue, port).await;
            assert!(
                matches!(&answer, Some(FromReceiver::Decline { reason: Some(why) }) if why.contains("somebody else")),
                "{answer:?}"
            );
            (!breaks_off).then_some(connection)
        });
        two.becomes(&CodeState::Spent);
        drop(held);
        let sent = two.send(two.port, Remember::Known);
        assert!(two.fails(sent).text.contains("tried a wrong one"));
        // A new one is as good as new.
        two.give(Remember::Known);
        let sent = two.send(two.port, Remember::Known);
        assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
    }
}

#[test]
fn what_tells_nothing_of_a_guess_does_not_spend_the_code() {
    let mut two = Two::new();
    let (rogue, port) = (Rogue::new(), two.port);
    let silent = two.anna.engine.block_on(async {
        // No point of the curve, and so no try.
        let mut connection = rogue.dial(port).await;
        say(&mut connection, &FromSender::Pair { element: [2; 32] }).await;
        assert_eq!(hear(&mut connection).await, None);
        // A proof of nothing; and a message that is longer than a first one may be, and cut off.
        let mut connection = rogue.dial(port).await;
        say(&mut connection, &FromSender::PairProof { proof: random() }).await;
        assert_eq!(hear(&mut connection).await, None);
        let mut connection = rogue.dial(port).await;
        connection.stream.write_all(&u32::MAX.to_le_bytes()).await.unwrap();
        connection.stream.flush().await.unwrap();
        assert_eq!(hear(&mut connection).await, None);
        let mut connection = rogue.dial(port).await;
        let torn = &frame::encode(&FromSender::Pair { element: [9; 32] })[..20];
        connection.stream.write_all(torn).await.unwrap();
        connection.stream.flush().await.unwrap();
        drop(connection);
        // As many who say nothing at all as are let in at once.
        let mut silent = Vec::new();
        for _ in 0..3 {
            silent.push(rogue.dial(port).await);
        }
        silent
    });
    let sent = two.send(two.port, Remember::Known);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
    drop(silent);
}

#[test]
fn after_the_proof_only_an_offer_may_come_and_before_it_none_is_taken() {
    let mut two = Two::new();
    let (rogue, port, code) = (Rogue::new(), two.port, two.code);
    two.anna.engine.block_on(async {
        // Without the code, it is an offer like any other: declined.
        let mut connection = rogue.greet(port).await;
        say(&mut connection, &FromSender::Entries(vec![file("x", 1)])).await;
        say(&mut connection, &crate::support::device::NOTHING_SKIPPED).await;
        let answer = hear(&mut connection).await;
        assert!(
            matches!(&answer, Some(FromReceiver::Decline { reason: Some(why) }) if why == NOBODY),
            "{answer:?}"
        );
        let mut connection = rogue.dial(port).await;
        let binding = connection.exported(pairing::BINDING).unwrap();
        let ends = Ends { binding, sender: rogue.identity.id(), receiver: connection.peer };
        let (asking, element) = Asking::begin(code, ends);
        say(&mut connection, &FromSender::Pair { element }).await;
        let Some(FromReceiver::Pair { element }) = hear(&mut connection).await else { panic!("no answer") };
        let (proving, proof) = asking.prove(&element).unwrap();
        say(&mut connection, &FromSender::PairProof { proof }).await;
        let Some(FromReceiver::Paired { proof }) = hear(&mut connection).await else { panic!("no proof") };
        proving.check(&proof).unwrap();
        say(&mut connection, &FromSender::Lane { token: random() }).await;
        assert_eq!(hear(&mut connection).await, None);
    });
    two.becomes(&CodeState::Used);
    assert_eq!(two.ben.arrived(), Vec::<String>::new());
}

/// How far somebody goes who has not been told the code.
#[derive(Clone, Copy)]
enum Goes {
    BeforeTheProof,
    WithTheProof,
    /// Its own words come back to it.
    AfterAnAnswer,
}

/// Somebody who says that they have given out the code, and has not been told it: where, and what comes after the proof.
fn guesser(goes: Goes) -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    let identity = airlift::identity::Identity::ephemeral().unwrap();
    let tls = airlift::net::Tls::new(&identity).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(async { Listener::loopback(tls).unwrap() });
    let port = listener.port().unwrap();
    (port, std::thread::spawn(move || runtime.block_on(guess(listener, identity.id(), goes))))
}

#[test]
fn whoever_answers_without_knowing_the_code_gets_one_guess_and_no_file() {
    let mut two = Two::new();
    let (port, guessing) = guesser(Goes::AfterAnAnswer);
    let sent = two.send(port, Remember::Trusted);
    let problem = two.fails(sent);
    assert!(problem.text.contains("The code is wrong"), "{}", problem.text);
    assert_eq!(guessing.join().unwrap(), Vec::<u8>::new(), "nothing comes after the proof");
    assert!(two.anna.state.known.is_empty());
}

/// Guesses, says what it likes, and returns what comes after that.
async fn guess(listener: Listener, us: airlift::model::DeviceId, goes: Goes) -> Vec<u8> {
    let mut anna = listener.accept().await.unwrap().identify().await.unwrap();
    let FromSender::Pair { element } = heard(&mut anna).await else { panic!("no element") };
    if matches!(goes, Goes::BeforeTheProof) {
        return Vec::new();
    }
    let binding = anna.exported(pairing::BINDING).unwrap();
    let ends = Ends { binding, sender: anna.peer, receiver: us };
    let (guess, element) = Answering::begin("1-zoo-zoo".parse().unwrap(), ends, &element).unwrap();
    tell(&mut anna, &FromReceiver::Pair { element }).await;
    let FromSender::PairProof { proof } = heard(&mut anna).await else { panic!("no proof") };
    assert!(guess.check(&proof).is_err());
    if matches!(goes, Goes::WithTheProof) {
        return Vec::new();
    }
    tell(&mut anna, &FromReceiver::Paired { proof }).await;
    let mut rest = Vec::new();
    // Closed, in whatever way.
    let _ = anna.stream.read_to_end(&mut rest).await;
    rest
}

#[test]
fn a_code_that_was_refused_or_that_somebody_has_guessed_at_is_not_tried_once_more() {
    let mut two = Two::new();
    for (goes, retry) in [
        (Goes::BeforeTheProof, Retry::Possible),
        (Goes::WithTheProof, Retry::Impossible),
        (Goes::AfterAnAnswer, Retry::Impossible),
    ] {
        let (port, guessing) = guesser(goes);
        let sent = two.send(port, Remember::Known);
        let report = two.anna.report(sent);
        assert_eq!(report.retry, retry, "{report:?}");
        guessing.join().unwrap();
    }
    two.ben.tell(Command::GiveCode { code: None, remember: Remember::Known });
    two.becomes(&CodeState::None);
    let sent = two.send(two.port, Remember::Known);
    let report = two.anna.report(sent);
    assert_eq!(report.retry, Retry::Impossible, "{report:?}");
}

#[test]
fn another_try_after_the_code_was_shown_goes_to_whoever_has_shown_it_and_to_nobody_else_who_is_known() {
    let (mut two, mut carl) = (Two::new(), Device::start("Carl"));
    two.anna.know(carl.state.device.id);
    fs::write(&two.file, vec![7; 16 << 20]).unwrap();
    let limit = ByteRate::new(4_000_000);
    two.anna.tell(Command::Apply(Settings { limit, ..two.anna.state.settings.clone() }));
    let sent = two.send(two.port, Remember::Known);
    let comes = two.ben.until("content", |state| {
        Some(state.transfers.iter().find(|t| t.state == TransferState::Active)?.id)
    });
    two.ben.tell(Command::Cancel(comes));
    let report = two.anna.report(sent);
    assert_eq!((&report.outcome, report.retry), (&Outcome::Cancelled { by: Side::There }, Retry::Possible));
    let Two { mut anna, ben, port, .. } = two;
    ben.stop();
    carl.receive_on(port, Consent::All);
    anna.tell(Command::Apply(Settings { limit: None, ..anna.state.settings.clone() }));
    anna.tell(Command::Retry(sent));
    anna.until("another try", |state| (!state.transfer(sent)?.is_finished()).then_some(()));
    let report = anna.report(sent);
    assert!(matches!(report.outcome, Outcome::Failed(_)), "{report:?}");
    carl.drain();
    assert!(carl.state.transfers.is_empty() && carl.arrived().is_empty());
    // It is still Ben who is meant.
    assert_eq!(report.retry, Retry::Possible, "{report:?}");
}

async fn heard(connection: &mut airlift::net::Connection) -> FromSender {
    let mut header = [0; frame::HEADER];
    connection.stream.read_exact(&mut header).await.unwrap();
    let mut body = vec![0; frame::body_len(header, 4096).unwrap()];
    connection.stream.read_exact(&mut body).await.unwrap();
    frame::decode(&body).unwrap()
}

async fn tell(connection: &mut airlift::net::Connection, message: &FromReceiver) {
    connection.stream.write_all(&frame::encode(message)).await.unwrap();
    connection.stream.flush().await.unwrap();
}

#[test]
fn a_code_is_good_for_nothing_once_it_was_taken_back_or_nobody_receives() {
    let mut two = Two::new();
    two.ben.tell(Command::GiveCode { code: None, remember: Remember::Known });
    two.becomes(&CodeState::None);
    let sent = two.send(two.port, Remember::Known);
    let problem = two.fails(sent);
    assert!(problem.text.contains("it has given out none"), "{}", problem.text);
    two.give(Remember::Known);
    two.ben.tell(Command::StopReceiving);
    two.ben.until("that nobody receives", |state| {
        (state.receiving == ReceivingState::Off && state.code == CodeState::None).then_some(())
    });
    // Where nobody is let in, none is given out.
    two.ben.tell(Command::GiveCode { code: Some(two.code), remember: Remember::Known });
    let port = two.ben.receive_on(two.port, Consent::Nobody(NOBODY));
    let sent = two.send(port, Remember::Known);
    assert!(two.fails(sent).text.contains("it has given out none"));
}

#[test]
fn a_code_that_leads_nowhere_says_so() {
    let mut two = Two::new();
    let id = Handle::new_transfer();
    let sources = vec![Source::Path(two.file.clone())];
    let (to, manner) = (Target::Code(two.code), Manner::default());
    two.anna.tell(Command::Send { id, to, sources, manner });
    let problem = two.fails(id);
    assert_eq!((problem.side, problem.kind), (Side::Here, ProblemKind::Unreachable));
    assert!(!format!("{:?}", two.anna.state.transfers).contains(&two.code.to_string()), "no words are kept");
}

#[test]
fn where_codes_to_compare_have_differed_too_often_a_code_that_was_told_still_opens() {
    let mut two = Two::new();
    two.ben.receive_on(two.port, Consent::Ask);
    for _ in 0..limits::MAX_MISMATCHES {
        let id = Handle::new_transfer();
        let to = Address { host: "127.0.0.1".into(), port: Some(two.port) };
        let sources = vec![Source::Path(two.file.clone())];
        two.anna.tell(Command::Send { id, to: to.into(), sources, manner: Manner::default() });
        let question =
            two.ben.until("a code", |state| Some(state.transfers.iter().find(|t| t.compares())?.id));
        two.ben.tell(Command::Differ(question));
        two.anna.report(id);
        two.ben.until("the end", |state| state.transfer(question)?.is_finished().then_some(()));
    }
    let sent = two.send(two.port, Remember::Known);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
    assert_eq!(two.ben.arrived(), ["letter"]);
}

#[test]
fn trust_that_is_taken_back_while_a_transfer_with_a_code_is_interrupted_stays_taken_back() {
    let two = Two::new();
    let (port, ben_id) = (two.port, two.ben.state.device.id);
    fs::write(&two.file, vec![7; 16 << 20]).unwrap();
    let limit = ByteRate::new(4_000_000);
    two.anna.tell(Command::Apply(Settings { limit, ..two.anna.state.settings.clone() }));
    let sent = two.send(port, Remember::Trusted);
    let Two { mut anna, ben, .. } = two;
    anna.until("that Ben is trusted", |state| (state.trust(ben_id) == Trust::Trusted).then_some(()));
    anna.until("content", |state| (state.transfer(sent)?.state == TransferState::Active).then_some(()));
    let mut ben = ben.crash();
    anna.until("its interruption", |state| state.transfer(sent)?.rests().then_some(()));
    anna.tell(Command::Device { id: ben_id, change: DeviceChange::Trust(Trust::Stranger) });
    anna.until("that Ben is a stranger", |state| (state.trust(ben_id) == Trust::Stranger).then_some(()));
    ben.receive_on(port, Consent::Nobody(NOBODY));
    assert_eq!(anna.report(sent).outcome, Outcome::Complete);
    assert_eq!(anna.state.trust(ben_id), Trust::Stranger);
}

#[test]
fn a_right_code_opens_though_an_earlier_offer_of_that_device_waits_and_all_places_are_taken() {
    let mut two = Two::new();
    two.ben.receive_on(two.port, Consent::Ask);
    let to = Address { host: "127.0.0.1".into(), port: Some(two.port) };
    let manner = Manner { strangers: Strangers::GoAhead, ..Manner::default() };
    let (id, sources) = (Handle::new_transfer(), vec![Source::Path(two.file.clone())]);
    two.anna.tell(Command::Send { id, to: to.into(), sources, manner });
    let waits = two.ben.until("a question", |state| Some(state.transfers.iter().find(|t| t.asks())?.id));
    two.ben.receive_on(two.port, Consent::All);
    let port = two.port;
    let held = two.ben.engine.block_on(async {
        let mut held = Vec::new();
        // All that strangers at one address have.
        for _ in 1..limits::MAX_WAITING_EACH {
            held.push(Rogue::new().greet(port).await);
        }
        held
    });
    let sent = two.send(two.port, Remember::Known);
    assert_eq!(two.anna.report(sent).outcome, Outcome::Complete);
    two.becomes(&CodeState::Used);
    assert_eq!(two.ben.arrived(), ["letter"]);
    assert!(two.ben.state.transfer(waits).unwrap().asks());
    drop(held);
}
