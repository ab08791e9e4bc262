//! What becomes of each file, as the sender is told it: stored, failed, or there already.
//!
//! Knows fates and receipts. Must not know how an offer is answered.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use tokio::{sync::mpsc, task::spawn_blocking, time::timeout};

use super::{Order, Session};
use crate::{
    disk::{Apart, DiskError, Intake, Lack},
    model::{Caught, Digest, EntryNo, FileProblem, Side},
    transfer::{
        Ended, Meter, Notice, TransferError,
        apart::infected,
        entry_set::EntrySet,
        peer_words::of_disk,
        receiver::{
            comparing::{self, Asked},
            job::Fate,
        },
        stages::{Halt, Stages},
        tally::Tally,
    },
    wire::{
        FromReceiver, Violation, limits,
        message::{QUARANTINE, RawDigest, Receipt},
    },
};

/// Likely files, while they are compared.
pub struct Comparing {
    stages: Stages,
    asked: std::sync::mpsc::SyncSender<Asked>,
    /// Those whose digests have not come yet.
    awaited: EntrySet,
}

impl Comparing {
    /// True while a digest has not come.
    pub fn awaits(&self) -> bool {
        self.awaited.len() > 0
    }

    /// Nothing more is asked for.
    pub fn close(self) -> Stages {
        self.stages
    }
}

/// What the sender is told of a fate.
enum Word {
    Receipt(Receipt),
    Differs(EntryNo),
    Unfit(EntryNo, &'static str),
    NotNow(EntryNo),
    /// It knows.
    Nothing,
}

/// What the sender is told together.
#[derive(Default)]
struct Words {
    receipts: Vec<Receipt>,
    /// What those take.
    bytes: usize,
    differ: Vec<EntryNo>,
    not_now: Vec<EntryNo>,
    /// By the sentence that is said of them.
    unfit: BTreeMap<&'static str, Vec<Range<EntryNo>>>,
    told: usize,
}

impl Words {
    fn add(&mut self, word: Word) {
        match word {
            Word::Receipt(receipt) => {
                self.bytes += receipt.len();
                self.receipts.push(receipt);
            }
            Word::Differs(entry) => self.differ.push(entry),
            Word::NotNow(entry) => self.not_now.push(entry),
            Word::Unfit(entry, why) => self.unfit.entry(why).or_default().push(entry..entry + 1),
            Word::Nothing => {}
        }
        self.told += 1;
    }

    /// True when one message holds no more.
    fn are_many(&self) -> bool {
        self.told >= limits::RECEIPTS || self.bytes >= limits::BATCH_BYTES
    }
}

impl Session<'_> {
    /// Gets ready to compare what seems to be there with what the sender says of it.
    pub(super) fn begin_comparing(&mut self, intake: &Arc<Intake>, noted: &mpsc::Sender<Vec<Fate>>) {
        let mut awaited = EntrySet::default();
        for entry in intake.likely().iter().flat_map(Clone::clone) {
            awaited.insert(entry);
        }
        if awaited.len() == 0 {
            return;
        }
        let (asked, queue) = comparing::queue();
        let (intake, noted) = (Arc::clone(intake), noted.clone());
        let work = move |halt: &Halt| {
            comparing::compare(&intake, &queue, &noted, halt);
            Ok(())
        };
        self.comparing = Some(Comparing { stages: Stages::start(work), asked, awaited });
    }

    /// Has likely files compared with what the sender says of them.
    pub(super) fn compare(&mut self, intake: &Intake, digests: Vec<RawDigest>) -> Result<(), TransferError> {
        for RawDigest { entry, digest } in digests {
            let comparing = self.comparing.as_mut().ok_or(Violation::BadEntry)?;
            if !comparing.awaited.remove(entry) {
                return Err(Violation::BadEntry.into());
            }
            match digest {
                // Full: more than a sender may ask for at once.
                Some(digest) => {
                    comparing.asked.try_send((entry, Digest(digest))).map_err(|_| Violation::TooManyOpen)?;
                }
                None => {
                    self.note(intake, Fate::Broken { entry })?;
                }
            }
        }
        Ok(())
    }

