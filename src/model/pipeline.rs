//! Where the time of a transfer goes, from disk to disk, and what limits it.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::Side;

/// One kind of work, or of waiting for something outside, on the way from disk to disk. Each
/// belongs to one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The sender waits for its disk.
    Read,
    /// The sender waits for standard input.
    Input,
    /// The sender computes digests, and compresses.
    Hash,
    /// The sender encrypts.
    Encrypt,
    /// The sender waits for the network to take what is ready.
    Send,
    /// The sender waits because of its speed limit.
    SendLimit,
    /// The receiver waits for the network to bring something.
    Receive,
    /// The receiver waits because of its speed limit.
    ReceiveLimit,
    /// The receiver decrypts.
    Decrypt,
    /// The receiver decompresses, and computes digests.
    Check,
    /// The receiver waits for its disk to take content.
    Write,
    /// The receiver waits for its disk to make files durable and to name them.
    Store,
}

impl Work {
    /// In the order of the way, which is that of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Read,
        Self::Input,
        Self::Hash,
        Self::Encrypt,
        Self::Send,
        Self::SendLimit,
        Self::Receive,
        Self::ReceiveLimit,
        Self::Decrypt,
        Self::Check,
        Self::Write,
        Self::Store,
    ];

    /// True for what happens at the sender.
    #[must_use]
    pub fn is_senders(self) -> bool {
        (self as usize) < Self::Receive as usize
    }
}

/// How much time went into each kind of [`Work`]. Kinds run side by side, so that the times add up
/// to more than has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times([Duration; Work::ALL.len()]);

impl Times {
    #[must_use]
    pub fn of(&self, work: Work) -> Duration {
        self.0[work as usize]
    }

    pub fn set(&mut self, work: Work, time: Duration) {
        self.0[work as usize] = time;
    }

    /// Two ends' times together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = *self;
        for work in Work::ALL {
            both.set(work, self.of(work).saturating_add(other.of(work)));
        }
        both
    }

    /// What was added since an earlier look.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut added = Self::default();
        for work in Work::ALL {
            added.set(work, self.of(work).saturating_sub(earlier.of(work)));
        }
        added
    }
}

/// [`Times`] that grow while several threads work, also while one of them waits for a disk that does not answer.
#[derive(Debug, Default)]
pub struct Clocks {
    done: [AtomicU64; Work::ALL.len()],
    /// What is begun and may take long.
    waits: Mutex<Vec<(Work, Instant)>>,
}

impl Clocks {
    /// A wait that is shorter is counted when it is over.
    const LONG: Duration = Duration::from_secs(1);

    pub fn add(&self, work: Work, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.done[work as usize].fetch_add(nanos, Ordering::Relaxed);
    }

    /// Does what may take very long: it is seen to be at it meanwhile. Its time is to be counted by whoever does it.
    pub fn waits<T>(&self, work: Work, wait: impl FnOnce() -> T) -> T {
        let mark = (work, Instant::now());
        self.waiting().push(mark);
        let done = wait();
        let mut waiting = self.waiting();
        if let Some(at) = waiting.iter().position(|waits| *waits == mark) {
            waiting.swap_remove(at);
        }
        done
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Work, Instant)>> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[must_use]
    pub fn read(&self) -> Times {
        self.read_at(Instant::now())
    }

    #[must_use]
    pub fn read_at(&self, now: Instant) -> Times {
        let mut times = Times::default();
        for work in Work::ALL {
            times.set(work, Duration::from_nanos(self.done[work as usize].load(Ordering::Relaxed)));
        }
        for (work, since) in self.waiting().iter() {
            let waits = now.saturating_duration_since(*since);
            if waits >= Self::LONG {
                times.set(*work, times.of(*work).saturating_add(waits));
            }
        }
        times
    }
}

/// Tells one thread's time apart, lap by lap.
#[derive(Debug)]
pub struct Stopwatch<'a> {
    clocks: &'a Clocks,
    since: Instant,
}

impl<'a> Stopwatch<'a> {
    #[must_use]
    pub fn start(clocks: &'a Clocks) -> Self {
        Self { clocks, since: Instant::now() }
    }

    /// Does what may take very long, and counts it as this work.
    pub fn waits<T>(&mut self, work: Work, wait: impl FnOnce() -> T) -> T {
        let done = self.clocks.waits(work, wait);
        self.lap(work);
        done
    }

    /// What has passed since the last lap went into this work.
    pub fn lap(&mut self, work: Work) {
        self.clocks.add(work, self.skip());
    }

    /// What has passed since the last lap was another's work. Returns it.
    pub fn skip(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.since, now)
    }
}

/// What a transfer spent its time on, as far as this end knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pipeline {
    pub times: Times,
    /// Content connections that were in use at once, at most.
    pub lanes: u32,
    /// Bytes of chunks as they went over the network: fewer than the content's where compression
    /// helped.
    pub wire_bytes: u64,
    /// What limited the transfer for most of its time; `None` where it was too short to
    /// tell, or no one thing did.
    pub limited_by: Option<Bottleneck>,
}

/// The one thing that would have to be faster for a transfer to be faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bottleneck {
    Disk(Side),
    Processor(Side),
    Network,
    /// The speed limit that a person has set.
    Limit(Side),
    /// What the sender's standard input gives.
    Input(Side),
}

impl Bottleneck {
    /// What limits a transfer, to go on with after “limited by”.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Disk(Side::Here) => "this device’s disk",
            Self::Disk(Side::There) => "the other device’s disk",
            Self::Processor(Side::Here) => "this device’s processor",
            Self::Processor(Side::There) => "the other device’s processor",
            Self::Network => "the network",
            Self::Limit(Side::Here) => "the speed limit set here",
            Self::Limit(Side::There) => "the speed limit set on the other device",
            Self::Input(Side::Here) => "what the input gives",
            Self::Input(Side::There) => "what the other device’s input gives",
        }
    }
}
