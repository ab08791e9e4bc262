//! When may so many bytes go, at a speed, at a time: arithmetic alone, without clocks or threads.

use std::time::{Duration, Instant};

use crate::model::ByteRate;

/// What may be made up for after nothing went for a while, as a time at full speed. With the slice
/// that goes at once, this is the longest burst: 50 ms worth.
const CREDIT: Duration = Duration::from_millis(25);

/// Slices in a second: each is small enough that takers follow one another quickly, and that the
/// speed is even, and large enough that waiting costs nothing to speak of.
const SLICES: u64 = 40;

/// The smallest slice, in bytes: below it, the slowest speeds would be mostly headers.
const LEAST: u64 = 512;

/// Sums are kept in billionths of a byte, so that nothing is ever rounded: a speed is then a whole
/// number in each nanosecond. They last for [`ByteRate::MAX`] over ten million years.
const BYTE: u128 = 1_000_000_000;

/// A place in the row, in billionths of bytes: what was promised to others before.
#[derive(Clone, Copy, Debug)]
pub struct Ticket(u128);

/// What was promised, and what a speed has allowed by now.
#[derive(Debug)]
pub struct Ledger {
    rate: Option<ByteRate>,
    /// Promised since the ledger was opened.
    promised: u128,
    /// Allowed by `since`; from then on the speed adds to it.
    allowed: u128,
    since: Instant,
}

impl Ledger {
    pub fn new(now: Instant) -> Self {
        Self { rate: None, promised: 0, allowed: 0, since: now }
    }

    /// Changes the speed for whoever waits and whoever comes.
    pub fn set(&mut self, rate: Option<ByteRate>, now: Instant) {
        self.allowed = self.allowed_at(now);
        self.since = now;
        self.rate = rate;
    }

    /// The most that may be asked for at once, in bytes; `None` without a limit.
    pub fn slice(&self) -> Option<u64> {
        self.rate.map(|rate| (rate.bytes_per_second() / SLICES).max(LEAST))
    }

    /// Promises so many bytes, for the time that [`Ledger::wait`] tells.
    pub fn take(&mut self, bytes: usize, now: Instant) -> Ticket {
        let most = self.promised + self.rate.map_or(0, |rate| allowed_in(CREDIT, rate));
        if self.allowed_at(now) > most {
            self.allowed = most;
            self.since = now;
        }
        let ticket = Ticket(self.promised);
        self.promised += bytes as u128 * BYTE;
        ticket
    }

    /// Takes back what was promised and did not go.
    pub fn give_back(&mut self, bytes: usize) {
        self.promised = self.promised.saturating_sub(bytes as u128 * BYTE);
    }

