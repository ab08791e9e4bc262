//! `airlift send`: one transfer, followed to its end.

use tokio::sync::mpsc;

use super::{
    comparing::{Company, Comparing, Seen},
    ending,
    exit::Exit,
    news::{News, Tell},
    watch::{Turn, Watch},
    words::meeting,
};
use crate::{
    engine::{Command, Handle, Manner, Remember, Strangers, Unheard},
    model::{Outcome, PairingCode, Source, Target, TransferId},
};

/// Why a transfer is given up when the person closed the terminal's input.
const NOBODY_COMPARES: &str =
    "There is nobody at the terminal any more to compare the codes, so nothing was sent.";

/// What to send, and where to.
#[derive(Debug)]
pub struct Sending {
    pub to: Target,
    /// The words that whoever answers there must know. A [`Target::Code`] has its own.
    pub code: Option<PairingCode>,
    pub remember: Remember,
    pub sources: Vec<Source>,
    pub company: Company,
}

/// Sends, and tells how it goes.
///
/// # Errors
/// When the engine has ended.
pub async fn send(
    handle: Handle,
    sending: Sending,
    tell: &mut dyn Tell,
    interrupts: mpsc::Receiver<()>,
) -> Result<Exit, Unheard> {
    let mut watch = Watch::new(handle, interrupts);
    let id = Handle::new_transfer();
    let Sending { to, code, remember, sources, company } = sending;
    let strangers = match company {
        Company::Person(_) => Strangers::Compare,
        Company::Nobody => Strangers::GoAhead,
    };
    let manner = Manner { strangers, remember, code, ..Manner::default() };
    watch.handle().send(Command::Send { id, to, sources, manner }).await?;
    let (Followed::ToItsEnd(outcome) | Followed::Interrupted(outcome)) =
        follow(&mut watch, id, company, tell).await?;
    Ok(Exit::of_transfer(watch.snapshot().transfer(id), &outcome))
}

/// How a transfer ended that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    ToItsEnd(Outcome),
    /// It was to be cancelled, and may have been complete before.
    Interrupted(Outcome),
}

