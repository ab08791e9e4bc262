//! The files that are arriving, over however many connections: opened by the first piece of them,
//! and verified by whoever brings the last.
//!
//! Knows chunks and files, and the rules of what may follow what. Must not know connections.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, mpsc},
};

use super::{
    job::{Fate, Job, Rests},
    queue::Sender,
};
use crate::{
    disk::{DiskError, Partial, Verified},
    model::{Digest, Entry, EntryKind, EntryNo, Hole, Leaf, Stopwatch, Work},
    transfer::{LinkError, TransferError, entry_set::EntrySet},
    wire::{Violation, limits},
};

/// Bytes of a file that are made durable together, and that a crash can cost at most beside what
/// comes while they are.
pub const SYNC_AFTER: u64 = 8 << 20;

/// All files of a transfer, as its connections share them.
pub struct Arriving<'a> {
    job: &'a Job,
    /// Rings when there is enough to be synced.
    bell: mpsc::SyncSender<()>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    open: HashMap<EntryNo, Arc<Open>>,
    /// Whole, or as good as: all of it has come.
    ended: EntrySet,
    /// What still comes of these is thrown away.
    failed: EntrySet,
}

/// A file of which something has come, and not all.
struct Open {
    entry: EntryNo,
    size: Option<u64>,
    /// `None`: it can't be written here.
    partial: OnceLock<Option<Partial>>,
    /// Set when its end has come, which chunks on other connections may follow.
    end: OnceLock<(u64, Digest)>,
}

/// Nothing of a file that failed is of use.
fn spoil(file: Option<&Arc<Open>>) {
    if let Some(Some(partial)) = file.and_then(|file| file.partial.get()) {
        partial.spoil();
    }
}

/// What one connection has in hand.
#[derive(Default)]
pub struct Hand(Option<Held>);

struct Held {
    file: Arc<Open>,
    leaf: Leaf,
}

impl<'a> Arriving<'a> {
    /// What rings is to be answered with [`Arriving::sync`].
    pub fn new(job: &'a Job) -> (Self, mpsc::Receiver<()>) {
        // It rings once for all that has come since the last answer.
        let (bell, rung) = mpsc::sync_channel(1);
        (Self { job, bell, book: Mutex::default() }, rung)
    }

    pub fn ring(&self) {
        // Full: it rings already.
        let _ = self.bell.try_send(());
    }

    /// Makes durable what has come of large files, while more comes, where it is so many bytes.
    pub fn sync(&self, least: u64, verified: &Sender<Verified>) -> Result<(), TransferError> {
        let open: Vec<_> = self.book().open.values().map(Arc::clone).collect();
        for file in open {
            let entry = file.entry;
            let synced = match file.partial.get() {
                Some(Some(partial)) if partial.unsynced() >= least => partial.sync(),
                _ => Ok(()),
            };
            // All of it may have come meanwhile, and nobody else has it in hand.
            self.let_go(file, verified)?;
            if let Err(why) = synced {
                self.fail(entry, why)?;
            }
        }
        Ok(())
    }

