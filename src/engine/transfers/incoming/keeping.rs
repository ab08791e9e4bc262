//! What was accepted is kept before anything comes of it.

use std::{io, path::Path, sync::Arc, time::SystemTime};

use super::story::{Story, lock};
use crate::{
    disk::{Ledger, Names, Volume},
    engine::transfers::record::{self, Accepted, Kept, LONG, Missing, Record, Said, Who},
    model::{Accord, Landing, LeaveOut, Purpose, Summary, TransferId},
};

/// Keeps what was accepted, now that its names are chosen.
pub(super) fn keep(
    story: &Story,
    home: &Path,
    inbox: &Path,
    (peer, id): (Who, TransferId),
    names: &Names,
    accord: &Arc<Accord>,
) -> io::Result<Arc<Ledger>> {
    let Some((landing, summary, said)) = lock(story).answered.take() else { return Ok(Arc::default()) };
    let mut shared = lock(story);
    if summary.purpose != Purpose::Files {
        return Ok(Arc::default());
    }
    if let Some(accepted) = &mut shared.accepted {
        if accepted.accord.is_none() {
            // One of before accords were kept: what is offered now is what it is held to.
            accepted.ledger = Arc::new(beside(accepted.kept.as_ref(), accord));
            accepted.accord = Some(Arc::clone(accord));
        } else if accepted.accord.as_ref().is_some_and(|before| !Arc::ptr_eq(before, accord)) {
            more(accepted, accord, (summary, said));
        }
        return Ok(Arc::clone(&accepted.ledger));
    }
    // Where it went, whatever the settings say by then.
    let folder = std::path::absolute(landing.folder.as_deref().unwrap_or(inbox))?;
    let volume = Volume::of(&folder);
    // What was left out of this offer is told by the accord from now on: the next one may number its entries in another way.
    let landing = Landing { folder: Some(folder), without: LeaveOut::default(), ..landing };
    let is_long = summary.total().is_none_or(|bytes| bytes >= LONG);
    let (names, began, missing) = (names.clone(), SystemTime::now(), Missing::Unsent);
    let record = record::Receiving { id, peer, landing, summary, names, began, missing, said, volume };
    let kept = Kept::create(home, &Record::Receiving(record.clone()))
        .and_then(|kept| if is_long { kept.sync().map(|()| kept) } else { Ok(kept) });
    if let Err(busy) = &kept
        && busy.kind() == io::ErrorKind::ResourceBusy
    {
        // Another process receives it.
        return kept.map(|_| Arc::default());
    }
    // Without one it goes on for as long as this run does.
    let kept =
        kept.inspect_err(|problem| tracing::warn!(%problem, "a transfer can't be kept for a later run"));
    let kept = kept.ok();
    let ledger = Arc::new(beside(kept.as_ref(), accord));
    let accord = Some(Arc::clone(accord));
    shared.accepted = Some(Accepted { record, kept, accord, ledger: Arc::clone(&ledger), refused: None });
    Ok(ledger)
}

/// More was said yes to than is kept.
fn more(accepted: &mut Accepted, accord: &Arc<Accord>, (summary, said): (Summary, Said)) {
    accepted.accord = Some(Arc::clone(accord));
    accepted.record = record::Receiving { summary, said, ..accepted.record.clone() };
    let Some(kept) = accepted.kept.take() else { return };
    let record = Record::Receiving(accepted.record.clone());
    // First: a record of more than was agreed is held to what was.
    let kept = kept.keep_accord(accord).and_then(|()| kept.replace(&record));
    let kept = kept.inspect_err(|problem| tracing::warn!(%problem, "more was accepted, and can't be kept"));
    accepted.kept = kept.ok();
}

/// Keeps what was said yes to beside the record, if there is one.
fn beside(kept: Option<&Kept>, accord: &Accord) -> Ledger {
    let Some(kept) = kept else { return Ledger::default() };
    if let Err(problem) = kept.keep_accord(accord) {
        tracing::warn!(%problem, "what was accepted can't be kept for a later run");
    }
    kept.ledger()
}
