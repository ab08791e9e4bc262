//! The sender's end as a state machine: messages in, orders out, no I/O.

mod answers;
#[cfg(test)]
mod likely_tests;
mod wants;

use std::collections::HashMap;

use crate::{
    model::{DeviceName, Digest, EntryKind, EntryNo, FileProblem, Group, RelPath, Side},
    pairing::{Commitment, Nonce},
    transfer::{Ended, LaneToken, TransferError, entry_set::EntrySet, tally::Tally},
    wire::{
        FromReceiver, Violation, limits,
        message::{Acquaintance, Ending, Load, short},
    },
};
pub use wants::Wants;
use wants::extend;

/// What the driver must do next.
#[derive(Debug)]
pub enum Order {
    Nothing,
    /// The receiver is there: tell a nonce, scan, and offer what is found.
    Offer {
        peer: DeviceName,
        commitment: Commitment,
        knows: Acquaintance,
    },
    /// What the receiver had committed to.
    Reveal(Nonce),
    /// The receiver's side has found the codes to be the same, or has nobody who must.
    Same,
    /// The answer was yes: send everything but these.
    Flow {
        token: LaneToken,
        answer: Wants,
    },
    /// So many bytes are stored at the receiver.
    Progress {
        bytes: u64,
    },
    /// Where the receiver's time went.
    Load(Load),
    /// So many likely files have their answer, and these of them are wanted.
    Answered {
        count: usize,
        differ: Vec<EntryNo>,
    },
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
    pub fn broken(&mut self, entry: EntryNo, path: &RelPath, why: String) {
        if let Phase::Flowing(tally) = &mut self.phase {
            self.likely.remove(entry);
            self.broken.insert(entry);
            tally.failed(entry, FileProblem { path: path.to_string(), side: Side::Here, why });
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
            (_, FromReceiver::Ending(ending)) => Order::End(match ending {
                Ending::Cancelled => Ended::Cancelled { by: Side::There },
                Ending::Failed { why } => Ended::Failed(TransferError::Peer(short(&why))),
                Ending::Paused => Ended::Paused { by: Side::There },
                Ending::Full => Ended::NoRoom { at: Side::There },
                Ending::Differs => Ended::Failed(TransferError::CodesDifferThere),
            }),
            (Phase::Greeting, FromReceiver::Hello { name, commitment, knows, .. }) => {
                self.phase = Phase::Offering;
                Order::Offer { peer: DeviceName::parse(&name)?, commitment, knows }
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
            (Phase::Waiting(wants), FromReceiver::Except(ranges)) => {
                extend(&mut wants.unwanted, ranges, self.offered)?;
                Order::Nothing
            }
            (Phase::Waiting(wants), FromReceiver::Beyond(ranges)) => {
                extend(&mut wants.beyond, ranges, self.offered)?;
                Order::Nothing
            }
            (Phase::Waiting(wants), FromReceiver::Stored(ranges)) => {
                extend(&mut wants.stored, ranges, self.offered)?;
                Order::Nothing
            }
            (Phase::Waiting(wants), FromReceiver::Likely(ranges)) => {
                extend(&mut wants.likely, ranges, self.offered)?;
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
            (Phase::Flowing(_), FromReceiver::Progress { bytes }) => Order::Progress { bytes },
            (Phase::Flowing(_), FromReceiver::Load(load)) => Order::Load(load),
            (Phase::Flowing(tally), FromReceiver::Done) => {
                if !tally.is_settled() {
                    return Err(Violation::BadReceipt);
                }
                Order::Finish
            }
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

    /// The account of what was sent; an empty one before content flowed.
    pub fn into_tally(self) -> Tally {
        match self.phase {
            Phase::Flowing(tally) => tally,
            _ => Tally::new(EntrySet::default(), 0, 0),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::{
        model::{FileMode, Pipeline},
        wire::message::{CAN, RawGroup, Receipt},
    };

    const DIGEST: Digest = Digest([7; 32]);

    fn say(machine: &mut Machine, message: FromReceiver) -> Result<Order, Violation> {
        machine.on_message(message, |entry| RelPath::parse(&format!("file {entry}")).ok())
    }

    /// The receiver's first words.
    pub fn greet(machine: &mut Machine) {
        let hello = FromReceiver::Hello {
            name: "Ben".into(),
            commitment: [0; 32],
            knows: Acquaintance::Known,
            can: CAN,
        };
        say(machine, hello).expect("hello");
        say(machine, FromReceiver::Nonce([0; 32])).expect("nonce");
    }

    /// A sender that has offered a folder and `files` files.
    fn offered(files: u32) -> Machine {
        let mut machine = Machine::new();
        greet(&mut machine);
        machine.offered(EntryKind::Folder);
        for _ in 0..files {
            machine.offered(EntryKind::File { size: Some(10), mode: FileMode::Regular });
        }
        machine.all_offered();
        machine
    }

    fn flowing(files: u32) -> Machine {
        let mut machine = offered(files);
        say(&mut machine, FromReceiver::Accept { token: [1; 16] }).expect("accept");
        for entry in 1..=files {
            machine.sent(entry, Sent { size: 10, digest: DIGEST });
        }
        machine
    }

    #[test]
    fn who_has_not_revealed_their_nonce_can_t_accept() {
        let mut machine = Machine::new();
        let hello = FromReceiver::Hello {
            name: "Ben".into(),
            commitment: [0; 32],
            knows: Acquaintance::Known,
            can: CAN,
        };
        say(&mut machine, hello).expect("hello");
        machine.offered(EntryKind::Folder);
        machine.all_offered();
        let accept = FromReceiver::Accept { token: [1; 16] };
        assert!(matches!(say(&mut machine, accept), Err(Violation::OutOfTurn("accept"))));
    }

    #[test]
    fn all_is_verified_only_when_every_receipt_has_the_senders_own_digest() {
        let mut machine = flowing(2);
        let receipts = (1..=2).map(|entry| Receipt::stored(entry, DIGEST)).collect();
        assert!(matches!(
            say(&mut machine, FromReceiver::Receipts(receipts)),
            Ok(Order::Answered { count: 0, .. })
        ));
        assert!(matches!(say(&mut machine, FromReceiver::Done), Ok(Order::Finish)));
        let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
        assert!(report.verified());
        assert_eq!((report.files, report.bytes, report.digest), (2, 20, None));
    }

    #[test]
    fn a_receiver_that_lies_about_what_it_has_is_caught() {
        let other = Digest([8; 32]);
        let lies = [
            vec![Receipt::stored(1, other)],
            vec![Receipt::stored(0, DIGEST)],
            vec![Receipt::stored(3, DIGEST)],
            vec![Receipt::stored(1, DIGEST), Receipt::stored(1, DIGEST)],
            vec![Receipt::failed(1, "full"), Receipt::stored(1, DIGEST)],
            vec![Receipt::failed(0, "a folder"), Receipt::failed(0, "the same folder")],
            vec![Receipt::failed(9, "never offered")],
        ];
        for lie in lies {
            let mut machine = flowing(2);
            assert!(say(&mut machine, FromReceiver::Receipts(lie.clone())).is_err(), "{lie:?}");
        }
        let mut early = flowing(2);
        assert!(matches!(say(&mut early, FromReceiver::Done), Err(Violation::BadReceipt)));
        let mut unsent = offered(1);
        say(&mut unsent, FromReceiver::Accept { token: [1; 16] }).expect("accept");
        let receipt = FromReceiver::Receipts(vec![Receipt::stored(1, DIGEST)]);
        assert!(matches!(say(&mut unsent, receipt), Err(Violation::BadReceipt)));
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tried")]
    fn exceptions_must_ascend_and_stay_within_the_offer() {
        for ranges in
            [vec![0..0], vec![2..1], vec![0..4], vec![1..2, 1..2], vec![2..3, 0..1], vec![0..1, 1..2]]
        {
            let mut machine = offered(2);
            let except = FromReceiver::Except(ranges.clone());
            assert!(matches!(say(&mut machine, except), Err(Violation::BadEntry)), "{ranges:?}");
        }
        let mut machine = offered(3);
        for range in [0..1, 2..3] {
            say(&mut machine, FromReceiver::Except(vec![range])).expect("ascending");
        }
        let order = say(&mut machine, FromReceiver::Accept { token: [1; 16] });
        let Ok(Order::Flow { answer: Wants { unwanted, .. }, .. }) = order else { panic!("{order:?}") };
        assert_eq!(unwanted, [0..1, 2..3]);
        let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
        assert_eq!(report.left_out, 1, "a folder that is left out is no file");
    }

    #[test]
    fn what_a_receiver_says_it_holds_must_be_possible() {
        let chunk = crate::model::CHUNK as u64;
        let long = || {
            let mut machine = Machine::new();
            greet(&mut machine);
            machine.offered(EntryKind::Folder);
            for size in [Some(100 * chunk), Some(Group::WORTH), None] {
                machine.offered(EntryKind::File { size, mode: FileMode::Regular });
            }
            machine.all_offered();
            machine
        };
        let group = |first, level| RawGroup { first, level, value: [0; 32] };
        for (entry, groups, is_right) in [
            (1, vec![group(0, 6), group(64, 5), group(96, 2)], true),
            (1, vec![group(96, 2), group(0, 6)], false),
            (1, vec![group(0, 6), group(32, 5)], false),
            (1, vec![group(64, 6)], false),
            (1, vec![group(1, 1)], false),
            (0, vec![group(0, 0)], false),
            (2, vec![group(0, 0)], false),
            (3, vec![group(0, 0)], false),
            (4, vec![group(0, 0)], false),
        ] {
            let said = say(&mut long(), FromReceiver::Held { entry, groups: groups.clone() });
            assert_eq!(said.is_ok(), is_right, "{entry}: {groups:?}");
        }
        let mut machine = long();
        say(&mut machine, FromReceiver::Held { entry: 1, groups: vec![group(32, 5)] }).expect("once");
        let again = say(&mut machine, FromReceiver::Held { entry: 1, groups: vec![group(0, 5)] });
        assert!(matches!(again, Err(Violation::BadGroup)), "over two messages, too");
        let mut machine = long();
        machine.groups = limits::MAX_HELD;
        let more = say(&mut machine, FromReceiver::Held { entry: 1, groups: vec![group(32, 5)] });
        assert!(matches!(more, Err(Violation::BadGroup)), "more than may be");
        let late = say(&mut flowing(1), FromReceiver::Held { entry: 1, groups: Vec::new() });
        assert!(matches!(late, Err(Violation::OutOfTurn("held"))));
    }

    #[test]
    fn files_that_an_earlier_attempt_stored_count_and_are_not_awaited() {
        let mut machine = offered(3);
        say(&mut machine, FromReceiver::Stored(vec![1..2])).expect("a file");
        say(&mut machine, FromReceiver::Except(vec![2..3])).expect("another");
        let order = say(&mut machine, FromReceiver::Accept { token: [1; 16] });
        let Ok(Order::Flow { answer, .. }) = order else { panic!("{order:?}") };
        assert_eq!((answer.stored, answer.unwanted), (vec![1..2], vec![2..3]));
        machine.stored_earlier(10);
        let receipt = FromReceiver::Receipts(vec![Receipt::stored(1, DIGEST)]);
        assert!(matches!(say(&mut machine, receipt), Err(Violation::BadReceipt)), "it was not sent");
        machine.sent(3, Sent { size: 10, digest: DIGEST });
        say(&mut machine, FromReceiver::Receipts(vec![Receipt::stored(3, DIGEST)])).expect("sent");
        assert!(matches!(say(&mut machine, FromReceiver::Done), Ok(Order::Finish)));
        let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
        assert_eq!((report.files, report.bytes, report.left_out), (2, 20, 1));
    }

    #[test]
    fn a_pause_and_a_full_disk_are_heard_at_every_moment_and_nothing_is_lost_by_them() {
        for machine in [Machine::new, || offered(2), || flowing(2)] {
            let end = say(&mut machine(), FromReceiver::Ending(Ending::Paused));
            assert!(
                matches!(end, Ok(Order::End(ended @ Ended::Paused { by: Side::There })) if ended.may_go_on())
            );
            let end = say(&mut machine(), FromReceiver::Ending(Ending::Full));
            assert!(
                matches!(end, Ok(Order::End(ended @ Ended::NoRoom { at: Side::There })) if ended.may_go_on())
            );
        }
    }

    #[test]
    fn a_file_that_failed_makes_the_transfer_incomplete_and_names_the_side() {
        let mut machine = flowing(2);
        let receipts = vec![Receipt::failed(1, "full\u{1b}[2K"), Receipt::stored(2, DIGEST)];
        say(&mut machine, FromReceiver::Receipts(receipts)).expect("honest");
        assert!(matches!(say(&mut machine, FromReceiver::Done), Ok(Order::Finish)));
        let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
        assert!(!report.verified());
        assert_eq!((report.files, report.failed), (1, 1));
        assert_eq!((report.problems[0].side, report.problems[0].path.as_str()), (Side::There, "file 1"));
        assert_eq!(report.problems[0].why, "full\\u{1b}[2K");
    }
}
