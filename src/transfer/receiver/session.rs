//! Drives the receiver's end: checks the offer, has it answered, stores what comes, and sees to a
//! proper ending.

mod accounting;
mod checking;
mod ending;
mod fates;
mod finishing;
mod meeting;
mod more;
mod offered;
mod opening;
mod wants;

use std::{path::PathBuf, sync::Arc};

use super::{
    content,
    host::{Host, IncomingOffer, Refusal},
    job::{Fate, Job, Rests},
    machine::{Machine, Order},
    wanted::{Wants, held_bytes},
};
use crate::{
    disk::{Book, Earlier, Finished, Intake, Ledger, Names, OffLimits, PlanError, Watch},
    model::{
        Accord, Answer, DeviceName, Direction, EntryKind, EntryNo, Group, Landing, Listing, Purpose, Report,
        Side, TransferId, text,
    },
    pairing::Ends,
    transfer::{
        Account, Ended, Inflow, LaneToken, Limiter, LinkError, Meter, NoAccount, Notice, Stops,
        TransferError, Wordless,
        control::{self, Link},
        meeting::Called,
        stages::Stages,
        tally::Tally,
        telling::Telling,
    },
    wire::{
        FromReceiver, FromSender, Violation, limits,
        message::{Acquaintance, Capabilities, QUARANTINE},
    },
};
use checking::Checked;
use fates::{Comparing, count};
use offered::Taken;

pub use offered::{Leeway, Room};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    task::{JoinError, JoinHandle, spawn_blocking},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

/// Groups of files whose fates were not yet told to the sender.
const FATES: usize = 4;

/// Which attempt at a transfer it is.
pub enum Attempt {
    First,
    Again(Box<Earlier>),
}

/// Keeps what another attempt needs, and is held to, and gives back where what comes of it is noted; blocks. An error
/// ends the transfer.
pub type Keep = Box<dyn FnOnce(&Names, &Arc<Accord>) -> std::io::Result<Arc<Ledger>> + Send + Sync>;

/// How an offer is received.
pub struct ReceiveJob {
    pub transfer: TransferId,
    /// This device's name, for the sender's screen.
    pub name: DeviceName,
    /// The folder for landings that name none.
    pub inbox: PathBuf,
    /// What nothing is received into.
    pub off_limits: OffLimits,
    /// What the offer is checked for before the answer is known.
    pub landing: Landing,
    /// The speed limit of everything that this device receives.
    pub limiter: Arc<Limiter>,
    pub attempt: Attempt,
    /// What the offer may cost before it is answered.
    pub leeway: Leeway,
    pub ends: Ends,
    /// Whether the sender is known here.
    pub knows: Acquaintance,
    /// What the sender has said it can do beyond this version.
    pub can: Capabilities,
    /// Who looks into what comes.
    pub watch: Watch,
    /// Told the names that were chosen, and what was said yes to, before anything comes.
    pub keep: Keep,
    /// Told what becomes of each file; of a speed test, nothing.
    pub account: Arc<dyn Account>,
}

/// Receives what the control connection offers, if `host` says yes. `lanes` is told the token that
/// content connections show, and gives them as they come.
pub async fn receive<S, H, L>(
    control: S,
    job: ReceiveJob,
    host: &H,
    lanes: L,
    meter: Arc<Meter>,
    observe: &(dyn Fn(Notice) + Send + Sync),
    stops: Stops,
) -> Report
where
    S: AsyncRead + AsyncWrite,
    H: Host,
    L: FnOnce(LaneToken) -> mpsc::Receiver<Inflow>,
{
    control::run(control, &FromReceiver::Alive, |link: Link<FromSender>| async move {
        let tally = Tally::default();
        let machine = Machine::new();
        let (meeting, hello) = Called::new(job.ends, job.knows, job.name.to_string());
        let (limiter, account, can) = (Arc::clone(&job.limiter), Arc::clone(&job.account), job.can);
        let rests = if matches!(job.attempt, Attempt::First) { Rests::No } else { Rests::Yes };
        let mut session = Session {
            link,
            meter,
            limiter,
            observe,
            machine,
            meeting,
            tally,
            account,
            can,
            telling: None,
            notes: Vec::new(),
            stages: None,
            intake: None,
            comparing: None,
            beginning: None,
            finishing: None,
            rests,
        };
        let result = tokio::select! {
            // In this order: an alarm is louder than an answer of the same moment.
            biased;
            () = stops.alarm.cancelled() => Err(TransferError::CodesDiffer),
            () = stops.cancel.cancelled() => Ok(session.unless_done(Ended::Cancelled { by: Side::Here })),
            () = stops.pause.cancelled() => Ok(session.unless_done(Ended::Paused { by: Side::Here })),
            () = stops.cut.cancelled() => Err(LinkError::Closed.into()),
            result = session.run(job, &hello, host, lanes) => result,
        };
        session.end(result).await
    })
    .await
}

