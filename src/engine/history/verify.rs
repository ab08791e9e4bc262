//! Whether files that came or went are still what was recorded of them.
//!
//! Knows rows, and reads files. Must not know how that is shown. [`verify`] blocks; [`Verification`] has a thread of its own.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, TryRecvError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use crate::{
    disk::{self, Places, digest_of},
    history::{Row, RowId},
    model::{CHUNK, text},
};

/// What a look at a file has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every byte of it is as it was.
    Unchanged,
    /// Something else is there, or it is written to just now.
    Changed,
    /// It is not there any more: moved, or deleted.
    Gone,
    /// It can't be read: why, as a sentence’s end.
    Unreadable(String),
    /// Nothing was recorded that it could be compared with: it never came, or its content was never known here.
    Incomparable,
}

/// Looks at the file of a row, reads all of it where its size is right, and never follows a link in its last name. `None`
/// when `is_over` has said so, which is asked between two pieces. Blocks.
#[must_use]
pub fn verify(row: &Row, is_over: &dyn Fn() -> bool) -> Option<Verdict> {
    let (Some(place), Some(size), Some(digest)) = (&row.place, row.size, row.digest) else {
        return Some(Verdict::Incomparable);
    };
    let unreadable = |why: io::Error| Verdict::Unreadable(text::reason(&why));
    let mut file = match Places::default().open(place) {
        Ok(Some(file)) => file,
        Ok(None) => return Some(Verdict::Gone),
        Err(why) => return Some(unreadable(why)),
    };
    match file.metadata() {
        Ok(there) if there.len() == size => {}
        Ok(_) => return Some(Verdict::Changed),
        Err(why) => return Some(unreadable(why)),
    }
    match digest_of(&mut file, is_over) {
        Ok(Some(found)) if found == digest => Some(Verdict::Unchanged),
        Ok(None) if is_over() => None,
        Ok(_) => Some(Verdict::Changed),
        Err(why) => Some(unreadable(why)),
    }
}

/// Whether a file stands where that of a row was put, or read, whatever is in it; `None` where it was nowhere. Blocks,
/// for as long as its disk takes to say so.
#[must_use]
pub fn is_there(row: &Row) -> Option<bool> {
    row.place.as_deref().map(disk::is_there)
}

/// One that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub id: RowId,
    pub verdict: Verdict,
}

/// Verdicts that wait to be fetched.
const VERDICTS: usize = 64;

/// Looks at many files, one after the other, on a thread of its own. Dropped, it looks no further.
pub struct Verification {
    found: Mutex<Receiver<Verified>>,
    is_over: Arc<AtomicBool>,
    /// Pieces of the file in hand that were begun with.
    pieces: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Verification {
    /// `wake` is called, from the thread, whenever there is a verdict to be fetched, and after the last one.
    ///
    /// # Errors
    /// When the system has no thread.
    pub fn start(rows: Vec<Row>, wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (told, found) = sync_channel(VERDICTS);
        let is_over = Arc::<AtomicBool>::default();
        let over = Arc::clone(&is_over);
        let pieces = Arc::<AtomicU64>::default();
        let begun = Arc::clone(&pieces);
        let look = move || {
            for row in rows {
                begun.store(0, Ordering::Relaxed);
                let is_over = || {
                    begun.fetch_add(1, Ordering::Relaxed);
                    over.load(Ordering::Relaxed)
                };
                let Some(verdict) = verify(&row, &is_over) else { break };
                // Nobody listens any more.
                if told.send(Verified { id: row.id, verdict }).is_err() {
                    break;
                }
                wake();
            }
            drop(told);
            wake();
        };
        let thread = Some(thread::Builder::new().name("verify".to_owned()).spawn(look)?);
        Ok(Self { found: Mutex::new(found), is_over, pieces, thread })
    }

    /// About how many bytes of the file in hand have been read. Holes may count for more than they are.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.pieces.load(Ordering::Relaxed).saturating_sub(1) * CHUNK as u64
    }

    /// The next verdict, if it is there. Never blocks.
    #[must_use]
    pub fn next(&self) -> Next {
        match self.found.lock().unwrap_or_else(PoisonError::into_inner).try_recv() {
            Ok(verified) => Next::Verified(verified),
            Err(TryRecvError::Empty) => Next::NotYet,
            Err(TryRecvError::Disconnected) => Next::Over,
        }
    }
}

impl Drop for Verification {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // It ends with the piece that it reads. One that hangs in a disk that answers no more can’t be ended, and ends with
        // the process.
        if let Some(thread) = self.thread.take_if(|thread| thread.is_finished())
            && thread.join().is_err()
        {
            tracing::error!("a thread that compared files broke down");
        }
    }
}

/// What comes next of a [`Verification`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    Verified(Verified),
    NotYet,
    /// All were looked at.
    Over,
}
