//! What this device's person thinks of other devices, and what is kept of them: one file in the data
//! folder, which every process of this home reads and changes.
//!
//! Knows the file and how a change is folded into it. Must not know who asks, or what follows from it.
//! Everything that touches the file blocks.

mod file;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use self::file::MAX_DEVICES;
use self::file::Stamp;
pub use self::file::{FILES, TrustError};
use crate::model::{Caution, DeviceId, DeviceKind, DeviceName, KnownDevice, Proof, Recording, Trust};

/// A device that is heard of again within this time is not worth another write.
const FRESH: Duration = Duration::from_mins(1);

/// What is kept of other devices. Shared by reference between threads.
pub struct TrustStore {
    home: PathBuf,
    state: Mutex<State>,
    /// Held while the file is read or changed, so that what is newer in memory comes from what is newer
    /// in the file.
    turn: Mutex<()>,
}

#[derive(Default)]
struct State {
    /// By name.
    devices: Vec<KnownDevice>,
    /// Of the file that they were read from, or written to.
    stamp: Option<Stamp>,
    /// Changes that are not in the file yet: they hold, whatever is read.
    unwritten: Vec<Change>,
}

/// A change of what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was made sure that this is the device that its person means: makes it known, or raises it.
    Met { id: DeviceId, name: DeviceName, proof: Proof, trust: Trust },
    /// A person has decided. [`Trust::Stranger`] forgets it. The name is for one that was not known.
    Judged { id: DeviceId, name: DeviceName, trust: Trust },
    /// Where what it sends goes. Of a device that isn't known it says nothing.
    Folder { id: DeviceId, folder: Option<PathBuf> },
    /// Whether its transfers are recorded. Of a device that isn't known it says nothing.
    Recording { id: DeviceId, recording: Recording },
    /// It has proved its id. Of a device that isn't known nothing is kept.
    Heard(Heard),
}

/// What there was to learn of a device when it proved its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub id: DeviceId,
    pub name: Option<DeviceName>,
    pub kind: Option<DeviceKind>,
    pub at: Option<Whereabouts>,
}

/// Where a device was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// It answered there.
    Answered(SocketAddr),
    /// It called from that host; the port is where it is likely to wait itself.
    Called(SocketAddr),
}

/// Whether a look at the file has brought anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Same,
    Changed,
}

impl TrustStore {
    /// What is kept in `home`, which must exist. A file that can't be understood is kept aside, and as
    /// much of it used as can be.
    ///
    /// # Errors
    /// When the file can't be read, or is of a newer version.
    pub fn open(home: &Path) -> Result<Self, TrustError> {
        let store = Self { home: home.to_owned(), state: Mutex::default(), turn: Mutex::default() };
        if let Some(found) = file::read(home)? {
            if let Some(damage) = &found.damage {
                let _lock = file::lock(home)?;
                file::keep_aside(home, damage)?;
            }
            let State { devices, stamp, .. } = &mut *store.state();
            (*devices, *stamp) = (found.devices, Some(found.stamp));
        }
        Ok(store)
    }

    /// As of the last look.
    #[must_use]
    pub fn devices(&self) -> Vec<KnownDevice> {
        self.state().devices.clone()
    }

    /// As of the last look.
    #[must_use]
    pub fn known(&self, id: DeviceId) -> Option<KnownDevice> {
        self.state().devices.iter().find(|known| known.id == id).cloned()
    }

    /// As of the last look.
    #[must_use]
    pub fn trust_of(&self, id: DeviceId) -> Trust {
        self.state().devices.iter().find(|known| known.id == id).map_or(Trust::Stranger, |known| known.trust)
    }

    /// What a person should know before they deal with a device that calls itself this.
    #[must_use]
    pub fn caution(&self, id: DeviceId, name: &DeviceName) -> Option<Caution> {
        caution(&self.state().devices, id, name)
    }

