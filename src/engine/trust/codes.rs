//! The code that this device has given out, and those who show that they know it.
//!
//! Shared between the actor, that gives it out, and whoever is met meanwhile. What a try does to it is
//! decided in [`pairing`]; here, it is seen to that every try ends.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::{
    io::AsyncWriteExt as _,
    sync::Notify,
    time::{sleep_until, timeout},
};

use crate::{
    engine::{cards::CodeState, command::Remember, event::Event, handle::Publisher},
    model::{DeviceId, PairingCode},
    net::{Connection, NetError},
    pairing::{self, Answering, BadProof, Element, Ends, Given, NotOpen, State, Tried},
    transfer::{LinkError, read_first},
    wire::{FromReceiver, FromSender, Violation, frame, limits},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct Codes {
    slot: Arc<Mutex<Slot>>,
    woken: Arc<Notify>,
    publisher: Publisher,
}

#[derive(Default)]
struct Slot {
    /// Of the code that was given out last: a try of an earlier one changes nothing.
    serial: u64,
    given: Option<(Given, Remember)>,
}

/// Why somebody who has a code is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("it has given out none")]
    NoCode,
    #[error(transparent)]
    NotOpen(#[from] NotOpen),
    #[error(transparent)]
    Proof(#[from] BadProof),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Net(#[from] NetError),
}

impl Refusal {
    /// What whoever tries is told, where they are still there: the end of a sentence about this device.
    pub fn for_peer(&self) -> Option<String> {
        match self {
            Self::NoCode | Self::NotOpen(_) => Some(self.to_string()),
            Self::Proof(BadProof::OtherWords) => Some("it is another code than the one given out".to_owned()),
            Self::Proof(BadProof::NoPoint) | Self::Link(_) | Self::Net(_) => None,
        }
    }
}

impl Codes {
    pub fn new(publisher: Publisher) -> Self {
        Self { slot: Arc::default(), woken: Arc::default(), publisher }
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives one out in the place of any other.
    pub fn give(&self, code: PairingCode, remember: Remember, now: Instant) {
        let mut slot = self.lock();
        let given = Given::new(code, now + limits::CODE);
        slot.serial += 1;
        slot.given = Some((given, remember));
        self.publish(&slot);
    }

    /// The number of the one that can be used now.
    #[must_use]
    pub fn channel(&self) -> Option<u16> {
        let slot = self.lock();
        let (given, _) = slot.given.as_ref()?;
        matches!(given.state(), State::Open | State::Tried).then(|| given.code().channel())
    }

    /// It can't be used any more.
    pub fn take_back(&self) {
        let mut slot = self.lock();
        slot.serial += 1;
        if slot.given.take().is_some() {
            self.publish(&slot);
        }
    }

    /// As [`Codes::take_back`], but what has become of it stays known.
    pub fn close(&self) {
        let is_open = |(given, _): &(Given, _)| matches!(given.state(), State::Open | State::Tried);
        if self.lock().given.as_ref().is_some_and(is_open) {
            self.take_back();
        }
    }

    /// Until something may have become of it, whoever did that; ends it when its time is over. One waits.
    pub async fn changed(&self) {
        let until = match &self.lock().given {
            Some((given, _)) if given.state() == State::Open => Some(given.until()),
            // The end of a try looks at the time, too.
            _ => None,
        };
        let expiry = async {
            match until {
                Some(until) => sleep_until(until.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.woken.notified() => {}
            () = expiry => self.look(Instant::now()),
        }
    }

    fn look(&self, now: Instant) {
        let mut slot = self.lock();
        if let Some((given, _)) = &mut slot.given {
            let before = given.state();
            given.look(now);
            if given.state() != before {
                self.publish(&slot);
            }
        }
    }

    /// Under the lock, so that events come in the order of the changes.
    fn publish(&self, slot: &Slot) {
        let state = match &slot.given {
            None => CodeState::None,
            Some((given, _)) => match given.state() {
                State::Open | State::Tried => CodeState::Given { code: given.code(), until: given.until() },
                State::Used => CodeState::Used,
                State::Spent => CodeState::Spent,
                State::Expired => CodeState::Expired,
            },
        };
        self.publisher.publish(Event::Code(state));
        self.woken.notify_one();
    }

    fn begin(&self, now: Instant) -> Result<Run, Refusal> {
        let mut slot = self.lock();
        let serial = slot.serial;
        let (given, remember) = slot.given.as_mut().ok_or(Refusal::NoCode)?;
        let before = given.state();
        let begun = given.begin(now);
        let (remember, has_expired) = (*remember, before == State::Open && begun.is_err());
        if has_expired {
            self.publish(&slot);
        }
        let code = begun?;
        Ok(Run { codes: self.clone(), serial, code, remember, tried: Tried::Nothing })
    }
}

/// Somebody tries the code, and nobody else can. Dropping it ends the try.
struct Run {
    codes: Codes,
    serial: u64,
    code: PairingCode,
    remember: Remember,
    tried: Tried,
}

impl Run {
    /// They know it. What follows from that; an error where it was taken back meanwhile.
    fn right(mut self) -> Result<Remember, Refusal> {
        if self.codes.lock().serial != self.serial {
            return Err(Refusal::NoCode);
        }
        self.tried = Tried::Right;
        Ok(self.remember)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let mut slot = self.codes.lock();
        if slot.serial != self.serial {
            return;
        }
        if let Some((given, _)) = &mut slot.given {
            given.end(self.tried, Instant::now());
            if given.state() == State::Open {
                // Nobody has waited for its time to be over meanwhile.
                self.codes.woken.notify_one();
            } else {
                self.codes.publish(&slot);
            }
        }
    }
}

/// Hears whether whoever has called knows the code that was given out here: `theirs` was their first word.
pub async fn answer(
    connection: &mut Connection,
    theirs: &Element,
    us: DeviceId,
    codes: &Codes,
) -> Result<Remember, Refusal> {
    let mut run = codes.begin(Instant::now())?;
    let binding = connection.exported(pairing::BINDING)?;
    let ends = Ends { binding, sender: connection.peer, receiver: us };
    let (answering, element) = Answering::begin(run.code, ends, theirs)?;
    // From now on somebody could know better than to go on.
    run.tried = Tried::Wrong;
    let hearing = async {
        say(connection, &FromReceiver::Pair { element }).await?;
        match read_first(&mut connection.stream).await? {
            FromSender::PairProof { proof } => Ok(proof),
            _ => Err(LinkError::Violation(Violation::OutOfTurn("pair"))),
        }
    };
    let proof = timeout(limits::CODE_PROOF, hearing).await.unwrap_or(Err(LinkError::Silent))?;
    let proof = answering.check(&proof)?;
    let remember = run.right()?;
    say(connection, &FromReceiver::Paired { proof }).await?;
    Ok(remember)
}

/// Says something before the transfer itself begins to speak.
pub async fn say<M: serde::Serialize>(connection: &mut Connection, message: &M) -> Result<(), LinkError> {
    connection.stream.write_all(&frame::encode(message)).await?;
    connection.stream.flush().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{
        engine::{DeviceCard, Handle, Snapshot, handle::seam},
        model::DeviceName,
        settings::Settings,
    };

    fn codes() -> (Codes, Handle) {
        let name = DeviceName::parse("Ben").unwrap();
        let device = DeviceCard { id: DeviceId::of_public_key(b"ben"), name };
        let (handle, end) = seam(Snapshot::new(device, Settings::default()), Arc::new(|| {}));
        (Codes::new(end.publisher), handle)
    }

    fn shown(handle: &Handle) -> CodeState {
        handle.subscribe().0.code
    }

    fn code() -> PairingCode {
        "7-abandon-ability".parse().unwrap()
    }

    #[test]
    fn a_code_is_shown_until_its_time_is_over_and_no_longer() {
        let (codes, handle) = codes();
        let now = Instant::now();
        let until = now + limits::CODE;
        codes.give(code(), Remember::Known, now);
        codes.look(now + Duration::from_secs(299));
        assert_eq!(shown(&handle), CodeState::Given { code: code(), until });
        codes.look(until);
        assert_eq!(shown(&handle), CodeState::Expired);
        assert!(matches!(codes.begin(now), Err(Refusal::NotOpen(NotOpen::Expired))));
        // Who comes in the moment before anybody has looked is too late, too.
        codes.give(code(), Remember::Known, now);
        assert!(matches!(codes.begin(until), Err(Refusal::NotOpen(NotOpen::Expired))));
        assert_eq!(shown(&handle), CodeState::Expired);
    }

    #[test]
    fn a_try_that_is_broken_off_after_the_answer_spends_the_code_and_one_before_it_does_not() {
        let (codes, handle) = codes();
        let now = Instant::now();
        codes.give(code(), Remember::Known, now);
        drop(codes.begin(now).unwrap());
        assert!(matches!(shown(&handle), CodeState::Given { .. }));
        let mut run = codes.begin(now).unwrap();
        assert!(matches!(codes.begin(now), Err(Refusal::NotOpen(NotOpen::Tried))));
        run.tried = Tried::Wrong;
        drop(run);
        assert_eq!(shown(&handle), CodeState::Spent);
        assert!(matches!(codes.begin(now), Err(Refusal::NotOpen(NotOpen::Spent))));
    }

    #[tokio::test]
    async fn the_end_of_a_try_is_heard_by_whoever_waits_for_the_end_of_the_code() {
        for tried in [Tried::Nothing, Tried::Wrong, Tried::Right] {
            let (codes, _handle) = codes();
            let now = Instant::now();
            codes.give(code(), Remember::Known, now);
            let mut run = codes.begin(now).unwrap();
            // That it was given out is heard.
            while timeout(Duration::ZERO, codes.changed()).await.is_ok() {}
            let mut waiting = std::pin::pin!(codes.changed());
            assert!(timeout(Duration::ZERO, &mut waiting).await.is_err(), "{tried:?}");
            run.tried = tried;
            drop(run);
            assert!(timeout(Duration::ZERO, &mut waiting).await.is_ok(), "{tried:?}");
        }
    }

    #[test]
    fn who_knows_it_uses_it_up_and_is_remembered_as_was_said() {
        let (codes, handle) = codes();
        let now = Instant::now();
        codes.give(code(), Remember::Trusted, now);
        assert_eq!(codes.begin(now).unwrap().right().unwrap(), Remember::Trusted);
        assert_eq!(shown(&handle), CodeState::Used);
        assert!(matches!(codes.begin(now), Err(Refusal::NotOpen(NotOpen::Used))));
        codes.close();
        assert_eq!(shown(&handle), CodeState::Used);
        codes.take_back();
        assert_eq!(shown(&handle), CodeState::None);
        assert!(matches!(codes.begin(now), Err(Refusal::NoCode)));
    }

    #[test]
    fn a_try_of_a_code_that_was_taken_back_opens_nothing_and_leaves_the_next_code_alone() {
        let (codes, handle) = codes();
        let now = Instant::now();
        codes.give(code(), Remember::Known, now);
        let right = codes.begin(now).unwrap();
        codes.take_back();
        assert!(matches!(right.right(), Err(Refusal::NoCode)));
        codes.give(code(), Remember::Known, now);
        let mut late = codes.begin(now).unwrap();
        codes.give("8-zoo-zoo".parse().unwrap(), Remember::Known, now);
        late.tried = Tried::Wrong;
        drop(late);
        assert!(matches!(shown(&handle), CodeState::Given { code, .. } if code.channel() == 8));
        codes.close();
        assert_eq!(shown(&handle), CodeState::None);
    }
}
