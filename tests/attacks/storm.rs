//! Connections that come and go faster than anybody needs them.

use std::time::Duration;

use airlift::{
    engine::Consent,
    model::Outcome,
    net::{self, Connection},
    wire::{FromReceiver, FromSender},
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};

use super::names::bring;
use crate::support::device::{Device, NOTHING_SKIPPED, Rogue, at, content_of, file, hear, meet, say};

/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// Calls for a transfer, until it is answered.
async fn call(rogue: &Rogue, port: u16) -> Connection {
    loop {
        // Others of the storm may have been in the way.
        let Ok(mut connection) = net::dial(&at(([127, 0, 0, 1], port).into()), &rogue.tls).await else {
            continue;
        };
        say(
            &mut connection,
            &FromSender::Hello { name: "Rogue".into(), transfer: [7; 16], can: airlift::wire::message::CAN },
        )
        .await;
        if let Some(FromReceiver::Hello { .. }) = hear(&mut connection).await {
            meet(&mut connection).await;
            return connection;
        }
    }
}

/// Offers one file, and hears the yes.
async fn offer(control: &mut Connection) -> [u8; 16] {
    say(control, &FromSender::Entries(vec![file("x", 7)])).await;
    say(control, &NOTHING_SKIPPED).await;
    loop {
        match hear(control).await {
            Some(FromReceiver::Accept { token }) => return token,
            Some(_) => {}
            None => panic!("not accepted"),
        }
    }
}

#[test]
fn p17_a_sender_that_calls_again_and_again_has_one_session_and_the_newest_one_counts() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    device.engine.block_on(async {
        let storm = async {
            let mut first = call(&rogue, port).await;
            let token = offer(&mut first).await;
            let mut lane = rogue.dial(port).await;
            say(&mut lane, &FromSender::Lane { token }).await;
            // None of them hangs up, and each takes the place of the one before it.
            let mut before = vec![first];
            for _ in 0..5 {
                let newer = call(&rogue, port).await;
                let older = before.last_mut().unwrap();
                while hear(older).await.is_some() {}
                before.push(newer);
            }
            let mut last = call(&rogue, port).await;
            let token = offer(&mut last).await;
            let mut lane = rogue.dial(port).await;
            say(&mut lane, &FromSender::Lane { token }).await;
            lane.stream.write_all(&content_of(b"content")).await.unwrap();
            lane.stream.flush().await.unwrap();
            while !matches!(hear(&mut last).await, Some(FromReceiver::Done) | None) {}
            say(&mut last, &FromSender::Bye).await;
        };
        timeout(PATIENCE, storm).await.expect("the newest is heard");
    });
    assert_eq!(device.received(0).outcome, Outcome::Complete);
    assert_eq!(device.state.transfers.len(), 1);
    assert_eq!(device.arrived(), ["x"]);
}

#[test]
fn p17_connections_that_are_reset_at_every_step_leave_nothing_and_keep_nobody_out() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let (rogue, friend) = (Rogue::new(), Rogue::new());
    device.engine.block_on(async {
        for nth in 0..300u16 {
            match nth % 3 {
                0 => {
                    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    reset(&socket);
                }
                1 => {
                    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let _ = socket.write_all(&[0x16, 3, 1, 2, 0]).await;
                    reset(&socket);
                }
                _ => {
                    let Ok(mut connection) = net::dial(&at(([127, 0, 0, 1], port).into()), &rogue.tls).await
                    else {
                        continue;
                    };
                    say(
                        &mut connection,
                        &FromSender::Hello {
                            name: "Rogue".into(),
                            transfer: [nth.to_le_bytes()[0]; 16],
                            can: airlift::wire::message::CAN,
                        },
                    )
                    .await;
                    reset(connection.stream.get_ref());
                }
            }
        }
        timeout(PATIENCE, bring(&friend, port, vec![file("honest", 0)])).await.expect("in time").unwrap();
    });
    device.until("the honest one", |state| {
        state.transfers.iter().any(|t| t.is_finished() && t.summary.files == 1).then_some(())
    });
    assert_eq!(device.arrived(), ["honest"]);
    assert_eq!(device.state.transfers.len(), 1, "{:?}", device.state.transfers);
}

/// What is closed from now on is closed with a reset.
fn reset(socket: &TcpStream) {
    socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO)).unwrap();
}
