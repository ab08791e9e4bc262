//! Which virus scanner is asked, and where it listens.
//!
//! Knows how a person writes it. Must not know how a scanner is spoken to, nor whether one is there.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The port that `clamd` listens on where it does at all.
const PORT: u16 = 3310;

/// Who looks for viruses in what comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ScannerChoice {
    /// Whoever is found on this machine, if anybody.
    #[default]
    Automatic,
    Off,
    At(ScannerAddress),
}

/// Where a `clamd` listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ScannerAddress {
    /// A socket in the file system, by its whole path.
    Socket(PathBuf),
    /// Never a name: those may have to be asked for, which takes any time.
    Tcp(SocketAddr),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is no virus scanner’s place. Write “automatic”, “off”, the whole path of its socket, or its address in numbers, such as 127.0.0.1:3310."
)]
pub struct BadScanner(String);

impl ScannerAddress {
    #[must_use]
    pub fn socket(path: impl AsRef<Path>) -> Self {
        Self::Socket(path.as_ref().to_owned())
    }
}

impl FromStr for ScannerAddress {
    type Err = BadScanner;

    fn from_str(text: &str) -> Result<Self, BadScanner> {
        let bad = || BadScanner(text.chars().take(100).collect());
        if Path::new(text).is_absolute() {
            return Ok(Self::Socket(text.into()));
        }
        if let Some(port) = text.strip_prefix("localhost:") {
            let port = port.parse().map_err(|_| bad())?;
            return Ok(Self::Tcp((Ipv4Addr::LOCALHOST, port).into()));
        }
        let alone = || text.parse::<IpAddr>().map(|ip| (ip, PORT).into());
        text.parse::<SocketAddr>().or_else(|_| alone()).map(Self::Tcp).map_err(|_| bad())
    }
}

impl fmt::Display for ScannerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

impl FromStr for ScannerChoice {
    type Err = BadScanner;

    fn from_str(text: &str) -> Result<Self, BadScanner> {
        match text {
            "automatic" => Ok(Self::Automatic),
            "off" => Ok(Self::Off),
            _ => text.parse().map(Self::At),
        }
    }
}

impl fmt::Display for ScannerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Automatic => f.write_str("automatic"),
            Self::Off => f.write_str("off"),
            Self::At(address) => address.fmt(f),
        }
    }
}

impl Serialize for ScannerChoice {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScannerChoice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanner_is_named_by_a_word_a_path_or_an_address_in_numbers() {
        let tcp = |text: &str| ScannerChoice::At(ScannerAddress::Tcp(text.parse().unwrap()));
        for (text, choice) in [
            ("automatic", ScannerChoice::Automatic),
            ("off", ScannerChoice::Off),
            ("/run/x y.ctl", ScannerChoice::At(ScannerAddress::socket("/run/x y.ctl"))),
            ("127.0.0.1:99", tcp("127.0.0.1:99")),
            ("10.0.0.7", tcp("10.0.0.7:3310")),
            ("::1", tcp("[::1]:3310")),
            ("[fd00::7]:3311", tcp("[fd00::7]:3311")),
            ("localhost:3310", tcp("127.0.0.1:3310")),
        ] {
            let read: ScannerChoice = text.parse().unwrap();
            assert_eq!(read, choice, "{text}");
            assert_eq!(read.to_string().parse(), Ok(read), "what is shown is read as the same");
        }
        for text in ["", "Off", "run/x", "scanner.local:3310", "localhost:", "127.0.0.1:70000"] {
            assert!(text.parse::<ScannerChoice>().is_err(), "{text}");
        }
    }
}
