//! The sender's content stages: read → hash → frame on one thread, encrypt → send on another for
//! each connection, with a bounded ring of packets between them.
//!
//! Knows files and content frames. Must not know control messages.

use std::{
    cell::Cell,
    io::Write as _,
    ops::Range,
    sync::{Arc, mpsc},
    thread::Builder,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::Sender;

use super::{
    LinkError, Meter, Outflow, TransferError,
    lanes::{Closed, LaneNo, Lanes, Outlet, Packet, Ring, lanes},
    limiter::{Limited, Limiter},
    packing::{Limit, Look, Packer, Packing},
    sending::Sent,
    stages::Halt,
};
use crate::{
    disk::{SourceError, SourceFile, Sources},
    model::{Bottleneck, EntryKind, EntryNo, Leaf, Stopwatch, Tree, Work},
    wire::{
        content::{self, CHUNK_HEADER, PACKED_HEADER},
        limits,
    },
};

/// A file of at least this many bytes goes over all connections at once. A smaller one goes over
/// one, whole, so that few files are open at the receiver.
const SPREAD: u64 = 8 * 1024 * 1024;
/// How often the packing of chunks is told where the time goes.
const LOOK: Duration = Duration::from_millis(200);

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
    /// Ascending.
    pub unwanted: Vec<Range<EntryNo>>,
    pub meter: Arc<Meter>,
    pub limiter: Arc<Limiter>,
    pub fates: Sender<Fate>,
}

/// Changes to a transfer that flows.
pub type Joining = mpsc::SyncSender<Event>;

/// What the stages' owner hears while they work.
pub enum Event {
    /// Another connection is there for content. Beyond [`limits::MAX_LANES`] it is closed again.
    Lane(Outflow),
    /// The connection that came last is of no use.
    RetireLane,
    /// One that was of no use may be now.
    ResumeLane,
    /// The reading stage has ended; true when everything was handed over.
    Read(bool),
    /// A connection has sent its last, or broke.
    Ended(Result<(), LinkError>),
}

/// The two ends of the channel that leads connections to [`run`].
pub fn joining() -> (Joining, mpsc::Receiver<Event>) {
    // Each connection makes two events, and each attempt with more of them as many again: nobody
    // waits.
    mpsc::sync_channel(4 * limits::MAX_LANES + 1)
}

/// Sends the content of every wanted file; returns when the last byte is with the system.
///
/// # Errors
/// When a connection breaks, or the transfer was cancelled (which breaks it).
pub fn run(
    job: &Job,
    (joining, joined): (Joining, mpsc::Receiver<Event>),
    halt: &Halt,
) -> Result<(), TransferError> {
    let (lanes, ring) = lanes();
    std::thread::scope(|scope| {
        let no_thread = |e: std::io::Error| TransferError::Internal(e.to_string());
        let mut ring = Some(ring);
        let (mut is_read, mut is_cut, mut open) = (false, false, 0);
        let mut see_through = || {
            while !is_read || open > 0 {
                match joined.recv().map_err(|_| LinkError::Closed)? {
                    Event::Lane(Outflow { stream, stop, network }) => {
                        let Some(outlet) = lanes.add() else {
                            stop();
                            continue;
                        };
                        halt.covers(stop);
                        open += 1;
                        job.meter.add_lane();
                        let (sending, ended) =
                            (Sending { job, halt, stream, network, outlet }, joining.clone());
                        Builder::new()
                            .name("airlift-send".into())
                            .spawn_scoped(scope, move || {
                                // Nobody waits for it any more: it is over.
                                let _ = ended.send(Event::Ended(sending.send_all()));
                            })
                            .map_err(no_thread)?;
                        if let Some(ring) = ring.take() {
                            let (ended, lanes) = (joining.clone(), Arc::clone(&lanes));
                            Builder::new()
                                .name("airlift-read".into())
                                .spawn_scoped(scope, move || {
                                    let _ = ended.send(Event::Read(Reader::read(job, halt, lanes, ring)));
                                })
                                .map_err(no_thread)?;
                        }
                    }
                    Event::RetireLane => {
                        lanes.retire_last();
                        job.meter.remove_lane();
                    }
                    Event::ResumeLane => {
                        lanes.resume_one();
                        job.meter.add_lane();
                    }
                    Event::Read(true) => is_read = true,
                    Event::Read(false) => {
                        // If it was a connection that broke, that one says why.
                        (is_read, is_cut) = (true, true);
                        lanes.abandon();
                        if halt.is_told() || job.fates.is_closed() {
                            halt.tell();
                        }
                    }
                    Event::Ended(ended) => {
                        ended?;
                        open -= 1;
                    }
                }
            }
            if is_cut { Err(LinkError::Closed.into()) } else { Ok(()) }
        };
        let result = see_through();
        // No stage waits to tell its end.
        drop(joined);
        if result.is_err() {
            // Whatever still sends or reads ends with its next packet.
            lanes.abandon();
            halt.tell();
        }
        result
    })
}

