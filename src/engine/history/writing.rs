//! The thread that writes: one thing after the other, for as long as it takes, in nobody's way.
//!
//! Another process may hold the file, its disk may be full, or what is in it damaged: it is waited for, kept aside, or what
//! was to be written is let go of. Each is said once. Knows the queue, the store and files. Must not know transfers.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use super::queue::{Queue, Taken, Work};
use crate::{
    disk::{self, Places},
    engine::{
        command::HistoryChange,
        event::Event,
        handle::{Publisher, QuietPublisher},
    },
    history::{Ending, FileEntry, History, HistoryError, Later, Left, Noted, TransferRecord, Which},
    model::{ContentKind, FileFate, FileRecord, Problem, ProblemKind, Side, TransferId, text},
};

/// Before another try.
const AGAIN: Duration = Duration::from_secs(2);
/// The same where somebody waits for the end.
const AT_ONCE: Duration = Duration::from_millis(100);
/// For how long another process may hold the file before it is said.
const UNSAID: Duration = Duration::from_secs(20);
/// For how long a full disk is waited for. What happens meanwhile is kept in memory.
const PATIENCE: Duration = Duration::from_mins(10);
/// For how long the kinds of the files of one batch are looked at: a disk that answers slowly is not worth more.
const LOOKING: Duration = Duration::from_secs(10);
/// So long nothing is handed in before what was recorded in a hurry is put into the tables: a transfer of very many files
/// hands some of them in every few seconds, and is not to wait for that.
const CALM: Duration = Duration::from_secs(10);
/// Between two steps of that.
const TURN: Duration = Duration::from_millis(120);
/// Files that were dealt with before they are recorded, of which that is remembered.
const EARLY: usize = 1_000;

pub struct Writing {
    home: PathBuf,
    queue: Arc<Queue>,
    publisher: QuietPublisher,
    /// `None` before anything was written, and after it was damaged.
    history: Option<History>,
    places: Places,
    left: Left,
    changes: u64,
    trouble: Trouble,
    /// What was done to files of which no row is written yet: their transfer has not ended. The latest last.
    early: VecDeque<(Which, Later)>,
}

/// What faces have been told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    /// It is tried again.
    Waits,
    /// It was given up, and is not waited for a second time before something was written.
    Lost,
    /// What was recorded before is kept aside. That stays true.
    Damaged,
}

impl Writing {
    pub fn new(home: &Path, queue: Arc<Queue>, publisher: &Publisher) -> Self {
        Self {
            home: home.to_owned(),
            queue,
            publisher: publisher.quietly(),
            history: None,
            places: Places::default(),
            left: Left::Nothing,
            changes: 0,
            trouble: Trouble::None,
            early: VecDeque::new(),
        }
    }

    pub fn run(mut self) {
        while let Some(work) = self.next() {
            match work {
                Work::Record { transfer, files } => self.record(&transfer, files),
                Work::Change { change, reply } => {
                    let changed = self.change(&change).map_err(|why| problem(why.to_string()));
                    // A face that no longer wants to know has dropped its end.
                    let _ = reply.send(changed);
                    self.publisher.wake();
                }
                Work::Later { which, later } => self.later(which, later),
                // Of nothing, nothing is made.
                Work::Forget { before } if self.home.join(History::FILE).exists() => self.forget(before),
                Work::Forget { .. } => {}
            }
            let lost = self.queue.take_lost();
            if lost > 0 {
                self.tell_lost(lost, "more happened than could be written");
            }
        }
        // Before anybody hears that it has ended.
        drop(self.history.take());
        self.queue.end();
    }

    /// What is next. As long as there is nothing, what was recorded in a hurry is put into the tables.
    fn next(&mut self) -> Option<Work> {
        let mut patience = CALM;
        while self.left == Left::More {
            match self.queue.take_within(patience) {
                Taken::Work(work) => return Some(work),
                Taken::End => return None,
                Taken::Nothing => self.put_in(),
            }
            // Whoever else wants to write gets a turn.
            patience = TURN;
        }
        self.queue.take()
    }

