//! What waits to be written: anybody adds without waiting, one takes. What is too much to be kept is counted and let go.
//!
//! Must not know how anything is written.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::sync::oneshot;

use crate::{
    engine::command::HistoryChange,
    history::{Later, TransferRecord, Which},
    model::{FileRecord, Problem},
};

/// Files that wait at most: some 30 MB of names.
const MOST_FILES: usize = 100_000;
/// The same of anything else.
const MOST: usize = 4_096;
/// Of what was told, that is kept for whoever asks at the end.
const MOST_TOLD: usize = 8;

/// One thing to be written.
#[derive(Debug)]
pub enum Work {
    Record {
        transfer: Box<TransferRecord>,
        files: Vec<FileRecord>,
    },
    Change {
        change: HistoryChange,
        reply: oneshot::Sender<Result<u64, Problem>>,
    },
    /// What was done to a file that had come.
    Later {
        which: Which,
        later: Later,
    },
    /// What is older than its person wants to keep.
    Forget {
        before: SystemTime,
    },
}

impl Work {
    fn files(&self) -> usize {
        match self {
            Self::Record { files, .. } => files.len(),
            Self::Change { .. } | Self::Later { .. } | Self::Forget { .. } => 0,
        }
    }

    /// Rows that are missing where it is not written.
    fn weight(&self) -> u64 {
        match self {
            Self::Record { files, .. } => files.len().max(1) as u64,
            Self::Later { .. } => 1,
            Self::Change { .. } | Self::Forget { .. } => 0,
        }
    }
}

/// What came of waiting for work.
#[derive(Debug)]
pub enum Taken {
    Work(Work),
    /// There was none for that long.
    Nothing,
    /// No more will come.
    End,
}

/// How it ended to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waited {
    Ended,
    /// So many files and transfers were not known to be written by then, and what was in the way, as far as that is known.
    InVain {
        left: u64,
        why: Option<String>,
    },
}

#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    /// Rung at every change of the state.
    bell: Condvar,
}

#[derive(Default)]
struct State {
    work: VecDeque<Work>,
    /// In all of it.
    files: usize,
    /// Files and transfers that there was no room for, and that nobody has been told of.
    lost: u64,
    /// Files and transfers of what was taken last.
    in_hand: u64,
    /// What keeps it from being written.
    hindrance: Option<String>,
    /// What could not be recorded, or was damaged, the latest last.
    told: VecDeque<Problem>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    #[default]
    Open,
    /// What is there is still written.
    Closing,
    /// Nobody takes anything any more, or is to.
    Ended,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never blocks.
    pub fn push(&self, work: Work) {
        self.state().push(work);
        self.bell.notify_all();
    }

    /// Waits while there is more to be written than anybody hurries for.
    pub fn wait_for_room(&self) {
        let is_full = |state: &mut State| state.phase == Phase::Open && state.files > MOST_FILES / 2;
        drop(self.bell.wait_while(self.state(), is_full));
    }

    /// What is next, as soon as there is something; `None` once it is closed and all was taken, or it has ended.
    pub fn take(&self) -> Option<Work> {
        let state = self.bell.wait_while(self.state(), State::is_idle);
        let work = state.unwrap_or_else(PoisonError::into_inner).take()?;
        self.bell.notify_all();
        Some(work)
    }