/// The sending stage of one connection.
struct Sending<'a> {
    job: &'a Job,
    halt: &'a Halt,
    stream: Box<dyn std::io::Write + Send>,
    network: Arc<crate::net::NetworkClock>,
    outlet: Outlet,
}

impl Sending<'_> {
    fn send_all(self) -> Result<(), LinkError> {
        let clocks = &self.job.meter.clocks;
        let held = Cell::new(Duration::ZERO);
        let mut stream =
            Limited::new(self.stream, &self.job.limiter, self.halt, |time| held.set(held.get() + time));
        let mut watch = Stopwatch::start(clocks);
        while let Some(packet) = self.outlet.next() {
            watch.skip();
            let before = self.network.read();
            stream.write_all(&packet.bytes[..packet.used])?;
            stream.flush()?;
            let (network, held) = (self.network.read().saturating_sub(before), held.take());
            clocks.add(Work::Send, network);
            clocks.add(Work::SendLimit, held);
            clocks.add(Work::Encrypt, watch.skip().saturating_sub(network + held));
            self.job.meter.add_wire_bytes(packet.used as u64);
            self.outlet.sent(packet);
        }
        Ok(())
    }
}

/// The reading stage.
struct Reader<'a> {
    job: &'a Job,
    halt: &'a Halt,
    lanes: Arc<Lanes>,
    ring: Ring,
    packet: Packet,
    /// The connection that this packet must go to, because what its first file began with did.
    bound: Option<LaneNo>,
    packing: Arc<Packing>,
    packs: Packer,
    /// Since the packing was last told how time went: when that was, and how much of it was spent
    /// waiting for an empty packet.
    looked: Instant,
    waited: Duration,
    watch: Stopwatch<'a>,
}

/// Whether a file may go over several connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    One,
    All,
}

impl<'a> Reader<'a> {
    /// True when everything was handed over.
    fn read(job: &'a Job, halt: &'a Halt, lanes: Arc<Lanes>, ring: Ring) -> bool {
        let Ok(packet) = ring.first() else { return false };
        let watch = Stopwatch::start(&job.meter.clocks);
        let packing = Arc::<Packing>::default();
        let packs = packing.packer();
        let (looked, waited) = (Instant::now(), Duration::ZERO);
        let mut reader =
            Self { job, halt, lanes, ring, packet, bound: None, packing, packs, looked, waited, watch };
        reader.read_all().is_ok()
    }

    fn read_all(&mut self) -> Result<(), Closed> {
        let Job { sources, unwanted, meter, fates, .. } = self.job;
        let mut unwanted = unwanted.iter().flat_map(Clone::clone).peekable();
        let count = EntryNo::try_from(sources.len()).unwrap_or(EntryNo::MAX);
        for entry in 0..count {
            if unwanted.next_if_eq(&entry).is_some() {
                continue;
            }
            let Some(offered) = sources.entry(entry) else { continue };
            let EntryKind::File { size, .. } = offered.kind else { continue };
            meter.begin_file(offered.path.as_str(), size);
            let opened = sources.open(entry);
            self.watch.lap(Work::Read);
            let read = match opened {
                Ok(file) => self.read_file(entry, file, size)?,
                Err(why) => Err(why),
            };
            let fate = match read {
                Ok(sent) => {
                    self.packet.put(|out| content::put_end(out, entry, sent.size, sent.digest));
                    Fate::Sent { entry, sent }
                }
                Err(why) => {
                    self.packet.put(|out| content::put_broken(out, entry));
                    Fate::Broken { entry, why }
                }
            };
            // Told before the packet leaves, so that no receipt can come before it.
            fates.blocking_send(fate).map_err(|_| Closed)?;
            self.watch.skip();
            if self.packet.room() == 0 {
                self.ship()?;
            }
        }
        if self.packet.used > 0 {
            self.ship()?;
        }
        self.lanes.finish(|packet, lanes| packet.put(|out| content::put_finish(out, lanes)))
    }