    /// Hears the sender until it ends the transfer. It may have something compared already.
    pub(super) async fn compare_until_end(&mut self, intake: &Intake) -> Result<Ended, TransferError> {
        loop {
            match self.hear().await? {
                Order::End(ended) => return Ok(ended),
                Order::Digests(digests) => self.compare(intake, digests)?,
                Order::Nothing
                | Order::Compare(_)
                | Order::Check { .. }
                | Order::Load(_)
                | Order::Reveal { .. } => {}
            }
        }
    }

    /// Hears of likely files that can't be read at the sender: that is said on this connection, which the
    /// content may overtake.
    pub(super) async fn hear_of_the_rest(&mut self, intake: &Intake) -> Result<Option<Ended>, TransferError> {
        while self.comparing.as_ref().is_some_and(Comparing::awaits) {
            match timeout(limits::ENDING, self.hear()).await.unwrap_or(Err(Violation::EndsEarly.into()))? {
                Order::End(ended) => return Ok(Some(ended)),
                Order::Digests(digests) => self.compare(intake, digests)?,
                Order::Nothing
                | Order::Compare(_)
                | Order::Check { .. }
                | Order::Load(_)
                | Order::Reveal { .. } => {}
            }
        }
        Ok(None)
    }

    /// Notes the fates of files, and of all others that are known by now, and tells the sender.
    pub(super) async fn receipts(
        &mut self,
        intake: &Intake,
        first: Vec<Fate>,
        others: &mut mpsc::Receiver<Vec<Fate>>,
    ) -> Result<(), TransferError> {
        let mut words = Words::default();
        let mut next = Some(first);
        while let Some(fates) = next {
            for fate in fates {
                words.add(self.note(intake, fate)?);
                if words.are_many() {
                    self.tell(std::mem::take(&mut words)).await?;
                }
            }
            // Whoever waits for something else has its turn with each message.
            next = if words.told > 0 { others.try_recv().ok() } else { None };
        }
        self.tell(words).await
    }

    async fn tell(&mut self, words: Words) -> Result<(), TransferError> {
        let Words { receipts, differ, not_now, unfit, .. } = words;
        if !receipts.is_empty() {
            self.link.say(&FromReceiver::Receipts(receipts)).await?;
        }
        if !differ.is_empty() {
            self.link.say(&FromReceiver::Differ(differ)).await?;
        }
        for (why, entries) in unfit {
            let unfit = |entries| FromReceiver::Unfit { entries, why: why.to_owned() };
            self.tell_ranges(&entries, unfit).await?;
        }
        self.tell_set_aside(not_now).await
    }

    /// Goes on without files that there is no room for now.
    pub(super) async fn tell_set_aside(&mut self, mut entries: Vec<EntryNo>) -> Result<(), TransferError> {
        // One that has failed at the sender by now is no more waited for.
        entries.retain(|entry| self.tally.set_aside(*entry));
        for entries in entries.chunks(limits::RECEIPTS) {
            self.link.say(&FromReceiver::NotNow(entries.to_vec())).await?;
        }
        Ok(())
    }

    /// # Errors
    /// When the fate of a file is not known, or it has no room.
    pub(super) fn is_settled(&self, intake: &Intake) -> Result<(), TransferError> {
        if self.tally.is_settled() {
            Ok(())
        } else if self.tally.lacks_only_room() {
            Err(intake.is_full().into())
        } else {
            Err(Violation::EndsEarly.into())
        }
    }

