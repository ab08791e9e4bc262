//! The speed limit of one direction, shared by every transfer of this device.
//!
//! Knows whose turn it is, and lets whoever must wait do so without a thread that spins. Must not
//! know what is moved, nor where a limit comes from.

mod ledger;

use std::{
    io::{self, Read, Write},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use self::ledger::{Ledger, Ticket};
use super::stages::Halt;
use crate::model::ByteRate;

/// How soon a transfer that was ended is heard of by a stage that waits for its turn.
const ATTENTION: Duration = Duration::from_millis(50);

/// At most so many bytes a second, whoever moves them. Those who ask are served in the order in
/// which they ask, a slice at a time, so that all who want as much get as much.
#[derive(Debug)]
pub struct Limiter {
    /// Read without the lock: where there is no limit, nobody pays for one.
    limits: AtomicBool,
    ledger: Mutex<Ledger>,
    changed: Condvar,
    moved: AtomicU64,
}

impl Limiter {
    #[must_use]
    pub fn new(rate: Option<ByteRate>) -> Self {
        let limiter = Self {
            limits: AtomicBool::new(false),
            ledger: Mutex::new(Ledger::new(Instant::now())),
            changed: Condvar::new(),
            moved: AtomicU64::new(0),
        };
        limiter.set(rate);
        limiter
    }

    /// Changes the limit, for what is under way too; `None` lifts it.
    pub fn set(&self, rate: Option<ByteRate>) {
        let mut ledger = self.ledger();
        ledger.set(rate, Instant::now());
        self.limits.store(rate.is_some(), Ordering::Relaxed);
        drop(ledger);
        self.changed.notify_all();
    }

    /// Bytes that have moved while there was a limit.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of `wanted` bytes may be asked for at once; `None` without a limit.
    fn slice(&self, wanted: usize) -> Option<usize> {
        if !self.limits.load(Ordering::Relaxed) {
            return None;
        }
        let slice = self.ledger().slice()?;
        Some(usize::try_from(slice).map_or(wanted, |slice| slice.min(wanted)))
    }

    /// Waits until so many bytes may go, and says how long that took.
    ///
    /// # Errors
    /// When `halt` is told meanwhile.
    fn pass(&self, bytes: usize, halt: &Halt) -> io::Result<Duration> {
        let came = Instant::now();
        let mut ledger = self.ledger();
        let ticket: Ticket = ledger.take(bytes, came);
        let mut now = came;
        loop {
            if halt.is_told() {
                ledger.give_back(bytes);
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            let left = ledger.wait(ticket, now);
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(ledger, left.min(ATTENTION));
            ledger = waited.unwrap_or_else(PoisonError::into_inner).0;
            now = Instant::now();
        }
        self.moved.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(now - came)
    }

    /// What was let go and stayed.
    fn give_back(&self, bytes: usize) {
        if bytes > 0 {
            self.ledger().give_back(bytes);
            self.moved.fetch_sub(bytes as u64, Ordering::Relaxed);
        }
    }
}

/// A stream whose bytes wait for their turn.
pub struct Limited<'a, S, W> {
    stream: S,
    limiter: &'a Limiter,
    halt: &'a Halt,
    /// Is told how long each turn was waited for.
    waited: W,
}

impl<'a, S, W: Fn(Duration)> Limited<'a, S, W> {
    pub fn new(stream: S, limiter: &'a Limiter, halt: &'a Halt, waited: W) -> Self {
        Self { stream, limiter, halt, waited }
    }

    fn pass(&self, bytes: usize) -> io::Result<()> {
        (self.waited)(self.limiter.pass(bytes, self.halt)?);
        Ok(())
    }
}

impl<S: Read, W: Fn(Duration)> Read for Limited<'_, S, W> {
    /// Bytes count when they have come: a stream that brings nothing holds up no other.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(slice) = self.limiter.slice(buf.len()) else { return self.stream.read(buf) };
        let count = self.stream.read(&mut buf[..slice])?;
        if count > 0 {
            self.pass(count)?;
        }
        Ok(count)
    }
}

