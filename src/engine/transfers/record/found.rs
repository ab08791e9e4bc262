//! What is found when a record is looked for. Knows whether somebody has it; must not know where it lies.

use std::time::SystemTime;

use super::{Kept, Missing, Record};
use crate::{disk::User, engine::transfers::marks::Marks};

/// What there is of one transfer.
#[derive(Debug)]
pub enum Found {
    Nothing,
    Kept(Kept, Box<Record>),
    /// Another process has it.
    InUse,
}

impl Found {
    /// What failed of it is on its way once more: whatever breaks it now, it goes on by itself. Blocks.
    #[must_use]
    pub fn on_its_way(self) -> Self {
        match self {
            Self::Kept(kept, record) if record.missing() == Missing::Failed => {
                let record = record.with(Missing::Unsent);
                match kept.replace(&record) {
                    Ok(kept) => Self::Kept(kept, Box::new(record)),
                    Err(problem) => {
                        tracing::warn!(%problem, "a transfer's record can't be written");
                        Self::Nothing
                    }
                }
            }
            found => found,
        }
    }
}

/// A record as it is read by somebody who only lists it.
#[derive(Debug)]
pub struct Listed {
    pub record: Record,
    /// When it was accepted or last interrupted.
    pub interrupted: SystemTime,
    pub user: User,
    /// Who has paused it.
    pub marks: Marks,
}
