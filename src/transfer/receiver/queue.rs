//! Verified files on their way to be looked into and stored.
//!
//! Bounded three times: by how many there are, by how many of them hold something open, and by what the others hold. Knows files that wait. Must not know
//! what is done with them.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::disk::Verified;

/// What a file costs while it waits.
pub trait Waits {
    fn weight(&self) -> Weight;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It holds something open.
    Heavy,
    /// So many bytes of content, and nothing else.
    Light(u64),
}

impl Waits for Verified {
    fn weight(&self) -> Weight {
        if self.holds_handles() { Weight::Heavy } else { Weight::Light(self.size()) }
    }
}

/// How many files may wait.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub all: usize,
    /// Of those, the ones that hold a descriptor or two.
    pub heavy: usize,
    /// Of the others, bytes of content after which no more are taken.
    pub bytes: u64,
}

struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    /// Something has come, or nothing more does.
    came: Condvar,
    /// Something was taken, or nobody takes any more.
    went: Condvar,
    bounds: Bounds,
}

struct Waiting<T> {
    files: VecDeque<T>,
    heavy: usize,
    bytes: u64,
    senders: usize,
    receivers: usize,
    /// Those of them that wait for something: to wake nobody costs a call to the system, too.
    hungry: usize,
    stuck: usize,
}

impl<T> Queue<T> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands files over. When the last one is dropped, nothing more comes.
pub struct Sender<T>(Arc<Queue<T>>);

/// Takes files. When the last one is dropped, nobody waits for room any more.
pub struct Receiver<T>(Arc<Queue<T>>);

/// Nobody takes files any more.
#[derive(Debug)]
pub struct Closed;

pub fn queue<T>(bounds: Bounds) -> (Sender<T>, Receiver<T>) {
    let waiting =
        Waiting { files: VecDeque::new(), heavy: 0, bytes: 0, senders: 1, receivers: 1, hungry: 0, stuck: 0 };
    let queue = Queue { waiting: Mutex::new(waiting), came: Condvar::new(), went: Condvar::new(), bounds };
    let queue = Arc::new(queue);
    (Sender(Arc::clone(&queue)), Receiver(queue))
}

impl<T: Waits> Sender<T> {
    /// Waits for room.
    ///
    /// # Errors
    /// When nobody takes it.
    pub fn send(&self, file: T) -> Result<(), Closed> {
        let Bounds { all, heavy, bytes } = self.0.bounds;
        let weight = file.weight();
        let has_room = |waiting: &Waiting<T>| {
            let fits = match weight {
                Weight::Heavy => waiting.heavy < heavy,
                Weight::Light(_) => waiting.bytes < bytes,
            };
            fits && waiting.files.len() < all
        };
        let mut waiting = self.0.waiting();
        while waiting.receivers > 0 && !has_room(&waiting) {
            waiting.stuck += 1;
            waiting = self.0.went.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            waiting.stuck -= 1;
        }
        if waiting.receivers == 0 {
            return Err(Closed);
        }
        match weight {
            Weight::Heavy => waiting.heavy += 1,
            Weight::Light(bytes) => waiting.bytes += bytes,
        }
        waiting.files.push_back(file);
        let is_awaited = waiting.hungry > 0;
        drop(waiting);
        if is_awaited {
            self.0.came.notify_one();
        }
        Ok(())
    }
}

impl<T: Waits> Receiver<T> {
    /// The next file; `None` when none comes any more.
    pub fn recv(&self) -> Option<T> {
        let mut waiting = self.0.waiting();
        while waiting.files.is_empty() && waiting.senders > 0 {
            waiting.hungry += 1;
            waiting = self.0.came.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            waiting.hungry -= 1;
        }
        self.take(&mut waiting)
    }

    /// The next file, if there is one already.
    pub fn try_recv(&self) -> Option<T> {
        self.take(&mut self.0.waiting())
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.0.waiting().files.len()
    }

    fn take(&self, waiting: &mut Waiting<T>) -> Option<T> {
        let file = waiting.files.pop_front()?;
        match file.weight() {
            Weight::Heavy => waiting.heavy -= 1,
            Weight::Light(bytes) => waiting.bytes -= bytes,
        }
        if waiting.stuck > 0 {
            // Whoever waits may wait for other room than this one.
            self.0.went.notify_all();
        }
        Some(file)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.waiting().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.0.waiting().receivers += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.waiting().senders -= 1;
        self.0.came.notify_all();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let left = {
            let mut waiting = self.0.waiting();
            waiting.receivers -= 1;
            // Each lets go of what it has, which may take the disk.
            if waiting.receivers == 0 { std::mem::take(&mut waiting.files) } else { VecDeque::new() }
        };
        drop(left);
        self.0.went.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Heavy, or not.
    #[derive(Debug, PartialEq, Eq)]
    struct File(u32, bool);

    /// As many as that, of which so many hold something open.
    fn bounds(all: usize, heavy: usize) -> Bounds {
        Bounds { all, heavy, bytes: u64::MAX }
    }

    impl Waits for File {
        fn weight(&self) -> Weight {
            if self.1 { Weight::Heavy } else { Weight::Light(10) }
        }
    }

    #[test]
    fn no_more_wait_than_hold_so_many_bytes() {
        let (sender, receiver) = queue(Bounds { all: 10, heavy: 10, bytes: 15 });
        sender.send(File(0, false)).unwrap();
        // One that has begun to fit may be as large as it is.
        sender.send(File(1, false)).unwrap();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| sender.send(File(2, false)).is_ok());
            assert_eq!(receiver.recv(), Some(File(0, false)));
            assert!(waits.join().unwrap());
        });
        assert_eq!(receiver.len(), 2);
        // What holds something open is counted, however large it is.
        sender.send(File(3, true)).unwrap();
    }

    #[test]
    fn what_is_handed_over_comes_in_its_order_and_then_the_end() {
        let (sender, receiver) = queue(bounds(3, 1));
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for number in 0..1_000 {
                    sender.send(File(number, number % 3 == 0)).unwrap();
                }
            });
            for number in 0..1_000 {
                assert!(receiver.len() <= 3);
                assert_eq!(receiver.recv(), Some(File(number, number % 3 == 0)));
            }
            assert_eq!(receiver.recv(), None);
        });
    }

    #[test]
    fn no_more_hold_something_open_than_may_and_others_pass() {
        let (sender, receiver) = queue(bounds(10, 2));
        for file in [File(0, true), File(1, true), File(2, false), File(3, false)] {
            sender.send(file).unwrap();
        }
        std::thread::scope(|scope| {
            let theirs = sender.clone();
            let waits = scope.spawn(move || theirs.send(File(4, true)).is_ok());
            let theirs = sender.clone();
            // The light ones that come after it need not wait for it.
            scope.spawn(move || theirs.send(File(5, false)).unwrap()).join().unwrap();
            assert!(!waits.is_finished());
            assert_eq!(receiver.try_recv(), Some(File(0, true)));
            assert!(waits.join().unwrap());
        });
        drop(sender);
        let rest: Vec<_> = std::iter::from_fn(|| receiver.recv()).map(|file| file.0).collect();
        assert_eq!(rest, [1, 2, 3, 5, 4]);
    }

    #[test]
    fn whoever_waits_for_room_hears_when_nobody_takes_files_any_more() {
        let (sender, receiver) = queue(bounds(1, 1));
        sender.send(File(0, false)).unwrap();
        let other = receiver.clone();
        std::thread::scope(|scope| {
            let waits = scope.spawn(move || sender.send(File(1, false)).is_err());
            drop(receiver);
            drop(other);
            assert!(waits.join().unwrap());
        });
    }
}
