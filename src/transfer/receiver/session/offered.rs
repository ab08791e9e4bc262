//! Hearing an offer: how long it may take, and how much of it is kept, before anybody has said yes.
//!
//! Must not know who is trusted.

use std::sync::Arc;

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::Session;
use crate::{
    transfer::{TransferError, receiver::machine::Order},
    wire::{FromSender, limits, message::RawEntry},
};

/// What the sender is told whose offer doesn't come to its end.
const TOO_SLOW: &str = "It took too long to say what is offered. Send less at a time; a device that is trusted there has longer.";

/// What the sender is told whose offer there is no memory for.
const TOO_MUCH: &str = "That device can’t keep in mind so many files that nobody there has accepted yet. Send less at a time, or ask its owner to trust this one.";

/// Memory for offers that nobody has said yes to, which those who share it share. Cheap to clone.
#[derive(Clone)]
pub struct Room(Arc<Semaphore>);

/// In so many bytes.
const UNIT: u64 = 1024;

impl Room {
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(bytes / UNIT).unwrap_or(Semaphore::MAX_PERMITS))))
    }
}

/// What an offer may cost before it is answered.
#[derive(Clone)]
pub struct Leeway {
    pub until: Instant,
    /// `None`: as much as the caps of the protocol let it.
    pub room: Option<Room>,
    /// Bytes of it that are not for this one.
    pub leaves: u64,
    pub shortage: Shortage,
}

/// What follows where an offer takes longer, or more memory, than there is for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// It is declined, and its sender told why.
    Declines,
    /// The connection ends without a word, and its sender calls again: a word would end what was accepted.
    Waits,
}

impl Leeway {
    /// For an offer of a device that is trusted.
    #[must_use]
    pub fn wide() -> Self {
        let until = Instant::now() + limits::OFFER_WHOLE;
        Self { until, room: None, leaves: 0, shortage: Shortage::Waits }
    }

    /// For one of any other device, which leaves so many bytes to others.
    #[must_use]
    pub fn narrow(room: Room, leaves: u64) -> Self {
        let until = Instant::now() + limits::OFFER_UNTRUSTED;
        Self { until, room: Some(room), leaves, shortage: Shortage::Declines }
    }

    /// For one of any other device, of a transfer that was accepted before.
    #[must_use]
    pub fn again(room: Room, leaves: u64) -> Self {
        let until = Instant::now() + limits::OFFER_WHOLE;
        Self { until, room: Some(room), leaves, shortage: Shortage::Waits }
    }
}

/// What one offer takes of a [`Room`], until it is dropped.
#[derive(Default)]
pub(super) struct Taken(Option<OwnedSemaphorePermit>);

impl Taken {
    /// False when there is no room for these, too.
    fn take(&mut self, room: &Room, leaves: u64, batch: &[RawEntry]) -> bool {
        let bytes: u64 = batch.iter().map(|entry| limits::ENTRY_MEMORY + entry.path.len() as u64).sum();
        let Ok(units) = u32::try_from(bytes.div_ceil(UNIT)) else { return false };
        let Ok(more) = Arc::clone(&room.0).try_acquire_many_owned(units) else { return false };
        if (room.0.available_permits() as u64).saturating_mul(UNIT) < leaves {
            return false;
        }
        match &mut self.0 {
            Some(taken) => taken.merge(more),
            None => self.0 = Some(more),
        }
        true
    }
}

