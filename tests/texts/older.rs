//! A receiver that was built before there were texts.

use std::{ops::ControlFlow, sync::Arc};

use airlift::{
    disk::Scan,
    model::{DeviceId, DeviceName, Outcome, Problem, Side, TransferId},
    net::NetError,
    pairing::{Ends, Responder},
    transfer::{self, Assent, LaneToken, Limiter, Meter, Outflow, SendJob, Stops},
    wire::{
        FromReceiver, FromSender, frame,
        message::{Acquaintance, CAN, Ending, TEXTS},
    },
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::watch,
};

async fn say<M: Serialize>(to: &mut DuplexStream, message: &M) {
    to.write_all(&frame::encode(message)).await.unwrap();
}

async fn hear<M: DeserializeOwned>(from: &mut DuplexStream) -> Option<M> {
    let mut header = [0; frame::HEADER];
    from.read_exact(&mut header).await.ok()?;
    let mut body = vec![0; frame::body_len(header, 1 << 16).unwrap()];
    from.read_exact(&mut body).await.ok()?;
    Some(frame::decode(&body).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_knows_no_texts_is_offered_none_and_both_sides_are_told_why() {
    let id = DeviceId::of_public_key(b"both");
    let ends = || Ends { binding: [0; 32], sender: id, receiver: id };
    let job = SendJob {
        transfer: TransferId([1; 16]),
        name: DeviceName::parse("Anna").unwrap(),
        scan: Scan::of_text(super::text(10)).unwrap(),
        limiter: Arc::new(Limiter::new(None)),
        ends: ends(),
        assent: watch::channel(Assent::Known).1,
        admit: &|_| ControlFlow::Continue(()),
        account: Arc::new(transfer::NoAccount),
    };
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let lane = async |_: LaneToken| -> Result<Outflow, NetError> { panic!("content was to be sent") };
    let sending = transfer::send(near, job, lane, Arc::new(Meter::default()), &|_| {}, Stops::default());
    let receiving = async {
        let responder = Responder::new(ends());
        assert!(matches!(hear(&mut far).await, Some(FromSender::Hello { .. })));
        let (name, commitment, can) = ("Ben".to_owned(), responder.commitment(), CAN & !TEXTS);
        say(&mut far, &FromReceiver::Hello { name, commitment, knows: Acquaintance::Known, can }).await;
        assert!(matches!(hear(&mut far).await, Some(FromSender::Nonce { .. })));
        loop {
            match hear(&mut far).await {
                Some(FromSender::Alive) => {}
                other => break other,
            }
        }
    };
    let (report, told) = Box::pin(async { tokio::join!(sending, receiving) }).await;
    let Some(FromSender::Ending(Ending::Failed { why })) = told else { panic!("{told:?}") };
    assert_eq!(why, "It was to send a text, which Airlift on this device is too old for.");
    let Outcome::Failed(Problem { side: Side::There, text, .. }) = report.outcome else {
        panic!("{report:?}")
    };
    assert!(text.starts_with("Airlift on the other device is too old to take a text."), "{text}");
}
