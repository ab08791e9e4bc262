//! What is told to whoever keeps account: each file's fate, with where it is here.
//!
//! Knows the machine and what was offered. Must not know where the account is kept.

use std::{ops::Range, sync::Arc};

use super::Session;
use crate::{
    disk::Sources,
    model::{EntryKind, EntryNo, FileFate, FileRecord, Screening},
    transfer::{Account, sender::machine::Wants, stages::Halt, tally::Settled, telling::Telling},
};

impl Session<'_> {
    /// Tells what has been settled since this was done last.
    pub(super) fn keep_account(&mut self) {
        let Some(sources) = &self.sources else { return };
        for Settled { entry, size, fate } in self.machine.take_settled() {
            if let Some(record) = record(sources, entry, size, fate) {
                self.account.file(record);
            }
        }
    }

    /// Tells of what has its fate before anything is sent: files that are not wanted, and those that an earlier attempt
    /// has stored. Beside the flow, which waits for none of it.
    pub(super) fn begin_account(&self, sources: &Arc<Sources>, answer: &Wants) -> Telling {
        let (sources, account) = (Arc::clone(sources), Arc::clone(&self.account));
        let (stored, unwanted) = (answer.stored.clone(), answer.unwanted.clone());
        Telling::start(move |halt| {
            let stored = (stored, FileFate::Stored { digest: None, screening: Screening::Off });
            for (ranges, fate) in [stored, (unwanted, FileFate::LeftOut)] {
                tell(&sources, &ranges, &fate, (&*account, halt));
            }
            account.all_told();
        })
    }
}

fn tell(
    sources: &Sources,
    ranges: &[Range<EntryNo>],
    fate: &FileFate,
    (account, halt): (&dyn Account, &Halt),
) {
    for no in ranges.iter().flat_map(Clone::clone).take_while(|_| !halt.is_told()) {
        // What is told of a file that has been stored counts, whatever is said of it later.
        if sources.entry(no).is_some_and(|entry| !account.has(entry.path.as_str()))
            && let Some(record) = record(sources, no, None, fate.clone())
        {
            account.settled_before(record);
        }
    }
}

fn record(sources: &Sources, no: EntryNo, size: Option<u64>, fate: FileFate) -> Option<FileRecord> {
    let entry = sources.entry(no)?;
    let EntryKind::File { size: offered, .. } = entry.kind else { return None };
    Some(FileRecord {
        path: entry.path.as_str().to_owned(),
        at: sources.place(no),
        size: size.or(offered),
        fate,
    })
}
