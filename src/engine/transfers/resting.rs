//! Why a transfer rests, and what the person here wants of it.
//!
//! Knows who has paused it, which is remembered beside its record from one run of the program to the
//! next, and whether a disk is waited for that is full, or not there. Must not know connections.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::watch, task::spawn_blocking};

use super::{marks::Marks, record::Kept};
use crate::{
    disk::{self, Lack, Room, Volume},
    model::{Pause, Side},
};

/// What the person here wants of a transfer that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    GoOn,
    Pause,
}

/// The program ends, and leaves the transfer to another run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving;

/// What is wanted, as the one who owns a transfer's connections hears of it.
#[derive(Clone)]
pub struct Wishes(watch::Receiver<Wish>);

impl Wishes {
    pub fn new(marks: Marks) -> (watch::Sender<Wish>, Self) {
        let wish = if marks.has(Side::Here) { Wish::Pause } else { Wish::GoOn };
        let (say, hear) = watch::channel(wish);
        (say, Self(hear))
    }

    pub fn is(&self, wish: Wish) -> bool {
        *self.0.borrow() == wish
    }

    /// Waits until this is wanted.
    pub async fn until(&self, wish: Wish) -> Result<(), Leaving> {
        self.0.clone().wait_for(|now| *now == wish).await.map(drop).map_err(|_| Leaving)
    }

    /// Waits until it is to be paused: without end, if it never is.
    pub async fn paused(&self) {
        if self.until(Wish::Pause).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until something else is wanted than has been noted.
    pub async fn other_than(&self, marks: Marks) -> Result<(), Leaving> {
        self.until(if marks.has(Side::Here) { Wish::GoOn } else { Wish::Pause }).await
    }
}

/// Why a transfer rests at present.
#[derive(Debug, Default)]
pub struct Rest(Mutex<Why>);

#[derive(Debug, Default)]
struct Why {
    marks: Marks,
    /// What must become free on the disk here, and how much that was when somebody last looked.
    full: Option<(Lack, Option<u64>)>,
    /// The disk here that it goes to, and that is not there.
    away: Option<Volume>,
}

impl Rest {
    pub fn new(marks: Marks) -> Self {
        Self(Mutex::new(Why { marks, ..Why::default() }))
    }

    fn why(&self) -> MutexGuard<'_, Why> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn marks(&self) -> Marks {
        self.why().marks
    }

    /// Remembers who has paused it, in its record too.
    pub fn note(&self, kept: Option<&Kept>, change: impl FnOnce(Marks) -> Marks) {
        let mut why = self.why();
        let marks = change(why.marks);
        if marks == why.marks {
            return;
        }
        why.marks = marks;
        if let Some(kept) = kept {
            kept.mark(marks);
            // Its patience begins anew with each of these.
            kept.touch();
        }
    }

    /// The disk here is full.
    pub fn fill(&self, lack: Lack) {
        self.why().full = Some((lack, None));
    }

    /// The disk here that it goes to is not there.
    pub fn miss(&self, volume: Volume) {
        self.why().away = Some(volume);
    }

    /// Why it rests; `None` when it doesn't.
    pub fn reason(&self) -> Option<Pause> {
        let why = self.why();
        if why.marks.has(Side::Here) {
            return Some(Pause::Person(Side::Here));
        }
        if why.away.is_some() {
            return Some(Pause::NoDisk);
        }
        let full = why.full.map(|(_, lacks)| Pause::NoRoom { lacks });
        full.or(why.marks.pause())
    }

    /// Looks again whether the disk is there by now, and has room.
    pub async fn look_at_disk(&self, folder: &Path) {
        let away = self.why().away.clone();
        if let Some(volume) = away {
            let looked = folder.to_owned();
            let is_there = spawn_blocking(move || volume.may_have(&looked)).await;
            if !is_there.unwrap_or(true) {
                return;
            }
            self.why().away = None;
        }
        let Some((lack, _)) = self.why().full else { return };
        let folder = folder.to_owned();
        let found = spawn_blocking(move || disk::room(&folder, lack)).await;
        self.why().full = match found {
            Ok(Room::Lacks(bytes)) => Some((lack, Some(bytes))),
            Ok(Room::Enough) | Err(_) => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_person_here_wants_is_said_first_and_each_side_lifts_its_own() {
        let rest = Rest::default();
        assert_eq!(rest.reason(), None);
        rest.note(None, |marks| marks.with(Side::There));
        assert_eq!(rest.reason(), Some(Pause::Person(Side::There)));
        rest.fill(Lack::default());
        assert_eq!(rest.reason(), Some(Pause::NoRoom { lacks: None }));
        rest.note(None, |marks| marks.with(Side::Here));
        assert_eq!(rest.reason(), Some(Pause::Person(Side::Here)));
        rest.note(None, |marks| marks.without(Side::There).without(Side::Here));
        assert_eq!(rest.reason(), Some(Pause::NoRoom { lacks: None }));
    }

    #[tokio::test]
    async fn room_is_found_when_there_is_some() {
        let (rest, folder) = (Rest::default(), tempfile::tempdir().unwrap());
        rest.fill(Lack { bytes: u64::MAX / 2, files: 1 });
        rest.look_at_disk(folder.path()).await;
        assert!(matches!(rest.reason(), Some(Pause::NoRoom { lacks: Some(1..) })), "{rest:?}");
        rest.fill(Lack { bytes: 1, files: 1 });
        rest.look_at_disk(folder.path()).await;
        assert_eq!(rest.reason(), None);
    }

    #[tokio::test]
    async fn a_wish_is_heard_by_whoever_waits_for_it_and_the_end_of_the_program_too() {
        let (say, wishes) = Wishes::new(Marks::default().with(Side::Here));
        assert!(wishes.is(Wish::Pause));
        say.send_replace(Wish::GoOn);
        assert_eq!(wishes.other_than(Marks::default().with(Side::Here)).await, Ok(()));
        drop(say);
        assert_eq!(wishes.until(Wish::GoOn).await, Ok(()), "it was said before");
        assert_eq!(wishes.until(Wish::Pause).await, Err(Leaving));
    }
}
