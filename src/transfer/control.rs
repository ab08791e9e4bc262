//! The control connection of a transfer: messages in, messages out, neither waiting for the other.
//!
//! Knows frames, time limits and how to close so that the last message is heard. Must not know
//! what the messages mean.

use std::{future::Future, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
    time::timeout,
};

use super::{Ended, LinkError, TransferError, peer_words::for_peer};
use crate::{
    disk::DiskError,
    model::Side,
    wire::{
        frame, limits,
        message::{Ending, short},
    },
};

/// Messages that wait to be sent, or to be understood. Few, so that a last word is not queued
/// behind seconds of manifest on a slow link.
const QUEUE: usize = 4;

/// Reads one message, and not a byte more.
async fn read<M, R>(stream: &mut R, cap: usize) -> Result<M, LinkError>
where
    M: DeserializeOwned,
    R: AsyncRead + Unpin,
{
    let mut header = [0; frame::HEADER];
    stream.read_exact(&mut header).await?;
    let mut body = vec![0; frame::body_len(header, cap)?];
    stream.read_exact(&mut body).await?;
    Ok(frame::decode(&body)?)
}

/// Reads the first message of a connection, which must be short and come soon.
///
/// # Errors
/// When it doesn't, or can't be understood.
pub async fn read_first<M, R>(stream: &mut R) -> Result<M, LinkError>
where
    M: DeserializeOwned,
    R: AsyncRead + Unpin,
{
    within(limits::HANDSHAKE, read(stream, limits::MAX_FIRST_MESSAGE)).await
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, LinkError>>,
) -> Result<T, LinkError> {
    timeout(limit, work).await.unwrap_or(Err(LinkError::Silent))
}

/// A session's end of the control connection.
pub struct Link<In> {
    incoming: mpsc::Receiver<Result<In, LinkError>>,
    outgoing: mpsc::Sender<Vec<u8>>,
}

impl<In> Link<In> {
    /// The next message.
    pub async fn next(&mut self) -> Result<In, LinkError> {
        self.incoming.recv().await.unwrap_or(Err(LinkError::Closed))
    }

    /// Queues a message; waits while the queue is full.
    pub async fn say<Out: Serialize>(&self, message: &Out) -> Result<(), LinkError> {
        self.outgoing.send(frame::encode(message)).await.map_err(|_| LinkError::Closed)
    }
}

/// Says how this side ends it, where the other side can't know.
///
/// The link ends with it: nothing may follow.
pub async fn last_word<In, Out: Serialize>(link: Link<In>, ended: &Ended, message: fn(Ending) -> Out) {
    let ending = match ended {
        Ended::Cancelled { by: Side::Here } => Ending::Cancelled,
        Ended::Paused { by: Side::Here } => Ending::Paused,
        Ended::NoRoom { at: Side::Here } => Ending::Full,
        Ended::NoDisk { at: Side::Here } => Ending::Away,
        Ended::Failed(TransferError::CodesDiffer) => Ending::Differs,
        Ended::Failed(TransferError::Disk(DiskError::NoHandles)) => Ending::Busy,
        Ended::Failed(e) => match for_peer(e) {
            Some(why) => Ending::Failed { why: short(&why) },
            None => return,
        },
        _ => return,
    };
    // Lost words: the other side will see the connection close, and say that.
    let _ = timeout(limits::ENDING, link.say(&message(ending))).await;
}

/// Runs a session over a stream, then closes it in a way that the last message is heard.
///
/// `alive` is said whenever nothing else has been for a while.
pub async fn run<In, Out, S, F, T>(stream: S, alive: &Out, session: impl FnOnce(Link<In>) -> F) -> T
where
    In: DeserializeOwned,
    Out: Serialize,
    S: AsyncRead + AsyncWrite,
    F: Future<Output = T>,
{
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (heard, incoming) = mpsc::channel(QUEUE);
    let (outgoing, mut to_say) = mpsc::channel::<Vec<u8>>(QUEUE);
    let alive = frame::encode(alive);

    let listening = async move {
        loop {
            let message = within(limits::SILENCE, read::<In, _>(&mut reader, limits::MAX_MESSAGE)).await;
            // After a violation there is somebody to be told of it; else there is nobody.
            let (over, lost) = match &message {
                Ok(_) => (false, false),
                Err(LinkError::Violation(_)) => (true, false),
                Err(_) => (true, true),
            };
            if heard.send(message).await.is_err() || over {
                if lost {
                    return;
                }
                break;
            }
        }
        // The session is over. To close now, with bytes unread, would reset the connection and
        // could take our last message with it: read on until the peer closes too.
        let mut rest = [0; 4096];
        while matches!(reader.read(&mut rest).await, Ok(1..)) {}
    };
    let speaking = async move {
        loop {
            let bytes = match timeout(limits::ALIVE, to_say.recv()).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                Err(_) => alive.clone(),
            };
            let write = async { Ok(writer.write_all(&bytes).await.and(writer.flush().await)?) };
            if let Err(e) = within(limits::SILENCE, write).await {
                tracing::debug!(error = %e, "control message not sent");
                return;
            }
        }
        // Closed already is as good.
        let _ = writer.shutdown().await;
    };
    let mut pump = std::pin::pin!(async { tokio::join!(listening, speaking) });
    let mut session = std::pin::pin!(session(Link { incoming, outgoing }));
    let mut pumped = false;
    let result = loop {
        tokio::select! {
            result = &mut session => break result,
            // The session learns from its queues that they have ended.
            _ = &mut pump, if !pumped => pumped = true,
        }
    };
    if !pumped {
        // A peer that doesn't close in time has lost its chance.
        let _ = timeout(limits::ENDING, pump).await;
    }
    result
}
