//! What can go wrong with users' files, each as a sentence for the person on this machine.
//!
//! [`SourceError`] is the sender's; [`DiskError`] and [`PlanError`] are the receiver's. Paths are
//! kept in the form that is safe to show.

use std::{
    io::{self, ErrorKind},
    path::Path,
    sync::Arc,
};

use super::system;
use crate::model::{EntryNo, NotScanned, Shortfall, text};

/// Why something can't be offered or read (sender).
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("There is nothing to send. Choose files or folders.")]
    Nothing,
    #[error("“{0}” is not there. Check its name, or choose it again.")]
    NotFound(String),
    #[error("“{0}” can't be read: you don't have the permission. Change its permissions, or leave it out.")]
    NoPermission(String),
    #[error("“{path}” is a link, and links are not sent. Send what it leads to instead{}.", leads_to(.target.as_deref()))]
    Link { path: String, target: Option<String> },
    #[error("“{0}” is neither a file nor a folder. Only files and folders can be sent.")]
    Special(String),
    /// It would give this device's key away.
    #[error(
        "“{0}” is Airlift’s own, or lies in its folder, and is not sent: this device’s key is there. Choose something else, or copy what you need of it to another folder."
    )]
    Own(String),
    #[error("Nothing of what was chosen can be sent: it is all links, sockets, pipes or devices.")]
    NothingLeft,
    #[error("“{0}” can't be the name of a file. Choose a name without “/”.")]
    BadName(String),
    #[error("Standard input can be sent only once.")]
    SecondStream,
    #[error("A text is sent by itself. Send the files, or the other text, in another transfer.")]
    TextAndMore,
    #[error("These are more files than one transfer can hold. Send them in several parts.")]
    TooMany,
    /// It is another file now, or its size or time is another.
    #[error("“{0}” was changed while it was being sent. Send it again when nothing writes to it.")]
    Changed(String),
    #[error("“{0}” was moved or removed while it was being sent. Put it back, or choose it again.")]
    Vanished(String),
    /// It gives something only when there is something, such as a log of the kernel.
    #[error("“{0}” has no end: more comes of it whenever something happens. Leave it out.")]
    Endless(String),
    /// An entry number that no file has.
    #[error("The other device asked for number {0}, which is no file of this transfer.")]
    NoSuchFile(EntryNo),
    #[error("“{path}” can't be read: {}. Try again; if it fails again, check its disk.", text::reason(.why))]
    Io {
        path: String,
        #[source]
        why: io::Error,
    },
    #[error(
        "A file for the speed test can't be made in “{folder}”: {}. Try a smaller size.", text::reason(.why)
    )]
    Trial {
        folder: String,
        #[source]
        why: io::Error,
    },
}

fn leads_to(target: Option<&str>) -> String {
    target.map(|target| format!(": “{target}”")).unwrap_or_default()
}

fn is_in(now: Option<&str>) -> String {
    now.map_or_else(|| ", in the folder that was there".to_owned(), |now| format!(", in “{now}” now"))
}

impl SourceError {
    /// Something failed before the offer was complete.
    pub(super) fn choosing(path: &Path, why: io::Error) -> Self {
        match why.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::NotFound(shown(path)),
            _ => Self::other(path, why),
        }
    }

    /// Something failed that was all right when it was offered.
    pub(super) fn sending(path: &Path, why: io::Error) -> Self {
        match why.kind() {
            ErrorKind::NotFound => Self::Vanished(shown(path)),
            // A folder or file became something else.
            ErrorKind::NotADirectory | ErrorKind::IsADirectory => Self::Changed(shown(path)),
            _ => Self::other(path, why),
        }
    }

    /// The number of the system's error, for a program or a log.
    #[must_use]
    pub fn number(&self) -> Option<i32> {
        match self {
            Self::Io { why, .. } | Self::Trial { why, .. } => why.raw_os_error(),
            _ => None,
        }
    }

    fn other(path: &Path, why: io::Error) -> Self {
        match why.kind() {
            ErrorKind::PermissionDenied => Self::NoPermission(shown(path)),
            _ => Self::Io { path: shown(path), why },
        }
    }
}

