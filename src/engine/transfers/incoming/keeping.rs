//! What was accepted is kept before anything comes of it.

use std::{io, path::Path, time::SystemTime};

use super::story::{Story, lock};
use crate::{
    disk::Names,
    engine::transfers::record::{self, Accepted, Kept, Missing, Record, Who},
    model::{Landing, Purpose, TransferId},
};

/// Keeps what was accepted, now that its names are chosen.
pub(super) fn keep(
    story: &Story,
    home: &Path,
    inbox: &Path,
    (peer, id): (Who, TransferId),
    names: &Names,
) -> io::Result<()> {
    let Some((landing, summary)) = lock(story).answered.take() else { return Ok(()) };
    let mut shared = lock(story);
    if shared.accepted.is_some() || summary.purpose != Purpose::Files {
        return Ok(());
    }
    // Where it went, whatever the settings say by then.
    let folder = std::path::absolute(landing.folder.as_deref().unwrap_or(inbox))?;
    let landing = Landing { folder: Some(folder), ..landing };
    let is_long = summary.total().is_none_or(|bytes| bytes >= LONG);
    let (names, began, missing) = (names.clone(), SystemTime::now(), Missing::Unsent);
    let record = record::Receiving { id, peer, landing, summary, names, began, missing };
    let kept = Kept::create(home, &Record::Receiving(record.clone()))
        .and_then(|kept| if is_long { kept.sync().map(|()| kept) } else { Ok(kept) });
    if let Err(busy) = &kept
        && busy.kind() == io::ErrorKind::ResourceBusy
    {
        // Another process receives it.
        return kept.map(drop);
    }
    // Without one it goes on for as long as this run does.
    let kept =
        kept.inspect_err(|problem| tracing::warn!(%problem, "a transfer can't be kept for a later run"));
    shared.accepted = Some(Accepted { record, kept: kept.ok() });
    Ok(())
}

/// Bytes from which on a transfer takes so long that a power cut in it is worth a turn of the disk.
const LONG: u64 = 64 << 20;
