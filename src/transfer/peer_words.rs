//! What one side tells the other of its own failures: the sort of trouble, never its paths or
//! numbers, and in words that are right on the other side's screen.

use super::TransferError;
use crate::disk::{DiskError, PlanError};

/// The sentence for the other side; `None` when it knows already, or can't be told.
pub fn for_peer(error: &TransferError) -> Option<String> {
    Some(match error {
        // No ending, where it was accepted: a word would make it one.
        TransferError::Link(_)
        | TransferError::Net(_)
        | TransferError::NoLane
        | TransferError::Disk(DiskError::NoHandles)
        | TransferError::Stalled
        | TransferError::Resumed
        | TransferError::Peer(_)
        // It is an ending of its own.
        | TransferError::CodesDiffer
        | TransferError::CodesDifferThere
        | TransferError::NoHandlesThere
        | TransferError::Incomplete { .. } => return None,
        TransferError::Violation(violation) => {
            format!("This side was told something that breaks the rules of the protocol: {violation}.")
        }
        TransferError::NotCompared { .. } => "It took too long until the codes were compared.".to_owned(),
        TransferError::NoTexts => "It was to send a text, which Airlift on this device is too old for.".to_owned(),
        TransferError::NoAnswer => "It took too long until the offer was answered.".to_owned(),
        TransferError::Source(_) => "The files can’t be read there any more.".to_owned(),
        TransferError::Plan(PlanError::NoSpace(short)) => {
            format!("There is not enough space for it there: {short}.")
        }
        TransferError::Plan(PlanError::Disk(why)) | TransferError::Disk(why) => of_disk(why).to_owned(),
        TransferError::Plan(PlanError::BadName(_) | PlanError::TooLong(_)) => {
            "The name that was chosen for it there is not possible.".to_owned()
        }
        TransferError::Plan(_) => "The offer contradicts itself.".to_owned(),
        TransferError::Internal(_) => "Airlift itself broke down there.".to_owned(),
    })
}

/// Why one file, or all of them, can't be stored.
pub fn of_disk(error: &DiskError) -> &'static str {
    match error {
        DiskError::NoSpace(_) => "The disk there is full.",
        DiskError::ReadOnly(_) => "The disk there is read-only.",
        DiskError::FolderGone(_) | DiskError::NotAFolder(_) => "The receiving folder there is gone.",
        DiskError::Moved { .. } => {
            "Its receiving folder was moved away, unmounted or replaced while files came into it. What arrived is whole, in the folder that was there."
        }
        DiskError::Own(_) | DiskError::AboveOwn(_) => {
            "Nothing can be received into the folder that was chosen there."
        }
        DiskError::NoPermission(_) => "There is no permission to write it there.",
        DiskError::InTheWay(_) => "Something else stands in its place there.",
        DiskError::NameRefused(_) => "The disk there can’t hold its name.",
        DiskError::TooBig(_) => "It is larger than a file can be on the disk there.",
        DiskError::OverLimit { .. } => {
            "It is larger than a file may be that Airlift writes there, as it was started."
        }
        DiskError::Vanished(_) => "It was moved or removed there while it came.",
        DiskError::Corrupt(_) => "It arrived damaged and was thrown away.",
        DiskError::Longer(_) | DiskError::Shorter(_) | DiskError::Twice(_) | DiskError::NotWanted(_) => {
            "What came was not what had been offered."
        }
        DiskError::Io { .. } => "The disk there reports an error.",
        DiskError::NoText => "What came is no text.",
        DiskError::InUse(_) => "Another Airlift uses it there.",
        DiskError::Unscanned { .. } => {
            "It could not be checked for viruses there, and what can’t be checked is refused there."
        }
        DiskError::Away => "Where it goes can’t be written to there now.",
        DiskError::NoHandles => "Too many files are open there at once.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Shortfall;

    #[test]
    fn no_path_of_this_machine_is_told_to_the_other() {
        let secret = || "/home/anna/secret".to_owned();
        let errors = [
            TransferError::Disk(DiskError::NoSpace(secret())),
            TransferError::Disk(DiskError::NoPermission(secret())),
            TransferError::Plan(PlanError::Disk(DiskError::FolderGone(secret()))),
            TransferError::Source(crate::disk::SourceError::Vanished(secret())),
            TransferError::Internal(secret()),
        ];
        for error in errors {
            let told = for_peer(&error).expect("the other side must hear of it");
            assert!(!told.contains("anna"), "{told}");
        }
    }

    #[test]
    fn a_disk_that_is_too_small_is_told_in_numbers() {
        let short = Shortfall { needed: 123_000, free: 789 };
        let told = for_peer(&TransferError::Plan(PlanError::NoSpace(short)))
            .expect("the other side must hear of it");
        assert_eq!(told, "There is not enough space for it there: 123 kB are needed, and 789 B are free.");
    }
}
