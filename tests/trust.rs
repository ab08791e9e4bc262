//! Known, trusted and blocked devices, and strangers who come in crowds.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "trust/decisions.rs"]
mod decisions;
#[path = "trust/offers.rs"]
mod offers;
mod support;

use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use airlift::{
    engine::{Command, Consent, DeviceChange, Event, Settings},
    identity::{Change, TrustStore},
    model::{
        Answer, ByteRate, Caution, DeviceId, DeviceName, Landing, Outcome, Side, Transfer, TransferId,
        TransferState, Trust,
    },
    net::Listener,
    transfer::read_first,
    wire::{
        FromReceiver, FromSender, frame, limits,
        message::{Acquaintance, CAN, Ending, RawCounts, RawPurpose, RawSkipped, Stance},
    },
};
use support::device::{Device, NOTHING_SKIPPED, Rogue, file, hear, say};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

fn name(text: &str) -> DeviceName {
    DeviceName::parse(text).unwrap()
}

fn judge(device: &mut Device, id: DeviceId, trust: Trust) {
    device.tell(Command::Device { id, change: DeviceChange::Trust(trust) });
    device.until("the new trust", |state| (state.trust(id) == trust).then_some(()));
}

fn source(device: &Device, name: &str, bytes: &[u8]) -> PathBuf {
    let path = device.inbox.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn question(device: &mut Device) -> TransferId {
    device.until("a question", |state| state.transfers.iter().find(|t| t.asks()).map(|t| t.id))
}

fn accept(device: &Device, id: TransferId) {
    device.tell(Command::Answer { id, answer: Answer::Accept(Landing::default()) });
}

/// What a rogue hears who offers one file.
async fn offer(rogue: &Rogue, port: u16) -> airlift::net::Connection {
    let mut connection = rogue.greet(port).await;
    say(&mut connection, &FromSender::Entries(vec![file("x", 1)])).await;
    say(&mut connection, &NOTHING_SKIPPED).await;
    connection
}

async fn declined(connection: &mut airlift::net::Connection) -> Option<String> {
    match hear(connection).await {
        Some(FromReceiver::Decline { reason }) => reason,
        other => panic!("not declined: {other:?}"),
    }
}

#[test]
fn a_device_that_was_accepted_once_and_trusted_is_not_asked_about_again_after_a_restart_either() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben"));
    let anna = here.state.device.id;
    let port = there.receive(Consent::Settings);
    let first = here.send(port, &[source(&here, "first", b"1")]);
    let asked = question(&mut there);
    accept(&there, asked);
    assert_eq!(here.report(first).outcome, Outcome::Complete);
    judge(&mut there, anna, Trust::Trusted);
    let second = here.send(port, &[source(&here, "second", b"2")]);
    assert_eq!(here.report(second).outcome, Outcome::Complete);
    let mut there = there.restart();
    assert_eq!(there.state.trust(anna), Trust::Trusted);
    assert_eq!(there.state.known[0].name, name("Anna"), "as it has called itself");
    let port = there.receive(Consent::Settings);
    let third = here.send(port, &[source(&here, "third", b"3")]);
    assert_eq!(here.report(third).outcome, Outcome::Complete);
    judge(&mut there, anna, Trust::Stranger);
    here.send(port, &[source(&here, "fourth", b"4")]);
    question(&mut there);
    assert_eq!(there.state.known, []);
}

#[test]
fn a_known_device_that_is_sent_to_is_known_by_its_new_name_and_where_it_was_reached() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben’s new laptop"));
    let ben = there.state.device.id;
    let elsewhere = TrustStore::open(here.home()).unwrap();
    elsewhere.change(Change::Judged { id: ben, name: name("Ben"), trust: Trust::Known }).unwrap();
    elsewhere.write().unwrap();
    let port = there.receive(Consent::All);
    let id = here.send(port, &[source(&here, "a", b"a")]);
    assert_eq!(here.report(id).outcome, Outcome::Complete);
    let here = here.restart();
    let known = &here.state.known[0];
    assert_eq!(known.name, name("Ben’s new laptop"));
    assert_eq!(known.addresses, [([127, 0, 0, 1], port).into()]);
}

#[test]
fn what_a_device_sends_goes_to_the_folder_that_it_was_given() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben"));
    let anna = here.state.device.id;
    let own = tempfile::tempdir().unwrap();
    judge(&mut there, anna, Trust::Known);
    let change = DeviceChange::Folder(Some(own.path().to_owned()));
    there.tell(Command::Device { id: anna, change });
    there.until("its folder", |state| state.known.first()?.folder.clone());
    let inbox = there.inbox.path().to_owned();
    let port = there.receive_as_set(0, Consent::Ask, inbox);
    let id = here.send(port, &[source(&here, "a", b"a")]);
    let asked = question(&mut there);
    assert_eq!(there.state.transfer(asked).unwrap().folder.as_deref(), Some(own.path()));
    accept(&there, asked);
    assert_eq!(here.report(id).outcome, Outcome::Complete);
    assert_eq!((fs::read(own.path().join("a")).unwrap(), there.arrived().len()), (b"a".to_vec(), 0));
}

