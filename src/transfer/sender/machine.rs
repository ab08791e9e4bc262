//! The sender's end as a state machine: messages in, orders out, no I/O.

mod answers;
#[cfg(test)]
mod likely_tests;
#[cfg(test)]
pub mod tests;
mod wants;

use std::collections::HashMap;

use crate::{
    disk::SourceError,
    model::{DeviceName, Digest, EntryKind, EntryNo, FileProblem, Group, RelPath, Side},
    pairing::{Commitment, Nonce},
    transfer::{
        Ended, LaneToken, TransferError,
        entry_set::EntrySet,
        tally::{Settled, Tally},
    },
    wire::{
        FromReceiver, Violation, limits,
        message::{Acquaintance, Capabilities, Ending, Load, short},
    },
};
pub use wants::Wants;

/// What the driver must do next.
#[derive(Debug)]
pub enum Order {
    Nothing,
    /// It rests at the receiver, which says when that is over.
    Stay,
    /// The receiver is there: tell a nonce, scan, and offer what is found.
    Offer {
        peer: DeviceName,
        commitment: Commitment,
        knows: Acquaintance,
        can: Capabilities,
    },
    /// What the receiver had committed to.
    Reveal(Nonce),
    /// The receiver's side has found the codes to be the same, or has nobody who must.
    Same,
    /// The answer was yes: send everything but these.
    Flow {
        token: LaneToken,
        answer: Box<Wants>,
    },
    /// So many bytes are stored at the receiver.
    Progress {
        bytes: u64,
    },
    /// All has come, and so many files have still to be checked there.
    Checking {
        files: u64,
    },
    /// Where the receiver's time went.
    Load(Load),
    /// So many likely files have their answer, and these of them are wanted; those others are not to be sent any more.
    Answered {
        count: usize,
        differ: Vec<EntryNo>,
        failed: Vec<EntryNo>,
    },
    /// These are not to be sent any more.
    SetAside(Vec<EntryNo>),
    /// All is settled: say goodbye and end.
    Finish,
    End(Ended),
}

/// Whether the receiver has revealed its nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reveal {
    Due,
    Had,
}

/// Whether the receiver's word on the codes is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    NotDue,
    Due,
}

#[derive(Debug)]
pub struct Machine {
    phase: Phase,
    reveal: Reveal,
    same: Word,
    /// Entries offered so far, files among them.
    offered: EntryNo,
    files: EntrySet,
    /// Sizes of the files that parts of can be held.
    long: HashMap<EntryNo, u64>,
    /// Groups that the receiver holds.
    groups: usize,
    /// Folders offered, of which no failure was reported.
    folders: EntrySet,
    /// Files that can't be read whole here.
    broken: EntrySet,
    /// What was sent and has no receipt yet.
    unreceipted: HashMap<EntryNo, Sent>,
    /// Files whose length nobody knows: none of them can be likely.
    streams: EntrySet,
    /// Likely files whose digests were not told yet.
    likely: EntrySet,
    /// Likely files whose digests were told, and have no answer yet.
    asked: EntrySet,
}

#[derive(Debug)]
enum Phase {
    Greeting,
    Offering,
    Waiting(Wants),
    Flowing(Tally),
}

/// A file whose last byte is on its way.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub size: u64,
    pub digest: Digest,
}

impl Machine {
    pub fn new() -> Self {
        Self {
            phase: Phase::Greeting,
            reveal: Reveal::Due,
            same: Word::NotDue,
            offered: 0,
            files: EntrySet::default(),
            long: HashMap::new(),
            groups: 0,
            folders: EntrySet::default(),
            broken: EntrySet::default(),
            unreceipted: HashMap::new(),
            streams: EntrySet::default(),
            likely: EntrySet::default(),
            asked: EntrySet::default(),
        }
    }

    /// What is to be offered was counted, and nothing else was told of it.
    pub fn counted(&mut self) {
        self.same = Word::Due;
    }

    /// Another entry was offered.
    pub fn offered(&mut self, kind: EntryKind) {
        if let EntryKind::File { size: Some(size), .. } = kind
            && size > Group::WORTH
        {
            self.long.insert(self.offered, size);
        }
        if let EntryKind::File { size: None, .. } = kind {
            self.streams.insert(self.offered);
        }
        match kind {
            EntryKind::File { .. } => &mut self.files,
            EntryKind::Folder => &mut self.folders,
        }
        .insert(self.offered);
        self.offered += 1;
    }