    /// The same, for that long at most.
    pub fn take_within(&self, patience: Duration) -> Taken {
        let waited = self.bell.wait_timeout_while(self.state(), patience, State::is_idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.is_idle() {
            state.in_hand = 0;
            return Taken::Nothing;
        }
        let Some(work) = state.take() else { return Taken::End };
        self.bell.notify_all();
        Taken::Work(work)
    }

    /// How many files and transfers there was no room for since this was asked last.
    pub fn take_lost(&self) -> u64 {
        std::mem::take(&mut self.state().lost)
    }

    /// Waits that long, and no longer than until something of that changes: whether it is open, closes, or has ended.
    pub fn rest(&self, pause: Duration) {
        let state = self.state();
        let before = state.phase;
        drop(self.bell.wait_timeout_while(state, pause, |state| state.phase == before));
    }

    pub fn is_closing(&self) -> bool {
        self.state().phase != Phase::Open
    }

    pub fn has_ended(&self) -> bool {
        self.state().phase == Phase::Ended
    }

    /// What keeps what is in hand from being written; `None`: nothing does.
    pub fn hinder(&self, why: Option<String>) {
        self.state().hindrance = why;
    }

    /// Keeps what was told, for who may not have listened.
    pub fn told(&self, problem: Problem) {
        let told = &mut self.state().told;
        if told.len() >= MOST_TOLD {
            told.pop_front();
        }
        told.push_back(problem);
    }

    /// All that was told, as far as it is kept.
    pub fn all_told(&self) -> Vec<Problem> {
        Vec::from(std::mem::take(&mut self.state().told))
    }

    /// What is there is still to be written, and then no more is taken.
    pub fn close(&self) {
        self.turn_to(Phase::Closing);
    }

    /// To be called by whoever takes, at the end, and by who doesn’t wait for that any longer.
    pub fn end(&self) {
        self.turn_to(Phase::Ended);
    }

    fn turn_to(&self, phase: Phase) {
        let state = &mut self.state().phase;
        *state = phase.max(*state);
        self.bell.notify_all();
    }

    /// Waits until nobody takes anything any more, for that long at most.
    pub fn wait_for_end(&self, limit: Duration) -> Waited {
        let is_working = |state: &mut State| state.phase != Phase::Ended;
        let waited = self.bell.wait_timeout_while(self.state(), limit, is_working);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match state.phase {
            Phase::Ended => Waited::Ended,
            Phase::Open | Phase::Closing => {
                let left = state.in_hand + state.work.iter().map(Work::weight).sum::<u64>();
                Waited::InVain { left, why: state.hindrance.clone() }
            }
        }
    }
}

impl State {
    fn is_idle(&mut self) -> bool {
        self.phase == Phase::Open && self.work.is_empty()
    }

    fn take(&mut self) -> Option<Work> {
        self.in_hand = 0;
        if self.phase == Phase::Ended {
            return None;
        }
        let work = self.work.pop_front()?;
        self.files -= work.files();
        self.in_hand = work.weight();
        Some(work)
    }

