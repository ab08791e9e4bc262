//! The control messages: one enum for each direction, so that a message the wrong way round is
//! not even a value.
//!
//! The types here are what stands on the wire: plain strings and numbers. They become the model's
//! types by `parse`, or a [`Violation`]. The order of variants and fields is the encoding: new
//! ones go to the end, and a change of old ones is a new protocol version.

mod offer;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Violation, limits};
use crate::model::{Caught, Digest, Entry, EntryNo, Group, NotScanned, Work, text::visible};

pub use offer::{RawAccess, RawCounts, RawEntry, RawKind, RawPurpose, RawSkipped};

/// From the device that has the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromSender {
    /// The first message of a control connection.
    Hello { name: String, transfer: [u8; 16], can: Capabilities },
    /// The first and only message of a content connection; content follows at once.
    Lane { token: [u8; 16] },
    /// The next entries of the manifest, in order.
    Entries(Vec<RawEntry>),
    /// The manifest is complete.
    Offered { skipped: RawSkipped, purpose: RawPurpose },
    /// Still here.
    Alive,
    /// Heard `Done`, and agrees.
    Bye,
    /// This side ends it.
    Ending(Ending),
    /// Where its time went so far.
    Load(Load),
    /// What likely files hold here: each of them once.
    Digests(Vec<RawDigest>),
    /// The first message after both have said hello: a random number of the sender, and what it does
    /// about the receiver.
    Nonce { nonce: [u8; 32], stance: Stance },
    /// The person here has compared the codes, and they are the same.
    Agreed,
    /// The first message of a control connection whose sender knows the receiver's code; `Hello` comes after
    /// the receiver's `Paired`.
    Pair { element: [u8; 32] },
    /// It has the key that only follows from the right words.
    PairProof { proof: [u8; 32] },
    /// What is to be offered is still being counted.
    Counting,
    /// How much there is to offer: all that is told of it before the codes were compared.
    Counts(RawCounts),
}

/// From the device that gets the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromReceiver {
    /// The first message of a control connection.
    Hello { name: String, commitment: [u8; 32], knows: Acquaintance, can: Capabilities },
    /// These entries are not wanted: ranges of entry numbers, ascending, not touching.
    Except(Vec<Range<EntryNo>>),
    /// Everything but what was excepted is wanted. Content connections show the token.
    Accept { token: [u8; 16] },
    /// No, and why, for a person.
    Decline { reason: Option<String> },
    /// How much is stored by now.
    Progress { bytes: u64 },
    /// What became of entries.
    Receipts(Vec<Receipt>),
    /// Every wanted entry has its receipt, and folders are done.
    Done,
    /// Still here.
    Alive,
    /// This side ends it.
    Ending(Ending),
    /// Where its time went so far.
    Load(Load),
    /// These entries are stored already, by an earlier attempt at the same transfer: ranges of entry
    /// numbers, ascending, not touching.
    Stored(Vec<Range<EntryNo>>),
    /// An earlier attempt left these parts of a wanted file: ascending, not overlapping. Large lists
    /// come in several messages.
    Held { entry: EntryNo, groups: Vec<RawGroup> },
    /// These files seem to be there already, by name, size and time: ranges of entry numbers,
    /// ascending, not touching. Their digests are wanted, and not their content.
    Likely(Vec<Range<EntryNo>>),
    /// These likely files, whose digests have come, are others: they are wanted.
    Differ(Vec<EntryNo>),
    /// The number that was committed to, once the sender has told its own.
    Nonce([u8; 32]),
    /// In answer to the sender's.
    Pair { element: [u8; 32] },
    /// The sender's proof is right, and this is the receiver's.
    Paired { proof: [u8; 32] },
    /// These files were agreed, and have grown or changed beyond that: they are not wanted, and have failed. Ranges
    /// of entry numbers, ascending, not touching.
    Beyond(Vec<Range<EntryNo>>),
    /// What was counted may be offered: the codes are the same for the person here, or nobody here has to compare
    /// them.
    Same,
    /// The disk here seems to have less room than what is wanted takes.
    Tight { needed: u64, free: u64 },
    /// These files can't be stored here, whatever is tried again, and have failed; a sentence for the person at the other
    /// side. Ranges of entry numbers, ascending, not touching.
    Unfit { entries: Vec<Range<EntryNo>>, why: String },
    /// There is no room for these files now: this attempt goes on without them.
    NotNow(Vec<EntryNo>),
    /// All has come, and so many files have still to be checked before they are stored. Only for a sender that can
    /// [`QUARANTINE`].
    Checking { files: u64 },
    /// Instead of a greeting: it rests here. Whoever stays is told when that is over. Only for a sender that can
    /// [`STAYING`].
    Stay,
}

