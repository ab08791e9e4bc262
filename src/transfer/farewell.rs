//! Connections that are for nothing but a word: an offer is refused unheard, a sender that calls again is put
//! off, and what an earlier attempt has left is given up, or can't be gone on with.

use std::{future::Future, pin::pin};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout, timeout_at},
};

use super::{
    TransferError,
    control::{self, Link},
    peer_words::for_peer,
};
use crate::{
    disk::SourceError,
    model::{DeviceName, Outcome, Side, TransferId},
    wire::{
        FromReceiver, FromSender, limits,
        message::{CAN, Ending},
    },
};

/// Declines an offer before it is made: this device can't take another now.
pub async fn refuse<S: AsyncRead + AsyncWrite>(control: S, reason: &str) {
    let decline = FromReceiver::Decline { reason: Some(reason.to_owned()) };
    control::run(control, &FromReceiver::Alive, |link: control::Link<FromSender>| async move {
        // Whoever doesn't stay to hear it needs no reason.
        let _ = link.say(&decline).await;
    })
    .await;
}

/// Tells a sender that calls again that it is not to go on yet. Returns what it has to say of that: an
/// outcome where it gives the transfer up.
pub async fn put_off<S: AsyncRead + AsyncWrite>(control: S, why: Ending) -> Option<Outcome> {
    control::run(control, &FromReceiver::Alive, |mut link: control::Link<FromSender>| async move {
        // Whoever doesn't stay to hear it finds out when it calls again.
        let _ = link.say(&FromReceiver::Ending(why)).await;
        match timeout(limits::ENDING, link.next()).await {
            Ok(Ok(FromSender::Ending(Ending::Cancelled))) => Some(Outcome::Cancelled { by: Side::There }),
            _ => None,
        }
    })
    .await
}

/// What came of a sender that has stayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stayed {
    /// Until it was told, or its link broke.
    Gone,
    /// Its person has paused it, too.
    Paused,
    /// Its person has given the transfer up.
    Cancelled,
}

/// Keeps a sender that calls while it rests here, until that is over; it is told the word that comes then, if one does.
pub async fn have_it_stay<S: AsyncRead + AsyncWrite>(
    control: S,
    over: impl Future<Output = Option<Ending>>,
) -> Stayed {
    control::run(control, &FromReceiver::Alive, |mut link: Link<FromSender>| async move {
        if link.say(&FromReceiver::Stay).await.is_err() {
            return Stayed::Gone;
        }
        let mut over = pin!(over);
        loop {
            tokio::select! {
                word = &mut over => {
                    if let Some(word) = word {
                        // Whoever doesn't hear it finds out when it calls again.
                        let _ = link.say(&FromReceiver::Ending(word)).await;
                    }
                    return Stayed::Gone;
                }
                heard = link.next() => match heard {
                    Ok(FromSender::Alive) => {}
                    Ok(FromSender::Ending(Ending::Cancelled)) => return Stayed::Cancelled,
                    Ok(FromSender::Ending(Ending::Paused)) => return Stayed::Paused,
                    Ok(_) | Err(_) => return Stayed::Gone,
                },
            }
        }
    })
    .await
}

/// Why a sender ends what it doesn't even begin to offer again.
#[derive(Debug)]
pub enum Farewell {
    /// A person has given it up.
    Cancelled,
    /// What was to be sent is gone.
    Gone(SourceError),
}

/// Whether the other side knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Yes,
    No,
}

/// Tells the receiver that a transfer is not gone on with.
pub async fn farewell<S>(control: S, name: &DeviceName, transfer: TransferId, why: Farewell) -> Told
where
    S: AsyncRead + AsyncWrite,
{
    let ending = match why {
        Farewell::Cancelled => Ending::Cancelled,
        Farewell::Gone(why) => {
            Ending::Failed { why: for_peer(&TransferError::Source(why)).unwrap_or_default() }
        }
    };
    let hello = FromSender::Hello { name: name.to_string(), transfer: transfer.0, can: CAN };
    control::run(control, &FromSender::Alive, |mut link: Link<FromReceiver>| async move {
        if link.say(&hello).await.is_err() {
            return Told::No;
        }
        let greeted = Instant::now() + limits::HANDSHAKE;
        loop {
            // Who greets has the transfer, and hears how it ends.
            match timeout_at(greeted, link.next()).await {
                Ok(Ok(
                    FromReceiver::Hello { .. }
                    | FromReceiver::Stay
                    | FromReceiver::Ending(Ending::Paused | Ending::Full | Ending::Away | Ending::Busy),
                )) => break,
                Ok(Ok(FromReceiver::Alive)) => {}
                // It is over there.
                Ok(Ok(FromReceiver::Ending(_) | FromReceiver::Decline { .. })) => return Told::Yes,
                _ => return Told::No,
            }
        }
        if link.say(&FromSender::Ending(ending)).await.is_ok() { Told::Yes } else { Told::No }
    })
    .await
}

/// Tells a sender that calls that the receiver's person has given the transfer up.
pub async fn given_up<S: AsyncRead + AsyncWrite>(control: S) {
    control::run(control, &FromReceiver::Alive, |link: Link<FromSender>| async move {
        // Who doesn't stay to hear it calls again.
        let _ = link.say(&FromReceiver::Ending(Ending::Cancelled)).await;
    })
    .await;
}
