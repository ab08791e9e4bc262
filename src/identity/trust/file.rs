//! The file: its form, its lock, and its replacement in one step.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::model::{DeviceId, DeviceKind, DeviceName, KnownDevice, Lasting, Proof, Recording, Trust, text};

const FILE: &str = "devices.json";
const LOCK: &str = "devices.lock";
const ASIDE: &str = "devices.json.damaged";
/// All of them, in the data folder.
pub const FILES: [&str; 3] = [FILE, LOCK, ASIDE];
const VERSION: u64 = 1;
/// Bytes beyond which it is no file of ours.
const MAX_BYTES: u64 = 16 << 20;
/// Two changes within this time can leave the same stamp.
const SETTLED: Duration = Duration::from_secs(2);

/// Devices that something is kept of: more than anybody meets, and few enough to be looked through at
/// each connection.
pub const MAX_DEVICES: usize = 1000;

/// Why what is kept of devices can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("What is kept of other devices can’t be read or written ({}): {}.", path.display(), text::reason(.source))]
    File { path: PathBuf, source: io::Error },
    #[error("{} was written by a newer Airlift. Update this one, or move the file away.", path.display())]
    Newer { path: PathBuf },
    #[error("No more than {MAX_DEVICES} devices can be kept. Remove one that is not needed any more.")]
    Full,
}

/// What tells one version of the file from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: SystemTime,
    bytes: u64,
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> io::Result<Self> {
        Ok(Self { modified: metadata.modified()?, bytes: metadata.len() })
    }

    /// True when whatever changes the file from now on gives it another stamp.
    pub fn is_settled(self) -> bool {
        self.modified.elapsed().is_ok_and(|age| age > SETTLED)
    }
}

/// What was found in the file.
pub struct Found {
    pub devices: Vec<KnownDevice>,
    pub stamp: Stamp,
    /// Why not all of it could be understood.
    pub damage: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Written<T> {
    version: u64,
    devices: Vec<T>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    id: String,
    name: String,
    #[serde(default)]
    kind: DeviceKind,
    trust: Trust,
    #[serde(default)]
    proof: Proof,
    #[serde(default)]
    folder: Option<FolderLine>,
    #[serde(default)]
    recording: Recording,
    #[serde(default)]
    addresses: Vec<SocketAddr>,
    /// Seconds since 1970-01-01 UTC, as `seen`.
    met: u64,
    seen: u64,
}

/// A path as text or, where it is none, in the system's own form.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum FolderLine {
    Text(String),
    System(OsString),
}

impl From<&KnownDevice> for Line {
    fn from(known: &KnownDevice) -> Self {
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let folder = known.folder.as_ref().map(|folder| match folder.to_str() {
            Some(text) => FolderLine::Text(text.to_owned()),
            None => FolderLine::System(folder.clone().into_os_string()),
        });
        Self {
            id: known.id.to_string(),
            name: known.name.to_string(),
            kind: known.kind,
            trust: known.trust,
            proof: known.proof,
            folder,
            recording: known.recording,
            addresses: known.addresses.clone(),
            met: seconds(known.met),
            seen: seconds(known.seen),
        }
    }
}

impl Line {
    fn device(self) -> Result<KnownDevice, String> {
        let time = |seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH);
        let id: DeviceId = self.id.parse().map_err(|_| format!("“{}” is no id", self.id))?;
        if self.trust == Trust::Stranger {
            return Err(format!("{id} is kept, and a stranger"));
        }
        let mut addresses = self.addresses;
        addresses.truncate(KnownDevice::MAX_ADDRESSES);
        Ok(KnownDevice {
            id,
            name: DeviceName::parse(&self.name).map_err(|e| format!("{id}: {e}"))?,
            kind: self.kind,
            trust: self.trust,
            proof: self.proof,
            folder: self.folder.map(|folder| match folder {
                FolderLine::Text(text) => PathBuf::from(text),
                FolderLine::System(system) => PathBuf::from(system),
            }),
            recording: self.recording,
            addresses,
            met: time(self.met),
            seen: time(self.seen),
        })
    }
}

