//! What this home keeps of transfers that are not over, as a person meets it: listed, removed, and
//! swept when nobody has wanted it for long.
//!
//! Knows records and what lies in receiving folders. Must not know tasks, or who goes on with a
//! transfer. Everything here blocks.

mod orphan;
mod states;

use std::{collections::HashSet, io, path::Path, time::SystemTime};

use super::{
    given_up,
    record::{self, Found, Kept, Listed, Record},
};
use crate::{
    disk::{self, EmptyFolders, Saved, User},
    model::{FileFate, FileRecord, Landing, Problem, ProblemKind, Side, Transfer, TransferId},
    settings::Settings,
};
pub use orphan::Orphan;
use orphan::orphans;
use states::{is_over, of_files};
pub use states::{left, not_running, resting, shown, waiting, why};

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
    let Listed { record, agreed, interrupted, user, marks } = listed;
    let there = there(&record);
    let began = match &record {
        Record::Sending(sending) => sending.began,
        Record::Receiving(receiving) => receiving.began,
    };
    let state = match resting(&record, agreed, (marks, interrupted), settings) {
        Some(rest) => left(why(&record), rest, interrupted, settings),
        None => waiting(marks),
    };
    let transfer = Transfer { done: there, ..shown(&record, state) };
    KeptTransfer { transfer, began: Some(began), interrupted, there, user, orphan: None }
}

/// Bytes of it that are in the receiving folder; `None` for one that sends.
#[must_use]
pub fn there(record: &Record) -> Option<u64> {
    let Record::Receiving(receiving) = record else { return None };
    let folder = receiving.landing.folder.as_deref().unwrap_or(Path::new(""));
    let held = disk::held(folder, receiving.id, &receiving.names);
    Some(held.partial + held.stored)
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

/// What had come of a transfer that nobody goes on with, and where it stands here.
#[must_use]
pub fn came(home: &Path, id: TransferId) -> Vec<FileRecord> {
    let Found::Kept(kept, record) = Kept::find(home, id) else { return Vec::new() };
    let Record::Receiving(record::Receiving { landing, names, .. }) = *record else { return Vec::new() };
    let Landing { folder: Some(folder), .. } = landing else { return Vec::new() };
    let offers = names.offers();
    let file = |Saved { path, size, digest, screening, .. }: Saved| FileRecord {
        at: Some(folder.join(&*path)),
        path: offers.offered(&path),
        size: Some(size),
        fate: FileFate::Stored { digest: Some(digest), screening },
    };
    kept.ledger().saved().into_iter().map(file).collect()
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

/// Removes what nobody has gone on with for as long as the settings say, and says what is there
/// after that.
#[must_use]
pub fn sweep(home: &Path, settings: &Settings) -> Survey {
    let limit = settings.leftovers();
    given_up::sweep(home, limit);
    Kept::sweep(home);
    for listed in Kept::list(home) {
        let id = listed.record.id();
        // What the other side has paused, and never taken up again, goes like everything else.
        let is_paused = listed.marks.has(Side::Here);
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

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf, time::Duration};

    use super::*;
    use crate::{
        disk::Names,
        engine::transfers::{
            marks::Marks,
            record::{Agreed, Missing},
        },
        model::{DeviceId, DeviceName, Rest, Summary},
        settings::GoOn,
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
                said: record::Said::Person,
                volume: None,
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
        assert_eq!(resting(&record, Agreed::Known, (Marks::default(), tomorrow), &settings), None);
        let last_week = SystemTime::now() - Duration::from_hours(24 * 7);
        assert_eq!(
            resting(&record, Agreed::Known, (Marks::default(), last_week), &settings),
            Some(Rest::Over)
        );
        let paused = Marks::default().with(Side::Here);
        assert_eq!(
            resting(&record, Agreed::Known, (paused, last_week), &settings),
            None,
            "for as long as it takes"
        );
        let asking = Settings { go_on: GoOn::Ask, ..Settings::default() };
        assert_eq!(resting(&record, Agreed::Known, (Marks::default(), tomorrow), &asking), Some(Rest::Asks));
        let unknown = resting(&record, Agreed::Unknown, (Marks::default(), tomorrow), &settings);
        assert_eq!(unknown, Some(Rest::Asks), "what was agreed is not known");
        if let Record::Receiving(receiving) = &mut record {
            receiving.missing = Missing::Failed;
        }
        assert_eq!(
            resting(&record, Agreed::Known, (Marks::default(), tomorrow), &settings),
            Some(Rest::Over),
            "a person says when"
        );
    }
}
