//! Drives the sender's end: scans, offers, lets content flow, and sees to a proper ending.

mod accounting;
mod flowing;
mod offering;

use std::{future::Future, ops::ControlFlow, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, watch},
    time::{Instant, sleep_until, timeout, timeout_at},
};

use super::{
    comparing::Own,
    job::Fate,
    machine::{Machine, Order},
    wanted::{bytes_of, wanted_bytes},
};
use crate::{
    disk::{Scan, Sources},
    model::{DeviceName, Purpose, Report, Side, TransferId},
    net::NetError,
    pairing::Ends,
    transfer::{
        Account, Assent, Ended, LaneToken, Limiter, LinkError, Meter, NoAccount, Notice, Outflow, Stops,
        TransferError, Wordless,
        control::{self, Link},
        meeting::Calling,
        stages::Stages,
        telling::Telling,
    },
    wire::{
        FromReceiver, FromSender, limits,
        message::{CAN, HOLES, TEXTS},
    },
};

/// What is sent, and by whom.
pub struct SendJob<'a> {
    pub transfer: TransferId,
    /// This device's name, for the receiver's screen.
    pub name: DeviceName,
    /// What was picked, not yet walked through.
    pub scan: Scan,
    /// The speed limit of everything that this device sends.
    pub limiter: Arc<Limiter>,
    pub ends: Ends,
    pub assent: watch::Receiver<Assent>,
    /// Whether a device that calls itself this is to be told anything at all.
    pub admit: &'a (dyn Fn(&DeviceName) -> ControlFlow<()> + Send + Sync),
    /// Told what becomes of each file; of a speed test, nothing.
    pub account: Arc<dyn Account>,
}

/// Sends everything in the job over a control connection and the content connections that
/// `open_lane` makes. Ends when both sides know how it ended, or the time for that is over.
pub async fn send<S, O, F>(
    control: S,
    job: SendJob<'_>,
    open_lane: O,
    meter: Arc<Meter>,
    observe: &(dyn Fn(Notice) + Send + Sync),
    stops: Stops,
) -> Report
where
    S: AsyncRead + AsyncWrite,
    O: Fn(LaneToken) -> F,
    F: Future<Output = Result<Outflow, NetError>>,
{
    control::run(control, &FromSender::Alive, |link: Link<FromReceiver>| async move {
        let limiter = Arc::clone(&job.limiter);
        let account: Arc<dyn Account> = match job.scan.purpose() {
            Purpose::Files => Arc::clone(&job.account),
            Purpose::Text => Arc::new(Wordless(Arc::clone(&job.account))),
            Purpose::Trial(_) => Arc::new(NoAccount),
        };
        let meeting = Calling::new(job.ends, job.assent.clone());
        let mut session = Session {
            link,
            meter,
            limiter,
            observe,
            machine: Machine::new(),
            meeting,
            account,
            telling: None,
            sources: None,
            flow: None,
            comparing: None,
        };
        let result = tokio::select! {
            // In this order: an alarm is louder than an answer of the same moment.
            biased;
            () = stops.alarm.cancelled() => Err(TransferError::CodesDiffer),
            () = stops.cancel.cancelled() => Ok(Ended::Cancelled { by: Side::Here }),
            () = stops.pause.cancelled() => Ok(Ended::Paused { by: Side::Here }),
            () = stops.cut.cancelled() => Err(LinkError::Closed.into()),
            result = session.run(job, open_lane) => result,
        };
        session.end(result).await
    })
    .await
}

struct Session<'a> {
    link: Link<FromReceiver>,
    meter: Arc<Meter>,
    limiter: Arc<Limiter>,
    observe: &'a (dyn Fn(Notice) + Send + Sync),
    machine: Machine,
    meeting: Calling,
    account: Arc<dyn Account>,
    /// It is told what was settled before this attempt.
    telling: Option<Telling>,
    /// What was offered, once that is known.
    sources: Option<Arc<Sources>>,
    flow: Option<Flow>,
    comparing: Option<Comparing>,
}

/// Content on its way.
struct Flow {
    stages: Stages,
    fates: mpsc::Receiver<Vec<Fate>>,
}

/// Likely files that are read to be compared.
struct Comparing {
    stages: Stages,
    found: mpsc::Receiver<Own>,
}