/// Why something can't be written or stored (receiver).
#[derive(Clone, Debug, thiserror::Error)]
pub enum DiskError {
    #[error(
        "The disk that holds “{0}” is full. Free some space, or choose another folder, and have it sent again."
    )]
    NoSpace(String),
    #[error("“{0}” can't be written: its disk is read-only. Choose another folder.")]
    ReadOnly(String),
    #[error("The receiving folder “{0}” is gone. Put it back, or choose another one.")]
    FolderGone(String),
    /// All is whole, and not where it was to go.
    #[error("“{from}” was moved away, unmounted or replaced here while files came into it. What arrived is whole{}.", is_in(.now.as_deref()))]
    Moved { from: String, now: Option<String> },
    #[error("“{0}” is not a folder, nor does it lead to one. Choose another place to receive to.")]
    NotAFolder(String),
    #[error(
        "“{0}” can't be written: you don't have the permission, or it is protected. Change that, or choose another folder."
    )]
    NoPermission(String),
    /// What comes from others could take the place of the key, or of what is known of devices.
    #[error(
        "“{0}” is Airlift’s own folder, or lies in it, and nothing is received into that. Choose another folder."
    )]
    Own(String),
    #[error(
        "“{0}” has Airlift’s own folder in it, with this device’s key, so nothing is received into it. Choose a folder for it alone, such as one in there."
    )]
    AboveOwn(String),
    /// Something that is no folder, a link for one, stands where a folder is needed.
    #[error("“{0}” is not a folder but a file or a link, so nothing can be stored in it. Move it away.")]
    InTheWay(String),
    #[error("The disk here can't hold a file of the name “{0}”. Have it sent under another name.")]
    NameRefused(String),
    #[error("“{0}” is larger than a file can be on this disk. Choose a folder on another disk.")]
    TooBig(String),
    /// Whoever has started this program has said how large.
    #[error(
        "“{path}” is larger than a file may be that Airlift writes here: it was started with a limit of {} (ulimit -f). Start it without that, and have it sent again.",
        text::bytes(*.limit)
    )]
    OverLimit { path: String, limit: u64 },
    #[error("“{0}” was moved or removed here while it was being received. Have it sent again.")]
    Vanished(String),
    #[error("“{0}” arrived damaged and was thrown away. Have it sent again.")]
    Corrupt(String),
    #[error(
        "The other device sent more of “{0}” than it had announced, so it was thrown away. Have it sent again."
    )]
    Longer(String),
    #[error(
        "The other device sent less of “{0}” than it had announced, so it was thrown away. Have it sent again."
    )]
    Shorter(String),
    #[error("The other device sent a part of “{0}” twice. Have it sent again.")]
    Twice(String),
    /// An entry number that is no file, or one that was not wanted.
    #[error("The other device sent number {0}, which was not asked for.")]
    NotWanted(EntryNo),
    #[error("“{path}” can't be written: {}. Try again; if it fails again, check its disk.", text::reason(.why))]
    Io {
        path: String,
        #[source]
        why: Arc<io::Error>,
    },
    #[error("What the other device sent as a text is none, so it was thrown away. Have it sent as a file.")]
    NoText,
    #[error("“{0}” is in use by another Airlift. Try again when that one has ended.")]
    InUse(String),
    /// Waited for in vain.
    #[error("{}", system::descriptors::used_up())]
    NoHandles,
    /// As its person wants it.
    #[error(
        "“{path}” is not taken: {why}, and what can’t be checked for viruses is refused here. Have it sent again when it can be checked, or change that in the settings."
    )]
    Unscanned { path: String, why: NotScanned },
    #[error("Where this goes can’t be written to now: the disk is not connected, or read-only.")]
    Away,
}

