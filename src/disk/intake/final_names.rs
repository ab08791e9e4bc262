//! Gives verified files their names, many at a time and to last.
//!
//! The order is the promise: content, and what is about to be stored, are synced before a file gets its name, and the
//! name is synced before anybody hears of it. So a power cut leaves a file whole under its name, or absent, and the
//! next attempt knows which.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
};

use super::{
    apart,
    noted::{self, Intent},
    partial::{Form, Whole},
    placed::{Apart, Placed, Stored},
    screened::Screened,
    shared::{Missing, Shared},
};
use crate::{
    disk::{
        error::DiskError,
        inbox::{
            local::{above, ancestors, last},
            plan::Target,
        },
        kind::Kind,
        ledger::Saved,
        naming::Numbering,
        system::{
            attributes,
            identity::{self, Identity},
            modes, nameless, rename, sync,
        },
        watch::Goes,
    },
    model::{EntryNo, Screening},
};

/// From this many folders on, one sync of the whole disk is cheaper than one of each.
const MANY: usize = 4;

type Named = (EntryNo, Result<Stored, DiskError>);

/// See [`Intake::store`](crate::disk::Intake::store).
pub(in crate::disk) fn store(
    shared: &Shared,
    group: Vec<Screened>,
) -> Vec<(EntryNo, Result<Placed, DiskError>)> {
    let (group, mut apart): (Vec<_>, Vec<_>) =
        group.into_iter().partition(|file| file.goes(shared) == Goes::In);
    let mut reported = Vec::with_capacity(group.len());
    let mut stored = Vec::with_capacity(group.len());
    let mut touched = HashMap::with_capacity(group.len());
    for (Intent { mut file, path }, synced) in sync_content(shared, noted::intend(shared, group)) {
        if shared.is_abandoned() {
            // Nobody waits until a large group is through: what would get its name later than that would be told to nobody.
            continue;
        }
        let said = file.screening().clone();
        file.look_again();
        if *file.screening() != said
            && let Some(there) = file.metadata()
        {
            noted::intend_instead(
                shared,
                file.entry(),
                &there,
                (&path, file.size(), file.digest(), file.screening()),
            );
        }
        if synced.is_ok() && file.goes(shared) != Goes::In {
            apart.push(file);
            continue;
        }
        let (file, screening) = file.into_parts();
        let (no, digest, size) = (file.entry(), file.digest(), file.size());
        match synced.map(|()| file.into_whole()) {
            Ok(Some(whole)) => match name(shared, no, (whole, screening), &path) {
                Ok(file) => {
                    // At once: what is done to it from now on is its person's.
                    touched.insert(no, noted::touched(shared, file.path.as_str()));
                    stored.push((no, file));
                }
                Err(error) => reported.push((no, Err(error))),
            },
            Ok(None) => {
                let path = shared.file(no).map(|(entry, ..)| entry.path.clone());
                reported.push((no, path.map(|path| Stored { digest, size, path, screening })));
            }
            Err(error) => reported.push((no, Err(error))),
        }
    }
    let stored = sync_names(shared, stored);
    let lasts = stored.iter().filter(|(_, file)| file.is_ok()).map(|(no, _)| *no);
    noted::stored(shared, lasts.map(|no| (no, touched.get(&no).copied().flatten())));
    reported.extend(stored);
    let named = reported.into_iter().map(|(no, result)| (no, result.map(Placed::Named)));
    let apart = apart.into_iter().map(|file| (file.entry(), keep_out(shared, file).map(Placed::Apart)));
    named.chain(apart).collect()
}

/// Has a file get no name.
fn keep_out(shared: &Shared, file: Screened) -> Result<Apart, DiskError> {
    match file.goes(shared) {
        Goes::Nowhere => Err(apart::refused(&file)),
        Goes::In | Goes::IntoQuarantine => apart::put(shared, file),
    }
}

/// Makes the content of each file durable, and what is intended with it: of all on one disk at once where that is
/// possible.
fn sync_content(shared: &Shared, group: Vec<Intent>) -> Vec<(Intent, Result<(), DiskError>)> {
    let mut on_disk: HashMap<usize, usize> = HashMap::new();
    for disk in group.iter().filter_map(|intent| intent.file.disk()) {
        *on_disk.entry(disk).or_default() += 1;
    }
    let at_once: HashMap<usize, io::Result<()>> = on_disk
        .into_iter()
        .filter(|(_, files)| *files > 1)
        .filter_map(|(disk, _)| Some((disk, shared.disks.sync(disk)?)))
        .collect();
    let sync = |file: &Screened| match file.disk().and_then(|disk| at_once.get(&disk)) {
        Some(Ok(())) => Ok(()),
        Some(Err(why)) => Err(shared.failed(&file.path(), sync::again(why))),
        None => file.sync(),
    };
    let synced: Vec<_> = group.iter().map(|intent| sync(&intent.file)).collect();
    noted::make_last(shared, at_once.iter().filter(|(_, done)| done.is_ok()).map(|(disk, _)| *disk));
    group.into_iter().zip(synced).collect()
}

