//! An offer is checked as a whole, before anybody is asked.

use tokio::{task::spawn_blocking, time::timeout};

use super::{Attempt, ReceiveJob, Session, count, finished};
use crate::{
    disk::{Already, DiskError, Inbox, Plan},
    model::{Conflict, Landing, Listing, Purpose},
    transfer::{Ended, Notice, TransferError},
    wire::limits,
};

/// An offer that fits into a folder.
pub(super) struct Checked {
    pub inbox: Inbox,
    pub free: Option<u64>,
    pub already: u64,
    /// What its person should know where only what is missing is to come, if that is something else.
    pub completing: Option<Vec<String>>,
    pub plan: Plan,
    pub entries: Listing,
}

impl Session<'_> {
    /// Whether the offer fits where it is to go.
    pub(super) async fn check(
        &mut self,
        entries: Listing,
        purpose: Purpose,
        job: &ReceiveJob,
        landing: Landing,
    ) -> Result<Result<Checked, Ended>, TransferError> {
        let folder = landing.folder.unwrap_or_else(|| job.inbox.clone());
        let earlier = match &job.attempt {
            Attempt::First => None,
            Attempt::Again(earlier) => Some(earlier.clone()),
        };
        let (off_limits, watch, transfer) = (job.off_limits.clone(), job.watch.clone(), job.transfer);
        let is_first = earlier.is_none();
        let volume = earlier.as_ref().and_then(|earlier| earlier.volume.clone());
        let expected = volume.clone();
        let mut checking = spawn_blocking(move || {
            let is_away = || expected.as_ref().is_some_and(|volume| !volume.may_have(&folder));
            // Before anything is made there, and of what was opened.
            if is_away() {
                return Err(DiskError::Away.into());
            }
            let opened = if purpose.is_written() {
                Inbox::open(&folder, &off_limits)
            } else {
                Inbox::untouched(&folder)
            };
            let inbox = opened.map_err(|why| match why {
                // That costs nothing that has come, and may be over soon.
                why @ (DiskError::ReadOnly(_) | DiskError::FolderGone(_) | DiskError::Io { .. })
                    if expected.is_some() =>
                {
                    tracing::info!(%why, "what was accepted before can’t be gone on with here now");
                    DiskError::Away
                }
                why => why,
            })?;
            if is_away() {
                return Err(DiskError::Away.into());
            }
            let plan = match (purpose, earlier) {
                (Purpose::Files, Some(earlier)) => {
                    watch.recall(transfer, &earlier.ledger);
                    inbox.plan_again(&entries, &earlier, landing.conflict)?
                }
                (Purpose::Files, None) => {
                    let name = landing.name.as_deref();
                    inbox.plan_without(&entries, name, landing.conflict, &landing.without)?
                }
                (Purpose::Trial(medium), _) => inbox.plan_trial(&entries, medium)?,
                (Purpose::Text, _) => inbox.plan_text(&entries)?,
            };
            let (already, completing) = match (purpose, is_first, landing.conflict) {
                (Purpose::Files, true, Conflict::Complete) => (count(plan.likely()), None),
                (Purpose::Files, true, _) => {
                    let Already { files, notes } = inbox.already(&entries, landing.name.as_deref());
                    (files, notes)
                }
                _ => (0, None),
            };
            Ok(Checked { free: inbox.free(), inbox, already, completing, plan, entries })
        });
        tokio::select! {
            checked = &mut checking => {
                let checked = finished(checked).flatten();
                if let (Err(TransferError::Disk(DiskError::Away)), Some(volume)) = (&checked, volume) {
                    (self.observe)(Notice::Away(volume));
                }
                checked.map(Ok)
            }
            ended = self.until_end() => {
                // What is begun in the folder is cleared away before the transfer is called ended.
                let _ = timeout(limits::ENDING, checking).await;
                ended.map(Err)
            }
        }
    }
}