    fn read_file(
        &mut self,
        entry: EntryNo,
        mut file: SourceFile,
        size: Option<u64>,
    ) -> Result<Result<Sent, SourceError>, Closed> {
        let route = if size.is_some_and(|size| size >= SPREAD) { Route::All } else { Route::One };
        let reading = if size.is_some() { Work::Read } else { Work::Input };
        let mut tree = Tree::default();
        let mut leaf = Leaf::first();
        loop {
            if self.halt.is_told() {
                return Err(Closed);
            }
            // A chunk is as long as it can be: one that doesn't fit behind what is there waits
            // for the next packet.
            let room = leaf.room();
            let left = size
                .map_or(room, |size| usize::try_from(size - leaf.end()).map_or(room, |left| left.min(room)));
            if self.packet.room() < left {
                let lane = self.ship()?;
                self.bound = (route == Route::One && leaf.end() > 0).then_some(lane);
            }
            let start = self.packet.used + CHUNK_HEADER;
            let space = &mut self.packet.bytes[start..start + left];
            let read = file.read(space);
            self.watch.lap(reading);
            let count = match read {
                Ok(0) => break,
                Ok(count) => count,
                Err(why) => return Ok(Err(why)),
            };
            let offset = leaf.end();
            leaf.update(&space[..count]);
            if leaf.room() == 0
                && let Some(next) = Leaf::at(leaf.end())
            {
                // Each chunk is read once.
                let _ = tree.add(std::mem::replace(&mut leaf, next));
            }
            self.frame(entry, offset, count);
            self.watch.lap(Work::Hash);
            self.job.meter.add_file_bytes(count as u64);
            if size.is_none() {
                // Nobody knows when more comes.
                self.bound = Some(self.ship()?);
            }
        }
        let size = leaf.end();
        let _ = tree.add(leaf);
        let finished = file.finish();
        self.watch.lap(Work::Read);
        Ok(finished.map(|()| {
            let digest = tree.digest(size).expect("every chunk was added once");
            Sent { size, digest }
        }))
    }

    /// Hands the packet over. Returns who got it.
    fn ship(&mut self) -> Result<LaneNo, Closed> {
        self.watch.skip();
        let lane = self.ring.ship(&mut self.packet, self.bound.take())?;
        // The connections are slower: their time, not ours.
        self.waited += self.watch.skip();
        let took = self.looked.elapsed();
        if took >= LOOK {
            let limit = match self.job.meter.limited_by() {
                Some(Bottleneck::Network | Bottleneck::Limit(_)) => Limit::Network,
                _ => Limit::Other,
            };
            self.packing.look(Look { took, limit, waited: std::mem::take(&mut self.waited) });
            self.looked = Instant::now();
        }
        Ok(lane)
    }

    /// Puts the header before content that was read into its place in the packet, and packs it
    /// where that is worth while.
    fn frame(&mut self, entry: EntryNo, offset: u64, count: usize) {
        let Packet { bytes, used } = &mut self.packet;
        let start = *used + CHUNK_HEADER;
        let len = u32::try_from(count).unwrap_or(u32::MAX);
        if let Some(packed) = self.packs.pack(entry, &bytes[start..start + count]) {
            let header =
                content::packed_header(entry, offset, len, u32::try_from(packed.len()).unwrap_or(len));
            let start = *used + PACKED_HEADER;
            bytes[*used..start].copy_from_slice(&header);
            bytes[start..start + packed.len()].copy_from_slice(packed);
            *used = start + packed.len();
        } else {
            bytes[*used..start].copy_from_slice(&content::chunk_header(entry, offset, len));
            *used = start + count;
        }
    }
}
