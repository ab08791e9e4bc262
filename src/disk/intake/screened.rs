//! The step between a file that is whole and one that may get a name: somebody has looked into it, or nobody does here.
//!
//! The type is the promise. A [`Screened`] is made by [`screen`] and nowhere else, and nothing else can be stored. What is
//! looked into is the very file that gets the name: opened anew for reading, known by its numbers, and as it was then
//! when it is named. Must not know what follows from what is found.

use std::ops::Deref;

use super::{partial::Verified, shared::Shared};
use crate::{
    disk::{error::DiskError, inbox::local::last, observed::Observed, watch::Goes},
    model::{EntryNo, NotScanned, Screening},
};

/// A verified file, and what is known of its cleanness.
///
/// Without the step between them a file can't be stored:
///
/// ```compile_fail
/// # use airlift::disk::{Intake, Verified};
/// fn forgetful(intake: &Intake, file: Verified) {
///     let _ = intake.store(vec![file]);
/// }
/// ```
///
/// Nor can it be said to have been looked into:
///
/// ```compile_fail
/// # use airlift::{disk::{Screened, Verified}, model::Screening};
/// fn liar(file: Verified) -> Screened {
///     Screened { file, screening: Screening::Clean, seen: None }
/// }
/// ```
pub struct Screened {
    file: Verified,
    screening: Screening,
    /// As it was while somebody looked into it.
    seen: Option<Observed>,
}

/// What comes of a look.
#[expect(clippy::large_enum_variant, reason = "it is the one that nearly always comes")]
pub enum Looked {
    Screened(Screened),
    /// It can't be looked into, and so can't be stored.
    Failed(EntryNo, DiskError),
    /// Nobody waits for it any more. What another attempt can go on with stays.
    Over,
}

/// See [`Intake::screen`](crate::disk::Intake::screen).
pub(in crate::disk) fn screen(shared: &Shared, mut file: Verified, is_over: &dyn Fn() -> bool) -> Looked {
    let Some(screen) = shared.watch.screen() else {
        return Looked::Screened(Screened { file, screening: Screening::Off, seen: None });
    };
    let opened = file.put_down().and_then(|()| file.open());
    let opened = match opened {
        Ok(opened) => opened,
        Err(why) => return Looked::Failed(file.entry(), why),
    };
    let before = Observed::of_file(&opened).ok();
    let offered = shared.entry(file.entry()).map_or("", |entry| last(entry.path.as_str()));
    let said = screen.screen(&opened, file.size(), offered, is_over);
    if is_over() {
        return Looked::Over;
    }
    let is_same = before.is_some() && Observed::of_file(&opened).ok() == before;
    let screening = match said {
        // What was found in it is in it, whatever came after.
        Screening::Clean if !is_same => Screening::NotScanned(NotScanned::Changed),
        said => said,
    };
    Looked::Screened(Screened { file, screening, seen: before })
}

impl Screened {
    pub(in crate::disk) fn goes(&self, shared: &Shared) -> Goes {
        shared.watch.goes(&self.screening)
    }

    #[must_use]
    pub fn screening(&self) -> &Screening {
        &self.screening
    }

    /// What was said of a file that has changed since says nothing of it.
    pub(in crate::disk) fn look_again(&mut self) {
        if self.seen.is_some()
            && self.file.metadata().map(|there| Observed::of(&there)) != self.seen
            && self.screening == Screening::Clean
        {
            self.screening = Screening::NotScanned(NotScanned::Changed);
        }
    }

    pub(in crate::disk) fn into_parts(self) -> (Verified, Screening) {
        (self.file, self.screening)
    }
}

impl Deref for Screened {
    type Target = Verified;

    fn deref(&self) -> &Verified {
        &self.file
    }
}