    /// The whole manifest was offered.
    pub fn all_offered(&mut self) {
        if matches!(self.phase, Phase::Offering) {
            self.phase = Phase::Waiting(Wants::default());
        }
    }

    /// Bytes of the files that an earlier attempt has stored.
    pub fn stored_earlier(&mut self, bytes: u64) {
        if let Phase::Flowing(tally) = &mut self.phase {
            tally.add_earlier(bytes);
        }
    }

    /// A file is on its way, whole.
    pub fn sent(&mut self, entry: EntryNo, sent: Sent) {
        self.unreceipted.insert(entry, sent);
    }

    /// The digest of a likely file is told.
    pub fn asked(&mut self, entry: EntryNo, own: Sent) {
        self.likely.remove(entry);
        self.asked.insert(entry);
        self.unreceipted.insert(entry, own);
    }

    /// A file can't be read whole; the receiver was told.
    pub fn broken(&mut self, entry: EntryNo, path: &RelPath, why: &SourceError) {
        if let Phase::Flowing(tally) = &mut self.phase {
            self.likely.remove(entry);
            self.broken.insert(entry);
            tally.failed(
                entry,
                FileProblem {
                    path: path.to_string(),
                    side: Side::Here,
                    why: why.to_string(),
                    error: why.number(),
                },
            );
        }
    }

    /// What a message means now. `path` names an entry, for a report.
    ///
    /// # Errors
    /// When the receiver may not say this, or not now.
    pub fn on_message(
        &mut self,
        message: FromReceiver,
        path: impl Fn(EntryNo) -> Option<RelPath>,
    ) -> Result<Order, Violation> {
        Ok(match (&mut self.phase, message) {
            (_, FromReceiver::Alive) => Order::Nothing,
            (phase, FromReceiver::Ending(ending)) => Order::End(ended(phase, ending)?),
            (Phase::Greeting, FromReceiver::Stay) => Order::Stay,
            (Phase::Greeting, FromReceiver::Hello { name, commitment, knows, can }) => {
                self.phase = Phase::Offering;
                Order::Offer { peer: DeviceName::parse(&name)?, commitment, knows, can }
            }
            (Phase::Offering | Phase::Waiting(_), FromReceiver::Nonce(nonce))
                if self.reveal == Reveal::Due =>
            {
                self.reveal = Reveal::Had;
                Order::Reveal(nonce)
            }
            // No word counts for a code that can't be on the screen here.
            (Phase::Offering, FromReceiver::Same) if self.same == Word::Due && self.reveal == Reveal::Had => {
                self.same = Word::NotDue;
                Order::Same
            }
            (Phase::Greeting | Phase::Offering | Phase::Waiting(_), FromReceiver::Decline { reason }) => {
                let reason = reason.as_deref().map(short);
                Order::End(Ended::Declined { by: Side::There, reason })
            }
            (
                Phase::Waiting(wants),
                message @ (FromReceiver::Except(_)
                | FromReceiver::Beyond(_)
                | FromReceiver::Stored(_)
                | FromReceiver::Likely(_)
                | FromReceiver::Receipts(_)
                | FromReceiver::Unfit { .. }
                | FromReceiver::Tight { .. }),
            ) => {
                wants.hear(message, self.offered)?;
                Order::Nothing
            }
            (Phase::Waiting(wants), FromReceiver::Held { entry, groups }) => {
                let size = *self.long.get(&entry).ok_or(Violation::BadGroup)?;
                self.groups += groups.len();
                if self.groups > limits::MAX_HELD {
                    return Err(Violation::BadGroup);
                }
                let held = wants.held.entry(entry).or_default();
                for raw in groups {
                    let group = raw.parse(size)?;
                    if held.last().is_some_and(|last| last.chunks().end > group.first()) {
                        return Err(Violation::BadGroup);
                    }
                    held.push(group);
                }
                Order::Nothing
            }
            (Phase::Waiting(_), FromReceiver::Accept { token }) if self.reveal == Reveal::Had => {
                self.on_accept(token, path)?
            }
            (Phase::Flowing(_), FromReceiver::Differ(differ)) => self.on_differ(differ)?,
            (Phase::Flowing(_), FromReceiver::Receipts(receipts)) => self.on_receipts(receipts, path)?,
            (Phase::Flowing(_), FromReceiver::Unfit { entries, why }) => {
                self.on_unfit(&entries, &why, path)?
            }
            (Phase::Flowing(_), FromReceiver::NotNow(entries)) => self.on_not_now(entries)?,
            (Phase::Flowing(_), FromReceiver::Progress { bytes }) => Order::Progress { bytes },
            (Phase::Flowing(_), FromReceiver::Checking { files }) => Order::Checking { files },
            (Phase::Flowing(_), FromReceiver::Load(load)) => Order::Load(load),
            (Phase::Flowing(tally), FromReceiver::Done) => {
                if !tally.is_settled() {
                    return Err(Violation::BadReceipt);
                }
                Order::Finish
            }
            (_, FromReceiver::Stay) => return Err(Violation::OutOfTurn("stay")),
            (_, FromReceiver::Hello { .. }) => return Err(Violation::OutOfTurn("hello")),
            (_, FromReceiver::Except(_)) => return Err(Violation::OutOfTurn("except")),
            (_, FromReceiver::Accept { .. }) => return Err(Violation::OutOfTurn("accept")),
            (_, FromReceiver::Decline { .. }) => return Err(Violation::OutOfTurn("decline")),
            (_, FromReceiver::Progress { .. }) => return Err(Violation::OutOfTurn("progress")),
            (_, FromReceiver::Receipts(_)) => return Err(Violation::OutOfTurn("receipts")),
            (_, FromReceiver::Done) => return Err(Violation::OutOfTurn("done")),
            (_, FromReceiver::Load(_)) => return Err(Violation::OutOfTurn("load")),
            (_, FromReceiver::Stored(_)) => return Err(Violation::OutOfTurn("stored")),
            (_, FromReceiver::Held { .. }) => return Err(Violation::OutOfTurn("held")),
            (_, FromReceiver::Likely(_)) => return Err(Violation::OutOfTurn("likely")),
            (_, FromReceiver::Differ(_)) => return Err(Violation::OutOfTurn("differ")),
            (_, FromReceiver::Beyond(_)) => return Err(Violation::OutOfTurn("beyond")),
            (_, FromReceiver::Unfit { .. }) => return Err(Violation::OutOfTurn("unfit")),
            (_, FromReceiver::Checking { .. }) => return Err(Violation::OutOfTurn("checking")),
            (_, FromReceiver::Tight { .. }) => return Err(Violation::OutOfTurn("tight")),
            (_, FromReceiver::NotNow(_)) => return Err(Violation::OutOfTurn("not now")),
            (_, FromReceiver::Nonce(_)) => return Err(Violation::OutOfTurn("nonce")),
            (_, FromReceiver::Same) => return Err(Violation::OutOfTurn("same")),
            (_, FromReceiver::Pair { .. } | FromReceiver::Paired { .. }) => {
                return Err(Violation::OutOfTurn("pair"));
            }
        })
    }