impl DiskError {
    /// True when the rest of the transfer can't go better: the disk or the folder itself fails.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::NoSpace(_)
                | Self::ReadOnly(_)
                | Self::FolderGone(_)
                | Self::Moved { .. }
                | Self::NotAFolder(_)
                | Self::NoHandles
                | Self::Away
                | Self::Io { .. }
        )
    }

    /// The number of the system's error, for a program or a log.
    #[must_use]
    pub fn number(&self) -> Option<i32> {
        match self {
            Self::Io { why, .. } => why.raw_os_error(),
            _ => None,
        }
    }

    /// True when the same file fails there the next time, too.
    #[must_use]
    pub fn is_for_good(&self) -> bool {
        matches!(self, Self::TooBig(_) | Self::OverLimit { .. } | Self::NameRefused(_))
    }

    /// True when the disk, or the part of it that this user may fill, is full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::NoSpace(_))
    }

    /// An error of the system about `path`, which is in the form that is safe to show.
    pub(super) fn of(path: String, why: io::Error) -> Self {
        match why.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::NoSpace(path),
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path),
            ErrorKind::PermissionDenied => Self::NoPermission(path),
            ErrorKind::FileTooLarge => Self::TooBig(path),
            ErrorKind::NotFound => Self::Vanished(path),
            ErrorKind::NotADirectory => Self::InTheWay(path),
            _ if system::refusal::is_of_name(&why) => Self::NameRefused(path),
            _ if system::descriptors::are_used_up(&why) => Self::NoHandles,
            _ => Self::Io { path, why: Arc::new(why) },
        }
    }

    /// The same, of a file that was to become `length` long. The system has one word for what a disk can't hold and for
    /// what this process may not write.
    pub(super) fn at_length(self, length: u64, limit: Option<u64>) -> Self {
        match (self, limit) {
            (Self::TooBig(path), Some(limit)) if length > limit => Self::OverLimit { path, limit },
            (other, _) => other,
        }
    }
}

/// Why an offer can't be accepted as it is (receiver).
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("The other device offers nothing.")]
    Nothing,
    #[error("The other device offers “{0}” twice. Its offer can't be trusted; have it made anew.")]
    Twice(String),
    #[error(
        "The other device offers “{0}” as a file and as a folder. Its offer can't be trusted; have it made anew."
    )]
    FileAndFolder(String),
    #[error("The other device claims to send more than any disk can hold. Its offer can't be trusted.")]
    Absurd,
    #[error("There is not enough space: {0}. Free some space, or choose another folder.")]
    NoSpace(Shortfall),
    #[error("“{0}” can't be a name. Choose one without “/”, other than “.” and “..”.")]
    BadName(String),
    #[error("“{0}” is too deep or too long a path under its new name. Choose a shorter name.")]
    TooLong(String),
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// A path of this machine, fit for a sentence.
pub(super) fn shown(path: &Path) -> String {
    let path = path.to_string_lossy();
    // Windows' own mark of a path in full says nothing to a person.
    text::visible(path.strip_prefix(r"\\?\").unwrap_or(&path)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_the_process_is_named_only_where_a_file_goes_beyond_it() {
        let refused = |length, limit| {
            DiskError::of("film".to_owned(), ErrorKind::FileTooLarge.into()).at_length(length, limit)
        };
        for limit in [None, Some(6 << 30), Some(5 << 30)] {
            let why = refused(5 << 30, limit);
            assert!(matches!(why, DiskError::TooBig(_)), "{limit:?}: {why}");
        }
        let why = refused(5 << 30, Some(1 << 30));
        assert!(matches!(why, DiskError::OverLimit { limit: 0x4000_0000, .. }), "{why}");
        let full = DiskError::NoSpace("film".to_owned()).at_length(5 << 30, Some(1 << 30));
        assert!(matches!(full, DiskError::NoSpace(_)), "{full}");
    }
}
