//! Somebody in the middle who tries one code after the other at the receiver, until it is the one that the
//! sender's person sees.

use airlift::{
    engine::{Command, Consent},
    model::Transfer,
    net::Connection,
    wire::{
        FromReceiver, FromSender, limits,
        message::{CAN, Ending, RawCounts, RawPurpose, RawSkipped, Stance},
    },
};

use super::support::device::{Device, NOTHING_SKIPPED, Rogue, file, hear, hear_any, say};

/// Whether the receiver has told what the code is made of before it hung up.
async fn is_told(connection: &mut airlift::net::Connection) -> bool {
    while let Some(message) = hear_any(connection).await {
        if matches!(message, FromReceiver::Nonce(_)) {
            return true;
        }
    }
    false
}

#[test]
fn a_stranger_does_not_learn_the_code_before_it_is_on_the_screen() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let rogue = Rogue::new();
    // Without an offer there is nothing to show. It ends by breaking the rules, as nothing else ends it here.
    let nonsense =
        FromSender::Hello { name: "Rogue".into(), transfer: [3; 16], can: airlift::wire::message::CAN };
    let entries = FromSender::Entries(vec![file("x", 1)]);
    for offer in [vec![], vec![&entries]] {
        device.engine.block_on(async {
            let mut connection = rogue.greet(port).await;
            for message in offer {
                say(&mut connection, message).await;
            }
            say(&mut connection, &nonsense).await;
            assert!(!is_told(&mut connection).await);
        });
    }
    assert!(device.state.transfers.iter().all(|t| t.meeting.is_none()));
    let mut connection = device.engine.block_on(async {
        let mut connection = rogue.greet(port).await;
        say(&mut connection, &entries).await;
        say(&mut connection, &NOTHING_SKIPPED).await;
        connection
    });
    assert!(device.engine.block_on(is_told(&mut connection)));
    device.until("the code", |state| state.transfers.iter().find(|t| t.asks())?.meeting);
}

/// Somebody who has said how much it is, and that the codes are the same, whatever their person has seen.
async fn counted(rogue: &Rogue, port: u16, transfer: [u8; 16]) -> Connection {
    let mut connection = rogue.dial(port).await;
    let hello = FromSender::Hello { name: "Rogue".into(), transfer, can: CAN };
    let (skipped, purpose) = (RawSkipped { links: 0, special: 0, unreadable: 0 }, RawPurpose::Files);
    let counts = RawCounts { files: 1, folders: 0, bytes: 1, streams: 0, skipped, purpose };
    let nonce = FromSender::Nonce { nonce: [7; 32], stance: Stance::Compares };
    for message in [hello, nonce, FromSender::Counts(counts), FromSender::Agreed] {
        say(&mut connection, &message).await;
    }
    assert!(matches!(hear(&mut connection).await, Some(FromReceiver::Hello { .. })));
    connection
}

#[test]
fn a_sender_that_is_sure_alone_names_nothing_before_the_receivers_person_is() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let rogue = Rogue::new();
    // It does not wait for the word.
    let said = device.engine.block_on(async {
        let mut connection = counted(&rogue, port, [5; 16]).await;
        say(&mut connection, &FromSender::Entries(vec![file("x", 1)])).await;
        hear(&mut connection).await
    });
    assert!(matches!(said, Some(FromReceiver::Ending(Ending::Failed { .. }))), "{said:?}");
    let shown = &device.until("its end", |state| state.transfers.iter().find(|t| t.is_finished()).cloned());
    assert_eq!(shown.summary.top, []);
    // It waits, and hears it when the person says so.
    let mut connection = device.engine.block_on(counted(&rogue, port, [6; 16]));
    let id = device.until("the code", |state| state.transfers.iter().find(|t| t.compares()).map(|t| t.id));
    device.tell(Command::Agree(id));
    assert_eq!(device.engine.block_on(hear(&mut connection)), Some(FromReceiver::Same));
}

#[test]
fn codes_that_strangers_learn_and_drop_are_counted_until_no_stranger_is_met_any_more() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    // From one address.
    for _ in 0..limits::MAX_OPEN_MEETINGS_EACH {
        let rogue = Rogue::new();
        let connection = device.engine.block_on(async {
            let mut connection = rogue.greet(port).await;
            say(&mut connection, &FromSender::Entries(vec![file("x", 1)])).await;
            say(&mut connection, &NOTHING_SKIPPED).await;
            assert!(is_told(&mut connection).await);
            connection
        });
        // Whoever leaves before that is counted, too, and never shown.
        device.until("the question", |state| state.transfers.iter().any(Transfer::asks).then_some(()));
        drop(connection);
        device.until("its end", |state| state.transfers.iter().all(Transfer::is_finished).then_some(()));
    }
    let rogue = Rogue::new();
    let said = device.engine.block_on(async {
        let mut connection = rogue.dial(port).await;
        say(
            &mut connection,
            &FromSender::Hello { name: "Rogue".into(), transfer: [9; 16], can: airlift::wire::message::CAN },
        )
        .await;
        hear(&mut connection).await
    });
    let Some(FromReceiver::Decline { reason: Some(why) }) = said else { panic!("{said:?}") };
    assert!(why.contains("no new devices"), "{why}");
}

#[test]
fn where_everything_is_accepted_no_number_of_strangers_is_too_many_whatever_they_say_at_last() {
    for (last, count) in
        [(Ending::Cancelled, limits::MAX_OPEN_MEETINGS), (Ending::Differs, limits::MAX_MISMATCHES)]
    {
        let mut device = Device::start("Ben");
        let port = device.receive(Consent::All);
        for _ in 0..=count {
            let rogue = Rogue::new();
            let answer = device.engine.block_on(async {
                let mut connection = rogue.greet(port).await;
                say(&mut connection, &FromSender::Entries(vec![file("x", 1)])).await;
                say(&mut connection, &NOTHING_SKIPPED).await;
                let answer = hear(&mut connection).await;
                say(&mut connection, &FromSender::Ending(last.clone())).await;
                while hear(&mut connection).await.is_some() {}
                answer
            });
            assert!(matches!(answer, Some(FromReceiver::Accept { .. })), "{answer:?}");
        }
    }
}
