//! Why something can't be done with what is in quarantine, each as a sentence for the person on this machine.

use crate::disk::error::DiskError;

#[derive(Clone, Debug, thiserror::Error)]
pub enum QuarantineError {
    #[error(
        "Nothing of that name is in quarantine. Look at the list: somebody may have dealt with it already."
    )]
    NotThere,
    #[error(
        "The disk with “{0}”, where this lies in quarantine, is not connected. Connect it, and try again."
    )]
    Away(String),
    #[error(
        "“{0}” is not what came any more: it was changed in quarantine, and stays there. Delete it, and have it sent again."
    )]
    Changed(String),
    #[error("Another Airlift deals with the quarantine just now. Try again in a moment.")]
    InUse,
    #[error(
        "What was noted of “{0}” in quarantine is lost or damaged, so nobody knows what it is or where it was to go: it can’t be let out, only deleted."
    )]
    Unnoted(String),
    #[error(transparent)]
    Disk(#[from] DiskError),
}
