//! The list of devices as others see it, and what they want of it.
//!
//! Cheap to have. Must not know how devices are found.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

use crate::{
    discovery::Directory,
    engine::command::Looking,
    model::{DeviceKind, DeviceName},
    settings::Visibility,
    wire::limits,
};

/// How this device is to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appearance {
    pub port: u16,
    pub name: DeviceName,
    pub kind: DeviceKind,
    /// The number of the code that is given out.
    pub channel: Option<u16>,
}

/// What is wanted of the network.
#[derive(Debug)]
pub struct Wanted {
    /// Whom this device shows itself to, also by calling them.
    pub visibility: Visibility,
    /// `None`: not to be seen at all.
    pub appearance: Option<Appearance>,
    pub looking: Looking,
}

/// What others see of the list of devices. Cheap to clone.
#[derive(Clone)]
pub struct View {
    pub(super) directory: Arc<Mutex<Directory>>,
    pub(super) changed: Arc<Notify>,
    pub(super) wanted: watch::Sender<Wanted>,
    pub(super) sought: Arc<Notify>,
}

impl View {
    /// This device is to be seen like this from now on, by those; `None`: not at all.
    pub fn appear(&self, visibility: Visibility, appearance: Option<Appearance>) {
        self.wanted.send_if_modified(|wanted| {
            let is_new = (wanted.visibility, &wanted.appearance) != (visibility, &appearance);
            (wanted.visibility, wanted.appearance) = (visibility, appearance);
            is_new
        });
    }

    /// Whether a person looks at the list.
    pub fn look(&self, looking: Looking) {
        self.wanted.send_modify(|wanted| wanted.looking = looking);
    }

    /// Waits for something to be found in the list, for as long as a device may take to appear.
    pub async fn find<T>(&self, look: impl Fn(&Directory) -> Option<T>) -> Option<T> {
        self.sought.notify_one();
        timeout(limits::APPEAR, self.until(look)).await.ok()
    }

    /// Waits for something to be found in the list, for as long as it takes. Nobody is asked anything.
    pub async fn until<T>(&self, look: impl Fn(&Directory) -> Option<T>) -> T {
        loop {
            // Before the look, so that no change is missed.
            let changed = self.changed.notified();
            if let Some(found) = look(&lock(&self.directory)) {
                return found;
            }
            changed.await;
        }
    }

    /// What is known at once.
    pub fn now<T>(&self, look: impl Fn(&Directory) -> T) -> T {
        look(&lock(&self.directory))
    }
}

pub fn lock(directory: &Mutex<Directory>) -> MutexGuard<'_, Directory> {
    // Each change of it is whole.
    directory.lock().unwrap_or_else(PoisonError::into_inner)
}