#[test]
fn a_blocked_device_is_not_answered_and_nothing_of_it_is_shown() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    judge(&mut device, rogue.identity.id(), Trust::Blocked);
    device.drain();
    device.engine.block_on(async {
        for first in [
            FromSender::Hello { name: "Rogue".into(), transfer: [7; 16], can: airlift::wire::message::CAN },
            FromSender::Lane { token: [7; 16] },
        ] {
            let mut connection = rogue.dial(port).await;
            say(&mut connection, &first).await;
            assert!(hear(&mut connection).await.is_none(), "it was answered");
        }
    });
    // An honest one comes after it: had it left anything, that would have come first.
    let mut friend = Device::start("Friend");
    let id = friend.send(port, &[source(&friend, "a", b"a")]);
    assert_eq!(friend.report(id).outcome, Outcome::Complete);
    device.received(0);
    assert_eq!(device.state.transfers.len(), 1);
    assert_eq!(device.state.known[0].trust, Trust::Blocked);
}

#[test]
fn a_device_that_is_blocked_while_its_offer_waits_is_ended_and_its_interrupted_transfer_is_not_gone_on_with()
{
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let rogue = Rogue::new();
    let mut waiting = device.engine.block_on(offer(&rogue, port));
    let asked = question(&mut device);
    judge(&mut device, rogue.identity.id(), Trust::Blocked);
    let ended = device.engine.block_on(hear(&mut waiting));
    assert_eq!(ended, Some(FromReceiver::Ending(Ending::Cancelled)));
    assert_eq!(device.report(asked).outcome, Outcome::Cancelled { by: Side::Here });

    // The same for one that was accepted, and interrupted, when another process blocks it.
    let mut sender = Device::start("Anna");
    let anna = sender.state.device.id;
    let limit = ByteRate::new(4_000_000);
    sender.tell(Command::Apply(Settings { limit, ..sender.state.settings.clone() }));
    let port = device.receive(Consent::All);
    let sent = sender.send(port, &[source(&sender, "film", &vec![7; 16 << 20])]);
    let flows = |t: &&Transfer| t.peer.id == Some(anna) && t.state == TransferState::Active;
    let id = device.until("its content", |state| state.transfers.iter().find(flows).map(|t| t.id));
    // One that is paused before it has heard the answer would know of nothing.
    sender.until("the answer", |state| (state.transfer(sent)?.state == TransferState::Active).then_some(()));
    sender.tell(Command::Pause(sent));
    for (end, id) in [(&mut sender, sent), (&mut device, id)] {
        end.until("its rest", |state| state.transfer(id)?.rests().then_some(()));
    }
    let elsewhere = TrustStore::open(device.home()).unwrap();
    elsewhere.change(Change::Judged { id: anna, name: name("Anna"), trust: Trust::Blocked }).unwrap();
    elsewhere.write().unwrap();
    assert_eq!(device.report(id).outcome, Outcome::Cancelled { by: Side::Here });
    assert_eq!(device.arrived(), Vec::<String>::new());
    // It calls, and calls, and each time it is dropped.
    sender.tell(Command::Resume(sent));
    let mut before = None;
    for _ in 0..3 {
        before = sender.until("the next try", |state| match &state.transfer(sent)?.state {
            TransferState::Interrupted { again: Some(again), .. } if before != Some(*again) => {
                Some(Some(*again))
            }
            TransferState::Active => panic!("it goes on"),
            _ => None,
        });
    }
    assert_eq!(device.state.transfers.iter().filter(|t| !t.is_finished()).count(), 0);
}

#[test]
fn a_yes_to_a_device_that_another_process_has_blocked_meanwhile_is_none() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let rogue = Rogue::new();
    let mut waiting = device.engine.block_on(offer(&rogue, port));
    let asked = question(&mut device);
    let elsewhere = TrustStore::open(device.home()).unwrap();
    let (id, trust) = (rogue.identity.id(), Trust::Blocked);
    elsewhere.change(Change::Judged { id, name: name("Rogue"), trust }).unwrap();
    elsewhere.write().unwrap();
    accept(&device, asked);
    let answer = device.engine.block_on(hear(&mut waiting));
    // Whoever has noticed it first: the answer, or the look for what others have decided.
    let no =
        matches!(answer, None | Some(FromReceiver::Decline { .. } | FromReceiver::Ending(Ending::Cancelled)));
    assert!(no, "{answer:?}");
}

