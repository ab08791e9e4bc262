//! How much of this device one that is not trusted can take before anybody has said yes.

use super::*;

/// Says hello for another transfer each time, all at once; the connections that were greeted.
async fn begin_offers(rogue: &Rogue, port: u16, count: usize) -> Vec<airlift::net::Connection> {
    let mut greeted = Vec::new();
    let mut offers = Vec::new();
    for nth in 0..count {
        let mut connection = rogue.dial(port).await;
        let transfer = [u8::try_from(nth).unwrap(); 16];
        say(
            &mut connection,
            &FromSender::Hello { name: "Rogue".into(), transfer, can: airlift::wire::message::CAN },
        )
        .await;
        offers.push(connection);
    }
    for mut connection in offers {
        match hear(&mut connection).await {
            Some(FromReceiver::Hello { .. }) => greeted.push(connection),
            Some(FromReceiver::Decline { reason: Some(why) }) => {
                assert!(why.contains("An earlier offer of this device"), "{why}");
            }
            other => panic!("{other:?}"),
        }
    }
    greeted
}

#[test]
fn of_strangers_whose_offers_nobody_wants_a_person_is_told_a_few_times_a_minute_and_keeps_what_was_accepted()
{
    let twice = vec![file("twice", 1), file("twice", 1)];
    for (consent, entries) in
        [(Consent::Nobody("nobody is there"), vec![file("x", 1)]), (Consent::All, twice)]
    {
        let mut device = Device::start("Ben");
        let port = device.receive(Consent::All);
        let mut friend = Device::start("Friend");
        let sent = friend.send(port, &[source(&friend, "a", b"a")]);
        assert_eq!(friend.report(sent).outcome, Outcome::Complete);
        let accepted = device.until("what was accepted", |state| {
            state.transfers.iter().find(|t| t.is_finished()).map(|t| t.id)
        });
        device.receive_on(port, consent);
        device.engine.block_on(async {
            for _ in 0..40 {
                let mut connection = Rogue::new().greet(port).await;
                say(&mut connection, &FromSender::Entries(entries.clone())).await;
                say(&mut connection, &NOTHING_SKIPPED).await;
                // Until its end was told, or not.
                while hear(&mut connection).await.is_some() {}
            }
        });
        // One that is always told: everything before it was.
        let sent = friend.send(port, &[source(&friend, "b", b"b")]);
        friend.report(sent);
        judge(&mut device, friend.state.device.id, Trust::Known);
        let of_strangers = |t: &&Transfer| t.peer.id != Some(friend.state.device.id);
        let told = device.state.transfers.iter().filter(of_strangers).count();
        assert!((1..=limits::MAX_HEARSAY).contains(&told), "{told} were told");
        assert!(device.state.transfer(accepted).is_some(), "it was pushed out");
    }
}

#[test]
fn of_strangers_that_count_and_leave_where_everything_is_accepted_a_person_is_told_a_few_times_a_minute() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let (skipped, purpose) = (RawSkipped { links: 0, special: 0, unreadable: 0 }, RawPurpose::Files);
    let counts = RawCounts { files: 1, folders: 0, bytes: 1, streams: 0, skipped, purpose };
    device.engine.block_on(async {
        for _ in 0..40 {
            let mut connection = Rogue::new().dial(port).await;
            let hello = FromSender::Hello { name: "YOUR BANK".into(), transfer: [1; 16], can: CAN };
            let nonce = FromSender::Nonce { nonce: [7; 32], stance: Stance::Compares };
            for message in [hello, nonce, FromSender::Counts(counts)] {
                say(&mut connection, &message).await;
            }
            assert!(matches!(hear(&mut connection).await, Some(FromReceiver::Hello { .. })));
            assert_eq!(hear(&mut connection).await, Some(FromReceiver::Same));
            say(&mut connection, &FromSender::Ending(Ending::Cancelled)).await;
            while hear(&mut connection).await.is_some() {}
        }
    });
    device.know(DeviceId::of_public_key(b"told last"));
    let told = device.state.transfers.len();
    assert!((1..=limits::MAX_HEARSAY).contains(&told), "{told} were told");
}

#[test]
fn one_device_that_begins_offers_without_end_leaves_places_for_the_others() {
    for (consent, places, each) in [
        (Consent::Ask, limits::MAX_QUESTIONS, 1),
        (Consent::All, limits::MAX_WAITING, limits::MAX_WAITING_EACH),
    ] {
        let mut device = Device::start("Ben");
        let port = device.receive(consent);
        let rogue = Rogue::new();
        let held = device.engine.block_on(begin_offers(&rogue, port, places));
        assert_eq!(held.len(), each, "{consent:?}");
        let friend = Device::start("Friend");
        // At the same address, and no stranger.
        device.know(friend.state.device.id);
        friend.send(port, &[source(&friend, "a", b"a")]);
        device.until("an offer of another device", |state| {
            let its = |t: &&Transfer| {
                t.peer.id == Some(friend.state.device.id) && t.state != TransferState::Preparing
            };
            state.transfers.iter().find(its).map(drop)
        });
        drop(held);
    }
}
