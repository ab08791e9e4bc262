//! Who looks into what comes, and what follows from what they say.
//!
//! Knows the question and the answers. Must not know how a file is looked into: that is a [`Screen`]'s.

use std::{path::Path, sync::Arc};

use super::{
    ledger::Ledger,
    quarantine::{From, Note, Quarantine},
    screen::Screen,
};
use crate::model::{Arrival, Mark, Screening, Timestamp, TransferId, Unscanned};

/// Who looks into what is received into a folder; `None`: nobody, by choice.
pub type ScreenOf = Arc<dyn Fn(&Path) -> Option<Arc<dyn Screen>> + Send + Sync>;

/// Who looks into the files of one transfer before they get their names. Cheap to clone.
#[derive(Clone)]
pub struct Watch {
    screens: Option<ScreenOf>,
    unscanned: Unscanned,
    /// What an earlier attempt has put there is known, whoever looks now.
    quarantine: Option<Quarantine>,
    from: From,
}

/// The same, once it is known where the files go.
pub(super) struct Watched {
    look: Option<Look>,
    pub from: From,
}

struct Look {
    screen: Arc<dyn Screen>,
    unscanned: Unscanned,
    quarantine: Quarantine,
}

/// Where a file goes after somebody has looked into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goes {
    In,
    IntoQuarantine,
    Nowhere,
}

impl Watch {
    /// Nobody looks, and nothing was ever kept apart.
    #[must_use]
    pub fn nobody() -> Self {
        Self { screens: None, unscanned: Unscanned::LetIn, quarantine: None, from: From::default() }
    }

    /// Whoever `screens` says for the folder that is received into.
    #[must_use]
    pub fn by(screens: ScreenOf, unscanned: Unscanned, quarantine: Quarantine, from: From) -> Self {
        Self { screens: Some(screens), unscanned, quarantine: Some(quarantine), from }
    }

    pub(super) fn at(&self, folder: &Path) -> Watched {
        let screen = self.screens.as_ref().and_then(|screens| screens(folder));
        let look = screen.zip(self.quarantine.clone()).map(|(screen, quarantine)| Look {
            screen,
            unscanned: self.unscanned,
            quarantine,
        });
        Watched { look, from: self.from.clone() }
    }

    /// Notes in a transfer's ledger what it has had put into quarantine, and has not come to note. To be done before another
    /// attempt is planned.
    pub fn recall(&self, transfer: TransferId, ledger: &Ledger) {
        let notes = self.quarantine.iter().flat_map(|quarantine| quarantine.of(transfer));
        let caught: Vec<_> = notes
            .filter_map(|note: Note| {
                let modified = note.offered_time.map(|(seconds, nanos)| Timestamp { seconds, nanos });
                let size = note.offered_size.unwrap_or(note.size);
                let arrival = Arrival { mark: Mark(note.mark?), size, modified };
                Some((arrival, note.digest()?, note.why))
            })
            .filter(|(arrival, ..)| !ledger.knows(arrival.mark))
            .collect();
        ledger.caught(&caught);
    }
}

impl Watched {
    pub fn looks(&self) -> bool {
        self.look.is_some()
    }

    pub fn screen(&self) -> Option<&dyn Screen> {
        self.look.as_ref().map(|look| &*look.screen)
    }

    pub fn quarantine(&self) -> Option<&Quarantine> {
        self.look.as_ref().map(|look| &look.quarantine)
    }

    pub fn goes(&self, screening: &Screening) -> Goes {
        match (screening, &self.look) {
            (Screening::Infected(_), _) => Goes::IntoQuarantine,
            (Screening::NotScanned(_), Some(Look { unscanned, .. })) => match unscanned {
                Unscanned::LetIn => Goes::In,
                Unscanned::Hold => Goes::IntoQuarantine,
                Unscanned::Refuse => Goes::Nowhere,
            },
            (Screening::NotScanned(_), None) | (Screening::Off | Screening::Clean, _) => Goes::In,
        }
    }
}
