//! Files that seem to be here already are compared with what the sender says of them, beside the flow of the
//! others, on a thread of its own.
//!
//! Knows digests, and asks the disk. Must not know messages or connections.

use std::sync::mpsc;

use tokio::sync::mpsc::Sender;

use super::job::Fate;
use crate::{
    disk::{Compared, DiskError, Intake, Same},
    model::{Digest, EntryNo},
    transfer::stages::Halt,
    wire::limits,
};

/// Files that were found to be the same, and are made durable and reported together.
const GROUP: usize = 256;

/// What is compared at the receiver: an entry, and the digest that the sender has told.
pub type Asked = (EntryNo, Digest);

/// The two ends of the queue of what is to be compared. A sender that keeps to the rules never fills it.
pub fn queue() -> (mpsc::SyncSender<Asked>, mpsc::Receiver<Asked>) {
    mpsc::sync_channel(limits::MAX_ASKED)
}

/// Compares what is asked for with what is there, until nothing can be asked for any more.
pub fn compare(intake: &Intake, asked: &mpsc::Receiver<Asked>, fates: &Sender<Vec<Fate>>, halt: &Halt) {
    let is_over = || halt.is_told() || fates.is_closed();
    while let Ok(first) = asked.recv() {
        let mut same: Vec<Same> = Vec::new();
        let mut next = Some(first);
        while let Some((entry, digest)) = next {
            match intake.compare(entry, digest, &is_over) {
                Compared::Same(found) => same.push(found),
                // Told at once: it is wanted, and may be long.
                Compared::Differs => {
                    if fates.blocking_send(vec![Fate::Differs { entry }]).is_err() {
                        return;
                    }
                }
                Compared::Over => return,
            }
            next = if same.len() < GROUP { asked.try_recv().ok() } else { None };
        }
        let fate = |(entry, result)| match result {
            Ok(Same { size, digest, path, .. }) => Fate::Same { entry, size, digest, path },
            Err(why) if DiskError::is_fatal(&why) => Fate::Fatal(why.into()),
            Err(why) => Fate::Failed { entry, why },
        };
        if fates.blocking_send(intake.make_last(same).into_iter().map(fate).collect()).is_err() {
            return;
        }
    }
}
