//! Who has paused a transfer, as it is remembered beside its record.

use serde::{Deserialize, Serialize};

use crate::model::{Pause, Side};

/// Who has paused a transfer: either, both or nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Marks {
    here: bool,
    /// As far as it was told.
    there: bool,
}

impl Marks {
    #[must_use]
    pub fn has(self, side: Side) -> bool {
        match side {
            Side::Here => self.here,
            Side::There => self.there,
        }
    }

    #[must_use]
    pub fn with(self, side: Side) -> Self {
        match side {
            Side::Here => Self { here: true, ..self },
            Side::There => Self { there: true, ..self },
        }
    }

    #[must_use]
    pub fn without(self, side: Side) -> Self {
        match side {
            Side::Here => Self { here: false, ..self },
            Side::There => Self { there: false, ..self },
        }
    }

    /// What of it concerns the person here first.
    #[must_use]
    pub fn pause(self) -> Option<Pause> {
        [Side::Here, Side::There].into_iter().find(|side| self.has(*side)).map(Pause::Person)
    }
}
