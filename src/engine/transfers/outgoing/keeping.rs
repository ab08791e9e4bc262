//! What is kept of a transfer that sends, from the moment it was accepted, for another run and for another
//! try.

use std::{io, sync::Arc, time::SystemTime};

use tokio::task::{block_in_place, spawn_blocking};

use super::{Accepted, Outgoing, Story, lock};
use crate::{
    engine::transfers::{
        parcel::Parcel,
        record::{self, Kept, Missing, Record, Who},
    },
    model::{Accord, Report, Retry, Target, TransferId},
};

impl Outgoing {
    /// Keeps what is needed to send again what failed, and nothing else: whoever sends the same to the
    /// same address goes on with it.
    pub(super) async fn keep_failed(&self, report: &Report, record: record::Sending, kept: Kept) -> Retry {
        if report.failed + report.failed_folders <= report.hopeless {
            // It would fail again.
            kept.remove();
            return Retry::Impossible;
        }
        let record = Record::Sending(record::Sending { missing: Missing::Failed, ..record });
        match spawn_blocking(move || kept.replace(&record).map(drop)).await {
            Ok(Ok(())) => {}
            problem => {
                tracing::warn!(?problem, "what failed can’t be kept");
                return Retry::Impossible;
            }
        }
        self.keep_for_another_try().await
    }

    /// What is left of an earlier attempt to send the same to the same address: whoever says it
    /// again means that it should go on.
    pub(super) async fn find_earlier(&self) -> Option<(Kept, record::Sending)> {
        let Parcel::Files(sources) = &self.parcel else { return None };
        let (home, to) = (self.home.clone(), self.to.clone());
        let paths = record::Sending::paths(sources).ok()??;
        let searching = spawn_blocking(move || {
            let (kept, mut sending) =
                Kept::all(&home).into_iter().find_map(|(kept, record)| match record {
                    Record::Sending(sending) if is_for(&sending, &to) && sending.paths == paths => {
                        Some((kept, sending))
                    }
                    _ => None,
                })?;
            if sending.missing == Missing::Unsent {
                return Some((kept, sending));
            }
            // Once more on its way: whatever breaks it now, it goes on by itself.
            sending.missing = Missing::Unsent;
            let kept = kept.replace(&Record::Sending(sending.clone())).ok()?;
            Some((kept, sending))
        });
        searching.await.ok()?
    }

    /// The list of a transfer that has lost its own, once a person has said that it goes on: later attempts are held to
    /// this one.
    pub(super) fn adopt(&self, accepted: &Story, list: &Arc<Accord>) {
        let mut accepted = lock(accepted);
        let Some(accepted) = accepted.as_mut().filter(|accepted| accepted.listed.is_none()) else { return };
        let kept = accepted.kept.as_ref().map_or(Ok(()), |kept| block_in_place(|| kept.keep_accord(list)));
        if let Err(problem) = kept {
            tracing::warn!(transfer = %self.desk.id(), %problem, "what is sent can’t be kept for a later run");
        }
        accepted.listed = Some(Arc::clone(list));
    }

    /// Keeps what is needed to go on with a transfer; `None` for what can't be read a second time.
    pub(super) fn keep(&self, id: TransferId, listed: Arc<Accord>) -> Option<Accepted> {
        let Parcel::Files(sources) = &self.parcel else { return None };
        let paths = record::Sending::paths(sources).ok()??;
        let shown = self.desk.shown();
        let (Some(peer), Some(name)) = (shown.peer.id, shown.peer.name) else { return None };
        let peer = Who { id: peer, name, address: shown.peer.address };
        let (to, summary, began, missing) =
            (self.to().clone(), shown.summary, SystemTime::now(), Missing::Unsent);
        let sending = record::Sending { id, peer, to, paths, summary, began, missing };
        // Sixteen bytes for each entry are written: others need not wait for that.
        let kept = block_in_place(|| {
            let kept = Kept::create(&self.home, &Record::Sending(sending.clone()))?;
            with_list(kept, &listed)
        });
        // Without one it goes on for as long as this run does.
        let kept = kept.inspect_err(|problem| {
            tracing::warn!(%problem, "a transfer can't be kept for a later run");
        });
        Some(Accepted { record: sending, kept: kept.ok(), listed: Some(listed) })
    }
}

fn is_for(sending: &record::Sending, to: &Target) -> bool {
    match to {
        Target::Device(id) => sending.peer.id == *id,
        Target::Link(link) => sending.peer.id == link.id,
        to => sending.to == *to,
    }
}

/// Keeps the list beside the record: without it, the record would be of something else.
fn with_list(kept: Kept, listed: &Accord) -> io::Result<Kept> {
    match kept.keep_accord(listed) {
        Ok(()) => Ok(kept),
        Err(problem) => {
            kept.remove();
            Err(problem)
        }
    }
}