    /// Files that the receiver has stored so far.
    pub fn files_stored(&self) -> u64 {
        match &self.phase {
            Phase::Flowing(tally) => tally.files(),
            _ => 0,
        }
    }

    /// Files whose fates have become known since this was asked last.
    pub fn take_settled(&mut self) -> Vec<Settled> {
        match &mut self.phase {
            Phase::Flowing(tally) => tally.take_settled(),
            _ => Vec::new(),
        }
    }

    /// The account of what was sent; an empty one before content flowed.
    pub fn into_tally(self) -> Tally {
        match self.phase {
            Phase::Flowing(tally) => tally,
            _ => Tally::default(),
        }
    }
}
/// What the receiver's last word means for the attempt.
fn ended(phase: &Phase, ending: Ending) -> Result<Ended, Violation> {
    Ok(match ending {
        Ending::Cancelled => Ended::Cancelled { by: Side::There },
        Ending::Failed { why } => Ended::Failed(TransferError::Peer(short(&why))),
        Ending::Paused => Ended::Paused { by: Side::There },
        Ending::Full => Ended::NoRoom { at: Side::There },
        Ending::Away => Ended::NoDisk { at: Side::There },
        Ending::Busy => Ended::Failed(TransferError::NoHandlesThere),
        Ending::Resumed if matches!(phase, Phase::Greeting) => Ended::Failed(TransferError::Resumed),
        Ending::Resumed => return Err(Violation::OutOfTurn("resumed")),
        Ending::Differs => Ended::Failed(TransferError::CodesDifferThere),
    })
}
