//! Records made by hand, with the right keys: what no library would say.

use std::io;

use rustls::{AlertDescription, ConnectionTrafficSecrets};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    hand::{everywhere, fails, hand, why},
    stock::{KEEPERS, ROLES, Role, SUITES, meet, run},
};
use crate::net::records::{
    ALERT, APPLICATION, FRAGMENT, HANDSHAKE, HEADER, Keeper, LONGEST, Opener, RecordError, Sealer, opened,
    sealed,
};

#[test]
fn alerts_end_the_connection_and_only_the_one_that_says_so_ends_it_well() {
    everywhere(|role, suite, keeper| {
        for level in [1, 2] {
            let mut hand = hand(role, suite, keeper);
            hand.seal(APPLICATION, b"good");
            hand.seal(ALERT, &[level, 0]);
            hand.seal(APPLICATION, b"later");
            let (read, ended) = hand.read();
            ended.unwrap();
            assert_eq!(read, b"good");
        }
        let mut fatal = hand(role, suite, keeper);
        fatal.seal(APPLICATION, b"good");
        fatal.seal(ALERT, &[2, AlertDescription::BadCertificate.into()]);
        fails(&mut fatal, None);
    });
    for role in ROLES {
        let mut hand = hand(role, 0, Keeper::Ours);
        hand.seal(ALERT, &[2, AlertDescription::BadCertificate.into()]);
        let (_, ended) = hand.read();
        assert!(matches!(why(ended), RecordError::Alert(AlertDescription::BadCertificate)));
    }
    let malformed: [&[u8]; 3] = [&[], &[2], &[1, 0, 0]];
    for alert in malformed {
        let mut hand = hand(Role::Client, 0, Keeper::Ours);
        hand.seal(APPLICATION, b"good");
        hand.seal(ALERT, alert);
        fails(&mut hand, Some(AlertDescription::UnexpectedMessage));
    }
}

#[test]
fn a_way_that_ends_without_a_word_is_no_end() {
    everywhere(|role, suite, keeper| {
        let mut hand = hand(role, suite, keeper);
        hand.seal(APPLICATION, b"good");
        let record = hand.record(APPLICATION, b"not whole");
        hand.send(&record[..record.len() - 1]);
        let (read, ended) = hand.read();
        assert_eq!(read, b"good");
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    });
}

#[test]
fn whatever_is_no_content_alert_or_change_of_keys_ends_the_connection() {
    for role in ROLES {
        for kind in (0..=255).filter(|kind| ![0, ALERT, HANDSHAKE, APPLICATION].contains(kind)) {
            let mut hand = hand(role, 0, Keeper::Ours);
            hand.seal(APPLICATION, b"good");
            hand.seal(kind, b"what");
            fails(&mut hand, Some(AlertDescription::UnexpectedMessage));
        }
        // On the outside, where a handshake has them.
        for (kind, length) in [(20, 1), (21, 2), (22, 40), (0, 40), (71, 0x4554)] {
            let mut hand = hand(role, 0, Keeper::Ours);
            hand.seal(APPLICATION, b"good");
            let [high, low] = u16::to_be_bytes(length);
            hand.send(&[kind, 3, 3, high, low, 1, 0]);
            fails(&mut hand, Some(AlertDescription::UnexpectedMessage));
        }
    }
}

#[test]
fn empty_records_are_nothing_and_too_many_of_them_are_too_much() {
    everywhere(|role, suite, keeper| {
        let mut patient = hand(role, suite, keeper);
        // Tickets that the library has sent are records without content, too.
        patient.seal(APPLICATION, b"x");
        for _ in 0..5 {
            for _ in 0..32 {
                patient.seal(APPLICATION, b"");
            }
            patient.seal(APPLICATION, b"x");
        }
        patient.seal(ALERT, &[1, 0]);
        let (read, ended) = patient.read();
        ended.unwrap();
        assert_eq!(read, b"xxxxxx");

        let mut flood = hand(role, suite, keeper);
        flood.seal(APPLICATION, b"good");
        for _ in 0..33 {
            flood.seal(APPLICATION, b"");
        }
        flood.seal(APPLICATION, b"later");
        let (read, ended) = flood.read();
        assert_eq!(read, b"good");
        ended.unwrap_err();
    });
}

#[test]
fn padding_is_nothing_and_nothing_but_padding_is_a_mistake() {
    everywhere(|role, suite, keeper| {
        let mut hand = hand(role, suite, keeper);
        for padding in [1, 2, 300, FRAGMENT - 4] {
            // The last byte of what is encrypted is the kind, unless it is padding.
            let mut padded = b"good".to_vec();
            padded.push(APPLICATION);
            padded.resize(4 + padding, 0);
            hand.seal(0, &padded);
        }
        // As long as a record can be.
        hand.seal(APPLICATION, &[7; FRAGMENT]);
        let mut padded = [b"good".to_vec(), vec![APPLICATION]].concat();
        padded.resize(FRAGMENT, 0);
        hand.seal(0, &padded);
        hand.seal(ALERT, &[1, 0]);
        let (read, ended) = hand.read();
        ended.unwrap();
        assert!(read == [b"good".repeat(4), vec![7; FRAGMENT], b"good".to_vec()].concat());

        if keeper == Keeper::Ours {
            for length in [0, 1, FRAGMENT] {
                let mut hand = super::hand::hand(role, suite, keeper);
                hand.seal(APPLICATION, b"good");
                hand.seal(0, &vec![0; length]);
                fails(&mut hand, Some(AlertDescription::UnexpectedMessage));
            }
        }
    });
}

