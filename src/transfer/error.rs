//! Why a transfer, or a connection of it, could not go on: whose side it was, and the sentence a person reads.
//!
//! Knows what the parts below can fail at. Must not know what is done about it.

use std::io;

use crate::{
    disk::{DiskError, PlanError, SourceError},
    model::{Problem, ProblemKind, Side, text},
    net::NetError,
    wire::Violation,
};

/// What became of the connection.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("The connection broke: {}. Check the network.", text::reason(.0))]
    Broken(io::Error),
    /// By the other side, a firewall, or whatever else is on the way and says so.
    #[error(
        "The connection was cut off. Airlift was quit on the other device, or a firewall or the network between the two has changed: look there."
    )]
    CutOff,
    #[error("The other device closed the connection. Airlift may have been quit there.")]
    Closed,
    #[error("The other device has gone silent. Check that it is awake and in the network.")]
    Silent,
    #[error(
        "Small messages reach the other device, and larger packets get lost on the way: a VPN, a tunnel or a router between the two swallows them. Airlift tries smaller ones; if that doesn’t help, lower the MTU of this device’s network, or take another way."
    )]
    Swallowed,
    #[error("The other device broke the rules of the protocol: {0}. Update both devices.")]
    Violation(#[from] Violation),
}

impl From<io::Error> for LinkError {
    fn from(e: io::Error) -> Self {
        match e.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            io::ErrorKind::TimedOut => Self::Silent,
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                Self::CutOff
            }
            _ => Self::Broken(e),
        }
    }
}

/// Why a transfer could not go on.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error(transparent)]
    Link(LinkError),
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("The other device broke the rules of the protocol: {0}. Update both devices.")]
    Violation(#[from] Violation),
    #[error("The other device can’t go on: {}", crate::model::text::visible(.0))]
    Peer(String),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("Nobody answered at the other device. Ask its owner, and send again.")]
    NoAnswer,
    #[error(
        "The system at the other device lets Airlift hold no more files open at once there. It goes on when other transfers have ended there; if there are none, start it there with a higher limit (ulimit -n)."
    )]
    NoHandlesThere,
    #[error("It was paused at the other device, and goes on.")]
    Resumed,
    #[error("The other device began an offer and didn’t go on with it.")]
    Stalled,
    #[error("The sender opened no connection for the content. Something between the devices may block it.")]
    NoLane,
    #[error("{}", incomplete((*.failed, *.infected), *.failed_folders, *.wanted))]
    Incomplete {
        failed: u64,
        /// Of those, the ones that a virus was found in.
        infected: u64,
        failed_folders: u64,
        wanted: u64,
        side: Side,
    },
    #[error("Airlift itself broke down: {0}. Its log says more.")]
    Internal(String),
    #[error(
        "The two devices showed different codes. Somebody may stand between them, so nothing was sent. Try another network, or use a code that you tell each other."
    )]
    CodesDiffer,
    #[error(
        "The person at the other device has seen another code than this one shows. Somebody may stand between the two, so nothing was sent. Try another network, or use a code that you tell each other."
    )]
    CodesDifferThere,
    #[error(
        "Airlift on the other device is too old to take a text. Update it there, or send the text as a file."
    )]
    NoTexts,
    #[error("Nobody has compared the codes {} in time, so nothing was sent. Send it again when both of you look at the screens.", match side {
        Side::Here => "here",
        Side::There => "at the other device",
    })]
    NotCompared { side: Side },
}

/// Files are counted as files, and folders as folders.
fn incomplete((failed, infected): (u64, u64), failed_folders: u64, wanted: u64) -> String {
    let of = text::count(wanted, "file", "files");
    let folders = text::count(failed_folders, "folder", "folders");
    let files = match (failed, infected) {
        (_, 0) => format!("{failed} of {of} did not arrive"),
        (1, _) => format!("1 of {of} was not let in, because a virus was found in it"),
        _ if infected == failed => {
            format!("{failed} of {of} were not let in, because viruses were found in them")
        }
        _ => format!("{failed} of {of} did not arrive, or were not let in"),
    };
    let what = match (failed, failed_folders) {
        (_, 0) if wanted == 1 && infected == 1 => {
            "The file was not let in, because a virus was found in it.".to_owned()
        }
        (_, 0) if wanted == 1 => "The file did not arrive.".to_owned(),
        (_, 0) => format!("{files}."),
        (0, _) if wanted == 0 => format!("{folders} could not be stored."),
        (0, _) => format!("{of} arrived, but {folders} could not be stored."),
        (_, _) => format!("{files}, and {folders} could not be stored."),
    };
    if failed < wanted { format!("{what} What arrived is whole and stays.") } else { what }
}

