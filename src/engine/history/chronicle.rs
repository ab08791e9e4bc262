//! The account of one transfer, over all attempts at it: what has become of its files, until that is handed on to be
//! written.
//!
//! Knows what a transfer looks like to faces. Must not know its tasks, nor how anything is written.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use super::{queue::Work, recorder::Recorder};
use crate::{
    history::{Device, Ending, TransferRecord},
    model::{FileFate, FileRecord, Outcome, Peer, Purpose, Report, Side, Transfer, TransferId},
};

/// Files that are handed on together while content flows: most transfers have fewer, and cost nothing before their end.
const BATCH: usize = 16_384;

pub struct Chronicle {
    recorder: Recorder,
    state: Mutex<State>,
    /// Held from when something is summed up until it is handed on: what is older must not be written over what is newer.
    turn: Mutex<()>,
}

struct State {
    /// What the other device knows it by, too.
    id: TransferId,
    began: SystemTime,
    files: Vec<FileRecord>,
    /// Hashes of the paths of files that are stored, or were left out: that stands, whatever attempt is made.
    settled: HashSet<u64>,
    handed_on: HandedOn,
    /// The most that was known to be stored.
    bytes: u64,
    run: Run,
    /// How it has ended, for what is told of its files after that.
    ended: Option<TransferRecord>,
}

/// Whether all of it has happened in this run of the program, as far as is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    This,
    /// How long content has flowed before is not known.
    Later,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HandedOn {
    Nothing,
    Something,
}

/// How far a transfer has come, as it is recorded.
#[derive(Clone, Copy, Debug)]
pub enum So<'a> {
    /// So many bytes are stored, and it took so long.
    Far {
        bytes: u64,
        took: Duration,
    },
    Ended(&'a Report),
}

impl Chronicle {
    #[must_use]
    pub fn new(recorder: Recorder, id: TransferId) -> Self {
        let state = State {
            id,
            began: SystemTime::now(),
            files: Vec::new(),
            settled: HashSet::new(),
            handed_on: HandedOn::Nothing,
            bytes: 0,
            run: Run::This,
            ended: None,
        };
        Self { recorder, state: Mutex::new(state), turn: Mutex::default() }
    }

    /// Hands on what stays here of a transfer that its person has given up, and that was begun then. Waits while there is
    /// more than can be written.
    pub fn give_up(
        recorder: Recorder,
        (id, began): (TransferId, SystemTime),
        transfer: &Transfer,
        came: Vec<FileRecord>,
    ) {
        let chronicle = Self::new(recorder, id);
        chronicle.continues(id, began);
        let bytes = transfer.done.unwrap_or_default();
        for file in came {
            let so_far = || chronicle.work(transfer, So::Far { bytes, took: Duration::ZERO });
            chronicle.file_patiently(file, so_far);
        }
        let report = Report { bytes, ..Report::of(Outcome::Cancelled { by: Side::Here }) };
        chronicle.hand_on(transfer, So::Ended(&report));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It goes on with what was begun then, under that id.
    pub fn continues(&self, id: TransferId, began: SystemTime) {
        let mut state = self.state();
        (state.id, state.began, state.run) = (id, began, Run::Later);
    }

    /// Adds what became of a file. `so_far` is asked once there is enough to be handed on.
    pub fn file(&self, file: FileRecord, so_far: impl FnOnce() -> Option<Work>) {
        if self.add(file) {
            self.pass(so_far);
        }
    }

    /// The same; waits while there is more than can be written.
    pub fn file_patiently(&self, file: FileRecord, so_far: impl FnOnce() -> Option<Work>) {
        if self.add(file) {
            // Before it is summed up: the transfer may end meanwhile.
            self.recorder.wait_for_room();
            self.pass(so_far);
        }
    }

    fn pass(&self, sum_up: impl FnOnce() -> Option<Work>) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(work) = sum_up() {
            self.recorder.push(work);
        }
    }

    /// True once there is enough to be handed on.
    fn add(&self, file: FileRecord) -> bool {
        let mut state = self.state();
        let path = hash(&file.path);
        match &file.fate {
            FileFate::Failed { .. } => drop(state.settled.remove(&path)),
            _ => drop(state.settled.insert(path)),
        }
        state.files.push(file);
        state.files.len() >= BATCH
    }

