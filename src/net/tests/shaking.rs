//! Handshakes that are torn, that end, that never end, and what comes right behind them.

use std::{io, rc::Rc, sync::Arc};

use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stock::{KEEPERS, ROLES, Role, SUITES, Stock, meet, name, run, shake, stock, tls};
use crate::{net::records::Keeper, wire::limits};

#[test]
fn what_is_said_right_behind_a_handshake_is_heard() {
    for role in ROLES {
        for keeper in KEEPERS {
            for cuts in [&[][..], &[1], &[5, 0, 700]] {
                let mut stock = Stock::new(stock(role, SUITES[0]), cuts);
                // Kept by the library until the handshake is over, and sent with its last part.
                stock.say(&[7; 3000]);
                let mut met = shake(role, SUITES[0], keeper, stock).unwrap();
                let mut heard = [0; 3000];
                run(met.stream.read_exact(&mut heard)).unwrap();
                assert_eq!(heard, [7; 3000]);
            }
        }
    }
}

#[test]
fn a_handshake_that_ends_anywhere_is_one_that_was_hung_up_on() {
    for role in ROLES {
        let whole = meet(role, SUITES[0], Keeper::Ours, &[]).unwrap().stream.inside().0.gave.get();
        // What follows may be tickets, which are no part of it.
        let mut fails = 0;
        for length in (0..whole).step_by(5) {
            let mut stock = Stock::new(stock(role, SUITES[0]), &[]);
            stock.most = length;
            match shake(role, SUITES[0], Keeper::Ours, stock) {
                Ok(_) => break,
                Err(why) => {
                    assert_eq!(why.kind(), io::ErrorKind::UnexpectedEof, "{length} of {whole}: {why}");
                }
            }
            fails += 1;
        }
        assert!(fails > 100, "{role:?}: {fails} of {whole}");
    }
}

#[test]
fn a_handshake_without_end_is_hung_up_on() {
    // A hello of 65,535 bytes and more, in records of 16 KiB, or of one byte each.
    for size in [1_u16, 1 << 14] {
        let mut stock = Stock::new(stock(Role::Server, SUITES[0]), &[]);
        let [high, low] = size.to_be_bytes();
        let mut left = Some([1, 0, 0xff, 0xff]);
        while stock.to_us.len() < 4 * limits::MAX_HANDSHAKE {
            stock.to_us.extend([22, 3, 1, high, low]);
            let mut body = vec![0; usize::from(size)];
            if size > 4 {
                if let Some(begin) = left.take() {
                    body[..4].copy_from_slice(&begin);
                }
            } else {
                body[0] = 1;
            }
            stock.to_us.extend(body);
        }
        let came = stock.to_us.len();
        let taken = Rc::clone(&stock.gave);
        let failed = shake(Role::Server, SUITES[0], Keeper::Ours, stock).map(drop).unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::InvalidData, "{failed}");
        let most = limits::MAX_HANDSHAKE + 8192;
        assert!(taken.get() < most && most < came, "{} of {came} taken", taken.get());
    }
}

#[test]
fn messages_of_a_handshake_may_come_in_as_many_records_as_somebody_likes() {
    for role in ROLES {
        for keeper in KEEPERS {
            for cuts in [&[][..], &[1], &[7, 0, 300]] {
                let tls = tls(SUITES[1]);
                let other = match role {
                    Role::Server => {
                        let mut client = ClientConfig::clone(&tls.client);
                        client.max_fragment_size = Some(37);
                        ClientConnection::new(Arc::new(client), name()).unwrap().into()
                    }
                    Role::Client => {
                        let mut server = ServerConfig::clone(&tls.server);
                        server.max_fragment_size = Some(37);
                        ServerConnection::new(Arc::new(server)).unwrap().into()
                    }
                };
                let mut stock = Stock::new(other, cuts);
                stock.say(&[7; 300]);
                let mut met = shake(role, SUITES[1], keeper, stock).unwrap();
                assert!(met.peer.is_some());
                let mut heard = [0; 300];
                run(met.stream.read_exact(&mut heard)).unwrap();
                assert_eq!(heard, [7; 300]);
                run(met.stream.write_all(b"ours")).unwrap();
                run(met.stream.flush()).unwrap();
                assert_eq!(met.stream.inside().0.heard, b"ours");
            }
        }
    }
}
