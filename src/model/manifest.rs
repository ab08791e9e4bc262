//! What a sender offers: entries in a fixed order, numbered from 0.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Purpose, RelPath, Skipped, Text};

/// The place of an [`Entry`] in its manifest, from 0. Content and receipts name entries by it.
pub type EntryNo = u32;

/// One file or folder of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: RelPath,
    pub kind: EntryKind,
    pub access: Access,
    /// `None` where the source has no such time (a stream).
    pub modified: Option<Timestamp>,
    /// How much of it is holes, in [`CHUNK`](super::CHUNK)s: zeros that take no room at the sender, and need take none at the receiver.
    /// Of what has none, and of what its sender doesn't say so, 0.
    pub holes: u32,
}

/// Who may read it at the sender. A receiver never lets more than those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Others as well, in one way or another: it gets what new things get at the receiver.
    Shared,
    /// Its owner alone.
    Private,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum EntryKind {
    Folder,
    File {
        /// Bytes; `None` for a stream, whose length is known at its end.
        size: Option<u64>,
        mode: FileMode,
    },
}

/// Whether it is a program. Beside that, only its [`Access`] is kept; everything else is the receiver's own default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum FileMode {
    Regular,
    Executable,
}

/// A modification time: whole seconds since 1970-01-01 UTC (negative before) and nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanos: u32,
}

impl Timestamp {
    /// `None` for a time that no clock on this machine can show.
    #[must_use]
    pub fn to_system_time(self) -> Option<SystemTime> {
        let whole = Duration::from_secs(self.seconds.unsigned_abs());
        let base =
            if self.seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
        base?.checked_add(Duration::from_nanos(self.nanos.min(999_999_999).into()))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self {
                seconds: i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
                nanos: after.subsec_nanos(),
            },
            Err(before) => {
                let before = before.duration();
                let round_up = i64::from(before.subsec_nanos() > 0);
                let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                Self {
                    seconds: (-seconds).saturating_sub(round_up),
                    nanos: (1_000_000_000 - before.subsec_nanos()) % 1_000_000_000,
                }
            }
        }
    }
}

/// A BLAKE3 hash of a file's content.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Entry {
    /// What a text of so many bytes is offered as: they all look alike.
    #[must_use]
    pub fn of_text(bytes: u64) -> Option<Self> {
        let kind = EntryKind::File { size: Some(bytes), mode: FileMode::Regular };
        let path = RelPath::parse(Text::NAME).ok()?;
        Some(Self { path, kind, access: Access::Private, modified: None, holes: 0 })
    }
}

/// All entries of an offer, in the sender's order: a folder stands before what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    pub entries: Vec<Entry>,
    pub skipped: Skipped,
}

/// What a person is told of an offer.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    pub files: u64,
    pub folders: u64,
    /// Bytes of all files whose size is known.
    pub bytes: u64,
    /// Files whose size is not known before their end.
    pub streams: u64,
    /// What stands at the top, in the sender's order; at most [`Summary::MAX_TOP`].
    pub top: Vec<TopItem>,
    /// Things at the top beyond those listed.
    pub more: u64,
    pub skipped: Skipped,
    pub purpose: Purpose,
}

/// One thing that the sender picked: a file, or a folder with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TopItem {
    pub name: String,
    pub kind: EntryKind,
}

impl Summary {
    /// How many things at the top are listed by name.
    pub const MAX_TOP: usize = 100;

    pub fn add(&mut self, entry: &Entry) {
        match entry.kind {
            EntryKind::Folder => self.folders += 1,
            EntryKind::File { size: Some(size), .. } => {
                self.files += 1;
                self.bytes = self.bytes.saturating_add(size);
            }
            EntryKind::File { size: None, .. } => {
                self.files += 1;
                self.streams += 1;
            }
        }
        if entry.path.parent().is_none() {
            if self.top.len() < Self::MAX_TOP {
                self.top.push(TopItem { name: entry.path.name().to_owned(), kind: entry.kind });
            } else {
                self.more += 1;
            }
        }
    }

    /// How many and how large, and no name.
    #[must_use]
    pub fn counts(&self) -> Self {
        Self { top: Vec::new(), more: 0, ..self.clone() }
    }

