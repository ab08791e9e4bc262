//! The receiver's content stages: for each connection receive → decrypt on one thread and hash →
//! write on another, and sync → rename on one more, with bounded rings between them.
//!
//! Knows content frames and files. Must not know control messages.

use std::{
    cell::Cell,
    io::{self, Read as _},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread::{Builder, Scope},
    time::Duration,
};

use super::{
    arriving::{Arriving, Hand, SYNC_AFTER},
    job::{Fate, Job},
    queue::{Receiver, Sender, queue},
    screening::{self, Left, Screens},
};
use crate::{
    disk::{Placed, Verified},
    model::{CHUNK, Caught, Stopwatch, Work, text},
    transfer::{Inflow, LinkError, TransferError, limiter::Limited, packing::Unpacker, stages::Halt},
    wire::{
        Violation,
        content::{Parser, Piece},
        limits,
    },
};

/// Bytes that are handed from one stage to the next at most: a whole chunk, with the headers that come before and after
/// it.
const SLAB: usize = CHUNK + 1024;
/// Slabs on their way from one stage to the other, for each connection.
const RING: usize = 8;
/// What comes over a slow link is made durable after this time, though it is little: else what a crash
/// leaves would seem to have been touched since it was recorded, and be read again.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Another connection for a transfer that flows. Never more than [`limits::MAX_LANES`] are in use.
pub type Joining = mpsc::SyncSender<Event>;

/// What the stages' owner hears while they work.
pub enum Event {
    /// Another connection carries content.
    Lane(Inflow),
    /// The transfer is over: nothing more is waited for.
    Over,
    /// A connection's stages have ended.
    Ended(Result<Flow, TransferError>),
    /// The stage that syncs has ended.
    Synced(Result<(), TransferError>),
}

/// The two ends of the channel that leads connections to [`run`].
pub fn joining() -> (Joining, mpsc::Receiver<Event>) {
    // Each connection makes two events at most, and the syncing one, so that nobody waits.
    mpsc::sync_channel(2 * limits::MAX_LANES + 2)
}

/// How the content came to its end on one connection.
pub enum Flow {
    /// It was one of so many.
    Finished {
        lanes: u8,
    },
    Torn(LinkError),
    /// It broke before anything came: opened too late to be of use.
    Unused(LinkError),
}

/// Receives the content of every wanted file; returns when the last one is stored. What makes the
/// rest impossible is told as [`Fate::Fatal`] at once, before what is under way has ended.
///
/// # Errors
/// When a connection breaks.
pub fn run(
    job: &Job,
    (joining, joined): (Joining, mpsc::Receiver<Event>),
    halt: &Halt,
) -> Result<(), TransferError> {
    let is_watched = job.intake.is_watched();
    let (verified, to_screen) = queue(if is_watched { screening::WATCHED } else { screening::UNWATCHED });
    let left = Left::default();
    let (arriving, rung) = Arriving::new(job);
    let over = Halt::default();
    let (theirs, waiting) = (over.clone(), joining.clone());
    halt.covers(Box::new(move || {
        theirs.tell();
        // Full: then there is something to wake up for.
        let _ = waiting.try_send(Event::Over);
    }));
    let ended = std::thread::scope(|scope| {
        let (waiting, to_store) = if is_watched {
            let to_store = watch(scope, (job, halt), &to_screen, &left)
                .map_err(|e| TransferError::Internal(text::reason(&e)))?;
            (Some(to_screen), to_store)
        } else {
            (None, Screens::Unwatched(to_screen))
        };
        let storing = Builder::new()
            .name("airlift-store".into())
            .spawn_scoped(scope, move || store(job, &to_store, halt))
            .map_err(|e| TransferError::Internal(text::reason(&e)))?;
        let syncing = Syncing { arriving: &arriving, over: &over, verified: verified.clone() };
        let told = joining.clone();
        Builder::new()
            .name("airlift-sync".into())
            .spawn_scoped(scope, move || {
                // Nobody waits for it any more: it is over.
                let _ = told.send(Event::Synced(syncing.run(&rung)));
            })
            .map_err(|e| TransferError::Internal(text::reason(&e)))?;
        let lanes = Lanes { scope, job, arriving: &arriving, over: &over, verified, joining };
        let result = match lanes.see_through(&joined) {
            Err(fatal) if !matches!(fatal, TransferError::Link(_)) => {
                // Nobody there to be told: the session is over.
                let _ = job.fates.blocking_send(vec![Fate::Fatal(fatal)]);
                Err(LinkError::Closed.into())
            }
            result => result,
        };
        // A sender that has said its last, or nonsense, need not be waited for.
        over.tell();
        arriving.ring();
        drop(lanes);
        if let (Ok(()), Some(waiting)) = (&result, &waiting) {
            left.all_have_come(job, waiting);
        }
        // Nobody but those who look into it takes anything out of it.
        drop(waiting);
        // Connections that are too late close with it, and no stage waits to tell its end.
        drop(joined);
        // What is verified is stored first, also when the link broke, unless the transfer was
        // ended here.
        storing.join().map_err(|_| TransferError::Internal("the storing stage".into()))?;
        halt.tell();
        result
    });
    arriving.put_aside();
    ended
}

