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
    io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf},
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
        if let (Skill::Meets, us) = who
            && meet(&mut near, &mut far, us).await.is_err()
        {
            continue;
        }
        pairs.spawn(join(near, far, Arc::clone(&seen)));
    }
}

/// Each of the two meets this device, and takes it for the other one.
async fn meet(near: &mut Connection, far: &mut Connection, us: DeviceId) -> std::io::Result<()> {
    let (to_near, to_far) =
        (near.exported(pairing::BINDING).unwrap(), far.exported(pairing::BINDING).unwrap());
    let first: FromSender = hear(near).await?;
    say(far, &first).await?;
    if !matches!(first, FromSender::Hello { .. }) {
        return Ok(());
    }
    let FromReceiver::Hello { name, commitment, knows } = hear(far).await? else { panic!("no hello") };
    let responder = Responder::new(Ends { binding: to_near, sender: near.peer, receiver: us });
    say(near, &FromReceiver::Hello { name, commitment: responder.commitment(), knows }).await?;
    let FromSender::Nonce { nonce, stance } = hear(near).await? else { panic!("no nonce") };
    let initiator = Initiator::new(Ends { binding: to_far, sender: us, receiver: far.peer }, commitment);
    say(far, &FromSender::Nonce { nonce: initiator.nonce(), stance }).await?;
    say(near, &FromReceiver::Nonce(responder.finish(&nonce).1)).await?;
    let FromReceiver::Nonce(revealed) = hear(far).await? else { panic!("no nonce") };
    initiator.finish(&revealed).unwrap();
    Ok(())
}

async fn say<M: Serialize>(connection: &mut Connection, message: &M) -> std::io::Result<()> {
    connection.stream.write_all(&frame::encode(message)).await?;
    connection.stream.flush().await
}

async fn hear<M: DeserializeOwned>(connection: &mut Connection) -> std::io::Result<M> {
    let mut header = [0; frame::HEADER];
    connection.stream.read_exact(&mut header).await?;
    let mut body = vec![0; frame::body_len(header, 1 << 20).unwrap()];
    connection.stream.read_exact(&mut body).await?;
    Ok(frame::decode(&body).unwrap())
}

async fn join(near: Connection, far: Connection, seen: Seen) {
    let (near_in, near_out) = tokio::io::split(near.stream);
    let (far_in, far_out) = tokio::io::split(far.stream);
    tokio::join!(pass(near_in, far_out, &seen), pass(far_in, near_out, &seen));
}

async fn pass<S>(mut from: ReadHalf<S>, mut to: WriteHalf<S>, seen: &Seen)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite,
{
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