/// Renames a file from its partial name to its own, or to the next free one; `intended` is noted as the one it gets.
fn name(
    shared: &Shared,
    no: EntryNo,
    (file, screening): (Whole, Screening),
    intended: &str,
) -> Result<Stored, DiskError> {
    let (entry, ..) = shared.file(no)?;
    let planned = shared.local(&entry.path);
    let folder = shared.folder(above(&planned), Missing::Fail)?;
    file.open_up(&folder.dir);
    let take = |name: &str| {
        let path = match above(&planned) {
            "" => name.to_owned(),
            parent => format!("{parent}/{name}"),
        };
        if path != intended {
            if folder.dir.symlink_metadata(name).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let there = file.form.metadata(&folder.dir)?;
            noted::intend_instead(shared, no, &there, (&path, file.size, file.digest, &screening));
        }
        let part = match &file.form {
            Form::Named(part) => part,
            // It can take no other's place.
            Form::Nameless(file) => return nameless::name(file, &folder.dir, name),
        };
        // Under the very name: a numbered one was never meant to be replaced.
        if let Some(target) = shared.plan.target(no)
            && name == last(&planned)
            && shared.may_replace(&path, target)
        {
            // What its person keeps from others is not opened to them by a new version.
            let there = folder.dir.symlink_metadata(name)?;
            let _ = modes::as_private_as(&folder.dir, part, &there);
            return rename::replace(&folder.dir, part, name);
        }
        rename::no_clobber(&folder.dir, part, name)
    };
    let path = shared.take_free(entry.path.as_str(), Numbering::File, take)?;
    let Whole { part, journal, digest, size, .. } = file;
    part.stored();
    drop(journal);
    Ok(Stored { digest, size, path, screening })
}

/// An earlier attempt may have ended between a file's renaming and the last sync: what it has stored must be sure to
/// last before anybody hears that it is there.
pub fn settle(shared: &Shared) -> Result<(), DiskError> {
    let Some(book) = shared.book() else { return Ok(()) };
    let unsettled = book.ledger.unsettled();
    // What was moved away since is its person's affair.
    let is_there = |folder: &&str| shared.folder(folder, Missing::Fail).is_ok();
    let above = unsettled.iter().flat_map(|(_, path)| ancestors(path)).filter(is_there);
    let folders = above.map(Box::from).collect();
    sync_folders(shared, &folders).into_values().next().map_or(Ok(()), Err)?;
    // Whether anything was done to them before this, nobody knows: their content must tell.
    book.ledger.stored(&unsettled.iter().map(|(mark, _)| (*mark, None)).collect::<Vec<_>>());
    Ok(())
}

/// Makes the names durable, and those of the folders above them that are new.
fn sync_names(shared: &Shared, stored: Vec<(EntryNo, Stored)>) -> Vec<Named> {
    let mut folders = BTreeSet::new();
    {
        let mut made = shared.made();
        for (_, file) in &stored {
            let path = file.path.as_str();
            folders.insert(above(path).into());
            folders.extend(ancestors(path).filter_map(|folder| made.unsynced.take(folder)));
            made.save(path);
        }
    }
    let failed = sync_folders(shared, &folders);
    // Those that failed have their names, but nobody may rely on it.
    let report = |file: Stored| {
        let error = ancestors(file.path.as_str()).find_map(|folder| failed.get(folder)).cloned();
        error.map_or(Ok(file), Err)
    };
    stored.into_iter().map(|(no, file)| (no, report(file))).collect()
}

impl Shared {
    /// True where what stands at a path is what may be replaced. What this transfer has stored must be untouched since,
    /// or at least have the same content.
    fn may_replace(&self, path: &str, target: &Target) -> bool {
        let there = self
            .folder(above(path), Missing::Fail)
            .and_then(|folder| folder.dir.symlink_metadata(last(path)).map_err(|why| self.failed(path, why)));
        let Ok(there) = there else { return false };
        match target {
            _ if !matches!(Kind::of(&there), Kind::File) => false,
            Target::Told(stood) => identity::is_as_it_stood(&there, *stood),
            Target::Own(Saved { size, .. }) if *size != there.len() => false,
            Target::Own(Saved { digest, identity, touched, .. }) => {
                let now = (Identity::of(&there), attributes::touched(&there));
                let is_untouched = identity.is_some() && touched.is_some() && now == (*identity, *touched);
                is_untouched || self.hash(path, &|| false).is_ok_and(|found| found == Some(*digest))
            }
        }
    }
}

/// Syncs the names in folders, and returns those that it failed for.
pub(in crate::disk) fn sync_folders(
    shared: &Shared,
    folders: &BTreeSet<Box<str>>,
) -> BTreeMap<Box<str>, DiskError> {
    let mut at_once = HashMap::new();
    let mut sync = |path: &str| {
        let folder = match shared.folder(path, Missing::Fail) {
            // It was taken away since: what is in it has its name. Whether that lasts, nobody can say.
            Err(DiskError::NoPermission(_)) => {
                shared.disks.doubt();
                return Ok(());
            }
            folder => folder?,
        };
        let whole = if folders.len() < MANY {
            &None
        } else {
            at_once.entry(folder.disk).or_insert_with(|| shared.disks.sync(folder.disk))
        };
        let synced = match whole {
            Some(Ok(())) => Ok(()),
            Some(Err(why)) => Err(sync::again(why)),
            None => {
                return shared.patiently(|| {
                    let synced = shared.disks.sync_folder(&folder.dir, folder.disk);
                    synced.map_err(|why| shared.failed(path, why))
                });
            }
        };
        synced.map_err(|why| shared.failed(path, why))
    };
    folders.iter().filter_map(|path| Some((path.clone(), sync(path).err()?))).collect()
}