    /// The whole size in bytes; `None` while a stream is part of it.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        (self.streams == 0).then_some(self.bytes)
    }

    /// True of an offer that whoever said yes to `accepted` has said yes to: the same things, and no
    /// more of them, though a file may have grown a little since.
    #[must_use]
    pub fn is_within(&self, accepted: &Self) -> bool {
        /// Bytes that nobody would have been asked about.
        const LITTLE: u64 = 64 << 20;
        let is_folder = |item: &TopItem| item.kind == EntryKind::Folder;
        let same = |(ours, theirs): (&TopItem, &TopItem)| {
            ours.name == theirs.name && is_folder(ours) == is_folder(theirs)
        };
        self.purpose == accepted.purpose
            && self.top.len() == accepted.top.len()
            && self.more == accepted.more
            && self.top.iter().zip(&accepted.top).all(same)
            && self.files <= accepted.files
            && self.folders <= accepted.folders
            && self.streams == accepted.streams
            && self.bytes <= accepted.bytes.saturating_add(accepted.bytes / 8).saturating_add(LITTLE)
    }

    /// One short title: `photo.jpg`, or `photo.jpg and 3 more`. Fit for any screen.
    #[must_use]
    pub fn title(&self) -> String {
        match self.purpose {
            // What a peer calls it is never stored, and need not be read.
            Purpose::Trial(_) => return "Speed test".to_owned(),
            Purpose::Text => return "Text".to_owned(),
            Purpose::Files => {}
        }
        let Some(first) = self.top.first() else { return self.unnamed() };
        let name = super::text::visible(&first.name);
        match self.top.len() as u64 + self.more - 1 {
            0 => name.into_owned(),
            others => format!("{name} and {}", super::text::count(others, "more", "more")),
        }
    }

    /// Of what only counts are known.
    fn unnamed(&self) -> String {
        match (self.files, self.folders) {
            (0, 0) => "Nothing".to_owned(),
            (0, folders) => super::text::count(folders, "folder", "folders"),
            (files, _) => super::text::count(files, "file", "files"),
        }
    }

    /// `12 files in 3 folders, 4.20 MB`; of a speed test `A speed test of 1.00 GB. Nothing is kept.`, of a
    /// text `a text of 120 B`
    #[must_use]
    pub fn size_line(&self) -> String {
        use super::text::{bytes, count};
        match self.purpose {
            Purpose::Trial(_) => return format!("A speed test of {}. Nothing is kept.", bytes(self.bytes)),
            Purpose::Text => return format!("a text of {}", bytes(self.bytes)),
            Purpose::Files => {}
        }
        let mut line = count(self.files, "file", "files");
        if self.folders > 0 {
            line = line + " in " + &count(self.folders, "folder", "folders");
        }
        match (self.streams, self.bytes) {
            (0, n) => line + ", " + &bytes(n),
            (_, 0) => line + ", size not known yet",
            (_, n) => line + ", more than " + &bytes(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_the_way_there_and_back() {
        for (seconds, nanos) in [(0, 0), (1_700_000_000, 123_456_789), (-1, 500_000_000), (-1_000_000_000, 0)]
        {
            let time = Timestamp { seconds, nanos };
            assert_eq!(Timestamp::from(time.to_system_time().unwrap()), time);
        }
    }

    #[test]
    fn a_time_at_the_edge_of_every_clock_is_a_time_or_none_and_never_a_panic() {
        for seconds in [i64::MIN, i64::MIN + 2, i64::MAX - 1, i64::MAX] {
            for nanos in [0, 999_999_999, u32::MAX] {
                if let Some(time) = (Timestamp { seconds, nanos }).to_system_time() {
                    let back = Timestamp::from(time).seconds;
                    assert!(back.abs_diff(seconds) <= 1, "{back} {seconds}");
                }
            }
        }
    }

    #[test]
    fn who_said_yes_to_an_offer_has_not_said_yes_to_more() {
        let of = |entries: &[(&str, EntryKind)]| {
            let mut summary = Summary::default();
            for (path, kind) in entries {
                let (path, access) = (RelPath::parse(path).unwrap(), Access::Shared);
                summary.add(&Entry { path, kind: *kind, access, modified: None, holes: 0 });
            }
            summary
        };
        let file = |size| EntryKind::File { size: Some(size), mode: FileMode::Regular };
        let gib = 1 << 30;
        let accepted = of(&[("trip", EntryKind::Folder), ("trip/a", file(gib)), ("b", file(5))]);
        for (entries, within) in [
            (vec![("trip", EntryKind::Folder), ("trip/a", file(gib)), ("b", file(5))], true),
            (vec![("trip", EntryKind::Folder), ("b", file(5))], true),
            (vec![("trip", EntryKind::Folder), ("trip/c", file(gib + gib / 9)), ("b", file(1))], true),
            (vec![("trip", EntryKind::Folder), ("trip/a", file(2 * gib)), ("b", file(5))], false),
            (
                vec![("trip", EntryKind::Folder), ("trip/a", file(1)), ("trip/c", file(1)), ("b", file(1))],
                false,
            ),
            (vec![("trip", EntryKind::Folder), ("trip/a", file(gib)), ("c", file(5))], false),
            (vec![("trip", EntryKind::Folder), ("trip/a", file(gib))], false),
            (vec![("trip", file(5)), ("b", file(5))], false),
        ] {
            assert_eq!(of(&entries).is_within(&accepted), within, "{entries:?}");
        }
        let trial = Summary { purpose: Purpose::Trial(super::super::Medium::Memory), ..accepted.clone() };
        assert!(!trial.is_within(&accepted));
    }

    #[test]
    fn a_summary_counts_what_it_is_given_and_names_only_the_top() {
        let mut summary = Summary::default();
        let file = |size| EntryKind::File { size, mode: FileMode::Regular };
        for (path, kind) in [
            ("trip", EntryKind::Folder),
            ("trip/a", file(Some(5))),
            ("b\u{1b}", file(Some(u64::MAX))),
            ("s", file(None)),
        ] {
            let (path, access) = (RelPath::parse(path).unwrap(), Access::Shared);
            summary.add(&Entry { path, kind, access, modified: None, holes: 0 });
        }
        assert_eq!((summary.files, summary.folders, summary.bytes, summary.streams), (3, 1, u64::MAX, 1));
        assert_eq!(summary.total(), None);
        assert_eq!(summary.title(), "trip and 2 more");
        summary.top.remove(0);
        assert_eq!(summary.title(), "b\\u{1b} and 1 more");
    }
}
