//! What has become of each file of a transfer, and the report that comes out of it at the end.

use std::time::Instant;

use super::{
    Ended, TransferError,
    apart::{KeptApart, infected},
    entry_set::EntrySet,
    unchecked::Unchecked,
};
use crate::model::{
    Caught, Digest, EntryNo, FileFate, FileProblem, LeftOut, Outcome, Pipeline, Report, Retry, Screening,
    Side,
};

/// A file whose fate has become known.
#[derive(Debug)]
pub struct Settled {
    pub entry: EntryNo,
    /// In bytes, of what is stored.
    pub size: Option<u64>,
    pub fate: FileFate,
}

/// Accounts for every wanted file exactly once.
#[derive(Debug)]
pub struct Tally {
    /// Wanted files whose fate is not known yet.
    open: EntrySet,
    /// Those of them that there is no room for now.
    aside: EntrySet,
    wanted: u64,
    unwanted: LeftOut,
    files: u64,
    /// Files that were there before.
    already: u64,
    bytes: u64,
    failed: u64,
    /// Of those, the ones that can't go better the next time.
    hopeless: u64,
    failed_folders: u64,
    /// Whose fault the first failed file was: the summary's side.
    blame: Option<Side>,
    problems: Vec<FileProblem>,
    digest: Option<Digest>,
    /// Files that are in quarantine at the receiver.
    apart: KeptApart,
    /// Files that were let in here and that nobody could look into.
    unchecked: Unchecked,
    /// What was not taken since.
    settled: Vec<Settled>,
    since: Instant,
}

impl Default for Tally {
    /// Of nothing.
    fn default() -> Self {
        Self::new(EntrySet::default(), LeftOut::default(), 0)
    }
}

impl Tally {
    /// `stored`: files that an earlier attempt has stored; what they hold is added by
    /// [`Tally::add_earlier`].
    pub fn new(wanted: EntrySet, unwanted: LeftOut, stored: u64) -> Self {
        Self {
            wanted: wanted.len() + stored,
            open: wanted,
            aside: EntrySet::default(),
            unwanted,
            files: stored,
            already: 0,
            bytes: 0,
            failed: 0,
            hopeless: 0,
            failed_folders: 0,
            blame: None,
            problems: Vec::new(),
            digest: None,
            apart: KeptApart::default(),
            unchecked: Unchecked::default(),
            settled: Vec::new(),
            since: Instant::now(),
        }
    }

