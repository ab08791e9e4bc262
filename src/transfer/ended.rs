//! How a transfer ended, and what a person is told of that.

use super::TransferError;
use crate::model::{Outcome, Problem, ProblemKind, Report, Side};

/// How a transfer ended, before it is put into words.
#[derive(Debug)]
pub(crate) enum Ended {
    Complete,
    Declined {
        by: Side,
        reason: Option<String>,
    },
    Cancelled {
        by: Side,
    },
    Failed(TransferError),
    /// It is to go on when the person at that side wants it.
    Paused {
        by: Side,
    },
    /// It is to go on when there is room on the disk at that side.
    NoRoom {
        at: Side,
    },
    /// It is to go on when the disk that it goes to is there again, at that side.
    NoDisk {
        at: Side,
    },
}

impl Ended {
    /// True of a broken link, which another one can mend, and of what only rests.
    pub(super) fn may_go_on(&self) -> bool {
        match self {
            Self::Complete | Self::Paused { .. } | Self::NoRoom { .. } | Self::NoDisk { .. } => true,
            Self::Failed(e) => e.kind() == ProblemKind::Link,
            Self::Declined { .. } | Self::Cancelled { .. } => false,
        }
    }
}

impl From<Ended> for Outcome {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Complete => Self::Complete,
            Ended::Declined { by, reason } => Self::Declined { by, reason },
            Ended::Cancelled { by } => Self::Cancelled { by },
            Ended::Failed(e) => {
                // With the number that no sentence has.
                tracing::info!(error = %e, cause = ?e, "transfer failed");
                Self::Failed(Problem { side: e.side(), kind: e.kind(), text: e.to_string() })
            }
            // Whoever can't wait for it tells a person this.
            Ended::Paused { by } => {
                let text = match by {
                    Side::Here => "It was paused here.",
                    Side::There => "The other device has paused it.",
                };
                Self::Failed(Problem { side: by, kind: ProblemKind::Paused, text: text.to_owned() })
            }
            Ended::NoRoom { at } => {
                let text = match at {
                    Side::Here => "The disk here is full. Free some space, and have it sent again.",
                    Side::There => "The other device’s disk is full. Free some space there, and send again.",
                };
                Self::Failed(Problem { side: at, kind: ProblemKind::NoRoom, text: text.to_owned() })
            }
            Ended::NoDisk { at } => {
                let text = match at {
                    Side::Here => {
                        "Where this goes can’t be written to here now. Connect its disk, and have it sent again."
                    }
                    Side::There => {
                        "The other device can’t write to where this goes. Connect its disk there, and send again."
                    }
                };
                Self::Failed(Problem { side: at, kind: ProblemKind::NoDisk, text: text.to_owned() })
            }
        }
    }
}

/// How a transfer ends whose person has seen another code while there was no connection.
#[must_use]
pub fn codes_differed() -> Report {
    Report::of(Outcome::from(Ended::Failed(TransferError::CodesDiffer)))
}