    fn push(&mut self, mut work: Work) {
        if let Work::Record { files, .. } = &mut work
            && self.files + files.len() > MOST_FILES
        {
            // How it ended is worth more than each of its files.
            self.lost += std::mem::take(files).len() as u64;
        }
        if self.phase == Phase::Ended || self.work.len() >= MOST {
            self.lost += 1;
            return;
        }
        self.files += work.files();
        self.work.push_back(work);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;
    use crate::{
        history::{Device, Ending},
        model::{Direction, FileFate, TransferId},
    };

    fn record(number: u8, files: usize) -> Work {
        let transfer = TransferRecord {
            id: TransferId([number; 16]),
            direction: Direction::Send,
            device: Device { id: None, name: "Anna".to_owned() },
            called: "x".to_owned(),
            began: SystemTime::UNIX_EPOCH,
            as_of: SystemTime::UNIX_EPOCH,
            ending: Ending::Complete,
            took: Duration::ZERO,
            bytes: 0,
            why: None,
        };
        let file = FileRecord { path: "x".to_owned(), at: None, size: None, fate: FileFate::LeftOut };
        Work::Record { transfer: Box::new(transfer), files: vec![file; files] }
    }

    fn taken(queue: &Queue) -> (u8, usize) {
        match queue.take() {
            Some(Work::Record { transfer, files }) => (transfer.id.0[0], files.len()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_too_much_is_counted_and_how_each_transfer_ended_is_kept() {
        let queue = Queue::default();
        queue.push(record(1, MOST_FILES - 1));
        queue.push(record(2, 2));
        queue.push(record(3, 1));
        assert_eq!([taken(&queue), taken(&queue), taken(&queue)], [(1, MOST_FILES - 1), (2, 0), (3, 1)]);
        assert_eq!((queue.take_lost(), queue.take_lost()), (2, 0));
        for _ in 0..MOST + 5 {
            queue.push(record(4, 0));
        }
        assert_eq!(queue.take_lost(), 5);
    }

    #[test]
    fn who_may_wait_waits_until_there_is_room_and_not_once_it_is_closed() {
        let queue = Arc::<Queue>::default();
        queue.push(record(1, MOST_FILES / 2 + 1));
        let waits = Arc::clone(&queue);
        let waiting = thread::spawn(move || {
            waits.wait_for_room();
            waits.push(record(2, MOST_FILES));
        });
        assert_eq!(taken(&queue), (1, MOST_FILES / 2 + 1));
        waiting.join().unwrap();
        assert_eq!((taken(&queue), queue.take_lost()), ((2, MOST_FILES), 0));
        queue.push(record(3, MOST_FILES));
        queue.close();
        queue.wait_for_room();
        queue.push(record(4, 1));
        assert_eq!([taken(&queue), taken(&queue)], [(3, MOST_FILES), (4, 0)]);
    }

    #[test]
    fn what_was_handed_in_before_the_end_is_taken_and_what_was_not_is_counted() {
        let queue = Queue::default();
        queue.push(record(1, 3));
        queue.push(record(2, 0));
        queue.close();
        assert_eq!(queue.wait_for_end(Duration::ZERO), Waited::InVain { left: 3 + 1, why: None });
        assert_eq!(taken(&queue), (1, 3));
        queue.hinder(Some("It is locked.".to_owned()));
        let in_vain = Waited::InVain { left: 3 + 1, why: Some("It is locked.".to_owned()) };
        assert_eq!(queue.wait_for_end(Duration::ZERO), in_vain, "what is in hand is not written");
        assert_eq!(taken(&queue), (2, 0));
        assert!(queue.take().is_none());
        queue.end();
        queue.push(record(3, 0));
        assert_eq!(queue.wait_for_end(Duration::from_hours(1)), Waited::Ended);
        assert_eq!(queue.take_lost(), 1);
        queue.push(record(4, 0));
        assert!(queue.take().is_none(), "nobody waits for it any more");
    }

    #[test]
    fn who_waits_for_a_while_hears_of_work_of_nothing_and_of_the_end() {
        let queue = Queue::default();
        assert!(matches!(queue.take_within(Duration::ZERO), Taken::Nothing));
        queue.push(record(1, 3));
        assert!(matches!(queue.take_within(Duration::from_hours(1)), Taken::Work(_)));
        assert!(matches!(queue.take_within(Duration::ZERO), Taken::Nothing));
        assert_eq!(
            queue.wait_for_end(Duration::ZERO),
            Waited::InVain { left: 0, why: None },
            "it was written"
        );
        queue.push(record(2, 1));
        queue.close();
        assert!(matches!(queue.take_within(Duration::from_hours(1)), Taken::Work(_)));
        assert!(matches!(queue.take_within(Duration::from_hours(1)), Taken::End));
    }

    #[test]
    fn who_rests_is_woken_when_it_closes_and_again_when_it_ends() {
        let queue = Arc::<Queue>::default();
        for turn in [Queue::close, Queue::end] {
            let rests = Arc::clone(&queue);
            let before = (queue.is_closing(), queue.has_ended());
            let resting = thread::spawn(move || {
                while (rests.is_closing(), rests.has_ended()) == before {
                    rests.rest(Duration::from_hours(1));
                }
            });
            turn(&queue);
            resting.join().unwrap();
        }
    }
}
