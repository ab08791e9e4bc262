//! Peers that lie, strangers that knock, and programs that are something else. After each, the
//! device must still be there for the next honest transfer.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::{fs, net::TcpListener as StdListener, path::PathBuf};

use airlift::{
    engine::{Command, Consent, ReceivingState},
    identity::Identity,
    model::{Digest, Outcome, Problem, ProblemKind, Side, TransferState},
    net::{NetError, Tls},
    wire::{
        FromReceiver, FromSender, content,
        message::{Ending, RawAccess, RawEntry, RawKind, Stance},
    },
};
use support::device::{Device, NOTHING_SKIPPED, Rogue, at, content_of, file, hear, say};
use tokio::io::AsyncWriteExt as _;

/// An honest transfer still works.
fn still_alive(device: &mut Device, port: u16, nth: usize) {
    let mut friend = Device::start("Friend");
    let source = friend.inbox.path().join(format!("proof {nth}"));
    fs::write(&source, b"alive").unwrap();
    let id = friend.send(port, &[source]);
    assert_eq!(friend.report(id).outcome, Outcome::Complete);
    assert_eq!(device.received(nth).outcome, Outcome::Complete);
    assert!(device.arrived().contains(&format!("proof {nth}")));
}

#[test]
fn whoever_knocks_without_speaking_the_language_is_turned_away() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    device.engine.block_on(async {
        let mut open = Vec::new();
        for words in [
            &b""[..],
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.9\r\n",
            &[0x16, 0x03, 0x01, 0xff, 0xff, 0x01, 0, 0, 0],
            &[0xff; 5000],
            &[0; 100],
        ] {
            let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            socket.write_all(words).await.unwrap();
            // Half of them hang up, half stay and say no more.
            if open.len() % 2 == 0 {
                open.push(Some(socket));
            } else {
                open.push(None);
            }
        }
    });
    still_alive(&mut device, port, 0);
    assert_eq!(device.state.transfers.len(), 1, "knocking is no transfer");
}

#[test]
fn a_flood_of_silent_strangers_leaves_room_for_a_friend() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let crowd: Vec<_> = device.engine.block_on(async {
        let mut crowd = Vec::new();
        for _ in 0..200 {
            crowd.push(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap());
        }
        crowd
    });
    // They are all still there, and say nothing.
    still_alive(&mut device, port, 0);
    drop(crowd);
}

#[test]
fn a_program_that_is_not_airlift_is_called_that() {
    let mut device = Device::start("Anna");
    let source = device.inbox.path().join("x");
    fs::write(&source, b"x").unwrap();
    let web = StdListener::bind("127.0.0.1:0").unwrap();
    let port = web.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut socket, _) = web.accept().unwrap();
        let _ = socket.read(&mut [0; 1024]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n<h1>Bad Request</h1>");
    });
    let id = device.send(port, &[source]);
    let report = device.report(id);
    serving.join().unwrap();
    let Outcome::Failed(Problem { kind, text, .. }) = report.outcome else { panic!("{report:?}") };
    assert_eq!(kind, ProblemKind::NotReceiving);
    assert!(text.contains("is not Airlift"), "{text}");
}

#[test]
fn a_port_where_nobody_listens_is_said_to_be_that() {
    let mut device = Device::start("Anna");
    let source = device.inbox.path().join("x");
    fs::write(&source, b"x").unwrap();
    let port = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let id = device.send(port, &[source]);
    let Outcome::Failed(problem) = device.report(id).outcome else { panic!() };
    assert_eq!((problem.kind, problem.side), (ProblemKind::Unreachable, Side::There));
    assert!(problem.text.contains("press Receive"), "{}", problem.text);
}