    fn put_in(&mut self) {
        match self.once(&mut History::put_in) {
            Ok(Left::More) => {}
            Ok(Left::Nothing) => {
                self.left = Left::Nothing;
                self.tell_change();
            }
            Err(why) => {
                tracing::info!(%why, "what was recorded last is put into the tables by whoever reads it");
                self.left = Left::Nothing;
            }
        }
    }

    fn record(&mut self, transfer: &TransferRecord, files: Vec<FileRecord>) {
        let until = Instant::now() + LOOKING;
        let entry = |record: FileRecord| FileEntry { kind: self.kind(&record, until), record };
        let files: Vec<_> = files.into_iter().map(entry).collect();
        let count = files.len().max(1) as u64;
        match self.patiently(|history| history.record(transfer, &files)) {
            Ok(left) => {
                self.is_well();
                // Who reads puts it in: while a transfer flows that would cost it its time.
                if left == Left::Nothing || transfer.ending != Ending::NotYet {
                    self.tell_change();
                }
                if left == Left::More {
                    self.left = left;
                }
                self.catch_up(transfer.id);
            }
            Err(why) => self.tell_lost(count, &why.to_string()),
        }
    }

    /// What a file is, where it lies now.
    fn kind(&mut self, record: &FileRecord, until: Instant) -> ContentKind {
        let is_there = matches!(record.fate, FileFate::Stored { .. } | FileFate::Already { .. });
        let at = record.at.as_deref().filter(|_| is_there && Instant::now() < until);
        let file = at.and_then(|at| self.places.open(at).ok().flatten());
        let name = record.path.rsplit('/').next().unwrap_or(&record.path);
        file.map_or(ContentKind::Other, |file| disk::kind_of_content(&file, name))
    }

    /// What a person has done to a file, whatever becomes of the word of it.
    fn later(&mut self, which: Which, later: Later) {
        let is_any = self.home.join(History::FILE).exists();
        let noted = if is_any {
            self.patiently(|history| history.later(&which, &later))
        } else {
            Ok(Noted::NoSuchRow)
        };
        match noted {
            Ok(Noted::Changed) => self.tell_change(),
            Ok(Noted::NoSuchRow) => {
                if self.early.len() >= EARLY {
                    self.early.pop_front();
                }
                self.early.push_back((which, later));
            }
            Err(why) => {
                tracing::warn!(%why, "what was done to a file that had come is missing in the history");
                if self.trouble != Trouble::Lost {
                    let words = format!(
                        "What was done with a file after it came is missing in the history: {why} It was done as it should."
                    );
                    self.tell(Trouble::Lost, Some(words));
                }
            }
        }
    }

    /// Rows of this transfer are there now.
    fn catch_up(&mut self, of: TransferId) {
        let is_its = |(which, _): &(Which, Later)| matches!(which, Which::Received { transfer, .. } if *transfer == of);
        let (due, early) = std::mem::take(&mut self.early).into_iter().partition(is_its);
        self.early = early;
        for (which, later) in Vec::from(due) {
            self.later(which, later);
        }
    }

    fn forget(&mut self, before: SystemTime) {
        // What waits may be older. Whoever ends does not wait for that: it comes again with the next start.
        while self.left_to_forget() == Left::More {
            self.queue.rest(TURN);
            if self.queue.is_closing() {
                return;
            }
        }
        match self.patiently(|history| history.forget_before(before)) {
            Ok(0) => {}
            Ok(rows) => {
                tracing::info!(rows, "what was older than is to be kept was removed from the history");
                self.tell_change();
            }
            Err(why) => tracing::warn!(%why, "what is older than is to be kept stays in the history"),
        }
    }

    fn left_to_forget(&mut self) -> Left {
        // What can't be written now is told by what follows.
        self.once(&mut History::put_in).unwrap_or(Left::Nothing)
    }

