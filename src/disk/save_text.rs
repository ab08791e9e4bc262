//! A text that a person wants as a file: written the way that files from other devices take.
//!
//! Knows the plan, the intake and whoever looks into files. Must not know where the text is from.

use std::path::{Path, PathBuf};

use super::{
    error::{DiskError, PlanError},
    inbox::Inbox,
    intake::{Intake, Looked, Placed},
    off_limits::OffLimits,
    watch::Watch,
};
use crate::model::{
    Access, CHUNK, Caught, Clocks, Conflict, Digest, Entry, EntryKind, FileMode, Leaf, RelPath, Stopwatch,
    Text, TransferId,
};

/// Where it has come to lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavedText {
    At(PathBuf),
    /// In quarantine.
    Apart(Caught),
}

/// Writes a text into a folder, under this name or the next free one, for its owner alone. `id` is of no other transfer
/// into that folder. Blocks.
///
/// # Errors
/// When the name can’t be one, or the folder doesn’t take it. Nothing is left of it then.
pub fn save_text(
    text: &Text,
    (name, into): (&str, &Path),
    off_limits: &OffLimits,
    (id, watch): (TransferId, Watch),
) -> Result<SavedText, PlanError> {
    let path = RelPath::parse(name).map_err(|_| PlanError::BadName(name.to_owned()))?;
    let kind = EntryKind::File { size: Some(text.bytes()), mode: FileMode::Regular };
    let entries = vec![Entry { path, kind, access: Access::Private, modified: None, holes: 0 }];
    let inbox = Inbox::open(into, off_limits)?;
    let plan = inbox.plan(&entries, None, Conflict::KeepBoth)?;
    let folder = inbox.folder().to_owned();
    let intake = Intake::begin(inbox, entries, plan, id, watch)?;
    let placed = written(&intake, text.as_str().as_bytes())?;
    let finished = intake.finish();
    if let Some(lost) = finished.lost {
        return Err(lost.into());
    }
    Ok(match placed {
        Placed::Named(stored) => SavedText::At(folder.join(stored.path.as_str())),
        Placed::Apart(apart) => SavedText::Apart(apart.why),
    })
}

fn written(intake: &Intake, content: &[u8]) -> Result<Placed, DiskError> {
    let clocks = Clocks::default();
    let mut watch = Stopwatch::start(&clocks);
    let partial = intake.create(0)?;
    for (number, chunk) in (0..).zip(content.chunks(CHUNK)) {
        let leaf = Leaf::at(number * CHUNK as u64).ok_or(DiskError::NotWanted(0))?;
        partial.keep(partial.write(leaf, chunk, &mut watch)?)?;
    }
    let verified = partial.verify(Digest(*blake3::hash(content).as_bytes()))?;
    // It is over when it is done.
    let screened = match intake.screen(verified, &|| false) {
        Looked::Screened(screened) => screened,
        Looked::Failed(_, why) => return Err(why),
        Looked::Over => return Err(DiskError::NotWanted(0)),
    };
    let mut placed = intake.store(vec![screened]);
    placed.pop().map_or(Err(DiskError::NotWanted(0)), |(_, placed)| placed)
}