/// Starts the stage that looks into each file.
fn watch<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    (job, halt): (&'env Job, &'env Halt),
    waiting: &Receiver<Verified>,
    left: &'env Left,
) -> io::Result<Screens<'env>> {
    let (screened, to_store) = mpsc::sync_channel(screening::SCREENED);
    for _ in 0..screening::THREADS {
        let (waiting, screened) = (waiting.clone(), screened.clone());
        Builder::new()
            .name("airlift-check".into())
            .spawn_scoped(scope, move || screening::screen(job, (&waiting, left), &screened, halt))?;
    }
    Ok(Screens::Watched(to_store, left))
}

/// The stage that makes durable what has come of files that are not whole.
struct Syncing<'a> {
    arriving: &'a Arriving<'a>,
    over: &'a Halt,
    verified: Sender<Verified>,
}

impl Syncing<'_> {
    fn run(self, rung: &mpsc::Receiver<()>) -> Result<(), TransferError> {
        loop {
            let least = match rung.recv_timeout(SYNC_EVERY) {
                Ok(()) => SYNC_AFTER,
                Err(RecvTimeoutError::Timeout) => 1,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if self.over.is_told() {
                return Ok(());
            }
            self.arriving.sync(least, &self.verified)?;
        }
    }
}

/// The stages of all connections.
struct Lanes<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    job: &'env Job,
    arriving: &'env Arriving<'env>,
    over: &'env Halt,
    verified: Sender<Verified>,
    joining: Joining,
}

impl Lanes<'_, '_> {
    /// Lets connections join until all of them have finished, or one has not.
    fn see_through(&self, joined: &mpsc::Receiver<Event>) -> Result<(), TransferError> {
        let (mut count, mut finished) = (0, 0);
        loop {
            if self.over.is_told() {
                return Err(LinkError::Closed.into());
            }
            match joined.recv().map_err(|_| LinkError::Closed)? {
                Event::Lane(lane) if count < limits::MAX_LANES => {
                    count += 1;
                    self.job.meter.add_lane();
                    self.spawn(lane).map_err(|e| TransferError::Internal(text::reason(&e)))?;
                }
                Event::Lane(beyond) => (beyond.stop)(),
                Event::Synced(Err(e)) => return Err(e),
                Event::Synced(Ok(())) | Event::Over => return Err(LinkError::Closed.into()),
                Event::Ended(ended) => match ended? {
                    Flow::Finished { lanes } => {
                        self.job.meter.remove_lane();
                        finished += 1;
                        if finished >= lanes {
                            self.see_synced(joined)?;
                            let is_whole = !self.arriving.is_any_open();
                            return if is_whole { Ok(()) } else { Err(Violation::EndsEarly.into()) };
                        }
                    }
                    Flow::Torn(why) => return Err(why.into()),
                    Flow::Unused(why) => {
                        self.job.meter.remove_lane();
                        count -= 1;
                        if count == usize::from(finished) {
                            return Err(why.into());
                        }
                    }
                },
            }
        }
    }

