//! What this home keeps of transfers that are not over, as a person meets it: listed, removed, and
//! swept when nobody has wanted it for long.
//!
//! Knows records and what lies in receiving folders. Must not know tasks, or who goes on with a
//! transfer. Everything here blocks.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{
    given_up,
    record::{self, Found, Kept, Listed, Missing, Record},
    resting::Marks,
};
use crate::{
    disk::{self, EmptyFolders, Scraps, User},
    model::{
        Direction, EntryKind, FileMode, Landing, Peer, Problem, ProblemKind, Rest, Side, Summary, TopItem,
        Transfer, TransferId, TransferState,
    },
    settings::{GoOn, Settings},
};

/// One transfer that is kept.
#[derive(Clone, Debug)]
pub struct KeptTransfer {
    /// Its state is interrupted, or left.
    pub transfer: Transfer,
    /// When it was accepted; `None` where that isn't known.
    pub began: Option<SystemTime>,
    /// When it was last interrupted, or accepted where it never was.
    pub interrupted: SystemTime,
    /// Bytes of it that are in the receiving folder; `None` for one that sends.
    pub there: Option<u64>,
    pub user: User,
    orphan: Option<Orphan>,
}

/// What is left of a transfer whose record is lost or can't be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    pub id: TransferId,
    /// When anything of it was last changed.
    pub since: SystemTime,
    /// Records that were kept aside.
    records: Vec<PathBuf>,
    scraps: Vec<Scraps>,
}

/// What a look at everything has found.
#[derive(Debug, Default)]
pub struct Survey {
    /// All records that are there.
    pub records: HashSet<TransferId>,
    pub orphans: Vec<Orphan>,
}

/// Who decides that something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// A person: the other device is to hear of it.
    Here,
    /// Time.
    ByItself,
}

/// Everything that this home keeps, the oldest first.
///
/// # Errors
/// When the settings can't be read.
pub fn kept(home: &Path) -> io::Result<Vec<KeptTransfer>> {
    let settings = Settings::load(home)?;
    let records = Kept::list(home).into_iter().map(|listed| listed_as(listed, &settings));
    let orphans = orphans(home, &settings).into_iter().map(|orphan| KeptTransfer {
        transfer: orphan.shown(&settings),
        began: None,
        interrupted: orphan.since,
        there: Some(orphan.scraps.iter().map(|scraps| scraps.bytes).sum()),
        user: orphan.user(),
        orphan: Some(orphan),
    });
    let mut all: Vec<_> = records.chain(orphans).collect();
    all.sort_by_key(|kept| kept.interrupted);
    Ok(all)
}

fn listed_as(listed: Listed, settings: &Settings) -> KeptTransfer {
    let Listed { record, interrupted, user, marks } = listed;
    let (began, there) = match &record {
        Record::Sending(sending) => (sending.began, None),
        Record::Receiving(receiving) => {
            let folder = receiving.landing.folder.as_deref().unwrap_or(Path::new(""));
            let held = disk::held(folder, receiving.id, &receiving.names);
            (receiving.began, Some(held.partial + held.stored))
        }
    };
    let state = match resting(&record, marks, interrupted, settings) {
        Some(rest) => left(why(&record), rest, interrupted, settings),
        None => waiting(marks),
    };
    let transfer = shown(&record, state);
    KeptTransfer { transfer, began: Some(began), interrupted, there, user, orphan: None }
}

impl KeptTransfer {
    /// Removes what is left of it, for good. The other device is not called.
    ///
    /// # Errors
    /// When another process has it, or something can't be removed.
    pub fn remove(&self, home: &Path) -> Result<(), Problem> {
        match &self.orphan {
            Some(orphan) => orphan.remove(),
            None => discard(home, self.transfer.id, Decided::Here).map(drop),
        }
    }
}

/// Whether a transfer that was interrupted then is gone on with by itself, and why not.
#[must_use]
pub fn resting(record: &Record, marks: Marks, interrupted: SystemTime, settings: &Settings) -> Option<Rest> {
    // What a person has paused waits for as long as it takes.
    let is_old = marks.pause().is_none() && is_over(interrupted, settings.patience());
    if record.missing() == Missing::Failed || is_old {
        Some(Rest::Over)
    } else {
        (settings.go_on == GoOn::Ask).then_some(Rest::Asks)
    }
}

/// True when that time has passed. A clock that was set back only makes it later.
fn is_over(since: SystemTime, limit: Duration) -> bool {
    since.elapsed().is_ok_and(|passed| passed > limit)
}

