//! `airlift transfers`: what is kept of transfers that are not over, and what becomes of it.
//!
//! Knows how a person names them. Must not know where they are kept, or how one goes on.

use std::path::Path;

use tokio::sync::mpsc;

use super::{
    ending::{self, left_for_later},
    exit::Exit,
    news::{Listening, News, Tell},
    watch::{Turn, Watch},
    words::short,
};
use crate::{
    engine::{Command, Consent, Handle, KeptTransfer, PortChoice, Receiving, Unheard, User, kept},
    model::{Direction, Landing, Outcome, Rest, Transfer, TransferId, TransferState},
};

/// Why offers are declined meanwhile.
const ONLY_THESE: &str = "it only waits for a transfer that was interrupted";

/// A refusal, as a sentence.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("No kept transfer’s id begins with “{0}”. “airlift transfers” lists them.")]
    Unknown(String),
    #[error("The ids of {count} kept transfers begin with “{text}”. Type more of it.")]
    Ambiguous { text: String, count: usize },
    #[error("Another running Airlift has {0}. Use that one, or quit it first.")]
    InUse(String),
    #[error("Of {0} only partial files are left. “airlift transfers remove {0}” removes them.")]
    OnlyScraps(String),
}

/// Those that are meant, each once; all where none is named.
///
/// # Errors
/// When an id fits none, or several.
fn choose(all: Vec<KeptTransfer>, ids: &[String]) -> Result<Vec<KeptTransfer>, Refusal> {
    if ids.is_empty() {
        return Ok(all);
    }
    let mut chosen: Vec<KeptTransfer> = Vec::new();
    for text in ids {
        let start = text.to_ascii_lowercase();
        let fitting: Vec<_> =
            all.iter().filter(|kept| kept.transfer.id.to_string().starts_with(&start)).collect();
        let [one] = fitting[..] else {
            return Err(match fitting.len() {
                0 => Refusal::Unknown(text.clone()),
                count => Refusal::Ambiguous { text: text.clone(), count },
            });
        };
        if !chosen.iter().any(|known| known.transfer.id == one.transfer.id) {
            chosen.push(one.clone());
        }
    }
    Ok(chosen)
}

/// Those that are meant, if nobody else has them.
fn choose_free(home: &Path, ids: &[String]) -> anyhow::Result<Vec<KeptTransfer>> {
    let chosen = choose(kept(home)?, ids)?;
    match chosen.iter().find(|kept| kept.user == User::Somebody) {
        Some(kept) => Err(Refusal::InUse(short(kept.transfer.id)).into()),
        None => Ok(chosen),
    }
}

/// Those that are meant, if they can be gone on with and nobody else has them.
///
/// # Errors
/// When one is not there, in use, or no more than partial files.
pub fn choose_whole(home: &Path, ids: &[String]) -> anyhow::Result<Vec<Transfer>> {
    let chosen = choose_free(home, ids)?;
    let is_scraps =
        |kept: &&KeptTransfer| matches!(kept.transfer.state, TransferState::Left { rest: Rest::Scraps, .. });
    match chosen.iter().find(is_scraps) {
        Some(kept) => Err(Refusal::OnlyScraps(short(kept.transfer.id)).into()),
        None => Ok(chosen.into_iter().map(|kept| kept.transfer).collect()),
    }
}

/// Lists them.
///
/// # Errors
/// When the home can't be read, or an id fits none or several.
pub fn list(home: &Path, ids: &[String], tell: &mut dyn Tell) -> anyhow::Result<Exit> {
    let chosen = choose(kept(home)?, ids)?;
    if chosen.is_empty() {
        tell.tell(News::Remark("No transfer is kept: what was begun is complete, or was given up."));
    }
    for kept in &chosen {
        tell.tell(News::Kept(kept));
    }
    Ok(Exit::Complete)
}