fn failed(path: PathBuf) -> impl FnOnce(io::Error) -> TrustError {
    move |source| TrustError::File { path, source }
}

/// Keeps every other process from changing the file until it is dropped.
pub fn lock(home: &Path) -> Result<File, TrustError> {
    let path = home.join(LOCK);
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    // Whoever may open it can lock it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let open = options.open(&path);
    open.and_then(|file| file.lock().map(|()| file)).map_err(failed(path))
}

pub fn stamp(home: &Path) -> Option<Stamp> {
    fs::metadata(home.join(FILE)).and_then(|metadata| Stamp::of(&metadata)).ok()
}

/// What there is; `None` where nothing is kept yet.
///
/// # Errors
/// When it can't be read, or is of a newer version.
pub fn read(home: &Path) -> Result<Option<Found>, TrustError> {
    let path = home.join(FILE);
    let there = match File::open(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        there => there.and_then(|file| Ok((Stamp::of(&file.metadata()?)?, file))),
    };
    let (stamp, file) = there.map_err(failed(path.clone()))?;
    if stamp.bytes > MAX_BYTES {
        return Ok(Some(Found {
            devices: Vec::new(),
            stamp,
            damage: Some("it is far too large".to_owned()),
        }));
    }
    let mut text = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, MAX_BYTES), &mut text).map_err(failed(path.clone()))?;
    let (devices, damage) = match serde_json::from_slice::<serde_json::Value>(&text) {
        Ok(whole)
            if whole.get("version").and_then(serde_json::Value::as_u64).is_some_and(|v| v > VERSION) =>
        {
            return Err(TrustError::Newer { path });
        }
        Ok(whole) => understood(whole),
        Err(problem) => (Vec::new(), Some(problem.to_string())),
    };
    Ok(Some(Found { devices, stamp, damage }))
}

/// Every device that can be understood, by name, and the first that can't be.
fn understood(whole: serde_json::Value) -> (Vec<KnownDevice>, Option<String>) {
    let lines = match serde_json::from_value::<Written<serde_json::Value>>(whole) {
        Ok(written) => written.devices,
        Err(problem) => return (Vec::new(), Some(problem.to_string())),
    };
    let (mut devices, mut damage) = (Vec::<KnownDevice>::new(), None);
    for line in lines {
        let device = serde_json::from_value::<Line>(line).map_err(|e| e.to_string()).and_then(Line::device);
        match device {
            Ok(device) if devices.iter().any(|other| other.id == device.id) => {
                damage.get_or_insert(format!("{} is there twice", device.id));
            }
            Ok(device) => devices.push(device),
            Err(problem) => {
                damage.get_or_insert(problem);
            }
        }
    }
    devices.sort_by(|a, b| (a.name.as_str(), a.id).cmp(&(b.name.as_str(), b.id)));
    (devices, damage)
}

/// Keeps what a person, or another program, has made of the file.
pub fn keep_aside(home: &Path, problem: &str) -> Result<(), TrustError> {
    let aside = home.join(ASIDE);
    tracing::warn!(problem, kept = %aside.display(), "what is kept of devices can't all be understood");
    fs::copy(home.join(FILE), &aside).map(drop).map_err(failed(aside))
}

/// Replaces the file in one step: a crash leaves the old one or the new.
pub fn write(home: &Path, devices: &[KnownDevice]) -> Result<Option<Stamp>, TrustError> {
    let path = home.join(FILE);
    let written = || {
        let mut file = tempfile::NamedTempFile::new_in(home)?;
        let devices = devices.iter().map(Line::from).collect();
        serde_json::to_writer_pretty(&mut file, &Written { version: VERSION, devices })?;
        file.write_all(b"\n")?;
        Lasting::of(file.as_file().sync_all())?;
        let file = file.persist(&path)?;
        crate::identity::key::make_last(home)?;
        Stamp::of(&file.metadata()?)
    };
    written().map(Some).map_err(failed(path.clone()))
}
