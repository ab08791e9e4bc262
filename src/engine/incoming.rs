//! One transfer that receives: from a peer's hello to its report.

use std::{path::PathBuf, sync::Arc};

use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
};
use tokio_rustls::TlsStream;
use tokio_util::sync::CancellationToken;

use super::{
    actor::Internal,
    command::Receiving,
    desk::Desk,
    policy::{Decision, decide},
    switchboard::Switchboard,
};
use crate::{
    model::{Answer, DeviceId, DeviceName, TransferId},
    transfer::{IncomingOffer, Limiter, ReceiveJob, receive},
};

pub struct Incoming {
    pub desk: Arc<Desk>,
    pub stream: TlsStream<TcpStream>,
    pub peer: DeviceId,
    pub name: DeviceName,
    /// The transfer's id as the sender made it.
    pub transfer: TransferId,
    pub inbox: PathBuf,
    pub receiving: Receiving,
    pub limiter: Arc<Limiter>,
    pub switchboard: Switchboard,
    pub actor: mpsc::Sender<Internal>,
    pub cancel: CancellationToken,
}

/// The id under which an incoming transfer is known here. Peers choose their ids themselves: none
/// can choose another's, nor one of ours.
#[must_use]
pub fn local_id(peer: DeviceId, theirs: [u8; 16]) -> TransferId {
    let mut hasher = blake3::Hasher::new_derive_key("airlift 2026 incoming transfer");
    hasher.update(peer.as_bytes()).update(&theirs);
    let mut id = [0; 16];
    hasher.finalize_xof().fill(&mut id);
    TransferId(id)
}

pub async fn run(incoming: Incoming) {
    let Incoming {
        desk,
        stream,
        peer,
        name,
        transfer,
        inbox,
        receiving,
        limiter,
        switchboard,
        actor,
        cancel,
    } = incoming;
    let job = ReceiveJob { transfer, name, inbox, landing: receiving.landing.clone(), limiter };
    let ask = |offer: IncomingOffer| answer(offer, &desk, &receiving, &actor);
    let lanes = |token| switchboard.expect(token, peer);
    let observe = |notice| desk.notice(notice);
    let meter = Arc::clone(&desk.meter);
    let report = receive(stream, job, ask, lanes, meter, &observe, cancel).await;
    desk.finish(report);
}

async fn answer(
    offer: IncomingOffer,
    desk: &Arc<Desk>,
    receiving: &Receiving,
    actor: &mpsc::Sender<Internal>,
) -> Answer {
    match decide(receiving.consent, &receiving.landing) {
        Decision::Answer(answer) => {
            desk.show(offer);
            answer
        }
        Decision::Ask => {
            let (reply, answered) = oneshot::channel();
            // The actor keeps the question before any face can see it, so that no answer comes
            // too early.
            let question = Internal::Ask { desk: Arc::clone(desk), offer: Box::new(offer), reply };
            if actor.send(question).await.is_err() {
                return Answer::Decline(None);
            }
            // A question that was dropped was answered with no.
            answered.await.unwrap_or(Answer::Decline(None))
        }
    }
}
