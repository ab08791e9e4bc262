//! The blocking stages of one transfer, as its owner holds them: they end with it.
//!
//! Knows how to start, await and stop them. Must not know what they do.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use super::{Stop, TransferError};
use crate::wire::limits;

/// Stages at work. Dropping this stops them; [`Stages::end`] also waits until they have cleared
/// away what is not whole.
pub struct Stages {
    /// `None` once the result was taken.
    work: Option<JoinHandle<Result<(), TransferError>>>,
    halt: Halt,
}

/// Tells stages to stop, and breaks the connection that they may wait for.
#[derive(Clone)]
pub struct Halt {
    told: Arc<AtomicBool>,
    stop: Arc<Stop>,
}

impl Halt {
    pub fn is_told(&self) -> bool {
        self.told.load(Ordering::Relaxed)
    }

    pub fn tell(&self) {
        self.told.store(true, Ordering::Relaxed);
        (self.stop)();
    }
}

impl Stages {
    /// Starts the work on a blocking thread.
    pub fn start<W>(stop: Stop, work: W) -> Self
    where
        W: FnOnce(&Halt) -> Result<(), TransferError> + Send + 'static,
    {
        let halt = Halt { told: Arc::default(), stop: Arc::new(stop) };
        let theirs = halt.clone();
        Self { work: Some(spawn_blocking(move || work(&theirs))), halt }
    }

    /// What came of the work: once, and then never again.
    pub async fn result(&mut self) -> Result<(), TransferError> {
        let Some(work) = &mut self.work else { return std::future::pending().await };
        let result = work.await;
        self.work = None;
        result.unwrap_or_else(|e| Err(TransferError::Internal(e.to_string())))
    }

    /// Stops the work and waits until it has stopped.
    pub async fn end(mut self) {
        self.halt.tell();
        // A source that blocks (a pipe) can't be interrupted: its stage ends with its next byte.
        let _ = timeout(limits::ENDING, async {
            if self.work.is_some() {
                // How it ended is known already, or no longer matters.
                let _ = self.result().await;
            }
        })
        .await;
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        self.halt.tell();
    }
}
