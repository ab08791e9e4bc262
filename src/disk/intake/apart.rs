//! Puts a file into quarantine, in the place of giving it its name.
//!
//! The order is the promise: its content is synced, then its note, then it is moved, then the ledger knows. A crash in
//! between leaves a partial file, or something in quarantine that the next attempt finds there. Must not know who has
//! found what.

use super::{
    partial::{Form, Whole},
    placed::Apart,
    screened::Screened,
    shared::{Missing, Shared},
};
use crate::{
    disk::{
        error::DiskError,
        inbox::local::above,
        quarantine::{Beside, Body, Facts},
    },
    model::{Arrival, Caught, EntryKind, Screening},
};

/// Puts a file apart for what was said of it; or says why it is not taken.
pub fn put(shared: &Shared, file: Screened) -> Result<Apart, DiskError> {
    file.sync()?;
    let shown = file.shown();
    let (file, screening) = file.into_parts();
    let no = file.entry();
    let why = match screening {
        Screening::Infected(name) => Caught::Infected(name),
        Screening::NotScanned(why) => Caught::Held(why),
        // Nothing was said that could keep it out.
        Screening::Off | Screening::Clean => return Err(DiskError::NotWanted(no)),
    };
    let quarantine = shared.watch.quarantine().ok_or(DiskError::NotWanted(no))?;
    let Some(whole) = file.into_whole() else { return Err(DiskError::Vanished(shown)) };
    let (entry, offered_size, mode) = shared.file(no)?;
    let path = shared.local(&entry.path).into_owned();
    let folder = shared.folder(above(&path), Missing::Fail)?;
    let mark = shared.book().map(|book| book.accord.mark(entry));
    let facts = Facts {
        transfer: shared.transfer,
        offered: entry.path.as_str(),
        offered_size,
        offered_time: entry.modified.map(|time| (time.seconds, time.nanos)),
        folder: shared.inbox.folder().to_owned(),
        path: path.clone(),
        size: whole.size,
        digest: whole.digest,
        mode,
        access: entry.access,
        why: why.clone(),
        from: &shared.watch.from,
        mark: mark.map(|mark| mark.0),
    };
    let body = match &whole.form {
        Form::Named(name) => Body::Named { dir: &folder.dir, name },
        Form::Nameless(file) => Body::Nameless(file),
    };
    let top = shared.inbox.folder();
    let beside = vec![
        Beside { dir: &shared.inbox.dir, path: top.to_owned() },
        Beside { dir: &folder.dir, path: top.join(above(&path)) },
    ];
    quarantine.put(&body, &facts, beside)?;
    let Whole { part, journal, digest, size, .. } = whole;
    part.stored();
    drop(journal);
    if let (Some(book), Some(mark)) = (shared.book(), mark)
        && let EntryKind::File { size: offered, .. } = entry.kind
    {
        let arrival = Arrival { mark, size: offered.unwrap_or_default(), modified: entry.modified };
        book.ledger.caught(&[(arrival, digest, why.clone())]);
        book.ledger.sync();
    }
    Ok(Apart { digest, size, why })
}

/// Why a file that could not be looked into is not taken.
pub fn refused(file: &Screened) -> DiskError {
    match file.screening() {
        Screening::NotScanned(why) => DiskError::Unscanned { path: file.shown(), why: why.clone() },
        _ => DiskError::NotWanted(file.entry()),
    }
}
