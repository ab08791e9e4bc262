//! What lies in receiving folders and belongs to no transfer any more, and records that can't be
//! understood.
//!
//! Knows where such things can be. Must not know what is done about them.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::states::{left, of_files};
use crate::{
    disk::{self, Scraps, User},
    engine::transfers::record::{Kept, Record, forget_beside},
    model::{
        Direction, EntryKind, FileMode, Peer, Problem, ProblemKind, Rest, Side, Summary, TopItem, Transfer,
        TransferId, text,
    },
    settings::Settings,
};

/// What is left of a transfer whose record is lost or can't be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    pub id: TransferId,
    /// When anything of it was last changed.
    pub since: SystemTime,
    /// Records that were kept aside.
    records: Vec<PathBuf>,
    pub(super) scraps: Vec<Scraps>,
}

/// What is left in the folders that are known to receive, and no record speaks of.
pub(super) fn orphans(home: &Path, settings: &Settings) -> Vec<Orphan> {
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

    pub(super) fn user(&self) -> User {
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
        let state = left(why, Rest::Scraps, self.since, settings);
        Transfer {
            summary,
            folder: self.scraps.first().map(|scraps| scraps.folder.clone()),
            ..Transfer::new(self.id, Direction::Receive, Peer::default(), state)
        }
    }

    /// # Errors
    /// When something is in use, or can't be removed.
    pub fn remove(&self) -> Result<(), Problem> {
        for scraps in &self.scraps {
            scraps.remove().map_err(|why| of_files(why.to_string()))?;
        }
        for record in &self.records {
            forget_beside(record);
            fs::remove_file(record).map_err(|why| {
                of_files(format!("{} can’t be removed: {}.", record.display(), text::reason(&why)))
            })?;
        }
        Ok(())
    }
}
