//! The sender's content stages: read → hash → frame on one thread, encrypt → send on another,
//! with a bounded ring of packets between them.
//!
//! Knows files and content frames. Must not know control messages.

use std::{
    io::Write,
    ops::Range,
    sync::{Arc, mpsc},
};

use tokio::sync::mpsc::Sender;

use super::{
    LinkError, Meter, TransferError,
    limiter::{Limited, Limiter},
    sending::Sent,
    stages::Halt,
};
use crate::{
    disk::{SourceError, SourceFile, Sources},
    model::{Digest, EntryKind, EntryNo},
    wire::content::{self, CHUNK_HEADER},
};

/// Bytes of content in a whole chunk: what stays in a processor's cache between reading, hashing
/// and encrypting, and a power of two, so that chunks are whole subtrees of the file's hash.
const CHUNK: usize = 256 * 1024;
/// Room for one whole chunk with its header and the file's end.
const PACKET: usize = CHUNK + 128;
/// Packets on their way from one stage to the other.
const RING: usize = 8;

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

/// Sends the content of every wanted file; returns when the last byte is with the system.
///
/// # Errors
/// When the connection breaks, or the transfer was cancelled (which breaks it).
pub fn run(job: &Job, stream: Box<dyn Write + Send>, halt: &Halt) -> Result<(), TransferError> {
    let mut stream = Limited::new(stream, &job.limiter, halt, |_| {});
    let (full, to_send) = mpsc::sync_channel::<Packet>(RING);
    let (used, empty) = mpsc::sync_channel::<Packet>(RING);
    for _ in 0..RING {
        let _ = used.send(Packet::new());
    }
    std::thread::scope(|scope| {
        let reading = std::thread::Builder::new()
            .name("airlift-read".into())
            .spawn_scoped(scope, move || Reader { job, halt, ring: Ring { empty, full } }.read())
            .map_err(|e| TransferError::Internal(e.to_string()))?;
        let mut result = Ok(());
        for mut packet in to_send {
            if let Err(e) = stream.write_all(&packet.bytes[..packet.used]).and_then(|()| stream.flush()) {
                result = Err(LinkError::from(e).into());
                break;
            }
            packet.used = 0;
            // The reader needs no more packets when it has ended.
            let _ = used.send(packet);
        }
        // Leaving the loop early closed the ring, and that ends the reader at its next packet.
        drop(used);
        let finished = reading.join().map_err(|_| TransferError::Internal("the reading stage".into()))?;
        result.and(if finished { Ok(()) } else { Err(LinkError::Closed.into()) })
    })
}

struct Packet {
    bytes: Vec<u8>,
    used: usize,
}

impl Packet {
    fn new() -> Self {
        Self { bytes: vec![0; PACKET], used: 0 }
    }

    fn put(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.truncate(self.used);
        write(&mut self.bytes);
        self.used = self.bytes.len();
        self.bytes.resize(PACKET.max(self.used), 0);
    }

    /// Room for content, when a chunk's header and the file's end are to fit as well.
    fn room(&self) -> usize {
        PACKET.saturating_sub(self.used + 128)
    }
}

/// The reader's end of the ring.
struct Ring {
    empty: mpsc::Receiver<Packet>,
    full: mpsc::SyncSender<Packet>,
}

/// The other stage has ended: nothing more can be sent.
struct Closed;

impl Ring {
    /// Hands a packet over and takes an empty one.
    fn ship(&self, packet: &mut Packet) -> Result<(), Closed> {
        if packet.used == 0 {
            return Ok(());
        }
        let next = self.empty.recv().map_err(|_| Closed)?;
        self.full.send(std::mem::replace(packet, next)).map_err(|_| Closed)
    }
}

/// The reading stage.
struct Reader<'a> {
    job: &'a Job,
    halt: &'a Halt,
    ring: Ring,
}

impl Reader<'_> {
    /// True when everything was handed over.
    fn read(&self) -> bool {
        self.read_all().is_ok()
    }

    fn read_all(&self) -> Result<(), Closed> {
        let Job { sources, unwanted, meter, fates, .. } = self.job;
        let mut packet = self.ring.empty.recv().map_err(|_| Closed)?;
        let mut unwanted = unwanted.iter().flat_map(Clone::clone).peekable();
        let count = EntryNo::try_from(sources.len()).unwrap_or(EntryNo::MAX);
        for entry in 0..count {
            if unwanted.next_if_eq(&entry).is_some() {
                continue;
            }
            let Some(offered) = sources.entry(entry) else { continue };
            let EntryKind::File { size, .. } = offered.kind else { continue };
            meter.begin_file(offered.path.as_str(), size);
            let read = match sources.open(entry) {
                Ok(file) => self.read_file(&mut packet, entry, file, size)?,
                Err(why) => Err(why),
            };
            let fate = match read {
                Ok(sent) => {
                    packet.put(|out| content::put_end(out, entry, sent.size, sent.digest));
                    Fate::Sent { entry, sent }
                }
                Err(why) => {
                    packet.put(|out| content::put_broken(out, entry));
                    Fate::Broken { entry, why }
                }
            };
            // Told before the packet leaves, so that no receipt can come before it.
            fates.blocking_send(fate).map_err(|_| Closed)?;
            if packet.room() == 0 {
                self.ring.ship(&mut packet)?;
            }
        }
        packet.put(content::put_finish);
        self.ring.ship(&mut packet)
    }

    fn read_file(
        &self,
        packet: &mut Packet,
        entry: EntryNo,
        mut file: SourceFile,
        size: Option<u64>,
    ) -> Result<Result<Sent, SourceError>, Closed> {
        let mut hasher = blake3::Hasher::new();
        let mut offset = 0;
        loop {
            if self.halt.is_told() {
                return Err(Closed);
            }
            // A chunk is as long as it can be: one that doesn't fit behind what is there waits
            // for the next packet.
            let left = size.map_or(CHUNK as u64, |size| (size - offset).min(CHUNK as u64));
            let left = usize::try_from(left).unwrap_or(CHUNK);
            if packet.room() < left {
                self.ring.ship(packet)?;
            }
            let start = packet.used + CHUNK_HEADER;
            let space = &mut packet.bytes[start..start + left];
            let count = match file.read(space) {
                Ok(0) => break,
                Ok(count) => count,
                Err(why) => return Ok(Err(why)),
            };
            hasher.update(&space[..count]);
            let len = u32::try_from(count).unwrap_or(u32::MAX);
            packet.bytes[packet.used..start].copy_from_slice(&content::chunk_header(entry, offset, len));
            packet.used = start + count;
            offset += count as u64;
            self.job.meter.add_file_bytes(count as u64);
            if size.is_none() {
                // Nobody knows when more comes.
                self.ring.ship(packet)?;
            }
        }
        Ok(file.finish().map(|()| Sent { size: offset, digest: Digest(*hasher.finalize().as_bytes()) }))
    }
}