    /// All has come, but the stage that syncs may have the last file in hand still, and find that the
    /// disk doesn't take it.
    fn see_synced(&self, joined: &mpsc::Receiver<Event>) -> Result<(), TransferError> {
        self.over.tell();
        self.arriving.ring();
        loop {
            match joined.recv().map_err(|_| LinkError::Closed)? {
                Event::Synced(result) => return result,
                Event::Lane(late) => (late.stop)(),
                Event::Over => return Err(LinkError::Closed.into()),
                // A connection beyond those that all came on.
                Event::Ended(_) => {}
            }
        }
    }

    /// Starts the two stages of a connection.
    fn spawn(&self, lane: Inflow) -> io::Result<()> {
        let Self { scope, job, arriving, over, .. } = *self;
        let (verified, joining) = (self.verified.clone(), self.joining.clone());
        let (full, arrived) = mpsc::sync_channel(RING);
        let (used, empty) = mpsc::sync_channel(RING);
        for _ in 0..RING {
            let _ = used.send(vec![0; SLAB]);
        }
        let Inflow { stream, stop, network } = lane;
        job.meter.watch(&network);
        over.covers(stop);
        let tap = Tap { stream, network, job, over };
        let receiving = Builder::new()
            .name("airlift-recv".into())
            .spawn_scoped(scope, move || tap.receive(&empty, &full))?;
        Builder::new().name("airlift-write".into()).spawn_scoped(scope, move || {
            let (hand, unpacker, room) = (Hand::default(), Unpacker::default(), Vec::new());
            let mut writer = Writer { job, over, arriving, verified, hand, unpacker, room, is_used: false };
            let written = writer.write_all(&arrived, &used);
            let is_used = writer.is_used;
            // Closing the rings ends the other stage, if it isn't waiting for the connection.
            drop((writer, arrived, used));
            let ended = match written {
                Ok(None) => match receiving.join() {
                    Ok(received) => {
                        let why = received.map_or_else(LinkError::from, |()| LinkError::Closed);
                        Ok(if is_used { Flow::Torn(why) } else { Flow::Unused(why) })
                    }
                    Err(_) => Err(TransferError::Internal("the receiving stage".into())),
                },
                Ok(Some(lanes)) => Ok(Flow::Finished { lanes }),
                Err(e) => Err(e),
            };
            // Nobody waits for it any more: it is over.
            let _ = joining.send(Event::Ended(ended));
        })?;
        Ok(())
    }
}

/// The receiving stage of one connection.
struct Tap<'a> {
    stream: Box<dyn io::Read + Send>,
    network: Arc<crate::net::NetworkClock>,
    job: &'a Job,
    over: &'a Halt,
}

impl Tap<'_> {
    fn receive(
        self,
        empty: &mpsc::Receiver<Vec<u8>>,
        full: &mpsc::SyncSender<Slab>,
    ) -> Result<(), io::Error> {
        let clocks = &self.job.meter.clocks;
        let held = Cell::new(Duration::ZERO);
        let mut stream =
            Limited::new(self.stream, &self.job.limiter, self.over, |time| held.set(held.get() + time));
        let mut watch = Stopwatch::start(clocks);
        while let Ok(mut bytes) = empty.recv() {
            watch.skip();
            let before = self.network.read();
            let read = stream.read(&mut bytes);
            let (network, held) = (self.network.read().saturating_sub(before), held.take());
            clocks.add(Work::Receive, network);
            clocks.add(Work::ReceiveLimit, held);
            clocks.add(Work::Decrypt, watch.skip().saturating_sub(network + held));
            let len = read?;
            if len == 0 || full.send(Slab { bytes, len }).is_err() {
                break;
            }
        }
        Ok(())
    }
}

struct Slab {
    bytes: Vec<u8>,
    len: usize,
}