/// Why it is interrupted when a program begins.
#[must_use]
pub fn not_running() -> Problem {
    let text = "Airlift was not running.".to_owned();
    Problem { side: Side::Here, kind: ProblemKind::Link, text }
}

/// The state of one that is gone on with, as long as nothing flows.
#[must_use]
pub fn waiting(marks: Marks) -> TransferState {
    match marks.pause() {
        Some(pause) => TransferState::Paused(pause),
        None => TransferState::Interrupted { why: not_running(), again: None },
    }
}

/// Why a kept transfer is not over when a program begins.
#[must_use]
pub fn why(record: &Record) -> Problem {
    match record.missing() {
        Missing::Unsent => not_running(),
        Missing::Failed => of_files("Some of its files failed. They can be sent once more.".to_owned()),
    }
}

/// The state of one that nobody goes on with.
#[must_use]
pub fn left(why: Problem, rest: Rest, since: SystemTime, settings: &Settings) -> TransferState {
    TransferState::Left { why, rest, until: since.checked_add(settings.leftovers()).unwrap_or(since) }
}

/// A kept transfer as faces see it.
#[must_use]
pub fn shown(record: &Record, state: TransferState) -> Transfer {
    let (direction, peer, summary, folder) = match record {
        Record::Sending(sending) => (Direction::Send, &sending.peer, &sending.summary, None),
        Record::Receiving(receiving) => {
            let Landing { folder, .. } = &receiving.landing;
            (Direction::Receive, &receiving.peer, &receiving.summary, folder.clone())
        }
    };
    Transfer {
        id: record.id(),
        direction,
        peer: peer.shown(),
        summary: summary.clone(),
        folder,
        free: None,
        already: 0,
        notes: Vec::new(),
        state,
    }
}

/// Removes what is left of a transfer, and its record; gives that back.
///
/// # Errors
/// When another process has it, or something can't be removed: then the record stays as well.
pub fn discard(home: &Path, id: TransferId, decided: Decided) -> Result<Option<Record>, Problem> {
    let (kept, record) = match Kept::find(home, id) {
        Found::Kept(kept, record) => (kept, *record),
        Found::Nothing => return Ok(None),
        Found::InUse => return Err(in_use()),
    };
    if let Record::Receiving(receiving) = &record {
        clear(receiving)?;
    }
    if let (Record::Receiving(_), Decided::Here) = (&record, decided) {
        given_up::note(home, id);
    }
    kept.remove();
    Ok(Some(record))
}

/// What a person is told who wants what another process has.
#[must_use]
pub fn in_use() -> Problem {
    let text = "Another running Airlift has this transfer. Use that one, or quit it first.".to_owned();
    Problem { side: Side::Here, kind: ProblemKind::Other, text }
}

fn clear(record: &record::Receiving) -> Result<(), Problem> {
    let folder = record.landing.folder.as_deref().unwrap_or(Path::new(""));
    // Among files that arrived, empty folders are what was sent.
    let held = disk::held(folder, record.id, &record.names);
    let empty = if held.stored > 0 { EmptyFolders::Stay } else { EmptyFolders::Go };
    disk::discard(folder, record.id, &record.names, empty).map_err(|why| of_files(why.to_string()))
}

fn of_files(text: String) -> Problem {
    Problem { side: Side::Here, kind: ProblemKind::Files, text }
}

/// Removes what nobody has gone on with for as long as the settings say, and says what is there
/// after that.
#[must_use]
pub fn sweep(home: &Path, settings: &Settings) -> Survey {
    let limit = settings.leftovers();
    given_up::sweep(home, limit);
    for listed in Kept::list(home) {
        let id = listed.record.id();
        let is_paused = listed.marks.pause().is_some();
        if !is_paused && is_over(listed.interrupted, limit) && listed.user == User::Nobody {
            match discard(home, id, Decided::ByItself) {
                Ok(_) => tracing::info!(transfer = %id, "what was left of a transfer was removed"),
                Err(problem) => tracing::warn!(transfer = %id, why = problem.text, "it can’t be removed"),
            }
        }
    }
    let mut orphans = orphans(home, settings);
    orphans.retain(|orphan| {
        if !is_over(orphan.since, limit) || orphan.user() == User::Somebody {
            return true;
        }
        let removed = orphan.remove();
        match &removed {
            Ok(()) => tracing::info!(transfer = %orphan.id, "partial files of no transfer were removed"),
            Err(problem) => {
                tracing::warn!(transfer = %orphan.id, why = problem.text, "they can’t be removed");
            }
        }
        removed.is_err()
    });
    Survey { records: Kept::ids(home), orphans }
}

