//! `airlift receive`: waits for offers, asks where it has to, and follows what comes in.

use std::collections::HashSet;

use tokio::sync::mpsc;

use super::{
    ask::Asker,
    asked::ReceiveUntil,
    ending::{self, left_for_later},
    exit::Exit,
    news::{self, Listening, Moment, News, Tell},
    verdict::Verdict,
    watch::{Turn, Watch},
    words::{self, NOBODY_ANY_MORE, meeting},
};
use crate::{
    engine::{CodeState, Command, Consent, Handle, PortChoice, Receiving, Remember, Snapshot, Unheard},
    model::{
        Answer, Conflict, Landing, Outcome, PairingCode, Problem, ProblemKind, Side, Transfer, TransferId,
    },
};

/// How to receive.
#[derive(Debug)]
pub struct Reception {
    pub port: PortChoice,
    pub consent: Agreement,
    pub until: ReceiveUntil,
    pub landing: Landing,
    /// `None`: as the settings have it.
    pub conflict: Option<Conflict>,
    /// To be given out, and what follows for whoever uses it.
    pub code: Option<(PairingCode, Remember)>,
}

/// Who says yes, and how they are reached.
#[derive(Debug)]
pub enum Agreement {
    /// A person, whose typed lines come through here.
    Ask(mpsc::Receiver<String>),
    /// As [`Agreement::Ask`]; trusted devices need none.
    Trusted(mpsc::Receiver<String>),
    /// Trusted devices need none, and there is nobody for the others.
    TrustedAlone(&'static str),
    All,
    Nobody(&'static str),
}

impl Agreement {
    /// The same for the engine, and whoever asks the person.
    fn asker(self) -> (Consent, Option<Asker>) {
        match self {
            Self::Ask(typed) => (Consent::Ask, Some(Asker::new(typed))),
            Self::Trusted(typed) => (Consent::Trusted, Some(Asker::new(typed))),
            Self::TrustedAlone(reason) => (Consent::TrustedAlone(reason), None),
            Self::All => (Consent::All, None),
            Self::Nobody(reason) => (Consent::Nobody(reason), None),
        }
    }
}

/// Receives until it is interrupted, or as long as was asked for.
///
/// # Errors
/// When the engine has ended.
pub async fn receive(
    handle: Handle,
    reception: Reception,
    tell: &mut dyn Tell,
    interrupts: mpsc::Receiver<()>,
) -> Result<Exit, Unheard> {
    let mut watch = Watch::new(handle, interrupts);
    let Reception { port, consent, until, mut landing, conflict, code } = reception;
    landing.conflict = conflict.unwrap_or(watch.snapshot().settings.conflict);
    let (consent, mut asker) = consent.asker();
    // Where nobody can be accepted, there is nothing else to wait for.
    let nothing_else = matches!(consent, Consent::Nobody(_)) && code.is_none();
    // Those that somebody here has said yes or no to. What policy alone has declined, or was no offer, is of no
    // account.
    let mut meant = HashSet::new();
    let receiving = Receiving { port, consent, landing: landing.clone() };
    watch.handle().send(Command::Receive(receiving)).await?;
    if let Some((code, remember)) = code {
        watch.handle().send(Command::GiveCode { code: Some(code), remember }).await?;
    }
    loop {
        if let Some(asker) = &mut asker {
            asker.ask(tell);
        }
        let turn = tokio::select! {
            biased;
            turn = watch.next() => turn,
            (transfer, verdict) = answer(asker.as_mut(), tell) => {
                let command = said(&transfer, verdict, &landing);
                // Who shows the same code has offered nothing yet.
                if matches!(command, Command::Agree(_)) {
                    tell.tell(News::Remark(meeting::SAME_HERE));
                } else {
                    meant.insert(transfer.id);
                }
                watch.handle().send(command).await?;
                continue;
            }
        };
        if let (Some(id), Some(asker)) = (turn.withdraws(), &mut asker) {
            asker.withdraw(id, tell);
        }
        if let Some(news) = turn.news() {
            tell.tell(news);
        }
        if let Turn::Transfer(Moment::Started, transfer) = &turn {
            meant.insert(transfer.id);
        }
        if let Some((id, outcome)) = turn.ending() {
            let ends = meant.remove(&id) || nothing_else || is_ours(outcome);
            if until == ReceiveUntil::OneTransfer && ends {
                let exit = Exit::of_transfer(watch.snapshot().transfer(id), outcome);
                leave(&mut watch, tell).await;
                return Ok(exit);
            }
            // A receiver may wait for months: what is told need not be kept.
            watch.handle().send(Command::Forget(id)).await?;
        }
        match turn {
            Turn::Listening { port, addresses } => {
                let listening = Listening::of(watch.snapshot(), &landing, port, addresses);
                tell_listening(tell, watch.snapshot(), &listening);
            }
            Turn::CannotListen(problem) => {
                tell.tell(News::Error(&problem.text));
                leave(&mut watch, tell).await;
                return Ok(Exit::Failed);
            }
            Turn::Met(transfer) if transfer.compares() => {
                if let Some(asker) = &mut asker {
                    asker.offer(*transfer);
                }
            }
            Turn::Transfer(Moment::Offered, transfer) if transfer.asks() => {
                if let Some(asker) = &mut asker {
                    asker.offer(*transfer);
                }
            }
            // A first meeting has it, too.
            Turn::Transfer(Moment::Offered, transfer) if asker.is_none() && transfer.meeting.is_none() => {
                if let Some(caution) = meeting::caution(&transfer) {
                    tell.tell(News::Remark(&caution));
                }
            }
            Turn::Interrupted => {
                tell.answered();
                return Ok(match (leave(&mut watch, tell).await, until) {
                    (Left::Nothing, ReceiveUntil::Interrupted) | (Left::Complete, _) => Exit::Complete,
                    (Left::Nothing, ReceiveUntil::OneTransfer) | (Left::Something, _) => Exit::Cancelled,
                });
            }
            // Nobody can come any more by whom it was meant to end.
            Turn::Code(CodeState::Spent | CodeState::Expired)
                if until == ReceiveUntil::OneTransfer && watch.unfinished().is_empty() =>
            {
                return Ok(Exit::Failed);
            }
            Turn::Gone => return Err(Unheard::Gone),
            Turn::Code(_)
            | Turn::Unkept(_)
            | Turn::Deaf(_)
            | Turn::Transfer(..)
            | Turn::Progress(..)
            | Turn::Broken(..)
            | Turn::Paused(..)
            | Turn::Mended(_)
            | Turn::Text(..)
            | Turn::Met(_)
            | Turn::Forgotten(_) => {}
        }
    }
}

/// Where it listens, and what waits here for a word before it goes on.
fn tell_listening(tell: &mut dyn Tell, snapshot: &Snapshot, listening: &Listening) {
    tell.tell(News::Listening(listening));
    for left in snapshot.transfers.iter().filter_map(words::asks_to_go_on) {
        tell.tell(News::Remark(&left));
    }
}

/// What there was to cancel.
enum Left {
    Nothing,
    /// It was complete before that.
    Complete,
    Something,
}

/// Cancels what still runs. What rests is left for another run.
async fn leave(watch: &mut Watch, tell: &mut dyn Tell) -> Left {
    let rests = |id: &TransferId| watch.snapshot().transfer(*id).is_some_and(Transfer::rests);
    let (resting, running): (Vec<_>, Vec<_>) = watch.unfinished().into_iter().partition(rests);
    for transfer in resting.iter().filter_map(|id| watch.snapshot().transfer(*id)) {
        tell.tell(News::Finished(transfer, &left_for_later(transfer)));
    }
    if running.is_empty() {
        return if resting.is_empty() { Left::Nothing } else { Left::Something };
    }
    tell.tell(News::Cancelling);
    ending::cancel(watch, running.clone(), tell).await;
    let is_complete = |id: &TransferId| {
        let report = watch.snapshot().transfer(*id).and_then(news::report);
        report.is_some_and(|report| report.outcome == Outcome::Complete)
    };
    // What was complete before it could be cancelled is.
    if resting.is_empty() && running.iter().all(is_complete) { Left::Complete } else { Left::Something }
}

/// True of a failure of this device's own files, which no offer brings about: the next one would meet it, too.
fn is_ours(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(Problem { side: Side::Here, kind: ProblemKind::Files, .. }))
}

/// What a person's answer asks of the engine.
fn said(asked: &Transfer, verdict: Verdict, landing: &Landing) -> Command {
    let id = asked.id;
    let answer = match verdict {
        Verdict::Differ => return Command::Differ(id),
        Verdict::Yes if asked.compares() => return Command::Agree(id),
        Verdict::Yes => Answer::Accept(landing.clone()),
        Verdict::Missing => Answer::Accept(Landing { conflict: Conflict::Complete, ..landing.clone() }),
        Verdict::No => Answer::Decline(None),
        Verdict::Nobody => Answer::Decline(Some(NOBODY_ANY_MORE.to_owned())),
    };
    Command::Answer { id, answer }
}

/// The answer to the question that is open; without end where nobody is asked.
async fn answer(asker: Option<&mut Asker>, tell: &mut dyn Tell) -> (Transfer, Verdict) {
    match asker {
        Some(asker) => asker.answer(tell).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
