//! The blocking stages of one transfer, as its owner holds them: they end with it.
//!
//! Knows how to start, await and stop them. Must not know what they do.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use super::{Stop, TransferError};

/// Stages at work. Dropping this stops them; [`Stages::end`] also waits until they have cleared
/// away what is not whole.
pub struct Stages {
    /// `None` once the result was taken.
    work: Option<JoinHandle<Result<(), TransferError>>>,
    halt: Halt,
}

/// Tells stages to stop, and breaks the connections that they may wait for.
#[derive(Clone, Default)]
pub struct Halt(Arc<Halting>);

#[derive(Default)]
struct Halting {
    told: AtomicBool,
    stops: Mutex<Vec<Stop>>,
}

impl Halt {
    /// Breaks this as well when it is told: at once, if it was told before.
    pub fn covers(&self, stop: Stop) {
        let mut stops = self.0.stops.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_told() {
            stop();
        } else {
            stops.push(stop);
        }
    }

    pub fn is_told(&self) -> bool {
        self.0.told.load(Ordering::Relaxed)
    }

    pub fn tell(&self) {
        let stops = self.0.stops.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.told.store(true, Ordering::Relaxed);
        for stop in stops.iter() {
            stop();
        }
    }
}

impl Stages {
    /// Starts the work on a blocking thread.
    pub fn start<W>(work: W) -> Self
    where
        W: FnOnce(&Halt) -> Result<(), TransferError> + Send + 'static,
    {
        let halt = Halt::default();
        let theirs = halt.clone();
        Self { work: Some(spawn_blocking(move || work(&theirs))), halt }
    }

    /// True until the result was taken.
    pub fn are_working(&self) -> bool {
        self.work.is_some()
    }

    /// What came of the work: once, and then never again.
    pub async fn result(&mut self) -> Result<(), TransferError> {
        let Some(work) = &mut self.work else { return std::future::pending().await };
        let result = work.await;
        self.work = None;
        result.unwrap_or_else(|e| Err(TransferError::Internal(e.to_string())))
    }

    /// Stops the work and waits until it has stopped, for so long at most.
    pub async fn end(mut self, limit: Duration) {
        self.halt.tell();
        // A source that blocks (a pipe) can't be interrupted: its stage ends with its next byte.
        let _ = timeout(limit, async {
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