/// What is left in the folders that are known to receive, and no record speaks of.
fn orphans(home: &Path, settings: &Settings) -> Vec<Orphan> {
    let mut folders = HashSet::from([settings.inbox.clone()]);
    folders.extend(Kept::list(home).into_iter().filter_map(|listed| match listed.record {
        Record::Receiving(receiving) => receiving.landing.folder,
        Record::Sending(_) => None,
    }));
    let mut found = BTreeMap::<[u8; HALF], Orphan>::new();
    for (path, since) in Kept::damaged(home) {
        folders.extend(folder_in(&path));
        // A name that is no id is given one.
        let named = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        let id = named.unwrap_or_else(|| {
            let hash = blake3::hash(path.as_os_str().as_encoded_bytes());
            TransferId(std::array::from_fn(|i| hash.as_bytes()[i]))
        });
        found.entry(half(id)).or_insert_with(|| Orphan::of(id)).add_record(path, since);
    }
    let known = Kept::ids(home);
    for folder in folders {
        match disk::scraps(&folder, known.iter().copied()) {
            Ok(scraps) => {
                for scraps in scraps {
                    let id = scraps.transfer;
                    found.entry(half(id)).or_insert_with(|| Orphan::of(id)).add_scraps(scraps);
                }
            }
            Err(problem) => tracing::info!(%problem, "a receiving folder can’t be looked through"),
        }
    }
    found.into_values().collect()
}

/// Bytes of an id that partial files are named after.
const HALF: usize = 8;

fn half(id: TransferId) -> [u8; HALF] {
    std::array::from_fn(|i| id.0[i])
}

/// The receiving folder that a damaged record speaks of, if that much of it can be understood.
fn folder_in(path: &Path) -> Option<PathBuf> {
    let record: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let folder = PathBuf::from(record["record"]["receiving"]["landing"]["folder"].as_str()?);
    folder.is_absolute().then_some(folder)
}

impl Orphan {
    fn of(id: TransferId) -> Self {
        Self { id, since: SystemTime::UNIX_EPOCH, records: Vec::new(), scraps: Vec::new() }
    }

    fn add_record(&mut self, path: PathBuf, since: SystemTime) {
        self.since = self.since.max(since);
        self.records.push(path);
    }

    fn add_scraps(&mut self, scraps: Scraps) {
        self.since = self.since.max(scraps.touched);
        // The same folder may be known by two names.
        if !self.scraps.iter().any(|known| known.is_same(&scraps)) {
            self.scraps.push(scraps);
        }
    }

    fn user(&self) -> User {
        let is_free = self.scraps.iter().all(|scraps| scraps.user == User::Nobody);
        if is_free { User::Nobody } else { User::Somebody }
    }

    /// As faces see it.
    #[must_use]
    pub fn shown(&self, settings: &Settings) -> Transfer {
        let bytes = self.scraps.iter().map(|scraps| scraps.bytes).sum();
        let kind = EntryKind::File { size: Some(bytes), mode: FileMode::Regular };
        let name = if self.scraps.is_empty() { "A damaged note of a transfer" } else { "Partial files" };
        let summary = Summary {
            files: self.scraps.iter().map(|scraps| scraps.files).sum(),
            bytes,
            top: vec![TopItem { name: name.to_owned(), kind }],
            ..Summary::default()
        };
        let text = "Airlift doesn’t know any more which transfer they belong to.".to_owned();
        let why = Problem { side: Side::Here, kind: ProblemKind::Other, text };
        Transfer {
            id: self.id,
            direction: Direction::Receive,
            peer: Peer::default(),
            summary,
            folder: self.scraps.first().map(|scraps| scraps.folder.clone()),
            free: None,
            already: 0,
            notes: Vec::new(),
            state: left(why, Rest::Scraps, self.since, settings),
        }
    }

