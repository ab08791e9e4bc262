//! The stage between verified and stored: each file is looked into by whoever does that here, beside the flow of the
//! others. Where nobody does, there is no such stage, and each file is passed on where it is stored.
//!
//! Knows files that wait, and asks the disk. Must not know who looks into them, nor what is done with what they find.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use super::{
    job::{Fate, Job},
    queue::{Bounds, Receiver, Waits as _, Weight},
};
use crate::{
    disk::{DiskError, Looked, Screened, Verified},
    model::EntryNo,
    transfer::stages::Halt,
};

/// Files that are looked into at once: a scanner's places are few, and shared with everybody on the machine.
pub const THREADS: usize = 2;

/// Of files that wait to be made durable together, those that hold a descriptor or two: systems commonly allow a process
/// 1,024.
pub const GROUP: usize = 128;

/// And all of them. To sync a disk costs about the same for one small file as for thousands, and is most of what small
/// files cost: 10,000 of them took 1.3 s in groups of 128, 0.9 s in groups of 1,000, and 0.8 s in groups of 4,000.
const MANY: usize = 4096;

/// Bytes of those that hold none, after which a group is large enough: its sync takes about a second on a slow disk.
const BYTES: u64 = 64 << 20;

/// Verified files that wait until they are looked into: as many as come while a scanner falls behind by minutes, so that
/// the flow waits for it but at the end, and about 10 MB of memory. Of large ones, which hold a descriptor or two each,
/// no more than wait to be stored where nobody looks: with those and what is being stored they stay below
/// 300, and a transfer of so many large files is gigabytes ahead of its scanner by then.
pub const WATCHED: Bounds = Bounds { all: 32_768, heavy: GROUP, bytes: u64::MAX };

/// Where nobody looks: those that wait to be stored.
pub const UNWATCHED: Bounds = Bounds { all: MANY, heavy: GROUP, bytes: BYTES };

/// Files that were looked into and wait to be stored together: few, as they come no faster than they are looked into.
pub const SCREENED: usize = GROUP / 4;

/// For how long files that were looked into wait for others of which some are on their way: what is made durable together
/// costs about as much as one of it, and a scanner is slower than that.
const GATHERING: Duration = Duration::from_millis(100);

/// How many files have still to be looked into, for whoever waits for nothing else.
#[derive(Default)]
pub struct Left {
    in_hand: AtomicU64,
    /// Some waited when one was taken in hand last.
    some_wait: AtomicBool,
    all_have_come: AtomicBool,
}

impl Left {
    /// From now on, nothing is waited for but that.
    pub fn all_have_come(&self, job: &Job, waiting: &Receiver<Verified>) {
        self.all_have_come.store(true, Ordering::Relaxed);
        self.tell(job, waiting);
    }

    /// True while another file is about to be looked into.
    fn has_more(&self) -> bool {
        self.some_wait.load(Ordering::Relaxed) || self.in_hand.load(Ordering::Relaxed) > 0
    }

    fn tell(&self, job: &Job, waiting: &Receiver<Verified>) {
        if self.all_have_come.load(Ordering::Relaxed) {
            job.meter.set_checking(self.in_hand.load(Ordering::Relaxed) + waiting.len() as u64);
        }
    }
}

/// Looks into one file after the other, and hands on what may be stored or put apart.
pub fn screen(
    job: &Job,
    (waiting, left): (&Receiver<Verified>, &Left),
    screened: &mpsc::SyncSender<Screened>,
    halt: &Halt,
) {
    while let Some(file) = waiting.recv() {
        if halt.is_told() {
            // What has no name yet gets none.
            return;
        }
        left.in_hand.fetch_add(1, Ordering::Relaxed);
        let looked = job.intake.screen(file, &|| halt.is_told());
        left.some_wait.store(waiting.len() > 0, Ordering::Relaxed);
        left.in_hand.fetch_sub(1, Ordering::Relaxed);
        left.tell(job, waiting);
        match looked {
            Looked::Screened(file) => {
                if screened.send(file).is_err() {
                    return;
                }
            }
            Looked::Failed(entry, why) => {
                if !tell_failed(job, entry, why, halt) {
                    return;
                }
            }
            Looked::Over => return,
        }
    }
}

/// Tells of a file that can't be stored; false when nothing can be.
pub fn tell_failed(job: &Job, entry: EntryNo, why: DiskError, halt: &Halt) -> bool {
    let is_fatal = why.is_fatal();
    let fate = if is_fatal { Fate::Fatal(why.into()) } else { Fate::Failed { entry, why } };
    // A session that is over needs no reason.
    let is_heard = job.fates.blocking_send(vec![fate]).is_ok();
    if is_fatal {
        halt.tell();
    }
    !is_fatal && (is_heard || !halt.is_told())
}

/// Where what is to be stored comes from.
pub enum Screens<'a> {
    /// Nobody looks into it.
    Unwatched(Receiver<Verified>),
    Watched(mpsc::Receiver<Screened>, &'a Left),
}

impl Screens<'_> {
    /// What is stored together next; `None` when nothing more comes. What can't be looked into is told.
    pub fn next_group(&self, job: &Job, halt: &Halt) -> Option<Vec<Screened>> {
        let waiting = match self {
            Self::Watched(screened, left) => return gather(screened, left),
            Self::Unwatched(waiting) => waiting,
        };
        let (mut group, mut heavy, mut bytes) = (Vec::new(), 0, 0);
        let mut next = Some(waiting.recv()?);
        while let Some(file) = next {
            match file.weight() {
                Weight::Heavy => heavy += 1,
                Weight::Light(more) => bytes += more,
            }
            match job.intake.screen(file, &|| false) {
                Looked::Screened(file) => group.push(file),
                Looked::Failed(entry, why) => {
                    if !tell_failed(job, entry, why, halt) {
                        return None;
                    }
                }
                Looked::Over => {}
            }
            let has_room = group.len() < MANY && heavy < GROUP && bytes < BYTES;
            next = if has_room { waiting.try_recv() } else { None };
        }
        Some(group)
    }
}

/// What was looked into by now, or will have been in a moment.
fn gather(screened: &mpsc::Receiver<Screened>, left: &Left) -> Option<Vec<Screened>> {
    let mut group = vec![screened.recv().ok()?];
    let until = Instant::now() + GATHERING;
    while group.len() < GROUP {
        let next = match screened.try_recv() {
            Err(mpsc::TryRecvError::Empty) if left.has_more() => {
                screened.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
            }
            next => next.ok(),
        };
        let Some(file) = next else { break };
        group.push(file);
    }
    Some(group)
}