    /// A person waits for it: it is done now, or they are told why not.
    fn change(&mut self, change: &HistoryChange) -> Result<u64, HistoryError> {
        let done = self.once(&mut |history: &mut History| match change {
            HistoryChange::Remove(ids) => history.remove(ids),
            HistoryChange::Clear => history.clear().map(|()| 0),
        })?;
        self.tell_change();
        Ok(done)
    }

    /// Tries until it is done, or is not worth while.
    fn patiently<T>(
        &mut self,
        mut work: impl FnMut(&mut History) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let began = Instant::now();
        loop {
            match self.once(&mut work) {
                Ok(done) => {
                    self.queue.hinder(None);
                    return Ok(done);
                }
                // How long that may take at the end, whoever waits for it decides.
                Err(HistoryError::Locked) if !self.queue.has_ended() => {
                    self.queue.hinder(Some(HistoryError::Locked.to_string()));
                    if began.elapsed() > UNSAID && !self.queue.is_closing() {
                        self.tell_waits(&HistoryError::Locked);
                    }
                }
                Err(why @ HistoryError::Full { .. })
                    if !self.queue.is_closing()
                        && self.trouble != Trouble::Lost
                        && began.elapsed() < PATIENCE =>
                {
                    self.tell_waits(&why);
                }
                Err(why) => return Err(why),
            }
            self.queue.rest(if self.queue.is_closing() { AT_ONCE } else { AGAIN });
        }
    }

    /// Tries, and once more with a new file where this one is damaged.
    fn once<T>(
        &mut self,
        work: &mut impl FnMut(&mut History) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let done = self.open().and_then(&mut *work);
        match done {
            Err(HistoryError::Damaged { .. }) => {
                // Opened anew, it is kept aside.
                self.history = None;
                self.open().and_then(work)
            }
            done => done,
        }
    }

    fn open(&mut self) -> Result<&mut History, HistoryError> {
        let mut history = match self.history.take() {
            Some(history) => history,
            None => History::open(&self.home)?,
        };
        if let Some(damage) = history.damage() {
            let kept = text::visible(&damage.kept.to_string_lossy()).into_owned();
            tracing::error!(kept, "the history was damaged, and a new one is begun");
            self.tell(Trouble::Damaged, Some(damage.to_string()));
        }
        Ok(self.history.insert(history))
    }

    fn tell_waits(&mut self, why: &HistoryError) {
        if self.trouble == Trouble::None {
            tracing::warn!(%why, "what happens is recorded later");
            let words = format!("{why} Transfers are not held up, and what happens is recorded later.");
            self.tell(Trouble::Waits, Some(words));
        }
    }

    fn tell_lost(&mut self, count: u64, why: &str) {
        tracing::warn!(count, why, "what happened is missing in the history");
        if self.trouble != Trouble::Lost {
            self.tell(Trouble::Lost, Some(missing(count, why).text));
        }
    }

    fn tell_change(&mut self) {
        self.changes += 1;
        self.publisher.publish(Event::Recorded(self.changes));
        self.is_well();
    }

    /// Something was written.
    fn is_well(&mut self) {
        if !matches!(self.trouble, Trouble::None | Trouble::Damaged) {
            self.tell(Trouble::None, None);
        }
    }

    fn tell(&mut self, trouble: Trouble, words: Option<String>) {
        self.trouble = trouble;
        let problem = words.map(problem);
        if let (Some(problem), Trouble::Lost | Trouble::Damaged) = (&problem, trouble) {
            self.queue.told(problem.clone());
        }
        self.publisher.publish(Event::Unrecorded(problem));
    }
}

/// That so many files are missing in the history, and why.
pub fn missing(count: u64, why: &str) -> Problem {
    let files = text::count(count, "file is", "files are");
    problem(format!("{files} missing in the history: {why} The transfers themselves went as they should."))
}

fn problem(text: String) -> Problem {
    Problem { side: Side::Here, kind: ProblemKind::Files, text }
}

#[cfg(test)]
mod tests;