    /// # Errors
    /// When something is in use, or can't be removed.
    pub fn remove(&self) -> Result<(), Problem> {
        for scraps in &self.scraps {
            scraps.remove().map_err(|why| of_files(why.to_string()))?;
        }
        for record in &self.records {
            fs::remove_file(record)
                .map_err(|why| of_files(format!("{} can’t be removed: {why}.", record.display())))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        disk::Names,
        model::{DeviceId, DeviceName},
    };

    struct Place {
        folder: tempfile::TempDir,
        settings: Settings,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let inbox = folder.path().join("in");
            fs::create_dir(&inbox).unwrap();
            Self { folder, settings: Settings { inbox, ..Settings::default() } }
        }

        fn home(&self) -> &Path {
            self.folder.path()
        }

        fn record(&self, number: u8) -> Record {
            let id = TransferId([number; 16]);
            let name = DeviceName::parse("Büro").unwrap();
            let peer = record::Who { id: DeviceId::of_public_key(b"x"), name, address: "host".into() };
            Record::Receiving(record::Receiving {
                id,
                peer,
                landing: Landing { folder: Some(self.settings.inbox.clone()), ..Landing::default() },
                summary: Summary::default(),
                names: Names::default(),
                began: SystemTime::UNIX_EPOCH,
                missing: Missing::Unsent,
            })
        }

        /// A record, and a partial file of it.
        fn receives(&self, number: u8) -> Kept {
            fs::write(self.part(number), "half").unwrap();
            Kept::create(self.home(), &self.record(number)).unwrap()
        }

        fn part(&self, number: u8) -> PathBuf {
            let half = &TransferId([number; 16]).to_string()[..16];
            self.settings.inbox.join(format!(".airlift-{half}-0011223344556677.part"))
        }

        /// Sweeps as if so many days had to pass.
        fn sweep(&self, leftovers: u32) -> Survey {
            sweep(self.home(), &Settings { leftovers, ..self.settings.clone() })
        }
    }

    #[test]
    fn what_is_old_goes_and_what_is_young_or_in_use_or_somebody_s_own_stays() {
        let place = Place::new();
        drop(place.receives(1));
        let in_use = place.receives(2);
        fs::write(place.part(3), "of no record").unwrap();
        fs::write(place.settings.inbox.join("film.part"), "mine").unwrap();
        let survey = place.sweep(1);
        assert_eq!((survey.records.len(), survey.orphans.len()), (2, 1));
        assert_eq!(survey.orphans[0].shown(&place.settings).summary.bytes, 12);
        let survey = place.sweep(0);
        assert_eq!(survey.records, HashSet::from([TransferId([2; 16])]));
        assert_eq!(survey.orphans, []);
        assert_eq!([1, 2, 3].map(|number| place.part(number).exists()), [false, true, false]);
        assert!(place.settings.inbox.join("film.part").exists());
        drop(in_use);
        assert!(place.sweep(0).records.is_empty() && !place.part(2).exists());
        assert!(!given_up::is_noted(place.home(), TransferId([1; 16])), "nobody has decided that");
    }

    #[test]
    fn what_has_a_record_is_no_orphan_and_what_has_a_damaged_one_is() {
        let place = Place::new();
        drop(place.receives(1));
        let path = place.home().join("transfers").join(format!("{}.json", TransferId([1; 16])));
        assert_eq!(place.sweep(30).orphans, []);
        // Of a folder that only this record speaks of.
        let elsewhere = Settings { inbox: place.home().join("other"), ..place.settings.clone() };
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, whole.replace("\"began\"", "\"bygone\"")).unwrap();
        assert!(Kept::all(place.home()).is_empty());
        let orphans = sweep(place.home(), &elsewhere).orphans;
        assert_eq!(orphans.len(), 1);
        orphans[0].remove().unwrap();
        assert!(!place.part(1).exists() && !path.with_extension("damaged").exists());
    }

    #[test]
    fn what_a_person_removes_is_noted_for_its_sender_and_what_is_in_use_is_not_removed() {
        let place = Place::new();
        let id = TransferId([1; 16]);
        let held = place.receives(1);
        assert_eq!(discard(place.home(), id, Decided::Here), Err(in_use()));
        assert!(place.part(1).exists());
        drop(held);
        assert!(discard(place.home(), id, Decided::Here).unwrap().is_some());
        assert!(!place.part(1).exists() && given_up::is_noted(place.home(), id));
        assert_eq!(discard(place.home(), id, Decided::Here), Ok(None));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nothing_old() {
        let (settings, mut record) = (Settings::default(), Place::new().record(1));
        let tomorrow = SystemTime::now() + Duration::from_hours(24);
        assert_eq!(resting(&record, Marks::default(), tomorrow, &settings), None);
        let last_week = SystemTime::now() - Duration::from_hours(24 * 7);
        assert_eq!(resting(&record, Marks::default(), last_week, &settings), Some(Rest::Over));
        let paused = Marks::default().with(Side::Here);
        assert_eq!(resting(&record, paused, last_week, &settings), None, "for as long as it takes");
        let asking = Settings { go_on: GoOn::Ask, ..Settings::default() };
        assert_eq!(resting(&record, Marks::default(), tomorrow, &asking), Some(Rest::Asks));
        if let Record::Receiving(receiving) = &mut record {
            receiving.missing = Missing::Failed;
        }
        assert_eq!(
            resting(&record, Marks::default(), tomorrow, &settings),
            Some(Rest::Over),
            "a person says when"
        );
    }
}
