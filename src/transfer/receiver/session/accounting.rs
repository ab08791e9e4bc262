//! What is told to whoever keeps account: each file's fate, with where it stands here.
//!
//! Knows the tally and the intake. Must not know where the account is kept.

use std::{ops::Range, sync::Arc};

use super::Session;
use crate::{
    disk::Intake,
    model::{EntryNo, FileRecord},
    transfer::{
        receiver::telling::{file, tell},
        tally::Settled,
        telling::Telling,
    },
};

impl Session<'_> {
    /// Tells what has been settled since this was done last. `at`: where that stands, below the receiving folder.
    pub(super) fn keep_account(&mut self, intake: &Intake, at: Option<&str>) {
        for Settled { entry, size, fate } in self.tally.take_settled() {
            if let Some((path, offered)) = file(intake, entry) {
                let at = at.map(|at| intake.place(at));
                self.account.file(FileRecord { path, at, size: size.or(offered), fate });
            }
        }
    }

    /// Tells of what has its fate before anything comes: files that are not wanted, and those that an earlier attempt has
    /// stored. Beside the flow, which waits for none of it.
    pub(super) fn begin_account(&mut self, intake: &Arc<Intake>, unwanted: Vec<Range<EntryNo>>) {
        self.keep_account(intake, None);
        let (intake, account) = (Arc::clone(intake), Arc::clone(&self.account));
        self.telling = Some(Telling::start(move |halt| tell(&intake, &unwanted, &*account, halt)));
    }
}
