//! The sender's content stages: read → hash → frame on one thread
//! ([`reading`]), encrypt → send on another for
//! each connection, with a bounded ring of packets between them.
//!
//! Knows files and content frames. Must not know control messages.

use std::{
    cell::Cell,
    io::Write as _,
    sync::{Arc, mpsc},
    thread::Builder,
    time::Duration,
};

use super::{
    job::Job,
    lanes::{Outlet, lanes},
    reading,
};
use crate::{
    model::{Stopwatch, Work, text},
    transfer::{LinkError, Outflow, TransferError, limiter::Limited, stages::Halt},
    wire::limits,
};

/// Changes to a transfer that flows.
pub type Joining = mpsc::SyncSender<Event>;

/// What the stages' owner hears while they work.
pub enum Event {
    /// Another connection is there for content. Beyond [`limits::MAX_LANES`] it is closed again.
    Lane(Outflow),
    /// The connection that came last is of no use.
    RetireLane,
    /// One that was of no use may be now.
    ResumeLane,
    /// The reading stage has ended; true when everything was handed over.
    Read(bool),
    /// A connection has sent its last, or broke.
    Ended(Result<(), LinkError>),
}

/// The two ends of the channel that leads connections to [`run`].
pub fn joining() -> (Joining, mpsc::Receiver<Event>) {
    // Each connection makes two events, and each attempt with more of them as many again: nobody
    // waits.
    mpsc::sync_channel(4 * limits::MAX_LANES + 1)
}

/// Sends the content of every wanted file; returns when the last byte is with the system.
///
/// # Errors
/// When a connection breaks, or the transfer was cancelled (which breaks it).
pub fn run(
    job: &Job,
    (joining, joined): (Joining, mpsc::Receiver<Event>),
    halt: &Halt,
) -> Result<(), TransferError> {
    let (lanes, ring) = lanes();
    std::thread::scope(|scope| {
        let no_thread = |e: std::io::Error| TransferError::Internal(text::reason(&e));
        let mut ring = Some(ring);
        let (mut is_read, mut is_cut, mut open) = (false, false, 0);
        let mut see_through = || {
            while !is_read || open > 0 {
                match joined.recv().map_err(|_| LinkError::Closed)? {
                    Event::Lane(Outflow { stream, stop, network }) => {
                        let Some(outlet) = lanes.add() else {
                            stop();
                            continue;
                        };
                        halt.covers(stop);
                        open += 1;
                        job.meter.add_lane();
                        job.meter.watch(&network);
                        let (sending, ended) =
                            (Sending { job, halt, stream, network, outlet }, joining.clone());
                        Builder::new()
                            .name("airlift-send".into())
                            .spawn_scoped(scope, move || {
                                // Nobody waits for it any more: it is over.
                                let _ = ended.send(Event::Ended(sending.send_all()));
                            })
                            .map_err(no_thread)?;
                        if let Some(ring) = ring.take() {
                            let (ended, lanes) = (joining.clone(), Arc::clone(&lanes));
                            Builder::new()
                                .name("airlift-read".into())
                                .spawn_scoped(scope, move || {
                                    let _ = ended.send(Event::Read(reading::read(job, halt, lanes, ring)));
                                })
                                .map_err(no_thread)?;
                        }
                    }
                    Event::RetireLane => {
                        lanes.retire_last();
                        job.meter.remove_lane();
                    }
                    Event::ResumeLane => {
                        lanes.resume_one();
                        job.meter.add_lane();
                    }
                    Event::Read(true) => is_read = true,
                    Event::Read(false) => {
                        // If it was a connection that broke, that one says why.
                        (is_read, is_cut) = (true, true);
                        lanes.abandon();
                        if halt.is_told() || job.fates.is_closed() {
                            halt.tell();
                        }
                    }
                    Event::Ended(ended) => {
                        ended?;
                        open -= 1;
                    }
                }
            }
            if is_cut { Err(LinkError::Closed.into()) } else { Ok(()) }
        };
        let result = see_through();
        // No stage waits to tell its end.
        drop(joined);
        if result.is_err() {
            // Whatever still sends or reads ends with its next packet.
            lanes.abandon();
            halt.tell();
        }
        result
    })
}

/// The sending stage of one connection.
struct Sending<'a> {
    job: &'a Job,
    halt: &'a Halt,
    stream: Box<dyn std::io::Write + Send>,
    network: Arc<crate::net::NetworkClock>,
    outlet: Outlet,
}

impl Sending<'_> {
    fn send_all(self) -> Result<(), LinkError> {
        let clocks = &self.job.meter.clocks;
        let held = Cell::new(Duration::ZERO);
        let mut stream =
            Limited::new(self.stream, &self.job.limiter, self.halt, |time| held.set(held.get() + time));
        let mut watch = Stopwatch::start(clocks);
        while let Some(packet) = self.outlet.next() {
            watch.skip();
            let before = self.network.read();
            stream.write_all(&packet.bytes[..packet.used])?;
            stream.flush()?;
            let (network, held) = (self.network.read().saturating_sub(before), held.take());
            clocks.add(Work::Send, network);
            clocks.add(Work::SendLimit, held);
            clocks.add(Work::Encrypt, watch.skip().saturating_sub(network + held));
            self.job.meter.add_wire_bytes(packet.used as u64);
            self.outlet.sent(packet);
        }
        Ok(())
    }
}
