//! What the sender's content stages are given, and what they tell of each file.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use super::machine::{Sent, Wants};
use crate::{
    disk::{SourceError, Sources},
    model::EntryNo,
    transfer::{Limiter, Meter},
};

/// What became of a file at this end.
#[derive(Debug)]
pub enum Fate {
    Sent {
        entry: EntryNo,
        sent: Sent,
    },
    /// It can't be read whole; the receiver was told.
    Broken {
        entry: EntryNo,
        why: SourceError,
    },
}

/// What the stages need.
pub struct Job {
    pub sources: Arc<Sources>,
    pub answer: Wants,
    pub meter: Arc<Meter>,
    pub limiter: Arc<Limiter>,
    /// Told as many together as go in one packet.
    pub fates: Sender<Vec<Fate>>,
}
