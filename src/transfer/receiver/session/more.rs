//! What goes beyond what was agreed is asked, once nothing else is left to come: it holds up nothing.
//!
//! Knows what is left. Must not know who is asked, nor how a yes is kept.

use std::sync::Arc;

use tokio::time::sleep;

use super::{Attempt, Checked, ReceiveJob, Session};
use crate::{
    disk::Earlier,
    model::{Entry, EntryKind, Landing, Summary, TopItem},
    transfer::{
        Ended, TransferError,
        receiver::host::{Host, IncomingOffer, More},
    },
    wire::limits,
};

const GROWN: &str =
    "You have accepted this before. It has grown or changed since, by more than you were told.";

impl Session<'_> {
    /// The same, or, where whoever answers here says yes to it, with what goes beyond what was agreed; or how it ended
    /// before that.
    pub(super) async fn ask_for_more<H: Host>(
        &mut self,
        checked: Checked,
        job: &mut ReceiveJob,
        (landing, host): (Landing, &H),
    ) -> Result<Result<Checked, Ended>, TransferError> {
        let Checked { plan, entries, .. } = &checked;
        let Attempt::Again(earlier) = &job.attempt else { return Ok(Ok(checked)) };
        let Some(accord) = earlier.accord.as_ref().filter(|_| plan.wants_nothing_but_more(entries)) else {
            return Ok(Ok(checked));
        };
        let numbers = plan.beyond().iter().cloned().flatten();
        let offered = numbers.filter_map(|no| entries.get(no as usize));
        // Of what has no size, nobody can say yes to so much.
        let more: Vec<&Entry> =
            offered.filter(|entry| matches!(entry.kind, EntryKind::File { size: Some(_), .. })).collect();
        if more.is_empty() {
            return Ok(Ok(checked));
        }
        let mut summary = Summary::default();
        for entry in &more {
            summary.add(entry);
            // What is inside a folder is asked by itself here.
            if entry.path.parent().is_some() && summary.top.len() < Summary::MAX_TOP {
                summary.top.push(TopItem { name: entry.path.as_str().to_owned(), kind: entry.kind });
            }
        }
        summary.more = summary.files.saturating_sub(summary.top.len() as u64);
        let folder = checked.inbox.folder().to_owned();
        let offer = IncomingOffer {
            summary,
            list: None,
            folder,
            free: checked.free,
            short: None,
            already: 0,
            notes: vec![GROWN.to_owned()],
            completing: None,
        };
        let said = tokio::select! {
            said = host.more(offer) => said,
            ended = self.until_end() => return ended.map(Err),
            () = sleep(limits::ANSWER) => More::Refused,
        };
        match said {
            More::Agreed => {}
            More::Refused => return Ok(Ok(checked)),
            More::Later => return Err(TransferError::Stalled),
        }
        let accord = earlier.ledger.arrived(|arrived| accord.with(more, arrived));
        let earlier = Earlier { accord: Some(Arc::new(accord)), ..(**earlier).clone() };
        job.attempt = Attempt::Again(Box::new(earlier));
        self.check(checked.entries, checked.plan.purpose(), job, landing).await
    }
}
