//! `airlift receive`: waits for offers, asks where it has to, and follows what comes in.

use std::net::IpAddr;

use tokio::sync::mpsc;

use super::{
    ask::{Asker, NOBODY_ANY_MORE, Verdict},
    ending,
    exit::Exit,
    news::{Listening, Moment, News, Tell},
    watch::{Turn, Watch},
};
use crate::{
    engine::{Command, Consent, Handle, PortChoice, Receiving, Snapshot, Unheard},
    model::{Answer, Conflict, Landing, TransferId},
};

/// How to receive.
#[derive(Debug)]
pub struct Reception {
    pub port: PortChoice,
    pub consent: Agreement,
    pub until: Until,
    pub landing: Landing,
    /// `None`: as the settings have it.
    pub conflict: Option<Conflict>,
}

/// Who says yes, and how they are reached.
#[derive(Debug)]
pub enum Agreement {
    /// A person, whose typed lines come through here.
    Ask(mpsc::Receiver<String>),
    All,
    Nobody(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    Interrupted,
    /// One transfer has ended, in whatever way.
    OneTransfer,
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
    let Reception { port, consent, until, mut landing, conflict } = reception;
    landing.conflict = conflict.unwrap_or(watch.snapshot().settings.conflict);
    let (consent, mut asker) = match consent {
        Agreement::Ask(typed) => (Consent::Ask, Some(Asker::new(typed))),
        Agreement::All => (Consent::All, None),
        Agreement::Nobody(reason) => (Consent::Nobody(reason), None),
    };
    let receiving = Receiving { port, consent, landing: landing.clone() };
    watch.handle().send(Command::Receive(receiving)).await?;
    loop {
        let turn = tokio::select! {
            biased;
            turn = watch.next() => turn,
            (id, verdict) = answer(asker.as_mut(), tell) => {
                let answer = match verdict {
                    Verdict::Yes => Answer::Accept(landing.clone()),
                    Verdict::No => Answer::Decline(None),
                    Verdict::Nobody => Answer::Decline(Some(NOBODY_ANY_MORE.to_owned())),
                };
                watch.handle().send(Command::Answer { id, answer }).await?;
                continue;
            }
        };
        if let Some(news) = turn.news() {
            tell.tell(news);
        }
        if let Some((id, outcome)) = turn.ending() {
            if let Some(asker) = &mut asker {
                asker.withdraw(id, tell);
            }
            if until == Until::OneTransfer {
                leave(&mut watch, tell).await;
                return Ok(Exit::of(outcome));
            }
            // A receiver may wait for months: what is told need not be kept.
            watch.handle().send(Command::Forget(id)).await?;
        }
        match turn {
            Turn::Listening { port, addresses } => {
                tell.tell(News::Listening(&listening(watch.snapshot(), &landing, port, addresses)));
            }
            Turn::CannotListen(problem) => {
                tell.tell(News::Error(&problem.text));
                leave(&mut watch, tell).await;
                return Ok(Exit::Failed);
            }
            Turn::Transfer(Moment::Offered, transfer) if transfer.asks() => {
                if let Some(asker) = &mut asker {
                    asker.offer(*transfer, tell);
                }
            }
            Turn::Interrupted => {
                tell.answered();
                return Ok(match (leave(&mut watch, tell).await, until) {
                    (Left::Nothing, Until::Interrupted) => Exit::Complete,
                    (Left::Nothing, Until::OneTransfer) | (Left::Something, _) => Exit::Cancelled,
                });
            }
            Turn::Gone => return Err(Unheard::Gone),
            Turn::Transfer(..) | Turn::Progress(..) => {}
        }
    }
}

/// What there was to cancel.
enum Left {
    Nothing,
    Something,
}

/// Cancels what still runs.
async fn leave(watch: &mut Watch, tell: &mut dyn Tell) -> Left {
    let running = watch.unfinished();
    if running.is_empty() {
        return Left::Nothing;
    }
    tell.tell(News::Cancelling);
    ending::cancel(watch, running, tell).await;
    Left::Something
}

/// The answer to the question that is open; without end where nobody is asked.
async fn answer(asker: Option<&mut Asker>, tell: &mut dyn Tell) -> (TransferId, Verdict) {
    match asker {
        Some(asker) => asker.answer(tell).await,
        None => std::future::pending().await,
    }
}

fn listening(snapshot: &Snapshot, landing: &Landing, port: u16, addresses: Vec<IpAddr>) -> Listening {
    let inbox = &snapshot.inbox;
    let folder = landing.folder.clone().unwrap_or_else(|| inbox.folder.clone());
    let free = inbox.free.filter(|_| folder == inbox.folder);
    Listening { device: snapshot.device.clone(), port, addresses, folder, free }
}