impl TransferError {
    /// True when the disk here is full.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Disk(why) | Self::Plan(PlanError::Disk(why)) => why.is_full(),
            Self::Plan(PlanError::NoSpace(_)) => true,
            _ => false,
        }
    }

    /// The number of the system's error, where it was one here.
    pub(super) fn number(&self) -> Option<i32> {
        match self {
            Self::Source(why) => why.number(),
            Self::Disk(why) | Self::Plan(PlanError::Disk(why)) => why.number(),
            Self::Link(LinkError::Broken(why)) => why.raw_os_error(),
            _ => None,
        }
    }

    pub(super) fn side(&self) -> Side {
        match self {
            Self::Link(_)
            | Self::Net(_)
            | Self::Violation(_)
            | Self::Peer(_)
            | Self::NoAnswer
            | Self::Stalled
            | Self::NoLane
            | Self::NoHandlesThere
            | Self::Resumed
            | Self::NoTexts
            | Self::Disk(DiskError::NoText)
            | Self::CodesDifferThere
            | Self::Plan(
                PlanError::Nothing | PlanError::Twice(_) | PlanError::FileAndFolder(_) | PlanError::Absurd,
            ) => Side::There,
            Self::Source(_) | Self::Plan(_) | Self::Disk(_) | Self::Internal(_) | Self::CodesDiffer => {
                Side::Here
            }
            Self::Incomplete { side, .. } | Self::NotCompared { side } => *side,
        }
    }

    pub(super) fn kind(&self) -> ProblemKind {
        match self {
            Self::Link(_)
            | Self::NoLane
            | Self::Stalled
            | Self::Net(_)
            | Self::NoHandlesThere
            | Self::Disk(DiskError::NoHandles) => ProblemKind::Link,
            Self::Violation(_) | Self::Disk(DiskError::NoText) => ProblemKind::Protocol,
            Self::Plan(PlanError::NoSpace(_)) => ProblemKind::NoRoom,
            Self::Disk(DiskError::Away) => ProblemKind::NoDisk,
            Self::Source(_) | Self::Plan(_) | Self::Disk(_) => ProblemKind::Files,
            Self::Incomplete { .. } => ProblemKind::Incomplete,
            Self::CodesDiffer | Self::CodesDifferThere => ProblemKind::Alarm,
            Self::Resumed => ProblemKind::Resumed,
            Self::Peer(_) | Self::NoAnswer | Self::NoTexts | Self::Internal(_) | Self::NotCompared { .. } => {
                ProblemKind::Other
            }
        }
    }
}

impl From<LinkError> for TransferError {
    fn from(e: LinkError) -> Self {
        match e {
            LinkError::Violation(violation) => Self::Violation(violation),
            other => Self::Link(other),
        }
    }
}

impl From<&NetError> for Problem {
    fn from(e: &NetError) -> Self {
        let (side, kind) = match e {
            NetError::Unknown { .. }
            | NetError::WhichZone { .. }
            | NetError::NoSuchZone { .. }
            | NetError::NoWayHere { .. }
            | NetError::Forbidden { .. }
            | NetError::Unreachable { .. }
            | NetError::NotSeen { .. }
            | NetError::Ambiguous { .. } => (Side::Here, ProblemKind::Unreachable),
            NetError::Refused { .. }
            | NetError::Barred { .. }
            | NetError::Away { .. }
            | NetError::NoWayThere { .. }
            | NetError::Silent { .. } => (Side::There, ProblemKind::Unreachable),
            NetError::Mute { .. }
            | NetError::NotAirlift { .. }
            | NetError::NoCommonVersion { .. }
            | NetError::Handshake { .. }
            | NetError::OtherDevice { .. } => (Side::There, ProblemKind::NotReceiving),
            NetError::Twin { .. } => (Side::Here, ProblemKind::Other),
        };
        Self { side, kind, text: e.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sentence_has_the_number_of_an_error_and_a_program_has() {
        let why = || io::Error::from_raw_os_error(5);
        let path = || "/in/film".to_owned();
        let ours = [
            TransferError::Disk(DiskError::Io { path: path(), why: why().into() }),
            TransferError::Source(SourceError::Io { path: path(), why: why() }),
            TransferError::Source(SourceError::Trial { folder: path(), why: why() }),
            TransferError::Link(LinkError::Broken(why())),
        ];
        for error in ours {
            let said = error.to_string();
            assert!(said.contains("nput/output error") && !said.contains("os error"), "{said}");
            assert_eq!(error.number(), Some(5));
        }
        let net = NetError::Unreachable { address: "host".to_owned(), source: why() };
        assert!(!net.to_string().contains("os error"), "{net}");
    }

    #[test]
    fn files_are_counted_as_files_and_folders_as_folders() {
        for (failed, folders, wanted, said) in [
            (2, 0, 7, "2 of 7 files did not arrive. What arrived is whole and stays."),
            (1, 0, 1, "The file did not arrive."),
            (7, 0, 7, "7 of 7 files did not arrive."),
            (0, 2, 7, "7 files arrived, but 2 folders could not be stored. What arrived is whole and stays."),
            (0, 1, 0, "1 folder could not be stored."),
            (
                3,
                2,
                7,
                "3 of 7 files did not arrive, and 2 folders could not be stored. What arrived is whole and stays.",
            ),
        ] {
            assert_eq!(incomplete((failed, 0), folders, wanted), said);
        }
    }

    #[test]
    fn what_was_not_let_in_is_not_said_not_to_have_arrived() {
        for (failed, infected, wanted, said) in [
            (1, 1, 1, "The file was not let in, because a virus was found in it."),
            (
                1,
                1,
                200,
                "1 of 200 files was not let in, because a virus was found in it. What arrived is whole and stays.",
            ),
            (2, 2, 2, "2 of 2 files were not let in, because viruses were found in them."),
            (3, 1, 7, "3 of 7 files did not arrive, or were not let in. What arrived is whole and stays."),
        ] {
            assert_eq!(incomplete((failed, infected), 0, wanted), said);
        }
    }
}
