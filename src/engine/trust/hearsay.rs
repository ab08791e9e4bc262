//! How many sentences a person is told of strangers whom nobody has said yes to.
//!
//! A stranger chooses the name in such a sentence, and how often there is a reason for one. Must not know what is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use crate::wire::limits;

/// Cheap to clone; all clones count together.
#[derive(Clone, Default)]
pub struct Hearsay(Arc<Mutex<VecDeque<Instant>>>);

impl Hearsay {
    /// Whether another one may be told; it counts if so.
    #[must_use]
    pub fn may_be_told(&self, now: Instant) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|then| now.duration_since(*then) < limits::HEARSAY);
        let is_room = told.len() < limits::MAX_HEARSAY;
        if is_room {
            told.push_back(now);
        }
        is_room
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_few_are_told_a_minute_however_many_there_are() {
        let (hearsay, begin) = (Hearsay::default(), Instant::now());
        let told = |from: u64| {
            let at = |nth| begin + Duration::from_millis(from * 1000 + nth);
            (0..5000).filter(|nth| hearsay.may_be_told(at(*nth))).count()
        };
        assert_eq!(told(0), limits::MAX_HEARSAY);
        assert_eq!(told(30), 0);
        assert_eq!(told(65), limits::MAX_HEARSAY);
    }
}
