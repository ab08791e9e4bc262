//! What can be found out about a scanner from here.
//!
//! Knows facts. Must not know how they are told.

use super::{
    asking,
    limits::Limits,
    link::{Broken, Waiting},
    reply::Reply,
    scanner::Scanner,
    version::Version,
};
use crate::model::{NotScanned, ScannerAddress, ScannerChoice};

/// Whether there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A person wants none.
    Off,
    /// None was ever found here.
    Never,
    /// None answers where one is wanted, or was.
    Gone {
        place: String,
    },
    There(Box<Examined>),
}

/// One that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    pub place: ScannerAddress,
    /// `None`: it scans.
    pub trouble: Option<NotScanned>,
    /// `None`: it doesn't say.
    pub version: Option<Version>,
    pub limits: Limits,
}

impl Scanner {
    /// Looks, and waits for a few seconds at most where somebody is there and silent.
    #[must_use]
    pub fn examine(&self) -> Presence {
        let choice = self.choice();
        if choice == ScannerChoice::Off {
            return Presence::Off;
        }
        let waiting = Waiting { patience: &self.patience, is_over: &|| false };
        let mut there = None;
        for place in self.places() {
            let trouble = match asking::health(&place, waiting, self.patience.step) {
                Ok(Reply::Nothing) => None,
                Ok(Reply::Refused(words) | Reply::Odd(words) | Reply::Found(words)) => {
                    Some(NotScanned::Failed(words))
                }
                Err(Broken::Nobody) => continue,
                Err(Broken::Silent) => Some(NotScanned::Starting),
                Err(why) => Some(why.reason()),
            };
            let is_well = trouble.is_none();
            if is_well || there.is_none() {
                there = Some((place, trouble));
            }
            if is_well {
                break;
            }
        }
        match (there, choice) {
            (Some((place, trouble)), _) => {
                let version = asking::version(&place, waiting).ok();
                let version = version.and_then(|line| Version::parse(&line));
                if trouble.is_none() {
                    self.memory.remember(&place.to_string());
                }
                let limits = self.limits(&place);
                Presence::There(Box::new(Examined { place, trouble, version, limits }))
            }
            (None, ScannerChoice::At(place)) => Presence::Gone { place: place.to_string() },
            (None, _) => match self.memory.place() {
                Some(place) => Presence::Gone { place },
                None => Presence::Never,
            },
        }
    }
}