/// Tells how a transfer goes, until it ends, and asks whoever is there about the code of a first meeting.
///
/// # Errors
/// When the engine has ended.
pub async fn follow(
    watch: &mut Watch,
    id: TransferId,
    company: Company,
    tell: &mut dyn Tell,
) -> Result<Followed, Unheard> {
    let mut comparing = Comparing::new(company);
    loop {
        let turn = tokio::select! {
            biased;
            turn = watch.next() => turn,
            seen = comparing.answer(tell) => {
                let command = match seen {
                    Seen::Same => {
                        tell.tell(News::Remark(meeting::SAME_HERE));
                        Command::Agree(id)
                    }
                    Seen::Another => Command::Differ(id),
                    Seen::Nothing => {
                        tell.tell(News::Error(NOBODY_COMPARES));
                        Command::Cancel(id)
                    }
                };
                watch.handle().send(command).await?;
                continue;
            }
        };
        if let Some(news) = turn.news() {
            tell.tell(news);
        }
        if let Some(transfer) = watch.snapshot().transfer(id) {
            comparing.learn(transfer, tell);
        }
        if let Some((ended, outcome)) = turn.ending()
            && ended == id
        {
            return Ok(Followed::ToItsEnd(outcome.clone()));
        }
        match turn {
            Turn::Interrupted => {
                tell.answered();
                tell.tell(News::Cancelling);
                return Ok(Followed::Interrupted(ending::cancel(watch, vec![id], tell).await));
            }
            Turn::Gone => return Err(Unheard::Gone),
            Turn::Listening { .. }
            | Turn::CannotListen(_)
            | Turn::Transfer(..)
            | Turn::Progress(..)
            | Turn::Broken(..)
            | Turn::Paused(..)
            | Turn::Mended(_)
            | Turn::Text(..)
            | Turn::Met(_)
            | Turn::Code(_)
            | Turn::Unkept(_)
            | Turn::Deaf(_)
            | Turn::Forgotten(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::stage::{Stage, Told, complete, transfer, within},
        model::{Direction, Outcome, Problem, ProblemKind, Progress, Side, Transfer, TransferState},
    };

    fn sending() -> Sending {
        let to = "host".parse().unwrap();
        let (sources, company) = (vec![Source::Path("photo.jpg".into())], Company::Nobody);
        Sending { to, code: None, remember: Remember::Known, sources, company }
    }

    async fn run(stage: &mut Stage, told: &mut Told, script: impl AsyncFnOnce(&mut Stage)) -> Exit {
        let interrupts = stage.interrupts.take().unwrap();
        let sent = send(stage.handle.clone(), sending(), told, interrupts);
        let (exit, ()) = within(async { tokio::join!(sent, script(stage)) }).await;
        exit.unwrap()
    }

    /// The command as the engine gets it, as the transfer that follows from it.
    async fn asked(stage: &mut Stage) -> Transfer {
        let Command::Send { id, to, sources, .. } = stage.command().await else { panic!("not a send") };
        assert_eq!((to, sources), (sending().to, sending().sources));
        Transfer { id, ..transfer(0, Direction::Send) }
    }

    #[tokio::test]
    async fn a_transfer_is_told_from_its_offer_to_its_receipt() {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let exit = run(&mut stage, &mut told, async |stage| {
            let t = asked(stage).await;
            for state in [TransferState::Connecting, TransferState::Preparing, TransferState::Waiting] {
                stage.say(&t, state);
            }
            stage.say(&t, TransferState::Active);
            let file = Some("photo.jpg".to_owned());
            let progress = Progress { bytes: 7, total: Some(3_500), file, rate: 2.5, ..Progress::default() };
            stage.progress(t.id, progress).await;
            stage.say(&t, TransferState::Finished(Box::new(complete(&t))));
        })
        .await;
        assert_eq!(exit, Exit::Complete);
        assert_eq!(told.events(), ["offer", "started", "progress", "finished"]);
        let lines = told.json();
        assert!(lines.iter().all(|line| line["transfer"] == lines[0]["transfer"]));
        assert_eq!(lines[0]["to"]["name"], "Anna’s laptop");
        assert_eq!(lines[0].get("from"), None);
        let progress = &lines[2];
        assert_eq!((&progress["bytes"], &progress["total"]), (&7.into(), &3_500.into()));
        assert_eq!((&progress["file"], &progress["rate"]), (&"photo.jpg".into(), &2.5.into()));
        let end = lines.last().unwrap();
        assert_eq!((&end["outcome"], &end["verified"]), (&"complete".into(), &true.into()));
        assert_eq!(end["digest"], "ab".repeat(32));
        assert_eq!((&end["seconds"], &end["problem"], &end["side"]), (&0.5.into(), &().into(), &().into()));
    }

    #[tokio::test]
    async fn an_interrupt_cancels_and_waits_for_the_end() {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let exit = run(&mut stage, &mut told, async |stage| {
            let t = asked(stage).await;
            stage.say(&t, TransferState::Active);
            stage.interrupt.send(()).await.unwrap();
            assert!(matches!(stage.command().await, Command::Cancel(id) if id == t.id));
            stage.finish(&t, Outcome::Cancelled { by: Side::Here });
        })
        .await;
        assert_eq!(exit, Exit::Cancelled);
        assert_eq!(told.json().last().unwrap()["side"], "here");
    }

    #[tokio::test]
    async fn nobody_at_the_address_has_an_exit_code_of_its_own() {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let text = "Nobody answers at host.".to_owned();
        let exit = run(&mut stage, &mut told, async |stage| {
            let mut t = asked(stage).await;
            t.summary = crate::model::Summary::default();
            let problem = Problem { side: Side::There, kind: ProblemKind::Unreachable, text: text.clone() };
            stage.finish(&t, Outcome::Failed(problem));
        })
        .await;
        assert_eq!(exit, Exit::CannotReach);
        assert_eq!(told.events(), ["finished"]);
        assert_eq!(told.json()[0]["problem"], text);
    }

    #[tokio::test]
    async fn an_engine_that_has_gone_is_an_error() {
        let Stage { handle, end, interrupts, interrupt: _interrupt } = Stage::set();
        drop(end);
        let gone = send(handle, sending(), &mut Told::new(), interrupts.unwrap()).await;
        assert_eq!(gone, Err(Unheard::Gone));
    }
}
