//! The receiver's content stages: receive → decrypt on one thread, hash → write on another,
//! sync → rename on a third, with bounded rings between them.
//!
//! Knows content frames and files. Must not know control messages.

use std::{
    io::{self, Read},
    sync::{Arc, mpsc},
};

use tokio::sync::mpsc::Sender;

use super::{LinkError, Meter, TransferError, entry_set::EntrySet, stages::Halt};
use crate::{
    disk::{DiskError, Intake, Partial, Stored, Verified},
    model::{EntryKind, EntryNo},
    wire::{
        Violation,
        content::{Parser, Piece},
    },
};

/// Bytes that are handed from one stage to the next at most.
const SLAB: usize = 256 * 1024;
/// Slabs on their way from one stage to the other.
const RING: usize = 8;
/// Verified files that wait to be made durable together. Each may hold a descriptor, and systems
/// commonly allow a process 1,024.
const GROUP: usize = 128;

/// What became of a file at this end.
#[derive(Debug)]
pub enum Fate {
    Stored {
        entry: EntryNo,
        stored: Stored,
    },
    Failed {
        entry: EntryNo,
        why: DiskError,
    },
    /// The sender could not read it whole.
    Broken {
        entry: EntryNo,
    },
    /// Nothing more can be received.
    Fatal(TransferError),
}

/// What the stages need.
pub struct Job {
    pub intake: Arc<Intake>,
    pub meter: Arc<Meter>,
    pub fates: Sender<Fate>,
}

/// Receives the content of every wanted file; returns when the last one is stored. What makes the
/// rest impossible is told as [`Fate::Fatal`] at once, before what is under way has ended.
///
/// # Errors
/// When the connection breaks.
pub fn run(job: &Job, stream: Box<dyn Read + Send>, halt: &Halt) -> Result<(), TransferError> {
    let (full, arrived) = mpsc::sync_channel(RING);
    let (used, empty) = mpsc::sync_channel(RING);
    for _ in 0..RING {
        let _ = used.send(vec![0; SLAB]);
    }
    let (verified, to_store) = mpsc::sync_channel(GROUP);
    let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
    let no_thread = |e: io::Error| TransferError::Internal(e.to_string());
    std::thread::scope(|scope| {
        let receiving = thread("airlift-recv")
            .spawn_scoped(scope, move || receive(stream, &empty, &full))
            .map_err(no_thread)?;
        let storing = thread("airlift-store").spawn_scoped(scope, move || store(job, &to_store, halt));
        let storing = match storing {
            Ok(storing) => storing,
            Err(e) => {
                halt.tell();
                return Err(no_thread(e));
            }
        };
        let mut writer = Writer { job, halt, verified, open: None, seen: EntrySet::default() };
        let written = writer.write_all(&arrived, &used).or_else(|why| match why {
            TransferError::Link(_) => Ok(Flow::Torn),
            fatal => writer.tell(Fate::Fatal(fatal)).map(|()| Flow::Torn),
        });
        // Closing the rings ends the other stages. What is verified is stored first, also when the
        // link broke, unless the transfer was ended here.
        drop((writer, arrived, used));
        storing.join().map_err(|_| TransferError::Internal("the storing stage".into()))?;
        // A sender that has said its last, or nonsense, need not be waited for.
        halt.tell();
        let received = receiving.join().map_err(|_| TransferError::Internal("the receiving stage".into()))?;
        match written {
            Ok(Flow::Finished) => Ok(()),
            Ok(Flow::Torn) => Err(received.map_or_else(LinkError::from, |()| LinkError::Closed).into()),
            Err(e) => Err(e),
        }
    })
}

fn receive(
    mut stream: Box<dyn Read + Send>,
    empty: &mpsc::Receiver<Vec<u8>>,
    full: &mpsc::SyncSender<Slab>,
) -> Result<(), io::Error> {
    while let Ok(mut bytes) = empty.recv() {
        let len = stream.read(&mut bytes)?;
        if len == 0 || full.send(Slab { bytes, len }).is_err() {
            break;
        }
    }
    Ok(())
}

struct Slab {
    bytes: Vec<u8>,
    len: usize,
}

/// How the content came to its end.
enum Flow {
    Finished,
    Torn,
}

struct Writer<'a> {
    job: &'a Job,
    halt: &'a Halt,
    verified: mpsc::SyncSender<Verified>,
    open: Option<Open>,
    /// Files that have ended, or failed.
    seen: EntrySet,
}

/// The file in hand: content of one file at a time, from its first byte to its end.
struct Open {
    entry: EntryNo,
    /// `None`: it can't be written here, and what still comes of it is thrown away.
    partial: Option<Partial>,
}

