//! What whoever keeps account is told of files: as they were offered, with what became of them and where they stand here.
//!
//! Knows the intake. Must not know the session.

use std::{ops::Range, sync::Arc};

use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    disk::{Before, Intake},
    model::{Caught, EntryKind, EntryNo, FileFate, FileRecord, Screening},
    transfer::{Account, Ended, stages::Halt, tally::Tally, telling::Telling},
    wire::limits,
};

/// Tells of what got its name when nobody listened any more: the stages have ended by now.
pub async fn tell_the_rest(
    intake: &Arc<Intake>,
    account: &Arc<dyn Account>,
    (tally, telling): (&Tally, Option<Telling>),
    ended: &Ended,
) {
    if let Some(telling) = telling {
        telling.end(ended).await;
    }
    if tally.is_settled() {
        return;
    }
    let count = EntryNo::try_from(intake.len()).unwrap_or(EntryNo::MAX);
    let open: Vec<_> = (0..count).filter(|no| tally.awaits(*no)).collect();
    let (intake, account) = (Arc::clone(intake), Arc::clone(account));
    let looking = spawn_blocking(move || {
        for no in open {
            if let (Some((path, offered)), Some(before)) = (file(&intake, no), intake.noted(no)) {
                account.settled_before(record(&intake, path, offered, Some(before)));
            }
        }
        // Where it takes longer than anybody waits for it.
        account.all_told();
    });
    let _ = timeout(limits::ENDING, looking).await;
}

/// Tells of what was settled before anything comes, until it is halted: another attempt tells the rest. Blocks.
pub fn tell(intake: &Intake, unwanted: &[Range<EntryNo>], account: &dyn Account, halt: &Halt) {
    let goes_on = |_: &EntryNo| !halt.is_told();
    let unheard = |no: &EntryNo| file(intake, *no).is_some_and(|(path, _)| !account.has(&path));
    for no in intake.stored().iter().flat_map(Clone::clone).take_while(goes_on).filter(unheard) {
        if let Some((path, offered)) = file(intake, no) {
            account.settled_before(record(intake, path, offered, intake.stored_before(no)));
        }
    }
    for no in unwanted.iter().flat_map(Clone::clone).take_while(goes_on).filter(unheard) {
        if let Some((path, size)) = file(intake, no) {
            account.settled_before(FileRecord { path, at: None, size, fate: FileFate::LeftOut });
        }
    }
    account.all_told();
}

/// A file that has come.
fn record(intake: &Intake, path: String, offered: Option<u64>, before: Option<Before>) -> FileRecord {
    let (at, size, fate) = match before {
        Some(Before::Stored { path, size, digest, screening }) => {
            (Some(path), Some(size), FileFate::Stored { digest: Some(digest), screening })
        }
        Some(Before::Found { path }) => (Some(path), offered, FileFate::Already { digest: None }),
        Some(Before::Apart { digest, why }) => {
            let digest = Some(digest);
            let fate = match why {
                Caught::Held(why) => FileFate::Held { digest, why },
                Caught::Infected(name) => FileFate::Infected { digest, name },
            };
            (None, offered, fate)
        }
        // Where not even that is noted, there is no word of a look.
        None => (None, offered, FileFate::Stored { digest: None, screening: Screening::Off }),
    };
    FileRecord { path, at: at.map(|at| intake.place(&at)), size, fate }
}

/// A file as it was offered, and its size in bytes where that was told.
pub fn file(intake: &Intake, no: EntryNo) -> Option<(String, Option<u64>)> {
    let entry = intake.entry(no)?;
    match entry.kind {
        EntryKind::File { size, .. } => Some((entry.path.as_str().to_owned(), size)),
        EntryKind::Folder => None,
    }
}
