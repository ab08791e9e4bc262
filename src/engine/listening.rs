//! Waiting for peers, and finding out who they are and what they want, within bounds.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use tokio::{
    sync::{Semaphore, mpsc},
    task::{AbortHandle, JoinSet},
    time::timeout,
};

use super::{
    actor::{Caller, Internal},
    codes::{self, Codes},
    command::Remember,
    switchboard::Switchboard,
};
use crate::{
    model::DeviceId,
    net::{Connection, Listener, Stranger},
    transfer::{self, read_first},
    wire::{FromSender, limits},
};

/// Accepts until it is dropped. Everybody has the same short time to say what they want; when too
/// many do at once, the one who has had the longest makes room: an honest peer needs a moment, and
/// a crowd that says nothing must not keep it out.
pub async fn run(
    listener: Listener,
    us: DeviceId,
    codes: Codes,
    switchboard: Switchboard,
    actor: mpsc::Sender<Internal>,
) {
    let places = Arc::new(Semaphore::new(limits::MAX_STRANGERS));
    let mut strangers = JoinSet::new();
    let mut oldest_first = VecDeque::<AbortHandle>::new();
    loop {
        while strangers.try_join_next().is_some() {}
        let stranger = match listener.accept().await {
            Ok(stranger) => stranger,
            Err(e) => {
                // The actor hears why; if it is gone, so is the need to listen.
                let _ = actor.send(Internal::Deaf(e)).await;
                return;
            }
        };
        oldest_first.retain(|other| !other.is_finished());
        if places.available_permits() == 0
            && let Some(oldest) = oldest_first.pop_front()
        {
            tracing::warn!("too many strangers at once: the oldest makes room");
            oldest.abort();
        }
        // Free at once, or when a refusal that was begun has been said.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (switchboard, actor, codes) = (switchboard.clone(), actor.clone(), codes.clone());
        let newest = strangers.spawn(async move {
            let address = stranger.address;
            match timeout(limits::HANDSHAKE, meet(stranger, us, &codes)).await {
                Ok(Ok(Met { connection, first: FromSender::Hello { name, transfer }, coded })) => {
                    let (connection, since) = (Box::new(connection), Instant::now());
                    let caller = Caller { connection, name, transfer, coded, place, since };
                    let _ = actor.send(Internal::Arrived(caller)).await;
                }
                Ok(Ok(Met { connection, first: FromSender::Lane { token }, coded: None })) => {
                    switchboard.connect(token, connection);
                }
                Ok(Ok(_)) => {
                    tracing::info!(%address, "turned away: its first message is neither hello nor lane");
                }
                Ok(Err(why)) => tracing::info!(%address, why, "turned away"),
                Err(_) => tracing::info!(%address, "turned away: too slow to say who it is"),
            }
        });
        oldest_first.push_back(newest);
    }
}

/// Somebody who has said what they want.
struct Met {
    connection: Connection,
    first: FromSender,
    /// They have shown that they know the code that was given out, and that follows from it.
    coded: Option<Remember>,
}

async fn meet(stranger: Stranger, us: DeviceId, codes: &Codes) -> Result<Met, String> {
    let mut connection = stranger.identify().await.map_err(|e| e.to_string())?;
    let first = read_first(&mut connection.stream).await.map_err(|e| e.to_string())?;
    let FromSender::Pair { element } = first else { return Ok(Met { connection, first, coded: None }) };
    let remember = match codes::answer(&mut connection, &element, us, codes).await {
        Ok(remember) => remember,
        Err(refusal) => {
            if let Some(reason) = refusal.for_peer() {
                transfer::refuse(connection.stream, &reason).await;
            }
            return Err(format!("it has tried a code: {refusal}"));
        }
    };
    let first = read_first(&mut connection.stream).await.map_err(|e| e.to_string())?;
    Ok(Met { connection, first, coded: Some(remember) })
}
