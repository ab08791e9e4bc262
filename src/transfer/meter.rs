//! How far a transfer is: counters that the stages turn and faces read whenever they like.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::bottleneck::verdict;
use crate::{
    model::{Bottleneck, Clocks, Direction, Pipeline, Progress, Side, Times, Work},
    net::NetworkClock,
    wire::message::Load,
};

/// The rate is an average over about this long: steady to the eye, and soon true again after a change.
const WINDOW: Duration = Duration::from_secs(3);
/// Samples of the rate are at least this far apart, however often faces look.
const STEP: Duration = Duration::from_millis(100);
/// What limits a transfer is told from at least this long: half of it at first, as the first verdict
/// is waited for.
const LOOK: Duration = Duration::from_secs(1);
/// A disk that has moved nothing for this long is said to have stalled: longer than a slow one takes for what it is
/// given at once.
const STALLED: Duration = Duration::from_secs(5);

/// One transfer's counters.
#[derive(Debug, Default)]
pub struct Meter {
    /// Where this end's time goes.
    pub clocks: Clocks,
    /// Bytes of chunks that went over the network.
    wire_bytes: AtomicU64,
    /// Content connections in use, and at most.
    lanes: AtomicU32,
    most_lanes: AtomicU32,
    bytes: AtomicU64,
    files: AtomicU64,
    file_bytes: AtomicU64,
    /// Files that have still to be checked at the receiver, once nothing else is waited for.
    checking: AtomicU64,
    slow: Mutex<Slow>,
}

/// What changes once a file, or is computed when somebody looks.
#[derive(Debug, Default)]
struct Slow {
    total: Option<u64>,
    file: Option<String>,
    file_total: Option<u64>,
    samples: VecDeque<(Instant, u64)>,
    /// When content began to flow, and which way.
    flowing: Option<(Instant, Direction)>,
    /// Where the other end's time goes.
    theirs: Times,
    /// The content connections' time in the network's hands.
    networks: Vec<Weak<NetworkClock>>,
    /// The last look at both ends' times, and what came of it.
    looked: Option<(Instant, Times)>,
    limited_by: Option<Bottleneck>,
    /// When something was last seen to have moved, and how far it was then.
    moved: Option<(Instant, [u64; 3])>,
}

impl Slow {
    /// On whose side a disk has stalled, if it is a disk that all wait for.
    fn stalled(&mut self, now: Instant, counts: [u64; 3]) -> Option<Side> {
        let (since, before) = *self.moved.get_or_insert((now, counts));
        if before != counts {
            self.moved = Some((now, counts));
            return None;
        }
        match self.limited_by {
            Some(Bottleneck::Disk(side)) if now.saturating_duration_since(since) >= STALLED => Some(side),
            _ => None,
        }
    }

    /// What limits the transfer, looked at anew when the last look is old enough.
    fn limited_by(&mut self, now: Instant, ours: &Times, lanes: u32) -> Option<Bottleneck> {
        let (began, direction) = self.flowing?;
        let both = ours.and(&self.theirs);
        let (since, before) = self.looked.unwrap_or((began, Times::default()));
        let elapsed = now.saturating_duration_since(since);
        if elapsed >= if self.looked.is_none() { LOOK / 2 } else { LOOK } {
            self.limited_by = verdict(&both.since(&before), lanes, elapsed, direction);
            self.looked = Some((now, both));
        }
        self.limited_by
    }
}

