//! What is noted of a file in quarantine: enough to say what it is, and to give it its name after all.
//!
//! Plain JSON, so that it can be read where Airlift can't. Knows its form. Must not know where it lies.

use std::{
    io,
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    disk::{inbox::local::last, system::volume::Volume},
    model::{
        Access, Caught, DeviceId, Digest, FileMode, QuarantineId, QuarantineItem, QuarantinePlace,
        TransferId, text,
    },
};

/// How a note's name ends.
pub const ENDING: &str = ".json";

/// More than any note has, in bytes: what is longer is none.
pub const LONGEST: u64 = 64 * 1024;

const VERSION: u32 = 1;

/// Who has sent a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct From {
    pub id: Option<DeviceId>,
    /// What they call themselves; may be empty.
    pub name: String,
}

/// A file that is to be kept apart, as its transfer knows it.
pub struct Facts<'a> {
    pub transfer: TransferId,
    /// As it was offered.
    pub offered: &'a str,
    /// As it was offered.
    pub offered_size: Option<u64>,
    pub offered_time: Option<(i64, u32)>,
    /// The receiving folder, absolute.
    pub folder: PathBuf,
    /// Below that, where it was to go.
    pub path: String,
    /// In bytes.
    pub size: u64,
    pub digest: Digest,
    pub mode: FileMode,
    pub access: Access,
    pub why: Caught,
    pub from: &'a From,
    /// By which the transfer's ledger knows it; `None` where there is none.
    pub mark: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    version: u32,
    /// As it was offered, fit to be shown.
    pub name: String,
    pub folder: PathBuf,
    pub path: String,
    pub size: u64,
    digest: String,
    pub why: Caught,
    /// In seconds since 1970.
    since: u64,
    from: Option<String>,
    from_name: String,
    transfer: String,
    /// Its path as it was offered; missing in what earlier builds have noted.
    #[serde(default)]
    offered: Option<String>,
    pub mark: Option<u64>,
    pub offered_size: Option<u64>,
    pub offered_time: Option<(i64, u32)>,
    is_program: bool,
    is_private: bool,
    /// The folder that the file lies in.
    pub lies: PathBuf,
    /// Its disk, as far as that can be known again.
    pub volume: Option<Volume>,
}

impl Note {
    pub fn of(facts: &Facts<'_>, lies: PathBuf) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self {
            version: VERSION,
            name: text::visible(last(facts.offered)).into_owned(),
            folder: facts.folder.clone(),
            path: facts.path.clone(),
            size: facts.size,
            digest: facts.digest.to_string(),
            why: facts.why.clone(),
            since,
            from: facts.from.id.map(|id| id.to_string()),
            from_name: text::visible(&facts.from.name).into_owned(),
            transfer: facts.transfer.to_string(),
            offered: Some(facts.offered.to_owned()),
            mark: facts.mark,
            offered_size: facts.offered_size,
            offered_time: facts.offered_time,
            is_program: facts.mode == FileMode::Executable,
            is_private: facts.access == Access::Private,
            volume: Volume::of(&lies),
            lies,
        }
    }

    /// # Errors
    /// When a path in it is no text.
    pub fn written(&self) -> io::Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }

    /// `None` of what is no note of this version.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(bytes).ok().filter(|note| note.version == VERSION)
    }

    pub fn is_of(&self, transfer: TransferId) -> bool {
        self.transfer == transfer.to_string()
    }

    /// By which transfer it came, and its path as it was offered.
    pub fn origin(&self) -> Option<(TransferId, String)> {
        Some((self.transfer.parse().ok()?, self.offered.clone().unwrap_or_else(|| self.path.clone())))
    }

    pub fn digest(&self) -> Option<Digest> {
        let bytes = data_encoding::HEXLOWER.decode(self.digest.as_bytes()).ok()?;
        Some(Digest(bytes.try_into().ok()?))
    }

    pub fn mode(&self) -> FileMode {
        if self.is_program { FileMode::Executable } else { FileMode::Regular }
    }

    pub fn access(&self) -> Access {
        if self.is_private { Access::Private } else { Access::Shared }
    }

    pub fn item(&self, id: QuarantineId, place: QuarantinePlace) -> Option<QuarantineItem> {
        Some(QuarantineItem {
            id,
            name: self.name.clone(),
            folder: self.folder.clone(),
            path: text::visible(&self.path).into_owned(),
            size: self.size,
            digest: Some(self.digest()?),
            why: Some(self.why.clone()),
            since: UNIX_EPOCH + Duration::from_secs(self.since),
            from: self.from.as_deref().and_then(|id| id.parse().ok()),
            from_name: self.from_name.clone(),
            place,
        })
    }
}