#[test]
fn what_can_not_be_sent_is_said_before_anybody_is_called() {
    let mut device = Device::start("Anna");
    let called = StdListener::bind("127.0.0.1:0").unwrap();
    called.set_nonblocking(true).unwrap();
    let port = called.local_addr().unwrap().port();
    let id = device.send(port, &[device.inbox.path().join("not there")]);
    let Outcome::Failed(problem) = device.report(id).outcome else { panic!() };
    assert_eq!((problem.kind, problem.side), (ProblemKind::Files, Side::Here));
    assert!(problem.text.contains("not there"), "{}", problem.text);
    assert_eq!(called.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_peer_with_no_version_in_common_is_told_so() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let identity = Identity::ephemeral().unwrap();
    // The first is what was spoken before accords.
    for versions in [vec![b"airlift/1".to_vec()], vec![b"http/1.1".to_vec(), b"h2".to_vec()]] {
        let tls = Tls::speaking(&identity, versions).unwrap();
        let address = at(([127, 0, 0, 1], port).into());
        let failure = device.engine.block_on(airlift::net::dial(&address, &tls)).unwrap_err();
        assert!(matches!(failure, NetError::NoCommonVersion { .. }), "{failure:?}");
    }
    still_alive(&mut device, port, 0);
}

/// However long it is.
fn framed(message: &FromSender) -> Vec<u8> {
    let body = postcard::to_stdvec(message).unwrap();
    let mut bytes = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend_from_slice(&body);
    bytes
}

#[test]
fn a_lie_about_a_messages_length_ends_the_connection() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    device.engine.block_on(async {
        for length in [u32::MAX, 4097] {
            let mut first = rogue.dial(port).await;
            first.stream.write_all(&length.to_le_bytes()).await.unwrap();
            first.stream.flush().await.unwrap();
            assert_eq!(hear(&mut first).await, None, "a first message of {length} bytes");
        }
        // All of it comes, and is as it should be.
        let long = FromSender::Hello {
            name: format!("Rogue{}", " ".repeat(4096)),
            transfer: [1; 16],
            can: airlift::wire::message::CAN,
        };
        let mut first = rogue.dial(port).await;
        first.stream.write_all(&framed(&long)).await.unwrap();
        first.stream.flush().await.unwrap();
        assert_eq!(hear(&mut first).await, None, "a first message that is too long");
        let path = |n| format!("{n}/{}", ["x".repeat(200).as_str(); 20].join("/"));
        let long = FromSender::Entries((0..17).map(|n| file(&path(n), 1)).collect());
        for bytes in [u32::MAX.to_le_bytes().to_vec(), framed(&long)] {
            let mut later = rogue.greet(port).await;
            later.stream.write_all(&bytes).await.unwrap();
            say(&mut later, &NOTHING_SKIPPED).await;
            let answer = hear(&mut later).await;
            assert!(matches!(answer, Some(FromReceiver::Ending(Ending::Failed { .. }))), "{answer:?}");
        }
    });
    still_alive(&mut device, port, 2);
}

#[test]
fn an_offer_that_contradicts_itself_is_refused() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    let offers = [
        vec![file("twice", 1), file("twice", 1)],
        vec![file("a", 1), file("a/b", 1)],
        vec![file("huge", u64::MAX), file("huger", u64::MAX)],
    ];
    for (nth, offer) in offers.iter().enumerate() {
        let answer = device.engine.block_on(async {
            let mut connection = rogue.greet(port).await;
            say(&mut connection, &FromSender::Entries(offer.clone())).await;
            say(&mut connection, &NOTHING_SKIPPED).await;
            hear(&mut connection).await
        });
        assert!(matches!(answer, Some(FromReceiver::Ending(Ending::Failed { .. }))), "{offer:?}: {answer:?}");
        assert!(matches!(device.received(nth).outcome, Outcome::Failed(_)));
    }
    assert_eq!(device.arrived(), Vec::<String>::new());
    still_alive(&mut device, port, offers.len());
    // What no disk can hold is refused by itself.
    let answer = device.engine.block_on(async {
        let mut connection = rogue.greet(port).await;
        say(&mut connection, &FromSender::Entries(vec![file("huge", u64::MAX / 2), file("a", 1)])).await;
        say(&mut connection, &NOTHING_SKIPPED).await;
        hear(&mut connection).await
    });
    assert!(matches!(&answer, Some(FromReceiver::Unfit { entries, .. }) if *entries == [0..1]), "{answer:?}");
}