    /// True where what was told of a path stands.
    pub fn has(&self, path: &str) -> bool {
        self.state().settled.contains(&hash(path))
    }

    /// As [`Chronicle::hand_on`], of what a stranger has offered and nobody has said yes to: a few a day.
    pub fn hand_on_hearsay(&self, transfer: &Transfer, so: So<'_>) {
        if self.recorder.records_a_stranger() {
            self.hand_on(transfer, so);
        }
    }

    /// Hands on what is known, unless that is nothing new of a transfer that goes on.
    pub fn hand_on(&self, transfer: &Transfer, so: So<'_>) {
        let is_news = {
            let state = self.state();
            !state.files.is_empty() || state.handed_on == HandedOn::Nothing || matches!(so, So::Ended(_))
        };
        if is_news {
            self.pass(|| self.work(transfer, so));
        }
    }

    /// All that is known and was not handed on; `None` where its person doesn't want it recorded.
    pub fn work(&self, transfer: &Transfer, so: So<'_>) -> Option<Work> {
        let mut state = self.state();
        let files = std::mem::take(&mut state.files);
        let is_wanted = matches!(transfer.summary.purpose, Purpose::Files | Purpose::Text)
            && self.recorder.records(transfer.peer.id);
        if !is_wanted {
            return None;
        }
        state.handed_on = HandedOn::Something;
        if let (So::Far { .. }, Some(ended)) = (so, &state.ended) {
            return Some(Work::Record { transfer: Box::new(ended.clone()), files });
        }
        let (ending, bytes, took, why) = match so {
            So::Far { bytes, took } => (Ending::NotYet, bytes, took, None),
            So::Ended(report) => {
                (Ending::of(&report.outcome), report.bytes, report.took, report.outcome.problem())
            }
        };
        state.bytes = state.bytes.max(bytes);
        let called = match &transfer.called {
            Some(called) if transfer.summary.top.is_empty() => called.clone(),
            _ => transfer.summary.title(),
        };
        let record = TransferRecord {
            id: state.id,
            direction: transfer.direction,
            device: device(&transfer.peer),
            called,
            began: state.began,
            as_of: SystemTime::now(),
            ending,
            // No rate is better than a wrong one.
            took: if state.run == Run::This { took } else { Duration::ZERO },
            bytes: state.bytes,
            why,
        };
        if matches!(so, So::Ended(_)) {
            state.ended = Some(record.clone());
        }
        Some(Work::Record { transfer: Box::new(record), files })
    }

    /// Nothing more is told of what earlier attempts have settled. Where that came after the end, nobody else hands it on.
    pub fn all_told(&self, late: impl FnOnce() -> Option<Work>) {
        let is_late = {
            let state = self.state();
            state.ended.is_some() && !state.files.is_empty()
        };
        if is_late {
            self.pass(late);
        }
    }
}

fn device(peer: &Peer) -> Device {
    let name = peer.name.as_ref().map_or_else(|| peer.address.clone(), ToString::to_string);
    Device { id: peer.id, name }
}

