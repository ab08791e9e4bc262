//! Files that seem to be at the receiver already are compared beside the flow of the others: each
//! side reads and hashes its own, on a thread of its own.
//!
//! The sender tells its digests, a bounded number ahead, and the receiver answers that a file is the
//! same, or that it is wanted. Knows files and digests. Must not know messages or connections.

use std::{
    collections::VecDeque,
    ops::Range,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    time::Duration,
};

use tokio::sync::mpsc::Sender;

use super::machine::Sent;
use crate::{
    disk::{Compared, Intake, Same, SourceError, Sources},
    model::{CHUNK, Digest, EntryNo},
    transfer::{receiver::content::Fate, stages::Halt},
    wire::limits,
};

/// How often whoever waits looks whether it is over.
const LOOK: Duration = Duration::from_millis(200);

/// Files that were found to be the same, and are made durable and reported together.
const GROUP: usize = 256;

/// What is known of a likely file at the sender.
#[derive(Debug)]
pub struct Own {
    pub entry: EntryNo,
    pub read: Result<Sent, SourceError>,
}

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
    fn ask(&self, halt: &Halt) -> bool {
        let mut open = self.open();
        while open.asked >= limits::MAX_ASKED && !halt.is_told() {
            open = self.changed.wait_timeout(open, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        open.asked += 1;
        !halt.is_told()
    }
}

/// Reads and hashes every likely file at the sender.
pub fn read_own(
    sources: &Sources,
    likely: &[Range<EntryNo>],
    doubts: &Doubts,
    found: &Sender<Own>,
    halt: &Halt,
) {
    for entry in likely.iter().flat_map(Clone::clone) {
        if !doubts.ask(halt) {
            break;
        }
        let Some(read) = digest(sources, entry, halt).transpose() else { break };
        // Nobody listens any more: the transfer is over.
        if found.blocking_send(Own { entry, read }).is_err() {
            break;
        }
    }
}

/// `None` when it is over.
fn digest(sources: &Sources, entry: EntryNo, halt: &Halt) -> Result<Option<Sent>, SourceError> {
    let mut file = sources.open(entry)?;
    let mut hasher = blake3::Hasher::new();
    let mut room = vec![0; CHUNK];
    loop {
        if halt.is_told() {
            return Ok(None);
        }
        match file.read(&mut room)? {
            0 => break,
            count => hasher.update(&room[..count]),
        };
    }
    file.finish()?;
    Ok(Some(Sent { size: hasher.count(), digest: Digest(*hasher.finalize().as_bytes()) }))
}

/// What is compared at the receiver: an entry, and the digest that the sender has told.
pub type Asked = (EntryNo, Digest);

/// The two ends of the queue of what is to be compared. A sender that keeps to the rules never fills it.
pub fn queue() -> (mpsc::SyncSender<Asked>, mpsc::Receiver<Asked>) {
    mpsc::sync_channel(limits::MAX_ASKED)
}

/// Compares what is asked for with what is there, until nothing can be asked for any more.
pub fn compare(intake: &Arc<Intake>, asked: &mpsc::Receiver<Asked>, fates: &Sender<Fate>, halt: &Halt) {
    let is_over = || halt.is_told() || fates.is_closed();
    while let Ok(first) = asked.recv() {
        let mut same: Vec<Same> = Vec::new();
        let mut next = Some(first);
        while let Some((entry, digest)) = next {
            match intake.compare(entry, digest, &is_over) {
                Compared::Same(found) => same.push(found),
                // Told at once: it is wanted, and may be long.
                Compared::Differs => {
                    if fates.blocking_send(Fate::Differs { entry }).is_err() {
                        return;
                    }
                }
                Compared::Over => return,
            }
            next = if same.len() < GROUP { asked.try_recv().ok() } else { None };
        }
        for (entry, result) in intake.make_last(same) {
            let fate = match result {
                Ok(Same { size, digest, .. }) => Fate::Same { entry, size, digest },
                Err(why) if why.is_fatal() => Fate::Fatal(why.into()),
                Err(why) => Fate::Failed { entry, why },
            };
            if fates.blocking_send(fate).is_err() {
                return;
            }
        }
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
