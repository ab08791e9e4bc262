//! A person lets a transfer rest, at either end and at any moment, and takes it up again.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]

mod support;

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use airlift::{
    engine::{Command, Consent, Settings},
    model::{ByteRate, Direction, Outcome, Pause, Side, Transfer, TransferId, TransferState},
    wire::{
        FromReceiver, FromSender,
        message::{CAN, Capabilities, Ending, RawAccess, RawEntry, RawKind, STAYING},
    },
};
use support::{
    device::{Device, NOTHING_SKIPPED, Rogue, hear, meet, say},
    tree::noise,
};

const SIZE: usize = 40 << 20;
const HERE: TransferState = TransferState::Paused(Pause::Person(Side::Here));
const THERE: TransferState = TransferState::Paused(Pause::Person(Side::There));

/// A transfer that flows, and slowly, until it is hurried.
struct Flight {
    sender: Device,
    receiver: Device,
    port: u16,
    sent: TransferId,
    received: TransferId,
    content: Vec<u8>,
    name: &'static str,
}

fn file(device: &Device, name: &str, content: &[u8]) -> PathBuf {
    let path = device.inbox.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

fn limit(device: &Device, limit: Option<ByteRate>) {
    device.tell(Command::Apply(Settings { limit, ..device.state.settings.clone() }));
}

fn becomes(device: &mut Device, id: TransferId, what: &TransferState) {
    device.until(&format!("{what:?}"), |state| (state.transfer(id)?.state == *what).then_some(()));
}

impl Flight {
    fn begin(name: &'static str) -> Self {
        Self::begin_with(name, |receiver| receiver.receive(Consent::All))
    }

    /// Into a folder that only the settings name.
    fn begin_as_set() -> Self {
        Self::begin_with("film.bin", |receiver| {
            let inbox = receiver.inbox.path().to_owned();
            receiver.receive_as_set(0, Consent::All, inbox)
        })
    }

    fn begin_with(name: &'static str, receive: impl FnOnce(&mut Device) -> u16) -> Self {
        let (mut sender, mut receiver) = (Device::start("Sender"), Device::start("Receiver"));
        limit(&sender, ByteRate::new(15_000_000));
        let port = receive(&mut receiver);
        let content = noise(7, SIZE);
        let path = file(&sender, name, &content);
        let sent = sender.send(port, &[path]);
        becomes(&mut sender, sent, &TransferState::Active);
        let incoming = receiver.until("content", |state| {
            let is_incoming = |t: &&Transfer| t.direction == Direction::Receive;
            let transfer = state.transfers.iter().find(is_incoming)?;
            (transfer.state == TransferState::Active).then_some(transfer.id)
        });
        Self { sender, receiver, port, sent, received: incoming, content, name }
    }

    fn side(&mut self, direction: Direction) -> (&mut Device, TransferId) {
        match direction {
            Direction::Send => (&mut self.sender, self.sent),
            Direction::Receive => (&mut self.receiver, self.received),
        }
    }

    fn tell(&mut self, direction: Direction, command: impl Fn(TransferId) -> Command) {
        let (device, id) = self.side(direction);
        device.tell(command(id));
    }

    fn becomes(&mut self, direction: Direction, what: &TransferState) {
        let (device, id) = self.side(direction);
        becomes(device, id, what);
    }

    /// Waits until so many bytes have come.
    fn wait_for(&mut self, bytes: u64) {
        let began = Instant::now();
        while self.receiver.handle.progress(self.received).is_none_or(|progress| progress.bytes < bytes) {
            assert!(began.elapsed() < Duration::from_mins(1), "it doesn’t come");
            std::thread::yield_now();
        }
    }

    fn pause(&mut self, by: Direction) {
        let other = other(by);
        self.tell(by, Command::Pause);
        self.becomes(by, &HERE);
        self.becomes(other, &THERE);
    }

    /// Takes it up where it was paused; the sender calls at once.
    fn resume(&mut self, by: Direction) {
        limit(&self.sender, None);
        self.tell(by, Command::Resume);
        if by == Direction::Receive {
            let id = self.received;
            self.receiver.until("that it waits", |state| match state.transfer(id)?.state {
                HERE => None,
                _ => Some(()),
            });
            self.tell(Direction::Send, Command::Retry);
        }
    }

    fn ends_well(mut self, at_most: u64) {
        let (sent, received) = (self.sender.report(self.sent), self.receiver.report(self.received));
        assert_eq!((sent.outcome, received.outcome), (Outcome::Complete, Outcome::Complete));
        assert_eq!(self.receiver.arrived(), [self.name]);
        assert!(fs::read(self.receiver.inbox.path().join(self.name)).unwrap() == self.content);
        let wire = sent.pipeline.wire_bytes;
        assert!(wire <= at_most, "{wire} bytes went over the network at last, more than {at_most}");
    }
}

fn other(direction: Direction) -> Direction {
    match direction {
        Direction::Send => Direction::Receive,
        Direction::Receive => Direction::Send,
    }
}

/// All but what was there before, and what may come again.
const REST: u64 = (SIZE - (20 << 20) + (16 << 20)) as u64;

#[test]
fn either_side_pauses_and_takes_it_up_again_and_what_had_come_is_not_sent_again() {
    for by in [Direction::Send, Direction::Receive] {
        let mut flight = Flight::begin("film.bin");
        flight.wait_for(20 << 20);
        flight.pause(by);
        assert!(!flight.receiver.arrived().contains(&"film.bin".to_owned()));
        // The other side can’t take it up, and may ask as often as it likes.
        flight.tell(other(by), Command::Resume);
        flight.tell(other(by), Command::Pause);
        flight.tell(other(by), Command::Resume);
        flight.tell(Direction::Send, Command::Retry);
        flight.becomes(by, &HERE);
        flight.resume(by);
        flight.ends_well(REST);
    }
}

#[test]
fn a_sender_stays_with_a_receiver_that_has_paused_and_is_told_when_that_is_over() {
    let mut flight = Flight::begin("film.bin");
    flight.wait_for(20 << 20);
    // At once, and later and later: at some time the sender has come back to stay.
    let is_told = (0..40).any(|nth: usize| {
        flight.pause(Direction::Receive);
        std::iter::repeat_n((), nth * 100_000).for_each(|()| std::thread::yield_now());
        flight.tell(Direction::Receive, Command::Resume);
        let id = flight.sent;
        let is_told = flight.sender.until("that it goes on", |state| {
            let t = state.transfer(id)?;
            match &t.state {
                TransferState::Active => Some(false),
                TransferState::Interrupted { why, .. } => {
                    (t.is_resuming() && why.side == Side::There).then_some(true)
                }
                _ => None,
            }
        });
        flight.becomes(Direction::Send, &TransferState::Active);
        flight.becomes(Direction::Receive, &TransferState::Active);
        is_told
    });
    assert!(is_told, "it was never there");
    limit(&flight.sender, None);
    flight.ends_well(REST);
}

#[test]
fn whoever_stays_can_pause_as_well_and_can_give_it_up_and_hears_when_the_receiver_does() {
    for gives_up in [None, Some(Direction::Send), Some(Direction::Receive)] {
        let mut flight = Flight::begin("film.bin");
        flight.wait_for(20 << 20);
        flight.pause(Direction::Receive);
        assert!(!flight.sender.state.transfer(flight.sent).unwrap().can_pause(), "it rests already");
        let Some(by) = gives_up else {
            flight.tell(Direction::Send, Command::Pause);
            flight.becomes(Direction::Send, &HERE);
            flight.tell(Direction::Receive, Command::Resume);
            flight.resume(Direction::Send);
            flight.ends_well(REST);
            continue;
        };
        flight.tell(by, Command::Cancel);
        let (sent, received) = (flight.sender.report(flight.sent), flight.receiver.report(flight.received));
        let of = |side| Outcome::Cancelled { by: side };
        let (here, there) =
            if by == Direction::Send { (Side::Here, Side::There) } else { (Side::There, Side::Here) };
        assert_eq!((sent.outcome, received.outcome), (of(here), of(there)));
        assert_eq!(flight.receiver.arrived(), Vec::<String>::new());
    }
}

#[test]
fn what_is_paused_stays_so_when_both_programs_were_ended_and_goes_on_when_it_is_taken_up() {
    for by in [Direction::Send, Direction::Receive] {
        let mut flight = Flight::begin("film.bin");
        flight.wait_for(20 << 20);
        flight.pause(by);
        flight.sender = flight.sender.restart();
        flight.receiver = flight.receiver.restart();
        for direction in [Direction::Send, Direction::Receive] {
            let known = if direction == by { &HERE } else { &THERE };
            flight.becomes(direction, known);
        }
        flight.receiver.receive_on(flight.port, Consent::Nobody("nobody is asked again"));
        flight.resume(by);
        flight.ends_well(REST);
    }
}

#[test]
fn a_program_that_is_ended_right_after_a_pause_gives_nothing_up() {
    for by in [Direction::Send, Direction::Receive] {
        let mut flight = Flight::begin("film.bin");
        flight.wait_for(20 << 20);
        flight.tell(by, Command::Pause);
        match by {
            Direction::Send => flight.sender = flight.sender.restart(),
            Direction::Receive => {
                flight.receiver = flight.receiver.restart();
                flight.receiver.receive_on(flight.port, Consent::Nobody("nobody is asked again"));
            }
        }
        flight.becomes(by, &HERE);
        flight.becomes(other(by), &THERE);
        flight.resume(by);
        flight.ends_well(REST);
    }
}

#[test]
fn what_is_interrupted_can_be_paused_and_is_not_called_until_it_is_taken_up() {
    let mut flight = Flight::begin("film.bin");
    flight.wait_for(20 << 20);
    flight.receiver = flight.receiver.crash();
    flight.sender.until("interrupted", |state| {
        state.transfers.iter().any(|t| matches!(t.state, TransferState::Interrupted { .. })).then_some(())
    });
    flight.tell(Direction::Send, Command::Pause);
    flight.becomes(Direction::Send, &HERE);
    flight.receiver.receive_on(flight.port, Consent::All);
    flight.resume(Direction::Send);
    let report = flight.sender.report(flight.sent);
    assert_eq!(report.outcome, Outcome::Complete);
}

#[test]
fn both_may_pause_and_it_goes_on_when_neither_wants_it_any_more() {
    let mut flight = Flight::begin("film.bin");
    flight.wait_for(20 << 20);
    flight.pause(Direction::Send);
    flight.tell(Direction::Receive, Command::Pause);
    flight.becomes(Direction::Receive, &HERE);
    flight.tell(Direction::Send, Command::Resume);
    // It calls, and is told.
    flight.becomes(Direction::Send, &THERE);
    flight.resume(Direction::Receive);
    flight.ends_well(REST);
}

#[test]
fn whoever_pauses_and_takes_it_up_in_a_hurry_gets_it_whole_all_the_same() {
    let mut flight = Flight::begin("film.bin");
    for nth in 0..60 {
        let direction = if nth % 3 == 0 { Direction::Receive } else { Direction::Send };
        flight.tell(direction, Command::Pause);
        for _ in 0..nth * 1000 {
            std::thread::yield_now();
        }
        flight.tell(direction, Command::Resume);
        flight.tell(Direction::Send, Command::Retry);
    }
    limit(&flight.sender, None);
    flight.ends_well(u64::MAX);
}

#[test]
fn a_sender_that_gives_up_while_it_rests_tells_the_receiver_which_keeps_nothing() {
    for by in [Direction::Send, Direction::Receive] {
        let mut flight = Flight::begin("film.bin");
        flight.wait_for(20 << 20);
        flight.pause(by);
        flight.tell(Direction::Send, Command::Cancel);
        assert_eq!(flight.sender.report(flight.sent).outcome, Outcome::Cancelled { by: Side::Here });
        let report = flight.receiver.report(flight.received);
        assert_eq!(report.outcome, Outcome::Cancelled { by: Side::There });
        assert_eq!(flight.receiver.arrived(), Vec::<String>::new());
    }
}

/// Offers one large file; what the receiver says at last.
async fn call(
    rogue: &Rogue,
    port: u16,
    (transfer, can): ([u8; 16], Capabilities),
) -> (airlift::net::Connection, Option<FromReceiver>) {
    let mut connection = rogue.dial(port).await;
    say(&mut connection, &FromSender::Hello { name: "Rogue".into(), transfer, can }).await;
    if let Some(word @ FromReceiver::Ending(_)) = hear(&mut connection).await {
        return (connection, Some(word));
    }
    meet(&mut connection).await;
    let kind = RawKind::File { size: Some(100 << 20) };
    let entry = RawEntry { path: "film.bin".into(), kind, modified: None, access: RawAccess::Shared };
    say(&mut connection, &FromSender::Entries(vec![entry])).await;
    say(&mut connection, &NOTHING_SKIPPED).await;
    let answer = hear(&mut connection).await;
    (connection, answer)
}

#[test]
fn a_sender_that_flips_from_one_to_the_other_holds_nobody_up() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    for _ in 0..30 {
        device.engine.block_on(async {
            let (mut connection, answer) = call(&rogue, port, ([7; 16], CAN & !STAYING)).await;
            assert!(matches!(answer, Some(FromReceiver::Accept { .. })), "{answer:?}");
            say(&mut connection, &FromSender::Ending(Ending::Paused)).await;
        });
    }
    let paused =
        |state: &airlift::engine::Snapshot| state.transfers.iter().find(|t| t.state == THERE).map(|t| t.id);
    let id = device.until("a pause", paused);
    assert_eq!(device.state.transfers.len(), 1);
    // It is paused here as well now, and who calls is told so, whatever it says.
    device.tell(Command::Pause(id));
    becomes(&mut device, id, &HERE);
    for _ in 0..5 {
        let (_, answer) = device.engine.block_on(call(&rogue, port, ([7; 16], CAN & !STAYING)));
        assert_eq!(answer, Some(FromReceiver::Ending(Ending::Paused)));
    }
    device.tell(Command::Resume(id));
    device.until("that it waits", |state| match state.transfer(id)?.state {
        HERE => None,
        _ => Some(()),
    });
    // A sender has no full disk.
    device.engine.block_on(async {
        let (mut connection, answer) = call(&rogue, port, ([7; 16], CAN & !STAYING)).await;
        assert!(matches!(answer, Some(FromReceiver::Accept { .. })), "{answer:?}");
        say(&mut connection, &FromSender::Ending(Ending::Full)).await;
        while hear(&mut connection).await.is_some() {}
    });
    assert!(matches!(device.report(id).outcome, Outcome::Failed(_)));
    assert_eq!(device.arrived(), Vec::<String>::new());
    let mut friend = Device::start("Friend");
    let id = friend.send(port, &[file(&friend, "x", b"alive")]);
    assert_eq!(friend.report(id).outcome, Outcome::Complete);
}