struct Session<'a> {
    link: Link<FromSender>,
    meter: Arc<Meter>,
    limiter: Arc<Limiter>,
    observe: &'a (dyn Fn(Notice) + Send + Sync),
    machine: Machine,
    meeting: Called,
    tally: Tally,
    account: Arc<dyn Account>,
    /// What the sender can do beyond this version.
    can: Capabilities,
    /// It is told what was settled before this attempt.
    telling: Option<Telling>,
    /// What came up while it was stored.
    notes: Vec<String>,
    stages: Option<Stages>,
    intake: Option<Arc<Intake>>,
    comparing: Option<Comparing>,
    /// The folder is being looked through for what an earlier attempt has left.
    beginning: Option<JoinHandle<Begun>>,
    /// Folders and the rest are being made to last.
    finishing: Option<JoinHandle<Finished>>,
    rests: Rests,
}

/// What is there to go on with.
type Begun = Result<(Arc<Intake>, Vec<(EntryNo, Vec<Group>)>), TransferError>;

impl Session<'_> {
    async fn run<H, L>(
        &mut self,
        mut job: ReceiveJob,
        hello: &FromReceiver,
        host: &H,
        lanes: L,
    ) -> Result<Ended, TransferError>
    where
        H: Host,
        L: FnOnce(LaneToken) -> mpsc::Receiver<Inflow>,
    {
        self.link.say(hello).await?;
        let (mut leeway, mut taken) = (job.leeway.clone(), Taken::default());
        let (entries, summary) = loop {
            match self.hear_of_offer(&leeway, &mut taken).await? {
                Order::Check { manifest, summary } => break (Listing::from(manifest.entries), summary),
                Order::End(ended) => return Ok(ended),
                Order::Reveal { nonce, stance } => {
                    self.meeting.hear(&nonce, stance)?;
                    if !self.meeting.keeps_it() {
                        self.reveal().await?;
                    }
                }
                Order::Compare(counts) => {
                    let began = Instant::now();
                    if let Some(ended) = self.meet(counts, host).await? {
                        return Ok(ended);
                    }
                    // A sender must not pay for how long persons take.
                    leeway.until += began.elapsed();
                }
                Order::Nothing | Order::Load(_) | Order::Digests(_) => {}
            }
        };
        let purpose = summary.purpose;
        let mut checked = match self.check(entries, purpose, &job, job.landing.clone()).await? {
            Ok(checked) => checked,
            Err(ended) => return Ok(ended),
        };
        match host.admit(&summary, checked.plan.short()) {
            Ok(()) => {}
            Err(Refusal::Declined(reason)) => return self.decline(reason).await,
            Err(Refusal::NoRoom(short)) => return Err(PlanError::NoSpace(short).into()),
        }
        self.meter.set_total(summary.total());
        let offer = IncomingOffer {
            folder: checked.inbox.folder().to_owned(),
            free: checked.free,
            short: checked.plan.short(),
            already: checked.already,
            notes: checked.plan.notes().to_vec(),
            completing: checked.completing.clone(),
            list: Some(checked.entries.clone()),
            summary,
        };
        self.reveal().await?;
        let answer = tokio::select! {
            answer = host.answer(offer) => answer,
            ended = self.until_end() => return ended,
            () = tokio::time::sleep(limits::ANSWER) => {
                Answer::Decline(Some("Nobody answered the offer in time.".to_owned()))
            }
        };
        let landing = match answer {
            Answer::Decline(reason) => return self.decline(reason).await,
            Answer::Accept(landing) => landing,
        };
        if landing != job.landing {
            checked = match self.check(checked.entries, purpose, &job, landing.clone()).await? {
                Ok(checked) => checked,
                Err(ended) => return Ok(ended),
            };
        }
        checked = match self.ask_for_more(checked, &mut job, (landing, host)).await? {
            Ok(checked) => checked,
            Err(ended) => return Ok(ended),
        };
        drop(taken);
        self.accept(checked, job, lanes).await
    }

    /// The next message, as an order.
    async fn hear(&mut self) -> Result<Order, TransferError> {
        let message = self.link.next().await?;
        Ok(self.machine.on_message(message)?)
    }

    async fn until_end(&mut self) -> Result<Ended, TransferError> {
        loop {
            match self.hear().await? {
                Order::End(ended) => return Ok(ended),
                Order::Digests(_) => return Err(Violation::OutOfTurn("digests").into()),
                Order::Nothing
                | Order::Compare(_)
                | Order::Check { .. }
                | Order::Load(_)
                | Order::Reveal { .. } => {}
            }
        }
    }

    async fn accept<L>(&mut self, checked: Checked, job: ReceiveJob, lanes: L) -> Result<Ended, TransferError>
    where
        L: FnOnce(LaneToken) -> mpsc::Receiver<Inflow>,
    {
        let Checked { inbox, plan, entries, .. } = checked;
        let purpose = plan.purpose();
        let streams = entries.iter().any(|e| matches!(e.kind, EntryKind::File { size: None, .. }));
        let (notes, gone, short) = (plan.notes().to_vec(), plan.gone(), plan.short());
        let wants = Wants::of(&plan, &entries);
        let earlier = wants.earlier();
        self.meter.set_total((!streams).then(|| plan.needs().saturating_add(earlier)));
        self.tally = wants.account(&entries, plan.left_out());
        self.account = match purpose {
            Purpose::Files => Arc::clone(&self.account),
            Purpose::Text => Arc::new(Wordless(Arc::clone(&self.account))),
            Purpose::Trial(_) => Arc::new(NoAccount),
        };
        let ReceiveJob { transfer, keep, attempt, watch, .. } = job;
        let accord = match attempt {
            Attempt::Again(earlier) => earlier.accord,
            Attempt::First => None,
        };
        let accord = accord.unwrap_or_else(|| Arc::new(plan.accord(crate::identity::random(), &entries)));
        let beginning = self.beginning.insert(spawn_blocking(move || {
            let intake = Intake::begin(inbox, entries, plan, transfer, watch)?;
            // What comes of a speed test or of a text is not kept.
            if purpose == Purpose::Files {
                let kept = keep(&intake.names(), &accord);
                let ledger = kept.map_err(|why| TransferError::Internal(text::reason(&why)))?;
                intake.keep_book(Book { accord, ledger })?;
            }
            let held = intake.held();
            Ok((Arc::new(intake), held))
        }));
        let begun = beginning.await;
        self.beginning = None;
        let (intake, held) = finished(begun)??;
        self.intake = Some(Arc::clone(&intake));
        self.rests = if streams || purpose != Purpose::Files { Rests::No } else { Rests::Yes };
        self.meter.add_bytes(earlier.saturating_add(held_bytes(&held, |no| Some(intake.entry(no)?.kind))));
        self.meter.set_files(self.tally.files());
        self.begin_account(&intake, wants.unwanted.clone());

        let token = crate::identity::random();
        let mut lanes = lanes(token);
        self.tell_wants(&wants, short, held).await?;
        let (told, fates) = mpsc::channel(FATES);
        // Its digests may overtake the sender's content connection.
        self.begin_comparing(&intake, &told);
        self.link.say(&FromReceiver::Accept { token }).await?;
        (self.observe)(Notice::Gone(gone));
        (self.observe)(Notice::Accepted { notes, short });
        let lane = match self.first_lane(&intake, &mut lanes).await? {
            Ok(lane) => lane,
            Err(ended) => return Ok(ended),
        };
        let job = Job {
            intake: Arc::clone(&intake),
            meter: Arc::clone(&self.meter),
            limiter: Arc::clone(&self.limiter),
            fates: told,
            rests: self.rests,
        };
        self.tell_set_aside(intake.lacking()).await?;
        if let Some(ended) = self.flow(lane, lanes, job, fates).await? {
            return Ok(ended);
        }
        if let Some(ended) = self.hear_of_the_rest(&intake).await? {
            return Ok(ended);
        }
        if let Err(why) = self.is_settled(&intake) {
            // What has come meanwhile, for as long as it rests.
            self.link.say(&FromReceiver::Progress { bytes: self.meter.bytes() }).await?;
            return Err(why);
        }
        self.finish(&intake).await
    }

    /// Lets content flow until all is stored; or how it ended before that.
    async fn flow(
        &mut self,
        lane: Inflow,
        mut lanes: mpsc::Receiver<Inflow>,
        job: Job,
        mut fates: mpsc::Receiver<Vec<Fate>>,
    ) -> Result<Option<Ended>, TransferError> {
        let intake = Arc::clone(&job.intake);
        self.meter.begin(Direction::Receive);
        let (joining, joined) = content::joining();
        // New, and so not full.
        let _ = joining.try_send(content::Event::Lane(lane));
        let theirs = joining.clone();
        self.stages = Some(Stages::start(move |halt| content::run(&job, (theirs, joined), halt)));
        let mut loads = interval(limits::LOAD);
        loads.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticks = interval(limits::PROGRESS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut told, mut checking) = (0, 0);
        let mut torn: Option<(TransferError, Instant)> = None;
        loop {
            // Set above, and there until the end.
            let Some(stages) = &mut self.stages else { return Err(LinkError::Closed.into()) };
            let patience = torn.as_ref().map_or_else(Instant::now, |(_, until)| *until);
            tokio::select! {
                message = self.link.next() => {
                    // If the content broke first, that is the reason.
                    let message = message.map_err(|e| torn.take().map_or_else(|| e.into(), |(first, _)| first))?;
                    match self.machine.on_message(message)? {
                        Order::End(ended) => return Ok(Some(ended)),
                        Order::Load(load) => self.meter.set_load(Direction::Receive, load),
                        Order::Digests(digests) => self.compare(&intake, digests)?,
                        _ => {}
                    }
                }
                // Full: more have come than can be of use, and this one is closed.
                Some(lane) = lanes.recv() => drop(joining.try_send(content::Event::Lane(lane))),
                _ = loads.tick() => {
                    self.link.say(&FromReceiver::Load(self.meter.load(Direction::Receive))).await?;
                }
                Some(first) = fates.recv() => self.receipts(&intake, first, &mut fates).await?,
                result = stages.result() => match result {
                    Ok(()) => {
                        while let Ok(first) = fates.try_recv() {
                            self.receipts(&intake, first, &mut fates).await?;
                        }
                        return Ok(None);
                    }
                    // The sender may be about to say why it broke the connection.
                    Err(e @ TransferError::Link(_)) => torn = Some((e, Instant::now() + limits::ENDING)),
                    Err(e) => return Err(e),
                },
                () = sleep_until(patience), if torn.is_some() => {
                    return Err(torn.map_or_else(|| LinkError::Closed.into(), |(e, _)| e));
                }
                _ = ticks.tick() => {
                    let bytes = self.meter.bytes();
                    if bytes != told {
                        told = bytes;
                        self.link.say(&FromReceiver::Progress { bytes }).await?;
                    }
                    let files = self.meter.checking();
                    if files != checking && self.can & QUARANTINE == QUARANTINE {
                        checking = files;
                        self.link.say(&FromReceiver::Checking { files }).await?;
                    }
                }
            }
        }
    }

    /// How it ends when that is wanted here: once all is stored, it can't be any more.
    fn unless_done(&self, ended: Ended) -> Ended {
        if self.machine.is_done() { Ended::Complete } else { ended }
    }
}

fn finished<T>(joined: Result<T, JoinError>) -> Result<T, TransferError> {
    joined.map_err(|e| TransferError::Internal(e.to_string()))
}