#[test]
fn words_at_the_wrong_time_end_the_transfer() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    device.know(rogue.identity.id());
    let entries = FromSender::Entries(vec![file("x", 1)]);
    let hello =
        FromSender::Hello { name: "Again".into(), transfer: [0; 16], can: airlift::wire::message::CAN };
    let speeches = [
        vec![hello],
        vec![FromSender::Bye],
        vec![FromSender::Agreed],
        vec![FromSender::Nonce { nonce: [7; 32], stance: Stance::GoesAhead }],
        vec![entries.clone(), FromSender::Agreed],
        vec![NOTHING_SKIPPED],
        vec![FromSender::Entries(Vec::new())],
        vec![FromSender::Lane { token: [0; 16] }],
        vec![entries.clone(), NOTHING_SKIPPED, entries.clone()],
        vec![entries.clone(), NOTHING_SKIPPED, NOTHING_SKIPPED],
        vec![entries, NOTHING_SKIPPED, FromSender::Bye],
    ];
    for (nth, speech) in speeches.iter().enumerate() {
        device.engine.block_on(async {
            let mut connection = rogue.greet(port).await;
            for message in speech {
                say(&mut connection, message).await;
            }
            while hear(&mut connection).await.is_some() {}
        });
        let Outcome::Failed(problem) = device.received(nth).outcome else { panic!("{speech:?}") };
        assert_eq!((problem.kind, problem.side), (ProblemKind::Protocol, Side::There), "{speech:?}");
    }
    assert_eq!(device.arrived(), Vec::<String>::new());
    still_alive(&mut device, port, speeches.len());
}

#[test]
fn content_that_lies_never_gets_its_name() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    let chunk = |entry, offset, bytes: &[u8]| {
        let mut out = content::chunk_header(entry, offset, u32::try_from(bytes.len()).unwrap()).to_vec();
        out.extend_from_slice(bytes);
        out
    };
    let end = |entry, size, digest: [u8; 32]| {
        let mut out = Vec::new();
        content::put_end(&mut out, entry, size, Digest(digest));
        out
    };
    let right = *blake3::hash(b"content").as_bytes();
    let finish = vec![4, 1];
    let packed = |len, frame: &[u8]| {
        let mut out = content::packed_header(1, 0, len, u32::try_from(frame.len()).unwrap()).to_vec();
        out.extend_from_slice(frame);
        out
    };
    let long = zstd::bulk::compress(&[0; 1000], 1).unwrap();
    let broken = |entry| {
        let mut out = Vec::new();
        content::put_broken(&mut out, entry);
        out
    };
    let lies: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("a wrong digest", vec![chunk(1, 0, b"content"), end(1, 7, [0; 32]), finish.clone()]),
        ("other bytes than were hashed", vec![chunk(1, 0, b"CONTENT"), end(1, 7, right), finish.clone()]),
        (
            "fewer bytes than offered",
            vec![chunk(1, 0, b"cont"), end(1, 4, *blake3::hash(b"cont").as_bytes()), finish.clone()],
        ),
        ("an end that is longer than what came", vec![chunk(1, 0, b"cont"), end(1, 7, right)]),
        ("more bytes than offered", vec![chunk(1, 0, b"content and more"), end(1, 16, right)]),
        ("a gap", vec![chunk(1, 1, b"ontent"), end(1, 7, right)]),
        ("an overlap", vec![chunk(1, 0, b"conte"), chunk(1, 4, b"ent"), end(1, 7, right)]),
        ("a folder's content", vec![chunk(0, 0, b"x")]),
        ("an entry that was never offered", vec![chunk(2, 0, b"x")]),
        ("nothing at all", vec![finish.clone()]),
        ("an end before the last byte", vec![chunk(1, 0, b"content"), finish.clone()]),
        ("a broken file that goes on", vec![chunk(1, 0, b"c"), broken(1), chunk(1, 1, b"ontent")]),
        ("noise", vec![vec![9; 100]]),
        ("an end over no connection", vec![chunk(1, 0, b"cont"), vec![4, 0]]),
        ("an end twice", vec![end(1, 7, right), end(1, 7, right)]),
        ("a packed chunk that is none", vec![packed(7, b"abc"), end(1, 7, right), finish.clone()]),
        ("a packed chunk that holds more", vec![packed(999, &long), finish.clone()]),
        ("a packed chunk that holds less", vec![packed(1001, &long), finish.clone()]),
        ("an endless chunk", vec![content::chunk_header(1, 0, u32::MAX).to_vec()]),
    ];
    for (nth, (what, pieces)) in lies.iter().enumerate() {
        let folder =
            RawEntry { path: "t".into(), kind: RawKind::Folder, modified: None, access: RawAccess::Shared };
        device.engine.block_on(async {
            let (mut control, mut lane) = rogue.accepted(port, vec![folder, file("t/file", 7)]).await;
            for piece in pieces {
                let _ = lane.stream.write_all(piece).await;
            }
            let _ = lane.stream.flush().await;
            let _ = lane.stream.shutdown().await;
            while let Some(message) = hear(&mut control).await {
                let ended = matches!(message, FromReceiver::Done | FromReceiver::Ending(_));
                assert_ne!(
                    message,
                    FromReceiver::Receipts(vec![airlift::wire::message::Receipt::stored(1, Digest(right))]),
                    "{what}"
                );
                if ended {
                    break;
                }
            }
        });
        let report = device.received_or_given_up(nth);
        assert_ne!(report.outcome, Outcome::Complete, "{what}: {report:?}");
        assert_eq!(report.files, 0, "{what}");
        for folder in device.arrived() {
            let left: Vec<_> = fs::read_dir(device.inbox.path().join(&folder)).unwrap().collect();
            assert!(left.is_empty(), "{what}: {left:?}");
        }
    }
    still_alive(&mut device, port, lies.len());
}

