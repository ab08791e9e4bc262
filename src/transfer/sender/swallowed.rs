//! Whether the way between the two swallows content: packets as large as this device’s network allows vanish on it,
//! and nobody is told. Small ones pass, so that everything looks as if it were well.
//!
//! Pure: told the time and where both ends’ time goes, it says whether that is so.

use std::time::{Duration, Instant};

use crate::{
    model::{Times, Work},
    wire::limits,
};

/// See the module.
#[derive(Debug)]
pub struct Swallowed {
    /// Nothing of content was understood at the receiver since then, when it had waited for so long.
    since: Instant,
    understood: Duration,
    waited: Duration,
}

impl Swallowed {
    pub fn new(now: Instant) -> Self {
        Self { since: now, understood: Duration::ZERO, waited: Duration::ZERO }
    }

    /// `theirs` is where the receiver’s time goes; `waits` is for how long the network here has taken nothing.
    pub fn is_so(&mut self, now: Instant, theirs: &Times, waits: Duration) -> bool {
        let (understood, waited) = (theirs.of(Work::Decrypt), theirs.of(Work::Receive));
        if understood != self.understood {
            (self.since, self.understood, self.waited) = (now, understood, waited);
        }
        // A receiver that waits for its disk doesn’t wait for the network, and one that says nothing adds nothing.
        let both_wait = waits.min(waited.saturating_sub(self.waited));
        now.saturating_duration_since(self.since) >= limits::SWALLOWED
            && both_wait >= limits::SWALLOWED * 3 / 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = limits::LOAD;

    /// After how many steps it is said, of as many as there are in a minute.
    fn said(at: impl Fn(u32) -> (Times, Duration)) -> Option<u32> {
        let start = Instant::now();
        let mut swallowed = Swallowed::new(start);
        (1..240).find(|step| {
            let (theirs, waits) = at(*step);
            swallowed.is_so(start + STEP * *step, &theirs, waits)
        })
    }

    fn times(receive: Duration, decrypt: Duration) -> Times {
        let mut times = Times::default();
        times.set(Work::Receive, receive);
        times.set(Work::Decrypt, decrypt);
        times
    }

    #[test]
    fn both_ends_that_wait_for_the_network_while_nothing_comes_are_a_way_that_swallows() {
        let soon = limits::SWALLOWED.as_millis() / STEP.as_millis();
        let never_any = said(|step| (times(STEP * step, Duration::ZERO), STEP * step));
        assert_eq!(never_any.map(u128::from), Some(soon));
        // Some came at first.
        let at_last = said(|step| (times(STEP * step, STEP * step.min(40)), STEP * step.saturating_sub(40)));
        assert_eq!(at_last.map(u128::from), Some(soon + 40));
    }

    #[test]
    fn whoever_waits_for_something_else_or_says_nothing_is_not_taken_for_it() {
        let second = Duration::from_secs(1);
        let flowing = said(|step| (times(STEP * step, second * step), STEP));
        // Each packet takes its time.
        let slow = said(|step| (times(STEP * step, second * (step / 20)), STEP * step));
        let their_disk = said(|step| (times(STEP * step.min(4), second), STEP * step));
        let our_disk = said(|step| (times(STEP * step, Duration::ZERO), Duration::ZERO));
        let silent = said(|step| (Times::default(), STEP * step));
        assert_eq!([flowing, slow, their_disk, our_disk, silent], [None; 5]);
    }
}
