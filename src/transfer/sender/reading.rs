//! The sender's reading stage: read → hash → frame, for every file that is wanted.
//!
//! Of a file that the receiver holds parts of, the others are read first, so that they flow at once;
//! then what it holds is read and compared, and sent again where it differs. Knows files and content
//! frames. Must not know connections.

use std::{
    ops::{ControlFlow, Range},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    doubts::Next,
    job::{Fate, Job},
    lanes::{Closed, LaneNo, Lanes, Packet, Ring},
    machine::Sent,
};
use crate::{
    disk::{SourceError, SourceFile},
    model::{Bottleneck, CHUNK, EntryKind, EntryNo, Group, Hole, Leaf, Stopwatch, Tree, Work},
    transfer::{
        packing::{Limit, Look, Packer, Packing},
        stages::Halt,
    },
    wire::{
        content::{self, CHUNK_HEADER, PACKED_HEADER},
        limits,
    },
};

/// How often the packing of chunks is told where the time goes.
const LOOK: Duration = Duration::from_millis(200);

/// A file of at least this many bytes goes over all connections at once. A smaller one goes over
/// one, whole, so that few files are open at the receiver.
const SPREAD: u64 = 8 * 1024 * 1024;

/// The reading stage.
struct Reader<'a> {
    job: &'a Job,
    halt: &'a Halt,
    lanes: Arc<Lanes>,
    ring: Ring,
    packet: Packet,
    /// Of the files that end in it.
    fates: Vec<Fate>,
    /// The connection that this packet must go to, because what its first file began with did.
    bound: Option<LaneNo>,
    packing: Arc<Packing>,
    packs: Packer,
    /// Since the packing was last told how time went: when that was, and how much of it was spent
    /// waiting for an empty packet.
    looked: Instant,
    waited: Duration,
    watch: Stopwatch<'a>,
    /// Where content is read that is compared and not sent.
    scratch: Vec<u8>,
}

/// Whether a file may go over several connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    One,
    All,
}

/// Reads everything that is wanted, and hands it over to the connections. True when all of it was.
pub fn read(job: &Job, halt: &Halt, lanes: Arc<Lanes>, ring: Ring) -> bool {
    let Ok(packet) = ring.first() else { return false };
    let watch = Stopwatch::start(&job.meter.clocks);
    let packing = Arc::<Packing>::default();
    let packs = packing.packer();
    let (looked, waited, scratch) = (Instant::now(), Duration::ZERO, Vec::new());
    let mut reader = Reader {
        job,
        halt,
        lanes,
        ring,
        packet,
        fates: Vec::new(),
        bound: None,
        packing,
        packs,
        looked,
        waited,
        watch,
        scratch,
    };
    reader.read_all().is_ok()
}

/// How the reading of one file ends: with what was sent, or why it was not.
type Outcome = Result<Sent, Unsent>;

/// Why a file is not sent, or not to its end.
enum Unsent {
    /// It can't be read whole.
    Broken(SourceError),
    /// It is not wanted any more.
    SetAside,
}

impl From<SourceError> for Unsent {
    fn from(why: SourceError) -> Self {
        Self::Broken(why)
    }
}