#[test]
fn an_offer_that_nobody_has_answered_can_t_be_paused_and_one_that_its_sender_pauses_is_withdrawn() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let rogue = Rogue::new();
    let mut offering = device.engine.block_on(async {
        let mut connection = rogue.greet(port).await;
        let kind = RawKind::File { size: Some(1) };
        let entry = RawEntry { path: "x".into(), kind, modified: None, access: RawAccess::Shared };
        say(&mut connection, &FromSender::Entries(vec![entry])).await;
        say(&mut connection, &NOTHING_SKIPPED).await;
        connection
    });
    device.until("a question", |state| state.transfers.iter().find(|t| t.asks()).map(|_| ()));
    device.engine.block_on(async {
        say(&mut offering, &FromSender::Ending(Ending::Paused)).await;
        while hear(&mut offering).await.is_some() {}
    });
    assert!(matches!(device.received(0).outcome, Outcome::Failed(_)));
    let mut friend = Device::start("Friend");
    let id = friend.send(port, &[file(&friend, "y", b"alive")]);
    becomes(&mut friend, id, &TransferState::Waiting);
    friend.tell(Command::Pause(id));
    let asked = device.until("a question", |state| state.transfers.iter().find(|t| t.asks()).map(|t| t.id));
    device.tell(Command::Pause(asked));
    let landing =
        airlift::model::Landing { folder: Some(device.inbox.path().to_owned()), ..Default::default() };
    device.tell(Command::Answer { id: asked, answer: airlift::model::Answer::Accept(landing) });
    assert_eq!(friend.report(id).outcome, Outcome::Complete);
}

