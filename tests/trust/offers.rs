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