impl Reader<'_> {
    fn read_all(&mut self) -> Result<(), Closed> {
        let Job { sources, answer, .. } = self.job;
        let mut unwanted = answer.unwanted.iter().flat_map(Clone::clone).peekable();
        let mut stored = answer.stored.iter().flat_map(Clone::clone).peekable();
        let mut beyond = answer.beyond.iter().flat_map(Clone::clone).peekable();
        let mut unfit = answer.unfit.iter().flat_map(Clone::clone).peekable();
        let mut likely = answer.likely.iter().flat_map(Clone::clone).peekable();
        let count = EntryNo::try_from(sources.len()).unwrap_or(EntryNo::MAX);
        for entry in 0..count {
            let is_settled = unwanted.next_if_eq(&entry).is_some()
                | stored.next_if_eq(&entry).is_some()
                | beyond.next_if_eq(&entry).is_some()
                | unfit.next_if_eq(&entry).is_some()
                | answer.apart.contains_key(&entry);
            if !is_settled && likely.next_if_eq(&entry).is_none() {
                self.read_entry(entry)?;
            }
        }
        loop {
            match answer.doubts.next() {
                Next::File(entry) => self.read_entry(entry)?,
                Next::Nothing => break,
                Next::Wait if self.halt.is_told() => return Err(Closed),
                Next::Wait => {
                    if self.packet.used > 0 {
                        self.ship()?;
                    }
                    // For two disks that are read to be compared.
                    self.watch.lap(Work::Read);
                }
            }
        }
        if self.packet.used > 0 {
            self.ship()?;
        }
        self.lanes.finish(|packet, lanes| packet.put(|out| content::put_finish(out, lanes)))
    }

    /// Sends a file, or that it can't be read.
    fn read_entry(&mut self, entry: EntryNo) -> Result<(), Closed> {
        let Job { sources, meter, .. } = self.job;
        let Some(offered) = sources.entry(entry) else { return Ok(()) };
        let EntryKind::File { size, .. } = offered.kind else { return Ok(()) };
        if self.job.answer.set_aside.has(entry) {
            return Ok(());
        }
        meter.begin_file(offered.path.as_str(), size);
        let opened = self.watch.waits(Work::Read, || sources.open(entry));
        let read = match opened {
            Ok(file) => self.read_file(entry, file, size)?,
            Err(why) => Err(why.into()),
        };
        let fate = match read {
            // The receiver has said so, and awaits nothing more of it.
            Err(Unsent::SetAside) => return Ok(()),
            Ok(sent) => {
                self.packet.put(|out| content::put_end(out, entry, sent.size, sent.digest));
                Fate::Sent { entry, sent }
            }
            Err(Unsent::Broken(why)) => {
                self.packet.put(|out| content::put_broken(out, entry));
                Fate::Broken { entry, why }
            }
        };
        let is_broken = matches!(fate, Fate::Broken { .. });
        self.fates.push(fate);
        if is_broken {
            // Whatever comes next may take its time, or be given up.
            self.tell()?;
        }
        self.watch.skip();
        if self.packet.room() == 0 {
            self.ship()?;
        }
        Ok(())
    }

    /// Sends what the receiver does not hold of a file, then compares what it does.
    fn read_file(
        &mut self,
        entry: EntryNo,
        mut file: SourceFile,
        size: Option<u64>,
    ) -> Result<Outcome, Closed> {
        let held = self.job.answer.held.get(&entry).map_or(&[][..], Vec::as_slice);
        let mut tree = Tree::default();
        let (Some(size), false) = (size, held.is_empty()) else {
            return match self.send_part(entry, &mut file, &mut tree, 0, size)? {
                Ok(sent) => self.finish(file, tree, sent),
                Err(why) => Ok(Err(why)),
            };
        };
        for missing in between(held, size) {
            if let Err(why) = self.send_again(entry, &mut file, &mut tree, missing)? {
                return Ok(Err(why));
            }
        }
        let mut differ = 0;
        for group in held {
            let bytes = group.bytes(size);
            let same = match self.is_same(&mut file, group, size)? {
                Ok(same) => same,
                Err(why) => return Ok(Err(why.into())),
            };
            if same == Same::Yes {
                // Held groups don't overlap, and nothing between them does.
                let _ = tree.add_group(group, size);
                continue;
            }
            differ += bytes.end - bytes.start;
            if let Err(why) = self.send_again(entry, &mut file, &mut tree, bytes)? {
                return Ok(Err(why));
            }
        }
        let count: u64 =
            held.iter().map(|group| group.bytes(size)).map(|bytes| bytes.end - bytes.start).sum();
        tracing::info!(entry, held = count, differ, "compared with what the receiver holds");
        match file.seek(size) {
            Ok(()) => self.finish(file, tree, size),
            Err(why) => Ok(Err(why.into())),
        }
    }

    fn finish(&mut self, file: SourceFile, tree: Tree, size: u64) -> Result<Outcome, Closed> {
        let digest = tree.digest(size).expect("every chunk was added once");
        let halt = self.halt;
        let finished = self.watch.waits(Work::Read, || file.finish(digest, || halt.is_told()));
        match finished {
            Ok(ControlFlow::Continue(())) => Ok(Ok(Sent { size, digest })),
            Ok(ControlFlow::Break(())) => Err(Closed),
            Err(why) => Ok(Err(why.into())),
        }
    }

    fn send_again(
        &mut self,
        entry: EntryNo,
        file: &mut SourceFile,
        tree: &mut Tree,
        bytes: Range<u64>,
    ) -> Result<Result<u64, Unsent>, Closed> {
        match file.seek(bytes.start) {
            Ok(()) => self.send_part(entry, file, tree, bytes.start, Some(bytes.end)),
            Err(why) => Ok(Err(why.into())),
        }
    }

    /// Whether the receiver holds a group as it is here.
    fn is_same(
        &mut self,
        file: &mut SourceFile,
        group: &Group,
        size: u64,
    ) -> Result<Result<Same, SourceError>, Closed> {
        let bytes = group.bytes(size);
        let mut room = std::mem::take(&mut self.scratch);
        room.resize(CHUNK, 0);
        let mut hash = || {
            file.seek(bytes.start)?;
            let mut groups = Vec::new();
            for leaf in group.chunks().map_while(|chunk| Leaf::at(chunk * CHUNK as u64)) {
                if self.halt.is_told() {
                    return Ok(None);
                }
                let mut leaf = leaf;
                let left = usize::try_from(bytes.end.saturating_sub(leaf.end())).unwrap_or(CHUNK);
                let bytes = self.watch.waits(Work::Read, || file.next(&mut room[..left.min(CHUNK)]))?;
                leaf.update(bytes);
                groups.push(leaf.group());
                self.watch.lap(Work::Hash);
            }
            Ok(Some(Group::joined(groups, size)))
        };
        let hashed = hash();
        self.scratch = room;
        Ok(match hashed {
            Ok(None) => return Err(Closed),
            Ok(Some(groups)) => Ok(if groups == [*group] { Same::Yes } else { Same::No }),
            Err(why) => Err(why),
        })
    }

    /// Sends a file from the beginning of a chunk to `end`, or to where a stream ends. Returns where
    /// that was.
    fn send_part(
        &mut self,
        entry: EntryNo,
        file: &mut SourceFile,
        tree: &mut Tree,
        begin: u64,
        end: Option<u64>,
    ) -> Result<Result<u64, Unsent>, Closed> {
        let route = if end.is_some_and(|end| end >= SPREAD) { Route::All } else { Route::One };
        let reading = if end.is_some() { Work::Read } else { Work::Input };
        let Some(mut leaf) = Leaf::at(begin) else { return Ok(Ok(begin)) };
        loop {
            if self.halt.is_told() {
                return Err(Closed);
            }
            if self.job.answer.set_aside.has(entry) {
                return Ok(Err(Unsent::SetAside));
            }
            // A chunk is as long as it can be: one that doesn't fit behind what is there waits
            // for the next packet.
            let room = leaf.room();
            let left =
                end.map_or(room, |end| usize::try_from(end - leaf.end()).map_or(room, |left| left.min(room)));
            if left == 0 {
                break;
            }
            if let Some(hole) = end.filter(|_| room == CHUNK).and_then(|end| file.hole(end)) {
                self.send_hole(entry, tree, &hole, route)?;
                let after = hole.bytes().end;
                if let Err(why) = file.seek(after) {
                    return Ok(Err(why.into()));
                }
                let Some(next) = Leaf::at(after) else { return Ok(Ok(after)) };
                leaf = next;
                continue;
            }
            if self.packet.room() < left {
                let lane = self.ship()?;
                self.bound = (route == Route::One && leaf.end() > begin).then_some(lane);
            }
            let start = self.packet.used + CHUNK_HEADER;
            let space = &mut self.packet.bytes[start..start + left];
            let read = self.watch.waits(reading, || file.read(space));
            let count = match read {
                Ok(0) => break,
                Ok(count) => count,
                Err(why) => return Ok(Err(why.into())),
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
            if end.is_none() {
                // Nobody knows when more comes.
                self.bound = Some(self.ship()?);
            }
        }
        let end = leaf.end();
        let _ = tree.add(leaf);
        Ok(Ok(end))
    }

    /// Tells a hole, and hashes it, while the receiver does the same.
    fn send_hole(
        &mut self,
        entry: EntryNo,
        tree: &mut Tree,
        hole: &Hole,
        route: Route,
    ) -> Result<(), Closed> {
        for piece in hole.pieces(limits::MAX_HOLE) {
            if self.packet.room() == 0 {
                let lane = self.ship()?;
                self.bound = (route == Route::One).then_some(lane);
            }
            self.packet.put(|out| content::put_hole(out, entry, piece.bytes().start, piece.len()));
            if piece.len() >= SPREAD {
                // Else it would be told when it is hashed here, or much later.
                self.ship()?;
            }
            for part in piece.parts() {
                if self.halt.is_told() {
                    return Err(Closed);
                }
                // Each chunk is in one hole, once.
                let _ = tree.add_zeros(part.hash());
                self.watch.lap(Work::Hash);
                self.job.meter.add_file_bytes(part.len());
            }
        }
        Ok(())
    }

    fn tell(&mut self) -> Result<(), Closed> {
        if self.fates.is_empty() {
            return Ok(());
        }
        self.job.fates.blocking_send(std::mem::take(&mut self.fates)).map_err(|_| Closed)
    }

    /// Hands the packet over. Returns who got it.
    fn ship(&mut self) -> Result<LaneNo, Closed> {
        self.watch.skip();
        // Before the packet leaves, so that no receipt can come before it.
        self.tell()?;
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
        let Packet { bytes, used, .. } = &mut self.packet;
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

/// Whether two ends have the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    Yes,
    No,
}

/// The parts of a file that are not held.
fn between(held: &[Group], size: u64) -> Vec<Range<u64>> {
    let mut missing = Vec::new();
    let mut next = 0;
    for bytes in held.iter().map(|group| group.bytes(size)).chain(std::iter::once(size..size)) {
        if next < bytes.start {
            missing.push(next..bytes.start);
        }
        next = bytes.end;
    }
    missing
}