    /// How long the bytes of a ticket must wait as things are; zero when they may go.
    pub fn wait(&self, ticket: Ticket, now: Instant) -> Duration {
        let missing = ticket.0.saturating_sub(self.allowed_at(now));
        let Some(rate) = self.rate else { return Duration::ZERO };
        let nanos = missing.div_ceil(u128::from(rate.bytes_per_second()));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Without a limit, everything that was promised.
    fn allowed_at(&self, now: Instant) -> u128 {
        match self.rate {
            Some(rate) => self.allowed + allowed_in(now.saturating_duration_since(self.since), rate),
            None => self.promised,
        }
    }
}

/// What a speed allows in a time, in billionths of bytes.
fn allowed_in(time: Duration, rate: ByteRate) -> u128 {
    time.as_nanos() * u128::from(rate.bytes_per_second())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rate(bytes: u64) -> ByteRate {
        ByteRate::new(bytes).unwrap()
    }

    fn limited(bytes: u64, now: Instant) -> Ledger {
        let mut ledger = Ledger::new(now);
        ledger.set(Some(rate(bytes)), now);
        ledger
    }

    /// Somebody who asks for `ask` bytes, moves them in `work`, and asks again.
    #[derive(Clone, Copy)]
    struct Taker {
        ask: u64,
        work: Duration,
        next: Instant,
        moved: u64,
    }

    impl Taker {
        fn new(ask: u64, work: Duration, now: Instant) -> Self {
            Self { ask, work, next: now, moved: 0 }
        }
    }

    /// Lets takers take until `end`; each wakes up `late`.
    fn run(ledger: &mut Ledger, takers: &mut [Taker], late: Duration, end: Instant) {
        while let Some(taker) = takers.iter_mut().filter(|t| t.next < end).min_by_key(|t| t.next) {
            let bytes = ledger.slice().unwrap().min(taker.ask);
            let ticket = ledger.take(usize::try_from(bytes).unwrap(), taker.next);
            let wait = ledger.wait(ticket, taker.next);
            let goes = taker.next + wait + if wait.is_zero() { Duration::ZERO } else { late };
            if goes < end {
                taker.moved += bytes;
            }
            taker.next = goes + taker.work;
        }
    }

    fn moved(takers: &[Taker]) -> u64 {
        takers.iter().map(|t| t.moved).sum()
    }

    #[track_caller]
    fn within_5_percent(moved: u64, expected: u64) {
        assert!(moved.abs_diff(expected) * 20 <= expected, "{moved} instead of {expected}");
    }

    #[test]
    fn over_ten_seconds_every_speed_is_kept_by_one_and_by_many() {
        let now = Instant::now();
        for speed in [1_000, 1_234, 20_000, 500_000, 20_000_000, 125_000_000, 1_250_000_000] {
            for (many, ask) in [(1, 300_000), (1, 64_000), (4, 262_144), (32, 1_000_000), (7, 200_000)] {
                for late in [Duration::ZERO, Duration::from_micros(80), Duration::from_millis(4)] {
                    let mut ledger = limited(speed, now);
                    let mut takers = vec![Taker::new(ask, Duration::ZERO, now); many];
                    run(&mut ledger, &mut takers, late, now + SECOND * 10);
                    // The slowest slice is half a second at the slowest speed, and each has one.
                    if speed >= 20_000 {
                        within_5_percent(moved(&takers), speed * 10);
                    } else {
                        assert!(moved(&takers) <= speed * 10 + LEAST, "{speed} {many}");
                    }
                }
            }
        }
    }

    #[test]
    fn work_between_two_takes_takes_nothing_away_from_the_speed() {
        let now = Instant::now();
        let mut ledger = limited(20_000_000, now);
        let mut takers = [Taker::new(262_144, Duration::from_millis(8), now)];
        run(&mut ledger, &mut takers, Duration::from_millis(1), now + SECOND * 10);
        within_5_percent(moved(&takers), 200_000_000);
    }

    #[test]
    fn all_who_want_as_much_get_as_much() {
        let now = Instant::now();
        let mut ledger = limited(5_000_000, now);
        let mut takers = [Taker::new(262_144, Duration::ZERO, now); 9];
        // One of them is slower between its turns, and loses nothing by that.
        takers[3].work = Duration::from_millis(20);
        run(&mut ledger, &mut takers, Duration::ZERO, now + SECOND * 10);
        for taker in &takers {
            within_5_percent(taker.moved, 50_000_000 / 9);
        }
    }

    #[test]
    fn after_a_rest_there_is_no_burst() {
        let now = Instant::now();
        let mut ledger = limited(20_000_000, now);
        let later = now + SECOND * 3600;
        let mut takers = [Taker::new(10_000, Duration::ZERO, later); 50];
        run(&mut ledger, &mut takers, Duration::ZERO, later + Duration::from_micros(1));
        // 50 ms at that speed.
        assert!(moved(&takers) <= 1_000_000, "{}", moved(&takers));
        run(&mut ledger, &mut takers, Duration::ZERO, later + SECOND);
        within_5_percent(moved(&takers), 20_000_000);
    }

    #[test]
    fn a_change_counts_at_once_for_those_who_wait_too() {
        let now = Instant::now();
        let mut ledger = limited(1_000, now);
        ledger.take(512_000, now);
        let ticket = ledger.take(512, now);
        assert_eq!(ledger.wait(ticket, now), SECOND * 512);
        ledger.set(Some(rate(1_000_000)), now + SECOND);
        assert_eq!(ledger.wait(ticket, now + SECOND), Duration::from_millis(511));
        ledger.set(Some(rate(2_000)), now + SECOND);
        assert_eq!(ledger.wait(ticket, now + SECOND), SECOND * 511 / 2);
        ledger.set(None, now + SECOND);
        assert_eq!(ledger.wait(ticket, now + SECOND), Duration::ZERO);
    }

    #[test]
    fn three_speeds_one_after_the_other_add_up() {
        let now = Instant::now();
        let mut ledger = limited(20_000_000, now);
        let mut takers = [Taker::new(262_144, Duration::ZERO, now); 3];
        run(&mut ledger, &mut takers, Duration::ZERO, now + SECOND * 4);
        ledger.set(Some(rate(2_000_000)), now + SECOND * 4);
        run(&mut ledger, &mut takers, Duration::ZERO, now + SECOND * 8);
        ledger.set(Some(rate(50_000_000)), now + SECOND * 8);
        run(&mut ledger, &mut takers, Duration::ZERO, now + SECOND * 10);
        within_5_percent(moved(&takers), 80_000_000 + 8_000_000 + 100_000_000);
    }

    #[test]
    fn a_limit_that_comes_while_all_flows_begins_with_an_empty_account() {
        let now = Instant::now();
        let mut ledger = Ledger::new(now);
        assert_eq!(ledger.slice(), None);
        let free = ledger.take(1 << 40, now);
        assert_eq!(ledger.wait(free, now), Duration::ZERO);
        ledger.set(Some(rate(1_000_000)), now + SECOND);
        assert_eq!(ledger.wait(free, now + SECOND), Duration::ZERO, "what was let go is not held back");
        let mut takers = [Taker::new(262_144, Duration::ZERO, now + SECOND)];
        run(&mut ledger, &mut takers, Duration::ZERO, now + SECOND * 11);
        within_5_percent(moved(&takers), 10_000_000);
    }

    #[test]
    fn what_is_given_back_goes_to_the_others() {
        let now = Instant::now();
        let mut ledger = limited(1_000_000, now);
        ledger.take(1_000_000_000, now);
        ledger.give_back(1_000_000_000);
        let ticket = ledger.take(1, now);
        assert_eq!(ledger.wait(ticket, now), Duration::ZERO);
    }

    proptest! {
        /// Whoever comes when, and asks for what: in no stretch of time goes more than the speed
        /// allows, and one burst.
        #[test]
        fn no_pattern_of_asking_gets_past_the_limit(
            speed in 1_000u64..1_000_000_000,
            asks in prop::collection::vec((1u64..2_000_000, 0u64..200_000_000), 1..200),
        ) {
            let start = Instant::now();
            let mut ledger = limited(speed, start);
            let mut now = start;
            let mut gone: Vec<(Instant, u64)> = Vec::new();
            for (ask, pause) in asks {
                now += Duration::from_nanos(pause);
                let bytes = ask.min(ledger.slice().unwrap());
                let ticket = ledger.take(usize::try_from(bytes).unwrap(), now);
                now += ledger.wait(ticket, now);
                gone.push((now, bytes));
            }
            let burst = speed / 40 + ledger.slice().unwrap() + 1;
            for (i, (first, _)) in gone.iter().enumerate() {
                let mut sum = 0;
                for (at, bytes) in &gone[i..] {
                    sum += u128::from(*bytes);
                    let allowed = allowed_in(at.duration_since(*first), rate(speed)) / BYTE;
                    prop_assert!(sum <= allowed + u128::from(burst), "{sum} in {:?}", at.duration_since(*first));
                }
            }
        }
    }
}