impl Session<'_> {
    /// The next message that carries the offer on, as an order.
    pub(super) async fn hear_of_offer(
        &mut self,
        leeway: &Leeway,
        taken: &mut Taken,
    ) -> Result<Order, TransferError> {
        let patience = Instant::now() + limits::OFFER;
        let carries_on = async {
            loop {
                match self.link.next().await? {
                    FromSender::Alive => {}
                    message => return Ok::<_, TransferError>(message),
                }
            }
        };
        let message = timeout_at(patience.min(leeway.until), carries_on).await;
        // One that comes fast enough is late all the same.
        if Instant::now() >= leeway.until {
            return self.refuse(leeway.shortage, TOO_SLOW).await;
        }
        let message = message.unwrap_or(Err(TransferError::Stalled))?;
        if let (FromSender::Entries(batch), Some(room)) = (&message, &leeway.room)
            && !taken.take(room, leeway.leaves, batch)
        {
            return self.refuse(leeway.shortage, TOO_MUCH).await;
        }
        Ok(self.machine.on_message(message)?)
    }

    async fn refuse(&mut self, shortage: Shortage, why: &str) -> Result<Order, TransferError> {
        if shortage == Shortage::Waits {
            return Err(TransferError::Stalled);
        }
        Ok(Order::End(self.decline(Some(why.to_owned())).await?))
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Duration};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;
    use crate::{
        disk::{OffLimits, Watch},
        model::{
            Answer, DeviceId, DeviceName, Landing, Outcome, Problem, ProblemKind, Report, Shortfall, Side,
            Summary, TransferId,
        },
        pairing::Ends,
        transfer::{
            Attempt, Compared, Host, IncomingOffer, Limiter, More, NoAccount, ReceiveJob, Refusal, Stops,
            receive,
        },
        wire::{
            FromReceiver, frame,
            message::{Acquaintance, RawAccess, RawKind, RawPurpose, RawSkipped, Stance},
        },
    };

    fn job(inbox: &std::path::Path, leeway: Leeway) -> ReceiveJob {
        let id = DeviceId::of_public_key(b"any");
        ReceiveJob {
            transfer: TransferId([7; 16]),
            name: DeviceName::parse("Ben").unwrap(),
            inbox: inbox.to_owned(),
            off_limits: OffLimits::default(),
            landing: Landing::default(),
            limiter: Arc::new(Limiter::new(None)),
            attempt: Attempt::First,
            leeway,
            ends: Ends { binding: [0; 32], sender: id, receiver: id },
            knows: Acquaintance::Stranger,
            keep: Box::new(|_, _| Ok(Arc::default())),
            account: Arc::new(NoAccount),
            can: 0,
            watch: Watch::nobody(),
        }
    }

    async fn say(stream: &mut DuplexStream, message: &FromSender) {
        // A receiver that has hung up is looked at by what it has said.
        let _ = stream.write_all(&frame::encode(message)).await;
    }

    async fn hear(stream: &mut DuplexStream) -> Option<FromReceiver> {
        let mut header = [0; frame::HEADER];
        stream.read_exact(&mut header).await.ok()?;
        let mut body = vec![0; frame::body_len(header, 1 << 20).unwrap()];
        stream.read_exact(&mut body).await.ok()?;
        Some(frame::decode(&body).unwrap())
    }

    /// The paths of two batches.
    const PATHS: [&str; 2] = ["a", "b"];

    /// Declines every offer, and notes how much room there is by then.
    struct Nobody<'a> {
        room: &'a Room,
        left: Mutex<Option<usize>>,
    }

    impl Host for Nobody<'_> {
        fn admit(&self, _: &Summary, _: Option<Shortfall>) -> Result<(), Refusal> {
            Ok(())
        }

        async fn compare(&self, _: Summary) -> Compared {
            Compared::Declined(None)
        }

        async fn answer(&self, _: IncomingOffer) -> Answer {
            *self.left.lock().unwrap() = Some(self.room.0.available_permits());
            Answer::Decline(None)
        }

        async fn more(&self, _: IncomingOffer) -> More {
            unreachable!("it is the first attempt")
        }
    }

    /// What becomes of an offer of two batches, and how much room there is while it waits for its answer.
    async fn offered(leeway: Leeway, room: &Room) -> (Report, Option<usize>) {
        let inbox = tempfile::tempdir().unwrap();
        let (mut sender, receiver) = duplex(1 << 16);
        let nobody = Nobody { room, left: Mutex::default() };
        let lanes = |_| tokio::sync::mpsc::channel(1).1;
        let job = job(inbox.path(), leeway);
        let receiving = receive(receiver, job, &nobody, lanes, Arc::default(), &|_| {}, Stops::default());
        let sending = async move {
            assert!(matches!(hear(&mut sender).await, Some(FromReceiver::Hello { .. })));
            say(&mut sender, &FromSender::Nonce { nonce: [7; 32], stance: Stance::GoesAhead }).await;
            for path in PATHS {
                let kind = RawKind::File { size: Some(1) };
                let entry = RawEntry { path: path.into(), kind, modified: None, access: RawAccess::Shared };
                say(&mut sender, &FromSender::Entries(vec![entry])).await;
            }
            let skipped = RawSkipped { links: 0, special: 0, unreadable: 0 };
            say(&mut sender, &FromSender::Offered { skipped, purpose: RawPurpose::Files }).await;
            while hear(&mut sender).await.is_some() {}
        };
        let (report, ()) = tokio::join!(receiving, sending);
        (report, nobody.left.into_inner().unwrap())
    }

    fn declined(report: &Report) -> Option<&str> {
        match &report.outcome {
            Outcome::Declined { by: Side::Here, reason } => reason.as_deref(),
            other => panic!("not declined: {other:?}"),
        }
    }

    #[tokio::test]
    async fn an_offer_takes_room_until_its_answer_and_one_that_finds_none_is_declined() {
        let later = Instant::now() + Duration::from_hours(1);
        let leeway = |room: &Room| Leeway { until: later, ..Leeway::narrow(room.clone(), 0) };
        // Each batch takes one unit.
        for units in [2, 3] {
            let room = Room::new(units * UNIT);
            let (report, left) = Box::pin(offered(leeway(&room), &room)).await;
            assert_eq!((declined(&report), left), (None, Some(usize::try_from(units).unwrap() - 2)));
            assert_eq!(room.0.available_permits() as u64, units, "it was given back");
        }
        let room = Room::new(UNIT);
        let (report, left) = Box::pin(offered(leeway(&room), &room)).await;
        assert_eq!((declined(&report), left), (Some(TOO_MUCH), None));
        assert_eq!(room.0.available_permits(), 1);
        // Nor does one that would take what it is to leave.
        let room = Room::new(3 * UNIT);
        let narrow = Leeway { until: later, ..Leeway::narrow(room.clone(), 2 * UNIT) };
        let (report, left) = Box::pin(offered(narrow, &room)).await;
        assert_eq!((declined(&report), left), (Some(TOO_MUCH), None));
        assert_eq!(room.0.available_permits(), 3);
        let room = Room::new(UNIT);
        // Whoever is trusted needs none.
        let (report, left) = Box::pin(offered(Leeway::wide(), &room)).await;
        assert_eq!((declined(&report), left), (None, Some(1)));
    }

    #[tokio::test]
    async fn an_offer_that_goes_on_for_too_long_is_declined_however_fast_its_parts_come() {
        let room = Room::new(limits::MAX_UNACCEPTED);
        let leeway = Leeway { until: Instant::now(), ..Leeway::narrow(room.clone(), 0) };
        let (report, left) = Box::pin(offered(leeway, &room)).await;
        assert_eq!((declined(&report), left), (Some(TOO_SLOW), None));
        let (report, left) =
            Box::pin(offered(Leeway { until: Instant::now(), ..Leeway::wide() }, &room)).await;
        assert!(matches!(report.outcome, Outcome::Failed(Problem { kind: ProblemKind::Link, .. })));
        assert_eq!(left, None);
    }
}
