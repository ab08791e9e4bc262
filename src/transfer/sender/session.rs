//! Drives the sender's end: scans, offers, lets content flow, and sees to a proper ending.

use std::{future::Future, ops::Range, pin::Pin, sync::Arc};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, error::Elapsed, interval, sleep_until, timeout, timeout_at},
};

use super::{
    comparing::{self, Own},
    content,
    job::{Fate, Job},
    machine::{Machine, Order, Wants},
    widening::{Act, Widening},
};
use crate::{
    disk::{Scan, SourceError, Sources},
    model::{DeviceName, Direction, Entry, EntryKind, EntryNo, Report, Side, Skipped, Summary, TransferId},
    net::NetError,
    pairing::Ends,
    transfer::{
        Accord, Ended, LaneToken, Limiter, LinkError, Meter, Notice, Outflow, Stops, TransferError,
        control::{self, Link},
        meeting::Calling,
        stages::{Halt, Stages},
    },
    wire::{
        FromReceiver, FromSender, limits,
        message::{RawDigest, batches},
    },
};

/// Batches of the manifest that were scanned and not yet sent.
const SCANNED: usize = 4;
/// Files whose fate was not yet noted.
const FATES: usize = 256;

/// What is sent, and by whom.
pub struct SendJob {
    pub transfer: TransferId,
    /// This device's name, for the receiver's screen.
    pub name: DeviceName,
    /// What was picked, not yet walked through.
    pub scan: Scan,
    /// The speed limit of everything that this device sends.
    pub limiter: Arc<Limiter>,
    pub ends: Ends,
    pub accord: watch::Receiver<Accord>,
}