    fn note(&mut self, intake: &Intake, fate: Fate) -> Result<Word, TransferError> {
        Ok(match fate {
            Fate::Fatal(why) => return Err(why),
            Fate::Stored { entry, stored } => {
                self.tally.stored(entry, stored.size, stored.digest, stored.screening);
                self.keep_account(intake, Some(stored.path.as_str()));
                if let Some(text) = intake.text() {
                    (self.observe)(Notice::Text(text));
                }
                Word::Receipt(Receipt::stored(entry, stored.digest))
            }
            Fate::Apart { entry, apart: Apart { digest, size, why } } => {
                let path = path(intake, entry);
                self.tally.apart(entry, (&path, Some(size), digest), &why, Side::Here);
                self.keep_account(intake, None);
                Word::Receipt(self.receipt_of(entry, digest, &why))
            }
            Fate::Same { entry, size, digest, path } => {
                self.tally.already(entry, size, digest);
                self.keep_account(intake, Some(&path));
                self.meter.add_bytes(size);
                self.meter.add_file();
                Word::Receipt(Receipt::stored(entry, digest))
            }
            Fate::Differs { entry } => Word::Differs(entry),
            Fate::NotNow { entry } => Word::NotNow(entry),
            // There is nothing else in the offer that could go on.
            Fate::Failed { why, .. } if intake.is_of_text() => return Err(why.into()),
            Fate::Failed { entry, why } if why.is_for_good() => {
                self.tally.failed_for_good(entry, of_ours(intake, entry, &why));
                self.keep_account(intake, None);
                Word::Unfit(entry, of_disk(&why))
            }
            Fate::Failed { entry, why } => {
                // With what no sentence has.
                tracing::info!(entry, cause = ?why, "a file can’t be stored");
                self.tally.failed(entry, of_ours(intake, entry, &why));
                self.keep_account(intake, None);
                Word::Receipt(Receipt::failed(entry, of_disk(&why)))
            }
            Fate::Broken { entry } => {
                let why = "It could not be read whole at the sender.";
                self.tally.failed(entry, of_theirs(intake, entry, why));
                self.keep_account(intake, None);
                Word::Nothing
            }
        })
    }
}

impl Session<'_> {
    /// What the sender is told of a file that is kept apart, in words that it knows.
    pub(super) fn receipt_of(&self, entry: EntryNo, digest: Digest, why: &Caught) -> Receipt {
        match why {
            _ if self.can & QUARANTINE == QUARANTINE => Receipt::caught(entry, digest, why),
            Caught::Infected(name) => {
                let rest = "It is in quarantine there. Check it here before you send it again.";
                Receipt::failed(entry, &format!("{} {rest}", infected(name)))
            }
            Caught::Held(_) => Receipt::stored(entry, digest),
        }
    }
}

/// What this side has failed at.
pub fn of_ours(intake: &Intake, entry: EntryNo, why: &DiskError) -> FileProblem {
    let (path, error) = (path(intake, entry), why.number());
    FileProblem { path, side: Side::Here, why: why.to_string(), error }
}

fn of_theirs(intake: &Intake, entry: EntryNo, why: &str) -> FileProblem {
    FileProblem { path: path(intake, entry), side: Side::There, why: why.to_owned(), error: None }
}

fn path(intake: &Intake, entry: EntryNo) -> String {
    intake.entry(entry).map_or_else(String::new, |offered| offered.path.to_string())
}

/// How many numbers there are in ranges.
pub fn count(ranges: &[Range<EntryNo>]) -> u64 {
    ranges.iter().map(|range| u64::from(range.end - range.start)).sum()
}

/// What must become free for the rest of it.
pub async fn lack(intake: Option<Arc<Intake>>, meter: &Meter, tally: &Tally) -> Lack {
    // What is there already was not counted: any room is worth a try.
    let Some(intake) = intake else { return Lack::default() };
    let holes = intake.holes().filter(|(entry, _)| tally.awaits(*entry));
    let holes = holes.map(|(_, bytes)| bytes).fold(0, u64::saturating_add);
    let allocated = spawn_blocking(move || intake.allocated()).await.unwrap_or_default();
    let total = meter.sample().total.unwrap_or_default();
    let bytes = total.saturating_sub(tally.bytes()).saturating_sub(holes).saturating_sub(allocated);
    Lack { bytes, files: tally.open() }
}
