//! The sender's content connections as its reading stage sees them: packets go out, used ones come
//! back, and which connection takes a packet is decided here.
//!
//! Knows packets and how many of them wait where. Must not know streams, files or frames.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

use crate::{model::CHUNK, wire::limits};

/// Room for one whole chunk with its header and a file's end.
const PACKET: usize = CHUNK + 128;
/// Packets on their way from the reading stage to the first connection.
const RING: usize = 8;
/// And more for each further one.
const MORE: usize = 4;

/// A buffer on its way from the reading stage to a connection.
pub struct Packet {
    pub bytes: Vec<u8>,
    pub used: usize,
    /// Where a header is written before it is put behind what is there.
    header: Vec<u8>,
}

impl Packet {
    fn new() -> Self {
        Self { bytes: vec![0; PACKET], used: 0, header: Vec::new() }
    }

    pub fn put(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.header.clear();
        write(&mut self.header);
        let end = self.used + self.header.len();
        if end > self.bytes.len() {
            self.bytes.resize(end, 0);
        }
        self.bytes[self.used..end].copy_from_slice(&self.header);
        self.used = end;
    }

    /// Room for content, when a chunk's header and the file's end are to fit as well.
    pub fn room(&self) -> usize {
        PACKET.saturating_sub(self.used + 128)
    }
}

/// Names a connection to those who send on it.
pub type LaneNo = usize;

/// Nothing more can be sent: a connection has ended.
pub struct Closed;

/// All connections of one transfer.
pub struct Lanes {
    book: Mutex<Book>,
    used: mpsc::SyncSender<Packet>,
}

#[derive(Default)]
struct Book {
    lanes: Vec<Lane>,
    is_finished: bool,
}

struct Lane {
    packets: mpsc::SyncSender<Packet>,
    /// Packets that it was given and has not sent.
    waiting: Arc<AtomicUsize>,
    is_retired: bool,
}

/// A connection's end of it.
pub struct Outlet {
    packets: mpsc::Receiver<Packet>,
    waiting: Arc<AtomicUsize>,
    used: mpsc::SyncSender<Packet>,
}

/// The reading stage's end of it.
pub struct Ring {
    lanes: Arc<Lanes>,
    empty: mpsc::Receiver<Packet>,
}

/// Connections, none as yet, and the ring that feeds them.
pub fn lanes() -> (Arc<Lanes>, Ring) {
    let (used, empty) = mpsc::sync_channel(RING + limits::MAX_LANES * MORE);
    let lanes = Arc::new(Lanes { book: Mutex::default(), used });
    (Arc::clone(&lanes), Ring { lanes, empty })
}

impl Lanes {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another connection takes its share; `None` when nothing is left to be sent.
    pub fn add(&self) -> Option<Outlet> {
        let mut book = self.book();
        if book.is_finished || book.lanes.len() >= limits::MAX_LANES {
            return None;
        }
        for _ in 0..if book.lanes.is_empty() { RING } else { MORE } {
            // The channel has room for as many as there can ever be.
            let _ = self.used.try_send(Packet::new());
        }
        let (packets, waiting_packets) = mpsc::sync_channel(RING + limits::MAX_LANES * MORE);
        let waiting = Arc::<AtomicUsize>::default();
        book.lanes.push(Lane { packets, waiting: Arc::clone(&waiting), is_retired: false });
        Some(Outlet { packets: waiting_packets, waiting, used: self.used.clone() })
    }

    /// The connection added last gets nothing more to send but its end. The first one stays.
    pub fn retire_last(&self) {
        let mut book = self.book();
        if let Some(lane) = book.lanes.iter_mut().skip(1).rev().find(|lane| !lane.is_retired) {
            lane.is_retired = true;
        }
    }

    /// A retired connection takes its share again.
    pub fn resume_one(&self) {
        if let Some(lane) = self.book().lanes.iter_mut().find(|lane| lane.is_retired) {
            lane.is_retired = false;
        }
    }

    /// The end of everything: `last` writes each connection's last packet, told how many there are.
    pub fn finish(&self, last: impl Fn(&mut Packet, u8)) -> Result<(), Closed> {
        let mut book = self.book();
        book.is_finished = true;
        let lanes = std::mem::take(&mut book.lanes);
        let count = u8::try_from(lanes.len()).unwrap_or(u8::MAX);
        for lane in lanes {
            let mut packet = Packet::new();
            last(&mut packet, count);
            lane.packets.send(packet).map_err(|_| Closed)?;
        }
        Ok(())
    }