#[test]
fn nobody_else_can_bring_the_content() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let (rogue, thief) = (Rogue::new(), Rogue::new());
    device.engine.block_on(async {
        let mut control = rogue.greet(port).await;
        say(&mut control, &FromSender::Entries(vec![file("mine", 6)])).await;
        say(&mut control, &NOTHING_SKIPPED).await;
        let Some(FromReceiver::Accept { token }) = hear(&mut control).await else { panic!() };
        // A thief with the right token, and the right peer with a wrong one.
        for (who, token) in [(&thief, token), (&rogue, [0; 16])] {
            let mut lane = who.dial(port).await;
            say(&mut lane, &FromSender::Lane { token }).await;
            assert_eq!(hear(&mut lane).await, None);
        }
        let mut lane = rogue.dial(port).await;
        say(&mut lane, &FromSender::Lane { token }).await;
        lane.stream.write_all(&content_of(b"honest")).await.unwrap();
        lane.stream.flush().await.unwrap();
        while !matches!(hear(&mut control).await, Some(FromReceiver::Done) | None) {}
        say(&mut control, &FromSender::Bye).await;
    });
    assert_eq!(device.received(0).outcome, Outcome::Complete);
    assert_eq!(fs::read(device.inbox.path().join("mine")).unwrap(), b"honest");
}

#[test]
fn a_person_is_never_asked_more_than_a_few_questions_at_once() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let waiting = device.engine.block_on(async {
        let mut waiting = Vec::new();
        // All at one address; of devices that are known there may be more.
        for nth in 0..airlift::wire::limits::MAX_QUESTIONS_ADDRESS {
            let mut connection = Rogue::new().greet(port).await;
            say(&mut connection, &FromSender::Entries(vec![file(&format!("{nth}"), 1)])).await;
            say(&mut connection, &NOTHING_SKIPPED).await;
            waiting.push(connection);
        }
        waiting
    });
    device.until("all questions", |state| {
        (state.transfers.iter().filter(|t| t.asks()).count() == waiting.len()).then_some(())
    });
    let answer = device.engine.block_on(async {
        let mut one_too_many = Rogue::new().dial(port).await;
        say(
            &mut one_too_many,
            &FromSender::Hello { name: "More".into(), transfer: [1; 16], can: airlift::wire::message::CAN },
        )
        .await;
        hear(&mut one_too_many).await
    });
    assert!(
        matches!(&answer, Some(FromReceiver::Decline { reason: Some(why) }) if why.contains("busy")),
        "{answer:?}"
    );
    // Whoever leaves takes their question along.
    drop(waiting);
    device.until("no question", |state| {
        state.transfers.iter().all(airlift::model::Transfer::is_finished).then_some(())
    });
    still_alive_asking(&mut device, port);
}

