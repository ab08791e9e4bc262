//! The seam between a face and the engine: commands one way; events, a snapshot and sampled
//! progress the other. Knows nothing of what either side does with them.
//!
//! Two rules of back-pressure: a command needs its effect, so it waits for room (or, from a
//! thread that must not wait, fails aloud); an event only informs, so it never waits, and a face
//! that falls behind is given the whole snapshot again instead of what it missed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{broadcast, mpsc};

use super::{command::Command, event::Event, snapshot::Snapshot};
use crate::{
    model::{PairingCode, Progress, TransferId},
    settings::Settings,
};

/// Commands that may wait for the engine. A person can't outrun it; a script that does, waits.
const COMMANDS: usize = 64;
/// Events a face may fall behind before it gets the snapshot instead.
const EVENTS: usize = 1024;

/// Wakes a face after an event. A plain closure: the engine never knows what a window is.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Samples one transfer's progress, whenever a face wants to draw it.
pub trait Gauge: Send + Sync {
    fn sample(&self) -> Progress;
}

/// The engine has ended; nothing that is asked of it will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    #[error("Airlift’s engine has stopped. Restart the program.")]
    Gone,
    #[error("Airlift is busy. Try again in a moment.")]
    Busy,
}

/// A face's end of the seam. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    wake: Wake,
}

struct State {
    snapshot: Snapshot,
    /// Weak, so that the events of an engine that is gone come to an end.
    events: broadcast::WeakSender<Event>,
    gauges: HashMap<TransferId, Arc<dyn Gauge>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one assignment: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn receiver(&self) -> broadcast::Receiver<Event> {
        // Of an engine that is gone, only the end is to be heard.
        self.events.upgrade().map_or_else(|| broadcast::channel(1).1, |events| events.subscribe())
    }
}

/// Makes the two ends of a seam. Tests of faces hold the engine's end themselves.
#[must_use]
pub fn seam(snapshot: Snapshot, wake: Wake) -> (Handle, EngineEnd) {
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (events, _) = broadcast::channel(EVENTS);
    let shared = Arc::new(Shared {
        state: Mutex::new(State { snapshot, events: events.downgrade(), gauges: HashMap::new() }),
        wake,
    });
    let handle = Handle { commands, shared: Arc::clone(&shared) };
    (handle, EngineEnd { commands: inbox, publisher: Publisher { shared, events } })
}

impl Handle {
    /// # Errors
    /// [`Unheard::Gone`] when the engine has ended.
    pub async fn send(&self, command: Command) -> Result<(), Unheard> {
        self.commands.send(command).await.map_err(|_| Unheard::Gone)
    }

    /// For a thread that must not wait.
    ///
    /// # Errors
    /// When the engine has ended, or is too far behind.
    pub fn try_send(&self, command: Command) -> Result<(), Unheard> {
        self.commands.try_send(command).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => Unheard::Busy,
            mpsc::error::TrySendError::Closed(_) => Unheard::Gone,
        })
    }

    /// A new transfer's id, for [`Command::Send`].
    #[must_use]
    pub fn new_transfer() -> TransferId {
        TransferId(crate::identity::random())
    }

    /// A new code, for [`Command::GiveCode`].
    #[must_use]
    pub fn new_code() -> PairingCode {
        PairingCode::of(crate::identity::random())
    }

    /// The present state, and every change after it.
    #[must_use]
    pub fn subscribe(&self) -> (Snapshot, Events) {
        let state = self.shared.lock();
        let events = Events { receiver: state.receiver(), shared: Arc::clone(&self.shared) };
        (state.snapshot.clone(), events)
    }

    /// How far a transfer is; `None` before content flows and after its end.
    #[must_use]
    pub fn progress(&self, id: TransferId) -> Option<Progress> {
        let gauge = self.shared.lock().gauges.get(&id).map(Arc::clone)?;
        Some(gauge.sample())
    }
}

/// What a face receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    Event(Event),
    /// The face fell behind: this is the whole state now, instead of the events it missed.
    Resync(Box<Snapshot>),
}

/// A face's subscription.
pub struct Events {
    receiver: broadcast::Receiver<Event>,
    shared: Arc<Shared>,
}

