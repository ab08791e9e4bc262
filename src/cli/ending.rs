//! Cancelling what runs, and telling how it ended.

use std::time::Duration;

use super::{
    news::{News, Tell},
    watch::{Turn, Watch},
};
use crate::{
    engine::Command,
    model::{Outcome, Report, Side, TransferId},
};

/// How long cancelled transfers may take to end. The other devices hear of it within two seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// Cancels these transfers and tells how each ended, whether or not the engine still says so.
/// Gives the outcome of the last one: a transfer may be complete before it can be cancelled.
pub async fn cancel(watch: &mut Watch, mut left: Vec<TransferId>, tell: &mut dyn Tell) -> Outcome {
    for &id in &left {
        // An engine that has gone cancels nothing more: what is left is told below.
        let _ = watch.handle().send(Command::Cancel(id)).await;
    }
    let mut last = Outcome::Cancelled { by: Side::Here };
    let all = tokio::time::timeout(PATIENCE, async {
        while !left.is_empty() {
            let turn = watch.next().await;
            if let Some(news) = turn.news() {
                tell.tell(news);
            }
            if let Some((ended, outcome)) = turn.ending() {
                left.retain(|id| *id != ended);
                last = outcome.clone();
            }
            if turn == Turn::Gone {
                break;
            }
        }
    });
    if all.await.is_err() {
        tracing::warn!(?left, "these transfers took too long to be cancelled");
    }
    for transfer in left.iter().filter_map(|id| watch.snapshot().transfer(*id)) {
        tell.tell(News::Finished(transfer, &Report::of(Outcome::Cancelled { by: Side::Here })));
    }
    last
}
