//! What a person has chosen, kept as one readable file in the data folder.
//!
//! Knows the file and its defaults; must not know who shows or obeys it.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use crate::model::{ByteRate, Conflict, DeviceKind, DeviceName, Lasting, ScannerChoice, Unscanned};

/// In the data folder.
pub const FILE: &str = "settings.json";

/// So many files that can't be understood are kept; after that, the last one of them gives way.
const MOST_ASIDE: u32 = 9;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `None`: the host's name.
    #[serde(with = "name_as_text")]
    pub device_name: Option<DeviceName>,
    /// Where accepted files go.
    pub inbox: PathBuf,
    pub conflict: Conflict,
    /// The most that is sent, and the most that is received, by all transfers together. `None`: as
    /// fast as it goes.
    pub limit: Option<ByteRate>,
    /// Hours for which an interrupted transfer is gone on with by itself.
    pub patience: u32,
    /// What is done about transfers that an earlier run has left interrupted.
    pub go_on: GoOn,
    /// Days after which what is left of a transfer that nobody goes on with is removed.
    pub leftovers: u32,
    /// What the window does when it starts.
    pub at_start: AtStart,
    /// Who sees this device while it receives.
    pub visibility: Visibility,
    /// Whose offers are accepted without asking.
    pub accept: AcceptRule,
    /// Bytes from which on even a trusted device's offer is asked about. `None`: no size is too large.
    pub ask_above: Option<u64>,
    /// What is done with files that could not be checked for viruses, where there is a scanner.
    pub when_unscanned: Unscanned,
    /// When nobody is asked. `None`: always somebody is.
    pub quiet: Option<QuietHours>,
    /// Who looks for viruses in what comes.
    pub scanner: ScannerChoice,
    /// Bytes of the largest file that it looks into, where its own configuration can't be read here. `None`: not known.
    pub scanner_limit: Option<u64>,
    /// Receiving folders of which nothing is scanned.
    pub unscanned: Vec<PathBuf>,
    /// What sort of device this is; `None`: as the system says.
    pub kind: Option<DeviceKind>,
    /// What is kept of transfers that have ended.
    pub history: Keep,
    /// The port that offers are waited for on. `None`: Airlift’s own, or the next free one where that is taken.
    pub port: Option<u16>,
    /// What the window looks like.
    pub theme: Theme,
    /// Addresses that files were sent to, the last one first; at most [`Settings::MAX_RECENT`].
    pub recent: Vec<String>,
}

/// What the window looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    Light,
    Dark,
}

/// For how long the history keeps what it has recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    #[default]
    ForEver,
    /// So many, from 1.
    Days(u32),
    /// Nothing is recorded any more. What is there stays until it is removed.
    Off,
}

impl Keep {
    /// Before when nothing is kept; `None` where everything is.
    #[must_use]
    pub fn since(self, now: SystemTime) -> Option<SystemTime> {
        match self {
            // Longer is as good as for ever, and no clock knows it.
            Self::Days(days) => now.checked_sub(Duration::from_hours(24 * u64::from(days.clamp(1, 36_500)))),
            Self::ForEver | Self::Off => None,
        }
    }
}

/// Whether interrupted transfers are gone on with after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoOn {
    /// By themselves: the yes was given for that very transfer.
    #[default]
    Always,
    /// When a person says so.
    Ask,
}

/// Whether the window receives from its first moment on: as it did when it was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AtStart {
    #[default]
    Rest,
    Receive,
}

/// Who sees this device while it receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// Everyone on the network.
    #[default]
    Everyone,
    /// Devices that are known here, and know this one.
    Known,
    /// Nobody: whoever sends must know the address.
    Hidden,
}

/// Whose offers are accepted without asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptRule {
    /// Nobody's.
    Ask,
    /// Those of trusted devices and one's own.
    #[default]
    Trusted,
}

/// Hours of the day, on this device's clock, in which offers that would be asked about are declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// Minutes after midnight, below 1,440.
    pub from: u16,
    /// Likewise; before `from`, it is on the next day.
    pub to: u16,
}

impl QuietHours {
    /// True in them, `minute`s after midnight. They are empty when they begin as they end.
    #[must_use]
    pub fn has(self, minute: u16) -> bool {
        if self.from <= self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            device_name: None,
            inbox: default_inbox(),
            conflict: Conflict::default(),
            limit: None,
            patience: 24,
            go_on: GoOn::default(),
            leftovers: 30,
            at_start: AtStart::default(),
            visibility: Visibility::default(),
            accept: AcceptRule::default(),
            ask_above: None,
            when_unscanned: Unscanned::default(),
            quiet: None,
            scanner: ScannerChoice::default(),
            scanner_limit: None,
            unscanned: Vec::new(),
            kind: None,
            history: Keep::default(),
            port: None,
            theme: Theme::default(),
            recent: Vec::new(),
        }
    }
}

impl Settings {
    /// What fits into a menu.
    pub const MAX_RECENT: usize = 8;

    /// The name this device goes by.
    #[must_use]
    pub fn name(&self) -> DeviceName {
        self.device_name
            .clone()
            .unwrap_or_else(|| DeviceName::from_host_name(&gethostname::gethostname().to_string_lossy()))
    }