    /// Ends every connection with what it has in hand, and the reading with what it hands over next.
    pub fn abandon(&self) {
        let mut book = self.book();
        book.is_finished = true;
        book.lanes.clear();
        // A reading stage that waits for a packet learns of it.
        let _ = self.used.try_send(Packet::new());
    }
}

impl Ring {
    /// The first packet.
    pub fn first(&self) -> Result<Packet, Closed> {
        self.empty.recv().map_err(|_| Closed)
    }

    /// Hands a packet over, to this connection or to the one with the least to do, and takes an
    /// empty one. Returns who got it.
    pub fn ship(&self, packet: &mut Packet, to: Option<LaneNo>) -> Result<LaneNo, Closed> {
        let next = self.empty.recv().map_err(|_| Closed)?;
        let book = self.lanes.book();
        let free = || {
            let open = book.lanes.iter().enumerate().filter(|(_, lane)| !lane.is_retired);
            open.min_by_key(|(_, lane)| lane.waiting.load(Ordering::Relaxed)).map(|(no, _)| no)
        };
        let no = to.or_else(free).ok_or(Closed)?;
        let lane = book.lanes.get(no).ok_or(Closed)?;
        lane.waiting.fetch_add(1, Ordering::Relaxed);
        lane.packets.send(std::mem::replace(packet, next)).map_err(|_| Closed)?;
        Ok(no)
    }
}

impl Outlet {
    /// The next packet to send; `None` at the end.
    pub fn next(&self) -> Option<Packet> {
        self.packets.recv().ok()
    }

    /// A packet was sent, and can be filled again.
    pub fn sent(&self, mut packet: Packet) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        packet.used = 0;
        // The reading stage needs no more packets when it has ended.
        let _ = self.used.try_send(packet);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(ring: &Ring, mark: u8) -> Packet {
        let mut packet = ring.first().ok().unwrap();
        packet.put(|out| out.push(mark));
        packet
    }

    #[test]
    fn packets_go_where_the_least_waits_and_where_they_must() {
        let (lanes, ring) = lanes();
        let (first, second) = (lanes.add().unwrap(), lanes.add().unwrap());
        let mut packet = filled(&ring, 1);
        assert_eq!(ring.ship(&mut packet, None).ok(), Some(0));
        packet.put(|out| out.push(2));
        assert_eq!(ring.ship(&mut packet, None).ok(), Some(1));
        packet.put(|out| out.push(3));
        assert_eq!(ring.ship(&mut packet, Some(1)).ok(), Some(1));
        packet.put(|out| out.push(4));
        assert_eq!(ring.ship(&mut packet, None).ok(), Some(0));
        let sent = |outlet: &Outlet| {
            let packet = outlet.next().unwrap();
            let mark = packet.bytes[0];
            outlet.sent(packet);
            mark
        };
        assert_eq!([sent(&first), sent(&first), sent(&second), sent(&second)], [1, 4, 2, 3]);
    }

    #[test]
    fn a_retired_connection_gets_nothing_until_it_is_taken_back_and_the_first_never_retires() {
        let (lanes, ring) = lanes();
        let outlets = [lanes.add().unwrap(), lanes.add().unwrap(), lanes.add().unwrap()];
        for _ in 0..5 {
            lanes.retire_last();
        }
        let mut packet = ring.first().ok().unwrap();
        for _ in 0..4 {
            packet.put(|out| out.push(0));
            assert_eq!(ring.ship(&mut packet, None).ok(), Some(0));
        }
        lanes.resume_one();
        packet.put(|out| out.push(0));
        assert_eq!(ring.ship(&mut packet, None).ok(), Some(1));
        assert!(lanes.finish(|packet, count| packet.put(|out| out.push(count))).is_ok());
        for (outlet, packets) in outlets.into_iter().zip([5, 2, 1]) {
            let got: Vec<_> = std::iter::from_fn(|| outlet.next()).collect();
            assert_eq!(got.len(), packets);
            assert_eq!(got[packets - 1].bytes[0], 3, "each is told how many there were");
        }
        assert!(lanes.add().is_none(), "nobody joins what is over");
    }

    #[test]
    fn a_connection_that_has_ended_ends_the_reading() {
        let (lanes, ring) = lanes();
        let outlet = lanes.add().unwrap();
        let mut packet = filled(&ring, 1);
        drop(outlet);
        assert!(ring.ship(&mut packet, None).is_err());
        lanes.abandon();
        assert!(ring.ship(&mut packet, None).is_err());
    }
}