    /// Bytes of files that an earlier attempt has stored.
    pub fn add_earlier(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// There is no room for a file now. False when its fate is known already.
    pub fn set_aside(&mut self, entry: EntryNo) -> bool {
        let awaited = self.awaits(entry);
        if awaited {
            self.aside.insert(entry);
        }
        awaited
    }

    /// A file's fate is known. False when it was before.
    fn settle(&mut self, entry: EntryNo) -> bool {
        self.aside.remove(entry);
        self.open.remove(entry)
    }

    /// A file is stored. False when that was not awaited.
    pub fn stored(&mut self, entry: EntryNo, size: u64, digest: Digest, screening: Screening) -> bool {
        if let (true, Screening::NotScanned(why)) = (self.awaits(entry), &screening) {
            self.unchecked.add(why);
        }
        self.there(entry, size, digest, FileFate::Stored { digest: Some(digest), screening })
    }

    /// A file was at the receiver before, and is the same. False when that was not awaited.
    pub fn already(&mut self, entry: EntryNo, size: u64, digest: Digest) -> bool {
        let awaited = self.there(entry, size, digest, FileFate::Already { digest: Some(digest) });
        self.already += u64::from(awaited);
        awaited
    }

    fn there(&mut self, entry: EntryNo, size: u64, digest: Digest, fate: FileFate) -> bool {
        let awaited = self.settle(entry);
        if awaited {
            self.files += 1;
            self.bytes += size;
            self.digest = Some(digest);
            self.settled.push(Settled { entry, size: Some(size), fate });
        }
        awaited
    }

    /// A file was not transferred. False when its fate was known already.
    pub fn failed(&mut self, entry: EntryNo, problem: FileProblem) -> bool {
        let awaited = self.settle(entry);
        if awaited {
            self.failed += 1;
            let fate = FileFate::Failed { side: problem.side, why: problem.why.clone() };
            self.settled.push(Settled { entry, size: None, fate });
            self.list(problem);
        }
        awaited
    }

    /// The files whose fates have become known since this was asked last: each is told once.
    pub fn take_settled(&mut self) -> Vec<Settled> {
        std::mem::take(&mut self.settled)
    }

    /// A file was not transferred, and won't be the next time either. False when its fate was known already.
    pub fn failed_for_good(&mut self, entry: EntryNo, problem: FileProblem) -> bool {
        let awaited = self.failed(entry, problem);
        self.hopeless += u64::from(awaited);
        awaited
    }

    /// A file has come, and is in quarantine; `at` is on whose side. What waits there to be checked is stored, and what
    /// something was found in has failed for good. False when its fate was known already.
    pub fn apart(
        &mut self,
        entry: EntryNo,
        came: (&str, Option<u64>, Digest),
        why: &Caught,
        at: Side,
    ) -> bool {
        let (path, size, digest) = came;
        if !self.settle(entry) {
            return false;
        }
        self.apart.add(path, why);
        let digest = Some(digest);
        let fate = match why {
            Caught::Held(why) => {
                self.files += 1;
                self.bytes += size.unwrap_or_default();
                FileFate::Held { digest, why: why.clone() }
            }
            Caught::Infected(name) => {
                self.failed += 1;
                self.hopeless += 1;
                let (path, why) = (path.to_owned(), infected(name));
                self.list(FileProblem { path, side: at, why, error: None });
                FileFate::Infected { digest, name: name.clone() }
            }
        };
        self.settled.push(Settled { entry, size, fate });
        true
    }

    /// What is said of files in quarantine, `at` is on whose side that is, and of those that were let in unchecked.
    pub fn notes(&self, at: Side) -> Vec<String> {
        self.apart.notes(at).into_iter().chain(self.unchecked.note()).collect()
    }

    /// A folder could not be made, or made to last.
    pub fn failed_folder(&mut self, problem: FileProblem) {
        self.failed_folders += 1;
        self.list(problem);
    }

    fn list(&mut self, problem: FileProblem) {
        self.blame.get_or_insert(problem.side);
        if self.problems.len() < Report::MAX_LISTED {
            self.problems.push(problem);
        }
    }

    /// True of a wanted file whose fate is not known yet.
    pub fn awaits(&self, entry: EntryNo) -> bool {
        self.open.contains(entry)
    }

    /// Wanted files whose fate is not known yet.
    pub fn open(&self) -> u64 {
        self.open.len()
    }

    /// True when nothing but room is lacking for all the files whose fate is not known yet.
    pub fn lacks_only_room(&self) -> bool {
        self.open.len() == self.aside.len()
    }

    /// Bytes of the files that are stored.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Files stored so far.
    pub fn files(&self) -> u64 {
        self.files
    }

    /// True when every wanted file's fate is known.
    pub fn is_settled(&self) -> bool {
        self.open.len() == 0
    }

    pub fn report(self, ended: Ended, pipeline: Pipeline) -> Report {
        let ended = match (ended, self.blame) {
            (Ended::Complete, Some(side)) => {
                let Self { failed, failed_folders, wanted, .. } = self;
                let infected = self.apart.infected();
                Ended::Failed(TransferError::Incomplete { failed, infected, failed_folders, wanted, side })
            }
            (ended, _) => ended,
        };
        let error = match &ended {
            Ended::Failed(why) => why.number(),
            _ => None,
        };
        let outcome = Outcome::from(ended);
        let alone = outcome == Outcome::Complete && self.files == 1;
        Report {
            outcome,
            files: self.files,
            bytes: self.bytes,
            took: self.since.elapsed(),
            digest: self.digest.filter(|_| alone),
            saved: Vec::new(),
            notes: Vec::new(),
            problems: self.problems,
            failed: self.failed,
            hopeless: self.hopeless,
            failed_folders: self.failed_folders,
            left_out: self.unwanted,
            already: self.already,
            error,
            pipeline,
            retry: Retry::Impossible,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(files: u32) -> Tally {
        let mut wanted = EntrySet::default();
        (0..files).for_each(|entry| assert!(wanted.insert(entry)));
        Tally::new(wanted, LeftOut::default(), 0)
    }

    fn problem() -> FileProblem {
        FileProblem { path: "file".to_owned(), side: Side::There, why: "ill".to_owned(), error: None }
    }

    #[test]
    fn a_file_that_was_set_aside_and_fails_or_comes_after_all_is_not_waited_for_any_more() {
        let mut tally = wanted(4);
        (0..3).for_each(|entry| assert!(tally.set_aside(entry)));
        assert!(!tally.lacks_only_room(), "one is on its way");
        assert!(tally.failed(0, problem()) && tally.stored(1, 10, Digest([7; 32]), Screening::Off));
        assert!(tally.stored(3, 10, Digest([7; 32]), Screening::Off));
        assert!(tally.lacks_only_room() && tally.open() == 1, "only room is lacking, for one");
        assert!(tally.failed(2, problem()));
        assert!(tally.is_settled() && tally.lacks_only_room());
    }

    #[test]
    fn each_file_s_fate_is_told_once() {
        let mut tally = wanted(4);
        assert!(tally.stored(0, 10, Digest([7; 32]), Screening::Clean) && tally.failed(1, problem()));
        assert!(!tally.stored(1, 10, Digest([7; 32]), Screening::Clean) && !tally.failed(0, problem()));
        let told: Vec<_> = tally.take_settled().into_iter().map(|told| (told.entry, told.fate)).collect();
        let stored = FileFate::Stored { digest: Some(Digest([7; 32])), screening: Screening::Clean };
        let failed = FileFate::Failed { side: Side::There, why: "ill".to_owned() };
        assert_eq!(told, [(0, stored), (1, failed)]);
        assert!(tally.already(2, 10, Digest([8; 32])) && tally.failed_for_good(3, problem()));
        let told: Vec<_> = tally.take_settled().iter().map(|told| told.entry).collect();
        assert_eq!(told, [2, 3]);
        assert!(tally.take_settled().is_empty());
    }

    #[test]
    fn a_file_whose_fate_is_known_is_not_set_aside() {
        let mut tally = wanted(2);
        assert!(tally.failed(0, problem()));
        assert!(!tally.set_aside(0) && !tally.set_aside(9));
        assert!(tally.set_aside(1) && tally.lacks_only_room());
    }
}
