//! Ends a session properly: the other side hears why, what works stops, and what came of it is summed up.
//!
//! Knows the session's stages and its intake. Must not know why it ends: that is given.

use tokio::{task::spawn_blocking, time::timeout};

use super::{
    Session,
    fates::{Comparing, lack},
};
use crate::{
    disk::DiskError,
    model::{Report, Side},
    transfer::{
        Ended, Notice, TransferError, control,
        receiver::{job::Rests, telling::tell_the_rest},
    },
    wire::{FromReceiver, limits},
};

impl Session<'_> {
    /// Tells the other side what it doesn't know yet, ends the stages, and sums up.
    pub(super) async fn end(mut self, result: Result<Ended, TransferError>) -> Report {
        let ended = match result {
            Err(e) if e.is_full() && self.rests == Rests::Yes => Ended::NoRoom { at: Side::Here },
            Err(TransferError::Disk(DiskError::Away)) => Ended::NoDisk { at: Side::Here },
            // It has become so on the way.
            Err(TransferError::Disk(DiskError::ReadOnly(_))) if self.rests == Rests::Yes => {
                Ended::NoDisk { at: Side::Here }
            }
            result => result.unwrap_or_else(Ended::Failed),
        };
        if matches!(ended, Ended::Failed(TransferError::CodesDifferThere)) {
            (self.observe)(Notice::Differs);
        }
        if let Some(intake) = &self.intake
            && !ended.may_go_on()
        {
            intake.abandon();
        }
        control::last_word(self.link, &ended, FromReceiver::Ending).await;
        // Another attempt finds what this one has put down.
        let limit = if ended.may_go_on() { limits::SETTLE } else { limits::ENDING };
        if ended.may_go_on()
            && let Some(stages) = &mut self.stages
            && stages.are_working()
            && self.intake.as_ref().is_some_and(|intake| intake.is_watched())
        {
            // What is whole is looked into and stored, if that is a matter of moments.
            let _ = timeout(limits::LAST_CHECKS, stages.result()).await;
        }
        for stages in [self.stages.take(), self.comparing.take().map(Comparing::close)].into_iter().flatten()
        {
            stages.end(limit).await;
        }
        if matches!(ended, Ended::NoRoom { .. }) {
            let lack = lack(self.intake.clone(), &self.meter, &self.tally).await;
            (self.observe)(Notice::Full(lack));
        }
        if let Some(beginning) = self.beginning.take() {
            // It has open what another attempt needs; what comes of it is let go of.
            let _ = timeout(limits::SETTLE, beginning).await;
        }
        if let Some(finishing) = self.finishing.take() {
            // Another attempt must not begin beside it.
            let _ = timeout(limits::SETTLE, finishing).await;
        }
        if let Some(intake) = self.intake.clone() {
            tell_the_rest(&intake, &self.account, (&self.tally, self.telling.take()), &ended).await;
        }
        let mut saved = Vec::new();
        if let Some(intake) = self.intake.take() {
            // What goes with it touches the disk: folders that stayed empty.
            let leaving = spawn_blocking(move || {
                intake.let_go();
                intake.saved()
            });
            if let Ok(Ok(there)) = timeout(limits::ENDING, leaving).await {
                saved = there;
            }
        }
        self.notes.extend(self.tally.notes(Side::Here));
        let report = self.account.sum_up(self.tally.report(ended, self.meter.pipeline()));
        Report { saved, notes: self.notes, ..report }
    }
}
