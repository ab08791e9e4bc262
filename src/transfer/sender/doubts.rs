//! Which likely files, which the receiver seems to have already, are not settled yet: asked about, found to
//! differ, or still to be read.
//!
//! Shared by the thread that reads them, the one that sends what differs, and the session that hears the
//! answers. Knows numbers of entries. Must not know files or messages.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{model::EntryNo, transfer::stages::Halt, wire::limits};

/// How often whoever waits looks whether it is over.
const LOOK: Duration = Duration::from_millis(200);

/// Which likely files the receiver has not answered for yet. The sender's content isn't over before
/// there are none.
#[derive(Debug, Default)]
pub struct Doubts {
    state: Mutex<Open>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    /// Likely files without an answer.
    left: u64,
    /// Those whose digests were told.
    asked: usize,
    /// Those that differ, and were not taken up yet.
    differ: VecDeque<EntryNo>,
}

/// What is to be sent after everything else.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    File(EntryNo),
    /// Nothing for now.
    Wait,
    Nothing,
}

impl Doubts {
    pub fn new(likely: u64) -> Self {
        Self { state: Mutex::new(Open { left: likely, ..Open::default() }), changed: Condvar::new() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many of those that were asked about are settled, and those of them that differ are to be
    /// sent.
    pub fn answered(&self, count: usize, differ: &[EntryNo]) {
        let mut open = self.open();
        open.asked = open.asked.saturating_sub(count);
        open.left = open.left.saturating_sub(count as u64);
        open.differ.extend(differ);
        self.changed.notify_all();
    }

    /// The next likely file that is to be sent; waits a moment where there may be one soon.
    pub fn next(&self) -> Next {
        let mut open = self.open();
        if open.differ.is_empty() && open.left > 0 {
            open = self.changed.wait_timeout(open, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        match open.differ.pop_front() {
            Some(entry) => Next::File(entry),
            None if open.left > 0 => Next::Wait,
            None => Next::Nothing,
        }
    }

    /// Waits until another may be asked about. False when it is over.
    pub fn ask(&self, halt: &Halt) -> bool {
        let mut open = self.open();
        while open.asked >= limits::MAX_ASKED && !halt.is_told() {
            open = self.changed.wait_timeout(open, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        open.asked += 1;
        !halt.is_told()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_over_when_every_likely_file_has_its_answer_and_what_differs_was_taken_up() {
        let doubts = Doubts::new(3);
        assert_eq!(doubts.next(), Next::Wait);
        doubts.answered(2, &[7]);
        assert_eq!(doubts.next(), Next::File(7));
        doubts.answered(1, &[]);
        assert_eq!(doubts.next(), Next::Nothing);
        assert_eq!(Doubts::default().next(), Next::Nothing);
    }

    #[test]
    fn no_more_digests_are_told_ahead_than_the_receiver_keeps() {
        let (doubts, halt) = (Doubts::new(1 << 20), Halt::default());
        for _ in 0..limits::MAX_ASKED {
            assert!(doubts.ask(&halt));
        }
        std::thread::scope(|scope| {
            let next = scope.spawn(|| doubts.ask(&halt));
            doubts.answered(1, &[]);
            assert!(next.join().unwrap());
            let over = scope.spawn(|| doubts.ask(&halt));
            halt.tell();
            assert!(!over.join().unwrap(), "whoever waits hears that it is over");
        });
    }
}