    /// Looks whether another process has changed the file. A file that can't be read or understood leaves
    /// what was known.
    pub fn look(&self) -> Look {
        let _turn = self.turn();
        let stamp = file::stamp(&self.home);
        if self.state().stamp == stamp && stamp.is_none_or(Stamp::is_settled) {
            return Look::Same;
        }
        let (mut devices, stamp) = match file::read(&self.home) {
            Ok(Some(found)) if found.damage.is_none() => (found.devices, Some(found.stamp)),
            // Somebody has removed it, and means that.
            Ok(None) => (Vec::new(), None),
            broken => {
                let problem = broken.err().map_or("it can’t be understood".to_owned(), |e| e.to_string());
                tracing::warn!(problem, "what is kept of devices stays as it was");
                self.state().stamp = stamp;
                return Look::Same;
            }
        };
        let mut state = self.state();
        // There was room for them before.
        let _ = fold_all(&mut devices, &state.unwritten, now());
        let look = if state.devices == devices { Look::Same } else { Look::Changed };
        (state.devices, state.stamp) = (devices, stamp);
        look
    }

    /// Makes a change that holds at once, and is in the file after the next [`TrustStore::write`].
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn change(&self, change: Change) -> Result<Look, TrustError> {
        let mut state = self.state();
        let before = state.devices.clone();
        fold_all(&mut state.devices, std::slice::from_ref(&change), now())?;
        let look = if state.devices == before { Look::Same } else { Look::Changed };
        // What another process has made of the file may be older than this, though it is the same here.
        if look == Look::Changed || !matches!(change, Change::Heard(_)) {
            state.unwritten.push(change);
        }
        Ok(look)
    }

    /// Folds what was changed into the file, in that order, and into what other processes have made of it.
    ///
    /// # Errors
    /// When the file can't be changed. What a person has decided waits for the next time.
    pub fn write(&self) -> Result<Look, TrustError> {
        let _turn = self.turn();
        let changes = self.state().unwritten.clone();
        if changes.is_empty() {
            return Ok(Look::Same);
        }
        let now = now();
        let written = self.change_file(&changes, now);
        let mut state = self.state();
        match written {
            Ok((mut devices, stamp)) => {
                state.unwritten.drain(..changes.len());
                // There was room for them before.
                let _ = fold_all(&mut devices, &state.unwritten, now);
                let look = if state.devices == devices { Look::Same } else { Look::Changed };
                (state.devices, state.stamp) = (devices, stamp);
                Ok(look)
            }
            Err(problem) => {
                state.unwritten.retain(|change| !matches!(change, Change::Heard(_)));
                Err(problem)
            }
        }
    }

