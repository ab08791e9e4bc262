//! The sender's manifest, made in batches while the tree is walked.
//!
//! Knows the walk and numbers what it finds; knows nothing of who is told.

use std::{path::Path, sync::Arc};

use super::{
    reading::Sources,
    trial::TrialContent,
    walk::{Absent, Origin, Walk},
};
use crate::{
    disk::{error::SourceError, off_limits::OffLimits},
    model::{Accord, Entry, EntryNo, Purpose, Skipped, Source, Summary, Text, Trial, text},
};

/// Walks what a person picked, lazily, so that a tree of a million files is streamed.
pub struct Scan {
    walk: Walk,
    sources: Sources,
    purpose: Purpose,
    listed: Option<Arc<Accord>>,
    /// What was found and is not among that.
    new: u64,
}

impl Scan {
    /// # Errors
    /// When there is nothing to send, or one of the sources is not there, can't be read, is Airlift's own or can't
    /// be sent. A link or a device among others is left out and counted.
    pub fn new(sources: Vec<Source>, off_limits: &OffLimits) -> Result<Self, SourceError> {
        Ok(Self {
            walk: Walk::new(sources, Absent::Fails, off_limits)?,
            sources: Sources::default(),
            purpose: Purpose::Files,
            listed: None,
            new: 0,
        })
    }

    /// Finds nothing but what was listed when the transfer was accepted: whatever has been made since was not
    /// meant, and whatever is gone is left out.
    ///
    /// # Errors
    /// As [`Scan::new`], but of what is gone only where everything is.
    pub fn again(
        sources: Vec<Source>,
        listed: Arc<Accord>,
        off_limits: &OffLimits,
    ) -> Result<Self, SourceError> {
        Ok(Self {
            walk: Walk::new(sources, Absent::LeftOut(&listed), off_limits)?,
            sources: Sources::default(),
            purpose: Purpose::Files,
            listed: Some(listed),
            new: 0,
        })
    }

    /// The one file of a speed test. What is to be read from a disk is written first, into
    /// `folder` and without a name: it goes with the scan, or with what comes out of it.
    ///
    /// # Errors
    /// When there is no room for it, or it can't be written.
    pub fn of_trial(trial: Trial, folder: &Path) -> Result<Self, SourceError> {
        let walk = Walk::of_one(Origin::Trial(TrialContent::make(trial, folder)?), Trial::NAME)?;
        Ok(Self {
            walk,
            sources: Sources::default(),
            purpose: Purpose::Trial(trial.medium),
            listed: None,
            new: 0,
        })
    }

    /// The one entry of a text.
    ///
    /// # Errors
    /// None: a text is all there.
    pub fn of_text(text: Text) -> Result<Self, SourceError> {
        Ok(Self {
            walk: Walk::of_one(Origin::Text(text), Text::NAME)?,
            sources: Sources::default(),
            purpose: Purpose::Text,
            listed: None,
            new: 0,
        })
    }

    /// Also finds out how much of each file is holes: for a receiver that can be told.
    #[must_use]
    pub fn with_holes(mut self) -> Self {
        self.walk.look_for_holes();
        self
    }

    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The next entries, at most `max` and at least one; empty at the end. A folder stands before
    /// what is in it; within a folder the order is that of the names' bytes.
    ///
    /// # Errors
    /// When something that was picked is no longer there, or there are more entries than can be
    /// numbered. What fails below it is left out and counted.
    pub fn next_batch(&mut self, max: usize) -> Result<Vec<Entry>, SourceError> {
        let mut batch = Vec::with_capacity(max.min(1024));
        while batch.len() < max.max(1) {
            let Some(found) = self.walk.next()? else { break };
            if self.listed.as_ref().is_some_and(|listed| !listed.has(&found.entry)) {
                self.new += 1;
                continue;
            }
            if EntryNo::try_from(self.sources.len()).is_err() {
                return Err(SourceError::TooMany);
            }
            batch.push(found.entry.clone());
            self.sources.push(found);
        }
        Ok(batch)
    }

    /// What was left out so far; once all was gone through, also what is gone of what was listed.
    #[must_use]
    pub fn skipped(&self) -> Skipped {
        let gone =
            self.listed.as_ref().map_or(0, |listed| listed.files().saturating_sub(self.sources.files()));
        Skipped { gone: gone as u64, new: self.new, ..self.walk.skipped() }
    }

    /// Remarks for the sender so far: names that are not text and what they are sent as, what is left out and why, and
    /// what to do about what is new. Bounded.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.walk.notes().to_vec();
        if self.new > 0 {
            let new = text::count(self.new, "thing is", "things are");
            notes.push(format!("{new} new since this was accepted, and not sent: send again for that."));
        }
        notes
    }

    /// What was found, to be opened by number.
    #[must_use]
    pub fn finish(self) -> Sources {
        self.sources.complete(self.walk.into_folders())
    }
}

/// Counts what a path holds.
///
/// # Errors
/// As [`Scan::new`] and [`Scan::next_batch`].
pub fn measure(path: &Path, off_limits: &OffLimits) -> Result<Summary, SourceError> {
    let mut walk = Walk::new(vec![Source::Path(path.to_owned())], Absent::Fails, off_limits)?;
    let mut summary = Summary::default();
    while let Some(found) = walk.next()? {
        summary.add(&found.entry);
    }
    summary.skipped = walk.skipped();
    Ok(summary)
}
