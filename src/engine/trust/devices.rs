//! What is kept of other devices, as the engine's tasks use it: asked at once, changed in order, and
//! every change shown to the faces.
//!
//! Knows the store and the publisher. Must not know what anybody decides by it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

use crate::{
    engine::{event::Event, handle::Publisher},
    identity::{Change, Look, TrustStore},
    model::{Caution, DeviceId, DeviceName, KnownDevice, Problem, ProblemKind, Proof, Side, Trust},
};

/// Before what could not be written is tried again: a disk that is full stays so for a while.
const AGAIN: Duration = Duration::from_secs(30);

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
    changed: watch::Sender<()>,
    keeping: watch::Sender<Keeping>,
}

/// Whether the file has what has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    /// It has, or somebody sees to it.
    Done,
    Due,
    /// It could not be written, and is tried again then.
    Failed(Instant),
}

impl Devices {
    #[must_use]
    pub fn new(store: TrustStore, publisher: Publisher) -> Self {
        Self {
            shared: Arc::new(Shared {
                store,
                publisher,
                publishing: Mutex::default(),
                changed: watch::Sender::new(()),
                keeping: watch::Sender::new(Keeping::Done),
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

    /// Learns what other processes have changed, and tries again what could not be written. To be called
    /// before each decision.
    pub async fn look(&self) {
        let this = self.clone();
        let looking = spawn_blocking(move || {
            this.look_at_once();
            let has_failed = matches!(*this.shared.keeping.borrow(), Keeping::Failed(_));
            if has_failed {
                this.write_at_once();
            }
        });
        // A look that broke down leaves what was known.
        let _ = looking.await;
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
    /// holds at once, and is written by whoever heeds [`Devices::due`].
    pub fn meet(&self, id: DeviceId, name: DeviceName, proof: Proof, trust: Trust) {
        tracing::info!(peer = %id, %name, ?proof, ?trust, "met");
        self.change(Change::Met { id, name, proof, trust });
    }

    /// As [`Devices::meet`], for any change.
    pub fn change(&self, change: Change) {
        let changed = self.shared.store.change(change);
        // After the change: whoever writes now finds it.
        self.shared.keeping.send_replace(Keeping::Due);
        match changed {
            Ok(Look::Same) => {}
            Ok(Look::Changed) => self.publish(),
            Err(problem) => tracing::error!(%problem, "what is kept of devices stays as it was"),
        }
    }

    /// Until something is to be written: because it has changed, or could not be written a while ago. Whoever
    /// hears of it calls [`Devices::write`].
    pub async fn due(&self) {
        let mut keeping = self.shared.keeping.subscribe();
        loop {
            let now = *keeping.borrow_and_update();
            let again = async {
                match now {
                    Keeping::Due => {}
                    Keeping::Failed(again) => sleep_until(again).await,
                    Keeping::Done => std::future::pending().await,
                }
            };
            tokio::select! {
                () = again => break,
                // The sender is this.
                _ = keeping.changed() => {}
            }
        }
        self.shared.keeping.send_replace(Keeping::Done);
    }

    /// Writes what has changed. What can't be written holds for this run, and faces are told.
    pub async fn write(&self) {
        let this = self.clone();
        // One that broke down has written nothing.
        let _ = spawn_blocking(move || this.write_at_once()).await;
    }

    fn write_at_once(&self) {
        let Shared { store, keeping, .. } = &*self.shared;
        match store.write() {
            Ok(look) => {
                keeping.send_if_modified(|keeping| {
                    let has_failed = matches!(keeping, Keeping::Failed(_));
                    if has_failed {
                        *keeping = Keeping::Done;
                    }
                    has_failed
                });
                if look == Look::Changed {
                    self.publish();
                }
                self.tell_unkept(None);
            }
            Err(problem) => {
                tracing::error!(%problem, "what is kept of devices can't be written");
                if store.is_written() {
                    return;
                }
                keeping.send_replace(Keeping::Failed(Instant::now() + AGAIN));
                let text = format!(
                    "{problem} What was decided about devices holds until Airlift is quit. It is tried again."
                );
                self.tell_unkept(Some(Problem { side: Side::Here, kind: ProblemKind::Files, text }));
            }
        }
    }

    fn tell_unkept(&self, problem: Option<Problem>) {
        let _one = self.shared.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.shared.publisher.snapshot().unkept != problem {
            self.shared.publisher.publish(Event::Unkept(problem));
        }
    }

    /// Tells of every change from now on, whoever made it.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.shared.changed.subscribe()
    }

    fn publish(&self) {
        self.shared.changed.send_replace(());
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

    #[tokio::test(start_paused = true)]
    async fn what_can_t_be_written_is_told_once_and_tried_again_after_a_while() {
        let home = tempfile::tempdir().unwrap();
        let in_the_way = home.path().join("devices.lock");
        std::fs::create_dir(&in_the_way).unwrap();
        let name = DeviceName::parse("Anna").unwrap();
        let id = DeviceId::of_public_key(b"anna");
        let snapshot = Snapshot::new(DeviceCard { id, name: name.clone() }, Settings::default());
        let (handle, end) = seam(snapshot, Arc::new(|| {}));
        let devices = Devices::new(TrustStore::open(home.path()).unwrap(), end.publisher);
        devices.change(Change::Judged { id, name, trust: Trust::Blocked });
        let (_, mut events) = handle.subscribe();
        for _ in 0..3 {
            devices.due().await;
            devices.write().await;
        }
        assert!(matches!(events.try_next(), Some(crate::engine::Update::Event(Event::Unkept(Some(_))))));
        assert!(events.try_next().is_none(), "it was told again");
        assert_eq!(devices.trust_of(id), Trust::Blocked);
        std::fs::remove_dir(in_the_way).unwrap();
        devices.due().await;
        devices.write().await;
        assert_eq!(handle.subscribe().0.unkept, None);
        assert_eq!(TrustStore::open(home.path()).unwrap().trust_of(id), Trust::Blocked);
        // And then there is nothing to do.
        let idle = tokio::time::timeout(AGAIN * 100, devices.due()).await;
        assert!(idle.is_err());
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
