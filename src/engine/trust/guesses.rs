//! How often somebody in the middle may have guessed the code of a first meeting lately. They have one guess
//! in a million at each; they must not have many.

use std::{
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
    /// Codes that a stranger was told, and no person here has said yes to.
    open: Vec<Instant>,
}

impl Guesses {
    /// The two codes of a meeting were different.
    pub fn differed(&self, now: Instant) {
        self.lately(now).differed.push(now);
    }

    /// A stranger knows the code that is on the screen here.
    pub fn told(&self, now: Instant) {
        self.lately(now).open.push(now);
    }

    /// A person has said yes to one of these.
    pub fn agreed(&self, now: Instant) {
        // Which of them makes no difference: they are counted.
        self.lately(now).open.pop();
    }

    /// True while no device is to be met that is not known yet.
    #[must_use]
    pub fn bar_strangers(&self, now: Instant) -> bool {
        let lately = self.lately(now);
        lately.differed.len() >= limits::MAX_MISMATCHES || lately.open.len() >= limits::MAX_OPEN_MEETINGS
    }

    fn lately(&self, now: Instant) -> MutexGuard<'_, Lately> {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Lately { differed, open } = &mut *lately;
        for times in [differed, open] {
            times.retain(|then| now.duration_since(*then) < limits::MISMATCH_MEMORY);
        }
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
        for _ in 0..1000 {
            guesses.told(now);
            guesses.agreed(now);
        }
        for _ in 0..limits::MAX_OPEN_MEETINGS {
            assert!(!guesses.bar_strangers(now));
            guesses.told(now);
        }
        assert!(guesses.bar_strangers(now));
        assert!(!guesses.bar_strangers(now + limits::MISMATCH_MEMORY));
    }
}
