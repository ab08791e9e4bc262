//! The receiver's end as a state machine: messages in, orders out, no I/O.

use crate::{
    model::{Entry, EntryKind, FileMode, Manifest, Purpose, Side, Skipped, Summary},
    pairing::Nonce,
    transfer::{Ended, TransferError, meeting::Due},
    wire::{
        FromSender, Violation, limits,
        message::{Ending, Load, RawDigest, Stance, short},
    },
};

/// What the driver must do next.
#[derive(Debug)]
pub enum Order {
    Nothing,
    /// So much is to be offered, by a sender whose person compares the codes: a person here may have to, too.
    Compare(Summary),
    /// The offer is complete: check it, and ask.
    Check {
        manifest: Manifest,
        summary: Summary,
    },
    /// Where the sender's time went.
    Load(Load),
    /// What likely files hold at the sender.
    Digests(Vec<RawDigest>),
    /// Reveal what was committed to.
    Reveal {
        nonce: Nonce,
        stance: Stance,
    },
    End(Ended),
}

#[derive(Debug)]
pub struct Machine {
    phase: Phase,
    /// What was counted before the offer; `None` where the sender doesn't compare.
    counted: Option<Summary>,
}

#[derive(Debug)]
enum Phase {
    /// The sender's nonce is due.
    Greeting,
    /// The sender counts what it is to offer.
    Counting,
    /// It has counted, and both sides have to find the codes to be the same.
    Comparing(Due),
    /// Entries arrive.
    Offered { entries: Vec<Entry>, path_bytes: u64, summary: Summary },
    /// The offer is checked and asked about, or content flows: nothing is due from the sender.
    Busy,
    /// `Done` was said.
    Confirming,
}

impl Phase {
    fn comparing(due: Due) -> Self {
        if due == Due::Nothing { Self::offered() } else { Self::Comparing(due) }
    }

    fn offered() -> Self {
        Self::Offered { entries: Vec::new(), path_bytes: 0, summary: Summary::default() }
    }
}

impl Machine {
    pub fn new() -> Self {
        Self { phase: Phase::Greeting, counted: None }
    }

    /// `Same` was said: nothing more is due from here before the offer.
    pub fn same(&mut self) {
        if let Phase::Comparing(due) = self.phase {
            self.phase = Phase::comparing(due.after(Side::Here));
        }
    }

    /// Who has still to find the codes to be the same.
    pub fn due(&self) -> Due {
        match self.phase {
            Phase::Comparing(due) => due,
            _ => Due::Nothing,
        }
    }

    /// `Done` was said; its `Bye` is awaited.
    pub fn done(&mut self) {
        self.phase = Phase::Confirming;
    }