impl Events {
    /// The next change; `None` when the engine has ended.
    pub async fn next(&mut self) -> Option<Update> {
        match self.receiver.recv().await {
            Ok(event) => Some(Update::Event(event)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(self.resync()),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// The next change, if there is one already.
    pub fn try_next(&mut self) -> Option<Update> {
        match self.receiver.try_recv() {
            Ok(event) => Some(Update::Event(event)),
            Err(broadcast::error::TryRecvError::Lagged(_)) => Some(self.resync()),
            Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => None,
        }
    }

    fn resync(&mut self) -> Update {
        let state = self.shared.lock();
        self.receiver = state.receiver();
        Update::Resync(Box::new(state.snapshot.clone()))
    }
}

/// The engine's end of the seam.
pub struct EngineEnd {
    pub commands: mpsc::Receiver<Command>,
    pub publisher: Publisher,
}

/// Publishes changes to every face. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    shared: Arc<Shared>,
    events: broadcast::Sender<Event>,
}

/// Publishes for as long as somebody else keeps the events open: an engine that has ended is not kept alive by it.
pub struct QuietPublisher {
    shared: Arc<Shared>,
    events: broadcast::WeakSender<Event>,
}

impl QuietPublisher {
    /// As [`Publisher::publish`].
    pub fn publish(&self, event: Event) {
        if let Some(events) = self.events.upgrade() {
            Publisher { shared: Arc::clone(&self.shared), events }.publish(event);
        }
    }

    /// As [`Publisher::wake`].
    pub fn wake(&self) {
        (self.shared.wake)();
    }
}

impl Publisher {
    #[must_use]
    pub fn quietly(&self) -> QuietPublisher {
        QuietPublisher { shared: Arc::clone(&self.shared), events: self.events.downgrade() }
    }

    /// Folds an event into the snapshot, hands it to every face, and wakes them.
    pub fn publish(&self, event: Event) {
        {
            let mut state = self.shared.lock();
            state.snapshot.apply(&event);
            // No face is listening: the snapshot has it for whoever subscribes next.
            let _ = self.events.send(event);
        }
        (self.shared.wake)();
    }

    /// Wakes the faces without an event: a reply to one of their questions is ready.
    pub fn wake(&self) {
        (self.shared.wake)();
    }

    /// The state as the faces see it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.shared.lock().snapshot.clone()
    }

    /// What this device's person has chosen.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.shared.lock().snapshot.settings.clone()
    }

    pub fn show_progress(&self, id: TransferId, gauge: Arc<dyn Gauge>) {
        self.shared.lock().gauges.insert(id, gauge);
    }

    pub fn hide_progress(&self, id: TransferId) {
        self.shared.lock().gauges.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{DeviceCard, InboxCard, ReceivingState},
        model::{DeviceId, DeviceName},
        settings::Settings,
    };

    fn empty() -> Snapshot {
        let name = DeviceName::parse("Test").expect("a name");
        Snapshot::new(DeviceCard { id: DeviceId::of_public_key(b"test"), name }, Settings::default())
    }

    #[tokio::test]
    async fn a_face_that_falls_behind_gets_the_whole_state_and_misses_nothing() {
        let (handle, end) = seam(empty(), Arc::new(|| {}));
        let (mut state, mut events) = handle.subscribe();
        for free in 0..3 * EVENTS as u64 {
            end.publisher.publish(Event::Inbox(InboxCard { folder: "inbox".into(), free: Some(free) }));
        }
        let mut resyncs = 0;
        while let Some(update) = events.try_next() {
            match update {
                Update::Event(event) => state.apply(&event),
                Update::Resync(whole) => {
                    resyncs += 1;
                    state = *whole;
                }
            }
        }
        assert_eq!(state, end.publisher.snapshot());
        assert_eq!(resyncs, 1);
    }

    #[tokio::test]
    async fn a_face_hears_that_the_engine_is_gone_after_everything_it_said() {
        let (handle, end) = seam(empty(), Arc::new(|| {}));
        let (_, mut events) = handle.subscribe();
        end.publisher.publish(Event::Receiving(ReceivingState::Off));
        drop(end);
        assert_eq!(events.next().await, Some(Update::Event(Event::Receiving(ReceivingState::Off))));
        assert_eq!(events.next().await, None);
        assert_eq!(handle.subscribe().1.next().await, None);
        assert_eq!(handle.try_send(Command::StopReceiving), Err(Unheard::Gone));
    }
}
