//! What is kept apart from what has come, for whoever shows it or deals with it.
//!
//! Knows where it lies, asks the scanner once more where a person wants that, and says what the history is to tell of it.
//! Must not know transfers. Blocks.

use std::path::{Path, PathBuf};

use super::{
    history::{self, Later, Which},
    home,
    scanner::Checks,
};
use crate::{
    disk::{self, OffLimits, QuarantineError},
    model::{Problem, ProblemKind, QuarantineDeed, QuarantineDone, QuarantineId, QuarantineItem, Side},
    settings::Settings,
};

/// Those of a home.
#[must_use]
pub(super) fn of(home: &Path) -> disk::Quarantine {
    disk::Quarantine::at(home.join(home::QUARANTINE))
}

/// The quarantine of a home, for a face that has no engine.
pub struct Quarantine {
    home: PathBuf,
    settings: Settings,
    /// From the first deed on.
    checks: Option<Checks>,
    unrecorded: Option<Problem>,
}

impl Quarantine {
    #[must_use]
    pub fn of(home: &Path, settings: Settings) -> Self {
        Self { home: home.to_owned(), settings, checks: None, unrecorded: None }
    }

    /// What is in it, the latest first.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn list(&self) -> Result<Vec<QuarantineItem>, Problem> {
        list(&self.home)
    }

    /// Does this with one thing in it, and has the history say so.
    ///
    /// # Errors
    /// When that can't be done; it stays then. That the history can't be written is [said](Self::unrecorded) apart.
    pub fn deal(&mut self, id: &QuarantineId, deed: QuarantineDeed) -> Result<QuarantineDone, Problem> {
        let mut note = |which: Which, later: Later| {
            if let Err(why) = history::note_later(&self.home, &which, &later) {
                self.unrecorded.get_or_insert(problem(format!(
                    "What was done is missing in the history: {why} It was done as it should."
                )));
            }
        };
        let checks = self.checks.get_or_insert_with(|| Checks::new(&self.home, &self.settings));
        deal(&self.home, checks, (id, deed), &|| false, &mut note)
    }

    /// What is missing in the history since this was asked last.
    pub fn unrecorded(&mut self) -> Option<Problem> {
        self.unrecorded.take()
    }
}

/// # Errors
/// When it can't be read.
pub(super) fn list(home: &Path) -> Result<Vec<QuarantineItem>, Problem> {
    of(home).list().map_err(|why| told(&why))
}

/// Does this with one thing in quarantine. `is_over` says that nobody waits for it any more; `note` is told what the
/// history is to say of it.
///
/// # Errors
/// When that can't be done; it stays then.
pub(super) fn deal(
    home: &Path,
    checks: &Checks,
    (id, deed): (&QuarantineId, QuarantineDeed),
    is_over: &dyn Fn() -> bool,
    note: &mut dyn FnMut(Which, Later),
) -> Result<QuarantineDone, Problem> {
    let quarantine = of(home);
    let origin = quarantine.origin(id);
    let off_limits = || -> Result<OffLimits, Problem> {
        home::off_limits(home)
            .map_err(|why| problem(format!("{} can’t be looked at: {why}.", home.display())))
    };
    let done = match deed {
        QuarantineDeed::Delete => quarantine.delete(id).map(|()| QuarantineDone::Deleted),
        QuarantineDeed::Release => quarantine
            .release(id, &off_limits()?)
            .map(|(at, why)| QuarantineDone::Released { at, screening: why.screening() }),
        QuarantineDeed::Rescan => {
            let screen = |file: &std::fs::File, size, name: &str| {
                disk::Screen::screen(checks.scanner(), file, size, name, is_over)
            };
            match quarantine.rescan(id, &screen, &off_limits()?) {
                Ok(Some(done)) => Ok(done),
                // Nobody looks any more: that is no word of anybody’s.
                Ok(None) => {
                    return Err(problem(
                        "There is no virus scanner here to check it with. Install or start one, or choose it in the settings.".to_owned(),
                    ));
                }
                Err(why) => Err(why),
            }
        }
    };
    let done = done.map_err(|why| told(&why))?;
    if let Some((transfer, path)) = origin {
        note(Which::Received { transfer, path }, Later::from(&done));
    }
    Ok(done)
}

impl From<&QuarantineDone> for Later {
    fn from(done: &QuarantineDone) -> Self {
        match done {
            QuarantineDone::Released { at, screening } => {
                Self::LetIn { at: at.clone(), screening: screening.clone() }
            }
            QuarantineDone::Deleted => Self::Deleted,
            QuarantineDone::Stays(why) => Self::KeptApart(why.clone()),
        }
    }
}

fn told(why: &QuarantineError) -> Problem {
    problem(why.to_string())
}

fn problem(text: String) -> Problem {
    Problem { side: Side::Here, kind: ProblemKind::Files, text }
}
