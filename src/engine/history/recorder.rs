//! Where what is to be recorded is handed in: by transfers, by whoever changes the history, and by time.
//!
//! Knows who wants what to be recorded. Must not know how it is written.

use std::{
    collections::VecDeque,
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{
    queue::{Queue, Waited, Work},
    writing::{Writing, missing},
};
use crate::{
    engine::{handle::Publisher, trust::devices::Devices},
    model::{DeviceId, Problem, Recording, text},
    settings::Keep,
};

/// Between two looks at what is older than is to be kept in the history.
const PRUNING: Duration = Duration::from_hours(24);

/// Ticks at once, and when it is time to look again.
#[must_use]
pub fn pruning() -> Interval {
    let mut pruning = interval(PRUNING);
    pruning.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pruning
}

/// Hands in what is to be recorded. Never blocks, unless its name says so. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    /// Gone with the [`Writer`]: then nothing is recorded any more.
    queue: Weak<Queue>,
    devices: Devices,
    publisher: Publisher,
    strangers: Arc<Mutex<Strangers>>,
}

/// Offers of strangers that nobody has said yes to, and that were recorded lately: a stranger decides how many there are,
/// and what is in them.
#[derive(Debug, Default)]
struct Strangers(VecDeque<Instant>);

impl Strangers {
    const MOST: usize = 100;
    const WITHIN: Duration = Duration::from_hours(24);

    /// Whether another one may be recorded; it counts if so.
    fn may_be_recorded(&mut self, now: Instant) -> bool {
        self.0.retain(|then| now.duration_since(*then) < Self::WITHIN);
        let is_room = self.0.len() < Self::MOST;
        if is_room {
            self.0.push_back(now);
        }
        is_room
    }
}

/// Owns the thread that writes. Dropped, it writes nothing more than what it has in hand.
pub struct Writer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// # Errors
    /// When the system has no thread.
    pub fn start(home: &Path, publisher: &Publisher) -> io::Result<Self> {
        let queue = Arc::<Queue>::default();
        let writing = Writing::new(home, Arc::clone(&queue), publisher);
        let thread = thread::Builder::new().name("history".to_owned()).spawn(move || writing.run())?;
        Ok(Self { queue, thread: Some(thread) })
    }

    #[must_use]
    pub fn recorder(&self, devices: Devices, publisher: Publisher) -> Recorder {
        Recorder { queue: Arc::downgrade(&self.queue), devices, publisher, strangers: Arc::default() }
    }

    /// Has what was handed in written, for that long at most. What of this run was told to be missing or damaged, as far
    /// as it is kept: whoever was to hear it may have stopped listening before.
    pub fn finish(mut self, limit: Duration) -> Vec<Problem> {
        self.queue.close();
        match (self.queue.wait_for_end(limit), self.thread.take()) {
            // It has ended, or is about to.
            (Waited::Ended, Some(thread)) => drop(thread.join()),
            (Waited::Ended, None) => {}
            (Waited::InVain { left, why }, _) => {
                tracing::warn!(left, why, "not all that happened could be recorded before the end");
                if why.is_some() {
                    // Else it is still written where the process lives on.
                    self.queue.end();
                }
                if left > 0 {
                    let late = || {
                        format!("It took longer than {}.", text::count(limit.as_secs(), "second", "seconds"))
                    };
                    self.queue.told(missing(left, &why.unwrap_or_else(late)));
                }
            }
        }
        self.queue.all_told()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Recorder {
    pub fn push(&self, work: Work) {
        if let Some(queue) = self.queue.upgrade() {
            queue.push(work);
        }
    }

    /// Waits while there is more than can be written.
    pub fn wait_for_room(&self) {
        if let Some(queue) = self.queue.upgrade() {
            queue.wait_for_room();
        }
    }

    /// Whether what happens with that device now is to be recorded.
    #[must_use]
    pub fn records(&self, peer: Option<DeviceId>) -> bool {
        let is_usual = |id| self.devices.known(id).is_none_or(|known| known.recording == Recording::Usual);
        self.publisher.settings().history != Keep::Off && peer.is_none_or(is_usual)
    }

    /// Whether another offer of a stranger that nobody has said yes to is to be recorded; it counts if so.
    #[must_use]
    pub fn records_a_stranger(&self) -> bool {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner).may_be_recorded(Instant::now())
    }

    /// Removes what is older than its person wants to keep.
    pub fn forget(&self, keep: Keep) {
        if let Some(before) = keep.since(SystemTime::now()) {
            self.push(Work::Forget { before });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{Snapshot, cards::DeviceCard, handle::seam},
        history::{History, HistoryError, Later, Which},
        model::{DeviceName, TransferId},
        settings::Settings,
    };

    #[test]
    fn of_strangers_whom_nobody_wants_so_many_are_recorded_a_day_however_many_there_are() {
        let (mut strangers, begin) = (Strangers::default(), Instant::now());
        let mut recorded = |hour| {
            (0..5000).filter(|_| strangers.may_be_recorded(begin + Duration::from_hours(hour))).count()
        };
        assert_eq!([recorded(0), recorded(23), recorded(24)], [Strangers::MOST, 0, Strangers::MOST]);
    }

    #[test]
    fn what_could_not_be_written_by_the_end_is_said_and_why() {
        let home = tempfile::tempdir().unwrap();
        drop(History::open(home.path()).unwrap());
        // As another process has it that opens or moves the file.
        let held = std::fs::File::create(home.path().join("history.lock")).unwrap();
        held.lock().unwrap();
        let device = DeviceCard { id: DeviceId::of_public_key(b"x"), name: DeviceName::parse("x").unwrap() };
        let (_handle, end) = seam(Snapshot::new(device, Settings::default()), Arc::new(|| {}));
        let writer = Writer::start(home.path(), &end.publisher).unwrap();
        let which = Which::Received { transfer: TransferId([1; 16]), path: "a".to_owned() };
        writer.queue.push(Work::Later { which, later: Later::Deleted });
        writer.queue.hinder(Some(HistoryError::Locked.to_string()));
        let told = writer.finish(Duration::ZERO);
        assert_eq!(told.len(), 1, "{told:?}");
        let text = &told[0].text;
        assert!(text.starts_with("1 file is missing in the history: Another program uses"), "{text}");
    }
}