    /// True once everything is stored, and that was said.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Confirming)
    }

    /// What a message means now.
    ///
    /// # Errors
    /// When the sender may not say this, or not now, or names an unsafe path.
    pub fn on_message(&mut self, message: FromSender) -> Result<Order, Violation> {
        Ok(match (&mut self.phase, message) {
            (_, FromSender::Alive) | (Phase::Counting, FromSender::Counting) => Order::Nothing,
            (_, FromSender::Ending(Ending::Cancelled)) => Order::End(Ended::Cancelled { by: Side::There }),
            (_, FromSender::Ending(Ending::Failed { why })) => {
                Order::End(Ended::Failed(TransferError::Peer(short(&why))))
            }
            (_, FromSender::Ending(Ending::Differs)) => {
                Order::End(Ended::Failed(TransferError::CodesDifferThere))
            }
            (_, FromSender::Ending(Ending::Paused)) => Order::End(Ended::Paused { by: Side::There }),
            (_, FromSender::Ending(Ending::Busy)) => Order::End(Ended::Failed(TransferError::NoHandlesThere)),
            // What is sent needs no room at the sender, and no disk of its own.
            (_, FromSender::Ending(Ending::Full | Ending::Away)) => return Err(Violation::OutOfTurn("full")),
            // It is the receiver that has a sender stay.
            (_, FromSender::Ending(Ending::Resumed)) => return Err(Violation::OutOfTurn("resumed")),
            (Phase::Greeting, FromSender::Nonce { nonce, stance }) => {
                self.phase = match stance {
                    Stance::Compares => Phase::Counting,
                    Stance::Knows | Stance::GoesAhead => Phase::offered(),
                };
                Order::Reveal { nonce, stance }
            }
            (Phase::Counting, FromSender::Counts(counts)) => {
                let counts = counts.parse()?;
                self.phase = Phase::Comparing(Due::Both);
                self.counted = Some(counts.clone());
                Order::Compare(counts)
            }
            (Phase::Comparing(due), FromSender::Agreed) if due.awaits(Side::There) => {
                self.phase = Phase::comparing(due.after(Side::There));
                Order::Nothing
            }
            (Phase::Offered { entries, path_bytes, summary }, FromSender::Entries(batch)) => {
                if batch.is_empty() {
                    return Err(Violation::Garbled);
                }
                let most = self.counted.as_ref().map_or(limits::MAX_ENTRIES.into(), |c| c.files + c.folders);
                if (entries.len() + batch.len()) as u64 > most {
                    return Err(Violation::TooManyEntries);
                }
                for raw in batch {
                    *path_bytes += raw.path.len() as u64;
                    let entry = raw.parse()?;
                    summary.add(&entry);
                    entries.push(entry);
                }
                if *path_bytes > limits::MAX_MANIFEST {
                    return Err(Violation::TooManyEntries);
                }
                Order::Nothing
            }
            (Phase::Offered { entries, summary, .. }, FromSender::Offered { skipped, purpose }) => {
                let mut summary = std::mem::take(summary);
                summary.skipped = skipped.into();
                summary.purpose = purpose.into();
                if self.counted.as_ref().is_some_and(|counted| *counted != summary.counts()) {
                    return Err(Violation::BadCounts);
                }
                let manifest = Manifest { entries: std::mem::take(entries), skipped: skipped.into() };
                if manifest.entries.is_empty() {
                    return Err(Violation::Garbled);
                }
                match summary.purpose {
                    Purpose::Trial(_) if !is_trial(&manifest.entries) => return Err(Violation::BadTrial),
                    Purpose::Text if !is_text(&manifest) => return Err(Violation::BadText),
                    Purpose::Files | Purpose::Trial(_) | Purpose::Text => {}
                }
                self.phase = Phase::Busy;
                Order::Check { manifest, summary }
            }
            (Phase::Busy | Phase::Confirming, FromSender::Load(load)) => Order::Load(load),
            (Phase::Busy, FromSender::Digests(digests)) => Order::Digests(digests),
            (Phase::Confirming, FromSender::Bye) => Order::End(Ended::Complete),
            (_, FromSender::Hello { .. }) => return Err(Violation::OutOfTurn("hello")),
            (_, FromSender::Lane { .. }) => return Err(Violation::OutOfTurn("lane")),
            (_, FromSender::Entries(_)) => return Err(Violation::OutOfTurn("entries")),
            (_, FromSender::Offered { .. }) => return Err(Violation::OutOfTurn("offered")),
            (_, FromSender::Load(_)) => return Err(Violation::OutOfTurn("load")),
            (_, FromSender::Digests(_)) => return Err(Violation::OutOfTurn("digests")),
            (_, FromSender::Bye) => return Err(Violation::OutOfTurn("bye")),
            (_, FromSender::Nonce { .. }) => return Err(Violation::OutOfTurn("nonce")),
            (_, FromSender::Agreed) => return Err(Violation::OutOfTurn("agreed")),
            (_, FromSender::Counting | FromSender::Counts(_)) => return Err(Violation::OutOfTurn("counts")),
            (_, FromSender::Pair { .. } | FromSender::PairProof { .. }) => {
                return Err(Violation::OutOfTurn("pair"));
            }
        })
    }
}

/// True for what a speed test may offer: one plain file, in no folder, of a size that is known and
/// not too large.
fn is_trial(entries: &[Entry]) -> bool {
    let [Entry { path, kind: EntryKind::File { size: Some(size), mode: FileMode::Regular }, holes: 0, .. }] =
        entries
    else {
        return false;
    };
    path.parent().is_none() && *size <= limits::MAX_TRIAL
}