fn hash(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc, thread};

    use super::*;
    use crate::{
        engine::{
            Snapshot, cards::DeviceCard, handle::seam, history::recorder::Writer, trust::devices::Devices,
        },
        history::{History, Query, Reader},
        identity::TrustStore,
        model::{DeviceId, DeviceName, Direction, TransferState},
        settings::Settings,
    };

    fn file(path: &str) -> FileRecord {
        FileRecord { path: path.to_owned(), at: None, size: None, fate: FileFate::LeftOut }
    }

    /// Somebody who writes into a home, and who records there.
    fn writer(home: &Path) -> (Writer, Recorder) {
        let device = DeviceCard { id: DeviceId::of_public_key(b"x"), name: DeviceName::parse("x").unwrap() };
        let publisher = seam(Snapshot::new(device, Settings::default()), Arc::new(|| {})).1.publisher;
        let devices = Devices::new(TrustStore::open(home).unwrap(), publisher.clone());
        let writer = Writer::start(home, &publisher).unwrap();
        let recorder = writer.recorder(devices, publisher);
        (writer, recorder)
    }

    #[test]
    fn of_a_transfer_that_is_given_up_everything_that_came_is_recorded_however_much_it_is() {
        const MANY: u64 = 101_000;
        let (home, id) = (tempfile::tempdir().unwrap(), TransferId([1; 16]));
        let (writer, recorder) = writer(home.path());
        let transfer = Transfer::new(id, Direction::Receive, Peer::default(), TransferState::Preparing);
        let came = (0..MANY).map(|number| file(&number.to_string())).collect();
        Chronicle::give_up(recorder, (id, SystemTime::now()), &transfer, came);
        assert_eq!(writer.finish(Duration::from_mins(10)), []);
        let row = Reader::open(home.path()).unwrap().page(&Query::default(), None, 1).unwrap().rows.remove(0);
        assert_eq!(row.transfer.ending, Ending::Cancelled(Side::Here));
        let tomorrow = SystemTime::now() + Duration::from_hours(24);
        assert_eq!(History::open(home.path()).unwrap().forget_before(tomorrow).unwrap(), MANY);
    }

    #[test]
    fn what_is_told_of_its_files_after_the_end_does_not_undo_the_end_and_is_not_lost() {
        let (home, id) = (tempfile::tempdir().unwrap(), TransferId([1; 16]));
        let (_writer, recorder) = writer(home.path());
        let chronicle = Chronicle::new(recorder, id);
        let transfer = Transfer::new(id, Direction::Receive, Peer::default(), TransferState::Preparing);
        let so_far = || chronicle.work(&transfer, So::Far { bytes: 0, took: Duration::ZERO });
        let handed_on = |work: Option<Work>| match work {
            Some(Work::Record { transfer, files }) => (transfer.ending, files.len()),
            other => panic!("{other:?}"),
        };
        chronicle.file(file("a"), || panic!("so few are kept"));
        assert_eq!(handed_on(so_far()), (Ending::NotYet, 1));
        chronicle.all_told(|| panic!("it goes on"));
        let report = Report::of(Outcome::Complete);
        assert_eq!(handed_on(chronicle.work(&transfer, So::Ended(&report))), (Ending::Complete, 0));
        chronicle.file(file("b"), || panic!("so few are kept"));
        let mut late = None;
        chronicle.all_told(|| {
            late = so_far();
            None
        });
        assert_eq!(handed_on(late), (Ending::Complete, 1));
        chronicle.all_told(|| panic!("nothing is left"));
    }

    #[test]
    fn what_waits_to_be_handed_on_while_a_transfer_ends_does_not_undo_the_end() {
        let home = tempfile::tempdir().unwrap();
        drop(History::open(home.path()).unwrap());
        // As another process has it that moves the file: nothing is written meanwhile.
        let held = std::fs::File::create(home.path().join("history.lock")).unwrap();
        held.lock().unwrap();
        let (writer, recorder) = writer(home.path());
        let shown = |id| Transfer::new(id, Direction::Receive, Peer::default(), TransferState::Preparing);
        let so_far = So::Far { bytes: 0, took: Duration::ZERO };
        let begun = |number| {
            let id = TransferId([number; 16]);
            (Chronicle::new(recorder.clone(), id), shown(id))
        };
        // So much that whoever is patient waits.
        let (busy, large) = begun(0);
        for number in 0..70_000 {
            busy.file(file(&number.to_string()), || busy.work(&large, so_far));
        }
        // As many as there is room for beside that.
        let ending: Vec<_> = (1..3).map(begun).collect();
        thread::scope(|scope| {
            for (chronicle, transfer) in &ending {
                for number in 1..BATCH {
                    chronicle.file(file(&number.to_string()), || panic!("so few are kept"));
                }
                scope.spawn(move || {
                    chronicle.file_patiently(file("last"), || chronicle.work(transfer, so_far));
                });
            }
            for (chronicle, transfer) in &ending {
                while !chronicle.has("last") {
                    thread::yield_now();
                }
                chronicle.hand_on(transfer, So::Ended(&Report::of(Outcome::Complete)));
            }
            held.unlock().unwrap();
        });
        assert_eq!(writer.finish(Duration::from_mins(10)), []);
        let last = Query { words: "last".to_owned(), ..Query::default() };
        let rows = Reader::open(home.path()).unwrap().page(&last, None, 100).unwrap().rows;
        let endings: Vec<_> = rows.iter().map(|row| row.transfer.ending).collect();
        assert_eq!(endings, [Ending::Complete; 2]);
    }
}