    /// For how long an interrupted transfer is gone on with.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_hours(self.patience.into())
    }

    /// For how long what is left of a transfer stays.
    #[must_use]
    pub fn leftovers(&self) -> Duration {
        // Longer is as good as never, and no clock knows it.
        Duration::from_hours(24 * u64::from(self.leftovers.min(36_500)))
    }

    /// Puts an address in front of the remembered ones.
    pub fn remember(&mut self, address: &str) {
        self.recent.retain(|known| known != address);
        self.recent.insert(0, address.to_owned());
        self.recent.truncate(Self::MAX_RECENT);
    }

    /// The settings kept in `home`, or the defaults. A file that can't be understood is kept
    /// aside, so that nothing a person wrote is lost, and the defaults are used.
    ///
    /// # Errors
    /// When the file exists and can't be read.
    pub fn load(home: &Path) -> io::Result<Self> {
        Ok(Self::load_or_set_aside(home)?.0)
    }

    /// The same, and where the file is kept that could not be understood, if so.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn load_or_set_aside(home: &Path) -> io::Result<(Self, Option<PathBuf>)> {
        let file = home.join(FILE);
        let text = match std::fs::read(&file) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(e) => return Err(e),
        };
        match serde_json::from_slice(&text) {
            Ok(settings) => Ok((settings, None)),
            Err(problem) => {
                let aside = aside(home);
                tracing::warn!(%problem, kept = %aside.display(), "settings can't be understood: using the defaults");
                std::fs::rename(&file, &aside)?;
                Ok((Self::default(), Some(aside)))
            }
        }
    }

    /// Replaces the file in one step: a crash leaves the old settings or the new.
    ///
    /// # Errors
    /// When `home` can't be written.
    pub fn save(&self, home: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(home)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        Lasting::of(file.as_file().sync_all())?;
        file.persist(home.join(FILE))?;
        Ok(())
    }
}

/// The folder for everything that Airlift keeps: key, settings, logs.
#[must_use]
pub fn default_home() -> PathBuf {
    directories::ProjectDirs::from("", "", "airlift")
        .map_or_else(|| PathBuf::from(".airlift"), |dirs| dirs.data_dir().to_owned())
}

/// A name that no damaged file has yet, as long as there are few of them.
fn aside(home: &Path) -> PathBuf {
    let named = |number: u32| match number {
        1 => home.join(format!("{FILE}.damaged")),
        _ => home.join(format!("{FILE}.damaged-{number}")),
    };
    let free = (1..MOST_ASIDE).map(named).find(|path| path.symlink_metadata().is_err());
    free.unwrap_or_else(|| named(MOST_ASIDE))
}

fn default_inbox() -> PathBuf {
    let user = directories::UserDirs::new();
    let downloads = user.as_ref().and_then(|dirs| dirs.download_dir().map(Path::to_owned));
    let home = user.as_ref().map(|dirs| dirs.home_dir().join("Downloads"));
    downloads.or(home).unwrap_or_else(|| PathBuf::from("Downloads")).join("Airlift")
}

mod name_as_text {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::model::DeviceName;

    #[expect(clippy::ref_option, reason = "serde asks for it like this")]
    pub fn serialize<S: Serializer>(name: &Option<DeviceName>, to: S) -> Result<S::Ok, S::Error> {
        name.as_ref().map(DeviceName::as_str).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DeviceName>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| DeviceName::parse(&text))
            .transpose()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_again() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(Settings::load(home.path()).unwrap(), Settings::default());
        let mut settings = Settings {
            device_name: Some(DeviceName::parse("Büro 办公室").unwrap()),
            limit: ByteRate::new(12_345_678),
            history: Keep::Days(30),
            ..Settings::default()
        };
        for i in 0..20 {
            settings.remember(&format!("host{}", i % 12));
        }
        settings.save(home.path()).unwrap();
        let loaded = Settings::load(home.path()).unwrap();
        assert_eq!(loaded, settings);
        assert_eq!(loaded.recent.len(), Settings::MAX_RECENT);
        assert_eq!(loaded.recent[0], "host7");
    }

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let hours = |from, to| QuietHours { from, to };
        for (quiet, minute, is_quiet) in [
            (hours(60, 120), 59, false),
            (hours(60, 120), 60, true),
            (hours(60, 120), 119, true),
            (hours(60, 120), 120, false),
            (hours(1320, 420), 1439, true),
            (hours(1320, 420), 0, true),
            (hours(1320, 420), 419, true),
            (hours(1320, 420), 420, false),
            (hours(1320, 420), 1319, false),
            (hours(0, 0), 0, false),
        ] {
            assert_eq!(quiet.has(minute), is_quiet, "{quiet:?} at {minute}");
        }
    }

    #[test]
    fn a_file_from_before_a_setting_was_thought_of_is_no_damaged_one() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(FILE), "{\"inbox\":\"/srv/in\",\"limit\":\"20MB/s\"}").unwrap();
        let settings = Settings::load(home.path()).unwrap();
        assert_eq!((settings.inbox, settings.limit), ("/srv/in".into(), ByteRate::new(20_000_000)));
        std::fs::write(home.path().join(FILE), "{\"recent\":[\"host\"]}").unwrap();
        let settings = Settings::load(home.path()).unwrap();
        assert_eq!((settings.recent.len(), settings.limit), (1, None));
    }

    #[test]
    fn a_damaged_file_is_kept_aside_and_the_defaults_are_used() {
        let home = tempfile::tempdir().unwrap();
        let damaged = ["{", "{\"device_name\":\"\\u202e\"}", "{\"limit\":\"fast\"}", "7"];
        for damaged in damaged {
            std::fs::write(home.path().join(FILE), damaged).unwrap();
            assert_eq!(Settings::load(home.path()).unwrap(), Settings::default());
        }
        let kept = ["", "-2", "-3", "-4"].map(|number| format!("settings.json.damaged{number}"));
        let kept = kept.map(|name| std::fs::read_to_string(home.path().join(name)).unwrap());
        assert_eq!(kept, damaged, "none takes the place of another");
    }
}