#[test]
fn a_known_name_with_another_key_is_shown_with_the_offer_and_asked_about_even_when_it_is_trusted() {
    let mut device = Device::start("Ben");
    let (old, now) = (DeviceId::of_public_key(b"old"), Device::start("ANNA'S laptop"));
    let anna = now.state.device.id;
    for (id, called) in [(old, "Anna’s laptop"), (anna, "Carl")] {
        let elsewhere = TrustStore::open(device.home()).unwrap();
        elsewhere.change(Change::Judged { id, name: name(called), trust: Trust::Trusted }).unwrap();
        elsewhere.write().unwrap();
    }
    let port = device.receive(Consent::Settings);
    now.send(port, &[source(&now, "a", b"a")]);
    let asked = question(&mut device);
    let caution = Caution::OtherKey { name: name("Anna’s laptop"), known: old };
    assert_eq!(device.state.transfer(asked).unwrap().caution, Some(caution));
    // The name is not learned by asking again and again.
    assert_eq!(device.state.known.iter().find(|known| known.id == anna).unwrap().name, name("Carl"));
}

#[test]
fn a_known_device_that_calls_itself_as_another_known_one_is_sent_nothing() {
    let mut device = Device::start("Carl");
    let (anna, mut posing) = (DeviceId::of_public_key(b"anna"), Device::start("ANNA'S laptop"));
    let ben = posing.state.device.id;
    for (id, called) in [(anna, "Anna’s laptop"), (ben, "Ben")] {
        let elsewhere = TrustStore::open(device.home()).unwrap();
        elsewhere.change(Change::Judged { id, name: name(called), trust: Trust::Known }).unwrap();
        elsewhere.write().unwrap();
    }
    let port = posing.receive(Consent::All);
    let sent = device.send(port, &[source(&device, "a", b"a")]);
    let outcome = device.report(sent).outcome;
    let Outcome::Failed(problem) = &outcome else { panic!("{outcome:?}") };
    assert!(problem.text.contains("has another key") && problem.text.contains(&anna.short()), "{outcome:?}");
    assert_eq!(posing.arrived(), Vec::<String>::new());
    assert_eq!(device.state.transfer(sent).unwrap().caution.as_ref().map(|_| ()), Some(()));
}

#[test]
fn an_impostor_with_the_name_of_a_known_device_hears_nothing_after_hello_however_often_it_is_called() {
    let device = Device::start("Carl");
    let elsewhere = TrustStore::open(device.home()).unwrap();
    let (id, called) = (DeviceId::of_public_key(b"ben"), name("Ben"));
    elsewhere.change(Change::Judged { id, name: called, trust: Trust::Known }).unwrap();
    elsewhere.write().unwrap();
    let (rogue, path) = (Rogue::new(), source(&device, "a", b"a"));
    let listener = device.engine.block_on(async { Listener::loopback(rogue.tls.clone()).unwrap() });
    let port = listener.port().unwrap();
    for _ in 0..20 {
        device.send(port, std::slice::from_ref(&path));
        let heard = device.engine.block_on(async {
            let mut connection = listener.accept().await.unwrap().identify().await.unwrap();
            let first = read_first::<FromSender, _>(&mut connection.stream).await;
            assert!(matches!(first, Ok(FromSender::Hello { .. })), "{first:?}");
            let (commitment, knows) = ([0; 32], Acquaintance::Known);
            let hello = FromReceiver::Hello { name: "Ben".into(), commitment, knows, can: CAN };
            connection.stream.write_all(&frame::encode(&hello)).await.unwrap();
            connection.stream.flush().await.unwrap();
            let mut heard = Vec::new();
            while let Ok(message) = read_first::<FromSender, _>(&mut connection.stream).await {
                heard.push(message);
            }
            heard
        });
        assert!(
            heard.iter().all(|said| matches!(said, FromSender::Ending(Ending::Cancelled))),
            "it heard {heard:?}"
        );
    }
}