/// The writing stage of one connection.
struct Writer<'a> {
    job: &'a Job,
    over: &'a Halt,
    arriving: &'a Arriving<'a>,
    verified: Sender<Verified>,
    hand: Hand,
    unpacker: Unpacker,
    /// Where a chunk is unpacked.
    room: Vec<u8>,
    /// True when anything has come.
    is_used: bool,
}

impl Writer<'_> {
    /// How many connections the content went over; `None` when it was torn.
    fn write_all(
        &mut self,
        arrived: &mpsc::Receiver<Slab>,
        used: &mpsc::SyncSender<Vec<u8>>,
    ) -> Result<Option<u8>, TransferError> {
        let mut parser = Parser::default();
        let mut watch = Stopwatch::start(&self.job.meter.clocks);
        for slab in arrived {
            watch.skip();
            self.is_used = true;
            let mut bytes = &slab.bytes[..slab.len];
            while let Some(piece) = parser.next(&mut bytes)? {
                let Self { job, arriving, verified, hand, unpacker, room, .. } = self;
                match piece {
                    Piece::Data { entry, offset, bytes } => {
                        job.meter.add_wire_bytes(bytes.len() as u64);
                        arriving.data(hand, (entry, offset, bytes), verified, &mut watch)?;
                    }
                    Piece::Packed { entry, offset, len, bytes } => {
                        job.meter.add_wire_bytes(bytes.len() as u64);
                        // The parser has held it to the longest chunk.
                        room.resize(len as usize, 0);
                        unpacker.unpack(bytes, room)?;
                        watch.lap(Work::Check);
                        arriving.data(hand, (entry, offset, room), verified, &mut watch)?;
                    }
                    Piece::Hole { entry, offset, len } => {
                        let is_over = || self.over.is_told();
                        arriving.hole(hand, (entry, offset..offset + len), &is_over, verified, &mut watch)?;
                    }
                    Piece::End { entry, size, digest } => {
                        arriving.end(hand, (entry, size, digest), verified, &mut watch)?;
                    }
                    Piece::Broken { entry } => arriving.broken(hand, entry)?,
                    Piece::Finish { lanes } => {
                        arriving.put_down(hand, verified)?;
                        return Ok(Some(lanes));
                    }
                }
            }
            if self.over.is_told() {
                return Ok(None);
            }
            // The receiving stage needs no more slabs when it has ended.
            let _ = used.send(slab.bytes);
        }
        Ok(None)
    }
}

/// Makes files durable that were looked into, as many together as have come while the last ones were.
fn store(job: &Job, to_store: &Screens<'_>, halt: &Halt) {
    let mut watch = Stopwatch::start(&job.meter.clocks);
    while let Some(group) = to_store.next_group(job, halt) {
        watch.skip();
        if halt.is_told() {
            // The transfer is over: what has no name yet gets none.
            return;
        }
        let (mut fatal, mut fates) = (None, Vec::with_capacity(group.len()));
        let stored = watch.waits(Work::Store, || job.intake.store(group));
        for (entry, result) in stored {
            let fate = match result {
                Ok(Placed::Named(stored)) => {
                    job.meter.add_file();
                    Fate::Stored { entry, stored }
                }
                Ok(Placed::Apart(apart)) => {
                    // What waits to be checked has come; what something was found in has failed.
                    if matches!(apart.why, Caught::Held(_)) {
                        job.meter.add_file();
                    }
                    Fate::Apart { entry, apart }
                }
                Err(why) if why.is_fatal() => {
                    fatal = Some(why);
                    continue;
                }
                Err(why) => Fate::Failed { entry, why },
            };
            fates.push(fate);
        }
        // Whoever listens may have gone before this stage is told to end: what is whole is noted all the same.
        if job.fates.blocking_send(fates).is_err() && halt.is_told() {
            return;
        }
        if let Some(why) = fatal {
            // A session that is over needs no reason.
            let _ = job.fates.blocking_send(vec![Fate::Fatal(why.into())]);
            halt.tell();
            return;
        }
    }
}
