//! How long an interrupted transfer waits before it tries again, and for how long in all.

use std::{
    future::Future,
    time::{Duration, Instant, SystemTime},
};

use super::desk::Desk;
use crate::wire::limits;

/// The pauses between attempts of one transfer: twice as long each time, up to a limit, and never
/// quite the same, so that many transfers that broke at once don't all come back at once.
#[derive(Debug, Default)]
pub struct Patience {
    failures: u32,
}

impl Patience {
    /// Something flowed again: the next pause is a short one.
    pub fn renew(&mut self) {
        self.failures = 0;
    }

    /// The pause before the next attempt; `chance` is random.
    pub fn pause(&mut self, chance: u8) -> Duration {
        let doubled = limits::FIRST_PAUSE.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let share = u32::from(chance) + 3 * 128;
        doubled.min(limits::LONGEST_PAUSE) * share / 512
    }
}

/// For how long nothing has flowed. Only what was before this run is taken from the clock on the wall:
/// that one may be set at any time, and nobody has waited for the years that it jumps.
#[derive(Debug)]
pub struct Drought {
    before: Duration,
    since: Instant,
}

impl Drought {
    /// Of a transfer that an earlier run has left interrupted at that time; of a new one.
    pub fn since(interrupted: Option<SystemTime>) -> Self {
        let before = interrupted.and_then(|then| then.elapsed().ok()).unwrap_or_default();
        Self { before, since: Instant::now() }
    }

    pub fn lasted(&self) -> Duration {
        self.before + self.since.elapsed()
    }
}

/// How often it is noted that a transfer still flows: none that was killed after days must look like
/// one that was interrupted as long ago.
const NOTED: Duration = Duration::from_mins(10);

/// Makes an attempt, and notes from time to time that it is one.
pub async fn noting<T>(attempt: impl Future<Output = T>, desk: &Desk, note: impl Fn()) -> T {
    let mut attempt = std::pin::pin!(attempt);
    loop {
        tokio::select! {
            done = &mut attempt => return done,
            () = tokio::time::sleep(NOTED) => {
                if !desk.is_interrupted() {
                    note();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_begin_anew_when_something_flowed() {
        let mut patience = Patience::default();
        let pauses: Vec<_> = (0..100).map(|_| patience.pause(128)).collect();
        assert_eq!(pauses[0], limits::FIRST_PAUSE);
        assert_eq!(pauses[1], 2 * limits::FIRST_PAUSE);
        assert!(pauses.is_sorted());
        assert_eq!(pauses[99], limits::LONGEST_PAUSE);
        patience.renew();
        assert_eq!(patience.pause(128), limits::FIRST_PAUSE);
    }

    #[test]
    fn a_time_that_has_not_come_yet_counts_as_now() {
        let now = SystemTime::now();
        let day = Duration::from_hours(24);
        assert!(Drought::since(None).lasted() < day);
        assert!(Drought::since(Some(now + day)).lasted() < day);
        assert!(Drought::since(Some(now - 2 * day)).lasted() > day);
    }

    #[test]
    fn chance_moves_a_pause_by_a_quarter_at_most() {
        let pause = |chance| Patience::default().pause(chance);
        assert_eq!(pause(0), limits::FIRST_PAUSE * 3 / 4);
        assert!(pause(255) > limits::FIRST_PAUSE * 6 / 5);
        assert!(pause(255) <= limits::FIRST_PAUSE * 5 / 4);
    }
}