#[test]
fn what_is_given_up_while_it_rests_leaves_nothing_in_a_folder_that_only_the_settings_named() {
    let mut flight = Flight::begin_as_set();
    flight.wait_for(20 << 20);
    flight.pause(Direction::Receive);
    assert_eq!(flight.receiver.arrived().len(), 2, "what has come, and its journal");
    flight.tell(Direction::Receive, Command::Cancel);
    let report = flight.receiver.report(flight.received);
    assert_eq!(report.outcome, Outcome::Cancelled { by: Side::Here });
    assert_eq!(flight.receiver.arrived(), Vec::<String>::new());
}

#[test]
fn another_receiving_folder_in_the_settings_moves_nothing_that_is_under_way() {
    let mut flight = Flight::begin_as_set();
    flight.wait_for(20 << 20);
    flight.pause(Direction::Send);
    let other = tempfile::tempdir().unwrap();
    let (nobody, inbox) = (Consent::Nobody("nobody is asked again"), other.path().to_owned());
    let settings = Settings { inbox: inbox.clone(), ..flight.receiver.state.settings.clone() };
    flight.receiver.tell(Command::Apply(settings));
    flight.receiver = flight.receiver.restart();
    flight.receiver.receive_as_set(flight.port, nobody, inbox);
    flight.resume(Direction::Send);
    flight.ends_well(REST);
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
}
