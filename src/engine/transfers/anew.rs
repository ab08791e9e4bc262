//! What it takes to begin a transfer anew that has failed.
//!
//! Plain data. Must not know which ends can be mended so, nor who asks for it.

use super::parcel::Parcel;
use crate::{
    engine::command::Manner,
    model::{Target, TransferId},
};

/// What is sent, to whom, and how.
pub struct Anew {
    pub to: Target,
    pub parcel: Parcel,
    pub manner: Manner,
}

/// Under which id it is offered: another try at what has ended is another transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// As it is known here.
    First,
    Again(TransferId),
}

impl Offered {
    #[must_use]
    pub fn id(self, here: TransferId) -> TransferId {
        match self {
            Self::First => here,
            Self::Again(id) => id,
        }
    }
}
