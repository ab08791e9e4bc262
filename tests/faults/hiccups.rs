//! Troubles in the moment in which a transfer begins or goes on.

use std::time::Duration;

use airlift::{
    engine::Consent,
    model::{Outcome, TransferState},
    wire::{FromReceiver, FromSender},
};

use crate::support::device::{Device, NOTHING_SKIPPED, Rogue, file, hear, meet, say};

/// A peer that says that it lives, and never opens its content connection.
async fn accepted_and_no_more(rogue: &Rogue, port: u16, transfer: [u8; 16]) {
    let mut control = rogue.dial(port).await;
    say(
        &mut control,
        &FromSender::Hello { name: "Rogue".into(), transfer, can: airlift::wire::message::CAN },
    )
    .await;
    let greeting = hear(&mut control).await;
    assert!(matches!(greeting, Some(FromReceiver::Hello { .. })), "{greeting:?}");
    meet(&mut control).await;
    say(&mut control, &FromSender::Entries(vec![file("film.bin", 5 << 20)])).await;
    say(&mut control, &NOTHING_SKIPPED).await;
    while let Some(message) = hear(&mut control).await {
        assert!(!matches!(message, FromReceiver::Decline { .. }), "{message:?}");
        if matches!(message, FromReceiver::Accept { .. }) {
            break;
        }
    }
    loop {
        say(&mut control, &FromSender::Alive).await;
        match tokio::time::timeout(Duration::from_secs(1), hear(&mut control)).await {
            Ok(None) => return,
            Ok(Some(message)) => {
                assert!(!matches!(message, FromReceiver::Ending(_)), "a hiccup ended it: {message:?}");
            }
            Err(_) => {}
        }
    }
}

#[test]
fn a_content_connection_that_never_comes_interrupts_a_transfer_and_ends_it_on_neither_side() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    let transfer = airlift::identity::random();
    for _ in 0..2 {
        device.engine.block_on(accepted_and_no_more(&rogue, port, transfer));
        device.until("a transfer that waits to go on", |state| match &state.transfers[..] {
            [one] => matches!(one.state, TransferState::Interrupted { .. }).then_some(()),
            [] => None,
            several => panic!("{several:#?}"),
        });
    }
    let id = device.state.transfers[0].id;
    device.tell(airlift::engine::Command::Cancel(id));
    assert!(matches!(device.report(id).outcome, Outcome::Cancelled { .. }));
    assert_eq!(device.arrived(), Vec::<String>::new());
}
