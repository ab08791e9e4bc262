//! What a receiver answers: what it wants, and what has become of each file.

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::{Machine, Order, Phase};
use crate::{
    model::{Digest, EntryNo, FileProblem, LeftOut, RelPath, Screening, Side, text::visible},
    transfer::{LaneToken, sender::doubts::Doubts, tally::Tally},
    wire::{
        Violation,
        message::{Receipt, short},
    },
};

/// Why a file that was agreed is not sent.
const BEYOND: &str =
    "It has grown or changed by more than was accepted. Send it again: then its receiver is asked.";

impl Machine {
    pub(super) fn on_accept(
        &mut self,
        token: LaneToken,
        path: impl Fn(EntryNo) -> Option<RelPath>,
    ) -> Result<Order, Violation> {
        let Phase::Waiting(wants) = &mut self.phase else { return Err(Violation::OutOfTurn("accept")) };
        let mut answer = std::mem::take(wants);
        self.long = HashMap::new();
        let mut wanted = std::mem::take(&mut self.files);
        let mut settled = |ranges: &[Range<EntryNo>]| {
            ranges.iter().flat_map(Clone::clone).filter(|&entry| wanted.remove(entry)).count() as u64
        };
        let (left_out, stored) = (settled(&answer.unwanted), settled(&answer.stored));
        for entry in answer.likely.iter().flat_map(Clone::clone) {
            if !wanted.contains(entry) || self.streams.contains(entry) {
                return Err(Violation::BadEntry);
            }
            self.likely.insert(entry);
        }
        answer.doubts = Arc::new(Doubts::new(self.likely.len()));
        let left_out = LeftOut { untold: left_out, ..LeftOut::default() };
        let mut tally = Tally::new(wanted, left_out, stored);
        for entry in answer.beyond.iter().flat_map(Clone::clone) {
            let path = path(entry).map_or_else(String::new, |path| path.to_string());
            // What is excepted as well, or no file, is of no account.
            tally.failed(entry, FileProblem { path, side: Side::Here, why: BEYOND.to_owned(), error: None });
        }
        for entry in answer.unfit.iter().flat_map(Clone::clone) {
            let path = path(entry).map_or_else(String::new, |path| path.to_string());
            let why = answer.unfit_why.clone();
            tally.failed_for_good(entry, FileProblem { path, side: Side::There, why, error: None });
        }
        for (entry, (digest, why)) in &answer.apart {
            let path = path(*entry).map_or_else(String::new, |path| path.to_string());
            tally.apart(*entry, (&path, None, *digest), why, Side::There);
        }
        self.phase = Phase::Flowing(tally);
        Ok(Order::Flow { token, answer: Box::new(answer) })
    }

    pub(super) fn on_differ(&mut self, differ: Vec<EntryNo>) -> Result<Order, Violation> {
        for entry in &differ {
            if !self.asked.remove(*entry) {
                return Err(Violation::BadReceipt);
            }
            self.unreceipted.remove(entry);
        }
        Ok(Order::Answered { count: differ.len(), differ, failed: Vec::new() })
    }

    pub(super) fn on_receipts(
        &mut self,
        receipts: Vec<Receipt>,
        path: impl Fn(EntryNo) -> Option<RelPath>,
    ) -> Result<Order, Violation> {
        let Phase::Flowing(tally) = &mut self.phase else { return Err(Violation::OutOfTurn("receipts")) };
        let (mut answered, mut gone) = (0, Vec::new());
        for receipt in receipts {
            let entry = receipt.entry();
            let sent = self.unreceipted.remove(&entry);
            let was_asked = self.asked.remove(entry);
            answered += usize::from(was_asked);
            if self.likely.contains(entry) {
                return Err(Violation::BadReceipt);
            }
            let settled = match (receipt, sent) {
                (Receipt::Stored { digest, .. }, Some(sent)) if sent.digest == Digest(digest) => {
                    if was_asked {
                        tally.already(entry, sent.size, sent.digest)
                    } else {
                        // What was checked there is its receiver's affair.
                        tally.stored(entry, sent.size, sent.digest, Screening::Off)
                    }
                }
                // A file may fail there at any time; it can't be stored before it was sent.
                (Receipt::Failed { why, .. }, _) => {
                    let path = path(entry).ok_or(Violation::BadEntry)?.to_string();
                    let why = visible(&short(&why)).into_owned();
                    let problem = FileProblem { path, side: Side::There, why, error: None };
                    if self.folders.remove(entry) {
                        tally.failed_folder(problem);
                        true
                    } else {
                        gone.push(entry);
                        // It may have failed on both sides at once.
                        tally.failed(entry, problem) || self.broken.remove(entry)
                    }
                }
                (receipt @ (Receipt::Infected { .. } | Receipt::Held { .. }), Some(sent)) => {
                    let path = path(entry).ok_or(Violation::BadEntry)?;
                    // What was looked into there is what was sent.
                    receipt
                        .into_caught()
                        .filter(|(digest, _)| *digest == sent.digest && !was_asked)
                        .is_some_and(|(digest, why)| {
                            tally.apart(entry, (path.as_str(), Some(sent.size), digest), &why, Side::There)
                        })
                }
                (Receipt::Stored { .. } | Receipt::Infected { .. } | Receipt::Held { .. }, _) => false,
            };
            if !settled {
                return Err(Violation::BadReceipt);
            }
        }
        Ok(Order::Answered { count: answered, differ: Vec::new(), failed: gone })
    }

    /// Files that there is no room for now.
    pub(super) fn on_not_now(&self, entries: Vec<EntryNo>) -> Result<Order, Violation> {
        let Phase::Flowing(tally) = &self.phase else { return Err(Violation::OutOfTurn("not now")) };
        // It may have failed here while that was said.
        let is_awaited = entries.iter().all(|entry| tally.awaits(*entry) || self.broken.contains(*entry));
        if is_awaited { Ok(Order::SetAside(entries)) } else { Err(Violation::BadEntry) }
    }

    /// Files that can't be stored there, whatever is tried again.
    pub(super) fn on_unfit(
        &mut self,
        entries: &[Range<EntryNo>],
        why: &str,
        path: impl Fn(EntryNo) -> Option<RelPath>,
    ) -> Result<Order, Violation> {
        let Phase::Flowing(tally) = &mut self.phase else { return Err(Violation::OutOfTurn("unfit")) };
        let why = visible(&short(why)).into_owned();
        let (mut answered, mut gone) = (0, Vec::new());
        for range in entries {
            if range.is_empty() || range.end > self.offered {
                return Err(Violation::BadEntry);
            }
            for entry in range.clone() {
                let path = path(entry).ok_or(Violation::BadEntry)?.to_string();
                self.unreceipted.remove(&entry);
                answered += usize::from(self.asked.remove(entry));
                let problem = FileProblem { path, side: Side::There, why: why.clone(), error: None };
                if self.likely.contains(entry)
                    || !(tally.failed_for_good(entry, problem) || self.broken.remove(entry))
                {
                    return Err(Violation::BadReceipt);
                }
                gone.push(entry);
            }
        }
        Ok(Order::Answered { count: answered, differ: Vec::new(), failed: gone })
    }
}
