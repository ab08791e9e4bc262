//! The few places of those who may ask a scanner at once.
//!
//! The daemon's own are few, and shared with everybody on the machine.

use std::sync::{Condvar, Mutex, PoisonError};

use super::link::{Broken, Deadline};

#[derive(Debug)]
pub struct Permits {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Permit<'a>(&'a Permits);

impl Permits {
    pub fn new(places: usize) -> Self {
        Self { free: Mutex::new(places), freed: Condvar::new() }
    }

    /// Waits for a place until then.
    pub fn take(&self, until: Deadline<'_>) -> Result<Permit<'_>, Broken> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            let waited = self.freed.wait_timeout(free, until.glance()?);
            free = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *free -= 1;
        Ok(Permit(self))
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::scan::{link::Waiting, patience::Patience};

    #[test]
    fn no_more_than_there_are_places_and_a_place_that_is_left_is_taken() {
        let permits = Permits::new(2);
        let patience = Patience::default();
        let for_ever = || false;
        let waiting = Waiting { patience: &patience, is_over: &for_ever };
        let soon = || waiting.within(Duration::from_millis(1));
        let first = permits.take(soon()).unwrap();
        let _second = permits.take(soon()).unwrap();
        assert!(matches!(permits.take(soon()), Err(Broken::Silent)));
        let over = Waiting { patience: &patience, is_over: &|| true };
        assert!(matches!(permits.take(over.within(Duration::from_hours(1))), Err(Broken::Over)));
        std::thread::scope(|scope| {
            let third = scope.spawn(|| {
                let waiting = Waiting { patience: &Patience::default(), is_over: &|| false };
                permits.take(waiting.within(Duration::from_mins(1))).is_ok()
            });
            drop(first);
            assert!(third.join().unwrap());
        });
        assert!(permits.take(soon()).is_ok());
    }
}
