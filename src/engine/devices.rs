//! What is kept of other devices, as the engine's tasks use it: asked at once, changed in order, and
//! every change shown to the faces.
//!
//! Knows the store and the publisher. Must not know what anybody decides by it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::spawn_blocking;

use super::{event::Event, handle::Publisher};
use crate::{
    identity::{Change, Look, TrustStore},
    model::{Caution, DeviceId, DeviceName, KnownDevice, Proof, Trust},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct Devices {
    shared: Arc<Shared>,
}

struct Shared {
    store: TrustStore,
    publisher: Publisher,
    /// Not yet written; in the order in which they were asked for.
    changes: Mutex<Vec<Change>>,
    /// Held from a look or a change to its publication, so that events come in the order of the changes.
    turn: Mutex<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Devices {
    #[must_use]
    pub fn new(store: TrustStore, publisher: Publisher) -> Self {
        let (changes, turn) = (Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { store, publisher, changes, turn }) }
    }

    /// All, by name.
    #[must_use]
    pub fn all(&self) -> Vec<KnownDevice> {
        self.shared.store.devices()
    }

    #[must_use]
    pub fn known(&self, id: DeviceId) -> Option<KnownDevice> {
        self.shared.store.known(id)
    }

    #[must_use]
    pub fn trust_of(&self, id: DeviceId) -> Trust {
        self.shared.store.trust_of(id)
    }

    /// What a person should know before they deal with a device that calls itself this.
    #[must_use]
    pub fn caution(&self, id: DeviceId, name: &DeviceName) -> Option<Caution> {
        self.shared.store.caution(id, name)
    }

    /// Learns what other processes have changed. To be called before each decision.
    pub async fn look(&self) {
        let this = self.clone();
        let looking = spawn_blocking(move || {
            let _turn = lock(&this.shared.turn);
            if this.shared.store.look() == Look::Changed {
                this.publish();
            }
        });
        // A look that broke down leaves what was known.
        let _ = looking.await;
    }

    /// It was made sure that this is the device that its person means: it is known from now on, and
    /// trusted as far as `trust` says, or as it was if that was further. A blocked one stays blocked.
    pub async fn meet(&self, id: DeviceId, name: DeviceName, proof: Proof, trust: Trust) {
        self.note(Change::Met { id, name, proof, trust });
        self.write().await;
    }

    /// Has a change wait for [`Devices::write`], behind those that wait already.
    pub fn note(&self, change: Change) {
        lock(&self.shared.changes).push(change);
    }

    /// Writes what waits. What can't be written holds for this run.
    pub async fn write(&self) {
        let this = self.clone();
        let writing = spawn_blocking(move || {
            let _turn = lock(&this.shared.turn);
            let changes = std::mem::take(&mut *lock(&this.shared.changes));
            match this.shared.store.change(&changes) {
                Ok(Look::Same) => {}
                Ok(Look::Changed) => this.publish(),
                Err(problem) => {
                    tracing::error!(%problem, "a change of what is kept of devices is not written");
                    this.publish();
                }
            }
        });
        let _ = writing.await;
    }

    fn publish(&self) {
        self.shared.publisher.publish(Event::Known(self.all()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{DeviceCard, Snapshot, seam},
        settings::Settings,
    };

    #[tokio::test]
    async fn faces_see_every_change_whoever_made_it() {
        let home = tempfile::tempdir().unwrap();
        let name = |text| DeviceName::parse(text).unwrap();
        let (us, anna) = (DeviceId::of_public_key(b"us"), DeviceId::of_public_key(b"anna"));
        let snapshot = Snapshot::new(DeviceCard { id: us, name: name("Us") }, Settings::default());
        let (handle, end) = seam(snapshot, Arc::new(|| {}));
        let devices = Devices::new(TrustStore::open(home.path()).unwrap(), end.publisher);
        devices.meet(anna, name("Anna"), Proof::Code, Trust::Known).await;
        assert_eq!(handle.subscribe().0.trust(anna), Trust::Known);

        let elsewhere = TrustStore::open(home.path()).unwrap();
        elsewhere.change(&[Change::Judged { id: anna, name: name("Anna"), trust: Trust::Blocked }]).unwrap();
        let (_, mut events) = handle.subscribe();
        devices.look().await;
        devices.look().await;
        assert_eq!(devices.trust_of(anna), Trust::Blocked);
        assert_eq!(handle.subscribe().0.known, devices.all());
        assert!(events.try_next().is_some() && events.try_next().is_none(), "one event for one change");
    }

    #[tokio::test]
    async fn changes_are_made_in_the_order_in_which_they_were_asked_for() {
        let home = tempfile::tempdir().unwrap();
        let name = DeviceName::parse("Anna").unwrap();
        let id = DeviceId::of_public_key(b"anna");
        let snapshot = Snapshot::new(DeviceCard { id, name: name.clone() }, Settings::default());
        let (_, end) = seam(snapshot, Arc::new(|| {}));
        let devices = Devices::new(TrustStore::open(home.path()).unwrap(), end.publisher);
        let mut writes = tokio::task::JoinSet::new();
        for round in 0..50 {
            let trust = if round % 2 == 0 { Trust::Blocked } else { Trust::Known };
            devices.note(Change::Judged { id, name: name.clone(), trust });
            let devices = devices.clone();
            writes.spawn(async move { devices.write().await });
        }
        writes.join_all().await;
        assert_eq!(devices.trust_of(id), Trust::Known);
        assert_eq!(TrustStore::open(home.path()).unwrap().trust_of(id), Trust::Known);
    }
}
