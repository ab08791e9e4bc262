//! Files that seem to be there already are compared with the ones that are offered.
//!
//! Knows where an offered file may stand, and reads what is there; never writes. What is called the
//! same is made durable first, whoever has written it: it counts as stored.

use std::{
    collections::{BTreeSet, HashMap},
    io::{self, ErrorKind},
};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::{Metadata, OpenOptions};

use super::{
    accepted::Intake,
    noted,
    shared::{Missing, Shared},
};
use crate::{
    disk::{
        error::DiskError,
        inbox::{
            local::{above, last},
            plan::{BESIDE, is_as_long, may_be},
            probe::Traits,
        },
        naming::Numbering,
        places::digest_of,
        system::sync,
    },
    model::{Digest, EntryNo},
};

/// What a comparison has found.
#[derive(Debug)]
pub enum Compared {
    Same(Same),
    /// From now on the file is wanted.
    Differs,
    /// Nobody waits for it any more.
    Over,
}

/// A file that is there and the same as the one that is offered.
#[derive(Debug)]
pub struct Same {
    no: EntryNo,
    /// In bytes.
    pub size: u64,
    pub digest: Digest,
    disk: usize,
    /// Where it stands, below the receiving folder.
    pub path: String,
}

impl Intake {
    /// Compares a file that seems to be there with the digest of the one that is offered. One that
    /// is not the same, or can't be read, is wanted from then on.
    ///
    /// `is_over` is asked between two pieces of content.
    pub fn compare(&self, no: EntryNo, digest: Digest, is_over: &dyn Fn() -> bool) -> Compared {
        let shared = self.shared();
        let Ok((entry, ..)) = shared.file(no) else { return Compared::Differs };
        let planned = shared.local(&entry.path);
        let parent = above(&planned);
        let Traits { names, times, .. } = shared.plan.traits_for(entry.path.as_str(), shared.inbox.traits);
        let wish = shared.plan.names.wish(names, entry.path.as_str());
        let beside = (1..=BESIDE).map(|number| (number, names.numbered(&wish, number, Numbering::File)));
        let beside = beside.map(|(number, name)| match parent {
            "" => (number, name),
            _ => (number, format!("{parent}/{name}")),
        });
        // One that was stored beside another before stands under a number.
        for (number, path) in std::iter::once((0, planned.clone().into_owned())).chain(beside) {
            // What the plan has found is this transfer's own, perhaps, whatever its time is by now.
            let is_candidate = |there: &Metadata| {
                if path == planned { is_as_long(there, entry) } else { may_be(number, times, there, entry) }
            };
            match shared.read(&path, &is_candidate, is_over) {
                Ok(Some((found, size, disk))) if found == digest => {
                    return Compared::Same(Same { no, size, digest, disk, path });
                }
                Ok(_) if is_over() => return Compared::Over,
                Ok(_) => {}
                // A name that another entry has is none of this one's.
                Err(why) if why.kind() == ErrorKind::NotFound => {}
                Err(problem) => tracing::info!(%problem, no, "what is there can’t be compared"),
            }
        }
        self.differ().insert(no);
        Compared::Differs
    }

    /// Makes files that were found to be the same as durable as those that are stored.
    #[must_use]
    pub fn make_last(&self, group: Vec<Same>) -> Vec<(EntryNo, Result<Same, DiskError>)> {
        let shared = self.shared();
        let mut disks = HashMap::new();
        for same in &group {
            disks.entry(same.disk).or_insert_with(|| shared.disks.sync(same.disk));
        }
        let mut folders = BTreeSet::new();
        let mut sync = |same: &Same| match disks.get(&same.disk) {
            Some(Some(Ok(()))) => Ok(()),
            Some(Some(Err(why))) => Err(shared.failed(&same.path, sync::again(why))),
            Some(None) | None => {
                let folder = shared.folder(above(&same.path), Missing::Fail)?;
                let mut synced =
                    shared.open(&same.path).and_then(|file| shared.disks.hear(settle(&file.into_std())));
                if folders.insert(above(&same.path).to_owned()) {
                    synced = synced.and_then(|()| shared.disks.sync_folder(&folder.dir, folder.disk));
                }
                synced.map_err(|why| shared.failed(&same.path, why))
            }
        };
        let lasting: Vec<_> = group.into_iter().map(|same| (same.no, sync(&same).map(|()| same))).collect();
        noted::found(shared, lasting.iter().filter(|(_, result)| result.is_ok()).map(|(no, _)| *no));
        lasting
    }
}

/// Not every system syncs what was opened for reading alone: there it is as durable as whoever wrote
/// it has made it.
fn settle(file: &std::fs::File) -> io::Result<()> {
    match file.sync_all() {
        Err(why) if cfg!(not(unix)) && why.kind() == ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

impl Shared {
    /// The digest of what stands at a path, its size and its disk; `None` when that is no candidate,
    /// or changes while it is read, or it is over.
    fn read(
        &self,
        path: &str,
        is_candidate: &dyn Fn(&Metadata) -> bool,
        is_over: &dyn Fn() -> bool,
    ) -> io::Result<Option<(Digest, u64, usize)>> {
        let like = self.open(path)?.metadata()?;
        if !is_candidate(&like) {
            return Ok(None);
        }
        let Some(digest) = self.hash(path, is_over)? else { return Ok(None) };
        let folder = self.folder(above(path), Missing::Fail).map_err(io::Error::other)?;
        Ok(Some((digest, like.len(), folder.disk)))
    }

    /// The digest of what stands at a path; `None` when that changes while it is read, or it is over.
    pub(in crate::disk) fn hash(&self, path: &str, is_over: &dyn Fn() -> bool) -> io::Result<Option<Digest>> {
        digest_of(&mut self.open(path)?.into_std(), is_over)
    }

    /// Opens what stands at a path, for reading and never through a link.
    fn open(&self, path: &str) -> io::Result<cap_std::fs::File> {
        let folder = self.folder(above(path), Missing::Fail).map_err(io::Error::other)?;
        let there = folder.dir.symlink_metadata(last(path))?;
        if !there.is_file() {
            // Opening a device can have effects of its own.
            return Err(ErrorKind::InvalidInput.into());
        }
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        folder.dir.open_with(last(path), &options)
    }
}