/// What a side can do beyond this version, a bit each: what both can may be said. Bits that nobody knows mean
/// nothing.
pub type Capabilities = u64;

/// Holes of files are told: which files have some, and where they are.
pub const HOLES: Capabilities = 1 << 0;

/// What becomes of files that are kept apart at the receiver is told: [`Receipt::Infected`], [`Receipt::Held`] and
/// [`FromReceiver::Checking`].
pub const QUARANTINE: Capabilities = 1 << 1;

/// Texts are offered: [`RawPurpose::Text`].
pub const TEXTS: Capabilities = 1 << 2;

/// A sender stays with a receiver that has paused: [`FromReceiver::Stay`] and [`Ending::Resumed`].
pub const STAYING: Capabilities = 1 << 3;

/// What this side can do.
pub const CAN: Capabilities = HOLES | QUARANTINE | TEXTS | STAYING;

/// Whether the receiver knows the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Acquaintance {
    Stranger,
    Known,
}

/// What the sender does about the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stance {
    /// It knows it.
    Knows,
    /// Its person compares the codes: nothing but counts is told before both sides have found them to be the same.
    Compares,
    /// It doesn't know it, and nobody there compares.
    GoesAhead,
}

/// What a file holds at the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawDigest {
    pub entry: EntryNo,
    /// `None`: it can't be read whole.
    pub digest: Option<[u8; 32]>,
}

/// A part of a file by its hash: the chunks from `first` on, 2^`level` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawGroup {
    pub first: u64,
    pub level: u8,
    pub value: [u8; 32],
}

/// Microseconds since content began to flow, for each kind of this side's [`Work`] in its order.
pub type Load = [u64; Work::ALL.len() / 2];

/// Why one side ends a transfer before it is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    Cancelled,
    /// It can't go on; a sentence for the person at the other side.
    Failed {
        why: String,
    },
    /// A person at this side has paused it; it goes on when they say so.
    Paused,
    /// The receiver's disk is full; it goes on when there is room.
    Full,
    /// A person at this side has seen another code than the other screen shows: an alarm for both.
    Differs,
    /// The disk that the receiver has put it on so far is not there; it goes on when it is.
    Away,
    /// The system at this side lets no more files be open at once. It can go on when others are closed.
    Busy,
    /// It rests at the receiver no more: whoever has stayed may call, and go on. Only for a sender that can
    /// [`STAYING`].
    Resumed,
}

/// What became of one entry at the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Receipt {
    /// Stored under its final name, synced; this is the digest of what was written.
    Stored { entry: EntryNo, digest: [u8; 32] },
    /// Not stored; a sentence for the person at the other side.
    Failed { entry: EntryNo, why: String },
    /// Refused: something was found in it, of this name, and it is kept apart. The digest is that of what came.
    Infected { entry: EntryNo, digest: [u8; 32], name: String },
    /// Stored, and held until it can be checked.
    Held { entry: EntryNo, digest: [u8; 32], why: RawNotScanned },
}

/// Why a file could not be checked. A scanner's own words stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RawNotScanned {
    NoScanner,
    Starting,
    Busy,
    TooLarge,
    TookTooLong,
    Locked,
    Changed,
    Partly,
    Failed,
}