    /// Nothing more comes: what has is kept for another attempt.
    pub fn put_aside(&self) {
        let open: Vec<_> = self.book().open.drain().map(|(_, file)| file).collect();
        for file in open {
            if let Some(Some(partial)) = file.partial.get()
                && let Err(problem) = self.job.meter.clocks.waits(Work::Store, || partial.sync())
            {
                // What was recorded before that is still there.
                tracing::warn!(%problem, "what has come last can’t be kept");
            }
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True while a file has begun and not ended.
    pub fn is_any_open(&self) -> bool {
        !self.book().open.is_empty()
    }

    /// A part of a file's content.
    pub fn data(
        &self,
        hand: &mut Hand,
        piece: (EntryNo, u64, &[u8]),
        verified: &Sender<Verified>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<(), TransferError> {
        let (entry, mut offset, mut bytes) = piece;
        while !bytes.is_empty() {
            let Some(Held { file, leaf }) = self.take_up(hand, entry, offset, verified, watch)? else {
                return Ok(());
            };
            let (now, later) = bytes.split_at(bytes.len().min(leaf.room()));
            // Whoever made the entry has told if it can't be written.
            let Some(Some(partial)) = file.partial.get() else { return Ok(()) };
            let leaf = match partial.write(leaf, now, watch) {
                Ok(leaf) => leaf,
                Err(why) => return self.fail(entry, why),
            };
            self.job.meter.add_bytes(now.len() as u64);
            self.job.meter.add_file_bytes(now.len() as u64);
            offset += now.len() as u64;
            bytes = later;
            let held = Held { file, leaf };
            if held.leaf.room() == 0 || held.file.size == Some(offset) {
                self.keep(held, verified)?;
            } else {
                hand.0 = Some(held);
            }
        }
        Ok(())
    }

    /// A part of a file that is zeros, and did not come. `is_over` is asked between two parts of it.
    pub fn hole(
        &self,
        hand: &mut Hand,
        piece: (EntryNo, Range<u64>),
        is_over: &dyn Fn() -> bool,
        verified: &Sender<Verified>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<(), TransferError> {
        let (entry, bytes) = piece;
        self.put_down(hand, verified)?;
        // Whose sender has said that it has some.
        let hole = match self.job.intake.entry(entry) {
            Some(Entry { kind: EntryKind::File { size: Some(size), .. }, holes: 1.., .. }) => {
                Hole::new(bytes, *size)
            }
            _ => None,
        };
        let hole = hole.ok_or(Violation::BadHole)?;
        let Some(file) = self.open(entry, watch)? else { return Ok(()) };
        for part in hole.parts() {
            if is_over() {
                return Ok(());
            }
            let Some(Some(partial)) = file.partial.get() else { return Ok(()) };
            match partial.clear(&part, watch) {
                Ok(()) => {
                    self.job.meter.add_bytes(part.len());
                    self.job.meter.add_file_bytes(part.len());
                }
                Err(DiskError::Twice(_)) => return Err(Violation::BadHole.into()),
                Err(why) => return self.fail(entry, why),
            }
        }
        let nothing = Held { file, leaf: Leaf::first() };
        self.keep(nothing, verified)
    }

    /// A file's end: what it must be when all of it has come.
    pub fn end(
        &self,
        hand: &mut Hand,
        piece: (EntryNo, u64, Digest),
        verified: &Sender<Verified>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<(), TransferError> {
        let (entry, size, digest) = piece;
        self.put_down(hand, verified)?;
        let Some(file) = self.open(entry, watch)? else { return Ok(()) };
        file.end.set((size, digest)).map_err(|_| Violation::BadEntry)?;
        // What has come by now may be all.
        let nothing = Held { file, leaf: Leaf::first() };
        self.keep(nothing, verified)
    }

    /// The sender can't read a file whole: what came of it is void.
    pub fn broken(&self, hand: &mut Hand, entry: EntryNo) -> Result<(), TransferError> {
        if hand.0.as_ref().is_some_and(|held| held.file.entry == entry) {
            hand.0 = None;
        }
        {
            let mut book = self.book();
            if !self.job.intake.wants(entry) || book.ended.contains(entry) {
                return Err(Violation::BadEntry.into());
            }
            spoil(book.open.remove(&entry).as_ref());
            if !book.failed.insert(entry) {
                // It failed here first, and that was said.
                return Ok(());
            }
        }
        self.tell(Fate::Broken { entry })
    }

    /// Nothing more comes on this connection.
    pub fn put_down(&self, hand: &mut Hand, verified: &Sender<Verified>) -> Result<(), TransferError> {
        match hand.0.take() {
            Some(held) => self.keep(held, verified),
            None => Ok(()),
        }
    }

    /// The chunk that has its next byte at `offset`; `None` for what is thrown away.
    fn take_up(
        &self,
        hand: &mut Hand,
        entry: EntryNo,
        offset: u64,
        verified: &Sender<Verified>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Option<Held>, TransferError> {
        if let Some(held) = hand.0.take() {
            if held.file.entry == entry && held.leaf.end() == offset && held.leaf.room() > 0 {
                return Ok(Some(held));
            }
            self.keep(held, verified)?;
        }
        let Some(leaf) = Leaf::at(offset) else {
            // Part of a chunk whose beginning did not come before it. Unless it is void anyway:
            let is_void = self.book().failed.contains(entry);
            return if is_void { Ok(None) } else { Err(Violation::BadOffset.into()) };
        };
        Ok(self.open(entry, watch)?.map(|file| Held { file, leaf }))
    }

    /// A file of which something comes; `None` for what is thrown away.
    fn open(&self, entry: EntryNo, watch: &mut Stopwatch<'_>) -> Result<Option<Arc<Open>>, TransferError> {
        let file = {
            let mut book = self.book();
            if book.failed.contains(entry) {
                return Ok(None);
            }
            if let Some(file) = book.open.get(&entry) {
                Arc::clone(file)
            } else {
                if !self.job.intake.wants(entry) || book.ended.contains(entry) {
                    return Err(Violation::BadEntry.into());
                }
                if book.open.len() >= limits::MAX_OPEN {
                    return Err(Violation::TooManyOpen.into());
                }
                let mut size = None;
                if let Some(offered) = self.job.intake.entry(entry)
                    && let EntryKind::File { size: offered_size, .. } = offered.kind
                {
                    size = offered_size;
                    self.job.meter.begin_file(offered.path.as_str(), size);
                }
                let file = Open { entry, size, partial: OnceLock::new(), end: OnceLock::new() };
                let file = Arc::new(file);
                book.open.insert(entry, Arc::clone(&file));
                file
            }
        };
        let mut failure = None;
        let partial = file.partial.get_or_init(|| {
            watch.skip();
            let created = watch.waits(Work::Write, || self.job.intake.create(entry));
            created.map_err(|why| failure = Some(why)).ok()
        });
        let is_written = partial.is_some();
        match failure {
            // Smaller ones may still fit.
            Some(why) if why.is_full() && self.may_wait(&file) => self.set_aside(entry)?,
            Some(why) => self.fail(entry, why)?,
            None => {}
        }
        Ok(is_written.then_some(file))
    }

    /// Takes a chunk into its file, and lets go of both. Whoever lets go of a whole file last
    /// verifies it.
    fn keep(&self, held: Held, verified: &Sender<Verified>) -> Result<(), TransferError> {
        let Held { file, leaf } = held;
        let Some(Some(partial)) = file.partial.get() else { return Ok(()) };
        let kept = match partial.keep(leaf) {
            Ok(kept) => kept,
            Err(why) => return self.fail(file.entry, why),
        };
        if partial.unsynced() >= SYNC_AFTER {
            self.ring();
        }
        let booked = if file.end.get().is_some_and(|(size, _)| *size == kept) {
            let mut book = self.book();
            let booked = book.open.remove(&file.entry);
            if booked.is_some() {
                book.ended.insert(file.entry);
            }
            booked
        } else {
            None
        };
        for file in [Some(file), booked].into_iter().flatten() {
            self.let_go(file, verified)?;
        }
        Ok(())
    }

    /// Verifies a file that is whole, if nobody else has it in hand.
    fn let_go(&self, file: Arc<Open>, verified: &Sender<Verified>) -> Result<(), TransferError> {
        let Some(Open { entry, partial, end, .. }) = Arc::into_inner(file) else { return Ok(()) };
        if let (Some(Some(partial)), Some((_, digest))) = (partial.into_inner(), end.into_inner()) {
            match partial.verify(digest) {
                // The storing stage ends early only when it can store nothing more.
                Ok(whole) => verified.send(whole).map_err(|_| LinkError::Closed)?,
                Err(why) => self.fail(entry, why)?,
            }
        }
        Ok(())
    }

    /// One file can't be written here; the others may.
    fn fail(&self, entry: EntryNo, why: DiskError) -> Result<(), TransferError> {
        if why.is_fatal() {
            return Err(why.into());
        }
        {
            let mut book = self.book();
            spoil(book.open.remove(&entry).as_ref());
            if !book.failed.insert(entry) {
                return Ok(());
            }
        }
        self.tell(Fate::Failed { entry, why })
    }

    /// True where space is set aside, of a file that can come later.
    fn may_wait(&self, file: &Open) -> bool {
        self.job.rests == Rests::Yes && file.size.is_some_and(|size| size > Partial::LARGE)
    }

    /// There is no room for a file now: what still comes of it is thrown away.
    fn set_aside(&self, entry: EntryNo) -> Result<(), TransferError> {
        {
            let mut book = self.book();
            book.open.remove(&entry);
            book.failed.insert(entry);
        }
        self.tell(Fate::NotNow { entry })
    }

    fn tell(&self, fate: Fate) -> Result<(), TransferError> {
        self.job.fates.blocking_send(vec![fate]).map_err(|_| LinkError::Closed.into())
    }
}
