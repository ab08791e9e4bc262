//! What is kept apart from what has come, for whoever shows it or deals with it.
//!
//! Knows where it lies, and asks the scanner once more where a person wants that. Must not know transfers. Blocks.

use std::path::{Path, PathBuf};

use super::{home, scanner::Checks};
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
}

impl Quarantine {
    #[must_use]
    pub fn of(home: &Path, settings: Settings) -> Self {
        Self { home: home.to_owned(), settings }
    }

    /// What is in it, the latest first.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn list(&self) -> Result<Vec<QuarantineItem>, Problem> {
        list(&self.home)
    }

    /// Does this with one thing in it.
    ///
    /// # Errors
    /// When that can't be done; it stays then.
    pub fn deal(&self, id: &QuarantineId, deed: QuarantineDeed) -> Result<QuarantineDone, Problem> {
        deal(&self.home, &Checks::new(&self.home, &self.settings), (id, deed), &|| false)
    }
}

/// # Errors
/// When it can't be read.
pub(super) fn list(home: &Path) -> Result<Vec<QuarantineItem>, Problem> {
    of(home).list().map_err(|why| told(&why))
}

/// Does this with one thing in quarantine. `is_over` says that nobody waits for it any more.
///
/// # Errors
/// When that can't be done; it stays then.
pub(super) fn deal(
    home: &Path,
    checks: &Checks,
    (id, deed): (&QuarantineId, QuarantineDeed),
    is_over: &dyn Fn() -> bool,
) -> Result<QuarantineDone, Problem> {
    let quarantine = of(home);
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
    done.map_err(|why| told(&why))
}

fn told(why: &QuarantineError) -> Problem {
    problem(why.to_string())
}

fn problem(text: String) -> Problem {
    Problem { side: Side::Here, kind: ProblemKind::Files, text }
}
