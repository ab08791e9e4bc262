//! What is noted in a transfer's ledger while its files get their names: an intent before, and that it is stored after.
//!
//! Knows the order in which that must be. Must not know how a file gets its name.

use std::io;

use cap_std::fs::Metadata;

use super::{
    screened::Screened,
    shared::{Book, Missing, Shared},
};
use crate::{
    disk::{
        inbox::local::{above, last},
        ledger::Saved,
        naming::Numbering,
        system::{attributes, identity::Identity},
    },
    model::{Arrival, Digest, Entry, EntryKind, EntryNo, Screening, Timestamp},
};

/// A file that is about to get this name, as far as can be seen.
pub struct Intent {
    pub file: Screened,
    /// Below the receiving folder.
    pub path: Box<str>,
}

/// Notes what is about to be stored, and under which names. It must be made to [last](make_last) before one is given.
pub fn intend(shared: &Shared, group: Vec<Screened>) -> Vec<Intent> {
    let intents: Vec<_> = group
        .into_iter()
        .map(|file| Intent { path: shared.probable_name(file.entry()).unwrap_or_default(), file })
        .collect();
    if let Some(book) = shared.book() {
        let note = |Intent { file, path }: &Intent| {
            let said = file.screening();
            note_of(shared, book, file.entry(), &file.metadata()?, (path, file.size(), file.digest(), said))
        };
        book.ledger.intend(&intents.iter().filter_map(note).collect::<Vec<_>>());
    }
    intents
}

/// Notes that a file is about to get another name than was seen to be free, and makes that last.
pub fn intend_instead(
    shared: &Shared,
    no: EntryNo,
    there: &Metadata,
    named: (&str, u64, Digest, &Screening),
) {
    let Some(book) = shared.book() else { return };
    if let Some(note) = note_of(shared, book, no, there, named) {
        book.ledger.intend(&[note]);
        book.ledger.sync();
    }
}

fn note_of(
    shared: &Shared,
    book: &Book,
    no: EntryNo,
    there: &Metadata,
    (path, size, digest, screening): (&str, u64, Digest, &Screening),
) -> Option<(Arrival, Saved)> {
    let identity = Identity::of(there);
    let arrival = arrival(book, shared.entry(no)?)?;
    Some((
        arrival,
        Saved { path: path.into(), size, digest, identity, screening: screening.clone(), touched: None },
    ))
}

/// Makes what was intended last, unless one of these disks, all of which was synced since, has it.
pub fn make_last(shared: &Shared, synced: impl IntoIterator<Item = usize>) {
    let Some(book) = shared.book() else { return };
    let device = book.ledger.device();
    let is_synced = synced.into_iter().any(|disk| device.is_some() && shared.disks.device(disk) == device);
    if !is_synced {
        book.ledger.sync();
    }
}

/// These have their names, and they will last; with when each was changed last as it got its own.
pub fn stored(shared: &Shared, files: impl Iterator<Item = (EntryNo, Option<Timestamp>)>) {
    let Some(book) = shared.book() else { return };
    let stored = files.filter_map(|(no, touched)| Some((book.accord.mark(shared.entry(no)?), touched)));
    book.ledger.stored(&stored.collect::<Vec<_>>());
}

/// When anything of what stands at a path was changed last.
pub fn touched(shared: &Shared, path: &str) -> Option<Timestamp> {
    shared.book()?;
    let folder = shared.folder(above(path), Missing::Fail).ok()?;
    attributes::touched(&folder.dir.symlink_metadata(last(path)).ok()?)
}

/// These stood there already, and are what was offered.
pub fn found(shared: &Shared, files: impl Iterator<Item = EntryNo>) {
    let Some(book) = shared.book() else { return };
    let arrivals = files.filter_map(|no| arrival(book, shared.entry(no)?));
    book.ledger.found(&arrivals.collect::<Vec<_>>());
}

fn arrival(book: &Book, entry: &Entry) -> Option<Arrival> {
    let EntryKind::File { size, .. } = entry.kind else { return None };
    Some(Arrival { mark: book.accord.mark(entry), size: size.unwrap_or_default(), modified: entry.modified })
}

impl Shared {
    /// The path that a file will most probably have: of a name that is free, or that it may take. `None` where its folder
    /// doesn't say what is free.
    fn probable_name(&self, no: EntryNo) -> Option<Box<str>> {
        let (entry, ..) = self.file(no).ok()?;
        let planned = self.local(&entry.path);
        let folder = self.folder(above(&planned), Missing::Fail).ok()?;
        let is_free = |name: &str| match folder.dir.symlink_metadata(name) {
            Ok(_) => Some(false),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Some(true),
            Err(_) => None,
        };
        if self.plan.target(no).is_some() || is_free(last(&planned))? {
            return Some(planned.into());
        }
        let rules = self.names_for(entry.path.as_str());
        let wish = self.plan.names.wish(rules, entry.path.as_str());
        let mut number = 1;
        let name = loop {
            let name = rules.numbered(&wish, number, Numbering::File);
            if is_free(&name)? {
                break name;
            }
            number += 1;
        };
        Some(match above(&planned) {
            "" => name.into(),
            parent => format!("{parent}/{name}").into(),
        })
    }
}
