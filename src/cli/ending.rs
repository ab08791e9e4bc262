//! Cancelling what runs, and telling how it ended.

use std::time::Duration;

use super::{
    news::{News, Tell},
    watch::{Turn, Watch},
    words,
};
use crate::{
    engine::Command,
    model::{Outcome, Problem, ProblemKind, Report, Side, Transfer, TransferId},
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
    give_up(watch, &left, tell);
    last
}

/// How it ends for a command that leaves a transfer to another run.
pub fn left_for_later(transfer: &Transfer) -> Report {
    let text = words::left_for_later(transfer.id);
    Report::of(Outcome::Failed(Problem { side: Side::Here, kind: ProblemKind::Other, text }))
}

/// Tells the end of transfers whose end the engine didn't tell: every story that was begun ends.
fn give_up(watch: &Watch, left: &[TransferId], tell: &mut dyn Tell) {
    for transfer in left.iter().filter_map(|id| watch.snapshot().transfer(*id)) {
        tell.tell(News::Finished(transfer, &Report::of(Outcome::Cancelled { by: Side::Here })));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::stage::{Stage, Told, transfer, within},
        model::{Direction, TransferState},
    };

    #[tokio::test]
    async fn what_is_cancelled_is_followed_until_each_has_ended() {
        let mut stage = Stage::set();
        let (a, b) = (transfer(1, Direction::Receive), transfer(2, Direction::Receive));
        stage.say(&a, TransferState::Active);
        stage.say(&b, TransferState::Active);
        let mut watch = Watch::new(stage.handle.clone(), stage.interrupts.take().unwrap());
        let mut told = Told::new();
        let script = async {
            for expected in [a.id, b.id] {
                assert!(matches!(stage.command().await, Command::Cancel(id) if id == expected));
            }
            stage.finish(&a, Outcome::Cancelled { by: Side::Here });
            stage.say(&b, TransferState::Finished(Box::new(crate::cli::stage::complete(&b))));
        };
        let cancelled = cancel(&mut watch, vec![a.id, b.id], &mut told);
        let (outcome, ()) = within(async { tokio::join!(cancelled, script) }).await;
        assert_eq!(outcome, Outcome::Complete, "the last one was faster");
        let ends: Vec<_> = told.json().into_iter().filter(|line| line["event"] == "finished").collect();
        assert_eq!(ends[0]["outcome"], "cancelled");
        assert_eq!(ends[1]["outcome"], "complete");
    }

    #[tokio::test]
    async fn a_transfer_whose_end_the_engine_does_not_tell_ends_all_the_same() {
        let mut stage = Stage::set();
        let stuck = transfer(1, Direction::Send);
        stage.say(&stuck, TransferState::Active);
        let watch = Watch::new(stage.handle.clone(), stage.interrupts.take().unwrap());
        let mut told = Told::new();
        give_up(&watch, &[stuck.id, TransferId([9; 16])], &mut told);
        assert_eq!(told.events(), ["finished"]);
        assert_eq!(
            (&told.json()[0]["outcome"], &told.json()[0]["side"]),
            (&"cancelled".into(), &"here".into())
        );
    }
}