impl Session<'_> {
    async fn run<O, F>(&mut self, job: SendJob<'_>, open_lane: O) -> Result<Ended, TransferError>
    where
        O: Fn(LaneToken) -> F,
        F: Future<Output = Result<Outflow, NetError>>,
    {
        let hello = FromSender::Hello { name: job.name.to_string(), transfer: job.transfer.0, can: CAN };
        self.link.say(&hello).await?;
        // For all that it says until then: to be there is no greeting.
        let greeted = Instant::now() + limits::HANDSHAKE;
        let can = loop {
            match timeout_at(greeted, self.hear()).await.unwrap_or(Err(LinkError::Silent.into()))? {
                Order::Offer { peer, commitment, knows, can } => {
                    let admitted = (job.admit)(&peer);
                    (self.observe)(Notice::Named(peer));
                    if admitted.is_break() {
                        return Ok(Ended::Cancelled { by: Side::Here });
                    }
                    let nonce = self.meeting.answer(commitment, knows);
                    self.link.say(&nonce).await?;
                    break can;
                }
                Order::Stay => {
                    (self.observe)(Notice::Stays);
                    return self.until_end().await;
                }
                Order::End(ended) => return Ok(ended),
                _ => {}
            }
        };
        if job.scan.purpose() == Purpose::Text && can & TEXTS != TEXTS {
            return Err(TransferError::NoTexts);
        }
        let scan = if can & HOLES == HOLES { job.scan.with_holes() } else { job.scan };
        let sources = match self.offer(scan).await? {
            Ok(sources) => Arc::clone(self.sources.insert(Arc::new(sources))),
            Err(ended) => return Ok(ended),
        };
        let deadline = Instant::now() + limits::ANSWER;
        let (token, answer) = loop {
            let order = tokio::select! {
                order = self.hear() => order?,
                () = sleep_until(deadline) => return Err(TransferError::NoAnswer),
            };
            match order {
                Order::Flow { token, answer } => break (token, *answer),
                Order::End(ended) => return Ok(ended),
                _ => {}
            }
        };
        (self.observe)(Notice::Agreed);
        let apart: Vec<_> = answer.apart.keys().map(|entry| *entry..*entry + 1).collect();
        let refused = [&answer.unfit, &answer.beyond, &apart];
        let refused =
            refused.map(|ranges| bytes_of(&sources, ranges)).into_iter().fold(0, u64::saturating_add);
        self.meter
            .set_total(wanted_bytes(&sources, &answer.unwanted).map(|bytes| bytes.saturating_sub(refused)));
        self.machine.stored_earlier(bytes_of(&sources, &answer.stored));
        self.telling = Some(self.begin_account(&sources, &answer));
        // Before anything can break: who has said yes is not asked again.
        (self.observe)(Notice::Accepted { notes: Vec::new(), short: answer.short });
        let lane = tokio::select! {
            lane = timeout(limits::LANE, open_lane(token)) => match lane {
                Ok(lane) => lane?,
                Err(_) => return Err(LinkError::Silent.into()),
            },
            ended = self.until_end() => return ended,
        };
        let more = || timeout(limits::LANE, open_lane(token));
        self.flow(lane, more, sources, answer).await
    }

    /// The next message, as an order.
    async fn hear(&mut self) -> Result<Order, TransferError> {
        let message = self.link.next().await?;
        self.understand(message)
    }

    async fn until_end(&mut self) -> Result<Ended, TransferError> {
        loop {
            if let Order::End(ended) = self.hear().await? {
                return Ok(ended);
            }
        }
    }

    fn understand(&mut self, message: FromReceiver) -> Result<Order, TransferError> {
        // Whatever was sent before its receipt is noted before its receipt.
        self.note_fates();
        let sources = self.sources.as_ref();
        let path = |entry| sources.and_then(|s| s.entry(entry)).map(|e| e.path.clone());
        let order = self.machine.on_message(message, path);
        self.keep_account();
        let order = order?;
        if let Order::Reveal(nonce) = &order {
            match self.meeting.revealed(nonce) {
                Ok(Some(code)) => (self.observe)(Notice::Met(code)),
                Ok(None) => {}
                Err(problem) => {
                    if matches!(problem, TransferError::CodesDiffer) {
                        (self.observe)(Notice::Differs);
                    }
                    return Err(problem);
                }
            }
        }
        self.meter.set_files(self.machine.files_stored());
        Ok(order)
    }

    fn note_fates(&mut self) {
        while let Some(fates) = self.flow.as_mut().and_then(|flow| flow.fates.try_recv().ok()) {
            for fate in fates {
                self.note(fate);
            }
        }
    }

    fn note(&mut self, fate: Fate) {
        match fate {
            Fate::Sent { entry, sent } => self.machine.sent(entry, sent),
            Fate::Broken { entry, why } => {
                let offered = self.sources.as_ref().and_then(|sources| sources.entry(entry));
                // With what no sentence has.
                tracing::info!(entry, cause = ?why, "a file can’t be sent");
                if let Some(offered) = offered {
                    let path = offered.path.clone();
                    self.machine.broken(entry, &path, &why);
                    self.keep_account();
                }
            }
        }
    }

    /// Tells the other side what it doesn't know yet, ends the stages, and sums up.
    async fn end(self, result: Result<Ended, TransferError>) -> Report {
        let ended = result.unwrap_or_else(Ended::Failed);
        if matches!(ended, Ended::Failed(TransferError::CodesDifferThere)) {
            (self.observe)(Notice::Differs);
        }
        control::last_word(self.link, &ended, FromSender::Ending).await;
        if let Some(Flow { stages, fates, .. }) = self.flow {
            // A stage that waits to tell something waits no more.
            drop(fates);
            stages.end(limits::ENDING).await;
        }
        if let Some(Comparing { stages, found }) = self.comparing {
            drop(found);
            stages.end(limits::ENDING).await;
        }
        if let Some(telling) = self.telling {
            telling.end(&ended).await;
        }
        let tally = self.machine.into_tally();
        let notes = tally.notes(Side::There);
        let report = self.account.sum_up(tally.report(ended, self.meter.pipeline()));
        Report { notes, ..report }
    }
}