    /// True when nothing that a person has decided waits to be written.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.state().unwritten.is_empty()
    }

    /// What is in the file then.
    fn change_file(
        &self,
        changes: &[Change],
        now: SystemTime,
    ) -> Result<(Vec<KnownDevice>, Option<Stamp>), TrustError> {
        let _lock = file::lock(&self.home)?;
        let (there, stamp) = match file::read(&self.home)? {
            Some(found) => match &found.damage {
                Some(damage) => {
                    file::keep_aside(&self.home, damage)?;
                    (self.devices(), None)
                }
                None => (found.devices, Some(found.stamp)),
            },
            None => (Vec::new(), None),
        };
        let mut devices = there.clone();
        // Those for which another process has left no room are lost.
        let _ = fold_all(&mut devices, changes, now);
        let is_whole = stamp.is_some() || devices.is_empty();
        let stamp = if is_whole && devices == there { stamp } else { file::write(&self.home, &devices)? };
        Ok((devices, stamp))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of it is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In whole seconds, as the file has it.
fn now() -> SystemTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

fn caution(devices: &[KnownDevice], id: DeviceId, name: &DeviceName) -> Option<Caution> {
    // One that is known by this name may share it with another.
    if devices.iter().any(|known| known.id == id && known.name.resembles(name)) {
        return None;
    }
    let other = devices.iter().find(|known| known.id != id && known.name.resembles(name))?;
    Some(Caution::OtherKey { name: other.name.clone(), known: other.id })
}

fn fold_all(devices: &mut Vec<KnownDevice>, changes: &[Change], now: SystemTime) -> Result<(), TrustError> {
    let folded = changes.iter().map(|change| fold(devices, change, now)).fold(Ok(()), Result::and);
    devices.sort_by(|a, b| (a.name.as_str(), a.id).cmp(&(b.name.as_str(), b.id)));
    folded
}

fn fold(devices: &mut Vec<KnownDevice>, change: &Change, now: SystemTime) -> Result<(), TrustError> {
    match change {
        Change::Met { id, name, proof, trust } => {
            let known = at(devices, *id, name, now)?;
            known.name = name.clone();
            known.seen = now;
            if known.trust != Trust::Blocked {
                known.trust = higher(known.trust, higher(*trust, Trust::Known));
            }
            if *proof != Proof::None {
                known.proof = *proof;
            }
        }
        Change::Judged { id, trust: Trust::Stranger, .. } => devices.retain(|known| known.id != *id),
        Change::Judged { id, name, trust } => at(devices, *id, name, now)?.trust = *trust,
        Change::Folder { id, folder } => {
            if let Some(known) = devices.iter_mut().find(|known| known.id == *id) {
                known.folder.clone_from(folder);
            }
        }
        Change::Recording { id, recording } => {
            if let Some(known) = devices.iter_mut().find(|known| known.id == *id) {
                known.recording = *recording;
            }
        }
        Change::Heard(heard) => hear(devices, heard, now),
    }
    Ok(())
}

/// What is kept of a device, from now on if nothing was.
fn at<'a>(
    devices: &'a mut Vec<KnownDevice>,
    id: DeviceId,
    name: &DeviceName,
    now: SystemTime,
) -> Result<&'a mut KnownDevice, TrustError> {
    if let Some(known) = devices.iter().position(|known| known.id == id) {
        return Ok(&mut devices[known]);
    }
    if devices.len() >= MAX_DEVICES {
        // Whoever is merely known, and was not met for the longest time, can be met again.
        let known = devices.iter().enumerate().filter(|(_, known)| known.trust == Trust::Known);
        let (oldest, _) = known.min_by_key(|(_, known)| known.seen).ok_or(TrustError::Full)?;
        devices.remove(oldest);
    }
    devices.push(KnownDevice {
        id,
        name: name.clone(),
        kind: DeviceKind::default(),
        trust: Trust::Stranger,
        proof: Proof::None,
        folder: None,
        recording: Recording::default(),
        addresses: Vec::new(),
        met: now,
        seen: now,
    });
    // Just pushed.
    let last = devices.len() - 1;
    Ok(&mut devices[last])
}

fn hear(devices: &mut [KnownDevice], heard: &Heard, now: SystemTime) {
    let Heard { id, name, kind, at } = heard;
    // A name that is another's is not learned before a person has made sure of it.
    let name = name.as_ref().filter(|name| caution(devices, *id, name).is_none());
    let Some(known) = devices.iter_mut().find(|known| known.id == *id) else { return };
    if let Some(name) = name {
        known.name = name.clone();
    }
    if let Some(kind) = kind {
        known.kind = *kind;
    }
    match *at {
        Some(Whereabouts::Answered(address)) => put_first(&mut known.addresses, address),
        Some(Whereabouts::Called(likely)) => {
            let host = known.addresses.iter().find(|address| address.ip() == likely.ip()).copied();
            put_first(&mut known.addresses, host.unwrap_or(likely));
        }
        None => {}
    }
    if now.duration_since(known.seen).is_ok_and(|age| age >= FRESH) {
        known.seen = now;
    }
}

fn put_first(addresses: &mut Vec<SocketAddr>, address: SocketAddr) {
    addresses.retain(|other| *other != address);
    addresses.insert(0, address);
    addresses.truncate(KnownDevice::MAX_ADDRESSES);
}

fn higher(a: Trust, b: Trust) -> Trust {
    let rank = |trust| match trust {
        Trust::Blocked | Trust::Stranger => 0,
        Trust::Known => 1,
        Trust::Trusted => 2,
        Trust::Own => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

#[cfg(test)]
mod tests;