fn still_alive_asking(device: &mut Device, port: u16) {
    let mut friend = Device::start("Friend");
    let source: PathBuf = friend.inbox.path().join("asked");
    fs::write(&source, b"alive").unwrap();
    let id = friend.send(port, &[source]);
    let asking = device.until("a question", |state| state.transfers.iter().find(|t| t.asks()).map(|t| t.id));
    let landing =
        airlift::model::Landing { folder: Some(device.inbox.path().to_owned()), ..Default::default() };
    device.tell(Command::Answer { id: asking, answer: airlift::model::Answer::Accept(landing) });
    assert_eq!(friend.report(id).outcome, Outcome::Complete);
}

#[test]
fn a_peer_that_goes_silent_is_noticed_and_named() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let rogue = Rogue::new();
    let silent = device.engine.block_on(async {
        let mut connection = rogue.greet(port).await;
        say(&mut connection, &FromSender::Entries(vec![file("x", 1)])).await;
        say(&mut connection, &NOTHING_SKIPPED).await;
        connection
    });
    let Outcome::Failed(problem) = device.received(0).outcome else { panic!() };
    assert!(problem.text.contains("silent"), "{}", problem.text);
    drop(silent);
}

#[test]
fn an_offer_that_is_still_being_made_when_receiving_stops_is_ended_and_not_accepted() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    let mut offering = device.engine.block_on(async {
        let mut connection = rogue.greet(port).await;
        say(&mut connection, &FromSender::Entries(vec![file("late", 1)])).await;
        connection
    });
    device.tell(Command::StopReceiving);
    device.until("stopped", |state| (state.receiving == ReceivingState::Off).then_some(()));
    let answer = device.engine.block_on(async {
        say(&mut offering, &NOTHING_SKIPPED).await;
        hear(&mut offering).await
    });
    assert!(matches!(answer, Some(FromReceiver::Ending(Ending::Cancelled))), "{answer:?}");
    assert_eq!(device.arrived(), Vec::<String>::new());
}

#[test]
fn whoever_says_hello_and_leaves_puts_nothing_on_the_list() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let rogue = Rogue::new();
    device.engine.block_on(async {
        for _ in 0..20 {
            drop(rogue.greet(port).await);
        }
    });
    still_alive_asking(&mut device, port);
    assert_eq!(device.state.transfers.len(), 1);
}

#[test]
fn who_stops_receiving_is_asked_no_more_and_finishes_what_was_accepted() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let mut friend = Device::start("Friend");
    let big = friend.inbox.path().join("big");
    fs::write(&big, vec![7; 30_000_000]).unwrap();
    let id = friend.send(port, &[big]);
    device.until("content", |state| {
        state.transfers.iter().any(|t| t.state == TransferState::Active).then_some(())
    });
    device.tell(Command::StopReceiving);
    assert_eq!(friend.report(id).outcome, Outcome::Complete);
    assert_eq!(device.received(0).outcome, Outcome::Complete);
    // The door closes behind the last one.
    device.until("rest", |state| (state.receiving == ReceivingState::Off).then_some(()));
    let source = friend.inbox.path().join("late");
    fs::write(&source, b"late").unwrap();
    let id = friend.send(port, &[source]);
    let outcome = friend.report(id).outcome;
    assert!(matches!(outcome, Outcome::Failed(_) | Outcome::Declined { by: Side::There, .. }), "{outcome:?}");
    assert_eq!(device.arrived(), ["big"]);
}
