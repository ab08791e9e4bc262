//! Keys that change: who may say so, how, how often, and what is said to it.

use rustls::AlertDescription;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    hand::{Hand, fails, hand, why},
    stock::{KEEPERS, ROLES, Role, SUITES, meet, run},
};
use crate::net::records::{APPLICATION, HANDSHAKE, Keeper, RecordError, sealed};

/// Says that the next record is under another key, and whether ours is to be, too.
const ASKED: [u8; 5] = [24, 0, 0, 1, 1];
const TOLD: [u8; 5] = [24, 0, 0, 1, 0];
/// A ticket for a session that could be taken up again, as short as one can be.
const TICKET: [u8; 18] = [4, 0, 0, 14, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0];

fn write(hand: &mut Hand, what: &[u8]) {
    run(hand.stream.write_all(what)).unwrap();
    run(hand.stream.flush()).unwrap();
}

#[test]
fn who_is_asked_to_change_its_key_does_so_before_it_says_anything_else_and_once() {
    for role in ROLES {
        for suite in 0..SUITES.len() {
            for keeper in KEEPERS {
                let mut asked = hand(role, suite, keeper);
                asked.seal(APPLICATION, b"good");
                asked.seal(HANDSHAKE, &ASKED);
                assert_eq!(run(asked.stream.read(&mut [0; 9])).unwrap(), 4);
                // Where nothing more is, there is no more to read; what is there was opened.
                run(asked.stream.read(&mut [0; 9])).unwrap_err();
                write(&mut asked, b"one");
                write(&mut asked, b"two");
                assert_eq!(asked.heard(), [Some((HANDSHAKE, TOLD.to_vec())), None, None]);

                let mut told = hand(role, suite, keeper);
                told.seal(HANDSHAKE, &TOLD);
                run(told.stream.read(&mut [0; 9])).unwrap_err();
                write(&mut told, b"one");
                assert_eq!(told.heard(), [Some((APPLICATION, b"one".to_vec()))]);
                // With the key that was, nothing can be said any more.
                told.seal(APPLICATION, b"old");
                let (read, ended) = told.read();
                assert!(read.is_empty());
                why(ended);
            }
        }
    }
}

#[test]
fn a_change_that_is_asked_for_several_times_is_answered_once() {
    for role in ROLES {
        for keeper in KEEPERS {
            let mut stream = meet(role, SUITES[0], keeper, &[]).unwrap().stream;
            for _ in 0..5 {
                stream.inside().0.change_keys();
            }
            stream.inside().0.say(b"x");
            run(async {
                stream.read_exact(&mut [0; 1]).await.unwrap();
                let before = stream.inside().0.passed;
                stream.write_all(b"one").await.unwrap();
                stream.flush().await.unwrap();
                let stock = &stream.inside().0;
                assert_eq!(stock.passed - before, sealed(TOLD.len()) + sealed(3), "{keeper:?}");
                assert!(stock.broken.is_none() && stock.heard == b"one");
            });
        }
    }
}

#[test]
fn a_flood_of_changes_is_too_much() {
    for role in ROLES {
        for keeper in KEEPERS {
            for (changes, is_too_many) in [(32, false), (33, true)] {
                let mut stream = meet(role, SUITES[0], keeper, &[]).unwrap().stream;
                stream.inside().0.say(b"x");
                run(stream.read_exact(&mut [0; 1])).unwrap();
                for _ in 0..changes {
                    stream.inside().0.change_keys();
                }
                stream.inside().0.say(b"x");
                let read = run(stream.read(&mut [0; 9]));
                assert_eq!(read.is_err(), is_too_many, "{keeper:?} {changes}: {read:?}");
            }
        }
    }
}

#[test]
fn a_key_is_changed_long_before_it_is_worn_out() {
    for role in ROLES {
        for (nth, suite) in SUITES.iter().enumerate() {
            let mut hand = hand(role, nth, Keeper::Ours);
            let worn = hand.stream.inside().1.wear(3).unwrap();
            let limit = suite.tls13().unwrap().common.confidentiality_limit;
            assert!(worn >= 1 << 20 && worn < limit - (1 << 20), "{worn} of {limit}");
            for what in [b"one".as_slice(), b"two", b"three", b"four", b"five"] {
                write(&mut hand, what);
            }
            let expected =
                [b"one".as_slice(), b"two", b"three"].map(|what| Some((APPLICATION, what.to_vec())));
            let heard = hand.heard();
            assert_eq!(heard[..3], expected);
            assert_eq!(heard[3..], [Some((HANDSHAKE, TOLD.to_vec())), None, None]);
        }
    }
    // In the midst of what is written at once, and on and on: the library's end understands all of it.
    for role in ROLES {
        for suite in SUITES {
            let mut stream = meet(role, suite, Keeper::Ours, &[]).unwrap().stream;
            stream.inside().1.wear(2);
            let content: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
            run(stream.write_all(&content)).unwrap();
            run(stream.flush()).unwrap();
            let stock = &stream.inside().0;
            assert!(stock.broken.is_none(), "{:?}", stock.broken);
            assert!(stock.heard == content);
        }
    }
}

#[test]
fn only_whole_changes_that_end_their_record_are_changes() {
    let torn = [[24, 0, 0, 1, 1, 24, 0, 0].as_slice(), &[0, 1, 1]].concat();
    let twice = [ASKED, ASKED].concat();
    let behind = [ASKED.as_slice(), &TICKET].concat();
    let wrong: [&[u8]; 11] = [
        &[],
        &[24],
        &ASKED[..4],
        &[24, 0, 0, 0],
        &[24, 0, 0, 1, 2],
        &[24, 0, 0, 2, 1, 1],
        &[24, 0, 0, 1, 1, 0],
        &[24, 255, 255, 255, 1],
        &torn,
        &twice,
        &behind,
    ];
    for role in ROLES {
        for messages in wrong {
            let mut hand = hand(role, 0, Keeper::Ours);
            hand.seal(APPLICATION, b"good");
            hand.seal(HANDSHAKE, messages);
            hand.seal(APPLICATION, b"later");
            fails(&mut hand, Some(AlertDescription::UnexpectedMessage));
        }
        // Another handshake is none of them.
        for kind in (0..=255).filter(|kind| ![4, 24].contains(kind)) {
            let mut hand = hand(role, 0, Keeper::Ours);
            hand.seal(APPLICATION, b"good");
            hand.seal(HANDSHAKE, &[kind, 0, 0, 1, 1]);
            fails(&mut hand, Some(AlertDescription::UnexpectedMessage));
        }
    }
}

#[test]
fn tickets_of_a_server_are_nothing_and_those_of_a_client_are_a_mistake() {
    let mut client = hand(Role::Client, 0, Keeper::Ours);
    client.seal(HANDSHAKE, &[TICKET, TICKET].concat());
    client.seal(HANDSHAKE, &[TICKET.as_slice(), &TOLD].concat());
    let (read, ended) = client.read();
    assert!(read.is_empty() && ended.unwrap_err().kind() == std::io::ErrorKind::UnexpectedEof);

    let mut server = hand(Role::Server, 0, Keeper::Ours);
    server.seal(APPLICATION, b"good");
    server.seal(HANDSHAKE, &TICKET);
    fails(&mut server, Some(AlertDescription::UnexpectedMessage));

    let mut flood = hand(Role::Client, 0, Keeper::Ours);
    for _ in 0..40 {
        flood.seal(HANDSHAKE, &TICKET);
    }
    let (_, ended) = flood.read();
    assert!(matches!(why(ended), RecordError::Empty));
}
