//! How often somebody in the middle may have guessed the code of a first meeting lately. They have one guess
//! in a million at each; they must not have many.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::wire::limits;

/// Cheap to clone; all clones count together.
#[derive(Clone, Default)]
pub struct Guesses(Arc<Mutex<Lately>>);

#[derive(Default)]
struct Lately {
    /// Codes that were found to be different.
    differed: Vec<Instant>,
    /// Codes that a stranger was told, where, and no person here has said yes to.
    open: Vec<(Instant, IpAddr)>,
}

impl Guesses {
    /// The two codes of a meeting were different.
    pub fn differed(&self, now: Instant) {
        self.lately(now).differed.push(now);
    }

    /// A stranger knows the code that is on the screen here.
    pub fn told(&self, now: Instant, from: IpAddr) {
        self.lately(now).open.push((now, from));
    }

    /// A person has said yes to one of these.
    pub fn agreed(&self, now: Instant, from: IpAddr) {
        let open = &mut self.lately(now).open;
        // Which of that address makes no difference: they are counted.
        if let Some(at) = open.iter().rposition(|(_, address)| *address == from) {
            open.remove(at);
        }
    }

    /// True while no device is to be met, wherever it is, that is not known yet.
    #[must_use]
    pub fn bar_strangers(&self, now: Instant) -> bool {
        let lately = self.lately(now);
        lately.differed.len() >= limits::MAX_MISMATCHES || lately.open.len() >= limits::MAX_OPEN_MEETINGS
    }

    /// As [`Guesses::bar_strangers`], of those at one address.
    #[must_use]
    pub fn bar_strangers_at(&self, now: Instant, from: IpAddr) -> bool {
        let here = self.lately(now).open.iter().filter(|(_, address)| *address == from).count();
        here >= limits::MAX_OPEN_MEETINGS_EACH || self.bar_strangers(now)
    }

    fn lately(&self, now: Instant) -> MutexGuard<'_, Lately> {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |then: &Instant| now.duration_since(*then) < limits::MISMATCH_MEMORY;
        lately.differed.retain(is_recent);
        lately.open.retain(|(then, _)| is_recent(then));
        lately
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn after_three_in_ten_minutes_strangers_wait_until_the_first_is_ten_minutes_old() {
        let guesses = Guesses::default();
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        for seconds in [0, 100, 200] {
            assert!(!guesses.bar_strangers(at(seconds)));
            guesses.differed(at(seconds));
        }
        assert!(guesses.bar_strangers(at(200)));
        assert!(guesses.bar_strangers(at(599)));
        assert!(!guesses.bar_strangers(at(600)));
        guesses.differed(at(600));
        assert!(guesses.bar_strangers(at(601)));
    }

    #[test]
    fn codes_that_nobody_says_yes_to_are_guesses_and_those_that_somebody_does_are_none() {
        let guesses = Guesses::default();
        let now = Instant::now();
        let at = |nth: usize| IpAddr::from([10, 0, 0, u8::try_from(nth).unwrap()]);
        for _ in 0..1000 {
            guesses.told(now, at(1));
            guesses.agreed(now, at(1));
        }
        for nth in 0..limits::MAX_OPEN_MEETINGS {
            assert!(!guesses.bar_strangers(now));
            guesses.told(now, at(nth));
        }
        assert!(guesses.bar_strangers(now) && guesses.bar_strangers_at(now, at(99)));
        assert!(!guesses.bar_strangers(now + limits::MISMATCH_MEMORY));
    }

    #[test]
    fn one_address_that_guesses_keeps_itself_out_and_not_the_others() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        let [mallory, anna] = [IpAddr::from([10, 0, 0, 66]), IpAddr::from([10, 0, 0, 1])];
        for _ in 0..limits::MAX_OPEN_MEETINGS_EACH {
            assert!(!guesses.bar_strangers_at(now, mallory));
            guesses.told(now, mallory);
        }
        assert!(guesses.bar_strangers_at(now, mallory));
        assert!(!guesses.bar_strangers_at(now, anna) && !guesses.bar_strangers(now));
        // A yes to somebody else is none to them.
        guesses.agreed(now, anna);
        assert!(guesses.bar_strangers_at(now, mallory));
        assert!(!guesses.bar_strangers_at(now + limits::MISMATCH_MEMORY, mallory));
    }
}