impl<S: Write, W: Fn(Duration)> Write for Limited<'_, S, W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let Some(slice) = self.limiter.slice(buf.len()) else { return self.stream.write(buf) };
        self.pass(slice)?;
        let written = self.stream.write(&buf[..slice]);
        self.limiter.give_back(slice - written.as_ref().map_or(0, |count| *count));
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        io::{Cursor, sink},
        sync::{Arc, mpsc},
    };

    use super::*;
    use crate::transfer::stages::Stages;

    /// 1 kB/s: whoever asks for a megabyte waits for a quarter of an hour.
    const SLOWEST: Option<ByteRate> = Some(ByteRate::MIN);
    const FASTEST: Option<ByteRate> = Some(ByteRate::MAX);

    /// Runs a stage to its own end.
    async fn stage<T: Send + 'static>(work: impl FnOnce(&Halt) -> T + Send + 'static) -> T {
        let (done, result) = mpsc::sync_channel(1);
        let mut stages = Stages::start(move |halt| {
            done.send(work(halt)).unwrap();
            Ok(())
        });
        stages.result().await.unwrap();
        result.recv().unwrap()
    }

    #[tokio::test]
    async fn without_a_limit_everything_passes_whole_and_uncounted() {
        let limiter = Arc::new(Limiter::new(None));
        let counted = Arc::clone(&limiter);
        stage(move |halt| {
            let never = |_| panic!("nobody waits");
            let mut bytes = vec![7; 1 << 20];
            assert_eq!(Limited::new(sink(), &limiter, halt, never).write(&bytes).unwrap(), 1 << 20);
            let source = Cursor::new(vec![7; 1 << 20]);
            assert_eq!(Limited::new(source, &limiter, halt, never).read(&mut bytes).unwrap(), 1 << 20);
        })
        .await;
        assert_eq!(counted.moved(), 0);
    }

    #[tokio::test]
    async fn what_passes_is_the_same_in_slices_and_all_of_it_is_counted() {
        let limiter = Limiter::new(ByteRate::new(400_000_000));
        let moved = stage(move |halt| {
            let bytes: Vec<u8> = (0..30_000_000_u32).map(|i| (i >> 8).to_le_bytes()[0]).collect();
            let (longest, turns) = (Cell::new(0), Cell::new(0));
            let (mut there, mut back) = (Vec::new(), Vec::new());
            Limited::new(Watched { to: &mut there, longest: &longest }, &limiter, halt, |_| {
                turns.set(turns.get() + 1);
            })
            .write_all(&bytes)
            .unwrap();
            assert!(longest.get() <= 10_000_000 && turns.get() >= 3, "{} {}", longest.get(), turns.get());
            Limited::new(Cursor::new(&there), &limiter, halt, |_| {}).read_to_end(&mut back).unwrap();
            assert!(back == bytes);
            limiter.moved()
        })
        .await;
        assert_eq!(moved, 2 * 30_000_000);
    }

    #[tokio::test]
    async fn bytes_that_a_stream_does_not_take_are_no_bytes_that_moved() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                if buf.len() > 1 { Ok(1) } else { Err(io::ErrorKind::BrokenPipe.into()) }
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let limiter = Limiter::new(FASTEST);
        let moved = stage(move |halt| {
            let mut stream = Limited::new(Full, &limiter, halt, |_| {});
            assert_eq!(stream.write(&[0; 1000]).unwrap(), 1);
            assert!(stream.write(&[0]).is_err());
            limiter.moved()
        })
        .await;
        assert_eq!(moved, 1);
    }

    #[tokio::test]
    async fn a_transfer_that_is_ended_waits_for_its_turn_no_more_and_leaves_it_to_others() {
        let limiter = Arc::new(Limiter::new(SLOWEST));
        let (begun, beginning) = tokio::sync::oneshot::channel();
        let (ended, ending) = mpsc::sync_channel(1);
        let its = Arc::clone(&limiter);
        let stages = Stages::start(move |halt| {
            // More than an hour's worth stands before it.
            its.ledger().take(4_000_000, Instant::now());
            begun.send(()).unwrap();
            let end = Limited::new(sink(), &its, halt, |_| {}).write(&[0; 100]);
            ended.send(end.map_err(|e| e.kind())).unwrap();
            Ok(())
        });
        beginning.await.unwrap();
        stages.end(crate::wire::limits::ENDING).await;
        assert_eq!(ending.recv().unwrap(), Err(io::ErrorKind::ConnectionAborted));
        limiter.ledger().give_back(4_000_000);
        assert_eq!(stage(move |halt| limiter.pass(1, halt)).await.unwrap(), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_limit_that_is_raised_or_lifted_frees_whoever_waits() {
        for then in [None, FASTEST] {
            let limiter = Arc::new(Limiter::new(SLOWEST));
            let changed = Arc::clone(&limiter);
            let (begun, beginning) = mpsc::sync_channel(1);
            let changing = std::thread::spawn(move || {
                beginning.recv().unwrap();
                changed.set(then);
            });
            stage(move |halt| {
                limiter.ledger().take(4_000_000, Instant::now());
                begun.send(()).unwrap();
                Limited::new(sink(), &limiter, halt, |_| {}).write_all(&[0; 10_000]).unwrap();
            })
            .await;
            changing.join().unwrap();
        }
    }

    /// Notes the longest piece that came at once.
    struct Watched<'a> {
        to: &'a mut Vec<u8>,
        longest: &'a Cell<usize>,
    }

    impl Write for Watched<'_> {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.longest.set(self.longest.get().max(buf.len()));
            self.to.write(buf)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