#[test]
fn a_record_that_is_too_long_is_not_waited_for_and_one_too_short_is_not_genuine() {
    let longest = u16::try_from(LONGEST - HEADER).unwrap();
    for role in ROLES {
        for (length, told) in [
            (longest + 1, AlertDescription::RecordOverflow),
            (u16::MAX, AlertDescription::RecordOverflow),
            (16, AlertDescription::BadRecordMac),
            (0, AlertDescription::BadRecordMac),
        ] {
            let mut hand = hand(role, 0, Keeper::Ours);
            hand.seal(APPLICATION, b"good");
            let [high, low] = length.to_be_bytes();
            hand.send(&[APPLICATION, 3, 3, high, low]);
            fails(&mut hand, Some(told));
        }
    }
}

#[test]
fn a_changed_bit_of_a_record_gives_nothing_of_it() {
    for suite in 0..SUITES.len() {
        for keeper in KEEPERS {
            let mut first = hand(Role::Server, suite, keeper);
            let length = first.record(APPLICATION, b"secret").len();
            // Kind and length are other tests'.
            for at in (1..3).chain(HEADER..length) {
                let mut hand = hand(Role::Server, suite, keeper);
                hand.seal(APPLICATION, b"good");
                let mut record = hand.record(APPLICATION, b"secret");
                record[at] ^= 1 << (at % 8);
                hand.send(&record);
                if at < HEADER && keeper == Keeper::Library {
                    // It takes no version for one that it knows.
                    continue;
                }
                fails(&mut hand, Some(AlertDescription::BadRecordMac));
            }
        }
    }
}

#[test]
fn records_come_once_and_in_their_order() {
    everywhere(|role, suite, keeper| {
        for order in [&[0, 0][..], &[0, 2], &[0, 2, 1]] {
            let mut hand = hand(role, suite, keeper);
            let records = [b"good".as_slice(), b"better", b"best"].map(|what| hand.record(APPLICATION, what));
            for nth in order {
                hand.send(&records[*nth]);
            }
            fails(&mut hand, Some(AlertDescription::BadRecordMac));
        }
        // Nor is what our end has said something that the other could have.
        let mut hand = hand(role, suite, keeper);
        run(hand.stream.write_all(b"ours")).unwrap();
        hand.seal(APPLICATION, b"good");
        let ours = hand.stream.inside().0.heard.clone();
        assert_eq!(hand.heard(), [Some((APPLICATION, b"ours".to_vec()))]);
        hand.send(&ours);
        fails(&mut hand, Some(AlertDescription::BadRecordMac));
    });
}

#[test]
fn the_last_number_of_a_key_is_never_used() {
    let secrets = |next| {
        let (key, iv) = ([7; 32].into(), [9; 12].into());
        (next, ConnectionTrafficSecrets::Aes256Gcm { key, iv })
    };
    let (mut sealer, mut opener) =
        (Sealer::new(&secrets(u64::MAX - 1)).unwrap(), Opener::new(&secrets(u64::MAX - 1)).unwrap());
    let (mut record, mut out) = (vec![0; sealed(4)], vec![0; opened(sealed(4))]);
    let length = sealer.seal(APPLICATION, b"last", &mut record).unwrap();
    assert_eq!(opener.open(&record[..length], &mut out).unwrap(), (APPLICATION, 4));
    let before = record.clone();
    assert!(matches!(sealer.seal(APPLICATION, b"more", &mut record), Err(RecordError::Exhausted)));
    assert_eq!(record[HEADER..], before[HEADER..], "nothing is encrypted");
    assert!(matches!(opener.open(&record, &mut out), Err(RecordError::Exhausted)));
}

#[test]
fn after_a_bad_record_nothing_more_is_said_but_that_also_while_something_is_on_its_way() {
    for keeper in KEEPERS {
        let mut met = meet(Role::Client, SUITES[0], keeper, &[]).unwrap();
        met.stream.inside().0.cuts = vec![0];
        assert_eq!(run(met.stream.write(b"before")).unwrap(), 6);
        let stock = met.stream.inside().0;
        // So that what was on its way is heard before what follows it.
        stock.cuts = vec![5];
        stock.to_us.extend([APPLICATION, 3, 3, 0, 20]);
        stock.to_us.extend([0; 20]);
        run(met.stream.read(&mut [0; 10])).unwrap_err();
        let after = run(met.stream.write(b"after")).unwrap_err();
        assert_eq!(after.kind(), io::ErrorKind::BrokenPipe);
        let stock = met.stream.inside().0;
        assert_eq!(stock.heard, b"before");
        let told = rustls::Error::AlertReceived(AlertDescription::BadRecordMac);
        assert_eq!(stock.broken, Some(told));
    }
}