/// True for what a text is offered as: nothing but how long it is can be told, or read, before anybody has said yes.
fn is_text(Manifest { entries, skipped }: &Manifest) -> bool {
    let [offered @ Entry { kind: EntryKind::File { size: Some(size), .. }, .. }] = &entries[..] else {
        return false;
    };
    (1..=limits::MAX_WORDS).contains(size)
        && Entry::of_text(*size).as_ref() == Some(offered)
        && *skipped == Skipped::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::Medium,
        wire::message::{RawAccess, RawCounts, RawEntry, RawKind, RawPurpose, RawSkipped},
    };

    const NOTHING_SKIPPED: RawSkipped = RawSkipped { links: 0, special: 0, unreadable: 0 };

    fn offered(purpose: RawPurpose) -> FromSender {
        FromSender::Offered { skipped: NOTHING_SKIPPED, purpose }
    }

    fn batch(count: u32) -> FromSender {
        let kind = RawKind::File { size: Some(1) };
        FromSender::Entries(
            (0..count)
                .map(|_| RawEntry { path: "x".into(), kind, modified: None, access: RawAccess::Shared })
                .collect(),
        )
    }

    const NONCE: FromSender = FromSender::Nonce { nonce: [0; 32], stance: Stance::Knows };

    /// A receiver that was greeted.
    fn greeted() -> Machine {
        let mut machine = Machine::new();
        assert!(matches!(machine.on_message(NONCE), Ok(Order::Reveal { .. })));
        machine
    }

    #[test]
    fn nothing_is_offered_before_the_nonce_and_there_is_one() {
        for too_early in [batch(1), offered(RawPurpose::Files), FromSender::Agreed, FromSender::Bye] {
            assert!(matches!(Machine::new().on_message(too_early), Err(Violation::OutOfTurn(_))));
        }
        assert!(matches!(greeted().on_message(NONCE), Err(Violation::OutOfTurn("nonce"))));
        assert!(matches!(greeted().on_message(FromSender::Agreed), Err(Violation::OutOfTurn("agreed"))));
    }

    /// A sender whose person compares, and has two files of 3 bytes each.
    fn counted() -> Machine {
        let mut machine = Machine::new();
        let nonce = FromSender::Nonce { nonce: [0; 32], stance: Stance::Compares };
        assert!(matches!(machine.on_message(nonce), Ok(Order::Reveal { .. })));
        assert!(matches!(machine.on_message(FromSender::Counting), Ok(Order::Nothing)));
        assert!(matches!(machine.on_message(counts(2, 6)), Ok(Order::Compare(_))));
        machine
    }

    fn counts(files: u64, bytes: u64) -> FromSender {
        let (skipped, purpose) = (NOTHING_SKIPPED, RawPurpose::Files);
        FromSender::Counts(RawCounts { files, folders: 0, bytes, streams: 0, skipped, purpose })
    }

    #[test]
    fn nothing_is_offered_before_both_sides_have_found_the_codes_to_be_the_same() {
        for early in [batch(1), offered(RawPurpose::Files), counts(2, 6), FromSender::Counting] {
            let mut machine = counted();
            assert!(matches!(machine.on_message(early.clone()), Err(Violation::OutOfTurn(_))), "{early:?}");
            // One word is not enough, whoever has said it.
            let mut machine = counted();
            machine.same();
            assert_eq!(machine.due(), Due::There);
            assert!(matches!(machine.on_message(early.clone()), Err(Violation::OutOfTurn(_))), "{early:?}");
            let mut machine = counted();
            machine.on_message(FromSender::Agreed).expect("in turn");
            assert_eq!(machine.due(), Due::Here);
            assert!(matches!(machine.on_message(early.clone()), Err(Violation::OutOfTurn(_))), "{early:?}");
        }
        for agreed_first in [true, false] {
            let mut machine = counted();
            if agreed_first {
                machine.on_message(FromSender::Agreed).expect("in turn");
                machine.same();
            } else {
                machine.same();
                machine.on_message(FromSender::Agreed).expect("in turn");
            }
            assert_eq!(machine.due(), Due::Nothing);
            let again = machine.on_message(FromSender::Agreed);
            assert!(matches!(again, Err(Violation::OutOfTurn("agreed"))));
        }
    }

    #[test]
    fn what_is_offered_is_what_was_counted() {
        let file = |size| RawEntry {
            path: "x".into(),
            kind: RawKind::File { size: Some(size) },
            modified: None,
            access: RawAccess::Shared,
        };
        let offer = |sizes: &[u64]| {
            let mut machine = counted();
            machine.same();
            machine.on_message(FromSender::Agreed).expect("in turn");
            let entries = sizes.iter().copied().map(file).collect();
            machine.on_message(FromSender::Entries(entries))?;
            machine.on_message(offered(RawPurpose::Files)).map(|order| matches!(order, Order::Check { .. }))
        };
        assert_eq!(offer(&[2, 4]), Ok(true));
        assert_eq!(offer(&[6]), Err(Violation::BadCounts));
        assert_eq!(offer(&[3, 4]), Err(Violation::BadCounts));
        assert_eq!(offer(&[1, 2, 3]), Err(Violation::TooManyEntries));
    }

    #[test]
    fn an_offer_without_end_is_refused_at_the_cap_and_not_after_it() {
        let mut machine = greeted();
        let batches = limits::MAX_ENTRIES / 50_000;
        for _ in 0..batches {
            assert!(matches!(machine.on_message(batch(50_000)), Ok(Order::Nothing)));
        }
        assert!(matches!(machine.on_message(batch(1)), Err(Violation::TooManyEntries)));
    }

    #[test]
    fn a_speed_test_is_one_plain_file_that_is_not_too_large() {
        let file = |path: &str, kind| RawEntry {
            path: path.into(),
            kind,
            modified: None,
            access: RawAccess::Shared,
        };
        let sized = |size| RawKind::File { size: Some(size) };
        let offer = |entries, purpose| {
            let mut machine = greeted();
            machine.on_message(FromSender::Entries(entries)).expect("entries are plain");
            machine.on_message(offered(purpose))
        };
        for (purpose, medium) in
            [(RawPurpose::TrialInMemory, Medium::Memory), (RawPurpose::TrialOnDisk, Medium::Disk)]
        {
            let order = offer(vec![file("x", sized(limits::MAX_TRIAL))], purpose);
            let Ok(Order::Check { summary, .. }) = order else { panic!("{order:?}") };
            assert_eq!(summary.purpose, Purpose::Trial(medium));
            for entries in [
                vec![file("x", sized(limits::MAX_TRIAL + 1))],
                vec![file("x", sized(1)), file("y", sized(1))],
                vec![file("a/x", sized(1))],
                vec![file("x", RawKind::File { size: None })],
                vec![file("x", RawKind::Executable { size: Some(1) })],
                vec![file("x", RawKind::Folder)],
            ] {
                let refused = offer(entries.clone(), purpose);
                assert!(matches!(refused, Err(Violation::BadTrial)), "{entries:?}: {refused:?}");
                assert!(offer(entries, RawPurpose::Files).is_ok());
            }
        }
    }

    #[test]
    fn an_ending_is_heard_at_every_moment() {
        let moments: [&[FromSender]; 3] = [&[], &[batch(1)], &[batch(1), offered(RawPurpose::Files)]];
        for before in moments {
            let mut machine = greeted();
            for message in before {
                machine.on_message(message.clone()).expect("in turn");
            }
            let end = machine.on_message(FromSender::Ending(Ending::Cancelled));
            assert!(matches!(end, Ok(Order::End(Ended::Cancelled { by: Side::There }))), "after {before:?}");
            let end = machine.on_message(FromSender::Ending(Ending::Paused));
            assert!(matches!(end, Ok(Order::End(Ended::Paused { by: Side::There }))), "after {before:?}");
            let end = machine.on_message(FromSender::Ending(Ending::Full));
            assert!(matches!(end, Err(Violation::OutOfTurn("full"))), "a sender needs no room");
        }
    }
}
