//! How often the codes of a first meeting have differed lately. Somebody in the middle has one guess in a
//! million at each; they must not have many.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use crate::wire::limits;

/// Cheap to clone; all clones count together.
#[derive(Clone, Default)]
pub struct Mismatches(Arc<Mutex<Vec<Instant>>>);

impl Mismatches {
    /// Two persons have seen different codes.
    pub fn note(&self, now: Instant) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.retain(|then| now.duration_since(*then) < limits::MISMATCH_MEMORY);
        times.push(now);
    }

    /// True while no device is to be met that is not known yet.
    #[must_use]
    pub fn bar_strangers(&self, now: Instant) -> bool {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = times.iter().filter(|then| now.duration_since(**then) < limits::MISMATCH_MEMORY);
        lately.count() >= limits::MAX_MISMATCHES
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn after_three_in_ten_minutes_strangers_wait_until_the_first_is_ten_minutes_old() {
        let mismatches = Mismatches::default();
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        for seconds in [0, 100, 200] {
            assert!(!mismatches.bar_strangers(at(seconds)));
            mismatches.note(at(seconds));
        }
        assert!(mismatches.bar_strangers(at(200)));
        assert!(mismatches.bar_strangers(at(599)));
        assert!(!mismatches.bar_strangers(at(600)));
        mismatches.note(at(600));
        assert!(mismatches.bar_strangers(at(601)));
    }
}