impl Meter {
    fn slow(&self) -> std::sync::MutexGuard<'_, Slow> {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_total(&self, total: Option<u64>) {
        self.slow().total = total;
    }

    /// Another file is in hand.
    pub fn begin_file(&self, path: &str, size: Option<u64>) {
        self.file_bytes.store(0, Ordering::Relaxed);
        let mut slow = self.slow();
        slow.file = Some(path.to_owned());
        slow.file_total = size;
    }

    /// Bytes of the file in hand were moved.
    pub fn add_file_bytes(&self, count: u64) {
        self.file_bytes.fetch_add(count, Ordering::Relaxed);
    }

    /// Bytes were stored here.
    pub fn add_bytes(&self, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    /// The other side says how many bytes are stored there by now: no more than there are.
    pub fn set_bytes(&self, count: u64) {
        let most = self.slow().total.unwrap_or(u64::MAX);
        self.bytes.store(count.min(most), Ordering::Relaxed);
    }

    /// The other side says how many files are stored there by now.
    pub fn set_files(&self, count: u64) {
        self.files.store(count, Ordering::Relaxed);
    }

    pub fn add_file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    /// Nothing is waited for any more but that so many files are checked at the receiver.
    pub fn set_checking(&self, files: u64) {
        self.checking.store(files, Ordering::Relaxed);
    }

    /// Files that have still to be checked, while nothing else is waited for.
    pub fn checking(&self) -> u64 {
        self.checking.load(Ordering::Relaxed)
    }

    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Content begins to flow.
    pub fn begin(&self, direction: Direction) {
        self.slow().flowing = Some((Instant::now(), direction));
    }

    /// Another content connection is in use.
    pub fn add_lane(&self) {
        let lanes = self.lanes.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_lanes.fetch_max(lanes, Ordering::Relaxed);
    }

    /// A content connection, whose waiting is to be known while it waits.
    pub fn watch(&self, network: &Arc<NetworkClock>) {
        self.slow().networks.push(Arc::downgrade(network));
    }

    /// For how long each content connection has been waiting for the network now.
    fn waiting(&self) -> Vec<Duration> {
        let mut slow = self.slow();
        slow.networks.retain(|network| network.strong_count() > 0);
        slow.networks.iter().filter_map(Weak::upgrade).map(|network| network.waiting()).collect()
    }

    /// For how long the network has taken nothing on, or brought nothing by, any content connection.
    pub fn waits(&self) -> Duration {
        self.waiting().into_iter().min().unwrap_or_default()
    }

    /// A content connection is used no more.
    pub fn remove_lane(&self) {
        self.lanes.fetch_sub(1, Ordering::Relaxed);
    }

    /// So much of chunks went over the network.
    pub fn add_wire_bytes(&self, count: u64) {
        self.wire_bytes.fetch_add(count, Ordering::Relaxed);
    }

    /// Where the other end's time goes, as it was told last.
    pub fn theirs(&self) -> Times {
        self.slow().theirs
    }

    /// Where this end's time went so far, for the other end: also in what it waits for now.
    pub fn load(&self, direction: Direction) -> Load {
        self.load_at(direction, Instant::now())
    }

    fn load_at(&self, direction: Direction, now: Instant) -> Load {
        let mut times = self.clocks.read_at(now);
        let network = if direction == Direction::Send { Work::Send } else { Work::Receive };
        times.set(network, times.of(network) + self.waiting().into_iter().max().unwrap_or_default());
        let ours = Work::ALL.into_iter().filter(|work| work.is_senders() == (direction == Direction::Send));
        let mut load = Load::default();
        for (micros, work) in load.iter_mut().zip(ours) {
            *micros = u64::try_from(times.of(work).as_micros()).unwrap_or(u64::MAX);
        }
        load
    }

    /// Where the other end says that its time went.
    pub fn set_load(&self, direction: Direction, load: Load) {
        let theirs = Work::ALL.into_iter().filter(|work| work.is_senders() != (direction == Direction::Send));
        let mut slow = self.slow();
        for (micros, work) in load.into_iter().zip(theirs) {
            slow.theirs.set(work, Duration::from_micros(micros));
        }
    }

    /// What limits it at present.
    pub fn limited_by(&self) -> Option<Bottleneck> {
        let (ours, lanes) = (self.clocks.read(), self.lanes.load(Ordering::Relaxed));
        self.slow().limited_by(Instant::now(), &ours, lanes)
    }

    /// Where the time of the whole transfer went.
    pub fn pipeline(&self) -> Pipeline {
        let slow = self.slow();
        let times = self.clocks.read().and(&slow.theirs);
        let lanes = self.most_lanes.load(Ordering::Relaxed);
        let limited_by =
            slow.flowing.and_then(|(began, direction)| verdict(&times, lanes, began.elapsed(), direction));
        Pipeline { times, lanes, wire_bytes: self.wire_bytes.load(Ordering::Relaxed), limited_by }
    }

    /// How far it is now.
    pub fn sample(&self) -> Progress {
        self.sample_at(Instant::now())
    }

    fn sample_at(&self, now: Instant) -> Progress {
        let bytes = self.bytes();
        let (ours, lanes) = (self.clocks.read_at(now), self.lanes.load(Ordering::Relaxed));
        let mut slow = self.slow();
        if slow.samples.back().is_none_or(|(last, _)| now.duration_since(*last) >= STEP) {
            slow.samples.push_back((now, bytes));
        }
        while slow.samples.len() > 2 && now.duration_since(slow.samples[1].0) >= WINDOW {
            slow.samples.pop_front();
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate for the eye")]
        let rate = slow.samples.front().map_or(0.0, |(since, before)| {
            let seconds = now.duration_since(*since).as_secs_f64();
            if seconds > 0.0 { bytes.saturating_sub(*before) as f64 / seconds } else { 0.0 }
        });
        let limited_by = slow.limited_by(now, &ours, lanes);
        let (files, file_bytes) =
            (self.files.load(Ordering::Relaxed), self.file_bytes.load(Ordering::Relaxed));
        let stalled = slow.stalled(now, [bytes, files, file_bytes]);
        let checking = match slow.flowing {
            Some((_, Direction::Send)) if self.checking() > 0 => Some(Side::There),
            Some((_, Direction::Receive)) if self.checking() > 0 => Some(Side::Here),
            _ => None,
        };
        Progress {
            checking,
            bytes,
            total: slow.total,
            files,
            file: slow.file.clone(),
            file_bytes,
            file_total: slow.file_total,
            rate,
            limited_by,
            stalled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_what_flowed_in_the_last_seconds() {
        let meter = Meter::default();
        let start = Instant::now();
        assert_eq!(meter.sample_at(start).rate.to_bits(), 0f64.to_bits());
        for tenth in 1..=100 {
            meter.add_bytes(if tenth <= 50 { 1_000_000 } else { 100_000 });
            meter.sample_at(start + STEP * tenth);
        }
        let rate = meter.sample_at(start + STEP * 100).rate;
        assert!((900_000.0..1_300_000.0).contains(&rate), "{rate}");
        assert!(meter.slow().samples.len() < 40);
    }

    #[test]
    fn a_disk_that_does_not_answer_is_seen_to_while_it_is_waited_for() {
        let meter = Meter::default();
        meter.begin(Direction::Receive);
        meter.add_lane();
        let (begun, waits) = std::sync::mpsc::sync_channel(0);
        let (answer, answered) = std::sync::mpsc::sync_channel::<()>(0);
        std::thread::scope(|scope| {
            let meter = &meter;
            scope.spawn(move || {
                meter.clocks.waits(Work::Store, || {
                    begun.send(()).unwrap();
                    // Gone: it is over.
                    let _ = answered.recv();
                });
            });
            waits.recv().unwrap();
            let start = Instant::now();
            assert_eq!(meter.sample_at(start).stalled, None);
            // So long that it is of no account how the machine was busy until now.
            let later = start + 1000 * STALLED;
            let seen = meter.sample_at(later);
            assert_eq!(seen.limited_by, Some(Bottleneck::Disk(Side::Here)));
            assert_eq!(seen.stalled, Some(Side::Here));
            // The other end is told, and what moves has not stalled.
            let told = meter.load_at(Direction::Receive, later);
            assert!(told.iter().any(|micros| *micros >= 1_000_000), "{told:?}");
            meter.add_bytes(1);
            assert_eq!(meter.sample_at(later).stalled, None);
            drop(answer);
        });
        assert_eq!(meter.clocks.read().of(Work::Store), Duration::ZERO, "it counts that itself");
    }

    #[test]
    fn looking_twice_at_once_does_no_harm() {
        let meter = Meter::default();
        let now = Instant::now();
        meter.set_bytes(5);
        meter.sample_at(now);
        meter.sample_at(now);
        assert_eq!(meter.slow().samples.len(), 1);
    }
}