#[test]
fn a_person_is_asked_one_question_of_each_device_and_a_trusted_one_comes_through_the_crowd() {
    let mut device = Device::start("Ben");
    let mut friend = Device::start("Friend");
    judge(&mut device, friend.state.device.id, Trust::Trusted);
    let port = device.receive(Consent::Settings);
    let rogues: Vec<_> = (0..limits::MAX_QUESTIONS).map(|_| Rogue::new()).collect();
    // Of strangers at one address there would be fewer.
    for rogue in &rogues {
        judge(&mut device, rogue.identity.id(), Trust::Known);
    }
    let mut waiting = vec![device.engine.block_on(offer(&rogues[0], port))];
    question(&mut device);
    device.engine.block_on(async {
        // A second one of the same device.
        let mut second = rogues[0].dial(port).await;
        say(
            &mut second,
            &FromSender::Hello { name: "Rogue".into(), transfer: [2; 16], can: airlift::wire::message::CAN },
        )
        .await;
        assert!(declined(&mut second).await.unwrap().contains("An earlier offer of this device"));
        for rogue in &rogues[1..] {
            waiting.push(offer(rogue, port).await);
        }
    });
    let asks = |t: &&Transfer| t.asks();
    let anna = friend.state.device.id;
    device.until("all questions", |state| {
        (state.transfers.iter().filter(asks).count() == limits::MAX_QUESTIONS).then_some(())
    });
    let rows = device.state.transfers.len();
    device.engine.block_on(async {
        let mut one_too_many = Rogue::new().dial(port).await;
        say(
            &mut one_too_many,
            &FromSender::Hello { name: "More".into(), transfer: [1; 16], can: airlift::wire::message::CAN },
        )
        .await;
        assert!(declined(&mut one_too_many).await.unwrap().contains("busy"));
    });
    let id = friend.send(port, &[source(&friend, "a", b"a")]);
    assert_eq!(friend.report(id).outcome, Outcome::Complete);
    for event in device.drain() {
        let is_asked_about = matches!(&event, Event::Transfer(t) if t.asks() && t.peer.id == Some(anna));
        assert!(!is_asked_about, "it was put before a person: {event:?}");
    }
    device.until("its row", |state| (state.transfers.len() == rows + 1).then_some(()));
    assert_eq!(device.state.transfers.iter().filter(asks).count(), limits::MAX_QUESTIONS);
    waiting.clear();
}

#[test]
fn offers_that_come_whole_at_the_same_time_are_one_question_and_the_others_leave_no_row() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let rogue = Rogue::new();
    // Of a stranger, there would be one at a time.
    judge(&mut device, rogue.identity.id(), Trust::Trusted);
    // Both are being made before either waits.
    let told = device.engine.block_on(async {
        let (mut one, mut two) = (rogue.greet(port).await, rogue.greet(port).await);
        for connection in [&mut one, &mut two] {
            say(connection, &FromSender::Entries(vec![file("x", 1)])).await;
        }
        say(&mut one, &NOTHING_SKIPPED).await;
        (one, two)
    });
    question(&mut device);
    let (_one, mut two) = told;
    device.engine.block_on(async {
        say(&mut two, &NOTHING_SKIPPED).await;
        assert!(declined(&mut two).await.unwrap().contains("busy"));
    });
    for event in device.drain() {
        assert!(!matches!(&event, Event::Transfer(t) if t.is_finished()), "{event:?}");
    }
    assert_eq!(device.state.transfers.len(), 1);
}

/// Loopback has more than one address there.
#[cfg(target_os = "linux")]
#[test]
fn a_thousand_silent_connections_from_one_address_do_not_keep_an_honest_peer_out() {
    const CROWD: usize = 1000;
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let mut friend = Device::start("Friend");
    let file = source(&friend, "a", b"a");
    let came = std::sync::Arc::new(AtomicUsize::new(0));
    let mut crowd = JoinSet::new();
    let counted = std::sync::Arc::clone(&came);
    device.engine.block_on(async {
        crowd.spawn(async move {
            // As many at once as they like; none says a word, and more come for as long as it takes.
            let mut silent = VecDeque::<TcpStream>::new();
            loop {
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
                let Ok(stream) = socket.connect(([127, 0, 0, 1], port).into()).await else { continue };
                silent.push_back(stream);
                counted.fetch_add(1, Ordering::Relaxed);
                if silent.len() > CROWD {
                    silent.pop_front();
                }
            }
        });
        while came.load(Ordering::Relaxed) < CROWD / 2 {
            tokio::task::yield_now().await;
        }
    });
    // In the middle of it, and again.
    for nth in 0..3 {
        let id = friend.send(port, std::slice::from_ref(&file));
        assert_eq!(friend.report(id).outcome, Outcome::Complete, "after {}", came.load(Ordering::Relaxed));
        assert_eq!(device.received(nth).outcome, Outcome::Complete);
    }
    device.engine.block_on(async {
        while came.load(Ordering::Relaxed) < CROWD {
            tokio::task::yield_now().await;
        }
        crowd.shutdown().await;
    });
    assert_eq!(device.state.transfers.len(), 3, "knocking is no transfer");
}
