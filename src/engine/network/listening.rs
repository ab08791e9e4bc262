//! Waiting for peers, and finding out who they are and what they want, within bounds.

use std::{sync::Arc, time::Instant};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{AbortHandle, JoinSet},
    time::timeout,
};

use super::switchboard::Switchboard;
use crate::{
    engine::{
        command::Remember,
        report::{Caller, Internal},
        trust::{
            codes::{self, Codes},
            devices::Devices,
            strangers::{Places, Unknown, make_room},
        },
    },
    model::{DeviceId, Trust},
    net::{Connection, Listener, NetError, Stranger},
    transfer::{self, LinkError, read_first},
    wire::{FromSender, limits},
};

/// What it takes to find out who somebody is, and where to lead them. Cheap to clone.
#[derive(Clone)]
pub struct Parts {
    pub us: DeviceId,
    pub devices: Devices,
    pub codes: Codes,
    pub switchboard: Switchboard,
    pub actor: mpsc::Sender<Internal>,
}

const PLACES: Places =
    Places { all: limits::MAX_STRANGERS, each: limits::MAX_STRANGERS_EACH, moment: limits::STRANGERS_MOMENT };

/// Accepts until it is dropped. Everybody has the same short time to say what they want; when too many
/// do at once, [`make_room`] says who leaves: an honest peer needs a moment, and a crowd that says
/// nothing must not keep it out.
pub async fn run(listener: Listener, parts: Parts) {
    let places = Arc::new(Semaphore::new(PLACES.all));
    let mut strangers = JoinSet::new();
    let mut unknown = Vec::<Unknown<AbortHandle>>::new();
    // Told to go, and not gone yet.
    let mut leaving = Vec::<Unknown<AbortHandle>>::new();
    loop {
        while strangers.try_join_next().is_some() {}
        let stranger = match listener.accept().await {
            Ok(stranger) => stranger,
            Err(e) => {
                // The actor hears why; if it is gone, so is the need to listen.
                let _ = parts.actor.send(Internal::Deaf(e)).await;
                return;
            }
        };
        for there in [&mut unknown, &mut leaving] {
            there.retain(|other| !other.connection.is_finished());
        }
        let (from, since) = (stranger.address.ip(), Instant::now());
        for other in make_room(&mut unknown, from, since, PLACES) {
            tracing::debug!(address = %other.from, "too many strangers at once: one makes room");
            other.connection.abort();
            leaving.push(other);
        }
        // Free at once, or when one that makes room has let go of its own.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let connection = strangers.spawn(deal_with(stranger, parts.clone(), place));
        unknown.push(Unknown { from, since, connection });
    }
}

async fn deal_with(stranger: Stranger, parts: Parts, place: OwnedSemaphorePermit) {
    let address = stranger.address;
    match timeout(limits::HANDSHAKE, meet(stranger, &parts)).await {
        Ok(Ok(Met { connection, first: FromSender::Hello { name, transfer, can }, coded })) => {
            let (connection, since) = (Box::new(Connection { can, ..connection }), Instant::now());
            let caller = Caller { connection, name, transfer, coded, since };
            let _ = parts.actor.send(Internal::Arrived(caller)).await;
            // It is no stranger any more: whoever has not said who they are yet must not make room for it.
            drop(place);
        }
        Ok(Ok(Met { connection, first: FromSender::Lane { token }, coded: None })) => {
            parts.switchboard.connect(token, connection);
        }
        Ok(Ok(_)) => tracing::info!(%address, "turned away: its first message is neither hello nor lane"),
        Ok(Err(Away::Blocked)) => tracing::debug!(%address, "a blocked device has called"),
        Ok(Err(Away::Visited)) => tracing::debug!(%address, "somebody has seen who is here"),
        Ok(Err(Away::For(why))) => tracing::info!(%address, why, "turned away"),
        Ok(Err(Away::Twin(why))) => {
            tracing::warn!(%address, "turned away: it has this device’s own key");
            let _ = parts.actor.send(Internal::Twin { address, why }).await;
        }
        Err(_) => tracing::info!(%address, "turned away: too slow to say who it is"),
    }
}

/// Somebody who has said what they want.
struct Met {
    connection: Connection,
    first: FromSender,
    /// They have shown that they know the code that was given out, and that follows from it.
    coded: Option<Remember>,
}

/// Why somebody is turned away.
enum Away {
    /// Without a word to anybody.
    Blocked,
    /// They only wanted to see who is here.
    Visited,
    For(String),
    /// Another machine with this one's key.
    Twin(NetError),
}

impl<E: std::error::Error> From<E> for Away {
    fn from(e: E) -> Self {
        Self::For(e.to_string())
    }
}

async fn meet(stranger: Stranger, parts: &Parts) -> Result<Met, Away> {
    let mut connection = match stranger.identify().await {
        Err(twin @ NetError::Twin { .. }) => return Err(Away::Twin(twin)),
        identified => identified?,
    };
    parts.devices.look().await;
    if parts.devices.trust_of(connection.peer) == Trust::Blocked {
        return Err(Away::Blocked);
    }
    let first = match read_first(&mut connection.stream).await {
        Err(LinkError::Closed) => return Err(Away::Visited),
        read => read?,
    };
    let FromSender::Pair { element } = first else { return Ok(Met { connection, first, coded: None }) };
    let remember = match codes::answer(&mut connection, &element, parts.us, &parts.codes).await {
        Ok(remember) => remember,
        Err(refusal) => {
            if let Some(reason) = refusal.for_peer() {
                transfer::refuse(connection.stream, &reason).await;
            }
            return Err(Away::For(format!("it has tried a code: {refusal}")));
        }
    };
    let first = read_first(&mut connection.stream).await?;
    Ok(Met { connection, first, coded: Some(remember) })
}