impl From<&NotScanned> for RawNotScanned {
    fn from(why: &NotScanned) -> Self {
        match why {
            NotScanned::NoScanner => Self::NoScanner,
            NotScanned::Starting => Self::Starting,
            NotScanned::Busy => Self::Busy,
            NotScanned::TooLarge => Self::TooLarge,
            NotScanned::TookTooLong => Self::TookTooLong,
            NotScanned::Locked => Self::Locked,
            NotScanned::Changed => Self::Changed,
            NotScanned::Partly => Self::Partly,
            NotScanned::Failed(_) => Self::Failed,
        }
    }
}

impl From<RawNotScanned> for NotScanned {
    fn from(why: RawNotScanned) -> Self {
        match why {
            RawNotScanned::NoScanner => Self::NoScanner,
            RawNotScanned::Starting => Self::Starting,
            RawNotScanned::Busy => Self::Busy,
            RawNotScanned::TooLarge => Self::TooLarge,
            RawNotScanned::TookTooLong => Self::TookTooLong,
            RawNotScanned::Locked => Self::Locked,
            RawNotScanned::Changed => Self::Changed,
            RawNotScanned::Partly => Self::Partly,
            RawNotScanned::Failed => Self::Failed("it failed".to_owned()),
        }
    }
}

impl RawGroup {
    /// # Errors
    /// When no such group can be in a file of `size` bytes, or it is all of it.
    pub fn parse(self, size: u64) -> Result<Group, Violation> {
        let group = Group::new(self.first, self.level.into(), self.value).ok_or(Violation::BadGroup)?;
        let bytes = group.bytes(size);
        let is_whole = self.level == 0 || bytes == group.bytes(u64::MAX);
        if is_whole && !bytes.is_empty() && bytes != (0..size) { Ok(group) } else { Err(Violation::BadGroup) }
    }
}

impl From<&Group> for RawGroup {
    fn from(group: &Group) -> Self {
        // A level is at most [`Group::MAX_LEVEL`].
        let level = u8::try_from(group.level()).unwrap_or(u8::MAX);
        Self { first: group.first(), level, value: group.value }
    }
}

impl Receipt {
    #[must_use]
    pub fn stored(entry: EntryNo, digest: Digest) -> Self {
        Self::Stored { entry, digest: digest.0 }
    }

    #[must_use]
    pub fn failed(entry: EntryNo, why: &str) -> Self {
        Self::Failed { entry, why: short(why) }
    }

    /// Of what is kept apart.
    #[must_use]
    pub fn caught(entry: EntryNo, Digest(digest): Digest, why: &Caught) -> Self {
        match why {
            Caught::Infected(name) => Self::Infected { entry, digest, name: short(name) },
            Caught::Held(why) => Self::Held { entry, digest, why: why.into() },
        }
    }

    /// What came of it, and why it is kept apart; `None` where it is not. Cleaned, as a peer has said it.
    #[must_use]
    pub fn into_caught(self) -> Option<(Digest, Caught)> {
        match self {
            Self::Infected { digest, name, .. } => {
                Some((Digest(digest), Caught::Infected(visible(&short(&name)).into_owned())))
            }
            Self::Held { digest, why, .. } => Some((Digest(digest), Caught::Held(why.into()))),
            Self::Stored { .. } | Self::Failed { .. } => None,
        }
    }

    /// Bytes on the wire, at most.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no receipt is empty")]
    pub fn len(&self) -> usize {
        match self {
            Self::Stored { .. } => 1 + 5 + 32,
            Self::Failed { why, .. } => 1 + 5 + 2 + why.len(),
            Self::Infected { name, .. } => 1 + 5 + 32 + 2 + name.len(),
            Self::Held { .. } => 1 + 5 + 32 + 1,
        }
    }

    #[must_use]
    pub fn entry(&self) -> EntryNo {
        match self {
            Self::Stored { entry, .. }
            | Self::Failed { entry, .. }
            | Self::Infected { entry, .. }
            | Self::Held { entry, .. } => *entry,
        }
    }
}

/// A sentence for the other side, or of it, cut to [`limits::MAX_TEXT`].
#[must_use]
pub fn short(text: &str) -> String {
    if text.len() <= limits::MAX_TEXT {
        return text.to_owned();
    }
    let end = (0..=limits::MAX_TEXT - 3).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    format!("{}…", &text[..end])
}