/// Sends everything in the job over a control connection and the content connections that
/// `open_lane` makes. Ends when both sides know how it ended, or the time for that is over.
pub async fn send<S, O, F>(
    control: S,
    job: SendJob,
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
        let meeting = Calling::new(job.ends, job.accord.clone());
        let (machine, flow, comparing) = (Machine::new(), None, None);
        let mut session = Session { link, meter, limiter, observe, machine, meeting, flow, comparing };
        let result = tokio::select! {
            result = session.run(job, open_lane) => result,
            () = stops.cancel.cancelled() => Ok(Ended::Cancelled { by: Side::Here }),
            () = stops.pause.cancelled() => Ok(Ended::Paused { by: Side::Here }),
            () = stops.cut.cancelled() => Err(LinkError::Closed.into()),
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
    flow: Option<Flow>,
    comparing: Option<Comparing>,
}

/// Content on its way.
struct Flow {
    stages: Stages,
    fates: mpsc::Receiver<Fate>,
    sources: Arc<Sources>,
}

/// Likely files that are read to be compared.
struct Comparing {
    stages: Stages,
    found: mpsc::Receiver<Own>,
}

/// What the scan found, beside the entries.
struct Scanned {
    sources: Sources,
    skipped: Skipped,
    notes: Vec<String>,
}

impl Session<'_> {
    async fn run<O, F>(&mut self, job: SendJob, open_lane: O) -> Result<Ended, TransferError>
    where
        O: Fn(LaneToken) -> F,
        F: Future<Output = Result<Outflow, NetError>>,
    {
        let hello = FromSender::Hello { name: job.name.to_string(), transfer: job.transfer.0 };
        self.link.say(&hello).await?;
        // For all that it says until then: to be there is no greeting.
        let greeted = Instant::now() + limits::HANDSHAKE;
        loop {
            match timeout_at(greeted, self.hear()).await.unwrap_or(Err(LinkError::Silent.into()))? {
                Order::Offer { peer, commitment, knows } => {
                    (self.observe)(Notice::Named(peer));
                    let nonce = self.meeting.answer(commitment, knows);
                    self.link.say(&nonce).await?;
                    break;
                }
                Order::End(ended) => return Ok(ended),
                _ => {}
            }
        }
        let sources = match self.offer(job.scan).await? {
            Ok(sources) => Arc::new(sources),
            Err(ended) => return Ok(ended),
        };
        let deadline = Instant::now() + limits::ANSWER;
        let (token, answer) = loop {
            let order = tokio::select! {
                order = self.hear() => order?,
                () = sleep_until(deadline) => return Err(TransferError::NoAnswer),
            };
            match order {
                Order::Flow { token, answer } => break (token, answer),
                Order::End(ended) => return Ok(ended),
                _ => {}
            }
        };
        if self.meeting.compares()
            && let Some(ended) = self.wait_for_accord(deadline).await?
        {
            return Ok(ended);
        }
        (self.observe)(Notice::Agreed);
        self.meter.set_total(wanted_bytes(&sources, &answer.unwanted));
        self.machine.stored_earlier(bytes_of(&sources, &answer.stored));
        // Before anything can break: who has said yes is not asked again.
        (self.observe)(Notice::Accepted { notes: Vec::new() });
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

    /// Waits until the person here has compared the codes; or how it ended before that.
    async fn wait_for_accord(&mut self, deadline: Instant) -> Result<Option<Ended>, TransferError> {
        let agreed = {
            let agreed = self.meeting.agreed();
            tokio::pin!(agreed);
            loop {
                tokio::select! {
                    agreed = &mut agreed => break agreed,
                    message = self.link.next() => {
                        let order = self.machine.on_message(message?, |_| None)?;
                        if let Order::End(ended) = order { return Ok(Some(ended)) }
                    }
                    () = sleep_until(deadline) => break Err(TransferError::NotCompared),
                }
            }
        };
        agreed?;
        self.link.say(&FromSender::Agreed).await?;
        Ok(None)
    }

    async fn until_end(&mut self) -> Result<Ended, TransferError> {
        loop {
            if let Order::End(ended) = self.hear().await? {
                return Ok(ended);
            }
        }
    }

    /// Scans and sends the manifest while it is found.
    async fn offer(&mut self, picked: Scan) -> Result<Result<Sources, Ended>, TransferError> {
        let purpose = picked.purpose();
        let (found, mut batches_found) = mpsc::channel::<Vec<Entry>>(SCANNED);
        let mut scanning = spawn_blocking(move || scan(picked, &found));
        let (mut summary, mut size) = (Summary { purpose, ..Summary::default() }, 0);
        loop {
            tokio::select! {
                order = self.hear() => if let Order::End(ended) = order? { return Ok(Err(ended)) },
                batch = batches_found.recv() => match batch {
                    Some(batch) => {
                        for entry in &batch {
                            size += entry.path.as_str().len() as u64;
                            summary.add(entry);
                            self.machine.offered(entry.kind);
                        }
                        let entries = summary.files + summary.folders;
                        if entries > limits::MAX_ENTRIES.into() || size > limits::MAX_MANIFEST {
                            return Err(SourceError::TooMany.into());
                        }
                        for message in batches(&batch) {
                            self.link.say(&message).await?;
                        }
                    }
                    None => break,
                },
            }
        }
        let scanned = (&mut scanning).await.map_err(|e| TransferError::Internal(e.to_string()))??;
        if scanned.sources.is_empty() {
            return Err(SourceError::NothingLeft.into());
        }
        summary.skipped = scanned.skipped;
        let skipped = scanned.skipped.into();
        self.link.say(&FromSender::Offered { skipped, purpose: purpose.into() }).await?;
        self.machine.all_offered();
        self.meter.set_total(summary.total());
        (self.observe)(Notice::Offered { summary, notes: scanned.notes });
        Ok(Ok(scanned.sources))
    }

    async fn flow<M, F>(
        &mut self,
        lane: Outflow,
        more: M,
        sources: Arc<Sources>,
        answer: Wants,
    ) -> Result<Ended, TransferError>
    where
        M: Fn() -> F,
        F: Future<Output = Result<Result<Outflow, NetError>, Elapsed>>,
    {
        let (noted, fates) = mpsc::channel(FATES);
        let doubts = Arc::clone(&answer.doubts);
        if !answer.likely.is_empty() {
            let (sources, likely, doubts) =
                (Arc::clone(&sources), answer.likely.clone(), Arc::clone(&doubts));
            let (told, found) = mpsc::channel(FATES);
            let read = move |halt: &Halt| {
                comparing::read_own(&sources, &likely, &doubts, &told, halt);
                Ok(())
            };
            self.comparing = Some(Comparing { stages: Stages::start(read), found });
        }
        let meter = Arc::clone(&self.meter);
        meter.begin(Direction::Send);
        let limiter = Arc::clone(&self.limiter);
        let job = Job { sources: Arc::clone(&sources), answer, meter, limiter, fates: noted };
        let (joining, joined) = content::joining();
        // New, and so not full.
        let _ = joining.try_send(content::Event::Lane(lane));
        let theirs = joining.clone();
        let stages = Stages::start(move |halt| content::run(&job, (theirs, joined), halt));
        self.flow = Some(Flow { stages, fates, sources });
        let mut torn: Option<(TransferError, Instant)> = None;
        let mut ticks = interval(limits::LOAD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut widening = Widening::new(std::time::Instant::now());
        let mut opening = std::pin::pin!(None);
        loop {
            // Set above, and there until the end.
            let Some(flow) = &mut self.flow else { return Err(LinkError::Closed.into()) };
            let patience = torn.as_ref().map_or_else(Instant::now, |(_, until)| *until);
            tokio::select! {
                message = self.link.next() => match message {
                    Ok(message) => match self.understand(message)? {
                        Order::Progress { bytes } => self.meter.set_bytes(bytes),
                        Order::Load(load) => self.meter.set_load(Direction::Send, load),
                        Order::Finish => {
                            self.link.say(&FromSender::Bye).await?;
                            return Ok(Ended::Complete);
                        }
                        Order::End(ended) => return Ok(ended),
                        Order::Answered { count, differ } => doubts.answered(count, &differ),
                        _ => {}
                    },
                    // If the content broke first, that is the reason.
                    Err(e) => return Err(torn.map_or_else(|| e.into(), |(first, _)| first)),
                },
                Some(fate) = flow.fates.recv() => self.note(fate),
                Some(own) = found(&mut self.comparing) => {
                    let broken = self.tell_digests(own).await?;
                    doubts.answered(broken, &[]);
                }
                result = flow.stages.result() => {
                    self.link.say(&FromSender::Load(self.meter.load(Direction::Send))).await?;
                    // The receiver may be about to say why it broke the connection.
                    torn = result.err().map(|e| (e, Instant::now() + limits::ENDING));
                }
                () = sleep_until(patience), if torn.is_some() => {
                    return Err(torn.map_or_else(|| LinkError::Closed.into(), |(e, _)| e));
                }
                _ = ticks.tick(), if flow.stages.are_working() => {
                    self.link.say(&FromSender::Load(self.meter.load(Direction::Send))).await?;
                    let now = std::time::Instant::now();
                    match widening.step(now, self.meter.bytes(), self.meter.limited_by()) {
                        Act::Open(count) => opening.set(Some(join_all((0..count).map(|_| more())))),
                        Act::Resume(count) => for _ in 0..count {
                            // Full: then fewer are used than could be.
                            let _ = joining.try_send(content::Event::ResumeLane);
                        },
                        Act::Retire(count) => for _ in 0..count {
                            // Full: then they are used for longer than they need be.
                            let _ = joining.try_send(content::Event::RetireLane);
                        },
                        Act::Nothing => {}
                    }
                }
                opened = wait_for(opening.as_mut()) => {
                    opening.set(None);
                    let mut added = 0;
                    for lane in opened {
                        match lane {
                            Ok(Ok(lane)) => {
                                added += usize::from(joining.try_send(content::Event::Lane(lane)).is_ok());
                            }
                            Ok(Err(e)) => tracing::info!(error = %e, "no further content connection"),
                            Err(_) => tracing::info!("a further content connection took too long"),
                        }
                    }
                    widening.opened(std::time::Instant::now(), added);
                }
            }
        }
    }

    fn understand(&mut self, message: FromReceiver) -> Result<Order, TransferError> {
        // Whatever was sent before its receipt is noted before its receipt.
        self.note_fates();
        let sources = self.flow.as_ref().map(|flow| &flow.sources);
        let path = |entry| sources.and_then(|s| s.entry(entry)).map(|e| e.path.clone());
        let order = self.machine.on_message(message, path)?;
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

    /// Tells what likely files hold here, all that is known by now. Returns how many can't be read.
    async fn tell_digests(&mut self, first: Own) -> Result<usize, TransferError> {
        let (mut digests, mut broken) = (Vec::new(), 0);
        let mut next = Some(first);
        while let Some(Own { entry, read }) = next {
            digests.push(RawDigest { entry, digest: read.as_ref().ok().map(|own| own.digest.0) });
            match read {
                Ok(own) => self.machine.asked(entry, own),
                Err(why) => {
                    broken += 1;
                    self.note(Fate::Broken { entry, why });
                }
            }
            let more = self.comparing.as_mut().filter(|_| digests.len() < limits::RECEIPTS);
            next = more.and_then(|comparing| comparing.found.try_recv().ok());
        }
        self.link.say(&FromSender::Digests(digests)).await?;
        Ok(broken)
    }

    fn note_fates(&mut self) {
        while let Some(fate) = self.flow.as_mut().and_then(|flow| flow.fates.try_recv().ok()) {
            self.note(fate);
        }
    }

    fn note(&mut self, fate: Fate) {
        match fate {
            Fate::Sent { entry, sent } => self.machine.sent(entry, sent),
            Fate::Broken { entry, why } => {
                let offered = self.flow.as_ref().and_then(|flow| flow.sources.entry(entry));
                if let Some(offered) = offered {
                    let path = offered.path.clone();
                    self.machine.broken(entry, &path, why.to_string());
                }
            }
        }
    }

    /// Tells the other side what it doesn't know yet, ends the stages, and sums up.
    async fn end(self, result: Result<Ended, TransferError>) -> Report {
        let ended = result.unwrap_or_else(Ended::Failed);
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
        self.machine.into_tally().report(ended, self.meter.pipeline())
    }
}

/// The next likely file that was read; `None`, and at once, when there are no more.
async fn found(comparing: &mut Option<Comparing>) -> Option<Own> {
    match comparing {
        Some(comparing) => comparing.found.recv().await,
        None => None,
    }
}

/// What comes of a future, or nothing ever.
async fn wait_for<F: Future>(future: Pin<&mut Option<F>>) -> F::Output {
    match future.as_pin_mut() {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

/// Bytes of what is wanted; `None` while a stream is part of it.
fn wanted_bytes(sources: &Sources, unwanted: &[Range<EntryNo>]) -> Option<u64> {
    let mut unwanted = unwanted.iter().flat_map(Clone::clone).peekable();
    let count = EntryNo::try_from(sources.len()).unwrap_or(EntryNo::MAX);
    let mut total: u64 = 0;
    for entry in 0..count {
        if unwanted.next_if_eq(&entry).is_none()
            && let Some(EntryKind::File { size, .. }) = sources.entry(entry).map(|offered| offered.kind)
        {
            total = total.saturating_add(size?);
        }
    }
    Some(total)
}

/// Bytes of these files.
fn bytes_of(sources: &Sources, entries: &[Range<EntryNo>]) -> u64 {
    let size = |entry| match sources.entry(entry)?.kind {
        EntryKind::File { size, .. } => size,
        EntryKind::Folder => None,
    };
    entries.iter().flat_map(Clone::clone).filter_map(size).fold(0, u64::saturating_add)
}

fn scan(mut scan: Scan, found: &mpsc::Sender<Vec<Entry>>) -> Result<Scanned, SourceError> {
    loop {
        let batch = scan.next_batch(limits::BATCH_ENTRIES)?;
        // Nobody listens any more: the transfer is over.
        if batch.is_empty() || found.blocking_send(batch).is_err() {
            break;
        }
    }
    let (skipped, notes) = (scan.skipped(), scan.notes().to_vec());
    Ok(Scanned { sources: scan.finish(), skipped, notes })
}
