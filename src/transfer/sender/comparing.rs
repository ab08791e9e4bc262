//! Likely files, which the receiver seems to have already: each is read and hashed here beside the flow of the
//! others, on a thread of its own.
//!
//! The digests are told a bounded number ahead, and the receiver answers that a file is the same, or that it
//! is wanted. Knows files and digests. Must not know messages or connections.

use std::ops::{ControlFlow, Range};

use tokio::sync::mpsc::Sender;

use super::{doubts::Doubts, machine::Sent};
use crate::{
    disk::{SourceError, Sources},
    model::{CHUNK, Digest, EntryNo},
    transfer::stages::Halt,
};

/// What is known of a likely file at the sender.
#[derive(Debug)]
pub struct Own {
    pub entry: EntryNo,
    pub read: Result<Sent, SourceError>,
}

/// Reads and hashes every likely file at the sender.
pub fn read_own(
    sources: &Sources,
    likely: &[Range<EntryNo>],
    doubts: &Doubts,
    found: &Sender<Own>,
    halt: &Halt,
) {
    for entry in likely.iter().flat_map(Clone::clone) {
        if !doubts.ask(halt) {
            break;
        }
        let Some(read) = digest(sources, entry, halt).transpose() else { break };
        // Nobody listens any more: the transfer is over.
        if found.blocking_send(Own { entry, read }).is_err() {
            break;
        }
    }
}

/// `None` when it is over.
fn digest(sources: &Sources, entry: EntryNo, halt: &Halt) -> Result<Option<Sent>, SourceError> {
    let mut file = sources.open(entry)?;
    let mut hasher = blake3::Hasher::new();
    let mut room = vec![0; CHUNK];
    loop {
        if halt.is_told() {
            return Ok(None);
        }
        match file.next(&mut room)? {
            [] => break,
            bytes => hasher.update(bytes),
        };
    }
    let sent = Sent { size: hasher.count(), digest: Digest(*hasher.finalize().as_bytes()) };
    Ok(match file.finish(sent.digest, || halt.is_told())? {
        ControlFlow::Continue(()) => Some(sent),
        ControlFlow::Break(()) => None,
    })
}
