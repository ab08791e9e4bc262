//! What is kept of other devices, as the engine's tasks use it: asked at once, changed in order, and
//! every change shown to the faces.
//!
//! Knows the store and the publisher. Must not know what anybody decides by it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{sync::Notify, task::spawn_blocking};

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
    /// Held while it is published how it is now, so that the last event has the newest.
    publishing: Mutex<()>,
    changed: Notify,
}

impl Devices {
    #[must_use]
    pub fn new(store: TrustStore, publisher: Publisher) -> Self {
        Self {
            shared: Arc::new(Shared {
                store,
                publisher,
                publishing: Mutex::default(),
                changed: Notify::new(),
            }),
        }
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

    /// What this device's person thinks of that one: what holds, which faces learn a moment later.
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
        // A look that broke down leaves what was known.
        let _ = spawn_blocking(move || this.look_at_once()).await;
    }

    /// As [`Devices::look`], where nothing must come between it and what is decided. It costs a question
    /// to the file system, and a read where another process has changed something.
    pub fn look_at_once(&self) {
        if self.shared.store.look() == Look::Changed {
            self.publish();
        }
    }

    /// It was made sure that this is the device that its person means: it is known from now on, and
    /// trusted as far as `trust` says, or as it was if that was further. A blocked one stays blocked. It
    /// holds at once, and is kept after [`Devices::write`].
    pub fn meet(&self, id: DeviceId, name: DeviceName, proof: Proof, trust: Trust) {
        self.change(Change::Met { id, name, proof, trust });
    }

    /// As [`Devices::meet`], for any change.
    pub fn change(&self, change: Change) {
        match self.shared.store.change(change) {
            Ok(Look::Same) => {}
            Ok(Look::Changed) => self.publish(),
            Err(problem) => tracing::error!(%problem, "what is kept of devices stays as it was"),
        }
    }

    /// Writes what has changed. What can't be written holds for this run.
    pub async fn write(&self) {
        let this = self.clone();
        let writing = spawn_blocking(move || match this.shared.store.write() {
            Ok(Look::Same) => {}
            Ok(Look::Changed) => this.publish(),
            Err(problem) => tracing::error!(%problem, "what is kept of devices can't be written"),
        });
        // One that broke down has written nothing.
        let _ = writing.await;
    }

    /// Until something has changed since this was awaited last. One waits.
    pub async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    fn publish(&self) {
        self.shared.changed.notify_one();
        let _one = self.shared.publishing.lock().unwrap_or_else(PoisonError::into_inner);
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
        devices.meet(anna, name("Anna"), Proof::Code, Trust::Known);
        assert_eq!(handle.subscribe().0.trust(anna), Trust::Known);
        devices.write().await;

        let elsewhere = TrustStore::open(home.path()).unwrap();
        elsewhere.change(Change::Judged { id: anna, name: name("Anna"), trust: Trust::Blocked }).unwrap();
        elsewhere.write().unwrap();
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
            devices.change(Change::Judged { id, name: name.clone(), trust });
            let devices = devices.clone();
            writes.spawn(async move { devices.write().await });
        }
        writes.join_all().await;
        assert_eq!(devices.trust_of(id), Trust::Known);
        assert_eq!(TrustStore::open(home.path()).unwrap().trust_of(id), Trust::Known);
    }
}