/// Removes what is left of them.
///
/// # Errors
/// When one is not there or in use, or something can't be removed; those before it are gone.
pub fn remove(home: &Path, ids: &[String], tell: &mut dyn Tell) -> anyhow::Result<Exit> {
    for kept in choose_free(home, ids)? {
        kept.remove(home).map_err(|problem| anyhow::anyhow!(problem.text))?;
        tell.tell(News::Removed(&kept.transfer));
    }
    Ok(Exit::Complete)
}

/// Gives them up, and tells the other devices that can be reached.
///
/// # Errors
/// When the engine has ended.
pub async fn cancel(
    handle: Handle,
    chosen: Vec<Transfer>,
    tell: &mut dyn Tell,
    interrupts: mpsc::Receiver<()>,
) -> Result<Exit, Unheard> {
    let mut watch = Watch::new(handle, interrupts);
    let mut exit = Exit::Complete;
    let mut left = chosen;
    for transfer in &left {
        watch.handle().send(Command::Cancel(transfer.id)).await?;
    }
    while !left.is_empty() {
        let turn = watch.next().await;
        match &turn {
            Turn::Forgotten(id) => {
                for gone in left.extract_if(.., |transfer| transfer.id == *id) {
                    tell.tell(News::Removed(&gone));
                }
            }
            Turn::Gone => return Err(Unheard::Gone),
            Turn::Interrupted => return Ok(Exit::Cancelled),
            _ => {}
        }
        if let Some((id, Outcome::Failed(problem))) = turn.ending() {
            tell.tell(News::Error(&problem.text));
            left.retain(|transfer| transfer.id != id);
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

/// Goes on with them, and tells how it goes until all have ended.
///
/// # Errors
/// When the engine has ended.
pub async fn resume(
    handle: Handle,
    chosen: Vec<Transfer>,
    port: PortChoice,
    tell: &mut dyn Tell,
    interrupts: mpsc::Receiver<()>,
) -> Result<Exit, Unheard> {
    let mut watch = Watch::new(handle, interrupts);
    let landing = Landing::default();
    if chosen.iter().any(|transfer| transfer.direction == Direction::Receive) {
        let (consent, landing) = (Consent::Nobody(ONLY_THESE), landing.clone());
        watch.handle().send(Command::Receive(Receiving { port, consent, landing })).await?;
    }
    let mut left: Vec<_> = chosen.iter().map(|transfer| transfer.id).collect();
    for &id in &left {
        watch.handle().send(Command::Retry(id)).await?;
    }
    let mut exit = Exit::Complete;
    while !left.is_empty() {
        let turn = watch.next().await;
        // Whoever else calls is turned away without a word here.
        if turn.transfer().is_none_or(|id| left.contains(&id))
            && let Some(news) = turn.news()
        {
            tell.tell(news);
        }
        if let Some((id, outcome)) = turn.ending()
            && left.contains(&id)
        {
            left.retain(|other| *other != id);
            if exit == Exit::Complete {
                exit = Exit::of_transfer(watch.snapshot().transfer(id), outcome);
            }
        }
        match turn {
            Turn::Listening { port, addresses } => {
                tell.tell(News::Listening(&Listening::of(watch.snapshot(), &landing, port, addresses)));
            }
            Turn::CannotListen(problem) => {
                tell.tell(News::Error(&problem.text));
                exit = Exit::Failed;
                left.clear();
            }
            Turn::Forgotten(id) if left.contains(&id) => {
                tell.tell(News::Error(&Refusal::InUse(short(id)).to_string()));
                left.retain(|other| *other != id);
                exit = Exit::Failed;
            }
            Turn::Interrupted => {
                exit = Exit::Cancelled;
                leave(&mut watch, std::mem::take(&mut left), tell).await;
            }
            Turn::Gone => return Err(Unheard::Gone),
            _ => {}
        }
    }
    Ok(exit)
}

/// Cancels what flows; what only waits stays as it was found.
async fn leave(watch: &mut Watch, ids: Vec<TransferId>, tell: &mut dyn Tell) {
    let flows = |id: &TransferId| {
        watch.snapshot().transfer(*id).is_some_and(|transfer| transfer.state == TransferState::Active)
    };
    let (flowing, waiting): (Vec<_>, Vec<_>) = ids.into_iter().partition(flows);
    for transfer in waiting.iter().filter_map(|id| watch.snapshot().transfer(*id)) {
        tell.tell(News::Finished(transfer, &left_for_later(transfer)));
    }
    if !flowing.is_empty() {
        tell.tell(News::Cancelling);
        ending::cancel(watch, flowing, tell).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::stage::{Stage, Told, transfer, within},
        model::{Problem, ProblemKind, Side},
    };

    fn why(text: &str) -> Problem {
        Problem { side: Side::Here, kind: ProblemKind::Link, text: text.to_owned() }
    }

    fn left(id: u8, direction: Direction) -> Transfer {
        let until = std::time::SystemTime::UNIX_EPOCH;
        let state = TransferState::Left { why: why("It was not running."), rest: Rest::Over, until };
        Transfer { state, ..transfer(id, direction) }
    }

    async fn resumed(transfers: Vec<Transfer>, script: impl AsyncFnOnce(&mut Stage)) -> (Exit, Told) {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let interrupts = stage.interrupts.take().unwrap();
        let resumed = resume(stage.handle.clone(), transfers, PortChoice::Default, &mut told, interrupts);
        let (exit, ()) = within(async { tokio::join!(resumed, script(&mut stage)) }).await;
        (exit.unwrap(), told)
    }

    #[tokio::test]
    async fn one_that_sends_is_followed_to_its_end_and_listens_to_nobody() {
        let t = left(1, Direction::Send);
        let (exit, told) = resumed(vec![t.clone()], async |stage| {
            assert!(matches!(stage.command().await, Command::Retry(id) if id == t.id));
            stage.say(&t, TransferState::Interrupted { why: why("It was not running."), again: None });
            stage.say(&t, TransferState::Active);
            stage.finish(&t, Outcome::Complete);
        })
        .await;
        assert_eq!(exit, Exit::Complete);
        assert_eq!(told.events().last().unwrap(), "finished");
    }

    #[tokio::test]
    async fn one_that_receives_waits_for_its_sender_and_declines_everybody_else() {
        let t = left(1, Direction::Receive);
        let (exit, _) = resumed(vec![t.clone()], async |stage| {
            let Command::Receive(receiving) = stage.command().await else { panic!() };
            assert_eq!(receiving.consent, Consent::Nobody(ONLY_THESE));
            assert!(matches!(stage.command().await, Command::Retry(_)));
            stage.finish(&t, Outcome::Declined { by: Side::There, reason: None });
        })
        .await;
        assert_eq!(exit, Exit::Declined);
    }

    #[tokio::test]
    async fn one_that_somebody_has_taken_meanwhile_is_said_to_be_in_use() {
        let t = left(1, Direction::Send);
        let (exit, told) = resumed(vec![t.clone()], async |stage| {
            stage.command().await;
            stage.end.publisher.publish(crate::engine::Event::Forgotten(t.id));
        })
        .await;
        assert_eq!(exit, Exit::Failed);
        assert!(told.json().last().unwrap()["problem"].as_str().unwrap().starts_with("Another running"));
    }

    #[tokio::test]
    async fn ctrl_c_leaves_what_only_waits() {
        let t = left(1, Direction::Send);
        let (exit, told) = resumed(vec![t.clone()], async |stage| {
            stage.command().await;
            stage.say(&t, TransferState::Interrupted { why: why("Nobody is there."), again: None });
            stage.interrupt.send(()).await.unwrap();
            assert!(stage.end.commands.try_recv().is_err(), "nothing was cancelled");
        })
        .await;
        assert_eq!(exit, Exit::Cancelled);
        let end = told.json().pop().unwrap();
        assert_eq!((&end["event"], &end["outcome"]), (&"finished".into(), &"failed".into()));
    }
}