/// Cuts a list of entries into messages of about [`limits::BATCH_BYTES`].
pub fn batches(entries: &[Entry]) -> impl Iterator<Item = FromSender> {
    let mut rest = entries;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |entry: &&Entry| {
            // Tags, size, time and access take 32 bytes at most.
            bytes += entry.path.as_str().len() + 32;
            bytes <= limits::BATCH_BYTES
        };
        let count = rest.iter().take(limits::BATCH_ENTRIES).take_while(fits).count();
        let (batch, after) = rest.split_at(count.max(1).min(rest.len()));
        rest = after;
        (!batch.is_empty()).then(|| FromSender::Entries(batch.iter().map(RawEntry::from).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Access, EntryKind, FileMode, RelPath, Timestamp},
        wire::frame,
    };

    fn entry(path: &str) -> Entry {
        let kind = EntryKind::File { size: Some(u64::MAX), mode: FileMode::Executable };
        let modified = Some(Timestamp { seconds: i64::MIN, nanos: 999_999_999 });
        Entry { path: RelPath::parse(path).unwrap(), kind, access: Access::Private, modified, holes: 0 }
    }

    #[test]
    fn no_batch_is_longer_than_a_message_may_be_and_none_is_lost() {
        let longest = format!("{}/{}", vec!["x".repeat(1000); 4].join("/"), "y".repeat(80));
        let entries: Vec<_> =
            (0..2000).map(|i| if i % 3 == 0 { entry(&longest) } else { entry(&format!("f{i}")) }).collect();
        let mut back = Vec::new();
        for message in batches(&entries) {
            let bytes = frame::encode(&message);
            assert!(bytes.len() <= limits::BATCH_BYTES + RelPath::MAX_LEN + 64, "{}", bytes.len());
            let FromSender::Entries(raw) = frame::decode(&bytes[frame::HEADER..]).unwrap() else { panic!() };
            back.extend(raw.into_iter().map(|e| e.parse().unwrap()));
        }
        assert_eq!(back, entries);
        assert_eq!(batches(&[]).count(), 0);
    }

    #[test]
    fn the_longest_receipts_and_exceptions_fit_their_messages() {
        let why = "é".repeat(400);
        let one = frame::encode(&FromReceiver::Receipts(vec![Receipt::failed(u32::MAX, &why)]));
        assert!(one.len() < limits::MAX_TEXT + 32);
        let stored = Receipt::stored(u32::MAX, Digest([255; 32]));
        let many = frame::encode(&FromReceiver::Receipts(vec![stored; limits::RECEIPTS]));
        assert!(many.len() <= limits::MAX_MESSAGE);
        let group = RawGroup { first: u64::MAX, level: u8::MAX, value: [255; 32] };
        let held = FromReceiver::Held { entry: u32::MAX, groups: vec![group; limits::HELD_GROUPS] };
        assert!(frame::encode(&held).len() <= limits::BATCH_BYTES);
        let ranges = vec![u32::MAX - 1..u32::MAX; limits::EXCEPT_RANGES];
        assert!(frame::encode(&FromReceiver::Except(ranges)).len() <= limits::MAX_MESSAGE);
    }

    #[test]
    fn a_group_that_can_t_be_part_of_a_file_is_refused() {
        let chunk = crate::model::CHUNK as u64;
        let parse = |first, level, size| RawGroup { first, level, value: [0; 32] }.parse(size).is_ok();
        let size = 70 * chunk + 1;
        for (first, level, fits) in [
            (0, 6, true),
            (64, 2, true),
            (70, 0, true),
            (64, 3, false),
            (71, 0, false),
            (1, 1, false),
            (0, 7, false),
            (u64::MAX, 0, false),
        ] {
            assert_eq!(parse(first, level, size), fits, "{first} at {level}");
        }
        assert!(!parse(0, 6, 64 * chunk), "the whole file is no part of it");
        assert!(!parse(0, 0, 1));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_whatever_make_the_decoder_panic(bytes: Vec<u8>) {
            let _ = frame::decode::<FromSender>(&bytes);
            let _ = frame::decode::<FromReceiver>(&bytes);
        }
    }
}
