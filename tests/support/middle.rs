//! Somebody between two devices who ends the encryption of each, and passes on what is said.

use std::sync::{Arc, Mutex};

use airlift::{
    identity::Identity,
    model::{Address, DeviceId},
    net::{self, Connection, Listener, Tls},
    pairing::{self, Ends, Initiator, Responder},
    wire::{FromReceiver, FromSender, frame},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    runtime::Runtime,
    task::JoinSet,
};

/// How much of the protocol the one in the middle speaks.
#[derive(Clone, Copy)]
pub enum Skill {
    /// Passes on every byte as it is.
    Forwards,
    /// Meets each of the two as itself, and passes on the rest.
    Meets,
}

pub struct Middle {
    /// Where it waits to be taken for the other device.
    pub port: u16,
    seen: Seen,
    /// Everything it does ends with this.
    _runtime: Runtime,
}

type Seen = Arc<Mutex<Vec<u8>>>;

impl Middle {
    /// Stands before whoever listens on that port of this machine.
    pub fn before(port: u16, skill: Skill) -> Self {
        let runtime = Runtime::new().unwrap();
        let identity = Identity::ephemeral().unwrap();
        let tls = Tls::new(&identity).unwrap();
        let listener = {
            let _inside = runtime.enter();
            Listener::loopback(tls.clone()).unwrap()
        };
        let (own, seen) = (listener.port().unwrap(), Seen::default());
        runtime.spawn(serve(listener, tls, port, (skill, identity.id()), Arc::clone(&seen)));
        Self { port: own, seen, _runtime: runtime }
    }

    /// Whether this went through its hands.
    pub fn has_seen(&self, content: &[u8]) -> bool {
        self.seen.lock().unwrap().windows(content.len()).any(|part| part == content)
    }
}

async fn serve(listener: Listener, tls: Tls, port: u16, who: (Skill, DeviceId), seen: Seen) {
    let mut pairs = JoinSet::new();
    while let Ok(stranger) = listener.accept().await {
        let Ok(mut near) = stranger.identify().await else { continue };
        let address = Address { host: "127.0.0.1".into(), port: Some(port) };
        let Ok(mut far) = net::dial(&address, &tls).await else { continue };
        let (skill, us) = who;
        let due = match skill {
            Skill::Forwards => Ok(None),
            Skill::Meets => meet(&mut near, &mut far, us).await,
        };
        let Ok(due) = due else { continue };
        pairs.spawn(join(near, far, due, Arc::clone(&seen)));
    }
}

/// Each of the two meets this device, and takes it for the other one. The receiver has not yet revealed its
/// number then.
async fn meet(
    near: &mut Connection,
    far: &mut Connection,
    us: DeviceId,
) -> std::io::Result<Option<Initiator>> {
    let (to_near, to_far) =
        (near.exported(pairing::BINDING).unwrap(), far.exported(pairing::BINDING).unwrap());
    let first: FromSender = hear(&mut near.stream).await?;
    say(&mut far.stream, &first).await?;
    if !matches!(first, FromSender::Hello { .. }) {
        return Ok(None);
    }
    let FromReceiver::Hello { name, commitment, knows, .. } = hear(&mut far.stream).await? else {
        panic!("no hello")
    };
    let responder = Responder::new(Ends { binding: to_near, sender: near.peer, receiver: us });
    say(
        &mut near.stream,
        &FromReceiver::Hello {
            name,
            commitment: responder.commitment(),
            knows,
            can: airlift::wire::message::CAN,
        },
    )
    .await?;
    let FromSender::Nonce { nonce, stance } = hear(&mut near.stream).await? else { panic!("no nonce") };
    let initiator = Initiator::new(Ends { binding: to_far, sender: us, receiver: far.peer }, commitment);
    say(&mut far.stream, &FromSender::Nonce { nonce: initiator.nonce(), stance }).await?;
    say(&mut near.stream, &FromReceiver::Nonce(responder.finish(&nonce).1)).await?;
    Ok(Some(initiator))
}

async fn say<M: Serialize>(to: &mut (impl AsyncWrite + Unpin), message: &M) -> std::io::Result<()> {
    to.write_all(&frame::encode(message)).await?;
    to.flush().await
}

async fn hear<M: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<M> {
    let mut header = [0; frame::HEADER];
    from.read_exact(&mut header).await?;
    let mut body = vec![0; frame::body_len(header, 1 << 20).unwrap()];
    from.read_exact(&mut body).await?;
    Ok(frame::decode(&body).unwrap())
}

async fn join(near: Connection, far: Connection, due: Option<Initiator>, seen: Seen) {
    let (near_in, near_out) = tokio::io::split(near.stream);
    let (mut far_in, far_out) = tokio::io::split(far.stream);
    let back = async {
        let mut near_out = near_out;
        if let Some(initiator) = due
            && keep_back(initiator, &mut far_in, &mut near_out).await.is_err()
        {
            return;
        }
        pass(far_in, near_out, &seen).await;
    };
    tokio::join!(pass(near_in, far_out, &seen), back);
}

/// Passes on what the receiver says until it reveals its number, which the sender must not see.
async fn keep_back(
    initiator: Initiator,
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> std::io::Result<()> {
    loop {
        match hear(from).await? {
            FromReceiver::Nonce(revealed) => {
                initiator.finish(&revealed).unwrap();
                return Ok(());
            }
            other => say(to, &other).await?,
        }
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, seen: &Seen) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        seen.lock().unwrap().extend_from_slice(&bytes[..count]);
        if to.write_all(&bytes[..count]).await.and(to.flush().await).is_err() {
            break;
        }
    }
    // Gone already is as good.
    let _ = to.shutdown().await;
}
