//! Content on its way: the stages are started, watched and widened, and what the receiver says of it is heeded.

use std::{future::Future, pin::Pin, sync::Arc};

use futures_util::future::join_all;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, error::Elapsed, interval, sleep_until},
};

use super::{Comparing, Flow, Session};
use crate::{
    disk::Sources,
    model::Direction,
    net::NetError,
    transfer::{
        Ended, LinkError, Notice, Outflow, TransferError,
        sender::{
            comparing::{self, Own},
            content,
            job::{Fate, Job},
            machine::{Order, Wants},
            swallowed::Swallowed,
            widening::{Act, Widening},
        },
        stages::{Halt, Stages},
    },
    wire::{FromSender, limits, message::RawDigest},
};

/// Likely files whose own digests were not yet told.
const OWN: usize = 256;
/// Packets of whose files the fates were not yet noted: more than there are packets on their way.
const FATES: usize = 16;

impl Session<'_> {
    pub(super) async fn flow<M, F>(
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
        let set_aside = Arc::clone(&answer.set_aside);
        if !answer.likely.is_empty() {
            let (sources, likely, doubts) =
                (Arc::clone(&sources), answer.likely.clone(), Arc::clone(&doubts));
            let (told, found) = mpsc::channel(OWN);
            let read = move |halt: &Halt| {
                comparing::read_own(&sources, &likely, &doubts, &told, halt);
                Ok(())
            };
            self.comparing = Some(Comparing { stages: Stages::start(read), found });
        }
        let meter = Arc::clone(&self.meter);
        meter.begin(Direction::Send);
        let limiter = Arc::clone(&self.limiter);
        let job = Job { sources, answer, meter, limiter, fates: noted };
        let (joining, joined) = content::joining();
        // New, and so not full.
        let _ = joining.try_send(content::Event::Lane(lane));
        let theirs = joining.clone();
        let stages = Stages::start(move |halt| content::run(&job, (theirs, joined), halt));
        self.flow = Some(Flow { stages, fates });
        let mut torn: Option<(TransferError, Instant)> = None;
        let mut ticks = interval(limits::LOAD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut widening = Widening::new(std::time::Instant::now());
        let mut swallowed = Swallowed::new(std::time::Instant::now());
        let mut opening = std::pin::pin!(None);
        loop {
            // Set above, and there until the end.
            let Some(flow) = &mut self.flow else { return Err(LinkError::Closed.into()) };
            let patience = torn.as_ref().map_or_else(Instant::now, |(_, until)| *until);
            tokio::select! {
                message = self.link.next() => match message {
                    Ok(message) => match self.understand(message)? {
                        Order::Progress { bytes } => self.meter.set_bytes(bytes),
                        Order::Checking { files } => self.meter.set_checking(files),
                        Order::Load(load) => self.meter.set_load(Direction::Send, load),
                        Order::Finish => {
                            self.link.say(&FromSender::Bye).await?;
                            return Ok(Ended::Complete);
                        }
                        Order::End(ended) => return Ok(ended),
                        Order::Answered { count, differ, failed } => {
                            set_aside.add(failed);
                            doubts.answered(count, &differ);
                        }
                        Order::SetAside(entries) => set_aside.add(entries),
                        _ => {}
                    },
                    // If the content broke first, that is the reason.
                    Err(e) => return Err(torn.map_or_else(|| e.into(), |(first, _)| first)),
                },
                Some(fates) = flow.fates.recv() => fates.into_iter().for_each(|fate| self.note(fate)),
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
                    if swallowed.is_so(now, &self.meter.theirs(), self.meter.waits()) {
                        (self.observe)(Notice::Swallowed);
                        return Err(LinkError::Swallowed.into());
                    }
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
