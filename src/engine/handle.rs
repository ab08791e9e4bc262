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
use crate::model::{Progress, TransferId};

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
    events: broadcast::Sender<Event>,
    gauges: HashMap<TransferId, Arc<dyn Gauge>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one assignment: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the two ends of a seam. Tests of faces hold the engine's end themselves.
#[must_use]
pub fn seam(snapshot: Snapshot, wake: Wake) -> (Handle, EngineEnd) {
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (events, _) = broadcast::channel(EVENTS);
    let shared =
        Arc::new(Shared { state: Mutex::new(State { snapshot, events, gauges: HashMap::new() }), wake });
    let handle = Handle { commands, shared: Arc::clone(&shared) };
    (handle, EngineEnd { commands: inbox, publisher: Publisher { shared } })
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

    /// The present state, and every change after it.
    #[must_use]
    pub fn subscribe(&self) -> (Snapshot, Events) {
        let state = self.shared.lock();
        let events = Events { receiver: state.events.subscribe(), shared: Arc::clone(&self.shared) };
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
        self.receiver = state.events.subscribe();
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
}

impl Publisher {
    /// Folds an event into the snapshot, hands it to every face, and wakes them.
    pub fn publish(&self, event: Event) {
        {
            let mut state = self.shared.lock();
            state.snapshot.apply(&event);
            // No face is listening: the snapshot has it for whoever subscribes next.
            let _ = state.events.send(event);
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

    pub fn show_progress(&self, id: TransferId, gauge: Arc<dyn Gauge>) {
        self.shared.lock().gauges.insert(id, gauge);
    }

    pub fn hide_progress(&self, id: TransferId) {
        self.shared.lock().gauges.remove(&id);
    }
}