impl Writer<'_> {
    fn write_all(
        &mut self,
        arrived: &mpsc::Receiver<Slab>,
        used: &mpsc::SyncSender<Vec<u8>>,
    ) -> Result<Flow, TransferError> {
        let mut parser = Parser::default();
        for slab in arrived {
            let mut bytes = &slab.bytes[..slab.len];
            while let Some(piece) = parser.next(&mut bytes)? {
                if let Flow::Finished = self.take(piece)? {
                    return Ok(Flow::Finished);
                }
            }
            if self.halt.is_told() {
                return Ok(Flow::Torn);
            }
            // The receiving stage needs no more slabs when it has ended.
            let _ = used.send(slab.bytes);
        }
        Ok(Flow::Torn)
    }

    fn take(&mut self, piece: Piece<'_>) -> Result<Flow, TransferError> {
        match piece {
            Piece::Data { entry, offset, bytes } => {
                let open = self.open(entry)?;
                if let Some(partial) = &mut open.partial {
                    if partial.written() != offset {
                        return Err(Violation::BadOffset.into());
                    }
                    match partial.write(offset, bytes) {
                        Ok(()) => {
                            self.job.meter.add_bytes(bytes.len() as u64);
                            self.job.meter.add_file_bytes(bytes.len() as u64);
                        }
                        Err(why) => {
                            open.partial = None;
                            self.fail(entry, why)?;
                        }
                    }
                }
            }
            Piece::Packed { .. } => return Err(Violation::BadPacking.into()),
            Piece::End { entry, size, digest } => {
                self.open(entry)?;
                self.seen.insert(entry);
                if let Some(partial) = self.open.take().and_then(|open| open.partial) {
                    if partial.written() != size {
                        return Err(Violation::EndsEarly.into());
                    }
                    match partial.verify(digest) {
                        // The storing stage ends early only when it can store nothing more.
                        Ok(verified) => self.verified.send(verified).map_err(|_| LinkError::Closed)?,
                        Err(why) => self.fail(entry, why)?,
                    }
                }
            }
            Piece::Broken { entry } => {
                if !self.job.intake.wants(entry) || !self.seen.insert(entry) {
                    return Err(Violation::BadEntry.into());
                }
                match self.open.take() {
                    Some(open) if open.entry != entry => return Err(Violation::BadEntry.into()),
                    // It failed here first, and that was said.
                    Some(Open { partial: None, .. }) => {}
                    _ => self.tell(Fate::Broken { entry })?,
                }
            }
            Piece::Finish if self.open.is_some() => return Err(Violation::EndsEarly.into()),
            Piece::Finish => return Ok(Flow::Finished),
        }
        Ok(Flow::Torn)
    }

    /// The file in hand, which `entry` must be or become.
    fn open(&mut self, entry: EntryNo) -> Result<&mut Open, TransferError> {
        if self.open.as_ref().is_some_and(|open| open.entry != entry) {
            return Err(Violation::BadEntry.into());
        }
        if self.open.is_none() {
            if !self.job.intake.wants(entry) || self.seen.contains(entry) {
                return Err(Violation::BadEntry.into());
            }
            if let Some(offered) = self.job.intake.entry(entry)
                && let EntryKind::File { size, .. } = offered.kind
            {
                self.job.meter.begin_file(offered.path.as_str(), size);
            }
            let partial = match self.job.intake.create(entry) {
                Ok(partial) => Some(partial),
                Err(why) => {
                    self.fail(entry, why)?;
                    None
                }
            };
            self.open = Some(Open { entry, partial });
        }
        Ok(self.open.as_mut().expect("just opened"))
    }

    /// One file can't be written here; the others may.
    fn fail(&self, entry: EntryNo, why: DiskError) -> Result<(), TransferError> {
        if why.is_fatal() { Err(why.into()) } else { self.tell(Fate::Failed { entry, why }) }
    }

    fn tell(&self, fate: Fate) -> Result<(), TransferError> {
        self.job.fates.blocking_send(fate).map_err(|_| LinkError::Closed.into())
    }
}

/// Makes verified files durable, as many together as have come while the last ones were.
fn store(job: &Job, verified: &mpsc::Receiver<Verified>, halt: &Halt) {
    while let Ok(first) = verified.recv() {
        let mut group = vec![first];
        group.extend(verified.try_iter().take(GROUP - 1));
        if halt.is_told() {
            // The transfer is over: what has no name yet gets none.
            return;
        }
        let mut fatal = None;
        for (entry, result) in job.intake.store(group) {
            let fate = match result {
                Ok(stored) => {
                    job.meter.add_file();
                    Fate::Stored { entry, stored }
                }
                Err(why) if why.is_fatal() => {
                    fatal = Some(why);
                    continue;
                }
                Err(why) => Fate::Failed { entry, why },
            };
            if job.fates.blocking_send(fate).is_err() {
                return;
            }
        }
        if let Some(why) = fatal {
            // A session that is over needs no reason.
            let _ = job.fates.blocking_send(Fate::Fatal(why.into()));
            halt.tell();
            return;
        }
    }
}
